"""How an order of TikTok Shop becomes one of the hub."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

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
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.parts import country_of, joined, level_of, mapping
from services.capture.channels.reading import minor
from services.capture.channels.tiktok.payload import Order, Recipient

_NONE = Decimal(0)
_REMORSE = timedelta(hours=1)
"""So long a new order is on hold, for the buyer may still call it off."""
_SHIPPED = {"IN_TRANSIT", "DELIVERED", "COMPLETED"}
_FULFILLED_THERE = {"FULFILLMENT_BY_TIKTOK", "FULFILLMENT_BY_DILAYANI_TOKOPEDIA"}
_CITIES = ("city", "post town", "town", "municipality", "kota", "kabupaten", "district", "l3", "l2")
_REGIONS = ("state", "province", "provinsi", "prefecture", "region", "l1")
_FEES = {
    "small_order_fee": "Small order fee",
    "buyer_service_fee": "Service fee",
    "handling_fee": "Handling fee",
    "shipping_insurance_fee": "Shipping insurance",
    "item_insurance_fee": "Item insurance",
    "retail_delivery_fee": "Retail delivery fee",
    "distance_fee": "Distance fee",
    "payment_discount_service_fee": "Fee for the payment discount",
}
"""Fields of ``payment`` that the buyer pays beside the goods, their shipping and tax."""


@mapping()
def order_of(found: Order) -> OrderInput:
    """The order.

    Raises:
        NotYetError: it is not paid.
        UnmappableError: it makes no order.
    """
    if found.status == "UNPAID":
        msg = "$.status: UNPAID: the buyer has not paid yet; it comes again once that has changed"
        raise NotYetError(msg)
    money, currency = found.payment, found.payment.currency
    lines = (*_lines(found), *_fees(found))
    discount = minor(money.payment_platform_discount, currency, "$.payment.payment_platform_discount")
    shipping = minor(money.shipping_fee, currency, "$.payment.shipping_fee")
    total = minor(money.total_amount, currency, "$.payment.total_amount")
    untaxed = sum(one.quantity * one.unit_price_minor - one.discount_minor for one in lines) - discount + shipping
    shipped = found.status in _SHIPPED
    there = found.fulfillment_type in _FULFILLED_THERE or shipped
    on_hold = found.status == "ON_HOLD"
    return OrderInput(
        order_id=found.id,
        number=found.id,
        source_version=found.update_time,
        placed_at=found.create_time,
        currency=currency,
        lines=lines,
        discount_minor=discount,
        shipping_minor=shipping,
        tax_minor=minor(money.tax, currency, "$.payment.tax"),
        tax_included=untaxed == total,
        total_minor=total,
        payment=PaymentTerms(
            method=PaymentMethod.CASH_ON_DELIVERY if found.is_cod else PaymentMethod.PREPAID,
            reference=found.id,
        ),
        customer=_customer(found),
        ship_to=None if on_hold else _address(found.recipient_address),
        shipping=ShippingChoice(
            service_level=level_of(found.delivery_option_name),
            title=found.delivery_option_name,
            carrier=found.shipping_provider,
        ),
        ship_by=_earliest(found.rts_sla_time, found.tts_sla_time, found.shipping_due_time),
        deliver_by=_earliest(
            found.delivery_sla_time, found.delivery_due_time, found.delivery_option_required_delivery_time
        ),
        release_at=_released(found) if on_hold else None,
        fulfil_by="channel" if there else None,
        fulfilled_at=(found.collection_time or found.rts_time or found.create_time) if shipped else None,
        note=found.buyer_message,
        tags=tuple(_tags(found)),
        cancels=tuple(_cancels(found)),
        refunds=tuple(_refunds(found)),
    )


def _lines(found: Order) -> Iterator[LineInput]:
    """Goods, and the deposits on their bottles. In TikTok Shop US and elsewhere tax comes on top, if it is told."""
    currency = found.payment.currency
    for number, line in enumerate(found.line_items):
        path = f"$.line_items[{number}]"
        sale = minor(line.sale_price, currency, f"{path}.sale_price")
        price = max(sale, minor(line.original_price, currency, f"{path}.original_price"))
        taxes = sum((tax.tax_amount for tax in line.item_tax), _NONE)
        yield LineInput(
            line_id=line.id,
            listing_id=line.sku_id,
            sku=line.seller_sku,
            title=joined(line.product_name, f"({line.sku_name})" if line.sku_name else ""),
            quantity=line.quantity,
            unit_price_minor=price,
            discount_minor=(price - sale) * line.quantity,
            tax_minor=minor(taxes, currency, f"{path}.item_tax"),
        )
        if deposit := minor(line.pfand_fee, currency, f"{path}.pfand_fee"):
            yield LineInput(
                line_id=f"{line.id}-deposit",
                kind=LineKind.CHARGE,
                title="Deposit",
                quantity=line.quantity,
                unit_price_minor=deposit,
            )


def _fees(found: Order) -> Iterator[LineInput]:
    for field, title in _FEES.items():
        amount = minor(getattr(found.payment, field), found.payment.currency, f"$.payment.{field}")
        if amount:
            line_id = field.replace("_", "-")
            yield LineInput(line_id=line_id, kind=LineKind.CHARGE, title=title, quantity=1, unit_price_minor=amount)


def _customer(found: Order) -> Customer:
    recipient = found.recipient_address or Recipient()
    return Customer(
        channel_customer_id=found.user_id,
        name=found.cpf_name or recipient.name,
        email=found.buyer_email,
        phone=recipient.phone_number,
        tax_id=found.cpf,
    )


def _address(found: Recipient | None) -> Address | None:
    if found is None:
        return None
    lines = [line.strip() for line in (found.address_line1, found.address_line2) if line.strip()]
    rest = [line.strip() for line in (found.address_line3, found.address_line4) if line.strip()]
    lines = lines or [found.address_detail or found.full_address]
    if not lines[0] and not found.postal_code:
        return None
    return Address(
        name=found.name,
        line1=lines[0],
        line2=" ".join(lines[1:]),
        line3=", ".join(rest),
        city=_district(found, _CITIES) or found.post_town,
        region=_district(found, _REGIONS),
        postcode=found.postal_code,
        country=country_of(found.region_code),
        phone=found.phone_number,
    )


def _district(found: Recipient, levels: Sequence[str]) -> str:
    """The part of the address of the first of these levels that it has; each country calls them differently."""
    named = {one.address_level.lower(): one.address_name for one in found.district_info}
    named |= {one.address_level_name.lower(): one.address_name for one in found.district_info}
    return next((named[level] for level in levels if named.get(level)), "")


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _released(found: Order) -> datetime:
    try:
        remorse = (found.paid_time or found.create_time) + _REMORSE
    except OverflowError:
        msg = "$.create_time: nothing lies that far ahead"
        raise UnmappableError(msg) from None
    return max(remorse, found.release_date or remorse)


def _tags(found: Order) -> Iterator[str]:
    if found.order_type not in ("", "NORMAL"):
        yield found.order_type.lower().replace("_", "-")
    if found.is_sample_order:
        yield "sample"
    if found.is_replacement_order:
        yield "replacement"
    if found.is_buyer_request_cancel:
        yield "cancel-requested"


def _cancels(found: Order) -> Iterator[CancelInput]:
    """As a cancellation tells, whose refund goes by the same id; else as the pieces do."""
    told = [one for one in found.cancellations if one.cancel_id and one.cancel_status.endswith("_COMPLETE")]
    if found.status == "CANCELLED":
        yield CancelInput(cancel_id=told[0].cancel_id if len(told) == 1 else "cancelled")
        return
    gone = {line.id: line.quantity for line in found.line_items if line.display_status == "CANCELLED"}
    for one in told:
        ids = [taken.order_line_item_id for taken in one.cancel_line_items]
        lines = tuple(LineQuantity(line_id=i, quantity=gone.pop(i)) for i in dict.fromkeys(ids) if i in gone)
        if lines:
            counted = lines[0].quantity
            yield CancelInput(cancel_id=one.cancel_id, lines=lines, cancelled_at=one.update_time, counted=counted)
    for line_id, quantity in gone.items():
        pieces = (LineQuantity(line_id=line_id, quantity=quantity),)
        yield CancelInput(cancel_id=line_id, lines=pieces, counted=quantity)


def _refunds(found: Order) -> Iterator[RefundInput]:
    """Returns and cancellations that are complete: then TikTok has paid back."""
    known = {line.id: line.quantity for line in found.line_items}
    for field, several in (("returns", found.returns), ("cancellations", found.cancellations)):
        for number, one in enumerate(several):
            status, back = one.return_status or one.cancel_status, one.refund_amount
            if back is None or not status.endswith("_COMPLETE"):
                continue
            path = f"$.{field}[{number}].refund_amount.refund_total"
            amount = minor(back.refund_total, found.payment.currency, path)
            if amount <= 0:
                continue
            ids = [taken.order_line_item_id for taken in (*one.return_line_items, *one.cancel_line_items)]
            pieces = tuple(LineQuantity(line_id=i, quantity=known[i]) for i in dict.fromkeys(ids) if i in known)
            identity = one.return_id or one.cancel_id
            yield RefundInput(refund_id=identity, amount_minor=amount, lines=pieces, refunded_at=one.update_time)
