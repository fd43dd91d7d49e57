"""What GetOrders of eBay's Trading API answers: XML, read into the same kind of models as JSON."""

from decimal import Decimal
from typing import Annotated, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import BeforeValidator, Field

from services.capture.channels import UnmappableError
from services.capture.channels.parts import MaybeWhen, Pieces, When
from services.capture.channels.reading import Amount, Flag, Many, Pascal, Text

_DEEPEST = 40


def parsed(body: bytes) -> Element:
    """A payload as XML. Entities and external references are refused.

    Raises:
        UnmappableError: it is not XML, or not such XML.
    """
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        msg = f"$: not XML: {error}"
        raise UnmappableError(msg) from None
    return root


def tag_of(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def tree(element: Element, depth: int = 0) -> Any:
    """An element as JSON would have it: what stands several times is a list, an amount has its currency beside it.

    Raises:
        UnmappableError: it is nested more deeply than any order.
    """
    if depth > _DEEPEST:
        msg = f"$: nested more than {_DEEPEST} deep"
        raise UnmappableError(msg)
    text, currency = (element.text or "").strip(), element.get("currencyID")
    if not len(element):
        return {"Value": text, "Currency": currency} if currency is not None else text
    found: dict[str, Any] = {}
    for child in element:
        name, value = tag_of(child), tree(child, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _none(found: Any) -> Any:
    return None if found == "" else found


class Money(Pascal):
    """An amount with its currency."""

    value: Amount = Decimal(0)
    currency: Text = ""


MoneyOrNone = Annotated[Money | None, BeforeValidator(_none)]


class Address(Pascal):
    """A postal address."""

    name: Text = ""
    street1: Text = ""
    street2: Text = ""
    city_name: Text = ""
    state_or_province: Text = ""
    country: Text = ""
    phone: Text = ""
    postal_code: Text = ""
    reference_id: Text = Field(default="", alias="ReferenceID")


class Checkout(Pascal):
    """Whether it was paid."""

    ebay_payment_status: Text = Field(default="", alias="eBayPaymentStatus")
    last_modified_time: MaybeWhen = None
    payment_method: Text = ""
    status: Text = ""


class Service(Pascal):
    """How it is to be shipped."""

    shipping_service: Text = ""
    shipping_service_cost: MoneyOrNone = None
    import_charge: MoneyOrNone = None


class PackageInfo(Pascal):
    """When it has to leave and to arrive."""

    handle_by_time: MaybeWhen = None
    estimated_delivery_time_max: MaybeWhen = None


class LineService(Pascal):
    """How one line is to be shipped."""

    shipping_package_info: Many[PackageInfo] = ()


class SalesTax(Pascal):
    """The seller's sales tax."""

    sales_tax_amount: MoneyOrNone = None


class Details(Pascal):
    """Shipping details of the order."""

    sales_tax: Annotated[SalesTax | None, BeforeValidator(_none)] = None


class Taxes(Pascal):
    """Taxes of a line."""

    total_tax_amount: MoneyOrNone = None


class Pickup(Pascal):
    """That it is picked up."""

    pickup_method: Text = ""
    pickup_store_id: Text = Field(default="", alias="PickupStoreID")


class ToProvider(Pascal):
    """Where what goes abroad by eBay is shipped to first."""

    ship_to_address: Annotated[Address | None, BeforeValidator(_none)] = None


class Legs(Pascal):
    """Shipping in two legs."""

    seller_shipment_to_logistics_provider: Annotated[ToProvider | None, BeforeValidator(_none)] = None


class Refund(Pascal):
    """Money that was paid back."""

    refund_status: Text = ""
    refund_amount: MoneyOrNone = None
    refund_time: MaybeWhen = None
    reference_id: Text = Field(default="", alias="ReferenceID")


class Refunds(Pascal):
    """All of them."""

    refund: Many[Refund] = ()


class Monetary(Pascal):
    """What was paid, and paid back."""

    refunds: Annotated[Refunds | None, BeforeValidator(_none)] = None


class Buyer(Pascal):
    """Who bought it."""

    email: Text = ""
    user_first_name: Text = ""
    user_last_name: Text = ""


class Item(Pascal):
    """The listing."""

    item_id: Text = Field(default="", alias="ItemID")
    title: Text = ""
    sku: Text = Field(default="", alias="SKU")


class Variation(Pascal):
    """Which of a listing's variations."""

    sku: Text = Field(default="", alias="SKU")
    variation_title: Text = ""


class Transaction(Pascal):
    """One line: its price is that of one piece."""

    buyer: Annotated[Buyer | None, BeforeValidator(_none)] = None
    item: Item
    quantity_purchased: Pieces
    transaction_id: Text = Field(default="", alias="TransactionID")
    transaction_price: Money
    order_line_item_id: Text = Field(default="", alias="OrderLineItemID")
    variation: Annotated[Variation | None, BeforeValidator(_none)] = None
    taxes: Annotated[Taxes | None, BeforeValidator(_none)] = None
    ebay_taxes: Annotated[Taxes | None, BeforeValidator(_none)] = Field(default=None, alias="eBayCollectAndRemitTaxes")
    shipping_service_selected: Annotated[LineService | None, BeforeValidator(_none)] = None


class Transactions(Pascal):
    """All lines."""

    transaction: Annotated[Many[Transaction], Field(min_length=1)]


class Order(Pascal):
    """What GetOrders lists."""

    order_id: Annotated[str, Field(min_length=1, alias="OrderID")]
    extended_order_id: Text = Field(default="", alias="ExtendedOrderID")
    order_status: Text = ""
    adjustment_amount: MoneyOrNone = None
    checkout_status: Annotated[Checkout | None, BeforeValidator(_none)] = None
    shipping_details: Annotated[Details | None, BeforeValidator(_none)] = None
    created_time: When
    shipping_address: Annotated[Address | None, BeforeValidator(_none)] = None
    shipping_service_selected: Annotated[Service | None, BeforeValidator(_none)] = None
    total: Money
    transaction_array: Transactions
    buyer_user_id: Text = Field(default="", alias="BuyerUserID")
    paid_time: MaybeWhen = None
    buyer_checkout_message: Text = ""
    is_multi_leg_shipping: Flag = False
    multi_leg_shipping_details: Annotated[Legs | None, BeforeValidator(_none)] = None
    pickup_method_selected: Annotated[Pickup | None, BeforeValidator(_none)] = None
    monetary_details: Annotated[Monetary | None, BeforeValidator(_none)] = None
    cancel_reason: Text = ""
    cancel_status: Text = ""
