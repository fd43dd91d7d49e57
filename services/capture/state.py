"""What capture keeps: each order, its holds, and what listings and SKUs stand for."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.values import FulfilledQuantity, Hold, LineQuantity, Order
from services.hub.decision import Document, Part, Timer


class OrderStatus(StrEnum):
    """Where an order stands for capture."""

    EXPECTED = "expected"
    """A cancel came before the order."""
    HELD = "held"
    """Captured, and not let go yet."""
    OPEN = "open"
    PAUSED = "paused"
    """It had been let go, and a hold was opened since."""
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    """Every piece has shipped or is cancelled."""


MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.EXPECTED: frozenset({OrderStatus.HELD, OrderStatus.OPEN, OrderStatus.CANCELLED}),
    OrderStatus.HELD: frozenset({OrderStatus.OPEN, OrderStatus.REJECTED, OrderStatus.CANCELLED}),
    OrderStatus.OPEN: frozenset({OrderStatus.PAUSED, OrderStatus.CANCELLED, OrderStatus.COMPLETED}),
    OrderStatus.PAUSED: frozenset({OrderStatus.OPEN, OrderStatus.CANCELLED, OrderStatus.COMPLETED}),
    OrderStatus.REJECTED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.COMPLETED: frozenset(),
}
"""The legal moves of an order."""

ENDED = frozenset({OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.COMPLETED})


class Cancel(Part):
    """A cancel that was asked for, until it is decided."""

    cancel_id: str
    lines: tuple[LineQuantity, ...] = ()
    reason: str
    requested_by: str = ""


class Copy(Part):
    """A newer copy of an order that waits for its turn, or for somebody to look."""

    digest: str
    order: Order
    holds: tuple[str, ...] = ()
    """Holds that have to be closed before it is taken over."""


class Amending(Part):
    """An amendment that routing was asked for, until it is decided."""

    amendment_id: str
    changes: tuple[str, ...]
    order: Order
    """As it shall be."""
    source: Order | None = None
    """What the source says from now on."""
    added: tuple[FulfilledQuantity, ...] = ()
    removed: tuple[FulfilledQuantity, ...] = ()
    requested_by: str = ""


class Last(Part):
    """What an order was when it ended, as its source had said it: to tell what is new about a late copy."""

    gist: str
    """SHA-256 of its goods and of where they went."""
    total_minor: int
    revision: int = 0


class OrderRecord(Document, service="capture", kind="order", key=("order_id",), traced=True):
    """One order. Once it has ended only what tells a duplicate from news is kept."""

    order_id: str
    status: OrderStatus
    digest: str = ""
    """SHA-256 of what was handed in last, to tell a duplicate."""
    copies: tuple[str, ...] = ()
    """The beginnings of the digests of the copies before it."""
    source_version: str = ""
    order: Order | None = None
    """As it stands. Its lines count all that was ever ordered of them."""
    source: Order | None = None
    """What the source said last; none: the same as stands in ``order``."""
    amending: Amending | None = None
    waiting: Copy | None = None
    amended: tuple[str, ...] = ()
    """Amendments that have been decided."""
    holds: tuple[Hold, ...] = ()
    """Open ones."""
    closed: tuple[Hold, ...] = ()
    cancels: tuple[Cancel, ...] = ()
    """Not decided yet; asked of routing, unless an amendment is under way."""
    cancelled: dict[str, int] = Field(default_factory=dict)
    """Pieces by line that are cancelled, or were amended away."""
    cancelled_values: dict[str, int] = Field(default_factory=dict)
    """What the buyer would have paid for them."""
    cancelled_minor: int = 0
    decided: tuple[str, ...] = ()
    """Cancels that have been decided."""
    shipped: bool = False
    """All that was left of it has shipped."""
    last: Last | None = None
    captured_at: Utc | None = None
    ended_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """Rejected, cancelled, or every piece has shipped."""
        return self.status in ENDED


class HoldExpiry(Timer, service="capture", kind="hold", key=("order_id", "hold_id")):
    """A hold that ends by itself."""

    order_id: str
    hold_id: str


class Listing(Document, service="capture", kind="listing", key=("channel", "listing_id"), shared=True):
    """What a channel's id stands for."""

    channel: str
    listing_id: str
    sku: str
    quantity: int = 1


class Item(Document, service="capture", kind="item", key=("sku",), shared=True):
    """What capture needs to know of a SKU."""

    sku: str
    title: str = ""
    weight_g: int | None = None
    hazmat_class: str = ""
    active: bool = True
