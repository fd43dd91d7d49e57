"""The warehouse's work, as it confirms it: picked, shipped; packing is in `pack`."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.shipping import (
    ConfirmPickedV1,
    ConfirmShippedV1,
    FulfilmentPickedV1,
    ShortPickedV1,
)
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Outcome, States, changed
from services.shipping.decide.commands import refused, shipment_of, to_be_done
from services.shipping.decide.label import go_on, resume, settle
from services.shipping.decide.leave import leave
from services.shipping.decide.parcels import let_go, lines_of, unlabelled, without
from services.shipping.decide.queues import queued, queues_of, waits_for
from services.shipping.rules import Rules
from services.shipping.state import PICK, Shipment, ShipmentStatus, Task


def confirm_picked(rules: Rules, states: States, message: ConfirmPickedV1, now: datetime) -> Decision:
    """Picked: what was not found goes back to be promised and placed again."""
    shipment = shipment_of(states, message)
    if shipment is not None and (shipment.voiding or shipment.status in (ShipmentStatus.PICKED, ShipmentStatus.PACKED)):
        return resume(rules, shipment, now)
    if shipment is None or shipment.status not in (ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED):
        return refused(message, shipment, "only allocated fulfilments are picked")
    if steps := waits_for(shipment, "pick"):
        return refused(message, shipment, to_be_done(steps), reason="steps-open")
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
    if PICK in queues_of(rules, shipment):
        left = _from_wave(states, left, fulfilment.location_id)
    picked = lines_of(left) if left.status is not ShipmentStatus.STOPPED else ()
    about = {
        "owner": shipment.owner,
        "order_id": shipment.order_id,
        "fulfilment_id": shipment.fulfilment_id,
        "location_id": fulfilment.location_id,
        "picked_at": now,
    }
    events: list[Event] = [ShortPickedV1(**about, missing=short, picked=picked)] if short else []
    if left.status is ShipmentStatus.STOPPED:
        left, told = let_go(left)
        decision = Decision(writes=[left], events=[*events, *told])
        decision = decision.and_then(go_on(rules, left, now)) if left.intent is None else decision
        return queued(rules, states, shipment, decision, now)
    events.append(FulfilmentPickedV1(**about, lines=picked, wave_id=left.wave_id))
    decision = Decision(writes=[changed(left, status=ShipmentStatus.PICKED)], events=events)
    return queued(rules, states, shipment, decision, now)


def _from_wave(states: States, shipment: Shipment, location_id: str) -> Shipment:
    """The shipment with what its wave planned for it."""
    task = states.get(Task, shipment.owner, location_id, PICK, shipment.fulfilment_id)
    if task is None or not task.wave_id:
        return shipment
    return changed(shipment, wave_id=task.wave_id, lead=task.lead, lead_order=task.lead_order)


def settle_picked(rules: Rules, states: States, message: ConfirmPickedV1, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the carrier's answer to the void of a label whose goods were not found."""
    shipment = shipment_of(states, message)
    if shipment is None or shipment.intent is None:
        return Decision.nothing()
    return settle(rules, shipment, outcome, now)


def confirm_shipped(states: States, message: ConfirmShippedV1, now: datetime) -> Decision:
    """The carrier has it, all of its parcels."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status in (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED):
        return Decision.nothing()
    if shipment is None or shipment.status is not ShipmentStatus.PACKED or unlabelled(shipment) is not None:
        return refused(message, shipment, "only packed and labelled fulfilments are shipped")
    if steps := waits_for(shipment, "ship"):
        return refused(message, shipment, to_be_done(steps), reason="steps-open")
    if shipment.intent is not None:
        return refused(message, shipment, "its label is being given back for another just now; ask again")
    return leave(shipment, message.shipped_at or now)
