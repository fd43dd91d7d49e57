"""Offers: a location that answers for itself accepts a fulfilment, declines it, or lets the time pass."""

from datetime import datetime, timedelta

from crossdock_contracts.stores import (
    DeclineFulfilmentV1,
    FulfilmentDeclinedV1,
    FulfilmentOfferedV1,
)
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import about, refused, shipment_of
from services.shipping.decide.parcels import lines_of
from services.shipping.decide.queues import queued
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus, Task


def offered(rules: Rules, shipment: Shipment, now: datetime) -> Decision | None:
    """A fulfilment is offered to its location; none, where the location does not answer for itself."""
    assert shipment.fulfilment is not None
    place = rules.locations.get(shipment.fulfilment.location_id)
    if place is None or place.accept_minutes is None:
        return None
    said = FulfilmentOfferedV1(
        **about(shipment), lines=lines_of(shipment), answer_by=now + timedelta(minutes=place.accept_minutes)
    )
    return Decision(writes=[changed(shipment, status=ShipmentStatus.OFFERED)], events=[said])


def decline(rules: Rules, states: States, message: DeclineFulfilmentV1, now: datetime) -> Decision:
    """The location does not take it on."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.declined:
        return Decision.nothing()
    if shipment is None or shipment.status is not ShipmentStatus.OFFERED:
        wanted = "only offered fulfilments are declined; what is not on the shelf is a short pick"
        return refused(message, shipment, wanted)
    return _declined(rules, states, shipment, message.reason, message.detail, message.declined_by, now)


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
