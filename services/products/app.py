"""Products, wired: which rule answers to which message."""

from crossdock_contracts import products
from services.hub.app import HubApp
from services.hub.service import Service
from services.products.decide import answers, listing, product
from services.products.state import Barcode, ListingRecord, ProductRecord


def service() -> Service:
    """What products hears, keeps, says and answers."""
    hub = Service(
        "products",
        documents=(ProductRecord, Barcode, ListingRecord),
        says=(products.ProductChangedV1, products.ListingMappedV1),
    )
    hub.on(products.UpsertProductV1, product.upsert_product, reads=product.reads_product)
    hub.on(products.MapListingV1, listing.map_listing, reads=listing.reads_listing)
    hub.answers("products", answers.ProductsQuestion, answers.products)
    return hub


app = HubApp(service())
