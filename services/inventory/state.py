"""What inventory keeps: stock of each SKU, what kits are made of, reservations of each order, lines that wait."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.products import KitComponent
from crossdock_contracts.values import Priority
from services.hub.decision import Document, Part, Timer


class Movement(Part):
    """Pieces that came to a location, or left it."""

    at: Utc
    delta: int


class Opening(Part):
    """What a location began with of a SKU."""

    on_hand: int = 0
    safety: int = 0
    damaged: int = 0


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
    opening: Opening | None = None
    """The balance that was taken over; none: it began with its first booking."""
    quarantine: int = 0
    """Kept apart until somebody has decided about them; not part of ``on_hand``."""
    in_transit: int = 0
    """On their way here from another location; not part of ``on_hand``."""

    as_of: Utc | None = None
    """Of when the last count or snapshot is that was believed; what left before was not part of it."""
    recent: tuple[Movement, ...] | None = None
    """What has moved, to reconcile a count or snapshot with; none: nobody keeps account of it."""
    forgotten: Utc | None = None
    """Movements up to then are not told apart any more."""
    counting: str = ""
    """The count that is under way."""

    @property
    def available(self) -> int:
        """Free pieces that may be promised."""
        return max(0, self.on_hand - self.allocated - self.safety)


class ChannelLimit(Part):
    """How much of a SKU a channel may be promised."""

    buffer: int = 0
    """Pieces that are kept from it."""
    share_percent: int | None = None
    """Most that it may hold of the sellable stock, promised and bound together."""


class Reorder(Part):
    """When a SKU is low, and how far it is filled up again."""

    reorder_at: int
    reorder_up_to: int = 0


class Tracking(Part):
    """How closely the pieces of a SKU are followed."""

    lots: bool = False
    """There are `Lots` for it; once begun this goes on, whatever the product says later."""
    lot: bool = False
    """A receipt has to name its lot."""
    expiry: bool = False
    """A receipt has to name its lot's last day."""
    serial: bool = False
    """The serial number of each piece is captured before it ships."""
    category: str = ""
    min_days: int = 0
    """Days that a lot must have left, its last one included, to be sold, as was configured for the category."""


class Stock(Document, service="inventory", kind="stock", key=("sku",)):
    """One SKU over all locations. Its size does not depend on how many orders are open."""

    sku: str
    locations: dict[str, LocationStock] = Field(default_factory=dict)
    reserved: int = 0
    """Promised to orders and not yet bound to a location."""
    waiting: int = 0
    """Pieces that orders wait for."""
    limits: dict[str, ChannelLimit] = Field(default_factory=dict)
    """Limits of channels that were set for this SKU."""
    used: dict[str, int] = Field(default_factory=dict)
    """Pieces that channels with a limit hold, promised and bound."""
    reorder: Reorder | None = None
    """As it was set for this SKU."""
    low: bool = False
    """It has been said that it is low."""

    @property
    def sellable(self) -> int:
        """Pieces that may be sold at all, promised and bound ones included."""
        return sum(max(0, place.on_hand - place.safety) for place in self.locations.values())

    expected: int = 0
    """Pieces that suppliers are going to deliver; never part of what is promised now."""
    tracking: Tracking | None = None
    """None for most SKUs: their pieces are counted, no more."""

    @property
    def has_lots(self) -> bool:
        """Its pieces are kept by lot."""
        return self.tracking is not None and self.tracking.lots

    @property
    def promisable(self) -> int:
        """Available to promise: free pieces at all locations, less those promised already."""
        free = -self.reserved
        for place in self.locations.values():
            free += max(0, place.on_hand - place.allocated - place.safety)
        return free

    @property
    def unbound_missing(self) -> int:
        """Pieces that are promised, not bound, and beyond what is there."""
        free = sum(max(0, place.on_hand - place.allocated) for place in self.locations.values())
        return max(0, self.reserved - free)

    @property
    def bound_missing(self) -> dict[str, int]:
        """Pieces that are bound to a location beyond what is there, by location."""
        places = self.locations.items()
        return {name: place.allocated - place.on_hand for name, place in places if place.allocated > place.on_hand}

    @property
    def missing(self) -> int:
        """Pieces that are promised or bound beyond what is there."""
        return self.unbound_missing + sum(self.bound_missing.values())


class Kit(Document, service="inventory", kind="kit", key=("sku",)):
    """What a kit is made of."""

    sku: str
    components: tuple[KitComponent, ...] = ()
    """None: it is a kit no longer."""
    changed_at: Utc


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
    sku: str = ""
    """What is sent in place of the line's own SKU; empty: that."""
    lots: dict[str, int] = Field(default_factory=dict)
    """Which lots, first expired first, where the SKU has lots; pieces that are in none may be of any."""


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
    channel: str = ""
    """The channel, where it may not have all of the SKU: what is promised and bound here counts against its share."""
    kit_line_id: str = ""
    """The sold line that it is a component of."""
    in_one: int = 1
    """Pieces in one as the channel counts."""
    expected_at: Utc | None = None
    """The date that its buyer was told for what is backordered."""
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
    release_at: Utc | None = None
    """A pre-order's day: it is no wonder that it waits for stock until then."""
    generation: int = 0
    answered: dict[str, str] = Field(default_factory=dict)
    """Fulfilments that routing asked for, and what was said: allocated or refused."""
    stopped: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By fulfilment and line: pieces that were given back before they had been bound to it, and are not to be."""
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
    lost: bool = False
    """Promises were taken back from it, and it waits for others."""

    @property
    def has_ended(self) -> bool:
        """Every piece has shipped or was given back."""
        return self.status in _OVER


class WaitingLine(Timer, service="inventory", kind="waiting", key=("sku", "priority", "turn", "order_id", "line_id")):
    """A line that waits for stock; it fires when it has waited too long, and is withdrawn when it is filled.

    In the order of their keys these lines stand in the order in which they are filled.
    """

    sku: str
    priority: int
    order_id: str
    line_id: str
    quantity: int
    ship_by: Utc | None = None
    since: Utc

    @property
    def turn(self) -> str:
        """Its place among those of its priority: by ship-by, none last, then by age."""
        return turn(self.ship_by, self.since)


def turn(ship_by: datetime | None, since: datetime) -> str:
    """A text that sorts lines by ship-by, none last, then by age."""
    return f"{ship_by:{_SORTABLE}}-{since:{_SORTABLE}}" if ship_by else f"none-{since:{_SORTABLE}}"


_SORTABLE = "%Y%m%dT%H%M%S%f"


class ReservationExpiry(Timer, service="inventory", kind="expiry", key=("order_id",)):
    """A promise with an end."""

    order_id: str
