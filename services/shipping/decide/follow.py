"""Parcels under way: known by account and number from the purchase of their label until they are at rest."""

from datetime import datetime, timedelta
from functools import partial

from crossdock_contracts.labels import Parcel
from services.hub.decision import Decision, States
from services.shipping.decide.back_track import is_under_way
from services.shipping.decide.beside import Decide, followed_by
from services.shipping.decide.parcels import labels_in_use
from services.shipping.decide.track import at_rest
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus, is_open
from services.shipping.state_back import ReturnLabel
from services.shipping.state_track import Underway

Sent = Shipment | ReturnLabel
_Ways = dict[tuple[str, str], Parcel]
"""Labels, by account and number."""


def followed(rules: Rules, decide: Decide) -> Decide:
    """The same decision; parcels that it sets under way can be found from then on, those that it ends cannot."""
    turn = partial(_turn, rules)
    return followed_by(ReturnLabel, turn, followed_by(Shipment, turn, decide))


def _turn(rules: Rules, states: States, decision: Decision, before: Sent | None, sent: Sent, now: datetime) -> None:
    was, is_ = _under_way(rules, before), _under_way(rules, sent)
    fulfilment_id, return_id = names(sent)
    for account, number in is_.keys() - was.keys():
        settings = rules.accounts[account]
        way = Underway(
            owner=settings.owner,
            account=account,
            tracking_number=number,
            carrier=is_[account, number].carrier,
            order_owner=sent.owner,
            order_id=sent.order_id,
            fulfilment_id=fulfilment_id,
            return_id=return_id,
            since=now,
            due_at=now + timedelta(days=settings.track_days),
        )
        decision.writes.append(way)
    for account, number in was.keys() - is_.keys():
        standing = states.get(Underway, rules.accounts[account].owner, account, number)
        if standing is not None and is_of(standing, sent):
            decision.withdrawn.append(standing)


def names(sent: Sent) -> tuple[str, str]:
    """What its parcel goes by: fulfilment, and return if it comes back."""
    if isinstance(sent, ReturnLabel):
        return f"{sent.order_id}/{sent.return_id}", sent.return_id
    return sent.fulfilment_id, ""


def is_of(way: Underway, sent: Sent) -> bool:
    """It is a parcel of this fulfilment or return."""
    return (way.order_owner, way.fulfilment_id, way.return_id) == (sent.owner, *names(sent))


def _under_way(rules: Rules, sent: Sent | None) -> _Ways:
    """Its labels that were bought through accounts, and whose parcels are not at rest."""
    return _coming_back(rules, sent) if isinstance(sent, ReturnLabel) else _going_there(rules, sent)


def _coming_back(rules: Rules, label: ReturnLabel) -> _Ways:
    parcel = label.parcel
    carrier = rules.carriers.get(parcel.carrier) if parcel is not None else None
    if parcel is None or carrier is None or carrier.adapter not in rules.accounts or not is_under_way(label):
        return {}
    return {(carrier.adapter, parcel.tracking_number): parcel}


def _going_there(rules: Rules, shipment: Shipment | None) -> _Ways:
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
