"""Bound goods of which inventory says that they are not there: given up as a short pick, unless they were picked."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.shipping import FulfilmentKeptV1, ShortPickedV1
from crossdock_contracts.stock import BoundStockMissingV1
from services.hub.decision import Decision, Later, Outcome, States, changed
from services.shipping.decide.label import go_on, resume, settle
from services.shipping.decide.parcels import let_go, spare_label, without
from services.shipping.decide.queues import queued
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus

_ON_THE_SHELF = {ShipmentStatus.OFFERED, ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED}


def reads_missing(message: BoundStockMissingV1) -> Iterable[str]:
    """The document of the fulfilment."""
    return [Shipment.at(message.owner, message.fulfilment_id)]


def give_up(rules: Rules, states: States, message: BoundStockMissingV1, now: datetime) -> Decision:
    """Take missing pieces out of a fulfilment that nobody has picked yet: a short pick that nobody has to walk for.

    What has been picked is in somebody's hands whatever a count says, and ships.
    """
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.status is ShipmentStatus.EXPECTED:
        return Decision(later=Later("the fulfilment has not come yet", 0.5))
    if message.ask_id in shipment.stops:
        return resume(rules, shipment, now)
    if shipment.status not in _ON_THE_SHELF or shipment.fulfilment is None:
        return Decision(events=[_kept(shipment, message)])
    there = {line.line_id: line.quantity for line in shipment.fulfilment.lines}
    taken = tuple(
        changed(line, quantity=min(line.quantity, there[line.line_id]))
        for line in message.lines
        if there.get(line.line_id, 0) > 0
    )
    if not taken:
        return Decision(events=[_kept(shipment, message)])
    left = without(shipment, {line.line_id: line.quantity for line in taken})
    left = changed(left, stops={**shipment.stops, message.ask_id: taken})
    short: list[Event] = [
        ShortPickedV1(
            owner=message.owner,
            order_id=message.order_id,
            fulfilment_id=message.fulfilment_id,
            location_id=message.location_id,
            missing=taken,
            picked=(),
            picked_at=now,
        )
    ]
    left, told = let_go(left)
    decision = Decision(writes=[left], events=[*short, *told])
    if left.intent is None and spare_label(left) is not None:
        decision = decision.and_then(go_on(rules, left, now))
    return queued(rules, states, shipment, decision, now)


def _kept(shipment: Shipment, message: BoundStockMissingV1) -> FulfilmentKeptV1:
    return FulfilmentKeptV1(
        owner=message.owner,
        order_id=message.order_id,
        ask_id=message.ask_id,
        fulfilment_id=message.fulfilment_id,
        location_id=message.location_id,
        status=shipment.status,
    )


def settle_given_up(
    rules: Rules, states: States, message: BoundStockMissingV1, outcome: Outcome, now: datetime
) -> Decision:
    """What follows from the carrier's answer to the void of a label whose goods are not there."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.intent is None:
        return Decision.nothing()
    return settle(rules, shipment, outcome, now)
