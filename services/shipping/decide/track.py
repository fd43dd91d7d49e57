"""Tracking: what carriers say of parcels on their way; news is passed on, repetitions are not."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.tracking import (
    ShipmentDeliveredV1,
    ShipmentExceptionV1,
    ShipmentInTransitV1,
    ShipmentOutForDeliveryV1,
    TrackingUpdateV1,
)
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import refused, shipment_of
from services.shipping.decide.parcels import labels_of
from services.shipping.state import Shipment, ShipmentStatus, Track

_TRACKING = {
    "in-transit": ShipmentInTransitV1,
    "out-for-delivery": ShipmentOutForDeliveryV1,
}


def track(states: States, message: TrackingUpdateV1, _now: datetime) -> Decision:
    """What a carrier says of a parcel, or of all parcels of a fulfilment; it is delivered once each of them is.

    Of a fulfilment in one parcel it is that one, whatever number the last carrier on its way gave it.
    """
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status is ShipmentStatus.ARRIVED:
        return Decision.nothing()
    if shipment is None or shipment.status not in (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED):
        return refused(message, shipment, "only shipped fulfilments are tracked")
    message = _to_store(shipment, message)
    numbers = [label.tracking_number for label in labels_of(shipment).values()] or ["-"]
    named = [message.tracking_number] if message.tracking_number and len(numbers) > 1 else numbers
    if named[0] not in numbers:
        return refused(message, shipment, f"its parcels are {', '.join(numbers)}", reason="no-such-parcel")
    events: list[Event] = []
    code = message.code if message.status == "exception" else ""
    for number in named:
        last = _last(shipment, numbers, number)
        said = Track(status=message.status, code=code, at=message.occurred_at)
        same = last is not None and (last.status, last.code) == (said.status, said.code)
        if last is not None and (said.at < last.at or last.status == "delivered" or same):
            continue
        shipment = _with(shipment, numbers, number, said)
        left = sum(1 for one in numbers if not _is_delivered(shipment, numbers, one))
        events.append(_event(shipment, message, number, left))
    if not events:
        return Decision.nothing()
    if all(_is_delivered(shipment, numbers, number) for number in numbers):
        shipment = delivered(shipment, message.occurred_at)
    return Decision(writes=[shipment], events=events)


def _to_store(shipment: Shipment, message: TrackingUpdateV1) -> TrackingUpdateV1:
    """What is delivered to a store is not delivered to its buyer."""
    store = shipment.fulfilment.collect_at if shipment.fulfilment else ""
    if not store or message.status != "delivered":
        return message
    return changed(message, status="in-transit", detail=f"delivered to store {store}; {message.detail}".rstrip("; "))


def _last(shipment: Shipment, numbers: list[str], number: str) -> Track | None:
    if number != numbers[0]:
        return shipment.tracks.get(number)
    if shipment.tracked_at is None:
        return None
    return Track(status=shipment.tracking, code=shipment.tracking_code, at=shipment.tracked_at)


def _with(shipment: Shipment, numbers: list[str], number: str, said: Track) -> Shipment:
    if number == numbers[0]:
        return changed(shipment, tracking=said.status, tracking_code=said.code, tracked_at=said.at)
    return changed(shipment, tracks={**shipment.tracks, number: said})


def _is_delivered(shipment: Shipment, numbers: list[str], number: str) -> bool:
    last = _last(shipment, numbers, number)
    return shipment.status is ShipmentStatus.DELIVERED or (last is not None and last.status == "delivered")


def _event(shipment: Shipment, message: TrackingUpdateV1, number: str, left: int) -> Event:
    about = {
        "owner": shipment.owner,
        "order_id": shipment.order_id,
        "fulfilment_id": shipment.fulfilment_id,
        "tracking_number": number,
        "occurred_at": message.occurred_at,
        "detail": message.detail,
    }
    if message.status == "delivered":
        return ShipmentDeliveredV1(**about, parcels_left=left)
    if message.status == "exception":
        return ShipmentExceptionV1(**about, code=message.code)
    return _TRACKING[message.status](**about)


def delivered(shipment: Shipment, at: datetime) -> Shipment:
    """The buyer has it. It shrinks to what tells a repetition from news."""
    return changed(
        shipment,
        status=ShipmentStatus.DELIVERED,
        delivered_at=at,
        fulfilment=None,
        ranking=(),
        quote=None,
        boxes=(),
        stops={},
        serials={},
    )
