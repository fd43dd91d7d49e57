"""Receipts of Etsy as its Open API v3 writes them, as far as they are read."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.capture.channels.parts import MaybeWhen, Pieces
from services.capture.channels.reading import Amount, Payload, Text

_several = BeforeValidator(lambda found: found or ())


class Money(Payload):
    """``{"amount": 1250, "divisor": 100, "currency_code": "USD"}``."""

    amount: Annotated[int, Field(ge=-(10**15), le=10**15)] = 0
    divisor: Annotated[int, Field(ge=1, le=10**6)] = 1
    currency_code: Text = ""


_MaybeMoney = Annotated[Money, BeforeValidator(lambda found: {} if found is None else found)]
_NOTHING = Money()


class Variation(Payload):
    """``transactions[].variations[]``: a choice, or what is to be engraved."""

    formatted_name: Text = ""
    formatted_value: Text = ""


class Transaction(Payload):
    """``transactions[]``: so many of one listing."""

    transaction_id: Text
    title: Text = ""
    quantity: Pieces
    is_digital: bool | None = None
    listing_id: Text = ""
    product_id: Text = ""
    sku: Text = ""
    price: _MaybeMoney = _NOTHING
    """Of one."""
    variations: Annotated[tuple[Variation, ...], _several] = ()
    shipping_method: Text = ""
    shipping_upgrade: Text = ""
    expected_ship_date: MaybeWhen = None
    shipped_timestamp: MaybeWhen = None
    shop_coupon: Amount = Decimal(0)
    buyer_coupon: Amount = Decimal(0)


class Refund(Payload):
    """``refunds[]``."""

    amount: _MaybeMoney = _NOTHING
    created_timestamp: MaybeWhen = None
    status: Text = ""


class Receipt(Payload):
    """A receipt."""

    receipt_id: Text
    status: Text = ""
    is_paid: bool | None = None
    is_shipped: bool | None = None
    is_gift: bool | None = None
    created_timestamp: MaybeWhen = None
    create_timestamp: MaybeWhen = None
    updated_timestamp: Text = ""
    update_timestamp: Text = ""
    buyer_user_id: Text = ""
    buyer_email: Text = ""
    name: Text = ""
    first_line: Text = ""
    second_line: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country_iso: Text = ""
    payment_method: Text = ""
    message_from_buyer: Text = ""
    gift_message: Text = ""
    gift_sender: Text = ""
    grandtotal: Money
    total_shipping_cost: _MaybeMoney = _NOTHING
    total_tax_cost: _MaybeMoney = _NOTHING
    total_vat_cost: _MaybeMoney = _NOTHING
    discount_amt: _MaybeMoney = _NOTHING
    gift_wrap_price: _MaybeMoney = _NOTHING
    transactions: Annotated[tuple[Transaction, ...], Field(min_length=1)]
    refunds: Annotated[tuple[Refund, ...], _several] = ()
