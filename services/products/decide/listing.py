"""What channels' own ids stand for."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.products import ListingMappedV1, MapListingV1
from services.hub.decision import Decision, States
from services.products.state import ListingRecord, ProductRecord


def reads_listing(message: MapListingV1) -> Iterable[str]:
    """The documents of the listing and of the product."""
    return [
        ListingRecord.at(message.owner, message.channel, message.listing_id),
        ProductRecord.at(message.owner, message.sku),
    ]


def map_listing(states: States, message: MapListingV1, now: datetime) -> Decision:
    """This id of a channel stands for so many pieces of this SKU, or will once there is such a product."""
    known = states.get(ListingRecord, message.owner, message.channel, message.listing_id)
    product = states.get(ProductRecord, message.owner, message.sku)
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
        waits_for_product=product is None,
        mapped_at=now,
    )
    return Decision(writes=[listing], events=[mapped])
