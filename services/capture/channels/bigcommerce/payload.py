"""Orders of BigCommerce as its REST API writes them (Orders V2), as far as they are read.

The API answers with links for the products and addresses of an order; the hub follows them and puts in what they
lead to.
"""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from services.capture.channels.parts import Count, MaybeWhen, Pieces, When
from services.capture.channels.reading import Amount, Payload, Text

Price = Annotated[Amount, AfterValidator(lambda amount: amount.quantize(Decimal("0.0001")))]
"""BigCommerce writes four decimals, mostly as text."""


def _followed(found: Any) -> Any:
    if isinstance(found, dict) and "url" in found:
        msg = "a link only; fetch what it leads to, and put it in"
        raise ValueError(msg)
    return () if found is None else found


def _optional(found: Any) -> Any:
    """What a link leads to is left out where the order does without it."""
    return () if found is None or (isinstance(found, dict) and "url" in found) else found


def _moment(text: Any) -> datetime | Any:
    """Moments of V2 are written as in mail: ``Tue, 20 Nov 2012 00:00:00 +0000``."""
    if isinstance(text, str):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            return parsedate_to_datetime(text)
    return text


class Discount(Payload):
    """``products[].applied_discounts[]``: a product's share of a coupon or a promotion."""

    amount: Price = Decimal(0)


class Option(Payload):
    """``products[].product_options[]``."""

    display_name: Text = ""
    display_value: Text = ""


class Product(Payload):
    """``products[]``, of ``GET /v2/orders/{id}/products``."""

    id: Text
    type: Text = "physical"
    product_id: Text = ""
    variant_id: Text = ""
    sku: Text = ""
    name: Text = ""
    quantity: Pieces
    quantity_shipped: Count = 0
    quantity_refunded: Count = 0
    total_ex_tax: Price = Decimal(0)
    total_inc_tax: Price = Decimal(0)
    total_tax: Price = Decimal(0)
    wrapping_name: Text = ""
    wrapping_message: Text = ""
    applied_discounts: Annotated[tuple[Discount, ...], BeforeValidator(_optional)] = ()
    product_options: Annotated[tuple[Option, ...], BeforeValidator(_optional)] = ()


class AddressOf(Payload):
    """``billing_address``, and each of ``shipping_addresses``."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    street_1: Text = ""
    street_2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country_iso2: Text = ""
    phone: Text = ""
    email: Text = ""
    shipping_method: Text = ""


class Coupon(Payload):
    """``coupons[]``."""

    code: Text = ""


class Fee(Payload):
    """``fees[]``, of ``?include=fees``."""

    id: Text
    name: Text = ""
    cost_ex_tax: Price = Decimal(0)
    cost_inc_tax: Price = Decimal(0)


class RefundedItem(Payload):
    """``items[]`` of a refund."""

    item_type: Text = ""
    item_id: Text = ""
    quantity: Count = 0
    reason: Text = ""


class Refund(Payload):
    """A refund, of ``GET /v3/orders/{id}/payment_actions/refunds``."""

    id: Text
    created: Annotated[MaybeWhen, BeforeValidator(_moment)] = None
    total_amount: Price
    items: Annotated[tuple[RefundedItem, ...], BeforeValidator(_optional)] = ()


class Location(Payload):
    """Where a pickup waits."""

    id: Text = ""
    code: Text = ""


class Pickup(Payload):
    """``consignments[].pickups[]``, of ``?include=consignments``."""

    location: Location | None = None
    pickup_method_display_name: Text = ""


class Consignments(Payload):
    """``consignments[]``."""

    pickups: Annotated[tuple[Pickup, ...], BeforeValidator(_optional)] = ()


def _one_or_many(found: Any) -> Any:
    found = _optional(found)
    return [found] if isinstance(found, dict) else found


class Order(Payload):
    """An order."""

    id: Text
    status_id: int
    status: Text = ""
    payment_status: Text = ""
    payment_method: Text = ""
    payment_provider_id: Text = ""
    date_created: Annotated[When, BeforeValidator(_moment)]
    date_modified: Annotated[MaybeWhen, BeforeValidator(_moment)] = None
    date_shipped: Annotated[MaybeWhen, BeforeValidator(_moment)] = None
    default_currency_code: Text = ""
    """What the buyer pays in."""
    currency_code: Text = ""
    """What prices were shown in."""
    store_default_currency_code: Text = ""
    store_default_to_transactional_exchange_rate: Amount = Decimal(0)
    total_inc_tax: Price
    total_tax: Price = Decimal(0)
    shipping_cost_ex_tax: Price = Decimal(0)
    shipping_cost_inc_tax: Price = Decimal(0)
    handling_cost_ex_tax: Price = Decimal(0)
    handling_cost_inc_tax: Price = Decimal(0)
    wrapping_cost_ex_tax: Price = Decimal(0)
    wrapping_cost_inc_tax: Price = Decimal(0)
    discount_amount: Price = Decimal(0)
    coupon_discount: Price = Decimal(0)
    store_credit_amount: Price = Decimal(0)
    gift_certificate_amount: Price = Decimal(0)
    refunded_amount: Price = Decimal(0)
    customer_id: Text = ""
    customer_message: Text = ""
    external_source: Text = ""
    billing_address: AddressOf | None = None
    products: Annotated[tuple[Product, ...], BeforeValidator(_followed), Field(min_length=1)]
    shipping_addresses: Annotated[tuple[AddressOf, ...], BeforeValidator(_followed)] = ()
    coupons: Annotated[tuple[Coupon, ...], BeforeValidator(_optional)] = ()
    fees: Annotated[tuple[Fee, ...], BeforeValidator(_optional)] = ()
    consignments: Annotated[tuple[Consignments, ...], BeforeValidator(_one_or_many)] = ()
    refunds: tuple[Refund, ...] | None = None
    """None: nobody asked."""
