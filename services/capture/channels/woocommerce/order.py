"""What an order of WooCommerce is as one of the hub."""

import re
from typing import Any

from crossdock_contracts import values
from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import LineKind, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.reading import country_of, named, rounded, service_level, unit_and_discount
from services.capture.channels.woocommerce.payload import Address, Line, Meta, Order, Shipping, first_of

_WAITING = {
    "pending": "the buyer has not paid yet; the order comes again once it is paid",
    "on-hold": "the shop waits for the money, or for somebody to look; the order comes again when it goes on",
    "failed": "the payment failed; the order comes again if the buyer pays after all",
    "checkout-draft": "the buyer is still at the checkout; the order comes again once it is placed",
    "auto-draft": "somebody is entering it in the shop; the order comes again once it is created",
    "draft": "it is a draft; the order comes again once it is placed",
}
_OFF = {"cancelled": "cancelled-in-shop", "refunded": "refunded-in-shop", "trash": "deleted-in-shop"}
"""Statuses in which nothing more is to ship, and the reason that is given for that."""
_GOING = {"processing", "completed"}
_PICKUP = {"local_pickup", "pickup_location", "local_pickup_plus", "legacy_local_pickup"}
_PLACE = ("_pickup_location_id", "pickup_location_id", "pickup_location", "_pickup_location_name")
_PO = (
    "_purchase_order_number", "purchase_order_number", "_po_number", "po_number", "_billing_purchase_order_number",
    "_billing_po_number",
)  # fmt: skip
_TAX_ID = ("_billing_vat_number", "_vat_number", "vat_number", "_billing_vat", "billing_vat", "_billing_eu_vat_number")
_GIFT_MESSAGE = ("_gift_message", "gift_message", "_wc_gift_message")
_ON_TERMS = re.compile(r"invoice|on_account|purchase[-_]?order|net[-_]?[0-9]+|payment[-_]terms")


def order_of(order: Order) -> OrderInput:
    """The order in a payload.

    Raises:
        UnmappableError: it is not to be worked on, or something is wrong with it.
    """
    _check_status(order)
    lines = [*_goods(order), *_fees(order)]
    if not lines:
        msg = "$.line_items: the order has neither lines nor fees; one without them is nothing to work on"
        raise UnmappableError(msg)
    placed_at = order.date_created_gmt or order.date_created
    if placed_at is None:
        msg = "$.date_created_gmt: the moment at which the order was placed is needed"
        raise UnmappableError(msg)
    version = order.date_modified_gmt or order.date_modified
    bill = order.billing or Address()
    return OrderInput(
        order_id=order.id,
        number=order.number or order.id,
        source_version=version.isoformat() if version else "",
        placed_at=placed_at,
        currency=order.currency,
        lines=tuple(lines),
        payment=_payment(order),
        customer=_customer(order, bill),
        ship_to=_address(order.shipping, bill) if order.shipping else None,
        bill_to=_address(bill, bill),
        shipping=_shipping(order),
        customer_po=order.meta(*_PO),
        gift_message=order.meta(*_GIFT_MESSAGE),
        note=order.customer_note,
        cancels=_cancels(order),
        refunds=_refunds(order),
        **_money(order),
        **_fulfilled_by(order, lines),
    )


def _check_status(order: Order) -> None:
    """See to it that an order is one to work on.

    Raises:
        NotYetError: it waits for something in the shop.
        UnmappableError: nobody here knows what its status means.
    """
    if order.status in _GOING or order.status in _OFF:
        return
    if order.status in _WAITING:
        msg = f"$.status: {order.status}: {_WAITING[order.status]}"
        raise NotYetError(msg)
    known = ", ".join(sorted({*_GOING, *_OFF, *_WAITING}))
    msg = f"$.status: {order.status}: a status of the shop's own; known are {known}"
    raise UnmappableError(msg)


def _goods(order: Order) -> list[LineInput]:
    parents = {parent for line in order.line_items if (parent := line.bundled_by or line.composite_parent)}
    names = {line.id: line.name for line in order.line_items}
    return [
        _line(order, line, f"$.line_items[{n}]", names, is_bundle=line.id in parents)
        for n, line in enumerate(order.line_items)
    ]


def _line(order: Order, line: Line, path: str, names: dict[str, str], *, is_bundle: bool) -> LineInput:
    """A line; a bundle is what its parts, which are lines of their own, are sold under."""
    if not line.quantity:
        msg = f"{path}.quantity: 0 pieces; take the line out of the order in the shop"
        raise UnmappableError(msg)
    kind = LineKind.SERVICE if is_bundle else kind_of(order, line)
    after = rounded(line.total, order.currency, f"{path}.total")
    before = after if line.subtotal is None else rounded(line.subtotal, order.currency, f"{path}.subtotal")
    unit, discount = unit_and_discount(before, after, line.quantity)
    bundle = names.get(line.bundled_by or line.composite_parent)
    return LineInput(
        line_id=line.id,
        kind=kind,
        listing_id="" if is_bundle else line.variation_id or line.product_id,
        sku="" if is_bundle else line.sku.strip(),
        title=line.name,
        quantity=line.quantity,
        unit_price_minor=unit,
        discount_minor=discount,
        tax_minor=rounded(line.total_tax, order.currency, f"{path}.total_tax"),
        note="; ".join([*([f"part of {bundle}"] if bundle else []), *_told(line.meta_data)]),
    )


def kind_of(order: Order, line: Line) -> LineKind:
    """Goods, unless the shop says that nothing of the order ships, or that the line is a download or a gift card."""
    virtual = any(one.key in {"_virtual", "_downloadable"} and one.value == "yes" for one in line.meta_data)
    gift_card = any(one.key.startswith("wc_gc_giftcard") for one in line.meta_data)
    nothing_ships = order.needs_processing is False and not order.shipping_lines
    return LineKind.DIGITAL if virtual or gift_card or nothing_ships else LineKind.PHYSICAL


def _told(meta: tuple[Meta, ...]) -> list[str]:
    """What the buyer chose or wrote; keys that begin with an underscore are the shop's own business."""
    return [
        f"{one.display_key or one.key}: {one.display_value or one.value}"
        for one in meta
        if one.key and one.key[0] != "_" and (one.display_value or one.value)
    ]


def _fees(order: Order) -> list[LineInput]:
    found = []
    for n, fee in enumerate(order.fee_lines):
        amount = rounded(fee.total, order.currency, f"$.fee_lines[{n}].total")
        if amount or fee.total_tax:
            found.append(
                LineInput(
                    line_id=f"fee-{fee.id}",
                    kind=LineKind.CHARGE if amount >= 0 else LineKind.DISCOUNT,
                    title=fee.name,
                    quantity=1,
                    unit_price_minor=abs(amount),
                    tax_minor=rounded(fee.total_tax, order.currency, f"$.fee_lines[{n}].total_tax"),
                )
            )
    return found


def _money(order: Order) -> dict[str, Any]:
    """Totals as the shop states them; what was paid with gift cards it has taken off its total."""
    currency = order.currency
    amounts = [rounded(card.amount, currency, f"$.gift_cards[{n}].amount") for n, card in enumerate(order.gift_cards)]
    cards = max(0, sum(amounts))
    shipping = sum(
        rounded(one.total, currency, f"$.shipping_lines[{n}].total") for n, one in enumerate(order.shipping_lines)
    )
    if order.shipping_total is not None:
        shipping = rounded(order.shipping_total, currency, "$.shipping_total")
    return {
        "shipping_minor": shipping,
        "tax_minor": rounded(order.total_tax, currency, "$.total_tax"),
        "total_minor": rounded(order.total, currency, "$.total") + cards,
        "gift_cards_minor": cards,
    }


def _payment(order: Order) -> PaymentTerms:
    """How it is paid: a shop sets ``processing`` once it has the money, save for orders that are paid on delivery."""
    taken = bool(order.date_paid_gmt or order.date_paid or order.transaction_id)
    method = PaymentMethod.PREPAID
    if order.payment_method == "cod" and not taken:
        method = PaymentMethod.CASH_ON_DELIVERY
    elif (_ON_TERMS.search(order.payment_method) and not order.transaction_id) or (
        order.status in {"cancelled", "trash"} and not taken
    ):
        method = PaymentMethod.TERMS
    return PaymentTerms(method=method, gateway=order.payment_method, reference=order.transaction_id or order.id)


def _customer(order: Order, bill: Address) -> values.Customer:
    return values.Customer(
        channel_customer_id=order.customer_id,
        name=named(bill.first_name, bill.last_name),
        company=bill.company,
        email=bill.email,
        phone=bill.phone,
        tax_id=order.meta(*_TAX_ID),
    )


def _address(address: Address, bill: Address) -> values.Address | None:
    """An address; none where every field is empty, as the shop leaves it that ships nothing."""
    if not any(text for name, text in address.model_dump().items() if name not in {"email", "phone"}):
        return None
    return values.Address(
        name=named(address.first_name, address.last_name),
        company=address.company,
        line1=address.address_1,
        line2=address.address_2,
        city=address.city,
        region=address.state,
        postcode=address.postcode,
        country=country_of(address.country),
        phone=address.phone or bill.phone,
        email=address.email or bill.email,
    )


def _shipping(order: Order) -> ShippingChoice:
    pickup = next((one for one in order.shipping_lines if one.method_id in _PICKUP), None)
    return ShippingChoice(
        service_level=service_level(*(one.method_title for one in order.shipping_lines)),
        title="; ".join(one.method_title for one in order.shipping_lines if one.method_title),
        pickup_location_id=_place(pickup) if pickup else "",
    )


def _place(pickup: Shipping) -> str:
    """Where the buyer collects the goods: what the plug-in calls it, or else the name of the shipping method."""
    return first_of(pickup.meta_data, *_PLACE) or pickup.method_title or pickup.method_id


def _cancels(order: Order) -> tuple[CancelInput, ...]:
    if order.status not in _OFF:
        return ()
    when = order.date_modified_gmt or order.date_modified
    return (CancelInput(cancel_id="cancelled", reason=_OFF[order.status], cancelled_at=when),)


def _refunds(order: Order) -> tuple[RefundInput, ...]:
    """What was paid back; for which lines it was, an order does not say."""
    amounts = [
        (one.id, abs(rounded(one.total, order.currency, f"$.refunds[{n}].total")))
        for n, one in enumerate(order.refunds)
    ]
    return tuple(RefundInput(refund_id=refund_id, amount_minor=amount) for refund_id, amount in amounts if amount)


def _fulfilled_by(order: Order, lines: list[LineInput]) -> dict[str, Any]:
    """Who fulfils it, where that is not the hub: a till, or somebody who has completed it in the shop."""
    if order.status != "completed" or not any(line.kind is LineKind.PHYSICAL for line in lines):
        return {}
    if order.created_via.startswith("pos"):
        return {"fulfil_by": "till"}
    done = order.date_completed_gmt or order.date_completed or order.date_modified_gmt or order.date_created_gmt
    return {"fulfil_by": "channel", "fulfilled_at": done or order.date_created}
