"""Returns: goods come back, are looked at, restocked or written off, and paid back."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Address, Code, Day, LineQuantity, Money


class RequestReturnV1(Command, service="returns", name="request-return", version=1, entity="order_id"):
    """A buyer wants to send goods back."""

    order_id: Id
    return_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    reason: Code
    note: str = ""
    label: bool | None = None
    """Whether the seller sends a label for the way back; none: as the policy says."""
    ship_from: Address | None = None
    """Where the parcel will start; none: where the goods were delivered to."""


class CancelReturnV1(Command, service="returns", name="cancel-return", version=1, entity="order_id"):
    """The buyer keeps the goods: a return of which nothing has come is called off."""

    order_id: Id
    return_id: Id
    reason: Code = "buyer-keeps"
    cancelled_by: str = ""


class ReceiveReturnV1(Command, service="returns", name="receive-return", version=1, entity="order_id"):
    """Returned goods have arrived at a location."""

    order_id: Id
    return_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]


class InspectedLine(Value):
    """What was found of one line, and what becomes of the goods."""

    line_id: Id
    quantity: PositiveInt
    disposition: Literal["restock", "write-off"]
    note: str = ""
    lot: str = ""
    """Lot that the pieces are of; may be left out where the buyer got one lot only."""
    serials: tuple[Id, ...] = ()
    """Serial numbers of the pieces, where they were captured when these shipped."""


class InspectReturnV1(Command, service="returns", name="inspect-return", version=1, entity="order_id"):
    """Somebody has looked at the returned goods."""

    order_id: Id
    return_id: Id
    lines: Annotated[tuple[InspectedLine, ...], Field(min_length=1)]
    inspected_by: str = ""


class ImportReturnV1(Command, service="returns", name="import-return", version=1, entity="order_id"):
    """A marketplace has taken goods back: they are entered here, and the channel pays for them."""

    order_id: Id
    return_id: Id
    """The channel's own id: the same return is entered once."""
    location_id: str = ""
    """Where the goods are; empty where they went to the channel, whose stock is not kept here."""
    lines: Annotated[tuple[InspectedLine, ...], Field(min_length=1)]
    reason: Code = "channel-return"


class ReturnAuthorisedV1(Event, service="returns", name="return-authorised", version=1, entity="order_id"):
    """The buyer may send these goods back."""

    order_id: Id
    return_id: Id
    lines: tuple[LineQuantity, ...]
    reason: Code
    expires_at: Utc


class ReturnRefusedV1(Event, service="returns", name="return-refused", version=1, entity="order_id"):
    """The goods may not come back, or not so many."""

    order_id: Id
    return_id: Id
    reason: Code
    detail: str


class ReturnCancelledV1(Event, service="returns", name="return-cancelled", version=1, entity="order_id"):
    """A return was called off, or nothing of it came in time: its pieces may be announced again."""

    order_id: Id
    return_id: Id
    reason: Code
    """``expired``: nothing came in time; else as whoever called it off says."""
    labelled: bool = False
    """A label was asked for: shipping gives it back."""
    cancelled_by: str = ""
    cancelled_at: Utc


class ReturnReceivedV1(Event, service="returns", name="return-received", version=1, entity="order_id"):
    """Returned goods are in the building."""

    order_id: Id
    return_id: Id
    location_id: Id
    lines: tuple[LineQuantity, ...]
    received_at: Utc


class InspectedGoods(Value):
    """Pieces of a SKU with their disposition."""

    line_id: Id
    sku: Id
    quantity: PositiveInt
    disposition: Literal["restock", "write-off"]
    lot: str = ""
    """Lot that they go back to."""
    expires_on: Day = ""
    serials: tuple[Id, ...] = ()


class ReturnInspectedV1(Event, service="returns", name="return-inspected", version=1, entity="order_id"):
    """What becomes of returned goods: inventory takes the good ones back on the shelf."""

    order_id: Id
    return_id: Id
    location_id: Id
    lines: tuple[InspectedGoods, ...]
    case_id: str = ""
    """The case that the goods belong to; empty: a return of the buyer's."""
    inspected_at: Utc
    inspected_by: str = ""
    """Who looked at them, or took them in for the case."""


class RefundRequestedV1(Event, service="returns", name="refund-requested", version=1, entity="order_id"):
    """The buyer gets money back for returned goods, or for goods in a case; payments pays it once."""

    order_id: Id
    return_id: Id
    """The return; where ``case_id`` is given, the case and the number of its decision: ``1/2``."""
    amount: Money
    reason: Code
    case_id: str = ""
    """The case that it is paid for; empty: goods that were returned."""

    @property
    def refund_id(self) -> str:
        """What the refund goes by in payments: purpose and entity."""
        return f"{'case' if self.case_id else 'return'}:{self.return_id}"


class ReturnClosedV1(Event, service="returns", name="return-closed", version=1, entity="order_id"):
    """A return is done."""

    order_id: Id
    return_id: Id
    refunded_minor: NonNegativeInt
    closed_at: Utc
