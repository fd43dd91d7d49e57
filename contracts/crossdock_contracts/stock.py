"""Availability and reality of stock: limits of channels, reorder points, snapshots, counts, shortages. Inventory's."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code, LineQuantity

Percent = Annotated[int, Field(ge=0, le=100)]
"""Whole percent."""

MOST_LINES = 150
"""Most SKUs of one snapshot message or count: a decision is bounded."""


class SetChannelLimitV1(Command, service="inventory", name="set-channel-limit", version=1, entity="sku"):
    """How much of a SKU a channel may be promised, in place of what ``stock.toml`` says of it."""

    sku: Id
    channel: Code
    buffer: NonNegativeInt = 0
    """Pieces that are kept from the channel."""
    share_percent: Percent | None = None
    """Most that the channel may hold of the sellable stock, promised and bound together; none: no such limit."""
    as_configured: bool = False
    """Go by ``stock.toml`` again; the other fields do not count then."""


class SetReorderPointV1(Command, service="inventory", name="set-reorder-point", version=1, entity="sku"):
    """When a SKU is low, and how far it is filled up again, in place of what ``stock.toml`` says of it."""

    sku: Id
    reorder_at: NonNegativeInt | None = None
    """It is low once so many pieces or fewer are available; none: go by ``stock.toml`` again."""
    reorder_up_to: NonNegativeInt = 0
    """Pieces to have after reordering, those counted that orders wait for."""


class OpenStockV1(Command, service="inventory", name="open-stock", version=1, entity="sku"):
    """What is there of a SKU at a location as the hub takes over: the opening balance, once and for all.

    It counts only where nothing was ever booked. The same opening again changes nothing, whenever it comes.
    """

    sku: Id
    location_id: Id
    on_hand: NonNegativeInt
    """Sellable pieces."""
    safety: NonNegativeInt = 0
    """Kept back from promises."""
    damaged: NonNegativeInt = 0
    """Unfit for sale; not part of ``on_hand``."""
    reference: str = ""
    """Where the figures are from, for instance a file."""


class SnapshotLine(Value):
    """What a WMS has of one SKU."""

    sku: Id
    on_hand: NonNegativeInt
    """Sellable pieces in the building, those included that are bound and not picked yet."""
    picked: NonNegativeInt = 0
    """Pieces that were picked, had not left by then, and are not part of ``on_hand`` any more."""


class SnapshotStockV1(Command, service="inventory", name="snapshot-stock", version=1, entity="location_id"):
    """What the WMS of a location has, as of a moment; one message, or one part of several."""

    location_id: Id
    snapshot_id: Id
    as_of: Utc
    sequence: NonNegativeInt = 0
    """The WMS's own count of its snapshots: of two that are of the same moment the higher one is newer."""
    complete: bool = False
    """What it does not mention is not there; otherwise it says nothing of what it does not mention."""
    part: PositiveInt = 1
    part_count: PositiveInt = 1
    lines: Annotated[tuple[SnapshotLine, ...], Field(max_length=MOST_LINES)] = ()


class PlanCountV1(Command, service="inventory", name="plan-count", version=1, entity="count_id"):
    """Have some SKUs counted at a location."""

    count_id: Id
    location_id: Id
    skus: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_LINES)]
    due_at: Utc | None = None
    """When counting begins; none: now."""
    planned_by: str = ""


class CountedLine(Value):
    """So many pieces of a SKU were counted."""

    sku: Id
    counted: NonNegativeInt
    """Sellable pieces that were found, picked ones that had not left included."""


class SubmitCountV1(Command, service="inventory", name="submit-count", version=1, entity="count_id"):
    """What was found, of some SKUs of a count or of all."""

    count_id: Id
    lines: Annotated[tuple[CountedLine, ...], Field(min_length=1, max_length=MOST_LINES)]
    counted_at: Utc | None = None
    """When it was counted; none: now."""
    counted_by: str = ""


class ApproveCountV1(Command, service="inventory", name="approve-count", version=1, entity="count_id"):
    """What was counted is right, although it is far from what was expected."""

    count_id: Id
    approved_by: str = ""
    note: str = ""


class RejectCountV1(Command, service="inventory", name="reject-count", version=1, entity="count_id"):
    """What was counted is not believed, or the count is not wanted any more."""

    count_id: Id
    rejected_by: str = ""
    note: str = ""


class StockAlreadyOpenV1(Event, service="inventory", name="stock-already-open", version=1, entity="sku"):
    """A SKU was opened at a location with the same figures before; nothing changed."""

    sku: Id
    location_id: Id
    opened_with: NonNegativeInt
    """Sellable pieces that it was opened with …"""
    on_hand: int
    """… and those that are there now."""


class StockLowV1(Event, service="inventory", name="stock-low", version=1, entity="sku"):
    """A SKU has come down to its reorder point. Said once, until there has been more of it again."""

    sku: Id
    available: int
    """Pieces that may still be promised; below zero where more is promised than is there."""
    reorder_at: NonNegativeInt
    suggested: NonNegativeInt
    """Pieces to reorder, so that there are as many as wanted once those have been served that wait."""
    recorded_at: Utc


class PromiseTakenBackV1(Event, service="inventory", name="promise-taken-back", version=1, entity="order_id"):
    """Pieces that an order had been promised are not there; it waits for others."""

    order_id: Id
    lines: tuple[LineQuantity, ...]
    reason: Code
    """What took them away: ``counted``, ``snapshot``, ``short-pick`` …"""
    taken_at: Utc


class PromiseRestoredV1(Event, service="inventory", name="promise-restored", version=1, entity="order_id"):
    """An order from which promises had been taken back has got all of them again."""

    order_id: Id
    restored_at: Utc


class BoundStockMissingV1(Event, service="inventory", name="bound-stock-missing", version=1, entity="order_id"):
    """Fewer pieces are at a location than are bound there; these are to be given up, unless they have been picked."""

    order_id: Id
    ask_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    reason: Code
    recorded_at: Utc


class ShortageSoughtV1(Event, service="inventory", name="shortage-sought", version=1, entity="sku"):
    """Some orders have been looked through for promises of a SKU that is short; inventory goes on from here."""

    sku: Id
    search: PositiveInt
    step: NonNegativeInt


class SkippedLine(Value):
    """A SKU that a snapshot or count could not be applied to, and why."""

    sku: Id
    reason: Code


class SnapshotAppliedV1(Event, service="inventory", name="snapshot-applied", version=1, entity="location_id"):
    """One message of a snapshot has been reconciled with what moved since; its differences are in the ledger."""

    location_id: Id
    snapshot_id: Id
    as_of: Utc
    part: PositiveInt
    part_count: PositiveInt
    applied: NonNegativeInt
    """SKUs of which it was believed …"""
    changed: NonNegativeInt
    """… and of how many of them the hub had had another figure."""
    skipped: tuple[SkippedLine, ...] = ()


class SnapshotSweptV1(Event, service="inventory", name="snapshot-swept", version=1, entity="location_id"):
    """A slice of the stock was compared with a complete snapshot: what it does not mention is not there."""

    location_id: Id
    snapshot_id: Id
    step: NonNegativeInt
    zeroed: NonNegativeInt
    """SKUs that were found not to be there, so far."""
    done: bool = False


class CountOpenedV1(Event, service="inventory", name="count-opened", version=1, entity="count_id"):
    """Counting begins; from now on it is kept what moves."""

    count_id: Id
    location_id: Id
    skus: tuple[Id, ...]
    skipped: tuple[SkippedLine, ...] = ()
    """Being counted already."""
    opened_at: Utc


class CountVariance(Value):
    """What was counted of a SKU beside what was expected at that moment."""

    sku: Id
    counted: NonNegativeInt
    expected: int


class CountVarianceFoundV1(Event, service="inventory", name="count-variance-found", version=1, entity="count_id"):
    """What was counted is further from what was expected than is tolerated: somebody has to approve it or not."""

    count_id: Id
    location_id: Id
    lines: tuple[CountVariance, ...]
    assigned_to: Code
    """The role that decides."""
    counted_by: str = ""
    found_at: Utc


class CountAppliedV1(Event, service="inventory", name="count-applied", version=1, entity="count_id"):
    """What was counted is what is there; the differences are in the ledger."""

    count_id: Id
    location_id: Id
    lines: tuple[CountVariance, ...]
    skipped: tuple[SkippedLine, ...] = ()
    approved_by: str = ""
    """Empty where it was within tolerance."""
    applied_at: Utc


class CountRejectedV1(Event, service="inventory", name="count-rejected", version=1, entity="count_id"):
    """A count ended without what was left of it being believed."""

    count_id: Id
    location_id: Id
    rejected_by: str = ""
    note: str = ""
    rejected_at: Utc
