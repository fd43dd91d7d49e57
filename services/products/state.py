"""What products keeps: each SKU, each listing."""

from crossdock_contracts.products import Product
from services.hub.decision import Document


class ProductRecord(Document, service="products", kind="product", key=("sku",)):
    """One SKU."""

    sku: str
    product: Product


class ListingRecord(Document, service="products", kind="listing", key=("channel", "listing_id")):
    """What an id of a channel stands for."""

    channel: str
    listing_id: str
    sku: str
    quantity: int = 1
