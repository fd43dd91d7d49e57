"""What shipping keeps of single pieces: serial numbers, lots that have left, lots that may not leave."""

from crossdock_contracts.base import Utc
from crossdock_contracts.values import Address
from services.hub.decision import Document


class Serial(Document, service="shipping", kind="serial", key=("sku", "serial"), shared=True):
    """One piece of a SKU that has a number of its own, and the fulfilment that it was in last."""

    sku: str
    serial: str
    order_id: str
    fulfilment_id: str
    line_id: str
    read_at: Utc
    shipped_at: Utc | None = None
    is_free: bool = False
    """It was taken out of the fulfilment again, or came back: another one may have it."""
    earlier: tuple[str, ...] = ()
    """Fulfilments that it was in before, the last twenty."""


class LotShipment(Document, service="shipping", kind="lot-shipment", key=("sku", "lot", "fulfilment_id")):
    """Pieces of a lot that have left, and who got them."""

    sku: str
    lot: str
    fulfilment_id: str
    order_id: str
    location_id: str
    quantity: int
    ship_to: Address
    shipped_at: Utc

    @property
    def has_ended(self) -> bool:
        """It only answers who got pieces of the lot, which ends with its age."""
        return True


class RecalledLot(Document, service="shipping", kind="recalled-lot", key=("sku", "lot"), shared=True):
    """Whether a lot may leave."""

    sku: str
    lot: str
    is_recalled: bool
    said_at: Utc
