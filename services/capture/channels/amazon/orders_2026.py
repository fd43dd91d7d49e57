"""Orders API 2026-01-01: what getOrder and searchOrders say of one order."""

from collections.abc import Iterable, Iterator, Mapping

from crossdock_contracts.handed_in import CancelInput, OrderInput
from crossdock_contracts.values import Address, Customer, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.amazon.parts import (
    ITEM,
    REQUESTED,
    SHIPPING,
    Part,
    Reading,
    address_of,
    currency_of,
    level_of,
    sums_of,
)
from services.capture.channels.amazon.payload_2026 import (
    Answer,
    Breakdown,
    Buyer,
    Execution,
    Item,
    ItemFulfilment,
    Order,
)
from services.capture.channels.parts import one_by_one
from services.capture.channels.reading import code_of
from services.hub.decision import changed

_PENDING = frozenset({"PENDING", "PENDING_AVAILABILITY"})
_ENDED = frozenset({"CANCELLED", "UNFULFILLABLE"})
_KNOWN = _PENDING | _ENDED | {"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"}
_OF_ITEMS = frozenset({ITEM, SHIPPING, "GIFT_WRAP", "COD_FEE", "TAX", "DISCOUNT", "OTHER"})
"""Amounts of an order that are those of its items, added up."""
_FREE = frozenset({"REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"})
_ON_DELIVERY = frozenset({"cod", "cashondelivery"})
_TAGS = {"AMAZON_BUSINESS": "business", "IN_STORE_PICK_UP": "store-pickup"}


def reading_of(body: bytes) -> Reading[Item]:
    """An order in an answer of getOrder.

    Raises:
        NotYetError: it is pending.
        UnmappableError: it is none, or was asked for without what is needed.
    """
    order = Answer.of(body).order
    status = order.fulfillment.fulfillment_status
    if status in _PENDING:
        msg = f"$.order.fulfillment.fulfillmentStatus: {status}: not to be taken before it is UNSHIPPED"
        raise NotYetError(msg)
    if status not in _KNOWN:
        msg = f"$.order.fulfillment.fulfillmentStatus: {status!r} is none of {', '.join(sorted(_KNOWN))}"
        raise UnmappableError(msg)
    free = any(other.association_type in _FREE for other in order.associated_orders)
    if not (order.proceeds and order.proceeds.grand_total) and status not in _ENDED and not free:
        msg = "$.order.proceeds.grandTotal: missing; ask for includedData=PROCEEDS, and for the role that may see it"
        raise UnmappableError(msg)
    return _Reading(order)


class _Reading(Reading[Item]):
    """One order on its way to the hub's."""

    root = "$.order"

    def __init__(self, source: Order) -> None:
        super().__init__(source.order_items)
        self.source = source
        self.status = source.fulfillment.fulfillment_status
        total = source.proceeds.grand_total if source.proceeds else None
        prices = [item.product.price.unit_price for item in source.order_items if item.product.price]
        amounts = [money for money in (total, *prices) if money]
        self.currency = currency_of([money.currency_code for money in amounts], source.sales_channel.marketplace_id)
        self.total = self.minor(total, "proceeds.grandTotal")

    def order(self) -> OrderInput:
        """The order as the hub takes it."""
        source = self.source
        sums = sums_of(self.parts(), self.tips(), self.total, source.sales_channel.marketplace_id)
        buyer, by_amazon = source.buyer or Buyer(), source.fulfillment.fulfilled_by == "AMAZON"
        by, until = source.fulfillment.ship_by_window, source.fulfillment.deliver_by_window
        windows = [item.how_shipped.scheduled_delivery_window for item in source.order_items]
        return OrderInput(
            order_id=source.order_id,
            number=source.order_id,
            source_version=source.last_updated_time.isoformat() if source.last_updated_time else "",
            placed_at=source.created_time,
            currency=self.currency,
            lines=sums.lines,
            shipping_minor=sums.shipping_minor,
            tax_minor=sums.tax_minor,
            tax_included=sums.tax_included,
            total_minor=self.total,
            payment=self.payment(),
            gift_cards_minor=self.paid_before(),
            customer=self.customer(buyer),
            ship_to=self.ship_to(),
            shipping=self.shipping(),
            ship_by=by.latest_date_time if by else None,
            deliver_by=until.latest_date_time if until else None,
            requested_at=next((window.earliest_date_time for window in windows if window), None),
            customer_po=buyer.buyer_purchase_order_number,
            gift_message="\n".join(_told(item.gift.gift_message for item in source.order_items)),
            note=self.note(),
            tags=tuple(dict.fromkeys(self.tags())),
            fulfil_by={"AMAZON": "channel", "MERCHANT": "hub"}.get(source.fulfillment.fulfilled_by),
            fulfilled_at=source.last_updated_time if by_amazon and self.status == "SHIPPED" else None,
            cancels=self.cancels(ended=not any(item.quantity_ordered for item in source.order_items)),
        )

    def part(self, number: int, item: Item) -> Part:
        """One item; of one that was cancelled Amazon may have no price."""
        path, product, gift = f"orderItems[{number}]", item.product, item.gift
        listing = product.seller_sku or product.asin
        if not listing:
            msg = f"$.order.{path}.product.sellerSku: neither that nor an ASIN says what was sold"
            raise UnmappableError(msg)
        amounts: dict[str, int] = {}
        discounts: dict[str, int] = {}
        taxes: dict[str, int] = {}
        for at, one in enumerate(item.proceeds.breakdowns if item.proceeds else ()):
            where = f"{path}.proceeds.breakdowns[{at}]"
            if one.type == "TAX":
                _add(taxes, self.shared(one, where))
            elif one.type == "DISCOUNT":
                _add(discounts, {kind: abs(amount) for kind, amount in self.shared(one, where).items()})
            else:
                _add(amounts, {one.type: self.minor(one.subtotal, f"{where}.subtotal")})
        return Part(
            line_id=item.order_item_id,
            listing_id=listing,
            title=product.title,
            quantity=item.quantity_ordered or 1,
            amounts=amounts,
            discounts=discounts,
            taxes=taxes,
            gift_wrap=bool(gift.gift_wrap_level),
            note=product.customization.customized_url if product.customization else "",
        )

    def shared(self, one: Breakdown, where: str) -> Mapping[str, int]:
        """A tax or a discount by what it is for: that of the goods is what its details do not say of other things."""
        found: dict[str, int] = {}
        for at, detail in enumerate(one.detailed_breakdowns):
            if detail.subtype in (SHIPPING, "GIFT_WRAP", "COD_FEE"):
                amount = self.minor(detail.value, f"{where}.detailedBreakdowns[{at}].value")
                found[detail.subtype] = found.get(detail.subtype, 0) + amount
        found[ITEM] = self.minor(one.subtotal, f"{where}.subtotal") - sum(found.values())
        return found

    def tips(self) -> dict[str, int]:
        """What is paid for the order as a whole."""
        found: dict[str, int] = {}
        for at, one in enumerate(self.source.proceeds.breakdowns if self.source.proceeds else ()):
            if one.type not in _OF_ITEMS:
                amount = self.minor(one.subtotal, f"proceeds.breakdowns[{at}].subtotal")
                found[one.type] = found.get(one.type, 0) + amount
        return found

    def payment(self) -> PaymentTerms:
        """Amazon has the money, unless the carrier collects it."""
        on_delivery = any(_means(one.payment_method) in _ON_DELIVERY for one in self.executions())
        on_delivery |= any(item.constraints.cash_on_delivery for item in self.source.order_items)
        method = PaymentMethod.CASH_ON_DELIVERY if on_delivery else PaymentMethod.PREPAID
        return PaymentTerms(method=method, reference=self.source.order_id)

    def executions(self) -> Iterable[Execution]:
        """The means that it is paid with."""
        return self.source.payment.payment_executions if self.source.payment else ()

    def paid_before(self) -> int:
        """So much of what is to be collected is paid already, by gift card or points."""
        if self.payment().method is not PaymentMethod.CASH_ON_DELIVERY:
            return 0
        before = [one for one in self.executions() if _means(one.payment_method) not in _ON_DELIVERY]
        return sum(self.minor(one.payment_amount, "payment.paymentExecutions") for one in before)

    def customer(self, buyer: Buyer) -> Customer:
        """The buyer."""
        registered = self.source.tax.tax_registrations if self.source.tax else ()
        numbers = [one.tax_registration_number for one in registered if one.entity_type == "BUYER"]
        return Customer(
            name=buyer.buyer_name,
            company=buyer.buyer_company_name,
            email=buyer.buyer_email,
            tax_id=numbers[0] if numbers else "",
        )

    def ship_to(self) -> Address | None:
        """Where it goes; none where that was not asked for, or may not be seen."""
        found = self.source.recipient.delivery_address if self.source.recipient else None
        if found is None:
            return None
        return address_of(
            name=found.name,
            company=found.company_name,
            lines=(found.address_line1, found.address_line2, found.address_line3, found.district_or_county),
            city=found.city or found.municipality,
            region=found.state_or_region,
            postcode=found.postal_code,
            country=found.country_code,
            phone=found.phone,
        )

    def shipping(self) -> ShippingChoice:
        """The speed that was chosen; of a pickup Amazon names the store only as who receives it."""
        level = self.source.fulfillment.fulfillment_service_level
        found = self.source.recipient.delivery_address if self.source.recipient else None
        store = found.name if found and "IN_STORE_PICK_UP" in self.source.programs else ""
        return ShippingChoice(service_level=level_of(level), title=level, pickup_location_id=store)

    def note(self) -> str:
        """What the carrier should know."""
        wishes = self.source.recipient.delivery_preference if self.source.recipient else None
        said = [wishes.drop_off_location, wishes.address_instruction] if wishes else []
        abroad = [item.how_shipped.international_shipping for item in self.source.order_items]
        return "\n".join(_told([*said, *(f"IOSS {one.ioss_number}" for one in abroad if one and one.ioss_number)]))

    def tags(self) -> Iterator[str]:
        """What kind of an order it is, and what the carrier has to see to."""
        for program in self.source.programs:
            yield _TAGS.get(program) or code_of(program, "other")
        if any(other.association_type in _FREE for other in self.source.associated_orders):
            yield "replacement"
        for item in self.source.order_items:
            asked = item.cancellation
            if asked and asked.cancellation_request and not asked.cancellation_execution and item.quantity_ordered:
                yield REQUESTED
            for constraint, value in item.constraints:
                if value and constraint != "cash_on_delivery":
                    yield constraint.replace("_", "-")

    def cancels(self, *, ended: bool) -> tuple[CancelInput, ...]:
        """What is cancelled: all, or those pieces of an item that are neither shipped nor to be shipped."""
        if self.status in _ENDED or ended:
            reason = "unfulfillable" if self.status == "UNFULFILLABLE" else "cancelled-at-channel"
            return (CancelInput(cancel_id="all", reason=reason, cancelled_at=self.source.last_updated_time),)
        found: list[CancelInput] = []
        for item in self.source.order_items:
            done = item.cancellation.cancellation_execution if item.cancellation else None
            going = item.fulfillment or ItemFulfilment()
            gone = item.quantity_ordered - going.quantity_fulfilled - going.quantity_unfulfilled
            if done and gone > 0:
                reason = code_of(done.cancel_reason, "cancelled-at-channel")
                found += [changed(one, reason=reason) for one in one_by_one(item.order_item_id, gone)]
        return tuple(found)


def _add(to: dict[str, int], amounts: Mapping[str, int]) -> None:
    for kind, amount in amounts.items():
        to[kind] = to.get(kind, 0) + amount


def _means(method: str) -> str:
    return method.lower().replace("_", "").replace(" ", "")


def _told(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
