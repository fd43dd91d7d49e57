"""What inventory keeps: stock of each SKU, reservations of each order, lines that wait."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.values import Priority
from services.hub.decision import Document, Part, Timer


class LocationStock(Part):
    """Pieces of one SKU at one location."""

    on_hand: int = 0
    """Sellable pieces that are there, bound ones included."""
    allocated: int = 0
    """Bound to fulfilments of this location, and not shipped yet."""
    safety: int = 0
    """Kept back from promises."""
    damaged: int = 0
    """Came back, or were found, unfit for sale; not part of ``on_hand``."""

    @property
    def available(self) -> int:
        """Free pieces that may be promised."""
        return max(0, self.on_hand - self.allocated - self.safety)


class Stock(Document, service="inventory", kind="stock", key=("sku",)):
    """One SKU over all locations. Its size does not depend on how many orders are open."""

    sku: str
    locations: dict[str, LocationStock] = Field(default_factory=dict)
    reserved: int = 0
    """Promised to orders and not yet bound to a location."""
    waiting: int = 0
    """Pieces that orders wait for."""

    @property
    def promisable(self) -> int:
        """Available to promise: free pieces at all locations, less those promised already."""
        free = -self.reserved
        for place in self.locations.values():
            free += max(0, place.on_hand - place.allocated - place.safety)
        return free

    @property
    def missing(self) -> int:
        """Pieces that are promised or bound beyond what is there."""
        bound = sum(max(0, place.allocated - place.on_hand) for place in self.locations.values())
        free = sum(max(0, place.on_hand - place.allocated) for place in self.locations.values())
        return bound + max(0, self.reserved - free)


class ReservationStatus(StrEnum):
    """Where the goods of an order stand."""

    BACKORDERED = "backordered"
    RESERVED = "reserved"
    ALLOCATED = "allocated"
    SETTLED = "settled"
    """Every piece has shipped or was given back; an amendment may still add some."""
    ENDED = "ended"
    """The order is cancelled or rejected: nothing is promised for it any more."""


_OVER = {ReservationStatus.SETTLED, ReservationStatus.ENDED}

MOVES: dict[ReservationStatus, frozenset[ReservationStatus]] = {
    ReservationStatus.BACKORDERED: frozenset({ReservationStatus.RESERVED, ReservationStatus.ALLOCATED, *_OVER}),
    ReservationStatus.RESERVED: frozenset({ReservationStatus.ALLOCATED, ReservationStatus.BACKORDERED, *_OVER}),
    ReservationStatus.ALLOCATED: frozenset({ReservationStatus.RESERVED, ReservationStatus.BACKORDERED, *_OVER}),
    ReservationStatus.SETTLED: frozenset(
        {ReservationStatus.RESERVED, ReservationStatus.BACKORDERED, ReservationStatus.ENDED}
    ),
    ReservationStatus.ENDED: frozenset(),
}
"""The legal moves of a reservation. A tombstone (ENDED) may also be the first thing that is known of an order."""


class Bound(Part):
    """Pieces of a line that are bound to a location for a fulfilment."""

    fulfilment_id: str
    location_id: str
    quantity: int


class ReservedLine(Part):
    """One physical line: its pieces are promised, waited for, bound, shipped, or given back; each is one of these."""

    line_id: str
    sku: str
    quantity: int
    promised: int = 0
    backordered: int = 0
    bound: tuple[Bound, ...] = ()
    shipped: int = 0
    released: int = 0
    lapsed: int = 0
    """Released pieces whose promise had lapsed, and that nobody has cancelled since."""


class Reservation(Document, service="inventory", kind="reservation", key=("order_id",), traced=True):
    """What one order has been promised."""

    order_id: str
    status: ReservationStatus
    lines: tuple[ReservedLine, ...] = ()
    priority: Priority = 5
    ship_by: Utc | None = None
    placed_at: Utc | None = None
    generation: int = 0
    answered: dict[str, str] = Field(default_factory=dict)
    """Fulfilments that routing asked for, and what was said: allocated or refused."""
    cancels: tuple[str, ...] = ()
    """Cancels that have been carried out."""
    revision: int = 0
    """How many amendments of the order have been."""
    cancelled_before: dict[str, int] = Field(default_factory=dict)
    """Pieces by line that are not in ``lines``: cancelled before the order was known here, or settled."""
    closed: bool = False
    """The order is cancelled or rejected as a whole."""
    incomplete: bool = False
    """The SKU of a line is not known yet: more is going to be promised."""
    unnamed_before: dict[str, int] = Field(default_factory=dict)
    """Likewise, as the channel counts, for lines that were cancelled before their SKU was known."""

    @property
    def has_ended(self) -> bool:
        """Every piece has shipped or was given back."""
        return self.status in _OVER


class WaitingLine(Timer, service="inventory", kind="waiting", key=("sku", "priority", "order_id", "line_id")):
    """A line that waits for stock; it fires when it has waited too long, and is withdrawn when it is filled."""

    sku: str
    priority: int
    order_id: str
    line_id: str
    quantity: int
    ship_by: Utc | None = None
    since: Utc


class ReservationExpiry(Timer, service="inventory", kind="expiry", key=("order_id",)):
    """A promise with an end."""

    order_id: str
