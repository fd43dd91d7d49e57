"""Dropship: a supplier gets a purchase order for each fulfilment, answers for it, ships it, and invoices it once."""

from datetime import datetime, timedelta

from crossdock_contracts.base import Event
from crossdock_contracts.stores import (
    FulfilmentOfferedV1,
    InvoicePurchaseOrderV1,
    PurchaseLine,
    PurchaseOrderIssuedV1,
    SupplierInvoicedV1,
)
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import about, refused, shipment_of
from services.shipping.decide.parcels import lines_of
from services.shipping.parts import Purchase
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus

_NOT_TAKEN_ON = (ShipmentStatus.EXPECTED, ShipmentStatus.OFFERED, ShipmentStatus.STOPPED)


def offered(rules: Rules, shipment: Shipment, now: datetime) -> Decision | None:
    """A fulfilment is offered to its location, to a supplier by a purchase order.

    None, where the location does not answer for itself.
    """
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    place = rules.locations.get(fulfilment.location_id)
    if place is None or place.accept_minutes is None:
        return None
    answer_by = now + timedelta(minutes=place.accept_minutes)
    shipment = changed(shipment, status=ShipmentStatus.OFFERED)
    if place.kind != "supplier":
        said: Event = FulfilmentOfferedV1(**about(shipment), lines=lines_of(shipment), answer_by=answer_by)
        return Decision(writes=[shipment], events=[said])
    shipment = changed(shipment, purchase=Purchase(supplier=fulfilment.location_id))
    return Decision(writes=[shipment], events=[_order(rules, shipment, answer_by, now)])


def _order(rules: Rules, shipment: Shipment, answer_by: datetime, now: datetime) -> PurchaseOrderIssuedV1:
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    return PurchaseOrderIssuedV1(
        **about(shipment),
        lines=tuple(
            PurchaseLine(line_id=line.line_id, sku=line.sku, title=line.title, quantity=line.quantity, note=line.note)
            for line in fulfilment.lines
        ),
        ship_to=fulfilment.ship_to,
        service_level=fulfilment.service_level,
        gift_message=fulfilment.gift_message,
        note=fulfilment.note,
        needed_by=fulfilment.ship_by,
        label_by=rules.locations[fulfilment.location_id].label_by_for(shipment.owner),
        acknowledge_by=answer_by,
        issued_at=now,
    )


def invoice(states: States, message: InvoicePurchaseOrderV1, now: datetime) -> Decision:
    """A supplier asks to be paid; the same invoice may come again, another may not."""
    shipment = shipment_of(states, message)
    purchase = shipment.purchase if shipment else None
    if shipment is None or purchase is None or shipment.status in _NOT_TAKEN_ON:
        return refused(message, shipment, "only purchase orders that were acknowledged are invoiced")
    if purchase.invoice is not None:
        if (purchase.invoice, purchase.invoice_reference) == (message.amount, message.reference):
            return Decision.nothing()
        known = f"{purchase.invoice_reference} over {purchase.invoice.amount_minor} {purchase.invoice.currency}"
        wanted = f"it is invoiced already: {known} minor units; settle the difference with the supplier"
        return refused(message, shipment, wanted, reason="invoiced-already")
    said = SupplierInvoicedV1(
        **{**about(shipment), "location_id": purchase.supplier},
        amount=message.amount,
        reference=message.reference,
        invoiced_at=now,
    )
    purchase = changed(purchase, invoice=message.amount, invoice_reference=message.reference)
    return Decision(writes=[changed(shipment, purchase=purchase)], events=[said])
