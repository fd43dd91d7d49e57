"""Packing: one parcel or several, weighed and measured; labels are bought, or bought anew, by what was weighed."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import Parcel
from crossdock_contracts.shipping import ConfirmPackedV1, FulfilmentPackedV1, PackedParcel
from crossdock_contracts.values import Money
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import refused, shipment_of, to_be_done
from services.shipping.decide.fit import misfit, too_heavy
from services.shipping.decide.label import IsOpen, go_on, resume
from services.shipping.decide.parcels import labels_of, shared, with_reported
from services.shipping.decide.queues import queued, waits_for
from services.shipping.decide.rates import weight_of
from services.shipping.decide.serials import FINE, read_serials
from services.shipping.decide.share import pack_with
from services.shipping.decide.told import bought
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import Box, Shipment, ShipmentStatus


def confirm_packed(
    rules: Rules, is_circuit_open: IsOpen, states: States, message: ConfirmPackedV1, now: datetime
) -> Decision:
    """Packed and weighed: labels are bought now, or given back and bought anew where they do not fit."""
    shipment = shipment_of(states, message)
    over = (ShipmentStatus.PACKED, ShipmentStatus.STOPPED)  # it may have been stopped while its label was bought
    if shipment is not None and shipment.weight_g and shipment.status in over:
        return resume(rules, shipment, now)
    if shipment is None or shipment.status is not ShipmentStatus.PICKED:
        return refused(message, shipment, "only picked fulfilments are packed")
    if message.packed_with:
        return queued(rules, states, shipment, pack_with(rules, states, shipment, message, now), now)
    before, fulfilment = shipment, shipment.fulfilment
    assert fulfilment is not None
    origin = rules.locations.get(fulfilment.location_id)
    parcels = message.parcels or (PackedParcel(weight_g=message.weight_g, dimensions=message.dimensions),)
    beside = sum(rider.goods_g for rider in shipment.riders)
    boxes = _boxes(fulfilment, origin, parcels, beside)
    reason, trouble = _trouble(rules, shipment, fulfilment, parcels, boxes)
    if trouble:
        return refused(message, shipment, trouble, reason=reason)
    read = read_serials(states, shipment, message.serials, now, complete=True)
    if read.trouble != FINE:
        return refused(message, shipment, read.trouble[1], reason=read.trouble[0])
    told = boxes if len(boxes) > 1 or boxes[0].dimensions or boxes[0].lines else ()
    weight = sum(box.weight_g for box in boxes)
    shipment = changed(read.shipment, status=ShipmentStatus.PACKED, weight_g=weight, boxes=told, unrated=True)
    shipment, reported = _with_reported(shipment, fulfilment, parcels, now)
    detail = ""
    if shipment.intent is None:
        returning, detail = misfit(rules, shipment)
        shipment = changed(shipment, returning=returning, unrated=False)
    packed = FulfilmentPackedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=fulfilment.location_id,
        weight_g=weight,
        packed_at=now,
        parcels=tuple(map(_as_packed, told)),
        detail=detail,
        packed_by=message.packed_by,
    )
    riding = shared(shipment) if shipment.riders else ()
    decision = Decision(writes=[shipment, *read.serials], events=[packed, *reported, *riding])
    if shipment.intent is None:
        decision = decision.and_then(go_on(rules, shipment, now, is_circuit_open))
    return queued(rules, states, before, decision, now)


def _trouble(
    rules: Rules,
    shipment: Shipment,
    fulfilment: Fulfilment,
    parcels: tuple[PackedParcel, ...],
    boxes: tuple[Box, ...],
) -> tuple[str, str]:
    """Why a fulfilment cannot be packed so, as a reason and in words; empty: it can."""
    if shipment.is_pickup:
        return "collected", "it is collected where it lies: confirm that it is ready"
    if steps := waits_for(shipment, "pack"):
        return "steps-open", to_be_done(steps)
    if wrong := _wrong(shipment, fulfilment, parcels):
        return "parcels-do-not-fit", wrong
    origin = rules.locations.get(fulfilment.location_id)
    if origin is None or not origin.hub_buys_at(shipment.owner):
        return "", ""
    return "too-heavy", too_heavy(rules, fulfilment, boxes)


def _wrong(shipment: Shipment, fulfilment: Fulfilment, parcels: tuple[PackedParcel, ...]) -> str:
    """Why these cannot be the parcels of a fulfilment; empty: they can."""
    named = [parcel for parcel in parcels if parcel.lines]
    if named:
        there = {line.line_id: line.quantity for line in fulfilment.lines}
        inside: dict[str, int] = {}
        for line in (line for parcel in named for line in parcel.lines):
            inside[line.line_id] = inside.get(line.line_id, 0) + line.quantity
        if len(named) < len(parcels) or inside != there:
            held = ", ".join(f"{n} of line {line}" for line, n in there.items())
            return f"its parcels have to hold all of it between them, each something: {held}"
    if len(parcels) > 1 and any(parcel.weight_g is None for parcel in parcels):
        return "each of several parcels has to be weighed"
    own = [parcel for parcel in parcels if parcel.tracking_number]
    if any(parcel.carrier is None for parcel in own):
        return "a tracking number needs its carrier"
    if own and shipment.intent is not None:
        return "its label is being bought just now; ask again"
    labels = labels_of(shipment)
    for number, parcel in enumerate(parcels, start=1):
        known = labels.get(number)
        if parcel.tracking_number and known is not None and known.tracking_number != parcel.tracking_number:
            return f"parcel {number} has the label {known.tracking_number} of {known.carrier} already"
    return ""


def _boxes(
    fulfilment: Fulfilment, origin: ShipFrom | None, parcels: tuple[PackedParcel, ...], beside: int
) -> tuple[Box, ...]:
    usual = (weight_of(fulfilment, origin) if origin else 1) + beside
    return tuple(
        Box(number=number, weight_g=one.weight_g or usual, dimensions=one.dimensions, lines=one.lines)
        for number, one in enumerate(parcels, start=1)
    )


def _as_packed(box: Box) -> PackedParcel:
    return PackedParcel(weight_g=box.weight_g, dimensions=box.dimensions, lines=box.lines)


def _with_reported(
    shipment: Shipment, fulfilment: Fulfilment, parcels: tuple[PackedParcel, ...], now: datetime
) -> tuple[Shipment, list[Event]]:
    """The shipment with the labels that whoever packed has bought, and what is to be said of them."""
    said: list[Event] = []
    for number, one in enumerate(parcels, start=1):
        if one.carrier is None or not one.tracking_number or number in labels_of(shipment):
            continue
        label = Parcel(
            parcel_id=f"{shipment.fulfilment_id}/{number}",
            carrier=one.carrier,
            service=one.service,
            tracking_number=one.tracking_number,
            weight_g=one.weight_g or shipment.weight_g,
            cost=one.cost or Money(amount_minor=0, currency=fulfilment.currency),
        )
        shipment = with_reported(shipment, number, label)
        said.append(bought(shipment, number, now))
    return shipment, said
