"""The Trading API: what GetOrders says of one order, in XML."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, tostring

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import Address, Customer, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.ebay.pricing import REQUESTED, Pricing, amount_in, level_of
from services.capture.channels.ebay.trading_payload import Address as Postal
from services.capture.channels.ebay.trading_payload import (
    Buyer,
    Checkout,
    Money,
    Order,
    PackageInfo,
    Pickup,
    Service,
    Taxes,
    Transaction,
    parsed,
    tag_of,
    tree,
)
from services.capture.channels.parts import country_of
from services.capture.channels.reading import code_of, extra

_ENDED = frozenset({"Cancelled", "Inactive"})
_LATER = frozenset({"CashOnPickup", "COD"})
"""Means of payment that the buyer pays with once they have the goods."""
_WANTED = frozenset({"CancelRequested", "CancelPending"})


def is_xml(body: bytes) -> bool:
    """Whether a payload is the Trading API's."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def orders_in(body: bytes) -> list[bytes]:
    """The orders in an answer, each by itself.

    Raises:
        UnmappableError: it holds none, for instance because eBay refused the call.
    """
    return [tostring(order) for order in _orders(parsed(body))]


def _orders(root: Element) -> list[Element]:
    if tag_of(root) == "Order":
        return [root]
    said = {tag_of(child): child for child in root}
    if "OrderArray" in said:
        return [child for child in said["OrderArray"] if tag_of(child) == "Order"]
    problems = [text for of in root.iter() if tag_of(of) == "LongMessage" and (text := (of.text or "").strip())]
    msg = f"$.OrderArray: missing in {tag_of(root)}" + (f": {'; '.join(problems)[:300]}" if problems else "")
    raise UnmappableError(msg)


def _only(body: bytes) -> Order:
    found = _orders(parsed(body))
    if len(found) != 1:
        msg = f"$.OrderArray: {len(found)} orders, where one is needed"
        raise UnmappableError(msg)
    return Order.made_of(tree(found[0]))


def id_of(body: bytes) -> str:
    """The id of the only order in a payload, as the Fulfillment API has it.

    Raises:
        UnmappableError: there is none, or more than one.
    """
    found = _orders(parsed(body))
    said = {tag_of(child): (child.text or "").strip() for child in found[0]} if len(found) == 1 else {}
    order_id = said.get("ExtendedOrderID") or said.get("OrderID", "")
    if not order_id:
        msg = f"$.OrderArray.Order.OrderID: an id is needed, of one order; there are {len(found)}"
        raise UnmappableError(msg)
    return order_id


def order_of(body: bytes) -> OrderInput:
    """The only order in an answer of GetOrders.

    Raises:
        NotYetError: it is not paid.
        UnmappableError: there is none, or more than one.
    """
    order = _only(body)
    checkout = order.checkout_status or Checkout()
    complete = checkout.status == "Complete" and checkout.ebay_payment_status in ("", "NoPaymentFailure")
    if order.order_status not in _ENDED and not complete:
        stands = f"{order.order_status}, checkout {checkout.status or 'unknown'} ({checkout.ebay_payment_status})"
        msg = f"$.Order.CheckoutStatus: {stands}: not to be taken before it is paid"
        raise NotYetError(msg)
    return _Reading(order).order()


class _Reading:
    """One order on its way to the hub's."""

    def __init__(self, source: Order) -> None:
        self.source = source
        self.currency = source.total.currency
        self.lines = source.transaction_array.transaction
        self.service = source.shipping_service_selected or Service()
        self.checkout = source.checkout_status or Checkout()
        self.pickup = source.pickup_method_selected or Pickup()

    def order(self) -> OrderInput:
        """The order as the hub takes it."""
        source, pricing = self.source, self.pricing()
        modified = self.checkout.last_modified_time
        times = [info for line in self.lines for info in _times(line)]
        until = [info.estimated_delivery_time_max for info in times if info.estimated_delivery_time_max]
        order_id = source.extended_order_id or source.order_id
        return OrderInput(
            order_id=order_id,
            number=order_id,
            source_version=modified.isoformat() if modified else "",
            placed_at=source.created_time,
            currency=self.currency,
            lines=tuple(pricing.lines),
            shipping_minor=pricing.shipping_minor,
            tax_minor=pricing.tax(),
            total_minor=pricing.total_minor,
            payment=self.payment(order_id),
            customer=self.customer(),
            ship_to=self.ship_to(),
            shipping=self.shipping(),
            ship_by=min((info.handle_by_time for info in times if info.handle_by_time), default=None),
            deliver_by=max(until, default=None),
            note=source.buyer_checkout_message,
            tags=tuple(self.tags(pricing)),
            cancels=self.cancels(),
            refunds=tuple(self.refunds()),
        )

    def minor(self, money: Money | None, path: str) -> int:
        """An amount in the minor unit of the order's currency; what is missing is 0."""
        return amount_in(money.value, money.currency, self.currency, f"$.Order.{path}") if money else 0

    def pricing(self) -> Pricing:
        """The order's amounts. What the buyer added or took off at checkout is a line of its own."""
        source = self.source
        lines = [self.line(number, line) for number, line in enumerate(self.lines)]
        adjustment = self.minor(source.adjustment_amount, "AdjustmentAmount")
        duties = self.minor(self.service.import_charge, "ShippingServiceSelected.ImportCharge")
        lines += [extra("adjustment", "Adjustment", adjustment)] if adjustment else []
        lines += [extra("import-charge", "Import charge", duties)] if duties else []
        taxes = [self.taxes(number, line) for number, line in enumerate(self.lines)]
        details = source.shipping_details.sales_tax if source.shipping_details else None
        on_order = self.minor(details.sales_tax_amount if details else None, "ShippingDetails.SalesTax.SalesTaxAmount")
        cost = self.minor(self.service.shipping_service_cost, "ShippingServiceSelected.ShippingServiceCost")
        return Pricing(
            lines=lines,
            shipping_minor=cost,
            discount_minor=0,
            total_minor=self.minor(source.total, "Total"),
            seller_tax_minor=sum(of for of, _ in taxes) or on_order,
            ebay_tax_minor=sum(of for _, of in taxes),
        )

    def taxes(self, number: int, line: Transaction) -> tuple[int, int]:
        """What the seller and what eBay collects of a line's tax."""
        seller, ebay = line.taxes or Taxes(), line.ebay_taxes or Taxes()
        path = f"TransactionArray.Transaction[{number}]"
        return (
            self.minor(seller.total_tax_amount, f"{path}.Taxes.TotalTaxAmount"),
            self.minor(ebay.total_tax_amount, f"{path}.eBayCollectAndRemitTaxes.TotalTaxAmount"),
        )

    def line(self, number: int, line: Transaction) -> LineInput:
        """One line."""
        path = f"TransactionArray.Transaction[{number}]"
        line_id = line.order_line_item_id or "-".join(filter(None, (line.item.item_id, line.transaction_id)))
        variation = line.variation
        listing = (variation.sku if variation else "") or line.item.sku or line.item.item_id
        if not line_id or not listing:
            msg = f"$.Order.{path}.Item.ItemID: neither that nor a SKU says what was sold"
            raise UnmappableError(msg)
        return LineInput(
            line_id=line_id,
            listing_id=listing,
            title=(variation.variation_title if variation else "") or line.item.title,
            quantity=line.quantity_purchased,
            unit_price_minor=self.minor(line.transaction_price, f"{path}.TransactionPrice"),
            tax_minor=sum(self.taxes(number, line)),
        )

    def payment(self, order_id: str) -> PaymentTerms:
        """EBay has the money, unless the buyer pays when they get the goods."""
        later = self.checkout.payment_method in _LATER and self.source.paid_time is None
        method = PaymentMethod.CASH_ON_DELIVERY if later else PaymentMethod.PREPAID
        return PaymentTerms(method=method, reference=order_id)

    def customer(self) -> Customer:
        """The buyer; eBay writes a text where it does not tell the address of somebody's mailbox."""
        buyer = next((line.buyer for line in self.lines if line.buyer), Buyer())
        to = self.source.shipping_address
        return Customer(
            channel_customer_id=self.source.buyer_user_id,
            name=f"{buyer.user_first_name} {buyer.user_last_name}".strip() or (to.name if to else ""),
            email=buyer.email if "@" in buyer.email else "",
        )

    def ship_to(self) -> Address | None:
        """Where it goes: for what goes abroad by eBay that is eBay's hub, whose reference has to be on the label."""
        legs = self.source.multi_leg_shipping_details if self.source.is_multi_leg_shipping else None
        provider = legs.seller_shipment_to_logistics_provider if legs else None
        to = (provider.ship_to_address if provider else None) or self.source.shipping_address or Postal()
        if not any((to.name, to.street1, to.city_name, to.postal_code, to.country)):
            return None
        return Address(
            name=to.name,
            line1=to.street1,
            line2=to.street2,
            line3=f"Reference {to.reference_id}" if to.reference_id else "",
            city=to.city_name,
            region=to.state_or_province,
            postcode=to.postal_code,
            country=country_of(to.country),
            phone=to.phone,
        )

    def shipping(self) -> ShippingChoice:
        """What the buyer chose."""
        in_store = self.pickup.pickup_method == "InStorePickup"
        return ShippingChoice(
            service_level=level_of(self.service.shipping_service),
            title=self.service.shipping_service,
            pickup_location_id=self.pickup.pickup_store_id if in_store else "",
        )

    def tags(self, pricing: Pricing) -> Iterator[str]:
        """What kind of an order it is."""
        if self.source.order_status == "CancelPending" or self.source.cancel_status in _WANTED:
            yield REQUESTED
        if pricing.ebay_tax_minor:
            yield "tax-by-marketplace"
        if self.source.is_multi_leg_shipping:
            yield "global-shipping"
        if self.pickup.pickup_method == "PickUpDropOff":
            yield "click-and-collect"

    def cancels(self) -> tuple[CancelInput, ...]:
        """That it is cancelled; eBay cancels orders whole."""
        if self.source.order_status not in _ENDED:
            return ()
        reason = code_of(self.source.cancel_reason, "cancelled-at-channel")
        return (CancelInput(cancel_id="all", reason=reason, cancelled_at=self.checkout.last_modified_time),)

    def refunds(self) -> Iterator[RefundInput]:
        """What was paid back."""
        details = self.source.monetary_details
        found = details.refunds.refund if details and details.refunds else ()
        for number, refund in enumerate(found):
            amount = self.minor(refund.refund_amount, f"MonetaryDetails.Refunds.Refund[{number}].RefundAmount")
            if refund.refund_status == "Succeeded" and amount > 0:
                when = refund.refund_time.isoformat() if refund.refund_time else str(number)
                refund_id = refund.reference_id or f"{when}/{amount}"
                yield RefundInput(refund_id=refund_id, amount_minor=amount, refunded_at=refund.refund_time)


def _times(line: Transaction) -> tuple[PackageInfo, ...]:
    return line.shipping_service_selected.shipping_package_info if line.shipping_service_selected else ()
