"""What Orders API 2026-01-01 answers. Which parts there are depends on ``includedData``."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from services.capture.channels.parts import Count, MaybeWhen, When
from services.capture.channels.reading import Amount, Camel, Many, Text


class Money(Camel):
    """An amount with its currency."""

    currency_code: Text = ""
    amount: Amount = Decimal(0)


class Associated(Camel):
    """Another order that this one has to do with."""

    association_type: Text = ""


class SalesChannel(Camel):
    """Where it was sold."""

    marketplace_id: Text = ""


class Buyer(Camel):
    """``includedData=BUYER``."""

    buyer_name: Text = ""
    buyer_email: Text = ""
    buyer_company_name: Text = ""
    buyer_purchase_order_number: Text = ""


class Address(Camel):
    """A postal address."""

    name: Text = ""
    company_name: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    city: Text = ""
    district_or_county: Text = ""
    state_or_region: Text = ""
    municipality: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone: Text = ""
    address_type: Text = ""


class Preference(Camel):
    """What the buyer wishes for the delivery."""

    drop_off_location: Text = ""
    address_instruction: Text = ""


class Recipient(Camel):
    """``includedData=RECIPIENT``."""

    delivery_address: Address | None = None
    delivery_preference: Preference | None = None


class Detail(Camel):
    """What a part of a tax or of a discount is for."""

    subtype: Text = ""
    value: Money | None = None


class Breakdown(Camel):
    """An amount by what it is for."""

    type: Text = ""
    subtotal: Money | None = None
    detailed_breakdowns: Many[Detail] = ()


class OrderProceeds(Camel):
    """``includedData=PROCEEDS`` of the order."""

    grand_total: Money | None = None
    breakdowns: Many[Breakdown] = ()


class Execution(Camel):
    """One of the means that it is paid with."""

    payment_method: Text = ""
    payment_amount: Money | None = None


class Payment(Camel):
    """``includedData=PAYMENT``."""

    payment_executions: Many[Execution] = ()


class Registration(Camel):
    """What somebody is taxed by."""

    entity_type: Text = ""
    tax_registration_number: Text = ""


class Tax(Camel):
    """``includedData=TAX``."""

    tax_registrations: Many[Registration] = ()


class Window(Camel):
    """From when until when."""

    earliest_date_time: MaybeWhen = None
    latest_date_time: MaybeWhen = None


class Fulfilment(Camel):
    """``includedData=FULFILLMENT`` of the order."""

    fulfillment_status: str
    fulfilled_by: Text = ""
    fulfillment_service_level: Text = ""
    ship_by_window: Window | None = None
    deliver_by_window: Window | None = None


class Price(Camel):
    """What one piece costs."""

    unit_price: Money | None = None


class Customisation(Camel):
    """What the buyer designed."""

    customized_url: Text = ""


class Product(Camel):
    """What was sold."""

    asin: Text = ""
    title: Text = ""
    seller_sku: Text = ""
    price: Price | None = None
    customization: Customisation | None = None


class ItemProceeds(Camel):
    """``includedData=PROCEEDS`` of an item."""

    breakdowns: Many[Breakdown] = ()


class Step(Camel):
    """That a cancellation was asked for, or carried out."""

    cancel_reason: Text = ""


class Cancellation(Camel):
    """``includedData=CANCELLATION``."""

    cancellation_request: Step | None = None
    cancellation_execution: Step | None = None


class Gift(Camel):
    """How it is to be wrapped."""

    gift_message: Text = ""
    gift_wrap_level: Text = ""


class Packing(Camel):
    """How it is to be packed."""

    gift_option: Gift | None = None


class Constraints(Camel):
    """What the carrier has to see to."""

    pallet_delivery: Text = ""
    cash_on_delivery: Text = ""
    signature_confirmation: Text = ""
    recipient_identity_verification: Text = ""
    recipient_age_verification: Text = ""


class International(Camel):
    """What customs ask for."""

    ioss_number: Text = ""


class ItemShipping(Camel):
    """How it is to be shipped."""

    scheduled_delivery_window: Window | None = None
    shipping_constraints: Constraints | None = None
    international_shipping: International | None = None


class ItemFulfilment(Camel):
    """``includedData=FULFILLMENT`` of an item."""

    quantity_fulfilled: Count = 0
    quantity_unfulfilled: Count = 0
    packing: Packing | None = None
    shipping: ItemShipping | None = None


class Item(Camel):
    """One item of an order."""

    order_item_id: Annotated[str, Field(min_length=1)]
    quantity_ordered: Count
    product: Product
    proceeds: ItemProceeds | None = None
    cancellation: Cancellation | None = None
    fulfillment: ItemFulfilment | None = None

    @property
    def how_shipped(self) -> ItemShipping:
        """How it is to be shipped; nothing is said of it where that was not asked for."""
        return (self.fulfillment.shipping if self.fulfillment else None) or ItemShipping()

    @property
    def constraints(self) -> Constraints:
        """What the carrier has to see to."""
        return self.how_shipped.shipping_constraints or Constraints()

    @property
    def gift(self) -> Gift:
        """How it is to be wrapped."""
        packing = self.fulfillment.packing if self.fulfillment else None
        return (packing.gift_option if packing else None) or Gift()


class Order(Camel):
    """What getOrder and searchOrders say of an order."""

    order_id: Annotated[str, Field(min_length=1)]
    created_time: When
    last_updated_time: MaybeWhen = None
    programs: Many[str] = ()
    associated_orders: Many[Associated] = ()
    sales_channel: SalesChannel
    buyer: Buyer | None = None
    recipient: Recipient | None = None
    proceeds: OrderProceeds | None = None
    payment: Payment | None = None
    tax: Tax | None = None
    fulfillment: Fulfilment
    order_items: Annotated[Many[Item], Field(min_length=1)]


class Answer(Camel):
    """What getOrder answers."""

    order: Order
