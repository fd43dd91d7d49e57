"""Stopping: what has not shipped does not ship, as a cancel or an amendment asks; shipped beats both."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.amendments import AMENDMENTS, Change, Result, Stage
from crossdock_contracts.routing import FulfilmentStopRequestedV1
from crossdock_contracts.shipping import FulfilmentStoppedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Outcome, States, changed
from services.shipping.decide import serials
from services.shipping.decide.label import go_on, resume, settle
from services.shipping.decide.parcels import let_go, spare_label, without
from services.shipping.decide.queues import queued
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus, StopAsked, is_open


def reads_stopped(message: FulfilmentStopRequestedV1) -> Iterable[str]:
    """The document of the fulfilment."""
    return [Shipment.at(message.owner, message.fulfilment_id)]


def stop(rules: Rules, states: States, message: FulfilmentStopRequestedV1, now: datetime) -> Decision:
    """Take pieces out of a fulfilment that has not shipped; the label of a parcel that is left empty is given back."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.status is ShipmentStatus.EXPECTED:
        return _before_it_came(shipment, message)
    if message.cancel_id in shipment.stops:
        return resume(rules, shipment, now)
    stage = stage_of(shipment.status)
    if not is_open(shipment.status) or shipment.fulfilment is None or not _comes_back(message, stage):
        gone = () if shipment.status is ShipmentStatus.STOPPED else message.lines
        return Decision(events=[_answer(message, (), gone, stage, f"the fulfilment is {shipment.status}")])
    if shipment.status is ShipmentStatus.PACKED and (shipment.inside or shipment.riders):
        beside = shipment.inside or ", ".join(rider.fulfilment_id for rider in shipment.riders)
        kept = changed(shipment, stops={**shipment.stops, message.cancel_id: ()})
        detail = f"it is packed together with {beside}"
        return Decision(writes=[kept], events=[_answer(message, (), message.lines, stage, detail)])
    there = {line.line_id: line.quantity for line in shipment.fulfilment.lines}
    taken = tuple(
        changed(line, quantity=min(line.quantity, there[line.line_id]))
        for line in message.lines
        if there.get(line.line_id, 0) > 0
    )
    left = without(shipment, {line.line_id: line.quantity for line in taken})
    left = changed(left, stops={**shipment.stops, message.cancel_id: taken})
    left, freed = serials.let_go(states, shipment, left)
    left, told = let_go(left)
    decision = Decision(writes=[left, *freed], events=[_answer(message, taken, (), stage), *told])
    if left.intent is None and spare_label(left) is not None:
        decision = decision.and_then(go_on(rules, left, now))
    return queued(rules, states, shipment, decision, now)


_STAGES = {
    ShipmentStatus.EXPECTED: Stage.ROUTED,
    ShipmentStatus.OFFERED: Stage.ROUTED,
    ShipmentStatus.ALLOCATED: Stage.ROUTED,
    ShipmentStatus.LABELLED: Stage.LABELLED,
    ShipmentStatus.SHIPPED: Stage.SHIPPED,
    ShipmentStatus.ARRIVED: Stage.SHIPPED,
    ShipmentStatus.DELIVERED: Stage.SHIPPED,
}


def stage_of(status: ShipmentStatus) -> Stage:
    """How far a fulfilment has got, as the table of amendments speaks of it."""
    return _STAGES.get(status, Stage.RELEASED)


def _comes_back(message: FulfilmentStopRequestedV1, stage: Stage) -> bool:
    """A cancel takes its pieces out at any stage, an amendment calls them back as far as the table says so."""
    results = {AMENDMENTS[Change(change)][stage] for change in message.changes}
    return not message.changes or bool(results & {Result.REROUTED, Result.RECALLED})


def _before_it_came(shipment: Shipment | None, message: FulfilmentStopRequestedV1) -> Decision:
    """Nothing is known of it here yet: it will not ship when it comes."""
    shipment = shipment or Shipment(
        owner=message.owner,
        fulfilment_id=message.fulfilment_id,
        order_id=message.order_id,
        status=ShipmentStatus.EXPECTED,
    )
    if message.cancel_id in shipment.stops:
        return Decision.nothing()
    shipment = changed(
        shipment,
        asked=(*shipment.asked, StopAsked(cancel_id=message.cancel_id, lines=message.lines)),
        stops={**shipment.stops, message.cancel_id: message.lines},
    )
    return Decision(
        writes=[shipment], events=[_answer(message, message.lines, (), Stage.ROUTED, "it had not come yet")]
    )


def _answer(
    message: FulfilmentStopRequestedV1,
    stopped: tuple[LineQuantity, ...],
    gone: tuple[LineQuantity, ...],
    stage: Stage,
    detail: str = "",
) -> FulfilmentStoppedV1:
    return FulfilmentStoppedV1(
        owner=message.owner,
        order_id=message.order_id,
        cancel_id=message.cancel_id,
        fulfilment_id=message.fulfilment_id,
        stopped=stopped,
        unstoppable=gone,
        detail=detail,
        stage=stage,
        recalled=bool(message.changes and stopped),
    )


def settle_void(
    rules: Rules, states: States, message: FulfilmentStopRequestedV1, outcome: Outcome, now: datetime
) -> Decision:
    """What follows from the carrier's answer to a void."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.intent is None:
        return Decision.nothing()
    return settle(rules, shipment, outcome, now)
