"""Queues: where a fulfilment waits for hands, at its location, for the pick or for a step."""

from datetime import datetime, timedelta
from hashlib import sha256

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.warehouse import TaskOverdueV1
from services.hub.decision import Decision, States, changed
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import Shipment, ShipmentStatus, StepStatus
from services.shipping.state_work import OFFER, PICK, PICKUP, Task

AGAIN = timedelta(days=1)
"""What is overdue is told once in so long."""

_BEFORE = {
    ShipmentStatus.ALLOCATED: "pick",
    ShipmentStatus.LABELLED: "pick",
    ShipmentStatus.PICKED: "pack",
    ShipmentStatus.PACKED: "ship",
}
"""What a fulfilment of this status comes to next."""

_STANDS = {ShipmentStatus.OFFERED: OFFER, ShipmentStatus.READY: PICKUP, ShipmentStatus.ARRIVED: PICKUP}
"""The queue for the answer of others that a fulfilment of this status stands in."""


def waits_for(shipment: Shipment, stage: str) -> list[str]:
    """The steps that have to be done before a fulfilment is picked, packed or shipped, and are not."""
    return [step.name for step in shipment.steps if step.before == stage and step.status is not StepStatus.DONE]


def in_turn(task: Task) -> tuple[int, bool, datetime, datetime, str]:
    """What comes first: priority, then the time to ship by, then age."""
    return (task.priority, task.ship_by is None, task.ship_by or task.since, task.since, task.fulfilment_id)


def queues_of(rules: Rules, shipment: Shipment | None) -> set[str]:
    """The queues that a fulfilment stands in: those of the steps that come next, then the one for the pick."""
    if shipment is not None and shipment.status in _STANDS:
        return {_STANDS[shipment.status]}
    stage = _BEFORE.get(shipment.status) if shipment else None
    if shipment is not None and stage == "pack" and shipment.is_pickup and not waits_for(shipment, stage):
        stage = "ship"  # nothing is packed of what is collected where it lies
    if shipment is None or stage is None or shipment.fulfilment is None:
        return set()
    if shipment.steps and waits_for(shipment, stage):
        return {s.name for s in shipment.steps if s.before == stage and s.status is StepStatus.OPEN}
    place = rules.locations.get(shipment.fulfilment.location_id)
    return {PICK} if stage == PICK and _keeps_queue(place, shipment) else set()


def _keeps_queue(place: ShipFrom | None, shipment: Shipment) -> bool:
    """What is to be picked is known here: the location works with the hub, or is a supplier with a purchase order."""
    return shipment.purchase is not None or (place is not None and place.work == "hub")


def queued(rules: Rules, states: States, before: Shipment | None, decision: Decision, now: datetime) -> Decision:
    """A decision about a fulfilment, with what it changes of the queues that the fulfilment stands in."""
    after = next((one for one in decision.writes if isinstance(one, Shipment)), before)
    stood, stands = queues_of(rules, before), queues_of(rules, after)
    if stood == stands or after is None:
        return decision
    if before is not None:
        where = [(before.owner, _where(before), queue, before.fulfilment_id) for queue in sorted(stood - stands)]
        decision.withdrawn += [task for task in states.get_all(Task, where) if task is not None]
    decision.writes += [_task(rules, after, queue, now) for queue in sorted(stands - stood)]
    return decision


def _where(shipment: Shipment) -> str:
    """The location at which a fulfilment waits: what was shipped to a store, there."""
    fulfilment = shipment.fulfilment
    if fulfilment is None:
        return ""
    return fulfilment.collect_at if shipment.status is ShipmentStatus.ARRIVED else fulfilment.location_id


def _task(rules: Rules, shipment: Shipment, queue: str, now: datetime) -> Task:
    fulfilment, location = shipment.fulfilment, _where(shipment)
    assert fulfilment is not None
    place = rules.locations.get(location)
    late_at = _late_at(place, shipment, queue, now)
    remind_at = shipment.pickup.remind_at if shipment.pickup else late_at
    return Task(
        owner=shipment.owner,
        location_id=location,
        queue=queue,
        fulfilment_id=shipment.fulfilment_id,
        order_id=shipment.order_id,
        priority=fulfilment.priority,
        ship_by=fulfilment.ship_by,
        since=shipment.allocated_at or now,
        service_level=fulfilment.service_level,
        pieces=sum(line.quantity for line in fulfilment.lines),
        recipient=_recipient(place, shipment.owner, fulfilment),
        late_at=late_at,
        due_at=max(now, min(late_at, remind_at)),
    )


def _late_at(place: ShipFrom | None, shipment: Shipment, queue: str, now: datetime) -> datetime:
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    if shipment.pickup is not None:
        return shipment.pickup.hold_until
    if queue == OFFER and place is not None and place.accept_minutes is not None:
        return now + timedelta(minutes=place.accept_minutes)
    return fulfilment.ship_by or now + timedelta(hours=place.late_after_hours if place else 24.0)


def _recipient(place: ShipFrom | None, owner: str, fulfilment: Fulfilment) -> str:
    """Tells those that may share a parcel; empty for what goes alone.

    Alone goes what is paid for at the door, is hazardous or has a message for its recipient, and whatever the location
    does not put together.
    """
    if place is None or fulfilment.collect_at or not place.consolidate or place.hub_buys_at(owner) != "pack":
        return ""
    hazmat = any(line.hazmat_class for line in fulfilment.lines)
    if fulfilment.cash_on_delivery_minor or fulfilment.gift_message or hazmat:
        return ""
    to = fulfilment.ship_to
    told = (to.name, to.company, to.line1, to.line2, to.line3, to.city, to.region, to.postcode, to.country or "")
    words = "\n".join(" ".join(part.casefold().split()) for part in (*told, fulfilment.service_level))
    return sha256(words.encode()).hexdigest()[:32]


def overdue(rules: Rules, states: States, message: Task, now: datetime) -> Decision:
    """A fulfilment has stood in a queue too long: somebody is told, and it goes on standing there."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    standing = states.get(Task, message.owner, message.location_id, message.queue, message.fulfilment_id)
    if message.queue not in queues_of(rules, shipment) or (standing is not None and standing.due_at > now):
        return Decision.nothing()
    told = TaskOverdueV1(
        owner=message.owner,
        order_id=message.order_id,
        fulfilment_id=message.fulfilment_id,
        location_id=message.location_id,
        queue=message.queue,
        due_at=message.late_at,
    )
    return Decision(writes=[changed(standing or message, due_at=now + AGAIN)], events=[told])
