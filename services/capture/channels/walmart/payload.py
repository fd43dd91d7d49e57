"""What Walmart's Orders API v3 answers, as JSON. Moments are milliseconds since 1970, quantities texts."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.capture.channels.parts import Count, MaybeWhen, When
from services.capture.channels.reading import Amount, Camel, Flag, Many, Text


class Money(Camel):
    """An amount with its currency."""

    currency: Text = ""
    amount: Amount = Decimal(0)


class Address(Camel):
    """A postal address."""

    name: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    state: Text = ""
    postal_code: Text = ""
    country: Text = ""


class ShippingInfo(Camel):
    """Where it goes, until when, and how fast."""

    phone: Text = ""
    estimated_delivery_date: MaybeWhen = None
    estimated_ship_date: MaybeWhen = None
    method_code: Text = ""
    postal_address: Address | None = None


class Tax(Camel):
    """The tax on a charge."""

    tax_name: Text = ""
    tax_amount: Money | None = None


class Charge(Camel):
    """What is paid for a line, for all its pieces."""

    charge_type: Text = ""
    charge_name: Text = ""
    is_discount: Flag = False
    charge_amount: Money | None = None
    tax: Tax | None = None


class Charges(Camel):
    """All charges of a line."""

    charge: Many[Charge] = ()


class Quantity(Camel):
    """A number of pieces."""

    amount: Count = 0


class Item(Camel):
    """What was sold."""

    product_name: Text = ""
    sku: Annotated[str, Field(min_length=1)]


class Tracking(Camel):
    """That pieces were shipped."""

    ship_date_time: MaybeWhen = None


class Status(Camel):
    """How far some pieces of a line are."""

    status: Text = ""
    status_quantity: Quantity = Quantity()
    cancellation_reason: Text = ""
    tracking_info: Tracking | None = None


class Statuses(Camel):
    """All of them."""

    order_line_status: Many[Status] = ()


class RefundCharge(Camel):
    """A part of a refund."""

    refund_reason: Text = ""
    charge: Charge | None = None


class RefundCharges(Camel):
    """All of them."""

    refund_charge: Many[RefundCharge] = ()


class Refund(Camel):
    """Money that was paid back for a line."""

    refund_id: Text = ""
    refund_comments: Text = ""
    refund_charges: RefundCharges | None = None


class Fulfilment(Camel):
    """How a line reaches the buyer."""

    fulfillment_option: Text = ""
    ship_method: Text = ""
    store_id: Text = ""
    shipping_program_type: Text = ""


class Line(Camel):
    """One line."""

    line_number: Annotated[Text, Field(min_length=1)]
    item: Item
    charges: Charges | None = None
    order_line_quantity: Quantity
    status_date: MaybeWhen = None
    order_line_statuses: Statuses | None = None
    refund: Refund | None = None
    fulfillment: Fulfilment | None = None
    intent_to_cancel: Text = ""


class Lines(Camel):
    """All lines."""

    order_line: Annotated[Many[Line], Field(min_length=1)]


class Node(Camel):
    """Who ships it."""

    type: Text = ""


class Order(Camel):
    """One purchase order: what one seller ships of a customer's order."""

    purchase_order_id: Annotated[Text, Field(min_length=1)]
    customer_order_id: Text = ""
    customer_email_id: Text = ""
    order_type: Text = ""
    original_customer_order_id: Text = Field(default="", alias="originalCustomerOrderID")
    order_date: When
    buyer_id: Text = ""
    shipping_info: ShippingInfo | None = None
    order_lines: Lines
    ship_node: Annotated[Node | None, BeforeValidator(lambda node: node or None)] = None


class Answer(Camel):
    """What getAnOrder answers."""

    order: Order
