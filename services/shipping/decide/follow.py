"""Parcels under way: known by account and number from the purchase of their label until they are at rest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from crossdock_contracts.labels import Parcel
from services.hub.decision import Decision, States
from services.shipping.decide.parcels import labels_in_use
from services.shipping.decide.track import at_rest
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus, is_open
from services.shipping.state_track import Underway

Decide = Callable[..., Decision]
_Ways = dict[tuple[str, str], Parcel]
"""Labels, by account and number."""


def followed(rules: Rules, decide: Decide) -> Decide:
    """The same decision; parcels that it sets under way can be found from then on, those that it ends cannot."""

    @wraps(getattr(decide, "func", decide))
    def decided(states: States, *said: Any) -> Decision:
        decision = decide(states, *said)
        for after in [one for one in decision.writes if isinstance(one, Shipment)]:
            before = states.get(Shipment, after.owner, after.fulfilment_id)
            was, is_ = _under_way(rules, before), _under_way(rules, after)
            if was.keys() != is_.keys():
                now = next(one for one in said if isinstance(one, datetime))
                _turn(rules, states, decision, after, was, is_, now)
        return decision

    return decided


def _turn(
    rules: Rules, states: States, decision: Decision, shipment: Shipment, was: _Ways, is_: _Ways, now: datetime
) -> None:
    for account, number in is_.keys() - was.keys():
        settings = rules.accounts[account]
        way = Underway(
            owner=settings.owner,
            account=account,
            tracking_number=number,
            carrier=is_[account, number].carrier,
            order_owner=shipment.owner,
            order_id=shipment.order_id,
            fulfilment_id=shipment.fulfilment_id,
            since=now,
            due_at=now + timedelta(days=settings.track_days),
        )
        decision.writes.append(way)
    for account, number in was.keys() - is_.keys():
        standing = states.get(Underway, rules.accounts[account].owner, account, number)
        if standing is not None and is_of(standing, shipment):
            decision.withdrawn.append(standing)


def is_of(way: Underway, shipment: Shipment) -> bool:
    """It is a parcel of this fulfilment."""
    return (way.order_owner, way.fulfilment_id) == (shipment.owner, shipment.fulfilment_id)


def _under_way(rules: Rules, shipment: Shipment | None) -> _Ways:
    """Its labels that were bought through accounts, and whose parcels are not at rest."""
    if shipment is None or shipment.inside or not (is_open(shipment.status) or _has_shipped(shipment)):
        return {}
    found: _Ways = {}
    for label in labels_in_use(shipment).values():
        carrier = rules.carriers.get(label.carrier)
        number = label.tracking_number
        if carrier is None or carrier.adapter not in rules.accounts:
            continue
        if number in shipment.kept and not label.label:  # somebody else bought it
            continue
        if not at_rest(shipment, number):
            found[carrier.adapter, number] = label
    return found


def _has_shipped(shipment: Shipment) -> bool:
    return shipment.status is ShipmentStatus.SHIPPED
