"""What is said of labels."""

from datetime import datetime

from crossdock_contracts.labels import LabelBoughtV1, LabelRefusedV1
from services.shipping.decide.parcels import labels_of
from services.shipping.state import Shipment


def refusal(shipment: Shipment, reason: str, detail: str) -> LabelRefusedV1:
    """That a fulfilment has no label, and why somebody has to look."""
    assert shipment.fulfilment is not None
    number = shipment.quote.number if shipment.quote else 1
    return LabelRefusedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        reason=reason,
        detail=detail if number == 1 else f"parcel {number}: {detail}",
        ranking=shipment.ranking if reason == "no-carrier" else (),
        attempt=shipment.generation,
    )


def bought(shipment: Shipment, number: int, now: datetime, *, reported: bool = False) -> LabelBoughtV1:
    """That a parcel of a fulfilment has its label."""
    assert shipment.fulfilment is not None
    return LabelBoughtV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        parcel=labels_of(shipment)[number],
        ranking=() if reported else shipment.ranking,
        bought_at=now,
    )
