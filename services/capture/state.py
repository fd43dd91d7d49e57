"""What capture keeps: each order, its holds, what listings and SKUs stand for, and who waits to know."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.products import KitComponent
from crossdock_contracts.values import Country, Dimensions, FulfilledQuantity, Hold, LineQuantity, Money, Order
from services.capture.state_outward import Outward
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
    """Every piece has shipped, was handed over elsewhere, or is cancelled."""


MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.EXPECTED: frozenset({OrderStatus.HELD, OrderStatus.OPEN, OrderStatus.CANCELLED, OrderStatus.COMPLETED}),
    OrderStatus.HELD: frozenset({OrderStatus.OPEN, OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.COMPLETED}),
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


class Want(Part):
    """What an order has to know before its lines stand for something."""

    wanted: str
    """A listing, or a SKU."""
    channel: str = ""
    """Whose listing it is; empty: a SKU."""
    stands_for: str = ""
    """The SKU that the listing is mapped to, if only that is not known."""


class Copy(Part):
    """A newer copy of an order that waits for its turn, or for somebody to look."""

    digest: str
    order: Order
    holds: tuple[str, ...] = ()
    """Holds that have to be closed before it is taken over."""
    wants: tuple[Want, ...] = ()
    """What has to be known before."""
    reading: int = 0
    """The how manieth time that the order's payload is read again; 0: its source handed it in."""
    requested_by: str = ""
    """Who had it read again."""

    @property
    def name(self) -> str:
        """Begins the ids of what follows from it: for the same copy of its source, and for each reading, another."""
        return f"{self.digest[:12]}-{self.reading}" if self.reading else self.digest[:12]


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
    refused: bool = False
    """Its source counts goods that the order never had, for that amendment was refused."""


class OrderRecord(Document, service="capture", kind="order", key=("order_id",), traced=True):
    """One order. Once it has ended only what tells a duplicate from news is kept."""

    order_id: str
    status: OrderStatus
    digest: str = ""
    """SHA-256 of what was handed in last, to tell a duplicate."""
    copies: tuple[str, ...] = ()
    """The beginnings of the digests of the copies before it."""
    source_version: str = ""
    heard_at: Utc | None = None
    """When the latest copy that was taken for news came in."""
    readings: int = 0
    """How often its payload was read again with a mended mapping, and was news …"""
    reading: str = ""
    """… and what that came to, as long as its source has handed in no other copy since."""
    order: Order | None = None
    """As it stands. Its lines count all that was ever ordered of them."""
    source: Order | None = None
    """What the source said last; none: the same as stands in ``order``."""
    amending: Amending | None = None
    waiting: Copy | None = None
    amended: tuple[str, ...] = ()
    """Amendments that have been decided."""
    wants: tuple[Want, ...] = ()
    """What it, or its newer copy, is held for because nothing is known of it."""
    holds: tuple[Hold, ...] = ()
    """Open ones."""
    closed: tuple[Hold, ...] = ()
    releases: int = 0
    """How often it was released."""
    cancels: tuple[Cancel, ...] = ()
    """Not decided yet; asked of routing, unless an amendment is under way."""
    cancelled: dict[str, int] = Field(default_factory=dict)
    """Pieces by line that are cancelled, or were amended away."""
    cancelled_values: dict[str, int] = Field(default_factory=dict)
    """What the buyer would have paid for them."""
    cancelled_minor: int = 0
    decided: tuple[str, ...] = ()
    """Cancels that have been decided."""
    cancels_here: tuple[str, ...] = ()
    """Those of them that took pieces while the order was held."""
    shipped: bool = False
    """All that was left of it has shipped."""
    fulfil_by: str = "hub"
    """Who fulfils it: ``hub``, ``channel`` or ``till``."""
    refunds: tuple[str, ...] = ()
    """What the channel has paid back, by its own ids."""
    outward: Outward | None = None
    """None: its channel has no web API, or does not know of it."""
    handed_over: tuple[str, ...] = ()
    """Lines that the buyer got from a till or the channel."""
    last: Last | None = None
    captured_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """Rejected, cancelled, or every piece has shipped."""
        return self.status in ENDED


class HoldExpiry(Timer, service="capture", kind="hold", key=("order_id", "hold_id")):
    """A hold that ends by itself."""

    order_id: str
    hold_id: str


class RecordedUntil(Timer, service="capture", kind="recorded", key=("order_id",)):
    """When an order that the channel fulfils is taken for fulfilled, unless the channel said so before."""

    order_id: str


class Evidence(Part):
    """One thing by which a buyer is recognised, and the order that named it."""

    kind: str
    """``email``, ``phone`` or ``channel``."""
    value: str
    """Normalised: ``anna@example.com``, ``+49301234567``, ``web:4711``."""
    order_id: str
    seen_at: Utc
    """When it was last looked up; the document that leads from it to the customer is as young."""


class RecentOrder(Part):
    """What is remembered of a customer's order, to see repeats and bursts by."""

    order_id: str
    placed_at: Utc
    total_minor: int
    currency: str
    goods: str
    """Stands for what was ordered: the same goods, the same text."""


class Customer(Document, service="capture", kind="customer", key=("customer_id",), shared=True):
    """One buyer in all channels; or, with ``same_as``, where to find them by another of their addresses or ids.

    It stands at an id that follows from what it was first recognised by, so that an order leads to it in one step.
    """

    customer_id: str
    same_as: str = ""
    """This id stands for the customer with that one; nothing else is kept here."""
    evidence: tuple[Evidence, ...] = ()
    recent: tuple[RecentOrder, ...] = ()
    """The latest orders, a bounded number, in the order in which they were placed."""
    orders: int = 0
    """How many there have been in all."""
    since: Utc | None = None
    """When the first of them was placed."""

    @property
    def has_ended(self) -> bool:
        """It only says who a buyer is, which ends with its age: one who does not order any more is forgotten."""
        return True


class Listing(Document, service="capture", kind="listing", key=("channel", "listing_id"), shared=True):
    """What a channel's id stands for."""

    channel: str
    listing_id: str
    sku: str
    quantity: int = 1
    mapped_at: Utc | None = None


class Item(Document, service="capture", kind="item", key=("sku",), shared=True):
    """What capture needs to know of a SKU."""

    sku: str
    title: str = ""
    weight_g: int | None = None
    dimensions: Dimensions | None = None
    hazmat_class: str = ""
    hs_code: str = ""
    origin_country: Country | None = None
    active: bool = True
    cost: Money | None = None
    components: tuple[KitComponent, ...] = ()
    """Not empty: a kit."""
    changed_at: Utc | None = None


class Wanted(Document, service="capture", kind="wanted", key=("wanted", "channel")):
    """A listing or SKU that orders were held for. All about it is decided in the partition that it belongs to."""

    wanted: str
    channel: str = ""
    """Empty: a SKU."""
    open: bool = True
    """Orders wait for it."""

    @property
    def has_ended(self) -> bool:
        """Nobody waits for it."""
        return not self.open


class WaitingOrder(Timer, service="capture", kind="waiting", key=("wanted", "channel", "order_id")):
    """An order that is held for a listing or a SKU; it fires so that the order is looked at again."""

    wanted: str
    channel: str = ""
    order_id: str
