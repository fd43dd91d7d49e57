"""Orders of Magento as its REST API writes them (``OrderInterface`` of V1), as far as they are read."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from services.capture.channels.parts import Count, MaybeWhen, Pieces, When
from services.capture.channels.reading import Amount, Payload, Text

Price = Annotated[Amount, AfterValidator(lambda amount: amount.quantize(Decimal("0.0001")))]
"""Magento keeps four decimals; what PHP writes beyond them (8.140000000000001) is noise."""


def _listed(found: Any) -> Any:
    """PHP writes an empty object as an empty list, and a list whose keys have gaps as an object."""
    if isinstance(found, dict):
        return list(found.values())
    return () if found is None else found


def _an_object(found: Any) -> Any:
    return {} if found is None or found == [] else found


class Region(Payload):
    """The region of an address, where it is not a bare text."""

    region: Text = ""
    region_code: Text = ""


class AddressOf(Payload):
    """``billing_address``, and the address of a shipping assignment."""

    firstname: Text = ""
    middlename: Text = ""
    lastname: Text = ""
    company: Text = ""
    street: Annotated[tuple[Text, ...], BeforeValidator(lambda lines: [lines] if isinstance(lines, str) else lines)] = (
        Field(default=(), validate_default=False)
    )
    city: Text = ""
    region: Region | Text = ""
    region_code: Text = ""
    postcode: Text = ""
    country_id: Text = ""
    telephone: Text = ""
    email: Text = ""
    vat_id: Text = ""


class GiftMessage(Payload):
    """A message that goes with an order or an item."""

    sender: Text = ""
    recipient: Text = ""
    message: Text = ""


class ItemExtension(Payload):
    """``items[].extension_attributes``."""

    gift_message: GiftMessage | None = None
    gw_id: Text = ""
    gw_price: Price = Decimal(0)
    """Of wrapping one piece."""


class Item(Payload):
    """``items[]``."""

    item_id: Text
    parent_item_id: Text = ""
    product_type: Text = "simple"
    sku: Text
    name: Text = ""
    qty_ordered: Pieces
    qty_canceled: Count = 0
    qty_refunded: Count = 0
    qty_shipped: Count = 0
    is_virtual: Annotated[bool, BeforeValidator(lambda flag: False if flag is None else flag)] = False
    price: Price = Decimal(0)
    original_price: Price = Decimal(0)
    row_total: Price = Decimal(0)
    """Before discount, without tax."""
    discount_amount: Price = Decimal(0)
    discount_tax_compensation_amount: Price = Decimal(0)
    """The tax within a discount on a price with tax."""
    tax_amount: Price = Decimal(0)
    weee_tax_applied_row_amount: Price = Decimal(0)
    """Fixed product taxes, such as those on waste of electronics."""
    extension_attributes: Annotated[ItemExtension, BeforeValidator(_an_object)] = ItemExtension()


class Shipping(Payload):
    """``shipping`` of a shipping assignment."""

    address: AddressOf | None = None
    method: Text = ""


class Assignment(Payload):
    """``extension_attributes.shipping_assignments[]``."""

    shipping: Annotated[Shipping, BeforeValidator(_an_object)] = Shipping()


class Extension(Payload):
    """``extension_attributes`` of an order; the amounts are those of Adobe Commerce."""

    shipping_assignments: Annotated[tuple[Assignment, ...], BeforeValidator(_listed)] = ()
    pickup_location_code: Text = ""
    gift_message: GiftMessage | None = None
    gift_cards_amount: Price = Decimal(0)
    customer_balance_amount: Price = Decimal(0)
    """Store credit that was spent."""
    reward_currency_amount: Price = Decimal(0)
    """Reward points that were spent, in money."""
    base_gift_cards_amount: Price = Decimal(0)
    base_customer_balance_amount: Price = Decimal(0)
    base_reward_currency_amount: Price = Decimal(0)
    gw_price: Price = Decimal(0)
    """Of wrapping the order."""
    gw_items_price: Price = Decimal(0)
    """Of wrapping its items, all of them."""
    gw_card_price: Price = Decimal(0)


class Payment(Payload):
    """``payment``."""

    method: Text = ""
    last_trans_id: Text = ""
    po_number: Text = ""


class MemoItem(Payload):
    """``items[]`` of a credit memo."""

    order_item_id: Text
    qty: Count = 0


class MemoExtension(Payload):
    """``extension_attributes`` of a credit memo: what of it went back to where it had come from."""

    gift_cards_amount: Price = Decimal(0)
    customer_balance_amount: Price = Decimal(0)
    reward_currency_amount: Price = Decimal(0)


class MemoComment(Payload):
    """``comments[]`` of a credit memo."""

    comment: Text = ""


class Memo(Payload):
    """A credit memo, as ``GET /V1/creditmemos`` lists it."""

    entity_id: Text
    state: Text = ""
    """1 open, 2 refunded, 3 cancelled."""
    grand_total: Price
    created_at: MaybeWhen = None
    items: Annotated[tuple[MemoItem, ...], BeforeValidator(_listed)] = ()
    comments: Annotated[tuple[MemoComment, ...], BeforeValidator(_listed)] = ()
    extension_attributes: Annotated[MemoExtension, BeforeValidator(_an_object)] = MemoExtension()


class Order(Payload):
    """An order."""

    entity_id: Text
    increment_id: Text = ""
    state: Text = ""
    status: Text = ""
    created_at: When
    updated_at: Text = ""
    modified_at: Annotated[MaybeWhen, Field(validation_alias="updated_at")] = None
    """The same, as a moment."""
    order_currency_code: Text
    base_currency_code: Text = ""
    grand_total: Price
    """What is left to pay once gift cards, store credit and reward points are taken off."""
    base_grand_total: Price = Decimal(0)
    discount_amount: Price = Decimal(0)
    """Negative, on items and shipping."""
    discount_tax_compensation_amount: Price = Decimal(0)
    shipping_discount_tax_compensation_amount: Price = Decimal(0)
    shipping_amount: Price = Decimal(0)
    tax_amount: Price = Decimal(0)
    """On items, shipping and wrapping."""
    total_paid: Price = Decimal(0)
    total_due: Price | None = None
    total_refunded: Price = Decimal(0)
    shipping_description: Text = ""
    customer_id: Text = ""
    customer_email: Text = ""
    customer_firstname: Text = ""
    customer_middlename: Text = ""
    customer_lastname: Text = ""
    customer_taxvat: Text = ""
    customer_note: Text = ""
    coupon_code: Text = ""
    items: Annotated[tuple[Item, ...], BeforeValidator(_listed), Field(min_length=1)]
    billing_address: AddressOf | None = None
    payment: Annotated[Payment, BeforeValidator(_an_object)] = Payment()
    extension_attributes: Annotated[Extension, BeforeValidator(_an_object)] = Extension()
    credit_memos: tuple[Memo, ...] | None = None
    """Of this order; the hub asks for them and puts them in. None: nobody asked."""
