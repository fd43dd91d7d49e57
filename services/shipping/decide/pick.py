"""The pick: what was found goes on, what was not goes back to be placed again."""

from datetime import datetime

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import ConfirmPickedV1, FulfilmentPickedV1, ShortPickedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, States, changed
from services.shipping.decide import goods
from services.shipping.decide.label import go_on
from services.shipping.decide.parcels import let_go, lines_of, without
from services.shipping.decide.queues import queued, queues_of
from services.shipping.decide.serials import Trouble
from services.shipping.rules import Rules
from services.shipping.state import Pick, Shipment, ShipmentStatus
from services.shipping.state_work import PICK, Task


def missing_of(shipment: Shipment, found: dict[str, int]) -> dict[str, int]:
    """Pieces by line that were not found, those lines alone."""
    lines = shipment.fulfilment.lines if shipment.fulfilment else ()
    missing = {line.line_id: line.quantity - min(line.quantity, found.get(line.line_id, 0)) for line in lines}
    return {line_id: quantity for line_id, quantity in missing.items() if quantity}


def short(shipment: Shipment, missing: dict[str, int], pick: Pick, now: datetime) -> tuple[Shipment, ShortPickedV1]:
    """The shipment without what was not found, and what is to be said of it."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    left = without(shipment, missing)
    said = ShortPickedV1(
        **_about(shipment, pick, now),
        missing=tuple(
            LineQuantity(line_id=line.line_id, sku=line.sku, quantity=missing[line.line_id])
            for line in fulfilment.lines
            if line.line_id in missing
        ),
        picked=lines_of(left) if left.status is not ShipmentStatus.STOPPED else (),
        lots=pick.lots,
    )
    return left, said


def _about(shipment: Shipment, pick: Pick, now: datetime) -> dict[str, object]:
    assert shipment.fulfilment is not None
    return {
        "owner": shipment.owner,
        "order_id": shipment.order_id,
        "fulfilment_id": shipment.fulfilment_id,
        "location_id": shipment.fulfilment.location_id,
        "picked_at": now,
        "picked_by": pick.picked_by,
    }


def pick_trouble(states: States, shipment: Shipment, pick: Pick, now: datetime) -> Trouble:
    """What is wrong with the lots and serial numbers that a picker names."""
    return goods.picked(states, without(shipment, missing_of(shipment, pick.found)), pick, now)[1]


def finish_pick(rules: Rules, states: States, shipment: Shipment, pick: Pick, now: datetime) -> Decision:
    """All that is left of a fulfilment is picked, or nothing is left of it."""
    left, decision = changed(shipment, substituting=None), Decision()
    missing = missing_of(shipment, pick.found)
    if missing:
        left, said = short(left, missing, pick, now)
        decision.events.append(said)
    taken, (reason, trouble) = goods.picked(states, left, pick, now)
    if trouble:  # it came up while substitutes were looked for: it is to be picked again
        return Decision(writes=[changed(shipment, substituting=None)], events=[_not_taken(shipment, reason, trouble)])
    if left.status is ShipmentStatus.STOPPED:
        left, told = let_go(left)
        decision = decision.and_then(Decision(writes=[left], events=told))
        if left.intent is None:
            decision = decision.and_then(go_on(rules, left, now))
        return queued(rules, states, shipment, decision, now)
    decision.events += goods.other_lots(left, taken.shipment, missing, now)
    left = taken.shipment
    if PICK in queues_of(rules, shipment):
        left = _from_wave(states, left)
    decision.writes = [changed(left, status=ShipmentStatus.PICKED), *taken.serials]
    picked = FulfilmentPickedV1(**_about(left, pick, now), lines=lines_of(left), wave_id=left.wave_id)
    decision.events.append(picked)
    return queued(rules, states, shipment, decision, now)


def _not_taken(shipment: Shipment, reason: str, trouble: str) -> CommandRefusedV1:
    return CommandRefusedV1(
        owner=shipment.owner,
        entity_id=shipment.fulfilment_id,
        command=ConfirmPickedV1.TYPE,
        reason=reason,
        detail=f"fulfilment {shipment.fulfilment_id} is {shipment.status}; {trouble}",
    )


def _from_wave(states: States, shipment: Shipment) -> Shipment:
    """The shipment with what its wave planned for it."""
    assert shipment.fulfilment is not None
    task = states.get(Task, shipment.owner, shipment.fulfilment.location_id, PICK, shipment.fulfilment_id)
    if task is None or not task.wave_id:
        return shipment
    return changed(shipment, wave_id=task.wave_id, lead=task.lead, lead_order=task.lead_order)
