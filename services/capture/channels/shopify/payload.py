"""What Shopify sends, as its REST API names it. What its GraphQL API names otherwise has a second name here."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from crossdock_contracts.base import Moment
from services.capture.channels.reading import Amount, Flag, Many, Payload, Pieces, Ref, SomeRef, Text, Word
from services.capture.channels.shopify.parts import (
    Address,
    Allocation,
    Attribute,
    Customer,
    MoneySet,
    Named,
    Price,
    Purchaser,
)


class Line(Payload):
    """A line; quantities and amounts count what was refunded or removed since."""

    id: Ref
    variant_id: SomeRef = ""
    variant: Named | None = None
    product_id: SomeRef = ""
    product: Named | None = None
    sku: Text = ""
    name: Text = ""
    title: Text = ""
    quantity: Pieces
    current_quantity: Pieces | None = None
    """What is left of ``quantity``."""
    fulfillable_quantity: Pieces | None = Field(
        default=None, validation_alias=AliasChoices("fulfillable_quantity", "unfulfilled_quantity")
    )
    price: Amount = Decimal(0)
    price_set: MoneySet | None = Field(
        default=None, validation_alias=AliasChoices("price_set", "original_unit_price_set")
    )
    total_discount: Amount = Decimal(0)
    total_discount_set: MoneySet | None = None
    discount_allocations: Many[Allocation] = ()
    tax_lines: Many[Price] = ()
    gift_card: Flag = Field(default=False, validation_alias=AliasChoices("gift_card", "is_gift_card"))
    requires_shipping: bool | None = None
    """Null: it does."""
    fulfillment_service: Text = "manual"
    properties: Many[Attribute] = Field(default=(), validation_alias=AliasChoices("properties", "custom_attributes"))
    line_item_group: Named | None = None
    """The bundle that it was sold in."""
    tip_payment_gateway: Text = ""
    """There, though it may be null, where the line is a tip."""
    tip_payment_method: Text = ""


class ShippingLine(Payload):
    """A way of shipping, and what it costs."""

    title: Text = ""
    code: Text = ""
    price: Amount = Decimal(0)
    price_set: MoneySet | None = Field(default=None, validation_alias=AliasChoices("price_set", "original_price_set"))
    discounted_price: Amount = Decimal(0)
    discounted_price_set: MoneySet | None = None
    discount_allocations: Many[Allocation] = ()
    delivery_category: Word = ""
    is_removed: Flag = False


class Transaction(Payload):
    """A payment, or one that was given back."""

    id: SomeRef = ""
    kind: Word = ""
    status: Word = ""
    gateway: Text = ""
    amount: Amount = Decimal(0)
    amount_set: MoneySet | None = None
    currency: Text = ""
    parent_id: SomeRef = ""


class RefundLine(Payload):
    """Pieces of a line that were refunded."""

    line_item_id: SomeRef = ""
    line_item: Named | None = None
    quantity: Pieces = 0
    restock_type: Word = ""
    subtotal: Amount = Decimal(0)
    subtotal_set: MoneySet | None = None
    total_tax: Amount = Decimal(0)
    total_tax_set: MoneySet | None = None


class Adjustment(Payload):
    """What was refunded beside lines, such as shipping; negative."""

    amount: Amount = Decimal(0)
    amount_set: MoneySet | None = None
    tax_amount: Amount = Decimal(0)
    tax_amount_set: MoneySet | None = None


class Refund(Payload):
    """Pieces that were taken out of an order, money that was given back, or both."""

    id: Ref
    created_at: Moment | None = None
    processed_at: Moment | None = None
    note: Text = ""
    refund_line_items: Many[RefundLine] = ()
    order_adjustments: Many[Adjustment] = ()
    transactions: Many[Transaction] = ()
    total_refunded_set: MoneySet | None = None


class FulfilledLine(Payload):
    """Pieces of a line that left; the REST API names the line by ``id``."""

    id: SomeRef = ""
    line_item: Named | None = None
    quantity: Pieces = 0


class Fulfilment(Payload):
    """A parcel, or several, that left."""

    status: Word = ""
    created_at: Moment | None = None
    line_items: Many[FulfilledLine] = Field(
        default=(), validation_alias=AliasChoices("line_items", "fulfillment_line_items")
    )


class DeliveryMethod(Payload):
    """How the GraphQL API says that goods get to the buyer."""

    method_type: Word = ""


class AssignedLocation(Payload):
    """Which location has the goods."""

    location: Named | None = None


class FulfilmentOrder(Payload):
    """What the GraphQL API says of when and how goods are to leave."""

    status: Word = ""
    fulfill_at: Moment | None = None
    fulfill_by: Moment | None = None
    delivery_method: DeliveryMethod | None = None
    assigned_location: AssignedLocation | None = None


def _tags(given: Any) -> Any:
    return given.split(",") if isinstance(given, str) else [] if given is None else given


class Order(Payload):
    """An order: ``total_price`` and its like are those before anything was taken back."""

    id: Ref
    name: Text = ""
    order_number: Text = ""
    created_at: Moment
    processed_at: Moment | None = None
    updated_at: Moment | None = None
    closed_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancel_reason: Word = ""
    currency: Text = Field(default="", validation_alias=AliasChoices("currency", "currency_code"))
    presentment_currency: Text = Field(
        default="", validation_alias=AliasChoices("presentment_currency", "presentment_currency_code")
    )
    email: Text = ""
    contact_email: Text = ""
    phone: Text = ""
    test: Flag = False
    financial_status: Word = Field(
        default="", validation_alias=AliasChoices("financial_status", "display_financial_status")
    )
    fulfillment_status: Word = Field(
        default="", validation_alias=AliasChoices("fulfillment_status", "display_fulfillment_status")
    )
    payment_gateway_names: Many[Text] = ()
    payment_terms: dict[str, Any] | None = None
    transactions: Many[Transaction] = ()
    taxes_included: Flag = False
    duties_included: Flag = False
    total_price: Amount = Decimal(0)
    total_price_set: MoneySet | None = None
    total_tax: Amount = Decimal(0)
    total_tax_set: MoneySet | None = None
    total_discounts: Amount = Decimal(0)
    total_discounts_set: MoneySet | None = None
    total_shipping_price_set: MoneySet | None = None
    total_tip_received: Amount = Decimal(0)
    total_tip_received_set: MoneySet | None = None
    original_total_duties_set: MoneySet | None = None
    original_total_additional_fees_set: MoneySet | None = None
    line_items: Many[Line]
    shipping_lines: Many[ShippingLine] = ()
    shipping_line: ShippingLine | None = None
    """The first of them, for which the GraphQL API can be asked instead."""
    refunds: Many[Refund] = ()
    fulfillments: Many[Fulfilment] = ()
    fulfillment_orders: Many[FulfilmentOrder] = ()
    customer: Customer | None = None
    company: Named | None = None
    purchasing_entity: Purchaser | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    note: Text = ""
    note_attributes: Many[Attribute] = Field(
        default=(), validation_alias=AliasChoices("note_attributes", "custom_attributes")
    )
    tags: Annotated[tuple[Text, ...], BeforeValidator(_tags)] = ()
    po_number: Text = ""
    source_name: Word = ""
    location_id: SomeRef = ""
    retail_location: Named | None = None

    @property
    def ways(self) -> tuple[ShippingLine, ...]:
        """The ways of shipping that stand."""
        lines = self.shipping_lines or ((self.shipping_line,) if self.shipping_line else ())
        return tuple(line for line in lines if not line.is_removed)
