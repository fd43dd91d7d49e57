"""What an order of Shopify is as one of the hub."""

import re
from typing import Any

from crossdock_contracts import values
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import LineKind, Money, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NoOrderError, NotYetError, UnmappableError
from services.capture.channels.reading import country_of, minor, named, service_level
from services.capture.channels.shopify.lines import kind_of, lines_of, shipping_of, told
from services.capture.channels.shopify.parts import Address
from services.capture.channels.shopify.payload import Order
from services.capture.channels.shopify.purse import Purse
from services.capture.channels.shopify.refunds import cancels_of, refunds_of, value_of

_TAKEN = {"paid", "authorized", "partially_refunded", "refunded"}
"""The shop has the money, had it, or may take it."""
_PICKUP = {"pickup", "pick_up", "pick-up", "local_pickup", "local-pickup"}
_COLLECTED = re.compile(r"pick[ -]?up|click (and|&) collect|collect in store", re.IGNORECASE)
_BY_AMAZON = {"amazon_marketplace_web", "amazon"}
"""Handles of the fulfilment service that has Amazon ship the goods."""
_GIFT_MESSAGE = {"gift message", "gift note"}
_FULFILLED = "fulfilled"


def order_of(order: Order) -> OrderInput:
    """The order in a payload.

    Raises:
        NoOrderError: it is a test.
        NotYetError: the shop waits for the money.
        UnmappableError: it is not to be worked on, or something is wrong with it.
    """
    if order.test:
        msg = "$.test: a test order, with which nothing is sold; cancel and delete it in the shop"
        raise NoOrderError(msg)
    purse = Purse.of(order)
    lines = lines_of(order, purse)
    if not lines:
        msg = "$.line_items: the order has no line; one without lines is nothing to work on"
        raise UnmappableError(msg)
    return OrderInput(
        order_id=order.id,
        number=order.name or order.order_number,
        source_version=order.updated_at.isoformat() if order.updated_at else "",
        placed_at=order.processed_at or order.created_at,
        currency=purse.paid,
        lines=tuple(lines),
        payment=_payment(order),
        customer=_customer(order),
        ship_to=_address(order.shipping_address, order) if order.shipping_address else None,
        bill_to=_address(order.billing_address, order) if order.billing_address else None,
        shipping=_shipping(order),
        customer_po=order.po_number,
        tags=tuple(tag.strip() for tag in order.tags if tag.strip()),
        cancels=cancels_of(order),
        refunds=refunds_of(order, purse),
        **_money(order, purse, lines),
        **_texts(order),
        **_dates(order),
        **_fulfilled_by(order),
    )


def _money(order: Order, purse: Purse, lines: list[LineInput]) -> dict[str, Any]:
    """Totals as the shop states them, before anything was taken back."""
    if order.total_price_set is None and "total_price" not in order.model_fields_set:
        msg = "$.total_price: the total is needed"
        raise UnmappableError(msg)
    total = purse.minor(order.total_price, order.total_price_set, "$.total_price")
    tax = purse.minor(order.total_tax, order.total_tax_set, "$.total_tax")
    shipping, off_shipping = shipping_of(order, purse)
    given = purse.minor(order.total_discounts, order.total_discounts_set, "$.total_discounts")
    rest = max(0, given - sum(line.discount_minor for line in lines) - off_shipping)
    goods = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
    expected = goods - rest + shipping + (0 if order.taxes_included else tax)
    if total != expected and total == expected - _edited_out(order, purse):
        total = expected
    found: dict[str, Any] = {
        "discount_minor": rest,
        "shipping_minor": shipping,
        "tax_minor": tax,
        "tax_included": order.taxes_included,
        "total_minor": total,
        "gift_cards_minor": _gift_cards(order, purse, total),
    }
    if purse.shop != purse.paid:
        books = order.total_price_set.shop_money if order.total_price_set else None
        amount, path = (books.amount, "_set.shop_money.amount") if books else (order.total_price, "")
        found["shop_total"] = Money(amount_minor=minor(amount, purse.shop, f"$.total_price{path}"), currency=purse.shop)
    return found


def _edited_out(order: Order, purse: Purse) -> int:
    """What pieces cost that the order was edited to have no more, which stand in refunds without money."""
    return sum(
        value_of(order, refund, purse, f"$.refunds[{n}]")
        for n, refund in enumerate(order.refunds)
        if refund.refund_line_items and not any(one.kind == "refund" for one in refund.transactions)
    )


def _gift_cards(order: Order, purse: Purse, total: int) -> int:
    """What was paid with gift cards; the REST API tells only where nothing else was paid with, or with transactions."""
    if set(order.payment_gateway_names) == {"gift_card"} and order.financial_status in _TAKEN:
        return max(0, total)
    return sum(
        purse.minor(one.amount, one.amount_set, f"$.transactions[{n}].amount")
        for n, one in enumerate(order.transactions)
        if one.gateway == "gift_card" and one.kind in {"sale", "capture"} and one.status == "success"
    )


def _payment(order: Order) -> PaymentTerms:
    gateways = [name for name in order.payment_gateway_names if name]
    gateway = next((name for name in gateways if name != "gift_card"), "")
    paying = {"sale", "capture", "authorization"}
    ids = [one.id for one in order.transactions if one.kind in paying and one.status == "success" and one.id]
    method = PaymentMethod.PREPAID
    if order.financial_status not in _TAKEN:
        method = _unpaid(order, gateways)
    return PaymentTerms(method=method, gateway=gateway, reference=ids[0] if ids else order.id)


def _unpaid(order: Order, gateways: list[str]) -> PaymentMethod:
    """How an order is paid of which the shop does not have the money.

    Raises:
        NotYetError: the shop waits for the money.
        UnmappableError: nobody says how.
    """
    if any("cash on delivery" in name.lower().replace("_", " ") or name.lower() == "cod" for name in gateways):
        return PaymentMethod.CASH_ON_DELIVERY
    if order.payment_terms:
        return PaymentMethod.TERMS
    if order.cancelled_at is not None:  # nothing was taken, so nothing is paid back
        pending = order.financial_status in {"pending", "partially_paid", "unpaid"}
        return PaymentMethod.TERMS if pending else PaymentMethod.PREPAID
    status = order.financial_status
    if not status:
        msg = "$.financial_status: it is missing, so that nobody knows whether the order is paid; ask for the field"
    elif status in {"voided", "expired"}:
        msg = f"$.financial_status: {status}: the payment is off; cancel the order in the shop, or have it paid again"
    else:
        msg = f"$.financial_status: {status}: the shop waits for the money; the order comes again once it is paid"
        raise NotYetError(msg)
    raise UnmappableError(msg)


def _customer(order: Order) -> values.Customer:
    buyer, bill = order.customer, order.billing_address or order.shipping_address
    company = order.company or (order.purchasing_entity.company if order.purchasing_entity else None)
    emails = [order.email, order.contact_email]
    phones = [order.phone]
    if buyer:
        emails += [buyer.email, buyer.default_email_address.email_address if buyer.default_email_address else ""]
        phones += [buyer.phone, buyer.default_phone_number.phone_number if buyer.default_phone_number else ""]
    phones.append(bill.phone if bill else "")
    name = named(buyer.first_name, buyer.last_name) if buyer else ""
    return values.Customer(
        channel_customer_id=buyer.id if buyer else "",
        name=name or (_name(bill) if bill else ""),
        company=(company.title if company else "") or (bill.company if bill else ""),
        email=next(filter(None, emails), ""),
        phone=next(filter(None, phones), ""),
    )


def _name(address: Address) -> str:
    return named(address.first_name, address.last_name) or address.name.strip()


def _address(address: Address, order: Order) -> values.Address:
    placed = address.latitude is not None and address.longitude is not None
    placed = placed and abs(address.latitude or 0) <= 90 and abs(address.longitude or 0) <= 180  # noqa: PLR2004  # degrees
    return values.Address(
        name=_name(address),
        company=address.company,
        line1=address.address1,
        line2=address.address2,
        city=address.city,
        region=address.province_code or address.province,
        postcode=address.zip,
        country=country_of(address.country_code) or country_of(address.country),
        phone=address.phone,
        email=order.email or order.contact_email,
        latitude=address.latitude if placed else None,
        longitude=address.longitude if placed else None,
    )


def _shipping(order: Order) -> ShippingChoice:
    title = "; ".join(line.title or line.code for line in order.ways)
    return ShippingChoice(
        service_level=service_level(*(text for line in order.ways for text in (line.title, line.code))),
        title=title,
        pickup_location_id=_pickup(order),
    )


def _pickup(order: Order) -> str:
    """Where the buyer collects the goods: the location's id, or its name where the API gives no more."""
    for one in order.fulfillment_orders:
        if one.delivery_method and one.delivery_method.method_type == "pick_up":
            place = one.assigned_location.location if one.assigned_location else None
            if place and (place.id or place.title):
                return place.id or place.title
    for line in order.ways:
        collected = _COLLECTED.search(f"{line.title} {line.code}") is not None and order.shipping_address is None
        if line.delivery_category in _PICKUP or collected:
            return order.location_id or line.code or line.title
    return ""


def _texts(order: Order) -> dict[str, str]:
    gift = [one.value for one in order.note_attributes if _plain(one.name) in _GIFT_MESSAGE]
    others = told([one for one in order.note_attributes if _plain(one.name) not in _GIFT_MESSAGE])
    return {"note": "\n".join(filter(None, [order.note, *others])), "gift_message": "\n".join(gift)}


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _dates(order: Order) -> dict[str, Any]:
    """By when the goods are to leave, and not before when, as the GraphQL API has it of pre-orders."""
    by = [one.fulfill_by for one in order.fulfillment_orders if one.fulfill_by]
    at = [one.fulfill_at for one in order.fulfillment_orders if one.fulfill_at and one.status == "scheduled"]
    return {"ship_by": min(by, default=None), "release_at": min(at, default=None)}


def _fulfilled_by(order: Order) -> dict[str, Any]:
    """Who fulfils it, where that is not the hub: a till, Amazon, or somebody who did it in the shop already.

    Raises:
        UnmappableError: some of it is the hub's, some is not.
    """
    services = {line.fulfillment_service for line in order.line_items if kind_of(line) is LineKind.PHYSICAL}
    if not services or order.cancelled_at is not None:
        return {}
    left = max(
        (one.created_at for one in order.fulfillments if one.created_at and one.status == "success"), default=None
    )
    done = order.fulfillment_status == _FULFILLED
    if done and order.source_name == "pos":
        place = order.location_id or (order.retail_location.id if order.retail_location else "")
        return {"fulfil_by": "till", "sold_at": place}
    if done:
        return {"fulfil_by": "channel", "fulfilled_at": left or order.closed_at or order.updated_at or order.created_at}
    if services <= _BY_AMAZON:
        return {"fulfil_by": "channel"}
    if services & _BY_AMAZON:
        msg = "$.line_items: Amazon fulfils some of them and the hub others; split the order in the shop"
        raise UnmappableError(msg)
    return {}
