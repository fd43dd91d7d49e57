"""Products' rules: what is said twice changes nothing; a kit is made of products that are no kits."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import ListingMappedV1, MapListingV1, ProductChangedV1, UpsertProductV1
from services.hub.decision import Decision, States
from services.products.state import ListingRecord, ProductRecord


def reads_product(message: UpsertProductV1) -> Iterable[str]:
    """The product's document."""
    return [ProductRecord.at(message.owner, message.sku)]


def _refused(owner: str, entity: str, command: str, reason: str, detail: str) -> Decision:
    return Decision(
        events=[CommandRefusedV1(owner=owner, entity_id=entity, command=command, reason=reason, detail=detail)]
    )


def upsert_product(states: States, message: UpsertProductV1, now: datetime) -> Decision:
    """This is the product from now on."""
    product = message.product
    if product.sku != message.sku:
        detail = f"the command is about {message.sku}, its product is {product.sku}"
        return _refused(message.owner, message.sku, message.TYPE, "sku-differs", detail)
    parts = states.get_all(ProductRecord, [(message.owner, part.sku) for part in product.components])
    kits = [part.sku for part in parts if part is not None and part.product.components]
    if kits:
        return _refused(
            message.owner, message.sku, message.TYPE, "kit-in-kit", f"{', '.join(kits)} are kits themselves"
        )
    known = states.get(ProductRecord, message.owner, message.sku)
    if known is not None and known.product == product:
        return Decision.nothing()
    return Decision(
        writes=[ProductRecord(owner=message.owner, sku=message.sku, product=product)],
        events=[ProductChangedV1(owner=message.owner, sku=message.sku, product=product, changed_at=now)],
    )


def map_listing(states: States, message: MapListingV1, now: datetime) -> Decision:
    """This id of a channel stands for so many pieces of this SKU."""
    if states.get(ProductRecord, message.owner, message.sku) is None:
        detail = f"there is no product {message.sku} to map {message.listing_id} of {message.channel} to"
        return _refused(message.owner, message.listing_id, message.TYPE, "unknown-sku", detail)
    known = states.get(ListingRecord, message.owner, message.channel, message.listing_id)
    listing = ListingRecord(
        owner=message.owner,
        channel=message.channel,
        listing_id=message.listing_id,
        sku=message.sku,
        quantity=message.quantity,
    )
    if known == listing:
        return Decision.nothing()
    mapped = ListingMappedV1(
        owner=message.owner,
        channel=message.channel,
        listing_id=message.listing_id,
        sku=message.sku,
        quantity=message.quantity,
        mapped_at=now,
    )
    return Decision(writes=[listing], events=[mapped])
