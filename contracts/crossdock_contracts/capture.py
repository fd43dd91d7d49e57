"""Capture: orders come in, are checked, held, released, rejected, cancelled."""

from typing import Annotated

from pydantic import Field, NonNegativeInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import (
    Code,
    Currency,
    FulfilledQuantity,
    Hold,
    LineQuantity,
    Order,
)


class Reread(Value):
    """A payload that came in before is read again, because the mapping of its channel was mended."""

    run_id: Id
    """Of the run that it is read again in."""
    requested_by: str = ""
    captures: bool = False
    """It may become an order, if it did not when it came in; false: it only changes orders that are here."""


class IngestV1(Command, service="capture", name="ingest", version=1, entity="order_id"):
    """A raw webhook or polled order, its bytes kept as they came."""

    channel: Code
    order_id: Id
    """``<channel>:<the channel's id>``, read from the payload at the edge."""
    body: str
    """The payload as text; empty where ``original`` names the object that holds it."""
    original: str = ""
    """Object name of a payload too large for a message."""
    content_type: str = "application/json"
    received_at: Utc
    """When it came in, the first time where it is read again."""
    source: str = ""
    """Where it came from: ``webhook``, ``api``, ``import:<file>``, ``poll``, ``fetch``."""
    reread: Reread | None = None
    """None: the channel hands it in."""


class CancelOrderV1(Command, service="capture", name="cancel-order", version=1, entity="order_id"):
    """Cancel an order, or some of its lines, as far as it has not shipped. May come before its order."""

    order_id: Id
    lines: tuple[LineQuantity, ...] = ()
    """Which pieces; empty: everything."""
    cancel_id: str = ""
    """Of the sender's choosing, so that the same cancel sent again is known; empty: the hub numbers it."""
    reason: Code = "requested"
    requested_by: str = ""


class ReleaseHoldV1(Command, service="capture", name="release-hold", version=1, entity="order_id"):
    """Close one hold, or all, and let the order go on."""

    order_id: Id
    hold_id: str = ""
    """Empty: all open holds."""
    released_by: str = ""
    note: str = ""


class RejectOrderV1(Command, service="capture", name="reject-order", version=1, entity="order_id"):
    """End a held order; its stock and its payment are given back."""

    order_id: Id
    reason: Code = "rejected-by-operator"
    rejected_by: str = ""


class PlaceHoldV1(Command, service="capture", name="place-hold", version=1, entity="order_id"):
    """Stop an order until somebody has looked at it; it keeps its stock."""

    order_id: Id
    reason: Code
    detail: str = ""
    expires_at: Utc | None = None
    placed_by: str = ""


class ReportFulfilledV1(Command, service="capture", name="report-fulfilled", version=1, entity="order_id"):
    """The channel has shipped an order that it fulfils itself."""

    order_id: Id
    fulfilled_at: Utc | None = None
    """None: now."""
    reported_by: str = ""


class RiskPart(Value):
    """A rule against fraud that applied to an order."""

    rule: str
    points: int
    detail: str = ""
    """What it found."""


class OrderCapturedV1(Event, service="capture", name="order-captured", version=1, entity="order_id"):
    """An order is in: mapped, checked, its totals add up. With open holds it waits, its stock reserved."""

    order_id: Id
    order: Order
    holds: tuple[Hold, ...] = ()
    captured_at: Utc
    risk_score: int = 0
    """Points of the rules against fraud that applied, whether it is held for them or not."""
    risk_parts: tuple[RiskPart, ...] = ()
    """What the score is made of."""


class OrderHeldV1(Event, service="capture", name="order-held", version=1, entity="order_id"):
    """A hold was opened on an order that had been going on."""

    order_id: Id
    hold: Hold
    releases: NonNegativeInt | None = None
    """How often the order had been released by then; none: not known."""


class OrderReleasedV1(Event, service="capture", name="order-released", version=1, entity="order_id"):
    """The last open hold was closed: the order, as it stands now, goes on."""

    order_id: Id
    order: Order
    closed: tuple[Hold, ...]
    released_by: str = ""
    released_at: Utc
    cancels: tuple[Id, ...] = ()
    """Cancels of some of its pieces that were carried out while it was held."""
    releases: NonNegativeInt | None = None
    """How often it has been released, this time included; none: not known."""


class OrderRejectedV1(Event, service="capture", name="order-rejected", version=1, entity="order_id"):
    """A held order was ended: what had been done for it is undone."""

    order_id: Id
    reason: Code
    lines: tuple[LineQuantity, ...]
    rejected_by: str = ""
    rejected_at: Utc
    revision: NonNegativeInt = 0
    """How often the order had been amended by then."""


class SubmissionIgnoredV1(Event, service="capture", name="submission-ignored", version=1, entity="order_id"):
    """What came in changes nothing: a duplicate, an older copy, or a thing of an order that has ended."""

    order_id: Id
    channel: Code
    reason: Code
    detail: str = ""


class CancelRequestedV1(Event, service="capture", name="cancel-requested", version=1, entity="order_id"):
    """Somebody wants this order, or some pieces of it, cancelled; routing answers."""

    order_id: Id
    cancel_id: Id
    lines: tuple[LineQuantity, ...] = ()
    """Empty: everything."""
    reason: Code
    requested_by: str = ""
    fulfilment_id: str = ""
    """Only what is in this fulfilment; empty: wherever it is."""
    revision: NonNegativeInt = 0
    """How often the order had been amended by then."""
    cancels: tuple[Id, ...] = ()
    """Cancels of some of its pieces that were carried out before, while it was held."""


class OrderCancelledV1(Event, service="capture", name="order-cancelled", version=1, entity="order_id"):
    """These pieces are cancelled, by whoever had the say; everyone compensates on this."""

    order_id: Id
    cancel_id: Id
    lines: Annotated[tuple[FulfilledQuantity, ...], Field(min_length=1)]
    """What is cancelled."""
    kept: tuple[LineQuantity, ...] = ()
    """What had been asked and could not be cancelled any more."""
    complete: bool
    """Nothing of the order is left."""
    amount_minor: NonNegativeInt
    """What the buyer no longer owes or gets back, in the order's currency."""
    adjustment_minor: int = 0
    """By how much the lines' values are more, where their price had changed once they had been placed."""
    reason: Code
    decided_by: Code
    """Who had the say: capture, routing or shipping."""
    cancelled_at: Utc
    revision: NonNegativeInt = 0
    """How often the order had been amended by then."""


class CancelRefusedV1(Event, service="capture", name="cancel-refused", version=1, entity="order_id"):
    """Nothing of what was asked could be cancelled any more."""

    order_id: Id
    cancel_id: Id
    reason: Code
    detail: str = ""


class CustomersMergedV1(Event, service="capture", name="customers-merged", version=1, entity="customer_id"):
    """Two identities turned out to be one buyer; all that goes by the merged id goes by the other from now on."""

    customer_id: Id
    """The id that stays."""
    merged_id: Id
    """The id that was merged into it."""
    evidence: Code
    """What they have in common: ``email``, ``phone`` or ``channel``."""
    order_id: Id
    """The order that showed it."""
    merged_at: Utc


class GoodsHandedOverV1(Event, service="capture", name="goods-handed-over", version=1, entity="order_id"):
    """The buyer has goods that the hub did not ship: over the counter, or from the channel's own warehouse."""

    order_id: Id
    handover_id: Id
    fulfilled_by: Code
    """``till`` or ``channel``."""
    location_id: str = ""
    """Whose goods they were; empty where no stock of that place is kept."""
    lines: tuple[FulfilledQuantity, ...] = ()
    """Physical lines whose SKU is known."""
    currency: Currency
    """Of what the buyer pays for the lines."""
    detail: str = ""
    """How that is known."""
    handed_over_at: Utc
