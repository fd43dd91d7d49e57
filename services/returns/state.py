"""What returns keeps: what each order's buyer has got, and each return."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.returns import InspectedLine
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Document, Part


class SoldLine(Part):
    """Pieces of a line that the buyer has got, and what was paid for them."""

    line_id: str
    sku: str
    quantity: int
    value_minor: int
    returned: int = 0
    """Pieces that are coming back, or have."""
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


class Sold(Document, service="returns", kind="sold", key=("order_id",), traced=True):
    """What an order's buyer has got."""

    order_id: str
    currency: str = ""
    lines: tuple[SoldLine, ...] = ()
    shipments: tuple[str, ...] = ()
    """Fulfilments that are counted in."""
    last_shipped_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """It only answers what may come back, which ends with its age."""
        return True


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
