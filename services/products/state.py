"""What products keeps: each SKU, each barcode, each listing."""

from crossdock_contracts.products import Product
from services.hub.decision import Document


class ProductRecord(Document, service="products", kind="product", key=("sku",), shared=True):
    """One SKU. A kit and its components look at each other, so it is read by all partitions."""

    sku: str
    product: Product
    kits: tuple[str, ...] = ()
    """Active kits that it is a component of."""


class Barcode(Document, service="products", kind="barcode", key=("gtin",), shared=True):
    """Whose barcode a GTIN is."""

    gtin: str
    """Padded to 14 digits."""
    sku: str = ""
    """Empty: nobody's any more."""

    @property
    def has_ended(self) -> bool:
        """It is nobody's."""
        return not self.sku


class ListingRecord(Document, service="products", kind="listing", key=("channel", "listing_id")):
    """What an id of a channel stands for."""

    channel: str
    listing_id: str
    sku: str
    quantity: int = 1
