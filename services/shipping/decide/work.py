"""The warehouse's work, as it confirms it: picked, shipped; packing is in `pack`."""

from datetime import datetime

from crossdock_contracts.shipping import (
    ConfirmPickedV1,
    ConfirmShippedV1,
)
from services.hub.decision import Decision, Outcome, States
from services.shipping.decide.commands import refused, shipment_of, to_be_done
from services.shipping.decide.goods import recall_trouble
from services.shipping.decide.label import resume, settle
from services.shipping.decide.leave import leave
from services.shipping.decide.parcels import unlabelled
from services.shipping.decide.pick import finish_pick, missing_of, pick_trouble
from services.shipping.decide.queues import waits_for
from services.shipping.decide.serials import FINE, read_serials
from services.shipping.decide.substitute import look_for, substitutes_for
from services.shipping.rules import Rules
from services.shipping.state import Pick, Shipment, ShipmentStatus
from services.shipping.state_work import PICK, Task

_GONE = (ShipmentStatus.SHIPPED, ShipmentStatus.ARRIVED, ShipmentStatus.DELIVERED)


def confirm_picked(rules: Rules, states: States, message: ConfirmPickedV1, now: datetime) -> Decision:
    """Picked: what was not found goes back to be promised and placed again."""
    shipment = shipment_of(states, message)
    done = shipment is not None and shipment.status in (ShipmentStatus.PICKED, ShipmentStatus.PACKED)
    if shipment is not None and (done or (shipment.status is ShipmentStatus.STOPPED and shipment.intent is not None)):
        return resume(rules, shipment, now)
    if shipment is None or shipment.status not in (ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED):
        return refused(message, shipment, "only allocated fulfilments are picked")
    if steps := waits_for(shipment, "pick"):
        return refused(message, shipment, to_be_done(steps), reason="steps-open")
    if shipment.substituting is not None:
        return refused(message, shipment, "substitutes for what was short are being looked for; ask again")
    found: dict[str, int] = {}
    for line in message.lines:
        found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    pick = Pick(found=found, lots=message.lots, serials=message.serials, picked_by=message.picked_by)
    reason, trouble = pick_trouble(states, shipment, pick, now)
    if trouble:
        return refused(message, shipment, trouble, reason=reason)
    wanted = substitutes_for(rules, shipment, missing_of(shipment, found)) if rules.substitutions else ()
    return look_for(shipment, pick, wanted) if wanted else finish_pick(rules, states, shipment, pick, now)


def settle_picked(rules: Rules, states: States, message: ConfirmPickedV1, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the carrier's answer to the void of a label whose goods were not found."""
    shipment = shipment_of(states, message)
    if shipment is None or shipment.intent is None:
        return Decision.nothing()
    return settle(rules, shipment, outcome, now)


def confirm_shipped(states: States, message: ConfirmShippedV1, now: datetime) -> Decision:
    """The carrier has it, all of its parcels."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status in _GONE:
        return Decision.nothing()
    if shipment is None or not _may_leave(shipment) or unlabelled(shipment) is not None:
        return refused(message, shipment, "only packed and labelled fulfilments are shipped")
    if steps := [step for stage in ("pick", "pack", "ship") for step in waits_for(shipment, stage)]:
        return refused(message, shipment, to_be_done(steps), reason="steps-open")
    if shipment.intent is not None:
        return refused(message, shipment, "its label is being given back for another just now; ask again")
    at = message.shipped_at or now
    read = read_serials(states, shipment, message.serials, at, complete=True)
    reason, trouble = read.trouble if read.trouble != FINE else recall_trouble(states, shipment)
    if trouble:
        return refused(message, shipment, trouble, reason=reason)
    decision = leave(states, read, at)
    if shipment.purchase is not None:
        task = states.get(Task, shipment.owner, shipment.purchase.supplier, PICK, shipment.fulfilment_id)
        decision.withdrawn += [task] if task is not None else []
    return decision


def _may_leave(shipment: Shipment) -> bool:
    """It is packed; a supplier need not say that it picked and packed."""
    if shipment.purchase is None or shipment.substituting is not None:
        return shipment.status is ShipmentStatus.PACKED
    return shipment.status in (ShipmentStatus.LABELLED, ShipmentStatus.PICKED, ShipmentStatus.PACKED)
