"""The warehouse's work, as it confirms it: picked, packed, shipped; and what carriers say of parcels on their way."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
    FulfilmentPackedV1,
    FulfilmentPickedV1,
    LabelWantedV1,
    ReportLabelV1,
    ShipmentDeliveredV1,
    ShipmentExceptionV1,
    ShipmentInTransitV1,
    ShipmentOutForDeliveryV1,
    ShipmentShippedV2,
    ShippedParcel,
    ShortPickedV1,
    TrackingUpdateV1,
)
from crossdock_contracts.values import LineQuantity, Money
from services.hub.decision import Decision, Outcome, States, changed
from services.shipping.decide import goods, serials
from services.shipping.decide.label import IsOpen, buy, resume, settle, void, without
from services.shipping.decide.rates import weight_of
from services.shipping.decide.serials import FINE
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus

Work = ConfirmPickedV1 | ConfirmPackedV1 | ConfirmShippedV1 | TrackingUpdateV1 | ReportLabelV1 | LabelWantedV1


def shipment_of(states: States, message: Work) -> Shipment | None:
    """The fulfilment that a message is about, if it is one of the order that the message names."""
    found = states.get(Shipment, message.owner, message.fulfilment_id)
    return found if found is None or found.order_id == message.order_id else None


def reads_shipment(message: Work) -> Iterable[str]:
    """The document of the fulfilment."""
    return [Shipment.at(message.owner, message.fulfilment_id)]


def _refused(message: Work, shipment: Shipment | None, wanted: str) -> Decision:
    state = shipment.status if shipment else "not known"
    return refused(message, "wrong-state", f"fulfilment {message.fulfilment_id} is {state}; {wanted}")


def refused(message: Work, reason: str, detail: str) -> Decision:
    """A confirmation is not taken, and why."""
    refusal = CommandRefusedV1(
        owner=message.owner, entity_id=message.fulfilment_id, command=message.TYPE, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def lines_of(shipment: Shipment) -> tuple[LineQuantity, ...]:
    """What is left of a fulfilment, by line."""
    lines = shipment.fulfilment.lines if shipment.fulfilment else ()
    return tuple(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=line.quantity) for line in lines)


def confirm_picked(rules: Rules, states: States, message: ConfirmPickedV1, now: datetime) -> Decision:
    """Picked: what was not found goes back to be promised and placed again."""
    shipment = shipment_of(states, message)
    if shipment is not None and (shipment.voiding or shipment.status in (ShipmentStatus.PICKED, ShipmentStatus.PACKED)):
        return resume(rules, shipment, now)
    if shipment is None or shipment.status not in (ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED):
        return _refused(message, shipment, "only allocated fulfilments are picked")
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    found: dict[str, int] = {}
    for line in message.lines:
        found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    missing = {
        line.line_id: line.quantity - min(line.quantity, found.get(line.line_id, 0)) for line in fulfilment.lines
    }
    short = tuple(
        LineQuantity(line_id=line.line_id, sku=line.sku, quantity=missing[line.line_id])
        for line in fulfilment.lines
        if missing[line.line_id]
    )
    left = without(shipment, missing) if short else shipment
    taken, trouble = goods.picked(states, left, message, now)
    if trouble != FINE:
        return refused(message, *trouble)
    picked = lines_of(left) if left.status is not ShipmentStatus.STOPPED else ()
    about = {
        "owner": shipment.owner,
        "order_id": shipment.order_id,
        "fulfilment_id": shipment.fulfilment_id,
        "location_id": fulfilment.location_id,
        "picked_at": now,
    }
    events: list[Event] = [ShortPickedV1(**about, missing=short, picked=picked, lots=message.lots)] if short else []
    if left.status is ShipmentStatus.STOPPED:
        decision = Decision(writes=[left], events=events)
        return decision.and_then(void(rules, left, now)) if left.parcel and left.intent is None else decision
    events += goods.other_lots(left, taken.shipment, now) if not short else []
    events.append(FulfilmentPickedV1(**about, lines=picked))
    return Decision(writes=[changed(taken.shipment, status=ShipmentStatus.PICKED), *taken.serials], events=events)


def settle_picked(rules: Rules, states: States, message: ConfirmPickedV1, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the carrier's answer to the void of a label whose goods were not found."""
    shipment = shipment_of(states, message)
    if shipment is None or shipment.intent is None:
        return Decision.nothing()
    return settle(rules, shipment, outcome, now)


def confirm_packed(
    rules: Rules, is_circuit_open: IsOpen, states: States, message: ConfirmPackedV1, now: datetime
) -> Decision:
    """Packed and weighed; where labels are bought at pack, it is bought now."""
    shipment = shipment_of(states, message)
    over = (ShipmentStatus.PACKED, ShipmentStatus.STOPPED)  # it may have been stopped while its label was bought
    if shipment is not None and shipment.weight_g and shipment.status in over:
        return resume(rules, shipment, now)
    if shipment is None or shipment.status is not ShipmentStatus.PICKED:
        return _refused(message, shipment, "only picked fulfilments are packed")
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    read = serials.read_serials(states, shipment, message.serials, now, complete=True)
    if read.trouble != FINE:
        return refused(message, *read.trouble)
    origin = rules.locations.get(fulfilment.location_id)
    weight = message.weight_g or (weight_of(fulfilment, origin) if origin else 1)
    shipment = changed(read.shipment, status=ShipmentStatus.PACKED, weight_g=weight)
    packed = FulfilmentPackedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=fulfilment.location_id,
        weight_g=weight,
        packed_at=now,
    )
    decision = Decision(writes=[shipment, *read.serials], events=[packed])
    at_pack = origin is not None and origin.label_by == "hub" and origin.label_at == "pack"
    if at_pack and shipment.parcel is None and shipment.intent is None:
        return decision.and_then(buy(rules, is_circuit_open, shipment, now))
    return decision


def confirm_shipped(states: States, message: ConfirmShippedV1, now: datetime) -> Decision:
    """The carrier has it."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status in (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED):
        return Decision.nothing()
    if shipment is None or shipment.status is not ShipmentStatus.PACKED or shipment.parcel is None:
        return _refused(message, shipment, "only packed and labelled fulfilments are shipped")
    fulfilment, parcel = shipment.fulfilment, shipment.parcel
    assert fulfilment is not None
    at = message.shipped_at or now
    read = serials.read_serials(states, shipment, message.serials, now, complete=True)
    trouble = read.trouble if read.trouble != FINE else goods.recall_trouble(states, shipment)
    if trouble != FINE:
        return refused(message, *trouble)
    lines = goods.shipped_lines(read.shipment)
    weight = shipment.weight_g or parcel.weight_g
    value = sum(line.value_minor for line in lines)
    shipped = ShipmentShippedV2(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=fulfilment.location_id,
        lines=lines,
        parcels=(
            ShippedParcel(
                carrier=parcel.carrier, service=parcel.service, tracking_number=parcel.tracking_number, weight_g=weight
            ),
        ),
        value=Money(amount_minor=value, currency=fulfilment.currency),
        shipped_at=at,
    )
    left = changed(read.shipment, status=ShipmentStatus.SHIPPED, shipped_at=at)
    numbers = [changed(one, shipped_at=None if one.is_free else at) for one in read.serials]
    return Decision(writes=[left, *numbers, *goods.trace(states, shipment, at)], events=[shipped])


_TRACKING = {
    "in-transit": ShipmentInTransitV1,
    "out-for-delivery": ShipmentOutForDeliveryV1,
    "delivered": ShipmentDeliveredV1,
    "exception": ShipmentExceptionV1,
}


def track(states: States, message: TrackingUpdateV1, _now: datetime) -> Decision:
    """What a carrier says of a parcel: news is passed on, repetitions and what comes after delivery are not."""
    shipment = shipment_of(states, message)
    if shipment is None or shipment.status not in (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED):
        return _refused(message, shipment, "only shipped fulfilments are tracked")
    late = shipment.tracked_at is not None and message.occurred_at < shipment.tracked_at
    if late or shipment.tracking == message.status or shipment.status is ShipmentStatus.DELIVERED:
        return Decision.nothing()
    number = shipment.parcel.tracking_number if shipment.parcel else "-"
    event = _TRACKING[message.status](
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        tracking_number=number,
        occurred_at=message.occurred_at,
        detail=message.detail,
    )
    shipment = changed(shipment, tracking=message.status, tracked_at=message.occurred_at)
    if message.status == "delivered":  # it shrinks to what tells a repetition from news
        shipment = changed(
            shipment,
            status=ShipmentStatus.DELIVERED,
            delivered_at=message.occurred_at,
            fulfilment=None,
            ranking=(),
            stops={},
            serials={},
        )
    return Decision(writes=[shipment], events=[event])
