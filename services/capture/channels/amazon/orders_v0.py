"""Orders API v0: what getOrder, getOrderItems, getOrderAddress and the buyer calls say of one order, put together."""

from crossdock_contracts.handed_in import CancelInput, OrderInput
from crossdock_contracts.values import Address as PostalAddress
from crossdock_contracts.values import Customer, PaymentMethod, PaymentTerms, ShippingChoice
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
from services.capture.channels.amazon.payload_v0 import Buyer, BuyerTax, Composed, Item, ItemBuyer, Money

_PENDING = frozenset({"Pending", "PendingAvailability"})
_SHIPPED = frozenset({"Shipped", "InvoiceUnconfirmed"})
_ENDED = frozenset({"Canceled", "Unfulfillable"})
_KNOWN = _PENDING | _SHIPPED | _ENDED | {"Unshipped", "PartiallyShipped"}


def reading_of(body: bytes) -> Reading[Item]:
    """An order in the answers about it.

    Raises:
        NotYetError: it is pending: Amazon names no prices then, and it is not to be shipped.
        UnmappableError: it is none.
    """
    found = Composed.of(body)
    order = found.order
    if order.order_status in _PENDING:
        msg = f"$.Order.OrderStatus: {order.order_status}: not to be taken before it is Unshipped"
        raise NotYetError(msg)
    if order.order_status not in _KNOWN:
        msg = f"$.Order.OrderStatus: {order.order_status!r} is none of {', '.join(sorted(_KNOWN))}"
        raise UnmappableError(msg)
    if not found.order_items:
        msg = "$.OrderItems: missing; hand in what getOrderItems answers with the order"
        raise UnmappableError(msg)
    return _Reading(found)


class _Reading(Reading[Item]):
    """One order on its way to the hub's."""

    root = "$"

    def __init__(self, found: Composed) -> None:
        super().__init__(found.order_items)
        self.found = found
        order, items = found.order, found.order_items
        amounts = [order.order_total, *(item.item_price for item in items)]
        self.currency = currency_of([money.currency_code for money in amounts if money], order.marketplace_id)
        self.total = self.minor(order.order_total, "Order.OrderTotal")
        self.buyers = {buyer.order_item_id: buyer for buyer in found.order_items_buyer_info}

    def order(self) -> OrderInput:
        """The order as the hub takes it."""
        order, items = self.found.order, self.found.order_items
        sums = sums_of(self.parts(), {}, self.total, order.marketplace_id)
        buyer = self.found.order_buyer_info or order.buyer_info or Buyer()
        by_amazon = order.fulfillment_channel == "AFN"
        shipped = order.order_status in _SHIPPED
        return OrderInput(
            order_id=order.amazon_order_id,
            number=order.amazon_order_id,
            source_version=order.last_update_date.isoformat() if order.last_update_date else "",
            placed_at=order.purchase_date,
            currency=self.currency,
            lines=sums.lines,
            shipping_minor=sums.shipping_minor,
            tax_minor=sums.tax_minor,
            tax_included=sums.tax_included,
            total_minor=self.total,
            payment=self.payment(),
            gift_cards_minor=self.paid_before(),
            customer=_customer(buyer),
            ship_to=self.ship_to(),
            shipping=self.shipping(),
            ship_by=order.latest_ship_date,
            deliver_by=order.latest_delivery_date,
            requested_at=next((at for item in items if (at := item.scheduled_delivery_start_date)), None),
            customer_po=buyer.purchase_order_number,
            gift_message="\n".join(dict.fromkeys(filter(None, (self.gift(item).gift_message_text for item in items)))),
            note=self.note(),
            tags=self.tags(),
            fulfil_by={"AFN": "channel", "MFN": "hub"}.get(order.fulfillment_channel),
            fulfilled_at=order.last_update_date if by_amazon and shipped else None,
            cancels=self.cancels(ended=not any(item.quantity_ordered for item in items)),
        )

    def gift(self, item: Item) -> ItemBuyer:
        """What the buyer said of an item."""
        return self.buyers.get(item.order_item_id) or item.buyer_info or ItemBuyer()

    def part(self, number: int, item: Item) -> Part:
        """One item. Amazon counts what is left of it: of one that was cancelled it has no price."""
        gift, path = self.gift(item), f"OrderItems[{number}]"
        listing = item.seller_sku or item.asin
        if not listing:
            msg = f"$.{path}.SellerSKU: neither that nor an ASIN says what was sold"
            raise UnmappableError(msg)

        def of(name: str, money: Money | None) -> int:
            return self.minor(money, f"{path}.{name}")

        return Part(
            line_id=item.order_item_id,
            listing_id=listing,
            title=item.title,
            quantity=item.quantity_ordered or 1,
            amounts={
                ITEM: of("ItemPrice", item.item_price),
                SHIPPING: of("ShippingPrice", item.shipping_price),
                "GIFT_WRAP": of("BuyerInfo.GiftWrapPrice", gift.gift_wrap_price),
                "COD_FEE": of("CODFee", item.cod_fee),
            },
            discounts={
                ITEM: of("PromotionDiscount", item.promotion_discount),
                SHIPPING: of("ShippingDiscount", item.shipping_discount),
                "COD_FEE": of("CODFeeDiscount", item.cod_fee_discount),
            },
            taxes={
                ITEM: of("ItemTax", item.item_tax) - of("PromotionDiscountTax", item.promotion_discount_tax),
                SHIPPING: of("ShippingTax", item.shipping_tax) - of("ShippingDiscountTax", item.shipping_discount_tax),
                "GIFT_WRAP": of("BuyerInfo.GiftWrapTax", gift.gift_wrap_tax),
            },
            gift_wrap=bool(gift.gift_wrap_level),
            note=gift.buyer_customized_info.customized_url if gift.buyer_customized_info else "",
        )

    def payment(self) -> PaymentTerms:
        """Amazon has the money, unless the carrier collects it."""
        on_delivery = self.found.order.payment_method == "COD"
        method = PaymentMethod.CASH_ON_DELIVERY if on_delivery else PaymentMethod.PREPAID
        return PaymentTerms(method=method, reference=self.found.order.amazon_order_id)

    def paid_before(self) -> int:
        """So much of what is to be collected is paid already, by gift card or points."""
        details = [one for one in self.found.order.payment_execution_detail if one.payment_method != "COD"]
        if self.found.order.payment_method != "COD":
            return 0
        return sum(self.minor(one.payment, "Order.PaymentExecutionDetail") for one in details)

    def ship_to(self) -> PostalAddress | None:
        """Where it goes, as far as one may see it without a token for restricted data."""
        found = self.found.order_address or self.found.order.shipping_address
        if found is None:
            return None
        return address_of(
            name=found.name,
            company=found.company_name,
            lines=(found.address_line1, found.address_line2, found.address_line3, found.district, found.county),
            city=found.city or found.municipality,
            region=found.state_or_region,
            postcode=found.postal_code,
            country=found.country_code,
            phone=found.phone,
        )

    def shipping(self) -> ShippingChoice:
        """The speed that was chosen, and the store where it is picked up."""
        order, source = self.found.order, self.found.order.fulfillment_instruction
        stores = [item.store_chain_store_id for item in self.found.order_items if item.store_chain_store_id]
        store = stores[0] if stores else source.fulfillment_supply_source_id if source else ""
        return ShippingChoice(
            service_level=level_of(order.shipment_service_level_category),
            title=order.ship_service_level or order.shipment_service_level_category,
            pickup_location_id=store if order.is_ispu else "",
        )

    def note(self) -> str:
        """What the carrier should know."""
        address = self.found.order_address or self.found.order.shipping_address
        wishes = address.delivery_preferences if address else None
        said = [wishes.drop_off_location, wishes.address_instructions] if wishes else []
        said += [f"IOSS {number}" for number in dict.fromkeys(item.ioss_number for item in self.found.order_items)]
        return "\n".join(text for text in said if text not in ("", "IOSS "))

    def tags(self) -> tuple[str, ...]:
        """What kind of an order it is."""
        order, items = self.found.order, self.found.order_items
        wants = [item.buyer_requested_cancel for item in items if item.quantity_ordered]
        taxed = [item.tax_collection for item in items]
        marks = {
            "prime": order.is_prime,
            "business": order.is_business_order,
            "premium": order.is_premium_order,
            "replacement": order.is_replacement_order,
            "access-point": order.is_access_point_order,
            REQUESTED: any(want.is_buyer_requested_cancel for want in wants if want),
            "tax-by-marketplace": any(of.model == "MarketplaceFacilitator" for of in taxed if of),
        }
        return tuple(tag for tag, is_so in marks.items() if is_so)

    def cancels(self, *, ended: bool) -> tuple[CancelInput, ...]:
        """That all of it is cancelled. Of single pieces Amazon only says how many are left."""
        order = self.found.order
        if order.order_status not in _ENDED and not ended:
            return ()
        reason = "unfulfillable" if order.order_status == "Unfulfillable" else "cancelled-at-channel"
        return (CancelInput(cancel_id="all", reason=reason, cancelled_at=order.last_update_date),)


def _customer(buyer: Buyer) -> Customer:
    tax = buyer.buyer_tax_info or BuyerTax()
    return Customer(
        name=buyer.buyer_name,
        company=tax.company_legal_name,
        email=buyer.buyer_email,
        tax_id=tax.tax_classifications[0].value if tax.tax_classifications else "",
    )
