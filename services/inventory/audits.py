"""What inventory keeps of shortages, snapshots and counts."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from services.hub.decision import Document, Part, Timer


class ShortfallStatus(StrEnum):
    """Where taking back promises of a SKU stands."""

    WAITING = "waiting"
    """For what is on its way: shipments that left, and have not been confirmed here yet."""
    SEARCHING = "searching"
    TAKING = "taking"
    SETTLED = "settled"
    """No promise is beyond what is there; of bound pieces their location decides."""


class Holder(Part):
    """An order that could have promises of a SKU taken back."""

    order_id: str
    rank: str
    """The greater, the sooner it loses: lowest priority, latest ship-by, youngest."""
    promised: int = 0
    bound: dict[str, int] = Field(default_factory=dict)
    """By location, those that are short alone."""


class Ask(Part):
    """Bound pieces that shipping was asked to give up, and has not answered for yet."""

    fulfilment_id: str
    location_id: str
    quantity: int


class Shortfall(Document, service="inventory", kind="shortfall", key=("sku",)):
    """Promises of a SKU that are beyond what is there, until they have been taken back."""

    sku: str
    status: ShortfallStatus = ShortfallStatus.SETTLED
    reason: str = ""
    search: int = 0
    """Number of this search."""
    step: int = 0
    cursor: int = 0
    """How far the orders have been looked through."""
    holders: tuple[Holder, ...] = ()
    """Who loses first, of those that were seen."""
    asked: tuple[Ask, ...] = ()
    kept: tuple[str, ...] = ()
    """Fulfilments that have been picked: their pieces are there."""
    again: bool = False
    """More was found to be missing meanwhile."""
    fruitless: int = 0
    """Searches in a row that found nobody."""

    @property
    def has_ended(self) -> bool:
        """Nothing is to be taken back."""
        return self.status is ShortfallStatus.SETTLED and not self.asked


class ShortfallDue(Timer, service="inventory", kind="shortfall-due", key=("sku",)):
    """What was on its way has had its time to come in."""

    sku: str


class SnapshotRecord(Document, service="inventory", kind="snapshot", key=("location_id",)):
    """The newest snapshot of a location that was believed."""

    location_id: str
    snapshot_id: str
    as_of: Utc
    sequence: int = 0
    complete: bool = False
    part_count: int = 1
    received: tuple[int, ...] = ()
    """Parts that have come in."""
    cursor: int = 0
    step: int = 0
    zeroed: int = 0
    swept: bool = False
    """All stock has been compared with it."""


class CountStatus(StrEnum):
    """Where a count stands."""

    PLANNED = "planned"
    OPEN = "open"
    """Being counted."""
    DISPUTED = "disputed"
    """What was counted is beyond tolerance; somebody has to decide."""
    APPLIED = "applied"
    REJECTED = "rejected"


MOVES: dict[CountStatus, frozenset[CountStatus]] = {
    CountStatus.PLANNED: frozenset({CountStatus.OPEN, CountStatus.REJECTED}),
    CountStatus.OPEN: frozenset({CountStatus.DISPUTED, CountStatus.APPLIED, CountStatus.REJECTED}),
    CountStatus.DISPUTED: frozenset({CountStatus.OPEN, CountStatus.APPLIED, CountStatus.REJECTED}),
    CountStatus.APPLIED: frozenset(),
    CountStatus.REJECTED: frozenset(),
}
"""The legal moves of a count. Both ends stay."""


class CountLine(Part):
    """One SKU of a count."""

    sku: str
    counted: int | None = None
    """None: nobody has said yet."""
    counted_at: Utc | None = None
    expected: int = 0
    """What there was to be found at that moment."""
    settled: bool = False
    """Applied, or left out."""


class Count(Document, service="inventory", kind="count", key=("count_id",), traced=True):
    """Some SKUs that are counted at a location."""

    count_id: str
    location_id: str
    status: CountStatus = CountStatus.PLANNED
    lines: tuple[CountLine, ...] = ()
    due_at: Utc
    planned_by: str = ""
    counted_by: str = ""

    @property
    def has_ended(self) -> bool:
        """It was applied or rejected."""
        return self.status in {CountStatus.APPLIED, CountStatus.REJECTED}


class CountDue(Timer, service="inventory", kind="count-due", key=("count_id",)):
    """A count is to begin."""

    count_id: str
