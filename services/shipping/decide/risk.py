"""Dates that are about to be missed: a fulfilment that has not left, or has not arrived, is warned of in time.

There is one timer for each fulfilment that has a date, and none for others: it stands before the moment at which it has
to leave, and once it has left, before the one at which it has to arrive.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from crossdock_contracts.tracking import FulfilmentAtRiskV1
from services.hub.decision import Decision, States, changed
from services.shipping.decide.beside import Decide, followed_by
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import RiskTimer, Shipment, ShipmentStatus, is_open


@dataclass(frozen=True, slots=True)
class Stage:
    """What a fulfilment may miss next."""

    name: Literal["ship", "deliver"]
    due_at: datetime
    warn_at: datetime


def watched(rules: Rules, decide: Decide) -> Decide:
    """The same decision, and with it the timers of the fulfilments that it brings further are set or withdrawn."""
    return followed_by(Shipment, partial(_watch, rules), decide)


def _watch(
    rules: Rules, states: States, decision: Decision, before: Shipment | None, after: Shipment, _now: datetime
) -> None:
    stage = _next(rules, after)
    if stage == _next(rules, before):
        return
    key = {"owner": after.owner, "order_id": after.order_id, "fulfilment_id": after.fulfilment_id}
    if stage is not None:
        decision.writes.append(RiskTimer(**key, due_at=stage.warn_at))
    elif (standing := states.get(RiskTimer, *key.values())) is not None:
        decision.withdrawn.append(standing)


def _next(rules: Rules, shipment: Shipment | None) -> Stage | None:
    """What a fulfilment may miss next, unless it was warned of already."""
    fulfilment = shipment.fulfilment if shipment is not None else None
    origin = rules.locations.get(fulfilment.location_id) if fulfilment is not None else None
    if shipment is None or fulfilment is None or origin is None:
        return None
    if is_open(shipment.status):
        ahead = timedelta(minutes=origin.warn_minutes)
        return _stage("ship", fulfilment.ship_by, ahead, shipment.allocated_at, shipment)
    if shipment.status is ShipmentStatus.SHIPPED and shipment.tracking != "out-for-delivery":
        ahead = timedelta(hours=origin.warn_delivery_hours)
        return _stage("deliver", fulfilment.deliver_by, ahead, shipment.shipped_at, shipment)
    return None


def _stage(
    name: Literal["ship", "deliver"],
    due: datetime | None,
    ahead: timedelta,
    since: datetime | None,
    shipment: Shipment,
) -> Stage | None:
    """One stage; where less time than that was left from the start, half of it."""
    if due is None or not ahead or name in shipment.warned:
        return None
    left = due - since if since is not None and since < due else timedelta()
    return Stage(name, due, due - min(ahead, left / 2))


def warn(rules: Rules, states: States, message: RiskTimer, now: datetime) -> Decision:
    """A date is near: if what it is for has not happened, somebody is told, once."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    stage = _next(rules, shipment)
    if shipment is None or shipment.fulfilment is None or stage is None or now < stage.warn_at:
        return Decision.nothing()
    event = FulfilmentAtRiskV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        stage=stage.name,
        status=shipment.status.value,
        due_at=stage.due_at,
        detail=_detail(shipment, rules.locations[shipment.fulfilment.location_id]),
        warned_at=now,
    )
    return Decision(writes=[changed(shipment, warned=(*shipment.warned, stage.name))], events=[event])


def _detail(shipment: Shipment, origin: ShipFrom) -> str:
    if shipment.status is ShipmentStatus.SHIPPED:
        return f"the carrier last said {shipment.tracking or 'nothing'}"
    if shipment.parcel is None:
        return "it has no label" if origin.label_at == "release" else "it is not packed"
    return f"it is {shipment.status}"
