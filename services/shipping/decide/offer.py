"""Offers: a location that answers for itself accepts a fulfilment, declines it, or lets the time pass."""

from datetime import datetime

from crossdock_contracts.stores import (
    DeclineFulfilmentV1,
    FulfilmentDeclinedV1,
    RejectPurchaseOrderV1,
)
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import about, refused, shipment_of
from services.shipping.decide.parcels import lines_of
from services.shipping.decide.queues import queued
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_work import Task


def decline(
    rules: Rules, states: States, message: DeclineFulfilmentV1 | RejectPurchaseOrderV1, now: datetime
) -> Decision:
    """The location does not take it on."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.declined:
        return Decision.nothing()
    if shipment is None or shipment.status is not ShipmentStatus.OFFERED:
        wanted = "only offered fulfilments are declined; what is not on the shelf is a short pick"
        return refused(message, shipment, wanted)
    by = message.declined_by if isinstance(message, DeclineFulfilmentV1) else ""
    return _declined(rules, states, shipment, message.reason, message.detail, by, now)


def timed_out(rules: Rules, states: States, message: Task, now: datetime) -> Decision:
    """Nobody has answered in time: it goes to another location."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.status is not ShipmentStatus.OFFERED or now < message.due_at:
        return Decision.nothing()
    detail = f"nobody at {message.location_id} answered until {message.late_at:%Y-%m-%d %H:%M} UTC"
    return _declined(rules, states, shipment, "no-answer", detail, "", now)


def _declined(
    rules: Rules, states: States, shipment: Shipment, reason: str, detail: str, by: str, now: datetime
) -> Decision:
    said = FulfilmentDeclinedV1(
        **about(shipment), lines=lines_of(shipment), reason=reason, detail=detail, declined_by=by, declined_at=now
    )
    left = changed(shipment, status=ShipmentStatus.STOPPED, declined=reason)
    return queued(rules, states, shipment, Decision(writes=[left], events=[said]), now)
