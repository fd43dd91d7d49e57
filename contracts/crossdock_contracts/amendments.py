"""Amendments: what may still change of an order, by how far it has got, and the messages that carry a change through.

`AMENDMENTS` is the one table that says so; capture, routing and shipping go by it, each for what it holds.
"""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import NonNegativeInt

from crossdock_contracts.base import Command, Event, Id, Moment, Utc, Value
from crossdock_contracts.values import (
    Address,
    Code,
    FulfilledQuantity,
    Hold,
    LineQuantity,
    Order,
    ShippingChoice,
)


class Change(StrEnum):
    """What is different about an order."""

    ADDRESS = "address"
    SERVICE = "service"
    """The service level, carrier or pick-up location that the buyer chose."""
    DATE = "date"
    """When it is wanted, released or due, and how urgent it is."""
    GIFT = "gift"
    """The gift message, and the note to the warehouse."""
    QUANTITY = "quantity"
    """More pieces of a line."""
    LINE = "line"
    """A line more."""
    LESS = "less"
    """Fewer pieces of a line, or a line less."""
    AMOUNT = "amount"
    """What the buyer pays."""
    CASH = "cash"
    """What the carrier collects for pieces that have been routed: cash on delivery."""
    RECORD = "record"
    """What goods and money do not go by: customer, billing address, purchase order, tags, titles."""


class Stage(StrEnum):
    """How far pieces have got."""

    RESERVED = "reserved"
    """Promised, and not given to a location; held orders are here, too."""
    ROUTED = "routed"
    """Given to a location; nobody has begun."""
    LABELLED = "labelled"
    RELEASED = "released"
    """In the warehouse's hands: picked or packed."""
    SHIPPED = "shipped"


class Result(StrEnum):
    """What becomes of a change."""

    APPLIED = "applied"
    REROUTED = "re-routed"
    """The fulfilment is stopped, its label given back, and its pieces are placed anew with the change."""
    RECALLED = "recalled"
    """Likewise, and the warehouse puts back what it has picked or packed."""
    REFUSED = "refused"


_NEVER_LATE = (Result.APPLIED, Result.APPLIED, Result.APPLIED, Result.APPLIED, Result.APPLIED)
_UNTIL_GONE = (Result.APPLIED, Result.APPLIED, Result.APPLIED, Result.APPLIED, Result.REFUSED)
_UNTIL_PICKED = (Result.APPLIED, Result.REROUTED, Result.REROUTED, Result.REFUSED, Result.REFUSED)
_CALLED_BACK = (Result.APPLIED, Result.REROUTED, Result.REROUTED, Result.RECALLED, Result.REFUSED)
_TAKEN_OUT = (Result.APPLIED, Result.APPLIED, Result.APPLIED, Result.RECALLED, Result.REFUSED)

AMENDMENTS: Mapping[Change, Mapping[Stage, Result]] = {
    change: dict(zip(Stage, row, strict=True))
    for change, row in {
        Change.ADDRESS: _CALLED_BACK,
        Change.SERVICE: _UNTIL_PICKED,
        Change.DATE: _UNTIL_PICKED,
        Change.GIFT: _UNTIL_PICKED,
        Change.QUANTITY: _UNTIL_GONE,
        Change.LINE: _UNTIL_GONE,
        Change.LESS: _TAKEN_OUT,
        Change.AMOUNT: _NEVER_LATE,
        Change.CASH: _CALLED_BACK,
        Change.RECORD: _UNTIL_GONE,
    }.items()
}
"""What becomes of each change at each stage. What is refused at one stage is refused at every later one.

Pieces that are added to an order that has been routed become a fulfilment of their own, as long as something of the
order is still to ship; a lower amount is charged less while money is still to be taken, and paid back after.
"""

MOVING = frozenset(
    change for change, row in AMENDMENTS.items() if change is not Change.LESS and Result.REROUTED in row.values()
)
"""Changes that pieces which have been routed come back for."""


class AmendmentPart(Value):
    """What became of one change, for one fulfilment or for what no location had been given."""

    change: Code
    result: Code
    stage: Code = Stage.RESERVED.value
    fulfilment_id: str = ""
    detail: str = ""
    """Why it was refused."""


class AmendOrderV1(Command, service="capture", name="amend-order", version=1, entity="order_id"):
    """An operator or agent corrects an order. Fields that are left out stay as they are."""

    order_id: Id
    amendment_id: str = ""
    """Of the sender's choosing, so that the same correction sent again is known; empty: the hub numbers it."""
    ship_to: Address | None = None
    bill_to: Address | None = None
    shipping: ShippingChoice | None = None
    requested_at: Moment | None = None
    ship_by: Moment | None = None
    deliver_by: Moment | None = None
    gift_message: str | None = None
    note: str | None = None
    lines: tuple[LineQuantity, ...] = ()
    """How many pieces of a line there shall be in all; at the price that is paid for one now."""
    requested_by: str = ""


class AmendmentReceivedV1(Event, service="capture", name="amendment-received", version=1, entity="order_id"):
    """A newer copy of an order came in and waits: until what is under way is decided, or somebody has looked."""

    order_id: Id
    amendment_id: Id
    detail: str = ""
    received_at: Utc


class AmendmentRequestedV1(Event, service="capture", name="amendment-requested", version=1, entity="order_id"):
    """An order that has been let go is to change; routing answers for what it holds, and asks who holds the rest."""

    order_id: Id
    amendment_id: Id
    changes: tuple[Code, ...]
    order: Order
    """As it shall be. Quantities count all that was ever ordered of a line, cancelled pieces too."""
    added: tuple[FulfilledQuantity, ...] = ()
    """Pieces that come to it, and what the buyer pays for them."""
    removed: tuple[FulfilledQuantity, ...] = ()
    """Pieces that shall go, and what the buyer pays for them now."""
    amount_minor: int = 0
    """What the buyer pays more, or less, if all of it can be done."""
    requested_by: str = ""
    held_after: NonNegativeInt | None = None
    """It is held for this, after so many releases: nothing is placed anew before the next one; none: it is not."""


class AmendmentDecidedV1(Event, service="routing", name="amendment-decided", version=1, entity="order_id"):
    """The answer to an amendment, once everyone who held goods has answered."""

    order_id: Id
    amendment_id: Id
    accepted: bool
    """False: every piece had shipped or was cancelled, and nothing has changed."""
    results: tuple[AmendmentPart, ...]
    removed: tuple[FulfilledQuantity, ...] = ()
    kept: tuple[LineQuantity, ...] = ()
    """Pieces that should have gone, and have shipped."""
    repriced_minor: int = 0
    """What pieces that were there before and stay cost more, or less."""
    adjustment_minor: int = 0
    """How much of that no piece carries that is still to be placed: it is charged or credited by itself."""


class AmendmentRefusedV1(Event, service="capture", name="amendment-refused", version=1, entity="order_id"):
    """Nothing of an amendment could be done any more; a hold asks somebody to look."""

    order_id: Id
    amendment_id: Id
    results: tuple[AmendmentPart, ...]
    requested_by: str = ""


class OrderAmendedV1(Event, service="capture", name="order-amended", version=1, entity="order_id"):
    """A newer copy, or an operator's correction, was taken over as far as it could be."""

    order_id: Id
    order: Order
    """As it is now. Quantities count all that was ever ordered of a line, cancelled pieces too."""
    holds: tuple[Hold, ...] = ()
    amended_at: Utc
    amendment_id: str = ""
    results: tuple[AmendmentPart, ...] = ()
    """What was applied and what was refused."""
    added: tuple[FulfilledQuantity, ...] = ()
    removed: tuple[FulfilledQuantity, ...] = ()
    amount_minor: int = 0
    """What the buyer pays more, or, below zero, less: it is authorised again, or charged or paid back accordingly."""
    repriced_minor: int = 0
    """The part of it that is neither for added nor for removed pieces."""
    adjustment_minor: int = 0
    """The part of that which no piece carries any more: it is charged or credited by itself."""
    decided_by: Code = "capture"
    requested_by: str = ""
