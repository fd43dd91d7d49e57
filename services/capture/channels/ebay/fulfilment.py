"""The Fulfillment API: what getOrder and getOrders say of one order."""

from collections.abc import Iterator

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import (
    Address,
    Customer,
    LineKind,
    LineQuantity,
    PaymentMethod,
    PaymentTerms,
    ShippingChoice,
)
from services.capture.channels import NotYetError
from services.capture.channels.ebay.payload import Address as Postal
from services.capture.channels.ebay.payload import (
    Buyer,
    Contact,
    Instruction,
    LineItem,
    Money,
    Order,
    PaymentSummary,
    Program,
    Refund,
    ShippingStep,
    Tax,
)
from services.capture.channels.ebay.pricing import REQUESTED, Pricing, amount_in, level_of
from services.capture.channels.parts import country_of, spread
from services.capture.channels.reading import code_of, extra

_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})
_AT_PICKUP = "CASH_ON_PICKUP"


def order_of(body: bytes) -> OrderInput:
    """The order in an answer of getOrder.

    Raises:
        NotYetError: it is not paid.
        UnmappableError: it is none.
    """
    order = Order.of(body)
    payments = (order.payment_summary or PaymentSummary()).payments
    paid = order.order_payment_status in _PAID or any(one.payment_status == "PAID" for one in payments)
    cancelled = order.cancel_status is not None and order.cancel_status.cancel_state == "CANCELED"
    if not paid and not cancelled and not any(one.payment_method == _AT_PICKUP for one in payments):
        msg = f"$.orderPaymentStatus: {order.order_payment_status or 'none'}: not to be taken before it is PAID"
        raise NotYetError(msg)
    return _Reading(order).order()


class _Reading:
    """One order on its way to the hub's."""

    def __init__(self, source: Order) -> None:
        self.source = source
        self.currency = source.pricing_summary.total.currency
        self.how = (source.fulfillment_start_instructions or (Instruction(),))[0]
        self.step = self.how.shipping_step or ShippingStep()
        self.payments = source.payment_summary or PaymentSummary()
        program = source.program.fulfillment_program if source.program else None
        by_program = program is not None and program.fulfilled_by == "EBAY"
        self.by_ebay = by_program or self.how.fulfillment_instructions_type == "FULFILLED_BY_EBAY"

    def order(self) -> OrderInput:
        """The order as the hub takes it."""
        source = self.source
        pricing = self.pricing()
        shipped = source.order_fulfillment_status == "FULFILLED"
        ship_by = [
            instruction.ship_by_date
            for line in source.line_items
            if (instruction := line.line_item_fulfillment_instructions) and instruction.ship_by_date
        ]
        gifts = dict.fromkeys(line.gift_details.message for line in source.line_items if line.gift_details)
        return OrderInput(
            order_id=source.order_id,
            number=source.order_id,
            source_version=source.last_modified_date.isoformat() if source.last_modified_date else "",
            placed_at=source.creation_date,
            currency=self.currency,
            lines=tuple(pricing.lines),
            discount_minor=pricing.discount_minor,
            shipping_minor=pricing.shipping_minor,
            tax_minor=pricing.tax(),
            total_minor=pricing.total_minor,
            payment=self.payment(),
            customer=self.customer(),
            ship_to=self.ship_to(),
            shipping=self.shipping(),
            ship_by=min(ship_by, default=None),
            deliver_by=self.how.max_estimated_delivery_date,
            gift_message="\n".join(filter(None, gifts)),
            note=source.buyer_checkout_notes,
            tags=tuple(self.tags(pricing)),
            fulfil_by="channel" if self.by_ebay else None,
            fulfilled_at=source.last_modified_date if self.by_ebay and shipped else None,
            cancels=self.cancels(),
            refunds=tuple(self.refunds()),
        )

    def minor(self, money: Money | None, path: str) -> int:
        """An amount in the minor unit of the order's currency; what is missing is 0."""
        if money is None:
            return 0
        if money.currency != self.currency and money.converted_from_currency == self.currency:
            return amount_in(money.converted_from_value, self.currency, self.currency, f"$.{path}")
        return amount_in(money.value, money.currency, self.currency, f"$.{path}")

    def pricing(self) -> Pricing:
        """The order's amounts. A discount that no line names is the order's."""
        summary = self.source.pricing_summary
        lines = [self.line(number, line) for number, line in enumerate(self.source.line_items)]
        discount = summary.price_discount or summary.price_discount_subtotal
        on_lines = sum(self.off(number, line) for number, line in enumerate(self.source.line_items))
        for name, title, money in (("fee", "Fee", summary.fee), ("adjustment", "Adjustment", summary.adjustment)):
            amount = self.minor(money, f"pricingSummary.{name}")
            lines += [extra(name, title, amount)] if amount else []
        delivery = self.minor(summary.delivery_cost, "pricingSummary.deliveryCost")
        return Pricing(
            lines=lines,
            shipping_minor=delivery - abs(self.minor(summary.delivery_discount, "pricingSummary.deliveryDiscount")),
            discount_minor=max(0, abs(self.minor(discount, "pricingSummary.priceDiscount")) - on_lines),
            total_minor=self.minor(summary.total, "pricingSummary.total"),
            seller_tax_minor=sum(self.taxes(number, line)[0] for number, line in enumerate(self.source.line_items)),
            ebay_tax_minor=sum(self.taxes(number, line)[1] for number, line in enumerate(self.source.line_items)),
        )

    def off(self, number: int, line: LineItem) -> int:
        """What a line is reduced by."""
        left, path = line.discounted_line_item_cost, f"lineItems[{number}]"
        cost = self.minor(line.line_item_cost, f"{path}.lineItemCost")
        return cost - self.minor(left, f"{path}.discountedLineItemCost") if left else 0

    def taxes(self, number: int, line: LineItem) -> tuple[int, int]:
        """What the seller and what eBay collects of a line's tax. eBay's is named twice where the total counts it."""

        def of(name: str, taxes: tuple[Tax, ...]) -> int:
            return sum(self.minor(tax.amount, f"lineItems[{number}].{name}") for tax in taxes)

        every, ebay = of("taxes", line.taxes), of("ebayCollectAndRemitTaxes", line.ebay_collect_and_remit_taxes)
        return every - ebay if every >= ebay else every, ebay

    def line(self, number: int, line: LineItem) -> LineInput:
        """One line; what is sent by e-mail is not shipped."""
        price, rounding = spread(self.minor(line.line_item_cost, f"lineItems[{number}].lineItemCost"), line.quantity)
        digital = self.how.fulfillment_instructions_type == "DIGITAL"
        listing = "/".join(filter(None, (line.legacy_item_id, line.legacy_variation_id)))
        return LineInput(
            line_id=line.line_item_id,
            kind=LineKind.DIGITAL if digital else LineKind.PHYSICAL,
            listing_id=line.sku or listing or line.line_item_id,
            title=line.title,
            quantity=line.quantity,
            unit_price_minor=price,
            discount_minor=self.off(number, line) + rounding,
            tax_minor=sum(self.taxes(number, line)),
        )

    def payment(self) -> PaymentTerms:
        """EBay has the money, unless the buyer pays at the counter."""
        at_pickup = any(one.payment_method == _AT_PICKUP for one in self.payments.payments)
        references = [one.payment_reference_id for one in self.payments.payments if one.payment_reference_id]
        return PaymentTerms(
            method=PaymentMethod.CASH_ON_DELIVERY if at_pickup else PaymentMethod.PREPAID,
            reference=references[0] if references else self.source.order_id,
        )

    def customer(self) -> Customer:
        """The buyer."""
        buyer = self.source.buyer or Buyer()
        contact = buyer.buyer_registration_address or self.step.ship_to or Contact()
        return Customer(
            channel_customer_id=buyer.username,
            name=contact.full_name,
            company=contact.company_name,
            email=contact.email,
            phone=contact.primary_phone.phone_number if contact.primary_phone else "",
            tax_id=buyer.tax_identifier.taxpayer_id if buyer.tax_identifier else "",
        )

    def ship_to(self) -> Address | None:
        """Where it goes: for what goes abroad by eBay that is eBay's hub, whose reference has to be on the label."""
        to = self.step.ship_to
        if to is None:
            return None
        at, reference = to.contact_address or Postal(), self.step.ship_to_reference_id
        return Address(
            name=to.full_name,
            company=to.company_name,
            line1=at.address_line1,
            line2=at.address_line2,
            line3=f"Reference {reference}" if reference else "",
            city=at.city,
            region=at.state_or_province,
            postcode=at.postal_code,
            country=country_of(at.country_code),
            phone=to.primary_phone.phone_number if to.primary_phone else "",
            email=to.email,
        )

    def shipping(self) -> ShippingChoice:
        """What the buyer chose."""
        pickup = self.how.pickup_step
        return ShippingChoice(
            service_level=level_of(self.step.shipping_service_code),
            title=self.step.shipping_service_code,
            carrier=self.step.shipping_carrier_code,
            pickup_location_id=pickup.merchant_location_key if pickup else "",
        )

    def tags(self, pricing: Pricing) -> Iterator[str]:
        """What kind of an order it is."""
        program, status = self.source.program or Program(), self.source.cancel_status
        if status is not None and status.cancel_state == "IN_PROGRESS":
            yield REQUESTED
        if pricing.ebay_tax_minor or self.source.ebay_collect_and_remit_tax:
            yield "tax-by-marketplace"
        if self.how.ebay_supported_fulfillment:
            yield "global-shipping"
        for name in ("authenticity_verification", "ebay_international_shipping", "ebay_shipping", "ebay_vault"):
            if getattr(program, name) is not None:
                yield name.replace("_", "-")

    def cancels(self) -> tuple[CancelInput, ...]:
        """That it is cancelled; eBay cancels orders whole."""
        status = self.source.cancel_status
        if status is None or status.cancel_state != "CANCELED":
            return ()
        done = [request for request in status.cancel_requests if request.cancel_request_state == "COMPLETED"]
        last = (done or [*status.cancel_requests])[-1:]
        return (
            CancelInput(
                cancel_id=(last[0].cancel_request_id if last else "") or "all",
                reason=code_of(last[0].cancel_reason if last else "", "cancelled-at-channel"),
                cancelled_at=last[0].cancel_completed_date if last else None,
            ),
        )

    def refunds(self) -> Iterator[RefundInput]:
        """What was paid back; what is pending or has failed was not."""
        found: dict[str, RefundInput] = {}
        for number, refund in enumerate(self.payments.refunds):
            self.refund(found, refund, f"paymentSummary.refunds[{number}]", ())
        for number, line in enumerate(self.source.line_items):
            whole = (LineQuantity(line_id=line.line_item_id, quantity=line.quantity),)
            for at, refund in enumerate(line.refunds):
                of = whole if refund.amount and refund.amount.value >= line.line_item_cost.value else ()
                self.refund(found, refund, f"lineItems[{number}].refunds[{at}]", of)
        yield from found.values()

    def refund(self, found: dict[str, RefundInput], refund: Refund, path: str, lines: tuple[LineQuantity, ...]) -> None:
        """Take one refund down; the same refund may stand at the order and at a line."""
        amount = self.minor(refund.amount, f"{path}.amount")
        done = refund.refund_status == "REFUNDED" or (not refund.refund_status and refund.refund_date is not None)
        if not done or amount <= 0:
            return
        when = refund.refund_date.isoformat() if refund.refund_date else path
        refund_id = refund.refund_id or refund.refund_reference_id or f"{when}/{amount}"
        found[refund_id] = RefundInput(
            refund_id=refund_id, amount_minor=amount, lines=lines, refunded_at=refund.refund_date
        )
