"""What capture learns of products: which SKUs there are, and what listings stand for."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.mapping import MappingFoundV1
from crossdock_contracts.products import ListingMappedV1, ProductChangedV1
from services.capture.state import Item, Listing, Wanted
from services.hub.decision import Decision, Document, States, changed


def reads_product(message: ProductChangedV1) -> Iterable[str]:
    """What learning a product reads."""
    return [Item.at(message.owner, message.sku), Wanted.at(message.owner, message.sku, "")]


def learn_product(states: States, message: ProductChangedV1, _now: datetime) -> Decision:
    """A SKU is known, or known better; orders that were held for it go on."""
    product = message.product
    known = states.get(Item, message.owner, message.sku)
    item = Item(
        owner=message.owner,
        sku=message.sku,
        title=product.title,
        weight_g=product.weight_g,
        dimensions=product.dimensions,
        hazmat_class=product.hazmat_class,
        hs_code=product.hs_code,
        origin_country=product.origin_country,
        active=product.active,
        cost=product.cost,
        components=product.components,
        changed_at=message.changed_at,
    )
    if known is not None and known.changed_at is not None and known.changed_at > message.changed_at:
        return Decision.nothing()
    return Decision.nothing() if item == known else _learnt(states, item, message.sku, "")


def reads_listing(message: ListingMappedV1) -> Iterable[str]:
    """What learning a listing reads."""
    owner, channel, listing_id = message.owner, message.channel, message.listing_id
    return [Listing.at(owner, channel, listing_id), Wanted.at(owner, listing_id, channel)]


def learn_listing(states: States, message: ListingMappedV1, _now: datetime) -> Decision:
    """A channel's id stands for a SKU; orders that were held for it go on."""
    known = states.get(Listing, message.owner, message.channel, message.listing_id)
    listing = Listing(
        owner=message.owner,
        channel=message.channel,
        listing_id=message.listing_id,
        sku=message.sku,
        quantity=message.quantity,
        mapped_at=message.mapped_at,
    )
    if known is not None and known.mapped_at is not None and known.mapped_at > message.mapped_at:
        return Decision.nothing()
    return Decision.nothing() if listing == known else _learnt(states, listing, message.listing_id, message.channel)


def _learnt(states: States, document: Document, code: str, channel: str) -> Decision:
    """What was learnt, and, where orders wait for it, that it is known."""
    wanted = states.get(Wanted, document.owner, code, channel)
    if wanted is None or not wanted.open:
        return Decision(writes=[document])
    found = MappingFoundV1(owner=document.owner, wanted=code, channel=channel)
    return Decision(writes=[document, changed(wanted, open=False)], events=[found])
