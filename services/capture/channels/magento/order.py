"""How an order of Magento becomes one of the hub."""

from collections.abc import Iterable, Iterator, Sequence

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import (
    Address,
    Customer,
    LineKind,
    LineQuantity,
    Money,
    PaymentMethod,
    PaymentTerms,
    ShippingChoice,
)
from services.capture.channels import NotYetError
from services.capture.channels.magento.items import Money as Minor
from services.capture.channels.magento.items import Sold, sold
from services.capture.channels.magento.payload import AddressOf, GiftMessage, Order, Region
from services.capture.channels.marks import marked
from services.capture.channels.parts import country_of, joined, level_of, mapping, one_by_one, spread

_WAITING = {
    "pending_payment": "the buyer has not paid yet",
    "payment_review": "the payment is being reviewed",
    "holded": "the shop has put it on hold",
}
"""States in which Magento ships nothing."""

_METHODS = {
    "cashondelivery": PaymentMethod.CASH_ON_DELIVERY,
    "msp_cashondelivery": PaymentMethod.CASH_ON_DELIVERY,
    "purchaseorder": PaymentMethod.TERMS,
    "companycredit": PaymentMethod.TERMS,
}
"""Payment methods by their code; every other one is paid to the shop before it ships."""

_MEMO_CANCELLED = "3"
_KINDS = {"virtual": LineKind.SERVICE, "downloadable": LineKind.DIGITAL}


@mapping()
def order_of(found: Order) -> OrderInput:
    """The order.

    Raises:
        NotYetError: it is not to be shipped yet.
        UnmappableError: it makes no order.
    """
    method = _METHODS.get(found.payment.method, PaymentMethod.PREPAID)
    _check_state(found, method)
    money = Minor(found.order_currency_code)
    lines = list(sold(found.items, money))
    extra = found.extension_attributes
    cards = extra.gift_cards_amount + extra.customer_balance_amount + extra.reward_currency_amount
    cards_minor = money.minor(cards, "$.extension_attributes.gift_cards_amount")
    return OrderInput(
        order_id=found.entity_id,
        number=found.increment_id,
        source_version=found.updated_at,
        placed_at=found.created_at,
        currency=found.order_currency_code,
        lines=(*_lines(lines), *_charges(found, lines, money)),
        discount_minor=_other_discount(found, lines, money),
        shipping_minor=money.minor(found.shipping_amount, "$.shipping_amount"),
        tax_minor=money.minor(found.tax_amount, "$.tax_amount"),
        total_minor=money.minor(found.grand_total, "$.grand_total") + cards_minor,
        gift_cards_minor=cards_minor,
        shop_total=_shop_total(found),
        payment=PaymentTerms(method=method, reference=found.payment.last_trans_id or found.payment.method),
        customer_po=found.payment.po_number,
        customer=_customer(found),
        ship_to=_address(_ship_to(found), found.customer_email),
        bill_to=_address(found.billing_address, found.customer_email),
        shipping=_shipping(found),
        fulfil_by="channel" if _shipped(found) else None,
        fulfilled_at=(found.modified_at or found.created_at) if _shipped(found) else None,
        gift_message=_message(extra.gift_message),
        note=found.customer_note,
        tags=(f"coupon:{found.coupon_code}",) if found.coupon_code else (),
        cancels=tuple(_cancels(found, lines)),
        refunds=tuple(_refunds(found, {line.item.item_id for line in lines}, money)),
    )


def _check_state(found: Order, method: PaymentMethod) -> None:
    if found.state in _WAITING:
        msg = f"$.state: {found.state}: {_WAITING[found.state]}; it comes again once that has changed"
        raise NotYetError(msg)
    due = found.total_due if found.total_due is not None else found.grand_total - found.total_paid
    if found.state == "new" and method is PaymentMethod.PREPAID and due > 0:
        msg = f"$.state: new: {due} are to be paid by {found.payment.method or 'the buyer'}; invoice it once they are"
        raise NotYetError(msg)


def _shipped(found: Order) -> bool:
    """The goods have left: through the hub, which knows it, or before it was there, and then it only records that."""
    return found.state in ("complete", "closed") and any(item.qty_shipped for item in found.items)


def _lines(lines: Sequence[Sold]) -> Iterator[LineInput]:
    for line in lines:
        item = line.item
        unit, less = spread(line.row_minor, item.qty_ordered)
        digital = LineKind.DIGITAL if item.is_virtual else LineKind.PHYSICAL
        kind = _KINDS.get(item.product_type, digital)
        yield LineInput(
            line_id=item.item_id,
            kind=kind,
            listing_id=item.sku if kind is LineKind.PHYSICAL else "",
            sku=item.sku if kind is LineKind.PHYSICAL else "",
            title=item.name,
            quantity=item.qty_ordered,
            unit_price_minor=unit,
            discount_minor=line.discount_minor + less,
            tax_minor=line.tax_minor,
            gift_wrap=line.wrap,
            note=_message(item.extension_attributes.gift_message),
        )


def _charges(found: Order, lines: Sequence[Sold], money: Minor) -> Iterator[LineInput]:
    extra, path = found.extension_attributes, "$.extension_attributes"
    amounts = [(f"{line.item.item_id}-weee", "Fixed product tax", line.weee_minor) for line in lines]
    amounts += [
        ("gift-wrapping", "Gift wrapping", money.minor(extra.gw_price, f"{path}.gw_price")),
        ("gift-wrapping-items", "Gift wrapping of items", money.minor(extra.gw_items_price, f"{path}.gw_items_price")),
        ("gift-card", "Printed card", money.minor(extra.gw_card_price, f"{path}.gw_card_price")),
    ]
    for line_id, title, amount in amounts:
        if amount:
            yield LineInput(line_id=line_id, kind=LineKind.CHARGE, title=title, quantity=1, unit_price_minor=amount)


def _other_discount(found: Order, lines: Sequence[Sold], money: Minor) -> int:
    """What is taken off the order beyond its items: off the shipping, mostly. Without the tax in it."""
    without_tax = -found.discount_amount
    without_tax -= found.discount_tax_compensation_amount + found.shipping_discount_tax_compensation_amount
    return max(0, money.minor(without_tax, "$.discount_amount") - sum(line.discount_minor for line in lines))


def _shop_total(found: Order) -> Money | None:
    if not found.base_currency_code or found.base_currency_code == found.order_currency_code:
        return None
    extra, shop = found.extension_attributes, Minor(found.base_currency_code)
    cards = extra.base_gift_cards_amount + extra.base_customer_balance_amount + extra.base_reward_currency_amount
    amount = shop.minor(found.base_grand_total + cards, "$.base_grand_total")
    return Money(amount_minor=amount, currency=shop.currency)


def _customer(found: Order) -> Customer:
    bill = found.billing_address or AddressOf()
    name = joined(found.customer_firstname, found.customer_middlename, found.customer_lastname)
    return Customer(
        channel_customer_id=found.customer_id,
        name=name or joined(bill.firstname, bill.middlename, bill.lastname),
        company=bill.company,
        email=found.customer_email or bill.email,
        phone=bill.telephone,
        tax_id=found.customer_taxvat or bill.vat_id,
    )


def _ship_to(found: Order) -> AddressOf | None:
    addresses = (one.shipping.address for one in found.extension_attributes.shipping_assignments)
    return next((address for address in addresses if address is not None), None)


def _address(found: AddressOf | None, email: str) -> Address | None:
    if found is None:
        return None
    region = found.region
    named = (region.region_code or region.region) if isinstance(region, Region) else region
    return Address(
        name=joined(found.firstname, found.middlename, found.lastname),
        company=found.company,
        line1=found.street[0] if found.street else "",
        line2=found.street[1] if len(found.street) > 1 else "",
        line3=", ".join(found.street[2:]),
        city=found.city,
        region=found.region_code or named,
        postcode=found.postcode,
        country=country_of(found.country_id),
        phone=found.telephone,
        email=found.email or email,
    )


def _shipping(found: Order) -> ShippingChoice:
    methods = (one.shipping.method for one in found.extension_attributes.shipping_assignments)
    method = next((method for method in methods if method), "")
    return ShippingChoice(
        service_level=level_of(method, found.shipping_description),
        title=found.shipping_description or method,
        carrier=method.partition("_")[0],
        pickup_location_id=found.extension_attributes.pickup_location_code,
    )


def _message(found: GiftMessage | None) -> str:
    if found is None or not found.message:
        return ""
    names = [f"To {found.recipient}"] if found.recipient else []
    names += [f"from {found.sender}"] if found.sender else []
    return f"{', '.join(names)}: {found.message}" if names else found.message


def _cancels(found: Order, lines: Sequence[Sold]) -> Iterable[CancelInput]:
    """What a credit memo took off before it shipped goes by the memo; else Magento only tells how many by now."""
    if found.state == "canceled" or (
        not found.credit_memos and all(line.cancelled == line.item.qty_ordered for line in lines)
    ):
        yield CancelInput(cancel_id="cancelled")
        return
    left = {line.item.item_id: line.cancelled for line in lines}
    for memo in found.credit_memos or ():
        pieces = []
        for one in memo.items if memo.state != _MEMO_CANCELLED else ():
            count = min(one.qty, max(0, left.get(one.order_item_id, 0)))
            if count:
                left[one.order_item_id] -= count
                pieces.append(LineQuantity(line_id=one.order_item_id, quantity=count))
        if pieces:
            yield CancelInput(
                cancel_id=memo.entity_id,
                lines=tuple(pieces),
                reason="refunded",
                cancelled_at=memo.created_at,
                asked_as=next(filter(None, (marked(one.comment, "cancel") for one in memo.comments)), ""),
            )
    for line_id, count in left.items():
        yield from one_by_one(line_id, count)


def _refunds(found: Order, line_ids: set[str], money: Minor) -> Iterator[RefundInput]:
    """By credit memo; without those, what was paid back in all is one refund."""
    if found.credit_memos is None:
        whole_minor = money.minor(found.total_refunded, "$.total_refunded")
        if whole_minor > 0:
            yield RefundInput(refund_id="refunded", amount_minor=whole_minor)
        return
    for number, memo in enumerate(found.credit_memos):
        back = memo.extension_attributes
        amount = memo.grand_total + back.gift_cards_amount + back.customer_balance_amount + back.reward_currency_amount
        amount_minor = money.minor(amount, f"$.credit_memos[{number}].grand_total")
        if amount_minor <= 0 or memo.state == _MEMO_CANCELLED:
            continue
        pieces = [one for one in memo.items if one.qty and one.order_item_id in line_ids]
        yield RefundInput(
            refund_id=memo.entity_id,
            amount_minor=amount_minor,
            lines=tuple(LineQuantity(line_id=one.order_item_id, quantity=one.qty) for one in pieces),
            refunded_at=memo.created_at,
        )
