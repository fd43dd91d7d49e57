"""What capture learns of products: which SKUs there are, and what listings stand for."""

from datetime import datetime

from crossdock_contracts.products import ListingMappedV1, ProductChangedV1
from services.capture.state import Item, Listing
from services.hub.decision import Decision, States


def learn_product(states: States, message: ProductChangedV1, _now: datetime) -> Decision:
    """A SKU is known, or known better."""
    product = message.product
    known = states.get(Item, message.owner, message.sku)
    item = Item(
        owner=message.owner,
        sku=message.sku,
        title=product.title,
        weight_g=product.weight_g,
        dimensions=product.dimensions,
        hazmat_class=product.hazmat_class,
        active=product.active,
    )
    return Decision.nothing() if item == known else Decision(writes=[item])


def learn_listing(states: States, message: ListingMappedV1, _now: datetime) -> Decision:
    """A channel's id stands for a SKU."""
    known = states.get(Listing, message.owner, message.channel, message.listing_id)
    listing = Listing(
        owner=message.owner,
        channel=message.channel,
        listing_id=message.listing_id,
        sku=message.sku,
        quantity=message.quantity,
    )
    return Decision.nothing() if listing == known else Decision(writes=[listing])
