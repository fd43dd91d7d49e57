"""What routing keeps: for each order what is still to be placed, and what was placed where."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.amendments import AmendmentPart
from crossdock_contracts.base import Utc
from crossdock_contracts.inventory import PromisedLine
from crossdock_contracts.values import FulfilledQuantity, LineQuantity, Order
from services.hub.decision import Document, Part, Timer


class RouteStatus(StrEnum):
    """Where an order stands for routing."""

    WAITING = "waiting"
    """For the order itself, its release, its payment, or its promise."""
    ROUTED = "routed"
    UNROUTABLE = "unroutable"
    ENDED = "ended"
    """Shipped or cancelled, every piece of it."""


MOVES: dict[RouteStatus, frozenset[RouteStatus]] = {
    RouteStatus.WAITING: frozenset({RouteStatus.ROUTED, RouteStatus.UNROUTABLE, RouteStatus.ENDED}),
    RouteStatus.ROUTED: frozenset({RouteStatus.WAITING, RouteStatus.UNROUTABLE, RouteStatus.ENDED}),
    RouteStatus.UNROUTABLE: frozenset({RouteStatus.WAITING, RouteStatus.ROUTED, RouteStatus.ENDED}),
    RouteStatus.ENDED: frozenset(),
}
"""The legal moves of a route."""


class Pieces(Part):
    """So many pieces of a line, and what the buyer pays for them."""

    line_id: str
    sku: str
    quantity: int
    value_minor: int = 0


class Share(Part):
    """What one location was given to ship."""

    fulfilment_id: str
    location_id: str
    pieces: tuple[Pieces, ...]
    """What is left of it: neither shipped, nor stopped, nor sent back for another location."""
    shipped: bool = False
    cards_minor: int = 0
    """What gift cards have paid of it, so that nobody collects it at the door."""
    counted: str = ""
    """Where it counts against its location's capacity: the key of a `Workload`, ``<day>.<stripe>``; empty: nowhere."""


class Declined(Part):
    """A location that did not take on what it was given of the order."""

    fulfilment_id: str
    location_id: str
    reason: str


class PendingCancel(Part):
    """A cancel that waits for shipping's answers."""

    cancel_id: str
    reason: str
    asked: tuple[FulfilledQuantity, ...] = ()
    """What shipping was asked to stop and has not answered yet."""
    told: tuple[str, ...] = ()
    """Fulfilments that it was asked of."""
    cancelled: tuple[FulfilledQuantity, ...] = ()
    kept: tuple[LineQuantity, ...] = ()


class PendingAmendment(Part):
    """An amendment that waits for shipping's answers; nothing is placed meanwhile."""

    amendment_id: str
    changes: tuple[str, ...]
    amount_minor: int = 0
    """What the buyer pays more, or less, if all of it can be done."""
    added_minor: int = 0
    """What the added pieces cost."""
    wanted: tuple[FulfilledQuantity, ...] = ()
    """Pieces that shall go."""
    removed: tuple[FulfilledQuantity, ...] = ()
    """Those of them that do."""
    asked: tuple[FulfilledQuantity, ...] = ()
    """What shipping was asked to stop and has not answered yet."""
    recalls: bool = False
    """What it stops comes back to be placed anew; else it goes."""
    parts: tuple[AmendmentPart, ...] = ()


class Route(Document, service="routing", kind="route", key=("order_id",), traced=True):
    """One order's way from promise to fulfilments."""

    order_id: str
    status: RouteStatus = RouteStatus.WAITING
    order: Order | None = None
    held: bool = False
    held_after: int = 0
    """How often the order had been released when it was held …"""
    releases: int = 0
    """… and how often it has been, as far as is known here."""
    authorised: bool = False
    promised: tuple[PromisedLine, ...] = ()
    """What inventory last said is promised and not bound."""
    generation: int = 0
    promised_for: int = 0
    """How many amendments the newest promise takes account of …"""
    promise_for: int = 0
    """… and how many it has to: up to the last one that pieces came with."""
    unplaced: tuple[Pieces, ...] = ()
    """What no location has been given yet."""
    parts: int = 0
    """How often a part of it was routed while the rest was not there."""
    deliver_by: Utc | None = None
    """The promise date: the latest of all that was routed."""
    shares: tuple[Share, ...] = ()
    declined: tuple[Declined, ...] = ()
    """Locations that are not asked again, unless somebody releases the order since no other can serve it."""
    attempt: int = 0
    attempts_before: int = 0
    """Attempts before the order was last released: only those since count towards the limit."""
    cancels: tuple[PendingCancel, ...] = ()
    decided: tuple[str, ...] = ()
    """Cancels that have been answered."""
    amending: PendingAmendment | None = None
    amended: tuple[str, ...] = ()
    """Amendments that have been answered."""
    pays_for: int = 0
    """The amendment by number up to which the payment has to be certain …"""
    paid_for: int = 0
    """… and up to which it is, once it is at all."""
    cancelled_before: dict[str, int] = Field(default_factory=dict)
    """Pieces by line whose cancel came before the order was known here."""
    unnamed_before: dict[str, int] = Field(default_factory=dict)
    """Likewise, as the channel counts, for lines that were cancelled before their SKU was known."""
    shipped: int = 0
    cancelled: int = 0

    @property
    def is_paid(self) -> bool:
        """The money is certain for the order as it stands."""
        return self.authorised and self.paid_for >= self.pays_for

    @property
    def has_ended(self) -> bool:
        """Every piece has shipped or is cancelled."""
        return self.status is RouteStatus.ENDED


class ReleaseTimer(Timer, service="routing", kind="release", key=("order_id",)):
    """An order that is not to be routed yet: a pre-order, a subscription, or one that would arrive before its day."""

    order_id: str


HOUSE = "main"
"""Under this owner stands what concerns a location itself, whoever owns the goods that lie there."""


class Workload(Document, service="routing", kind="workload", key=("location_id", "day", "stripe"), shared=True):
    """How many fulfilments leave a location on a day, as far as one stripe of its orders goes."""

    location_id: str
    day: str
    """The local day, as ``2026-03-02``."""
    stripe: str = "0"
    fulfilments: int = 0

    @property
    def has_ended(self) -> bool:
        """Once the day is long past, nobody asks."""
        return True


class Closure(Part):
    """A location that ships nothing for a while."""

    until: Utc | None = None
    reason: str = ""
    closed_by: str = ""


class Places(Document, service="routing", kind="places", key=(), shared=True):
    """What was said of locations since they were configured. One document for all, so that routing reads one."""

    closed: dict[str, Closure] = Field(default_factory=dict)
    capacity: dict[str, int] = Field(default_factory=dict)
