"""Pickup: what a buyer collects lies ready in the store, and is handed over to whoever shows the code.

It lies there from the pick, or was shipped there. Nobody but the buyer is told the code; it comes in as a fact that was
prepared for the decision.
"""

from datetime import datetime, timedelta
from hmac import compare_digest

from crossdock_contracts.base import Event
from crossdock_contracts.stores import (
    ConfirmReadyV1,
    HandOverV1,
    ParcelUncollectedV1,
    PickupExpiredV1,
    PickupLockedV1,
    PickupReadyV1,
    PickupReminderV1,
    ReceiveAtStoreV1,
    ResetPickupCodeV1,
)
from crossdock_contracts.tracking import ShipmentDeliveredV1
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import about, refused, shipment_of, to_be_done
from services.shipping.decide.goods import recall_trouble
from services.shipping.decide.leave import leave
from services.shipping.decide.parcels import labels_in_use, lines_of
from services.shipping.decide.queues import AGAIN, queued, waits_for
from services.shipping.decide.serials import FINE, read_serials
from services.shipping.decide.track import delivered
from services.shipping.parts import Pickup
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_work import Task

MOST_TRIES = 5
"""After so many wrong codes none is taken any more."""

_WAITS = (ShipmentStatus.READY, ShipmentStatus.ARRIVED)


def ready(rules: Rules, states: States, message: ConfirmReadyV1, now: datetime, code: str) -> Decision:
    """It lies ready where it was picked: the buyer may come."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status in (ShipmentStatus.READY, ShipmentStatus.DELIVERED):
        return Decision.nothing()
    if shipment is None or shipment.status is not ShipmentStatus.PICKED or not shipment.is_pickup:
        return refused(message, shipment, "only picked fulfilments that are collected where they lie are made ready")
    if steps := [*waits_for(shipment, "pack"), *waits_for(shipment, "ship")]:
        return refused(message, shipment, to_be_done(steps), reason="steps-open")
    lies = _lies(rules, shipment, ShipmentStatus.READY, code, message.ready_by, now)
    return queued(rules, states, shipment, lies, now)


def receive(rules: Rules, states: States, message: ReceiveAtStoreV1, now: datetime, code: str) -> Decision:
    """It was shipped to the store, and has arrived: the buyer may come."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status in (ShipmentStatus.ARRIVED, ShipmentStatus.DELIVERED):
        return Decision.nothing()
    fulfilment = shipment.fulfilment if shipment else None
    if shipment is None or shipment.status is not ShipmentStatus.SHIPPED or fulfilment is None:
        return refused(message, shipment, "only shipped fulfilments arrive; confirm first that it has shipped")
    if not fulfilment.collect_at:
        return refused(message, shipment, "it goes to the buyer, not to a store", reason="not-collected")
    lies = _lies(rules, shipment, ShipmentStatus.ARRIVED, code, message.received_by, now)
    return queued(rules, states, shipment, lies, now)


def _lies(rules: Rules, shipment: Shipment, status: ShipmentStatus, code: str, by: str, now: datetime) -> Decision:
    """It waits in the store from now on."""
    assert shipment.fulfilment is not None
    store: ShipFrom | None = rules.locations.get(shipment.fulfilment.collect_at)
    hold = timedelta(hours=store.hold_hours) if store else timedelta(days=7)
    remind = timedelta(hours=store.remind_after_hours) if store else hold
    pickup = Pickup(code=code, ready_at=now, remind_at=now + min(remind, hold), hold_until=now + hold)
    after = changed(shipment, status=status, pickup=pickup)
    return Decision(writes=[after], events=[_told(after, pickup, by)])


def _told(shipment: Shipment, pickup: Pickup, by: str) -> PickupReadyV1:
    return PickupReadyV1(
        **_there(shipment),
        lines=lines_of(shipment),
        code=pickup.code,
        issue=pickup.issue,
        hold_until=pickup.hold_until,
        ready_at=pickup.ready_at,
        confirmed_by=by,
    )


def _there(shipment: Shipment) -> dict[str, str]:
    assert shipment.fulfilment is not None
    return {**about(shipment), "location_id": shipment.fulfilment.collect_at}


def hand_over(rules: Rules, states: States, message: HandOverV1, now: datetime) -> Decision:
    """The buyer has it, if the code is right; what lay in the store's own stock leaves with it."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.status is ShipmentStatus.DELIVERED:
        return Decision.nothing()
    if shipment is None or shipment.status not in _WAITS or shipment.pickup is None:
        return refused(message, shipment, "only what lies ready in a store is handed over")
    if shipment.pickup.tries >= MOST_TRIES:
        return refused(message, shipment, "too many wrong codes were shown: reset the code", reason="code-locked")
    if not compare_digest(message.code.strip().encode(), shipment.pickup.code.encode()):
        return _wrong(shipment, shipment.pickup, message, now)
    decision = Decision()
    if shipment.status is ShipmentStatus.READY:
        read = read_serials(states, shipment, (), now, complete=True)
        reason, trouble = read.trouble if read.trouble != FINE else recall_trouble(states, shipment)
        if trouble:
            return refused(message, shipment, trouble, reason=reason)
        decision = leave(states, read, now)
    numbers = [label.tracking_number for label in labels_in_use(shipment).values()] or [shipment.fulfilment_id]
    gone = changed(shipment, shipped_at=shipment.shipped_at or now, pickup=None)
    handed = [_delivered(shipment, message, number, now, len(numbers) - n) for n, number in enumerate(numbers, start=1)]
    decision = decision.and_then(Decision(writes=[delivered(gone, now)], events=handed))
    return queued(rules, states, shipment, decision, now)


def _delivered(shipment: Shipment, message: HandOverV1, number: str, now: datetime, left: int) -> Event:
    return ShipmentDeliveredV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        tracking_number=number,
        occurred_at=now,
        detail="handed over" + (f" by {message.handed_over_by}" if message.handed_over_by else ""),
        parcels_left=left,
    )


def _wrong(shipment: Shipment, pickup: Pickup, message: HandOverV1, now: datetime) -> Decision:
    tries = pickup.tries + 1
    left = MOST_TRIES - tries
    wanted = f"this is not its code; {left} more tries" if left else "this is not its code, and now it is locked"
    decision = refused(message, shipment, wanted, reason="wrong-code")
    decision.writes = [changed(shipment, pickup=changed(pickup, tries=tries))]
    if not left:
        decision.events.append(PickupLockedV1(**_there(shipment), attempts=tries, locked_at=now))
    return decision


def reset_code(states: States, message: ResetPickupCodeV1, _now: datetime, code: str) -> Decision:
    """The buyer gets a new code."""
    shipment = shipment_of(states, message)
    if shipment is None or shipment.status not in _WAITS or shipment.pickup is None:
        return refused(message, shipment, "only what lies ready in a store has a code")
    pickup = changed(shipment.pickup, code=code, issue=shipment.pickup.issue + 1, tries=0)
    return Decision(writes=[changed(shipment, pickup=pickup)], events=[_told(shipment, pickup, message.reset_by)])


def not_collected(_rules: Rules, states: States, message: Task, now: datetime) -> Decision:
    """The buyer has not come yet: they are reminded, and at the end it is cancelled, or somebody has to see to it."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    standing = states.get(Task, message.owner, message.location_id, message.queue, message.fulfilment_id)
    waits = shipment is not None and shipment.status in _WAITS
    if shipment is None or shipment.pickup is None or not waits or (standing is not None and standing.due_at > now):
        return Decision.nothing()
    pickup, there = shipment.pickup, _there(shipment)
    if now < pickup.hold_until:
        said: Event = PickupReminderV1(**there, code=pickup.code, hold_until=pickup.hold_until)
        return Decision(writes=[changed(standing or message, due_at=pickup.hold_until)], events=[said])
    if shipment.status is ShipmentStatus.READY:
        said = PickupExpiredV1(**there, lines=lines_of(shipment), expired_at=now)
    else:
        said = ParcelUncollectedV1(**there, lines=lines_of(shipment), hold_until=pickup.hold_until)
    return Decision(writes=[changed(standing or message, due_at=now + AGAIN)], events=[said])
