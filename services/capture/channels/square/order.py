"""How an order of Square becomes one of the hub."""

from collections.abc import Iterator, Sequence
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
from services.capture.channels import NoOrderError, NotYetError
from services.capture.channels.parts import country_of, joined, level_of, mapping, spread
from services.capture.channels.reading import minor
from services.capture.channels.square.payload import CANCEL, Details, Fulfilment, Line, Order, Recipient
from services.hub.money import major

SENT = {"PICKUP", "SHIPMENT", "DELIVERY"}
"""Fulfilments that something is to be done for; everything else leaves the shop with the buyer."""
_ENDED = {"CANCELED", "FAILED"}
_GIFT_CARD = "SQUARE_GIFT_CARD"


@mapping()
def order_of(found: Order) -> OrderInput:
    """The order.

    Raises:
        NoOrderError: nothing is sold with it, or it is a return of another one.
        NotYetError: it is not paid.
        UnmappableError: it makes no order.
    """
    _check(found)
    sent = [one for one in found.fulfillments if one.type in SENT]
    first = next((one for one in sent if one.state not in _ENDED), sent[0] if sent else None)
    details = _details(first)
    lines = tuple(_lines(found))
    done = all(one.state == "COMPLETED" for one in sent)
    fulfil_by = "till" if not sent else "channel" if done else "hub"
    added = sum(tax.applied_money.amount for tax in found.taxes if tax.type != "INCLUSIVE")
    return OrderInput(
        order_id=found.id,
        number=found.reference_id or found.ticket_name,
        source_version=found.version or found.updated_at,
        placed_at=found.created_at,
        currency=found.total_money.currency,
        lines=(*lines, *_charges(found)),
        discount_minor=max(0, found.total_discount_money.amount - sum(line.discount_minor for line in lines)),
        tax_minor=added or found.total_tax_money.amount,
        tax_included=not added,
        total_minor=found.total_money.amount,
        gift_cards_minor=sum(one.amount_money.amount for one in found.tenders if one.type == _GIFT_CARD),
        payment=PaymentTerms(method=PaymentMethod.PREPAID, reference=_reference(found)),
        customer=_customer(found, details),
        ship_to=_address(details.recipient) if first is None or first.type != "PICKUP" else None,
        shipping=_shipping(found, first, details),
        ship_by=details.expected_shipped_at,
        requested_at=details.pickup_at or details.deliver_at,
        fulfil_by=fulfil_by,
        sold_at="" if fulfil_by == "hub" else found.location_id,
        fulfilled_at=None if fulfil_by == "hub" else found.closed_at or found.created_at,
        note=joined(details.note, details.shipping_note),
        tags=(f"source:{found.source.name}",) if found.source and found.source.name else (),
        cancels=tuple(_cancels(found, sent)),
        refunds=tuple(_refunds(found)),
    )


def _check(found: Order) -> None:
    minor(Decimal(0), found.total_money.currency, "$.total_money.currency")
    if not found.line_items and found.returns:
        source = found.returns[0].source_order_id or "another order"
        msg = f"$.returns: it is a return of {source}; that order tells what was paid back"
        raise NoOrderError(msg)
    if not found.line_items and not found.service_charges:
        msg = "$.line_items: nothing is sold; a sale of nothing is no order"
        raise NoOrderError(msg)
    if found.state == "DRAFT":
        msg = "$.state: DRAFT: it is being written; it comes again once it is placed"
        raise NotYetError(msg)
    if found.state == "OPEN" and _due(found) > 0:
        due = major(_due(found), found.total_money.currency)
        msg = f"$.state: OPEN: {due} are still to be paid; it comes again once they are"
        raise NotYetError(msg)


def _due(found: Order) -> int:
    if found.net_amount_due_money is not None:
        return found.net_amount_due_money.amount
    return found.total_money.amount - sum(tender.amount_money.amount for tender in found.tenders)


def _details(found: Fulfilment | None) -> Details:
    several = (found.pickup_details, found.shipment_details, found.delivery_details) if found else ()
    return next((one for one in several if one is not None), Details())


def _lines(found: Order) -> Iterator[LineInput]:
    """Prices as they are on the shelf, with what was chosen to an item; included tax is in them."""
    for line in found.line_items:
        shelf = line.variation_total_price_money
        price = shelf.amount if shelf is not None else line.base_price_money.amount * line.quantity
        price += sum(one.total_price_money.amount for one in line.modifiers)
        unit, less = spread(price, line.quantity)
        kind = kind_of(line)
        yield LineInput(
            line_id=line.uid,
            kind=kind,
            listing_id=line.catalog_object_id if kind is LineKind.PHYSICAL else "",
            title=joined(line.name, f"({line.variation_name})" if line.variation_name else "") or line.item_type,
            quantity=line.quantity,
            unit_price_minor=unit,
            discount_minor=line.total_discount_money.amount + less,
            tax_minor=line.total_tax_money.amount,
            note="; ".join(filter(None, [line.note, *(one.name for one in line.modifiers)])),
        )


def kind_of(line: Line) -> LineKind:
    """What is rung up by hand is in no catalogue, and so in no stock."""
    if line.item_type == "GIFT_CARD":
        return LineKind.DIGITAL
    return LineKind.PHYSICAL if line.catalog_object_id and line.item_type == "ITEM" else LineKind.CHARGE


def _charges(found: Order) -> Iterator[LineInput]:
    amounts = [
        (one.uid, one.name or "Service charge", (one.applied_money or one.amount_money).amount)
        for one in found.service_charges
    ]
    rounding = found.rounding_adjustment.amount_money.amount if found.rounding_adjustment else 0
    amounts += [("tip", "Tip", found.total_tip_money.amount), ("rounding", "Rounding", rounding)]
    for line_id, title, amount in amounts:
        if amount:
            kind = LineKind.CHARGE if amount > 0 else LineKind.DISCOUNT
            yield LineInput(line_id=line_id, kind=kind, title=title, quantity=1, unit_price_minor=abs(amount))


def _reference(found: Order) -> str:
    return next((one.payment_id or one.id for one in found.tenders), "")


def _customer(found: Order, details: Details) -> Customer:
    recipient = details.recipient or Recipient()
    return Customer(
        channel_customer_id=found.customer_id or recipient.customer_id,
        name=recipient.display_name,
        company=recipient.address.organization if recipient.address else "",
        email=recipient.email_address,
        phone=recipient.phone_number,
    )


def _address(recipient: Recipient | None) -> Address | None:
    if recipient is None or recipient.address is None:
        return None
    found = recipient.address
    return Address(
        name=recipient.display_name or joined(found.first_name, found.last_name),
        company=found.organization,
        line1=found.address_line_1,
        line2=found.address_line_2,
        line3=found.address_line_3,
        city=found.locality,
        region=found.administrative_district_level_1,
        postcode=found.postal_code,
        country=country_of(found.country),
        phone=recipient.phone_number,
        email=recipient.email_address,
    )


def _shipping(found: Order, first: Fulfilment | None, details: Details) -> ShippingChoice:
    pickup = first is not None and first.type == "PICKUP"
    return ShippingChoice(
        service_level=level_of(details.shipping_type),
        title=details.shipping_type or (first.type.capitalize() if first else ""),
        carrier=details.carrier,
        pickup_location_id=found.location_id if pickup else "",
    )


def _cancels(found: Order, sent: Sequence[Fulfilment]) -> Iterator[CancelInput]:
    if found.state == "CANCELED" or (sent and all(one.state in _ENDED for one in sent)):
        asked = [_asked_as(one) for one in sent]
        yield CancelInput(cancel_id="cancelled", asked_as=asked[-1] if all(asked) and asked else "")
        return
    known = {line.uid for line in found.line_items}
    for one in sent:
        pieces = tuple(
            LineQuantity(line_id=entry.line_item_uid, quantity=entry.quantity)
            for entry in one.entries
            if entry.line_item_uid in known
        )
        if one.state in _ENDED and pieces:
            yield CancelInput(cancel_id=one.uid, lines=pieces, asked_as=_asked_as(one))


def _asked_as(one: Fulfilment) -> str:
    """The hub's own id of the cancel that a fulfilment was called off with; empty: the hub did not."""
    ours = [value.partition(" ")[2] for name, value in one.metadata.items() if name.startswith(CANCEL)]
    return ours[-1] if ours else ""


def _refunds(found: Order) -> Iterator[RefundInput]:
    """What has gone back; the pieces stand with it where there is one return and one refund."""
    known = {line.uid for line in found.line_items}
    paid = [one for one in found.refunds if one.status in ("APPROVED", "COMPLETED", "") and one.amount_money.amount > 0]
    returned = [
        one for single in found.returns for one in single.return_line_items if one.source_line_item_uid in known
    ]
    pieces = [LineQuantity(line_id=one.source_line_item_uid, quantity=one.quantity) for one in returned]
    together = len(paid) == 1 and len(found.returns) == 1
    for one in paid:
        yield RefundInput(
            refund_id=one.id,
            amount_minor=one.amount_money.amount,
            lines=tuple(pieces) if together else (),
            refunded_at=one.created_at,
        )
