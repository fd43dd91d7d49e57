"""The dock: packed parcels that wait for a manifest, or for a carrier to come."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from crossdock_contracts.base import Event
from crossdock_contracts.dock import MOST_FULFILMENTS, HandedParcel, ParcelWaitsV1
from services.hub.decision import Decision, Document, States, changed
from services.shipping.carriers import BoughtParcel
from services.shipping.decide.beside import Decide, followed_by
from services.shipping.decide.parcels import labels_in_use, unlabelled
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_dock import Docked, DockedParcel, ManifestTimer, Purpose

_KEPT = timedelta(days=30)
"""What was neither closed, nor fetched, nor delivered by then is not waited for any more."""
_LIES: dict[Purpose, tuple[ShipmentStatus, ...]] = {
    "manifest": (ShipmentStatus.PACKED, ShipmentStatus.SHIPPED),
    "pickup": (ShipmentStatus.PACKED,),
}
"""Where a fulfilment stands that waits for this; what is shipped, the carrier has fetched."""


def docked(rules: Rules, decide: Decide) -> Decide:
    """The same decision, and with it what it changes of what lies at the dock."""
    return followed_by(Shipment, partial(_dock, rules), decide)


def _dock(
    rules: Rules, states: States, decision: Decision, before: Shipment | None, after: Shipment, now: datetime
) -> None:
    lay, lies = _lying(rules, before, now), _lying(rules, after, now)
    gone = [key for key in lay if key not in lies]
    for key, one in lies.items():
        if key not in lay:
            decision.writes += [one, *_closing_time(rules, states, one, now)]
        elif lay[key].parcels != one.parcels:  # what lay there and does no more stands in a manifest already
            standing = states.get(Docked, *key)
            there = standing.parcels if standing is not None else ()
            left = tuple(parcel for parcel in one.parcels if parcel in there or parcel not in lay[key].parcels)
            if left:
                decision.writes += [changed(one, parcels=left), *_closing_time(rules, states, one, now)]
            else:
                gone.append(key)
    decision.withdrawn += [one for one in states.get_all(Docked, gone) if one is not None]


def _lying(rules: Rules, shipment: Shipment | None, now: datetime) -> dict[tuple[str, ...], Docked]:
    """What lies at the dock of a fulfilment's location, as far as its carriers want to hear of it.

    None of it does before each of its parcels has the label that it goes with; one in the parcel of another never does.
    """
    if shipment is None or shipment.fulfilment is None or shipment.status not in _LIES["manifest"]:
        return {}
    if shipment.inside or shipment.returning or unlabelled(shipment) is not None:
        return {}
    by_carrier: dict[str, list[DockedParcel]] = {}
    for label in labels_in_use(shipment).values():
        if label.label:  # it was bought here
            parcel = DockedParcel(tracking_number=label.tracking_number, handle=label.handle, weight_g=label.weight_g)
            by_carrier.setdefault(label.carrier, []).append(parcel)
    found = (
        Docked(
            owner=shipment.owner,
            location_id=shipment.fulfilment.location_id,
            carrier=carrier,
            purpose=purpose,
            fulfilment_id=shipment.fulfilment_id,
            order_id=shipment.order_id,
            parcels=tuple(parcels),
            due_at=now + _KEPT,
        )
        for carrier, parcels in by_carrier.items()
        for purpose, lies in _LIES.items()
        if shipment.status in lies and carrier in rules.carriers and rules.carriers[carrier].wants(purpose)
    )
    return {(one.owner, one.location_id, one.carrier, one.purpose, one.fulfilment_id): one for one in found}


def _closing_time(rules: Rules, states: States, one: Docked, now: datetime) -> list[Document]:
    """The timer by which what lies at the dock is closed by itself, where it is not set yet."""
    place = rules.locations.get(one.location_id)
    if place is None or place.manifest_at is None or one.purpose != "manifest":
        return []
    standing = states.get(ManifestTimer, one.owner, one.location_id, one.carrier)
    if standing is not None and standing.due_at > now:
        return []
    zone = ZoneInfo(place.calendar.time_zone)
    local = now.astimezone(zone)
    due_at = datetime.combine(local.date(), place.manifest_at, zone)
    if due_at <= local:
        due_at = datetime.combine(local.date() + timedelta(days=1), place.manifest_at, zone)
    return [
        ManifestTimer(owner=one.owner, location_id=one.location_id, carrier=one.carrier, due_at=due_at.astimezone(UTC))
    ]


def forget(_states: States, _message: Docked, _now: datetime) -> Decision:
    """Nobody has closed it or come for it in a month."""
    return Decision.nothing()


def take(states: States, owner: str, location_id: str, carrier: str, purpose: Purpose) -> tuple[list[Docked], bool]:
    """What lies there for this purpose, as much as one document or pickup takes, and whether there is more."""
    lying = states.under(Docked, owner, location_id, carrier, purpose, limit=MOST_FULFILMENTS + 1)
    return lying[:MOST_FULFILMENTS], len(lying) > MOST_FULFILMENTS


def put_back(held: Iterable[Docked]) -> list[Event]:
    """It is to wait for the next, as far as it still does."""
    return [
        ParcelWaitsV1(
            owner=one.owner,
            order_id=one.order_id,
            fulfilment_id=one.fulfilment_id,
            carrier=one.carrier,
            purpose=one.purpose,
            tracking_numbers=tuple(parcel.tracking_number for parcel in one.parcels),
        )
        for one in held
    ]


def reads_waiting(message: ParcelWaitsV1) -> Iterable[str]:
    """The document of the fulfilment."""
    return [Shipment.at(message.owner, message.fulfilment_id)]


def wait_again(rules: Rules, states: States, message: ParcelWaitsV1, now: datetime) -> Decision:
    """A fulfilment lies at the dock again, unless it was shipped, delivered or stopped meanwhile."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    about = (message.carrier, message.purpose)
    lying = [one for one in _lying(rules, shipment, now).values() if (one.carrier, one.purpose) == about]
    written: list[Document] = []
    for one in lying:
        standing = states.get(Docked, one.owner, one.location_id, one.carrier, one.purpose, one.fulfilment_id)
        waits = set(message.tracking_numbers) | {two.tracking_number for two in (standing.parcels if standing else ())}
        parcels = tuple(two for two in one.parcels if not message.tracking_numbers or two.tracking_number in waits)
        if parcels:
            written += [changed(one, parcels=parcels), *_closing_time(rules, states, one, now)]
    return Decision(writes=written)


def bought(held: Iterable[Docked]) -> tuple[BoughtParcel, ...]:
    """The parcels, as a carrier is told of them."""
    return tuple(
        BoughtParcel(tracking_number=one.tracking_number, handle=one.handle, weight_g=one.weight_g)
        for docked in held
        for one in docked.parcels
    )


def handed(held: Iterable[Docked]) -> tuple[HandedParcel, ...]:
    """The parcels, as they are told of."""
    return tuple(
        HandedParcel(order_id=docked.order_id, fulfilment_id=docked.fulfilment_id, tracking_number=one.tracking_number)
        for docked in held
        for one in docked.parcels
    )
