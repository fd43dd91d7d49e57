"""Tracking: what carriers say of parcels on their way; news is passed on, repetitions are not."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.tracking import (
    ParcelScan,
    ParcelScannedV1,
    ShipmentDeliveredV1,
    ShipmentExceptionV1,
    ShipmentInTransitV1,
    ShipmentOutForDeliveryV1,
    TrackingUpdateV1,
)
from services.hub.decision import Decision, Later, States, changed
from services.shipping.decide import back_track
from services.shipping.decide.commands import refused, shipment_of
from services.shipping.decide.parcels import labels_in_use
from services.shipping.decide.scans import in_order, is_known, rests
from services.shipping.state import Shipment, ShipmentStatus, Track, is_open

_TRACKING = {
    "in-transit": ShipmentInTransitV1,
    "out-for-delivery": ShipmentOutForDeliveryV1,
}
_UNDER_WAY = (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED)


def track(states: States, message: TrackingUpdateV1, _now: datetime) -> Decision:
    """What somebody says of a parcel, or of all parcels of a fulfilment; it is delivered once each of them is.

    Of a fulfilment in one parcel it is that one, whatever number the last carrier on its way gave it.
    """
    if message.of_return:
        return back_track.track(states, message)
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status is ShipmentStatus.ARRIVED:
        return Decision.nothing()
    if shipment is None or shipment.status not in _UNDER_WAY:
        return refused(message, shipment, "only shipped fulfilments are tracked")
    numbers = _numbers(shipment)
    if len(numbers) > 1 and message.tracking_number and message.tracking_number not in numbers:
        detail = f"its parcels are {', '.join(numbers)}"
        return refused(message, shipment, detail, reason="no-such-parcel")
    return _told(shipment, [message], ranked=False)


def scanned(states: States, message: ParcelScannedV1, _now: datetime) -> Decision:
    """What a carrier says of a parcel by itself. What comes before it is said to have shipped is asked for later.

    Nobody asks for those that go in the parcel of another: they wait until that one's leaving has come to them.
    """
    if message.of_return:
        return back_track.scanned(states, message)
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is not None and shipment.inside and is_open(shipment.status):
        return Decision(later=Later(f"{shipment.inside} has left with it, which is not known of it yet"))
    if shipment is None or shipment.status not in _UNDER_WAY or message.tracking_number not in _numbers(shipment):
        return Decision.nothing()
    about = {"owner": message.owner, "order_id": message.order_id, "fulfilment_id": message.fulfilment_id}
    number = message.tracking_number
    told = [TrackingUpdateV1(**about, tracking_number=number, **vars(scan)) for scan in message.scans]
    return _told(shipment, in_order(told), ranked=True)


def news(shipment: Shipment, updates: Iterable[TrackingUpdateV1]) -> list[TrackingUpdateV1]:
    """Those of a carrier's words about a fulfilment that are not known of it, oldest first."""
    found = []
    if shipment.status is ShipmentStatus.SHIPPED:
        for update in in_order(updates):
            shipment, events = _said(shipment, update, ranked=True)
            found += [update] if events else []
    return found


def at_rest(shipment: Shipment, number: str) -> bool:
    """Nothing more is to be heard of one of its parcels."""
    last = _last(shipment, _numbers(shipment), number)
    return last is not None and rests(last)


def _told(shipment: Shipment, updates: Iterable[TrackingUpdateV1], *, ranked: bool) -> Decision:
    events: list[Event] = []
    scans: list[ParcelScan] = []
    for update in updates:
        shipment, said = _said(shipment, update, ranked=ranked)
        if said:
            scans.append(ParcelScan.model_validate(vars(update)))
        events += said
    if not events:
        return Decision.nothing()
    return Decision(writes=[shipment], events=[*events, *_riders_told(shipment, scans)])


def _riders_told(shipment: Shipment, scans: list[ParcelScan]) -> list[ParcelScannedV1]:
    """What those hear whose goods are in its parcel."""
    return [
        ParcelScannedV1(
            owner=shipment.owner,
            order_id=rider.order_id,
            fulfilment_id=rider.fulfilment_id,
            tracking_number=_numbers(shipment)[0],
            scans=tuple(scans),
        )
        for rider in shipment.riders
    ]


def _said(shipment: Shipment, message: TrackingUpdateV1, *, ranked: bool) -> tuple[Shipment, list[Event]]:
    """The shipment after one thing was said of it, and what is new of that.

    ``ranked``: a whole way is told, time and again; what it has at the same moment has an order, whoever tells it when.
    """
    message = _to_store(shipment, message)
    numbers = _numbers(shipment)
    named = [message.tracking_number] if message.tracking_number and len(numbers) > 1 else numbers
    events: list[Event] = []
    code = message.code if message.status == "exception" else ""
    said = Track(status=message.status, code=code, at=message.occurred_at)
    for number in named:
        if is_known(_last(shipment, numbers, number), said, ranked=ranked):
            continue
        shipment = _with(shipment, numbers, number, said)
        left = sum(1 for one in numbers if not _is_delivered(shipment, numbers, one))
        events.append(_event(shipment, message, number, left))
    if events and all(_is_delivered(shipment, numbers, number) for number in numbers):
        shipment = delivered(shipment, message.occurred_at)
    return shipment, events


def _numbers(shipment: Shipment) -> list[str]:
    return [label.tracking_number for label in labels_in_use(shipment).values()] or ["-"]


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
    labels = labels_in_use(shipment)
    return changed(
        shipment,
        status=ShipmentStatus.DELIVERED,
        delivered_at=at,
        parcel=labels.pop(1, None),
        further=tuple(labels.values()),
        fulfilment=None,
        ranking=(),
        quote=None,
        boxes=(),
        stops={},
        serials={},
    )
