"""How a shipment of Flipkart becomes an order of the hub."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput
from crossdock_contracts.values import Address, Customer, LineQuantity, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NotYetError
from services.capture.channels.flipkart.payload import AddressOf, Item, Shipment
from services.capture.channels.parts import joined, mapping, spread
from services.capture.channels.reading import minor

_INR = "INR"
"""Flipkart sells in India, and in rupees."""
_COUNTRY = "IN"
_FULFILLED_THERE = {"FBF", "Flipkart_Fulfilment"}
_SHIPPED = {"PICKUP_COMPLETE", "SHIPPED", "DELIVERED", "COMPLETED", "RETURN_REQUESTED", "RETURNED"}
"""The goods have left: through the hub, which knows it, or before it was there, and then it only records that."""


@mapping()
def order_of(found: Shipment) -> OrderInput:
    """The order.

    Raises:
        NotYetError: Flipkart has it on hold.
        UnmappableError: it makes no order.
    """
    if found.hold:
        msg = "$.hold: Flipkart verifies it; it comes again once it is released"
        raise NotYetError(msg)
    items = found.order_items
    shipped = all(one.status in _SHIPPED for one in items)
    there = shipped or any(one.service_profile in _FULFILLED_THERE for one in items)
    cash = any(one.payment_type.upper() == "COD" for one in items)
    placed = min(one.order_date for one in items)
    return OrderInput(
        order_id=found.shipment_id,
        number=items[0].order_id,
        source_version=found.updated_at,
        placed_at=placed,
        currency=_INR,
        lines=tuple(_lines(items)),
        shipping_minor=sum(
            _paise(one.price_components.shipping_charge, n, "shippingCharge") for n, one in enumerate(items)
        ),
        tax_included=True,
        total_minor=sum(_total(one, n) for n, one in enumerate(items)),
        payment=PaymentTerms(
            method=PaymentMethod.CASH_ON_DELIVERY if cash else PaymentMethod.PREPAID, reference=items[0].order_id
        ),
        customer=_customer(found),
        ship_to=_address(found.delivery_address),
        bill_to=_address(found.billing_address),
        shipping=ShippingChoice(
            service_level="express" if found.shipment_type.upper() == "EXPRESS" else "standard",
            title=found.shipment_type,
        ),
        ship_by=found.dispatch_by_date,
        release_at=found.dispatch_after_date,
        ship_complete=True,
        fulfil_by="channel" if there else None,
        fulfilled_at=_shipped_at(found, placed) if shipped else None,
        tags=tuple(_tags(found)),
        cancels=tuple(_cancels(items)),
    )


def _paise(amount: Decimal, number: int, field: str) -> int:
    return minor(amount, _INR, f"$.orderItems[{number}].priceComponents.{field}")


def _lines(items: Sequence[Item]) -> Iterator[LineInput]:
    for number, one in enumerate(items):
        prices = one.price_components
        unit, less = spread(_paise(prices.selling_price, number, "sellingPrice"), one.quantity)
        yield LineInput(
            line_id=one.order_item_id,
            listing_id=one.listing_id or one.fsn,
            sku=one.sku,
            title=one.title,
            quantity=one.quantity,
            unit_price_minor=unit,
            discount_minor=_paise(prices.flipkart_discount, number, "flipkartDiscount") + less,
        )


def _total(item: Item, number: int) -> int:
    """What the buyer pays for an item: ``customerPrice``, which some answers give without shipping, or not at all."""
    prices = item.price_components
    customer, shipping = prices.customer_price, prices.shipping_charge
    made_up = prices.selling_price - prices.flipkart_discount
    if not customer:
        return _paise(prices.total_price - prices.flipkart_discount, number, "totalPrice")
    return _paise(customer + shipping if customer == made_up else customer, number, "customerPrice")


def _customer(found: Shipment) -> Customer:
    address = found.billing_address or found.delivery_address or AddressOf()
    return Customer(name=joined(address.first_name, address.last_name), phone=address.contact_number)


def _address(found: AddressOf | None) -> Address | None:
    if found is None or not (found.address_line1 or found.city or found.pin_code):
        return None
    return Address(
        name=joined(found.first_name, found.last_name),
        line1=found.address_line1,
        line2=found.address_line2,
        line3=found.landmark,
        city=found.city,
        region=found.state,
        postcode=found.pin_code,
        country=_COUNTRY,
        phone=found.contact_number,
    )


def _shipped_at(found: Shipment, placed: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(found.updated_at)
    except ValueError:
        return placed
    return moment if moment.tzinfo else placed


def _tags(found: Shipment) -> Iterator[str]:
    if found.location_id:
        yield f"location:{found.location_id}"
    if found.packaging_policy not in ("", "NA", "DEFAULT"):
        yield found.packaging_policy.lower().replace("_", "-")
    if any(one.is_replacement for one in found.order_items):
        yield "replacement"


def _cancels(items: Sequence[Item]) -> Iterator[CancelInput]:
    gone = [one for one in items if one.status == "CANCELLED"]
    if len(gone) == len(items):
        yield CancelInput(cancel_id="cancelled", reason=_reason(gone[0]), cancelled_at=gone[0].cancellation_date)
        return
    for one in gone:
        pieces = (LineQuantity(line_id=one.order_item_id, quantity=one.quantity),)
        yield CancelInput(
            cancel_id=one.order_item_id,
            lines=pieces,
            reason=_reason(one),
            cancelled_at=one.cancellation_date,
            counted=one.quantity,
        )


def _reason(item: Item) -> str:
    return re.sub(r"[^a-z0-9]+", "-", item.cancellation_reason.lower()).strip("-")[:64] or "requested"
