"""Shipments of Flipkart as its Marketplace Seller API v3 writes them, as far as they are read."""

from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from services.capture.channels.parts import MaybeWhen, Pieces, When
from services.capture.channels.reading import Amount, Camel, Text


class Prices(Camel):
    """``priceComponents``, of all pieces of an item."""

    selling_price: Amount = Decimal(0)
    total_price: Amount = Decimal(0)
    shipping_charge: Amount = Decimal(0)
    customer_price: Amount = Decimal(0)
    """What the buyer pays."""
    flipkart_discount: Amount = Decimal(0)
    """What Flipkart gives of its own."""


class Item(Camel):
    """``orderItems[]``."""

    order_item_id: Text
    order_id: Text = ""
    order_date: When
    cancellation_date: MaybeWhen = None
    cancellation_reason: Text = ""
    payment_type: Text = ""
    status: Text = ""
    quantity: Pieces
    sku: Text = ""
    fsn: Text = ""
    listing_id: Text = ""
    title: Text = ""
    price_components: Prices
    service_profile: Text = ""
    is_replacement: Annotated[
        bool, Field(validation_alias=AliasChoices("is_replacement", "isReplacement")), BeforeValidator(bool)
    ] = False


class AddressOf(Camel):
    """``deliveryAddress`` and ``billingAddress``, of ``GET /v3/shipments/{shipmentId}``."""

    first_name: Text = ""
    last_name: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    landmark: Text = ""
    city: Text = ""
    state: Text = ""
    pin_code: Text = Field(default="", validation_alias=AliasChoices("pinCode", "pincode"))
    contact_number: Text = ""


class Shipment(Camel):
    """A shipment: what has to be packed together."""

    shipment_id: Text
    updated_at: Text = ""
    hold: bool | None = None
    dispatch_by_date: MaybeWhen = None
    dispatch_after_date: MaybeWhen = None
    location_id: Text = ""
    packaging_policy: Text = ""
    shipment_type: Text = ""
    order_items: Annotated[tuple[Item, ...], Field(min_length=1)]
    delivery_address: AddressOf | None = None
    billing_address: AddressOf | None = None
