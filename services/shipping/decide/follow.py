"""Parcels under way: known by account and number from the purchase of their label until they are at rest."""

from datetime import datetime, timedelta
from functools import partial

from crossdock_contracts.labels import Parcel
from services.hub.decision import Decision, States
from services.shipping.decide.beside import Decide, followed_by
from services.shipping.decide.parcels import labels_in_use
from services.shipping.decide.track import at_rest
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus, is_open
from services.shipping.state_track import Underway

_Ways = dict[tuple[str, str], Parcel]
"""Labels, by account and number."""


def followed(rules: Rules, decide: Decide) -> Decide:
    """The same decision; parcels that it sets under way can be found from then on, those that it ends cannot."""
    return followed_by(Shipment, partial(_turn, rules), decide)


def _turn(
    rules: Rules, states: States, decision: Decision, before: Shipment | None, after: Shipment, now: datetime
) -> None:
    was, is_ = _under_way(rules, before), _under_way(rules, after)
    for account, number in is_.keys() - was.keys():
        settings = rules.accounts[account]
        way = Underway(
            owner=settings.owner,
            account=account,
            tracking_number=number,
            carrier=is_[account, number].carrier,
            order_owner=after.owner,
            order_id=after.order_id,
            fulfilment_id=after.fulfilment_id,
            since=now,
            due_at=now + timedelta(days=settings.track_days),
        )
        decision.writes.append(way)
    for account, number in was.keys() - is_.keys():
        standing = states.get(Underway, rules.accounts[account].owner, account, number)
        if standing is not None and is_of(standing, after):
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
