"""What inventory keeps of what suppliers are going to deliver."""

from pydantic import Field

from crossdock_contracts.base import Utc
from services.hub.decision import Document, Part


class ExpectedReceipt(Part):
    """So many pieces of a SKU from a supplier, by a date."""

    receipt_id: str
    location_id: str
    quantity: int
    """In all, what has come of them included."""
    received: int = 0
    expected_at: Utc
    supplier: str = ""

    @property
    def left(self) -> int:
        """Pieces that are still to come."""
        return max(0, self.quantity - self.received)


class Inbound(Document, service="inventory", kind="inbound", key=("sku",)):
    """What is expected of one SKU."""

    sku: str
    receipts: dict[str, ExpectedReceipt] = Field(default_factory=dict)
    """Open ones."""
    closed: tuple[str, ...] = ()
    """The last ones that were closed, so that a late copy does not open them again."""

    @property
    def left(self) -> int:
        """Pieces that are still to come."""
        return sum(receipt.left for receipt in self.receipts.values())

    def in_order(self) -> list[ExpectedReceipt]:
        """Open receipts, the earliest first."""
        return sorted(self.receipts.values(), key=lambda receipt: (receipt.expected_at, receipt.receipt_id))
