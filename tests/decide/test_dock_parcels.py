"""Parcels of one fulfilment at the dock and on their way: each stands in one manifest, and those that ship count."""

from functools import partial
from typing import Any

from crossdock_contracts.dock import ManifestMadeV1, ParcelWaitsV1
from crossdock_contracts.shipping import PackedParcel
from crossdock_contracts.tracking import ShipmentDeliveredV1, TrackingUpdateV1
from services.hub.decision import Decision, Done, Refused, changed
from services.shipping.carriers.answers import ManifestKept
from services.shipping.decide import dock, follow, track
from services.shipping.rules.carriers import Account
from services.shipping.state import ShipmentStatus
from services.shipping.state_dock import Docked, DockedParcel
from services.shipping.state_track import Underway
from tests.builders import NOW, fulfilment, fulfilment_line, parcel, pieces
from tests.decide.dock import ABOUT, Dock
from tests.decide.test_dock import HANDS_OVER, LABEL, ORDER, Quay, lies

HALF = PackedParcel(weight_g=400, lines=(pieces(),))
FOLLOWED = changed(HANDS_OVER, accounts={"cheap": Account(kind="easypost")})


def bought(number: str) -> Done:
    return Done(parcel(number, label=(LABEL,)))


def picked() -> Dock:
    """A fulfilment of two pieces that is picked and has its first label; what is decided of it changes the dock."""
    made = Dock(rules=FOLLOWED)
    take = made.take

    def wired(decide: Any, message: Any, now: Any, *more: Any) -> Decision:
        return take(follow.followed(FOLLOWED, dock.docked(FOLLOWED, decide)), message, now, *more)

    made.take = wired  # type: ignore[method-assign]  # as the service wires it
    made.arrives(fulfilment(fulfilment_line(quantity=2)))
    made.answered(bought("A1"))
    made.picked(pieces(2))
    return made


def lying(house: Dock) -> list[str]:
    found = (one for one in house.documents.values() if isinstance(one, Docked) and one.purpose == "manifest")
    return [two.tracking_number for one in found for two in one.parcels]


def close_day(house: Dock) -> None:
    """All that lies there stands in a manifest now."""
    for one in [one for one in house.documents.values() if isinstance(one, Docked)]:
        del house.documents[one.subject]


def under_way(house: Dock) -> list[str]:
    return sorted(one.tracking_number for one in house.documents.values() if isinstance(one, Underway))


def test_no_parcel_lies_at_the_dock_before_each_of_its_fulfilment_has_its_label() -> None:
    house = picked()
    house.packed(parcels=(HALF, HALF))
    assert lying(house) == [], "a manifest would have the first one, and the next both"
    house.answered(bought("A2"))
    assert lying(house) == ["A1", "A2"]


def test_a_label_that_is_about_to_be_given_back_does_not_lie_at_the_dock() -> None:
    house = picked()
    void = house.packed(4000).intent
    assert void is not None
    assert (void.operation, lying(house)) == ("void", [])
    house.answered(Done(None))
    house.answered(bought("B1"))
    assert lying(house) == ["B1"]


def test_what_is_left_of_a_fulfilment_in_a_manifest_stands_in_no_other() -> None:
    house = picked()
    house.packed(parcels=(HALF, HALF))
    house.answered(bought("A2"))
    close_day(house)
    house.stop(pieces())
    house.answered(Done(None))
    assert lying(house) == []


def test_the_parcel_of_two_fulfilments_lies_at_the_dock_once() -> None:
    house = picked()
    house.packed(400)
    lead = house.shipment
    rider = changed(lead, fulfilment_id="web:2/1", inside=lead.fulfilment_id, kept=("A1",))
    message = ParcelWaitsV1(**{**ORDER, "fulfilment_id": "web:2/1"}, carrier="cheap", purpose="manifest")
    house.documents[rider.subject] = rider
    assert lying(house) == ["A1"]
    house.take(partial(dock.wait_again, FOLLOWED), message, NOW)
    assert lying(house) == ["A1"]


def test_a_parcel_that_its_carrier_left_out_waits_and_the_others_of_its_fulfilment_do_not() -> None:
    quay = Quay(0)
    both = changed(lies(1, "manifest"), parcels=tuple(DockedParcel(tracking_number=one) for one in ("A1", "A2")))
    quay.documents[both.subject] = both
    quay.make()
    quay.made(Done(ManifestKept(number="sf_1", tracking_numbers=("A1",))))
    (made,) = quay.said(ManifestMadeV1)
    assert [[one.tracking_number for one in some] for some in (made.parcels, made.left_out)] == [["A1"], ["A2"]]
    (waits,) = quay.said(ParcelWaitsV1)

    house = picked()
    house.packed(parcels=(HALF, HALF))
    house.answered(bought("A2"))
    close_day(house)
    for _ in range(2):
        house.take(partial(dock.wait_again, FOLLOWED), waits, NOW)
    assert lying(house) == ["A2"]


def test_a_label_that_its_carrier_keeps_for_an_emptied_parcel_does_not_hold_up_the_delivery() -> None:
    house = picked()
    house.packed(parcels=(HALF, HALF))
    house.answered(bought("A2"))
    assert under_way(house) == ["A1", "A2"]
    house.stop(pieces())
    house.answered(Refused("used"))
    assert (under_way(house), house.shipment.kept) == (["A1"], ("A2",))
    house.shipped()
    told = TrackingUpdateV1(**ABOUT, tracking_number="A1", status="delivered", occurred_at=NOW)
    for _ in range(2):
        house.take(track.track, told, NOW)
    assert [one.parcels_left for one in house.said(ShipmentDeliveredV1)] == [0]
    assert (house.shipment.status, under_way(house)) == (ShipmentStatus.DELIVERED, [])


def test_a_parcel_that_goes_with_the_label_that_its_carrier_did_not_take_back_is_followed() -> None:
    house = picked()
    house.packed(4000)
    house.answered(Refused("used"))
    assert (house.shipment.kept, under_way(house)) == (("A1",), ["A1"])
