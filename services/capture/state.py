"""What capture keeps: each order, its holds, and what listings and SKUs stand for."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.values import Hold, LineQuantity, Order
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
    fulfilment_id: str = ""
    """Only what is in this fulfilment."""


class OrderRecord(Document, service="capture", kind="order", key=("order_id",), traced=True):
    """One order. Once it has ended only what tells a duplicate from news is kept."""

    order_id: str
    status: OrderStatus
    digest: str = ""
    """SHA-256 of what was handed in, to tell a duplicate."""
    source_version: str = ""
    order: Order | None = None
    holds: tuple[Hold, ...] = ()
    """Open ones."""
    closed: tuple[Hold, ...] = ()
    cancels: tuple[Cancel, ...] = ()
    """Asked for and not decided yet."""
    cancelled: dict[str, int] = Field(default_factory=dict)
    """Pieces by line that are cancelled."""
    cancelled_minor: int = 0
    decided: tuple[str, ...] = ()
    """Cancels that have been decided."""
    shipped: bool = False
    """All that was left of it has shipped."""
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
