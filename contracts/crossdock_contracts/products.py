"""Products: what a SKU is, and which channel ids stand for it."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code, Country, Dimensions, Money


class KitComponent(Value):
    """So many pieces of a SKU in one kit."""

    sku: Id
    quantity: PositiveInt


class Product(Value):
    """All that is on file of one SKU."""

    sku: Id
    title: str = ""
    barcodes: tuple[str, ...] = ()
    """GTINs of 8, 12, 13 or 14 digits; no two products of an owner share one."""
    variant: dict[str, str] = Field(default_factory=dict)
    """Attributes such as colour and size."""
    weight_g: NonNegativeInt | None = None
    dimensions: Dimensions | None = None
    hs_code: str = ""
    origin_country: Country | None = None
    hazmat_class: str = ""
    track_lot: bool = False
    track_expiry: bool = False
    track_serial: bool = False
    category: str = ""
    tax_class: str = ""
    cost: Money | None = None
    components: tuple[KitComponent, ...] = ()
    """Not empty: a kit. It has no stock of its own; orders for it ask for its components, which are no kits."""
    active: bool = True


class UpsertProductV1(Command, service="products", name="upsert-product", version=1, entity="sku"):
    """This is the product from now on."""

    sku: Id
    product: Product


class MapListingV1(Command, service="products", name="map-listing", version=1, entity="listing_id"):
    """This id of a channel stands for so many pieces of this SKU."""

    channel: Code
    listing_id: Id
    sku: Id
    quantity: PositiveInt = 1


class ProductChangedV1(Event, service="products", name="product-changed", version=1, entity="sku"):
    """A product is new or different."""

    sku: Id
    product: Product
    changed_at: Utc


class ListingMappedV1(Event, service="products", name="listing-mapped", version=1, entity="listing_id"):
    """A channel's id stands for a SKU; orders that waited for it can go on."""

    channel: Code
    listing_id: Id
    sku: Id
    quantity: Annotated[int, Field(ge=1)]
    waits_for_product: bool = False
    """There is no such product yet; what was sold under the listing waits until it comes."""
    mapped_at: Utc
