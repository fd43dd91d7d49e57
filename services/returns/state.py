"""What returns keeps: what each order's buyer has got, and each return."""

from enum import StrEnum

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


class Sent(Part):
    """One fulfilment that has left."""

    fulfilment_id: str
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
    RECEIVED = "received"
    REFUNDING = "refunding"
    CLOSED = "closed"


MOVES: dict[ReturnStatus, frozenset[ReturnStatus]] = {
    ReturnStatus.AUTHORISED: frozenset({ReturnStatus.RECEIVED}),
    ReturnStatus.RECEIVED: frozenset({ReturnStatus.REFUNDING, ReturnStatus.CLOSED}),
    ReturnStatus.REFUNDING: frozenset({ReturnStatus.CLOSED}),
    ReturnStatus.CLOSED: frozenset(),
}
"""The legal moves of a return."""


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

    @property
    def has_ended(self) -> bool:
        """Inspected, and the money is where it belongs."""
        return self.status is ReturnStatus.CLOSED
