"""Leaving: what is said of a fulfilment whose parcels the carrier has."""

from datetime import datetime

from crossdock_contracts.shipping import ShipmentShippedV2, ShippedParcel
from crossdock_contracts.values import Money
from services.hub.decision import Decision, States, changed
from services.shipping.decide.goods import shipped_lines, trace
from services.shipping.decide.parcels import labels_of, shared
from services.shipping.decide.serials import Read
from services.shipping.state import Box, Shipment, ShipmentStatus


def leave(states: States, read: Read, at: datetime) -> Decision:
    """The carrier has all parcels of a fulfilment; with them goes what was packed into its parcel."""
    shipment, fulfilment = read.shipment, read.shipment.fulfilment
    assert fulfilment is not None
    lines = shipped_lines(shipment)
    value = sum(line.value_minor for line in lines)
    shipped = ShipmentShippedV2(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=fulfilment.location_id,
        lines=lines,
        parcels=_parcels(shipment),
        value=Money(amount_minor=value, currency=fulfilment.currency),
        channel=fulfilment.channel,
        ship_to=fulfilment.ship_to,
        service_level=fulfilment.service_level,
        shipped_at=at,
    )
    after = changed(shipment, status=ShipmentStatus.SHIPPED, shipped_at=at)
    numbers = [changed(one, shipped_at=None if one.is_free else at) for one in read.serials]
    return Decision(writes=[after, *numbers, *trace(states, shipment, at)], events=[shipped, *shared(after)])


def _parcels(shipment: Shipment) -> tuple[ShippedParcel, ...]:
    """Its parcels as the carrier has them, in the order in which they were packed; one by hand where there is none."""
    if shipment.is_pickup:
        return (ShippedParcel(carrier="pickup", service="pickup", tracking_number=shipment.fulfilment_id),)
    boxes = shipment.boxes or (Box(number=1, weight_g=0 if shipment.inside else shipment.weight_g),)
    labels = labels_of(shipment)
    return tuple(
        ShippedParcel(
            carrier=labels[box.number].carrier,
            service=labels[box.number].service,
            tracking_number=labels[box.number].tracking_number,
            weight_g=box.weight_g or labels[box.number].weight_g,
            dimensions=box.dimensions,
            lines=box.lines,
        )
        for box in boxes
    )
