"""Products, wired: which rule answers to which message."""

from crossdock_contracts import products
from services.hub.app import HubApp
from services.hub.service import Service
from services.products import decide
from services.products.state import ListingRecord, ProductRecord


def service() -> Service:
    """What products hears, keeps and says."""
    hub = Service(
        "products",
        documents=(ProductRecord, ListingRecord),
        says=(products.ProductChangedV1, products.ListingMappedV1),
    )
    hub.on(products.UpsertProductV1, decide.upsert_product, reads=decide.reads_product)
    hub.on(products.MapListingV1, decide.map_listing)
    return hub


app = HubApp(service())
