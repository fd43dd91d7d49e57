"""What is packed for carriers: closed in one manifest, fetched by one pickup, each once."""

from datetime import time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crossdock_contracts.dock import (
    BookCarrierPickupV1,
    CancelCarrierPickupV1,
    MakeManifestV1,
    ManifestMadeV1,
    ManifestRefusedV1,
    ManifestWantedV1,
    ParcelWaitsV1,
    SettleCarrierPickupV1,
    SettleManifestV1,
)
from crossdock_contracts.labels import LabelObject
from crossdock_contracts.operations import CommandRefusedV1
from services.hub.decision import Decision, Done, Failed, Outcome, Refused, Unsettled
from services.shipping.carriers import MakeManifest
from services.shipping.carriers.answers import ManifestKept
from services.shipping.decide import dock, fetch, manifest
from services.shipping.rules.locations import Clock
from services.shipping.state_dock import Docked, DockedParcel, Manifest, ManifestTimer
from tests.builders import NOW, later, parcel, pieces
from tests.decide.dock import RULES, Dock
from tests.decide.ledger import Ledger

_CHEAP = RULES.carriers["cheap"].model_copy(update={"manifests": True, "pickups": True})
_BERLIN = RULES.locations["BER"].model_copy(
    update={"manifest_at": time(18), "calendar": Clock(time_zone="Europe/Berlin")}
)
HANDS_OVER = RULES.model_copy(
    update={
        "carriers": {**RULES.carriers, "cheap": _CHEAP},
        "locations": {**RULES.locations, "BER": _BERLIN},
    }
)
ORDER = {"owner": "main", "order_id": "web:1", "fulfilment_id": "web:1/1"}
AT = {"owner": "main", "location_id": "BER"}
AWAY = Failed("out of order", 3.0)
LABEL = LabelObject(format="pdf", bucket="labels", name="label.pdf", size_bytes=1, sha256="0")


class Quay(Ledger):
    """Shipping's decisions about the dock of BER, where so many fulfilments lie."""

    def __init__(self, count: int = 2) -> None:
        super().__init__(*(lies(n, purpose) for n in range(1, count + 1) for purpose in ("manifest", "pickup")))

    def lying(self, purpose: str) -> list[str]:
        found = [one for one in self.documents.values() if isinstance(one, Docked) and one.purpose == purpose]
        return sorted(one.fulfilment_id for one in found)

    def waits(self) -> list[tuple[str, str]]:
        """What is to wait for the next, as far as it still does."""
        return [(one.purpose, one.fulfilment_id) for one in self.said(ParcelWaitsV1)]

    def make(self, manifest_id: str = "M-1", **fields: Any) -> Decision:
        message = MakeManifestV1(**AT, carrier="cheap", manifest_id=manifest_id, **fields)
        return self.take(partial(manifest.make_manifest, HANDS_OVER), message, NOW)

    def made(self, outcome: Outcome, manifest_id: str = "M-1") -> Decision:
        message = MakeManifestV1(**AT, carrier="cheap", manifest_id=manifest_id)
        return self.take(manifest.settle_manifest, message, NOW, outcome)

    def book(self, **fields: Any) -> Decision:
        return self.take(partial(fetch.book, HANDS_OVER), booking(**fields), NOW)

    def call_off(self, by: str = "") -> Decision:
        message = CancelCarrierPickupV1(**AT, pickup_id="P-1", cancelled_by=by)
        return self.take(partial(fetch.call_off, HANDS_OVER), message, NOW)

    def answered(self, outcome: Outcome, hours: int = 0) -> Decision:
        return self.take(fetch.settle_pickup, booking(), later(hours=hours), outcome)


def lies(number: int, purpose: Any) -> Docked:
    return Docked(
        **AT, carrier="cheap", purpose=purpose, fulfilment_id=f"web:{number}/1", order_id=f"web:{number}",
        parcels=(DockedParcel(tracking_number=f"T{number}", handle=f"shp_{number}"),), due_at=later(days=30),
    )  # fmt: skip


def booking(**fields: Any) -> BookCarrierPickupV1:
    window = {"ready_at": later(hours=2), "closes_at": later(hours=5), **fields}
    return BookCarrierPickupV1(**{**AT, "carrier": "cheap", "pickup_id": "P-1", **window})


def packed(*, bought: bool = True) -> Dock:
    """A fulfilment that is packed and labelled, at a dock whose carrier is to hear of it."""
    made = Dock(rules=HANDS_OVER)
    take = made.take

    def hands_over(decide: Any, message: Any, now: Any, *more: Any) -> Decision:
        return take(dock.docked(HANDS_OVER, decide), message, now, *more)

    made.take = hands_over  # type: ignore[method-assign]  # as the service wires it
    made.arrives()
    made.answered(Done(parcel(label=(LABEL,) if bought else (), handle="shp_9")))
    made.picked()
    made.packed()
    return made


def of(docked: Dock) -> list[tuple[str, str]]:
    found = (one for one in docked.documents.values() if isinstance(one, Docked))
    return sorted((one.purpose, one.parcels[0].handle) for one in found)


def test_a_parcel_lies_at_the_dock_from_when_it_is_packed_until_it_is_delivered() -> None:
    house = packed()
    assert of(house) == [("manifest", "shp_9"), ("pickup", "shp_9")]
    house.shipped()
    assert of(house) == [("manifest", "shp_9")], "the carrier has it: nobody has to come"
    house.tracked("delivered")
    assert of(house) == []
    assert of(packed(bought=False)) == [], "a label that was bought elsewhere is handed over there"


def test_a_parcel_that_is_stopped_leaves_the_dock() -> None:
    house = packed()
    house.stop(pieces())
    assert of(house) == []


def test_what_a_manifest_has_taken_does_not_come_back_when_it_is_shipped() -> None:
    house = packed()
    for one in [one for one in house.documents.values() if isinstance(one, Docked)]:
        del house.documents[one.subject]
    house.shipped()
    assert of(house) == []


def test_what_came_to_nothing_waits_again_as_far_as_it_still_does() -> None:
    house = packed()
    timer = house.get(ManifestTimer, "main", "BER", "cheap")
    for one in [one for one in house.documents.values() if isinstance(one, Docked | ManifestTimer)]:
        del house.documents[one.subject]
    for purpose in ("manifest", "pickup"):
        message = ParcelWaitsV1(**ORDER, carrier="cheap", purpose=purpose)
        for _ in range(2):
            house.take(partial(dock.wait_again, HANDS_OVER), message, NOW)
    assert of(house) == [("manifest", "shp_9"), ("pickup", "shp_9")]
    assert house.get(ManifestTimer, "main", "BER", "cheap") == timer, "it is closed by itself"
    house.stop(pieces())
    assert of(house) == []
    assert house.take(partial(dock.wait_again, HANDS_OVER), message, NOW).writes == []


def test_the_dock_is_closed_at_its_own_time_of_day() -> None:
    house = packed()
    timer: ManifestTimer = house.get(ManifestTimer, "main", "BER", "cheap")
    local = timer.due_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert (local.hour, local.minute, timer.due_at > NOW) == (18, 0, True)
    decision = house.take(partial(manifest.close_day, HANDS_OVER), timer, timer.due_at)
    assert decision.intent is not None
    again = house.take(partial(manifest.close_day, HANDS_OVER), timer, timer.due_at).intent
    assert again is not None
    assert (again.key, again.resumed) == (decision.intent.key, True)
    answer = ManifestKept(number="sf_1")
    house.take(manifest.settle_manifest, timer, timer.due_at, Done(answer))
    assert house.said(ManifestMadeV1)[0].parcels[0].tracking_number == parcel().tracking_number


def test_a_manifest_holds_each_parcel_once() -> None:
    quay = Quay()
    intent = quay.make().intent
    assert intent is not None
    assert isinstance(intent.request, MakeManifest)
    assert [one.handle for one in intent.request.parcels] == ["shp_1", "shp_2"]
    again = quay.make().intent
    assert again is not None
    assert (again.key, again.resumed) == (intent.key, True)
    quay.make("M-2")
    assert quay.said(CommandRefusedV1)[0].reason == "nothing-to-close"
    quay.intent = again
    quay.made(Done(ManifestKept(number="sf_1", documents=(LABEL,))))
    (said,) = quay.said(ManifestMadeV1)
    assert (said.number, [one.order_id for one in said.parcels]) == ("sf_1", ["web:1", "web:2"])
    assert said.documents == (LABEL,)
    assert quay.make().intent is None
    assert quay.lying("pickup") == ["web:1/1", "web:2/1"], "another purpose"


def test_what_a_carrier_leaves_out_or_refuses_waits_for_the_next_manifest() -> None:
    quay = Quay(3)
    quay.make()
    quay.made(Done(ManifestKept(number="sf_1", tracking_numbers=("T1", "T3"))))
    assert [one.tracking_number for one in quay.said(ManifestMadeV1)[0].left_out] == ["T2"]
    assert quay.waits() == [("manifest", "web:2/1")]

    other = Quay(2)
    other.make(without=("web:1/1",))
    assert other.lying("manifest") == [], "it stands in none any more"
    other.made(Refused("INVALID", "T2 was refunded"))
    assert other.said(ManifestRefusedV1)[0].detail == "INVALID T2 was refunded"
    assert other.waits() == [("manifest", "web:2/1")]


def test_a_manifest_that_nothing_can_tell_of_waits_for_somebody_to_look() -> None:
    quay = Quay(1)
    quay.make()
    quay.made(Unsettled("no way to ask"))
    assert (quay.said(ManifestRefusedV1)[0].reason, quay.lying("manifest")) == ("outcome-unknown", [])
    settle = SettleManifestV1(**AT, carrier="cheap", manifest_id="M-1", number="99")
    for _ in range(2):
        quay.take(manifest.settle_by_hand, settle, NOW)
    assert [one.number for one in quay.said(ManifestMadeV1)] == ["99"]
    assert quay.said(CommandRefusedV1)[0].reason == "wrong-state"

    other = Quay(1)
    other.make()
    other.made(Unsettled("no way to ask"))
    other.take(manifest.settle_by_hand, settle.model_copy(update={"number": ""}), NOW)
    assert other.waits() == [("manifest", "web:1/1")]


def test_more_than_one_manifest_takes_go_into_the_next() -> None:
    quay = Quay(201)
    quay.make()
    (wanted,) = quay.said(ManifestWantedV1)
    assert (wanted.manifest_id, len(quay.lying("manifest"))) == ("M-1+2", 1)
    quay.take(partial(manifest.go_on, HANDS_OVER), wanted, NOW)
    assert quay.lying("manifest") == []
    found: Manifest = quay.get(Manifest, "main", "BER", "cheap", "M-1+2")
    assert len(found.held) == 1


@pytest.mark.parametrize(
    ("fields", "reason"), [({"carrier": "dear"}, "no-manifests"), ({"location_id": "X"}, "no-such-location")]
)
def test_a_manifest_that_cannot_be_made_is_refused_with_the_reason(fields: dict[str, str], reason: str) -> None:
    quay = Quay()
    message = MakeManifestV1(**{**AT, "carrier": "cheap", "manifest_id": "M-1", **fields})
    quay.take(partial(manifest.make_manifest, HANDS_OVER), message, NOW)
    assert quay.said(CommandRefusedV1)[0].reason == reason


def test_a_manifest_or_pickup_under_way_whose_carrier_is_not_in_the_rules_any_more_is_settled_by_hand() -> None:
    quay = Quay()
    quay.make()
    quay.book()
    gone = HANDS_OVER.model_copy(update={"carriers": {}})
    asked = MakeManifestV1(**AT, carrier="cheap", manifest_id="M-1")

    quay.take(partial(manifest.make_manifest, gone), asked, NOW)
    assert quay.take(partial(manifest.make_manifest, gone), asked, NOW).events == []
    assert [one.reason for one in quay.said(ManifestRefusedV1)] == ["outcome-unknown"]
    quay.take(manifest.settle_by_hand, SettleManifestV1(**AT, carrier="cheap", manifest_id="M-1"), NOW)
    quay.take(partial(fetch.book, gone), booking(), NOW)
    quay.take(fetch.settle_by_hand, SettleCarrierPickupV1(**AT, pickup_id="P-1"), NOW)

    assert sorted(quay.waits()) == [(kind, f"web:{n}/1") for kind in ("manifest", "pickup") for n in (1, 2)]


def test_a_timed_manifest_under_way_is_taken_up_whatever_the_rules_say_by_now() -> None:
    timer = ManifestTimer(**AT, carrier="cheap", due_at=NOW)
    quay = Quay()
    begun = quay.take(partial(manifest.close_day, HANDS_OVER), timer, NOW)
    none = HANDS_OVER.model_copy(update={"carriers": RULES.carriers})
    again = quay.take(partial(manifest.close_day, none), timer, NOW)
    assert begun.intent is not None
    assert again.intent is not None
    assert (again.intent.key, again.intent.resumed) == (begun.intent.key, True)


def test_what_stands_in_no_manifest_any_more_stands_in_none_that_follows() -> None:
    quay = Quay(203)
    out = ("web:1/1", *(f"web:{n}/1" for n in range(201, 204)))
    quay.make(without=out)
    (following,) = quay.said(ManifestWantedV1)
    assert following.without == out
    quay.take(partial(manifest.go_on, HANDS_OVER), following, NOW)
    inside = [held.fulfilment_id for one in quay.documents.values() if isinstance(one, Manifest) for held in one.held]
    assert not set(out) & set(inside)
    assert quay.lying("manifest") == []
