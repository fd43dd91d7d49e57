"""What returns keeps: what each order's buyer has got, and each return."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.returns import InspectedLine
from crossdock_contracts.values import Address, LineQuantity
from services.hub.decision import Document, Part, Timer


class SoldLine(Part):
    """Pieces of a line that the buyer has got, and what was paid for them."""

    line_id: str
    sku: str
    quantity: int
    value_minor: int
    returned: int = 0
    """Pieces that are coming back, or have, or are paid back by a case: those that no return may name any more."""
    refunded_by_case: int = 0
    """Those of them that a case paid back."""
    refunded: int = 0
    """Pieces that are paid back …"""
    refunded_minor: int = 0
    """… and with how much."""
    lots: dict[str, int] = Field(default_factory=dict)
    """Pieces by lot, where the SKU has lots; those that came back are taken off."""
    days: dict[str, str] = Field(default_factory=dict)
    """Last day of each lot."""
    serials: tuple[str, ...] = ()
    """Serial numbers of the pieces that the buyer still has."""


class SentLine(Part):
    """Pieces of a line in one parcel."""

    line_id: str
    sku: str
    quantity: int
    in_case: int = 0
    """Those that a case is about."""
    weight_g: int | None = None
    """Of one piece; this and what follows is told to whoever brings it back."""
    title: str = ""
    hs_code: str = ""
    origin_country: str | None = None


class Sent(Part):
    """One fulfilment that has left."""

    fulfilment_id: str
    location_id: str = ""
    lines: tuple[SentLine, ...]
    channel: str = ""
    ship_to: Address | None = None
    service_level: str = "standard"
    shipped_at: Utc
    cases: tuple[str, ...] = ()
    """Cases about it, closed ones too."""
    moved_at: Utc | None = None
    """When the carrier last said that it moves; kept where stuck parcels are looked for."""
    delivered: bool = False
    """Likewise, that it is there."""


class Sold(Document, service="returns", kind="sold", key=("order_id",), traced=True):
    """What an order's buyer has got."""

    order_id: str
    currency: str = ""
    lines: tuple[SoldLine, ...] = ()
    shipments: tuple[str, ...] = ()
    """Fulfilments that are counted in."""
    sent: tuple[Sent, ...] = ()
    """The same, with what was in them."""
    case_count: int = 0
    """How many cases there have been: they are numbered."""
    last_shipped_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """It only answers what may come back, which ends with its age."""
        return True


class StuckTimer(Timer, service="returns", kind="stuck", key=("order_id", "fulfilment_id")):
    """A parcel that has not moved until then is stuck."""

    order_id: str
    fulfilment_id: str


class ReturnStatus(StrEnum):
    """Where a return stands."""

    AUTHORISED = "authorised"
    CANCELLED = "cancelled"
    """Called off, or nothing of it came in time; what comes all the same is received."""
    RECEIVED = "received"
    REFUNDING = "refunding"
    CLOSED = "closed"


MOVES: dict[ReturnStatus, frozenset[ReturnStatus]] = {
    ReturnStatus.AUTHORISED: frozenset({ReturnStatus.RECEIVED, ReturnStatus.CANCELLED}),
    ReturnStatus.CANCELLED: frozenset({ReturnStatus.RECEIVED}),
    ReturnStatus.RECEIVED: frozenset({ReturnStatus.REFUNDING, ReturnStatus.CLOSED}),
    ReturnStatus.REFUNDING: frozenset({ReturnStatus.CLOSED}),
    ReturnStatus.CLOSED: frozenset(),
}
"""The legal moves of a return."""


class WayBack(Part):
    """The label with which goods come back, where the seller pays for it."""

    attempt: int = 1
    """How often one was asked for."""
    status: Literal["wanted", "delayed", "bought", "refused", "voided"] = "wanted"
    carrier: str = ""
    tracking_number: str = ""
    detail: str = ""
    """Why there is none, or none yet."""
    tracking: str = ""
    """Where its parcel is, as the carrier said last: ``in-transit``, ``out-for-delivery``, ``exception``, or
    ``delivered`` to the warehouse's door, where nobody has counted it yet; empty: it has not said anything."""
    tracking_code: str = ""
    """What an exception is."""
    tracking_detail: str = ""
    tracked_at: Utc | None = None


class Return(Document, service="returns", kind="return", key=("order_id", "return_id"), traced=True):
    """One return."""

    order_id: str
    return_id: str
    status: ReturnStatus
    reason: str = ""
    lines: tuple[LineQuantity, ...] = ()
    """What may come back; once it has been received, what did."""
    location_id: str = ""
    inspected: tuple[InspectedLine, ...] = ()
    refund_minor: int = 0
    currency: str = Field(default="")
    expires_at: Utc | None = None
    """Until then the goods are to be sent."""
    label: WayBack | None = None

    @property
    def has_ended(self) -> bool:
        """Inspected, and the money is where it belongs; or called off."""
        return self.status in (ReturnStatus.CLOSED, ReturnStatus.CANCELLED)


class ReturnTimer(Timer, service="returns", kind="return-due", key=("order_id", "return_id")):
    """A return of which nothing has come until then has expired."""

    order_id: str
    return_id: str
