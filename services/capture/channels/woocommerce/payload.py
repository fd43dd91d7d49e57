"""What WooCommerce sends."""

import html
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from services.capture.channels.parts import MaybeWhen
from services.capture.channels.reading import Amount, Many, Payload, Pieces, Ref, SomeRef, Text, Word

Gmt = MaybeWhen
"""A moment, which the API writes in UTC and without saying so."""


def _written(given: Any) -> str:
    """Metadata may be anything; what is no text or number is nothing that somebody could read."""
    return str(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else ""


Title = Annotated[Text, AfterValidator(html.unescape)]
"""A name as pages show it: an ampersand is written out."""


class Meta(Payload):
    """Something that the shop or a plug-in keeps beside an order or a line."""

    key: Text = ""
    value: Annotated[str, BeforeValidator(_written)] = ""
    display_key: Annotated[str, BeforeValidator(_written)] = ""
    display_value: Annotated[str, BeforeValidator(_written)] = ""


class Address(Payload):
    """A postal address; in ``billing`` with the buyer's e-mail address."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Text = ""
    state: Text = ""
    postcode: Text = ""
    country: Text = ""
    email: Text = ""
    phone: Text = ""


class Line(Payload):
    """A line; amounts are without tax, ``subtotal`` before and ``total`` after coupons."""

    id: Ref
    name: Title = ""
    product_id: SomeRef = ""
    variation_id: SomeRef = ""
    sku: Text = ""
    quantity: Pieces
    subtotal: Amount | None = None
    total: Amount = Decimal(0)
    total_tax: Amount = Decimal(0)
    meta_data: Many[Meta] = ()
    bundled_by: SomeRef = ""
    """The line that this is a part of, with the plug-in Product Bundles …"""
    composite_parent: SomeRef = ""
    """… and with Composite Products."""


class Shipping(Payload):
    """A way of shipping, without tax."""

    method_id: Word = ""
    method_title: Title = ""
    instance_id: SomeRef = ""
    total: Amount = Decimal(0)
    meta_data: Many[Meta] = ()


class Fee(Payload):
    """A fee without tax; a negative one is a discount."""

    id: Ref
    name: Title = ""
    total: Amount = Decimal(0)
    total_tax: Amount = Decimal(0)


class Refund(Payload):
    """What was paid back, negative."""

    id: Ref
    total: Amount = Decimal(0)


class GiftCard(Payload):
    """A gift card that part of the order was paid with, with the plug-in Gift Cards."""

    amount: Amount = Decimal(0)


class Order(Payload):
    """An order, as webhooks and the API have it."""

    id: Ref
    number: Text = ""
    status: Word
    currency: Text
    created_via: Word = ""
    date_created_gmt: Gmt = None
    date_created: Gmt = None
    date_modified_gmt: Gmt = None
    date_modified: Gmt = None
    date_paid_gmt: Gmt = None
    date_paid: Gmt = None
    date_completed_gmt: Gmt = None
    date_completed: Gmt = None
    total: Amount
    total_tax: Amount = Decimal(0)
    shipping_total: Amount | None = None
    customer_id: SomeRef = ""
    customer_note: Text = ""
    billing: Address | None = None
    shipping: Address | None = None
    payment_method: Word = ""
    transaction_id: Text = ""
    needs_processing: bool | None = None
    """False: everything in it is virtual and a download."""
    line_items: Many[Line]
    shipping_lines: Many[Shipping] = ()
    fee_lines: Many[Fee] = ()
    refunds: Many[Refund] = ()
    gift_cards: Many[GiftCard] = ()
    meta_data: Many[Meta] = ()

    def meta(self, *keys: str) -> str:
        """The first of these metadata that says something."""
        return first_of(self.meta_data, *keys)


def first_of(meta: tuple[Meta, ...], *keys: str) -> str:
    """The first of these metadata that says something."""
    said = {one.key: one.value for one in meta if one.value}
    return next((said[key] for key in keys if key in said), "")
