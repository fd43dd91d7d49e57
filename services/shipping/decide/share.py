"""Shared parcels: one recipient's fulfilments in one parcel, under the label of the one that leads.

Each stays a fulfilment of its own order, with its own goods and money. What one of them does that concerns another,
which may be in another partition, it says.
"""

from datetime import datetime

from crossdock_contracts.shipping import ConfirmPackedV1, FulfilmentPackedV1
from crossdock_contracts.warehouse import ParcelJoinedV1, ParcelSharedV1, ParcelUnsharedV1
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import refused, to_be_done
from services.shipping.decide.label import go_on, resume
from services.shipping.decide.leave import leave
from services.shipping.decide.parcels import labels_of, shared, unshared, with_reported
from services.shipping.decide.queues import waits_for
from services.shipping.decide.rates import weight_of
from services.shipping.decide.serials import FINE, read_serials
from services.shipping.rules import Rules
from services.shipping.state import Rider, Shipment, ShipmentStatus, is_open


def pack_with(rules: Rules, states: States, shipment: Shipment, message: ConfirmPackedV1, now: datetime) -> Decision:
    """Goods go into the parcel of the fulfilment that their wave plans them with."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    if steps := waits_for(shipment, "pack"):
        return refused(message, shipment, to_be_done(steps), reason="steps-open")
    if shipment.lead != message.packed_with:
        plan = f"in the parcel of {shipment.lead}" if shipment.lead else "in a parcel of its own"
        return refused(message, shipment, f"its wave plans it {plan}", reason="not-planned-together")
    if shipment.intent is not None or labels_of(shipment):
        return refused(message, shipment, "it has a label of its own: pack it by itself", reason="has-a-label")
    read = read_serials(states, shipment, message.serials, now, complete=True)
    if read.trouble != FINE:
        return refused(message, shipment, read.trouble[1], reason=read.trouble[0])
    origin = rules.locations[fulfilment.location_id]
    weight = weight_of(fulfilment, origin)
    after = changed(read.shipment, status=ShipmentStatus.PACKED, weight_g=weight, inside=shipment.lead)
    packed = FulfilmentPackedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=fulfilment.location_id,
        weight_g=weight,
        packed_at=now,
        packed_with=shipment.lead,
        packed_by=message.packed_by,
    )
    joined = ParcelJoinedV1(
        owner=shipment.owner,
        order_id=shipment.lead_order,
        fulfilment_id=shipment.lead,
        joined_order_id=shipment.order_id,
        joined_fulfilment_id=shipment.fulfilment_id,
        goods_g=max(0, weight - origin.packaging_g),
        packed_at=now,
    )
    return Decision(writes=[after, *read.serials], events=[packed, joined])


def join(states: States, message: ParcelJoinedV1, _now: datetime) -> Decision:
    """Goods were packed into the parcel of this fulfilment: they go with it, unless it does not ship.

    The word of it may be late; what was packed before the carrier had the parcel is in it all the same.
    """
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    rider = Rider(order_id=message.joined_order_id, fulfilment_id=message.joined_fulfilment_id, goods_g=message.goods_g)
    if shipment is None or not _takes(shipment, message.packed_at):
        state = shipment.status if shipment else "not known"
        return Decision(events=[unshared(message.owner, message.fulfilment_id, rider, f"it is {state}")])
    if any(one.fulfilment_id == rider.fulfilment_id for one in shipment.riders):
        return Decision.nothing()
    shipment = changed(shipment, riders=(*shipment.riders, rider))
    return Decision(writes=[shipment], events=shared(shipment, rider))


def _takes(shipment: Shipment, packed_at: datetime) -> bool:
    return is_open(shipment.status) or (shipment.shipped_at is not None and packed_at <= shipment.shipped_at)


def know_shared(states: States, message: ParcelSharedV1, _now: datetime) -> Decision:
    """The parcel that this fulfilment goes in has its label, or has left."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.status is not ShipmentStatus.PACKED:
        return Decision.nothing()
    known = labels_of(shipment).get(1)
    others = known is not None and known.tracking_number != message.parcel.tracking_number
    if shipment.inside != message.lead_fulfilment_id or others:
        return Decision.nothing()
    if known is None:
        shipment = with_reported(shipment, 1, message.parcel)
    if message.shipped_at is not None:
        return leave(states, read_serials(states, shipment, (), message.shipped_at, complete=True), message.shipped_at)
    return Decision(writes=[shipment])


def know_unshared(rules: Rules, states: States, message: ParcelUnsharedV1, now: datetime) -> Decision:
    """The parcel that this fulfilment was to go in does not ship: it gets a label of its own."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or shipment.status is not ShipmentStatus.PACKED:
        return Decision.nothing()
    if shipment.intent is not None or shipment.inside != message.lead_fulfilment_id:
        return resume(rules, shipment, now)
    return go_on(rules, changed(shipment, inside="", lead=""), now)
