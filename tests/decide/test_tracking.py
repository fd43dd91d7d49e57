"""Parcels under way: known by account and number until they are at rest, whatever carriers say, how often and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossdock_contracts.tracking import (
    HearCarrierV1,
    ParcelScan,
    ParcelScannedV1,
    ScanUnplacedV1,
    ShipmentDeliveredV1,
    ShipmentExceptionV1,
    ShipmentInTransitV1,
    TrackingPolledV1,
    TrackingUpdateV1,
)
from services.hub.decision import Decision, Later, changed
from services.shipping.carriers.answers import Scan, Tracked
from services.shipping.carriers.codes import Status
from services.shipping.decide.follow import followed
from services.shipping.decide.hear import UnheardError, hear, polled, updates
from services.shipping.decide.track import news, scanned
from services.shipping.rules.carriers import Account
from services.shipping.state import Rider, ShipmentStatus
from services.shipping.state_track import TrackRound, Underway
from tests.builders import NOW, later
from tests.decide.dock import ABOUT, BOUGHT, RULES, Dock

THROUGH_ACCOUNT = RULES.model_copy(update={"accounts": {"cheap": Account(kind="easypost", owner="operator")}})


class Followed(Dock):
    """A dock whose cheap carrier is reached through an account."""

    def take(self, decide: Any, message: Any, now: datetime, *more: Any) -> Decision:
        return super().take(followed(self.rules, decide), message, now, *more)

    @property
    def ways(self) -> list[Underway]:
        return [one for one in self.documents.values() if isinstance(one, Underway)]

    def scans(self, *said: tuple[Any, datetime], code: str = "") -> Decision:
        scans = tuple(ParcelScan(status=status, occurred_at=at, code=code) for status, at in said)
        return self.take(scanned, ParcelScannedV1(**ABOUT, tracking_number="XD1", scans=scans), NOW)


def followed_dock(rules: Any = THROUGH_ACCOUNT) -> Followed:
    """Its label is bought."""
    dock = Followed(rules=rules)
    dock.arrives()
    dock.answered(BOUGHT)
    return dock


def under_way() -> Followed:
    """It has left."""
    dock = followed_dock()
    dock.picked()
    dock.packed()
    dock.shipped(NOW)
    return dock


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def test_a_parcel_is_known_by_account_and_number_from_the_purchase_of_its_label() -> None:
    (way,) = followed_dock().ways
    assert (way.owner, way.account, way.tracking_number) == ("operator", "cheap", "XD1")
    assert (way.order_owner, way.order_id, way.fulfilment_id) == ("main", "web:1", "web:1/1")
    assert way.due_at == NOW + timedelta(days=60)


def test_parcels_of_carriers_without_account_cost_nothing_more() -> None:
    assert followed_dock(RULES).ways == []


@pytest.mark.parametrize(
    ("status", "code", "stays"),
    [
        ("delivered", "", False),
        ("exception", "returned-to-sender", False),
        ("exception", "lost", False),
        ("exception", "delayed", True),
        ("in-transit", "", True),
    ],
)
def test_a_parcel_at_rest_is_not_under_way_any_more(status: str, code: str, stays: bool) -> None:
    dock = under_way()
    dock.tracked(status, at(1), code)
    assert bool(dock.ways) is stays


def test_a_label_that_is_given_back_is_not_under_way() -> None:
    dock = followed_dock()
    dock.stop()
    assert dock.shipment.status is ShipmentStatus.STOPPED
    assert dock.ways == []


def test_a_number_that_is_given_out_again_belongs_to_the_newest_parcel() -> None:
    dock = under_way()
    (way,) = dock.ways
    dock.documents[way.subject] = changed(way, fulfilment_id="web:9/1", order_id="web:9")
    dock.tracked("delivered", at(1))
    assert [one.fulfilment_id for one in dock.ways] == ["web:9/1"], "the other one's end does not end it"


def test_what_a_carrier_says_of_the_time_long_before_is_of_another_parcel() -> None:
    (way,) = followed_dock().ways
    tracked = Tracked(
        tracking_number="xd-1",
        carrier="cheap",
        scans=(
            Scan(status=Status.DELIVERED, at=NOW - timedelta(days=30), code="D"),
            Scan(status=Status.IN_TRANSIT, at=NOW - timedelta(hours=7), code="I"),
        ),
    )
    assert [(one.status, one.tracking_number) for one in updates(way, tracked, at(48))] == [("in-transit", "XD1")]


def test_what_comes_back_is_not_delivered_to_its_buyer() -> None:
    (way,) = followed_dock().ways
    scans = (
        Scan(status=Status.RETURNED, at=at(1), code="RS"),
        Scan(status=Status.DELIVERED, at=at(2), code="D"),
    )
    told = updates(way, Tracked(tracking_number="XD1", carrier="cheap", scans=scans), at(48))
    assert [(one.status, one.code) for one in told] == [("exception", "returned-to-sender")]


WAY = (("in-transit", at(1)), ("exception", at(2)), ("in-transit", at(3)), ("out-for-delivery", at(4)))


def test_a_whole_way_is_told_once_however_often_it_comes() -> None:
    dock = under_way()
    dock.scans(*WAY[:2])
    dock.scans(*WAY, ("delivered", at(5)))
    assert dock.scans(*WAY[:3]) == Decision()
    assert dock.scans(*WAY, ("delivered", at(5))) == Decision()
    counts = [len(dock.said(kind)) for kind in (ShipmentInTransitV1, ShipmentExceptionV1, ShipmentDeliveredV1)]
    assert counts == [2, 1, 1]
    assert dock.ways == []


def test_what_is_said_before_a_parcel_has_left_is_asked_for_once_it_has() -> None:
    dock = followed_dock()
    assert dock.scans(("in-transit", at(1))) == Decision()
    dock.picked()
    dock.packed()
    dock.shipped(NOW)
    update = TrackingUpdateV1(**ABOUT, status="in-transit", occurred_at=at(1), tracking_number="XD1")
    assert news(dock.shipment, [update]) == [update]


@example([("out-for-delivery", 0), ("out-for-delivery", 1), ("in-transit", 1)], 0)
@given(
    st.lists(
        st.tuples(st.sampled_from(("in-transit", "out-for-delivery", "exception", "delivered")), st.integers(0, 3)),
        max_size=8,
    ),
    st.integers(0, 5),
)
def test_scans_of_the_same_moment_come_to_rest_in_any_order(said: list[tuple[Any, int]], turn: int) -> None:
    """However scans at the same moment are sorted, a second poll of them is no news."""
    ordered = sorted(((status, at(hours)) for status, hours in said), key=lambda one: one[1])
    dock = under_way()
    for _ in range(2):
        found = news(dock.shipment, _updates(ordered))
        dock.scans(*[(one.status, one.occurred_at) for one in found])
        assert news(dock.shipment, _updates(ordered)) == []
        ordered = sorted(ordered[turn:] + ordered[:turn], key=lambda one: one[1])
    assert (dock.shipment.status is ShipmentStatus.DELIVERED) == any(status == "delivered" for status, _ in said)


def _updates(said: Sequence[tuple[Any, datetime]]) -> list[TrackingUpdateV1]:
    return [TrackingUpdateV1(**ABOUT, status=status, occurred_at=when, tracking_number="XD1") for status, when in said]


def test_those_in_the_parcel_of_another_hear_what_is_new_of_it() -> None:
    dock = under_way()
    rider = Rider(order_id="web:2", fulfilment_id="web:2/1")
    dock.documents[dock.shipment.subject] = changed(dock.shipment, riders=(rider,))
    dock.scans(("in-transit", at(1)))
    dock.scans(("in-transit", at(1)), ("delivered", at(2)))
    told = [one for one in dock.said(ParcelScannedV1) if one.order_id == "web:2"]
    assert [[scan.status for scan in one.scans] for one in told] == [["in-transit"], ["delivered"]]


def test_one_in_the_parcel_of_another_waits_until_that_has_left() -> None:
    dock = followed_dock()
    dock.documents[dock.shipment.subject] = changed(dock.shipment, status=ShipmentStatus.PACKED, inside="web:2/1")
    assert isinstance(dock.scans(("in-transit", at(1))).later, Later)


# -- webhooks


def webhook(code: str = "XD1", account: str = "cheap", *, status: str = "in_transit") -> HearCarrierV1:
    detail = {"status": status, "datetime": later(hours=1).isoformat(), "message": "m"}
    result = {"tracking_code": code, "carrier": "UPS", "status": status, "tracking_details": [detail]}
    body = orjson.dumps({"description": "tracker.updated", "result": result}).decode()
    return HearCarrierV1(owner="operator", account=account, body=body, received_at=NOW)


def heard(dock: Dock, message: HearCarrierV1) -> Decision:
    return hear(THROUGH_ACCOUNT, dock.states, message, NOW)


def test_a_webhook_goes_to_the_order_of_its_parcel() -> None:
    (event,) = heard(under_way(), webhook()).events
    assert isinstance(event, ParcelScannedV1)
    assert (event.owner, event.order_id, event.tracking_number) == ("main", "web:1", "XD1")
    assert [(scan.status, scan.detail) for scan in event.scans] == [("in-transit", "m")]


def test_a_webhook_about_a_parcel_that_nobody_knows_is_noted() -> None:
    (event,) = heard(under_way(), webhook("XD2")).events
    assert isinstance(event, ScanUnplacedV1)
    assert (event.account, event.tracking_number, event.status) == ("cheap", "XD2", "in-transit")


def test_a_webhook_that_is_no_news_says_nothing() -> None:
    assert heard(under_way(), webhook(status="pre_transit")) == Decision()


def test_a_webhook_that_cannot_be_read_says_where() -> None:
    broken = webhook().model_copy(update={"body": '{"description": "tracker.updated", "result": {}}'})
    with pytest.raises(UnheardError, match=r"\$\.tracking_code"):
        heard(under_way(), broken)


def test_what_is_said_to_happen_long_from_now_is_not_believed_for_nothing_would_be_news_after_it() -> None:
    (way,) = under_way().ways
    scans = [Scan(status=Status.IN_TRANSIT, at=at(hours), code="") for hours in (1, 20, 24 * 4000)]
    tracked = Tracked(tracking_number="XD1", carrier="cheap", scans=tuple(scans))
    told = updates(way, tracked, NOW)
    assert [one.occurred_at for one in told] == [at(1), at(20)], "a place's own time may be ahead of ours"


def test_a_webhook_of_an_account_that_is_gone_is_refused() -> None:
    (event,) = heard(under_way(), webhook(account="gone")).events
    assert (event.reason, event.entity_id) == ("no-such-account", "gone")


# -- rounds


def test_a_round_is_kept_as_far_as_it_has_come() -> None:
    dock = Dock()

    def come(begun: float, after: int, *, ended: bool = False) -> TrackRound:
        message = TrackingPolledV1(owner="main", account="cheap", begun_at=at(begun), after=after, ended=ended)
        dock.take(polled, message, NOW)
        found: TrackRound = dock.get(TrackRound, "main", "cheap")
        return found

    assert come(1, 10).after == 10
    assert come(1, 5).after == 10, "what comes late changes nothing"
    assert come(1, 10, ended=True).ended
    assert come(1, 10).ended
    assert (come(2, 3).after, dock.get(TrackRound, "main", "cheap").ended) == (3, False)
