"""Parcels of one fulfilment on their way: each is followed by its number."""

from crossdock_contracts.shipping import PackedParcel
from crossdock_contracts.tracking import ShipmentDeliveredV1, TrackingUpdateV1
from services.hub.decision import Decision
from services.shipping.decide import track
from services.shipping.state import ShipmentStatus
from tests.builders import fulfilment, later
from tests.decide.dock import ABOUT, Dock
from tests.decide.packing import TWO_LINES, picked, sold, why_not


def tracked(dock: Dock, status: str, number: str = "", **when: float) -> Decision:
    message = TrackingUpdateV1(**ABOUT, status=status, occurred_at=later(**when), tracking_number=number)
    return dock.take(track.track, message, later(**when))


def test_a_fulfilment_is_delivered_once_each_of_its_parcels_is() -> None:
    dock = picked(fulfilment(*TWO_LINES, location="LON"))
    dock.packed(parcels=(PackedParcel(weight_g=700), PackedParcel(weight_g=300)))
    dock.answered(sold(1))
    dock.answered(sold(2))
    dock.shipped()

    tracked(dock, "delivered", "XD2", hours=1)
    assert tracked(dock, "in-transit", "XD2", hours=2) == Decision()
    assert dock.shipment.status is ShipmentStatus.SHIPPED
    tracked(dock, "delivered", hours=3)

    said = [(event.tracking_number, event.parcels_left) for event in dock.said(ShipmentDeliveredV1)]
    assert said == [("XD2", 1), ("XD1", 0)]
    assert (dock.shipment.status, dock.shipment.delivered_at) == (ShipmentStatus.DELIVERED, later(hours=3))


def test_a_parcel_that_is_none_of_several_is_refused_and_that_of_one_is_known_by_any_number() -> None:
    dock, single = picked(fulfilment(*TWO_LINES, location="LON")), picked()
    dock.packed(parcels=(PackedParcel(weight_g=700), PackedParcel(weight_g=300)))
    dock.answered(sold(1))
    dock.answered(sold(2))
    dock.shipped()
    assert tracked(dock, "delivered", "XD9").writes == []
    assert "its parcels are XD1, XD2" in why_not(dock)
    single.packed()
    single.shipped()
    tracked(single, "delivered", "LAST-MILE-1")
    assert single.shipment.status is ShipmentStatus.DELIVERED
