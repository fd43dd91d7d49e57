"""Parcel trouble: a case for what is lost, stuck, damaged, wrong or sent back; what was decided; the claim."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from crossdock_contracts.base import Command, Event, Id, Utc
from crossdock_contracts.returns import InspectedLine
from crossdock_contracts.values import Address, Code, Currency, LineQuantity, Money, Priority

Trouble = Literal["lost", "stuck", "damaged", "wrong-item", "returned-to-sender"]
"""What is wrong with a parcel."""

Action = Literal["reship", "refund", "none"]
"""What an agent does about it: send the goods once more, pay them back, or neither."""


class OpenCaseV1(Command, service="returns", name="open-case", version=1, entity="order_id"):
    """Somebody says that something is wrong with a parcel. The same trouble told again changes nothing."""

    order_id: Id
    fulfilment_id: Id
    kind: Trouble
    lines: tuple[LineQuantity, ...] = ()
    """Which pieces of the parcel; empty: all that are in no case yet."""
    note: str = ""
    opened_by: str = ""


class DecideCaseV1(Command, service="returns", name="decide-case", version=1, entity="order_id"):
    """An agent decides what becomes of pieces in a case."""

    order_id: Id
    case_id: Id
    action: Action
    lines: tuple[LineQuantity, ...] = ()
    """Which pieces; empty: all that nothing was decided for, or with ``although`` all in the case."""
    ship_to: Address | None = None
    """Where a replacement goes; none: where the parcel went."""
    although: Literal["", "reship", "refund", "none"] = ""
    """What was decided for these pieces before, if this comes on top of it; needs a note."""
    decided_by: str = ""
    note: str = ""


class ReceiveCaseGoodsV1(Command, service="returns", name="receive-case-goods", version=1, entity="order_id"):
    """Goods of a case are back at a location, and somebody has looked at them. Nothing is paid back on this."""

    order_id: Id
    case_id: Id
    location_id: Id
    lines: Annotated[tuple[InspectedLine, ...], Field(min_length=1)]
    received_by: str = ""


class FileClaimV1(Command, service="returns", name="file-claim", version=1, entity="order_id"):
    """The carrier is asked to pay for a case."""

    order_id: Id
    case_id: Id
    amount: Money
    reference: str = ""
    """The carrier's number of the claim."""
    force: bool = False
    """It is filed although it is late, or not the carrier's fault; needs a note."""
    filed_by: str = ""
    note: str = ""


class AnswerClaimV1(Command, service="returns", name="answer-claim", version=1, entity="order_id"):
    """The carrier has answered a claim."""

    order_id: Id
    case_id: Id
    accepted_minor: NonNegativeInt
    """What it pays, in the claim's currency; 0: it refuses."""
    answered_by: str = ""
    note: str = ""


class CloseCaseV1(Command, service="returns", name="close-case", version=1, entity="order_id"):
    """Nothing is left to do about a case."""

    order_id: Id
    case_id: Id
    force: bool = False
    """It is closed although something is left to do; needs a note."""
    closed_by: str = ""
    note: str = ""


class CaseOpenedV1(Event, service="returns", name="case-opened", version=1, entity="order_id"):
    """Something is wrong with a parcel; an agent has to decide."""

    order_id: Id
    case_id: Id
    """Numbered within the order."""
    fulfilment_id: Id
    kind: Trouble
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    opened_by: str
    """Who says so; ``carrier`` or ``hub`` where nobody had to."""
    note: str = ""
    claim_until: Utc | None = None
    """The carrier takes a claim until then; none: it is not the carrier's fault."""
    opened_at: Utc


class CaseChangedV1(Event, service="returns", name="case-changed", version=1, entity="order_id"):
    """The trouble of an undecided case turned out to be another one."""

    order_id: Id
    case_id: Id
    was: Trouble
    kind: Trouble
    detail: str = ""
    changed_at: Utc


class CaseDecidedV1(Event, service="returns", name="case-decided", version=1, entity="order_id"):
    """An agent has decided what becomes of pieces in a case."""

    order_id: Id
    case_id: Id
    action: Action
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    refund: Money | None = None
    """What the buyer gets back."""
    replacement_id: str = ""
    """The order that sends the goods once more."""
    although: str = ""
    """What was decided for these pieces before: they are settled twice, knowingly."""
    undecided: NonNegativeInt = 0
    """Pieces in the case that nothing was decided for yet."""
    decided_by: str = ""
    note: str = ""
    decided_at: Utc


class ReplacementOrderedV1(Event, service="returns", name="replacement-ordered", version=1, entity="replacement_id"):
    """Goods of a case are to be sent once more; capture makes an order of it, with nothing to pay."""

    replacement_id: Id
    """The new order."""
    order_id: Id
    """The order that the goods were bought with."""
    case_id: Id
    channel: Code
    currency: Currency
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    ship_to: Address
    service_level: Code = "standard"
    priority: Priority = 1
    note: str = ""
    ordered_at: Utc


class CaseParcelDeliveredV1(Event, service="returns", name="case-parcel-delivered", version=1, entity="order_id"):
    """A parcel that was lost, stuck or on its way back was delivered after all: somebody has to look.

    Nothing follows from it by itself. What was decided before names what the buyer may have in addition.
    """

    order_id: Id
    case_id: Id
    kind: Trouble
    decided: tuple[str, ...] = ()
    """What had been decided: ``refund``, ``reship``."""
    delivered_at: Utc


class ClaimDueV1(Event, service="returns", name="claim-due", version=1, entity="order_id"):
    """The carrier takes a claim for this case only a little longer, and none was filed."""

    order_id: Id
    case_id: Id
    claim_until: Utc


class ClaimFiledV1(Event, service="returns", name="claim-filed", version=1, entity="order_id"):
    """The carrier was asked to pay."""

    order_id: Id
    case_id: Id
    amount: Money
    reference: str = ""
    late: bool = False
    """After the deadline, or although it is not the carrier's fault."""
    filed_by: str = ""
    note: str = ""
    filed_at: Utc


class ClaimAnsweredV1(Event, service="returns", name="claim-answered", version=1, entity="order_id"):
    """The carrier pays for a case, or refuses to."""

    order_id: Id
    case_id: Id
    claimed: Money
    accepted_minor: NonNegativeInt
    """0: refused."""
    answered_by: str = ""
    note: str = ""
    answered_at: Utc


class CaseClosedV1(Event, service="returns", name="case-closed", version=1, entity="order_id"):
    """Nothing is left to do about a case, or somebody said so."""

    order_id: Id
    case_id: Id
    left: tuple[str, ...] = ()
    """What was left to do when it was closed all the same."""
    closed_by: str = ""
    note: str = ""
    closed_at: Utc
