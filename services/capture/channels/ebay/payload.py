"""What eBay's Fulfillment API answers."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from services.capture.channels.parts import MaybeWhen, Pieces, When
from services.capture.channels.reading import Amount, Camel, Flag, Many, Text


class Money(Camel):
    """An amount with its currency, and what it was before it was converted into that."""

    value: Amount = Decimal(0)
    currency: Text = ""
    converted_from_value: Amount = Decimal(0)
    converted_from_currency: Text = ""


class Address(Camel):
    """A postal address."""

    address_line1: Text = ""
    address_line2: Text = ""
    city: Text = ""
    county: Text = ""
    state_or_province: Text = ""
    postal_code: Text = ""
    country_code: Text = ""


class Phone(Camel):
    """A phone number."""

    phone_number: Text = ""


class Contact(Camel):
    """Who receives it, and where."""

    full_name: Text = ""
    company_name: Text = ""
    contact_address: Address | None = None
    primary_phone: Phone | None = None
    email: Text = ""


class TaxIdentifier(Camel):
    """What the buyer is taxed by."""

    taxpayer_id: Text = ""


class Buyer(Camel):
    """Who bought it."""

    username: Text = ""
    buyer_registration_address: Contact | None = None
    tax_identifier: TaxIdentifier | None = None


class PricingSummary(Camel):
    """How the total came about; discounts are negative."""

    price_discount: Money | None = None
    price_discount_subtotal: Money | None = None
    """The same in older answers."""
    delivery_cost: Money | None = None
    delivery_discount: Money | None = None
    adjustment: Money | None = None
    fee: Money | None = None
    total: Money


class CancelRequest(Camel):
    """That somebody asked for the cancellation."""

    cancel_request_id: Text = ""
    cancel_reason: Text = ""
    cancel_completed_date: MaybeWhen = None
    cancel_request_state: Text = ""


class CancelStatus(Camel):
    """Whether the order is cancelled."""

    cancel_state: Text = ""
    cancel_requests: Many[CancelRequest] = ()


class Refund(Camel):
    """Money that was paid back, for the order or for a line."""

    refund_id: Text = ""
    refund_reference_id: Text = ""
    refund_status: Text = ""
    refund_date: MaybeWhen = None
    amount: Money | None = None


class Payment(Camel):
    """That the buyer paid."""

    payment_method: Text = ""
    payment_reference_id: Text = ""
    payment_status: Text = ""


class PaymentSummary(Camel):
    """What was paid, and paid back."""

    payments: Many[Payment] = ()
    refunds: Many[Refund] = ()


class ShippingStep(Camel):
    """How it is to be shipped."""

    ship_to: Contact | None = None
    ship_to_reference_id: Text = ""
    shipping_carrier_code: Text = ""
    shipping_service_code: Text = ""


class PickupStep(Camel):
    """Where it is picked up."""

    merchant_location_key: Text = ""


class Instruction(Camel):
    """How it is to reach the buyer."""

    fulfillment_instructions_type: Text = ""
    max_estimated_delivery_date: MaybeWhen = None
    ebay_supported_fulfillment: Flag = False
    shipping_step: ShippingStep | None = None
    pickup_step: PickupStep | None = None


class FulfilmentProgram(Camel):
    """Who ships it."""

    fulfilled_by: Text = ""


class Program(Camel):
    """Programmes of eBay's that the order takes part in."""

    authenticity_verification: dict[str, object] | None = None
    ebay_international_shipping: dict[str, object] | None = None
    ebay_shipping: dict[str, object] | None = None
    ebay_vault: dict[str, object] | None = None
    fulfillment_program: FulfilmentProgram | None = None


class Tax(Camel):
    """A tax on a line."""

    amount: Money | None = None


class LineInstruction(Camel):
    """Until when a line has to be shipped."""

    ship_by_date: MaybeWhen = None


class Gift(Camel):
    """That it is a present."""

    message: Text = ""


class LineItem(Camel):
    """One line: its costs are those of all its pieces."""

    line_item_id: Annotated[str, Field(min_length=1)]
    legacy_item_id: Text = ""
    legacy_variation_id: Text = ""
    sku: Text = ""
    title: Text = ""
    quantity: Pieces
    line_item_cost: Money
    discounted_line_item_cost: Money | None = None
    taxes: Many[Tax] = ()
    ebay_collect_and_remit_taxes: Many[Tax] = ()
    line_item_fulfillment_instructions: LineInstruction | None = None
    gift_details: Gift | None = None
    refunds: Many[Refund] = ()


class Order(Camel):
    """What getOrder answers, and getOrders lists."""

    order_id: Annotated[str, Field(min_length=1)]
    creation_date: When
    last_modified_date: MaybeWhen = None
    order_fulfillment_status: Text = ""
    order_payment_status: Text = ""
    buyer: Buyer | None = None
    buyer_checkout_notes: Text = ""
    pricing_summary: PricingSummary
    cancel_status: CancelStatus | None = None
    payment_summary: PaymentSummary | None = None
    fulfillment_start_instructions: Many[Instruction] = ()
    line_items: Annotated[Many[LineItem], Field(min_length=1)]
    program: Program | None = None
    ebay_collect_and_remit_tax: Flag = False
