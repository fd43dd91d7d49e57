"""Returns on their way back: followed from when they have a label until they are at the warehouse's door."""

from datetime import datetime, timedelta
from typing import Any

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.return_labels import ReturnTrackedV1
from crossdock_contracts.tracking import ParcelScan, ParcelScannedV1, TrackingUpdateV1
from services.hub.decision import Decision, Done, changed
from services.shipping.decide import back_track, follow, track
from services.shipping.rules.carriers import Account
from services.shipping.state_track import Underway
from tests.builders import NOW, parcel
from tests.decide.test_return_labels import RULES, Counter

FOLLOWED = changed(RULES, accounts={"cheap": Account(kind="easypost")})
WAY = {"owner": "main", "order_id": "web:1", "fulfilment_id": "web:1/R-1", "of_return": "R-1"}


def after(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


class Lane(Counter):
    """A return whose label was bought."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted()
        self.answered(Done(parcel("T1", carrier="cheap")))

    def take(self, decide: Any, message: Any, now: Any, *more: Any) -> Decision:
        """As the service wires it."""
        return super().take(follow.followed(FOLLOWED, decide), message, now, *more)

    def scans(self, *scans: tuple[str, float], number: str = "T1") -> list[str]:
        """What is news of what a carrier tells."""
        said = tuple(ParcelScan.model_validate({"status": one, "occurred_at": after(at)}) for one, at in scans)
        before = len(self.said(ReturnTrackedV1))
        self.take(track.scanned, ParcelScannedV1(**WAY, tracking_number=number, scans=said), NOW)
        return [one.status for one in self.said(ReturnTrackedV1)[before:]]

    @property
    def ways(self) -> list[tuple[str, str]]:
        """What is under way: the fulfilment and return of each."""
        found = (one for one in self.documents.values() if isinstance(one, Underway))
        return [(one.fulfilment_id, one.return_id) for one in found]


def test_a_return_is_followed_from_when_it_has_a_label_until_it_is_at_the_door() -> None:
    lane = Lane()
    assert lane.ways == [("web:1/R-1", "R-1")]
    assert lane.scans(("in-transit", 1), ("out-for-delivery", 2)) == ["in-transit", "out-for-delivery"]
    assert lane.ways == [("web:1/R-1", "R-1")]
    assert lane.scans(("in-transit", 1), ("out-for-delivery", 2), ("delivered", 3)) == ["delivered"]
    assert (lane.ways, lane.scans(("in-transit", 4))) == ([], [])


def test_a_label_that_is_given_back_or_another_parcel_is_not_followed() -> None:
    lane = Lane()
    assert lane.scans(("in-transit", 1), number="T2") == []
    lane.called_off()
    assert (lane.ways, lane.scans(("in-transit", 1))) == ([], [])
    told = TrackingUpdateV1(**WAY, status="in-transit", occurred_at=NOW)
    lane.take(track.track, told, NOW)
    assert [one.reason for one in lane.said(CommandRefusedV1)] == ["wrong-state"]


def test_what_a_carrier_says_when_it_is_asked_is_told_once() -> None:
    lane = Lane()
    updates = [
        TrackingUpdateV1(**WAY, status=one, occurred_at=after(n)) for n, one in enumerate(("in-transit", "delivered"))
    ]
    assert back_track.news(lane.label, reversed(updates)) == updates
    for update in (*updates, *updates):
        lane.take(track.track, update, NOW)
    assert [one.status for one in lane.said(ReturnTrackedV1)] == ["in-transit", "delivered"]
    assert back_track.news(lane.label, updates) == []
