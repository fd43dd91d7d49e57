"""Old and new versions of a message, live together.

For each replaced contract: how the old reads as the new (upcast), and how the new is still said to those who only know
the old (downcast). ``decide`` functions only know the newest.
"""

from collections.abc import Callable
from typing import Any

from crossdock_contracts import registry
from crossdock_contracts.base import Contract
from crossdock_contracts.shipping import ShipmentShippedV1, ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.values import LineQuantity

_up: dict[type[Contract], Callable[[Any], Contract]] = {}
_down: dict[type[Contract], Callable[[Any], Contract]] = {}


def newest(contract: type[Contract]) -> type[Contract]:
    """The newest known version of this contract's type."""
    known = registry.versions(contract.TYPE)
    return known[max(known)]


def upcast(message: Contract) -> Contract:
    """This message in the newest version of its type; itself where it is that already."""
    while (step := _up.get(type(message))) is not None:
        message = step(message)
    return message


def beside(message: Contract) -> list[Contract]:
    """The older versions in which this message is still published, newest of them first."""
    older: list[Contract] = []
    while (step := _down.get(type(message))) is not None:
        message = step(message)
        older.append(message)
    return older


def _share(total: int, weights: list[int]) -> list[int]:
    """Split an amount in proportion, to the minor unit: what rounding leaves goes to the first shares."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    for i in range(total - sum(shares)):
        shares[i % len(shares)] += 1
    return shares


def _shipped_v1_to_v2(old: ShipmentShippedV1) -> ShipmentShippedV2:
    values = _share(old.value.amount_minor, [line.quantity for line in old.lines])
    return ShipmentShippedV2(
        owner=old.owner,
        order_id=old.order_id,
        fulfilment_id=old.fulfilment_id,
        location_id=old.location_id,
        lines=tuple(
            ShippedLine(line_id=line.line_id, sku=line.sku, quantity=line.quantity, value_minor=value)
            for line, value in zip(old.lines, values, strict=True)
        ),
        parcels=(ShippedParcel(carrier=old.carrier, service=old.service, tracking_number=old.tracking_number),),
        value=old.value,
        shipped_at=old.shipped_at,
    )


def _shipped_v2_to_v1(new: ShipmentShippedV2) -> ShipmentShippedV1:
    first = new.parcels[0]
    return ShipmentShippedV1(
        owner=new.owner,
        order_id=new.order_id,
        fulfilment_id=new.fulfilment_id,
        location_id=new.location_id,
        lines=tuple(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=line.quantity) for line in new.lines),
        carrier=first.carrier,
        service=first.service,
        tracking_number=first.tracking_number,
        value=new.value,
        shipped_at=new.shipped_at,
    )


_up[ShipmentShippedV1] = _shipped_v1_to_v2
_down[ShipmentShippedV2] = _shipped_v2_to_v1
