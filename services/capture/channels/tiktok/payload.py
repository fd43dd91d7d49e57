"""Orders of TikTok Shop as its Partner API writes them (Order 202309), as far as they are read."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.capture.channels.parts import MaybeWhen, Pieces, When
from services.capture.channels.reading import Amount, Payload, Text


class Tax(Payload):
    """``line_items[].item_tax[]``."""

    tax_amount: Amount = Decimal(0)


class Line(Payload):
    """``line_items[]``: one piece."""

    id: Text
    sku_id: Text = ""
    seller_sku: Text = ""
    product_name: Text = ""
    sku_name: Text = ""
    display_status: Text = ""
    original_price: Amount = Decimal(0)
    sale_price: Amount = Decimal(0)
    pfand_fee: Amount = Decimal(0)
    item_tax: Annotated[tuple[Tax, ...], BeforeValidator(lambda found: found or ())] = ()
    quantity: Pieces = 1


class Money(Payload):
    """``payment``."""

    currency: Text
    total_amount: Amount
    shipping_fee: Amount = Decimal(0)
    """What the buyer pays of it."""
    tax: Amount = Decimal(0)
    payment_platform_discount: Amount = Decimal(0)
    small_order_fee: Amount = Decimal(0)
    buyer_service_fee: Amount = Decimal(0)
    handling_fee: Amount = Decimal(0)
    shipping_insurance_fee: Amount = Decimal(0)
    item_insurance_fee: Amount = Decimal(0)
    retail_delivery_fee: Amount = Decimal(0)
    distance_fee: Amount = Decimal(0)
    payment_discount_service_fee: Amount = Decimal(0)


class District(Payload):
    """``recipient_address.district_info[]``."""

    address_level_name: Text = ""
    address_level: Text = ""
    address_name: Text = ""


class Recipient(Payload):
    """``recipient_address``."""

    name: Text = ""
    phone_number: Text = ""
    full_address: Text = ""
    address_detail: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    address_line4: Text = ""
    postal_code: Text = ""
    region_code: Text = ""
    post_town: Text = ""
    district_info: Annotated[tuple[District, ...], BeforeValidator(lambda found: found or ())] = ()


class Refunded(Payload):
    """``refund_amount``."""

    currency: Text = ""
    refund_total: Amount = Decimal(0)


class Taken(Payload):
    """An item of a return or cancellation."""

    order_line_item_id: Text = ""


class Reverse(Payload):
    """A return or a cancellation, as their searches list them."""

    return_id: Text = ""
    cancel_id: Text = ""
    return_status: Text = ""
    cancel_status: Text = ""
    refund_amount: Refunded | None = None
    return_line_items: Annotated[tuple[Taken, ...], BeforeValidator(lambda found: found or ())] = ()
    cancel_line_items: Annotated[tuple[Taken, ...], BeforeValidator(lambda found: found or ())] = ()
    update_time: MaybeWhen = None


class Order(Payload):
    """An order."""

    id: Text
    status: Text
    create_time: When
    update_time: Text = ""
    paid_time: MaybeWhen = None
    payment: Money
    line_items: Annotated[tuple[Line, ...], Field(min_length=1)]
    recipient_address: Recipient | None = None
    fulfillment_type: Text = ""
    shipping_provider: Text = ""
    delivery_option_name: Text = ""
    is_cod: bool | None = None
    user_id: Text = ""
    buyer_email: Text = ""
    buyer_message: Text = ""
    cpf: Text = ""
    cpf_name: Text = ""
    order_type: Text = ""
    is_sample_order: bool | None = None
    is_replacement_order: bool | None = None
    is_buyer_request_cancel: bool | None = None
    release_date: MaybeWhen = None
    rts_sla_time: MaybeWhen = None
    tts_sla_time: MaybeWhen = None
    shipping_due_time: MaybeWhen = None
    delivery_sla_time: MaybeWhen = None
    delivery_due_time: MaybeWhen = None
    delivery_option_required_delivery_time: MaybeWhen = None
    rts_time: MaybeWhen = None
    collection_time: MaybeWhen = None
    returns: tuple[Reverse, ...] = ()
    """Of this order; the hub asks for them and puts them in."""
    cancellations: tuple[Reverse, ...] = ()
    """Likewise."""
