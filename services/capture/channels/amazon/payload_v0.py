"""What Orders API v0 answers. Amounts are texts; flags may be, too; what does not apply is left out."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from services.capture.channels.parts import Count, MaybeWhen, When
from services.capture.channels.reading import Amount, Flag, Many, Pascal, Text


class Money(Pascal):
    """An amount with its currency."""

    currency_code: Text = ""
    amount: Amount = Decimal(0)


class Delivery(Pascal):
    """What the buyer wishes for the delivery."""

    drop_off_location: Text = ""
    address_instructions: Text = ""


class Address(Pascal):
    """A postal address; without a token for restricted data only its town is shown."""

    name: Text = ""
    company_name: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    city: Text = ""
    county: Text = ""
    district: Text = ""
    municipality: Text = ""
    state_or_region: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone: Text = ""
    delivery_preferences: Delivery | None = None


class TaxClass(Pascal):
    """One of the numbers that the buyer is taxed by."""

    name: Text = ""
    value: Text = ""


class BuyerTax(Pascal):
    """What an invoice names of a business."""

    company_legal_name: Text = ""
    tax_classifications: Many[TaxClass] = ()


class Buyer(Pascal):
    """What getOrderBuyerInfo says."""

    buyer_email: Text = ""
    buyer_name: Text = ""
    buyer_tax_info: BuyerTax | None = None
    purchase_order_number: Text = ""


class Execution(Pascal):
    """One of several means that an order on delivery is paid with."""

    payment: Money | None = None
    payment_method: Text = ""


class Source(Pascal):
    """Where Amazon suggests that it be shipped from."""

    fulfillment_supply_source_id: Text = ""


class Order(Pascal):
    """What getOrder says."""

    amazon_order_id: Annotated[str, Field(min_length=1)]
    purchase_date: When
    last_update_date: MaybeWhen = None
    order_status: str
    fulfillment_channel: Text = ""
    ship_service_level: Text = ""
    order_total: Money | None = None
    payment_execution_detail: Many[Execution] = ()
    payment_method: Text = ""
    marketplace_id: Text = ""
    shipment_service_level_category: Text = ""
    latest_ship_date: MaybeWhen = None
    latest_delivery_date: MaybeWhen = None
    is_business_order: Flag = False
    is_prime: Flag = False
    is_premium_order: Flag = False
    is_replacement_order: Flag = False
    is_access_point_order: Flag = False
    is_ispu: Flag = Field(default=False, alias="IsISPU")
    shipping_address: Address | None = None
    buyer_info: Buyer | None = None
    fulfillment_instruction: Source | None = None


class Custom(Pascal):
    """What the buyer designed."""

    customized_url: Text = Field(default="", alias="CustomizedURL")


class ItemBuyer(Pascal):
    """What getOrderItemsBuyerInfo says of an item."""

    order_item_id: Text = ""
    buyer_customized_info: Custom | None = None
    gift_wrap_price: Money | None = None
    gift_wrap_tax: Money | None = None
    gift_message_text: Text = ""
    gift_wrap_level: Text = ""


class Request(Pascal):
    """Whether the buyer wants it cancelled."""

    is_buyer_requested_cancel: Flag = False


class Collection(Pascal):
    """Who collects the tax."""

    model: Text = ""


class Item(Pascal):
    """What getOrderItems says of an item."""

    asin: Text = Field(default="", alias="ASIN")
    order_item_id: Annotated[str, Field(min_length=1)]
    seller_sku: Text = Field(default="", alias="SellerSKU")
    title: Text = ""
    quantity_ordered: Count
    item_price: Money | None = None
    shipping_price: Money | None = None
    item_tax: Money | None = None
    shipping_tax: Money | None = None
    shipping_discount: Money | None = None
    shipping_discount_tax: Money | None = None
    promotion_discount: Money | None = None
    promotion_discount_tax: Money | None = None
    cod_fee: Money | None = Field(default=None, alias="CODFee")
    cod_fee_discount: Money | None = Field(default=None, alias="CODFeeDiscount")
    scheduled_delivery_start_date: MaybeWhen = None
    tax_collection: Collection | None = None
    ioss_number: Text = ""
    store_chain_store_id: Text = ""
    buyer_info: ItemBuyer | None = None
    buyer_requested_cancel: Request | None = None


def _inside(name: str) -> Callable[[Any], Any]:
    """An answer of the API may stand as it came, with what is meant inside it."""
    return lambda found: found[name] if isinstance(found, dict) and name in found else found


class Composed(Pascal):
    """The answers about one order."""

    order: Annotated[Order, BeforeValidator(_inside("payload"))]
    order_items: Annotated[Many[Item], BeforeValidator(_inside("OrderItems"))] = ()
    order_address: Annotated[Address | None, BeforeValidator(_inside("ShippingAddress"))] = None
    order_buyer_info: Buyer | None = None
    order_items_buyer_info: Annotated[Many[ItemBuyer], BeforeValidator(_inside("OrderItems"))] = ()
