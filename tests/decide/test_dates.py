"""Promise dates: computed for each location, part of the ranking, on the fulfilment."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import OrderReleasedV1
from crossdock_contracts.routing import OrderRoutedV1
from services.hub.settings import ROOT
from services.hub.toml import RulesError
from services.routing.decide import route
from services.routing.rules import RoutingConfig, Rules, Weights
from services.routing.state import ReleaseTimer
from services.routing.timetables import Calendar, Moves
from tests.builders import BERLIN, NOW, later, line, promised
from tests.decide.depot import Routing, calendar, carrier, depots, place, service

EVERYWHERE = [promised(BER=5, ROT=5)]
WEEKEND = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def promise_of(rules: Rules, now: datetime = NOW, **fields):
    (fulfilment,) = Routing(rules).order(now=now, **fields).fulfilments
    return fulfilment.promise


def chosen(routed: OrderRoutedV1) -> list[str]:
    return [fulfilment.location_id for fulfilment in routed.fulfilments]


def test_the_promise_is_release_and_handling_and_pickup_and_transit():
    routed = Routing(depots()).order()  # Monday, half past ten in Berlin
    (fulfilment,) = routed.fulfilments
    promise = fulfilment.promise
    assert promise.services == ("post/parcel",)
    assert promise.cutoff_at == promise.pickup_at == fulfilment.ship_by == utc("2026-03-02 15:00")
    assert promise.deliver_from == utc("2026-03-04 07:00")
    assert promise.deliver_by == fulfilment.deliver_by == routed.deliver_by == utc("2026-03-04 19:00")
    assert routed.ranking[0].deliver_by == promise.deliver_by
    assert routed.ranking[0].parts["promise"] == pytest.approx(2 * (promise.deliver_by - NOW) / timedelta(days=1), 1e-3)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-03-02 14:00", "2026-03-02 15:00"),  # ready at the cut-off
        ("2026-03-02 14:01", "2026-03-03 15:00"),
        ("2026-03-06 14:01", "2026-03-09 15:00"),  # Friday: it leaves on Monday
        ("2026-03-27 14:01", "2026-03-30 14:00"),  # the clocks go forward on Sunday
        ("2026-10-23 13:01", "2026-10-26 15:00"),  # and back
    ],
)
def test_what_is_not_ready_at_the_cut_off_leaves_on_the_next_working_day(now, leaves):
    assert promise_of(depots(), utc(now)).cutoff_at == utc(leaves)


def test_a_holiday_of_the_location_or_the_carrier_is_not_worked():
    closed = depots(BER=place(calendar=calendar(holidays=(date(2026, 3, 2),))))
    assert promise_of(closed).cutoff_at == utc("2026-03-03 15:00")
    slow = depots(carriers={"post": carrier(Moves(holidays=(date(2026, 3, 3), date(2026, 3, 4))), parcel=service(1))})
    assert promise_of(slow).deliver_by == utc("2026-03-05 19:00")


def test_a_service_has_a_cut_off_a_pickup_and_days_of_its_own():
    own = {"post/parcel": {"cutoff": time(12), "collects": time(13), "days": ("tue", "thu")}}
    promise = promise_of(depots(BER=place(calendar=calendar(pickups=own))))
    assert (promise.cutoff_at, promise.pickup_at) == (utc("2026-03-03 11:00"), utc("2026-03-03 12:00"))


def test_days_of_delivery_are_those_of_the_buyers_clock():
    tokyo = BERLIN.model_copy(update={"country": "JP"})
    rules = depots(config=RoutingConfig(time_zones={"JP": "Asia/Tokyo"}))
    assert promise_of(rules, ship_to=tokyo).deliver_by == utc("2026-03-04 11:00")
    rules = depots(carriers={"post": carrier(parcel=service(2, transit_days_to={"JP": 4}))})
    assert promise_of(rules, ship_to=tokyo).deliver_by == utc("2026-03-06 19:00")


def test_the_range_is_as_wide_as_the_carriers_slack():
    rules = depots(carriers={"post": carrier(Moves(slack_days=2), parcel=service(2))})
    promise = promise_of(rules)
    assert (promise.deliver_from, promise.deliver_by) == (utc("2026-03-04 07:00"), utc("2026-03-06 19:00"))


CHEAP_AND_FAST = {"post": carrier(slow=service(4, 300), fast=service(1, 900))}


def test_the_promise_counts_on_the_cheapest_service_unless_the_buyer_needs_it_sooner():
    rules = depots(carriers=CHEAP_AND_FAST)
    assert promise_of(rules).services == ("post/slow", "post/fast")
    assert promise_of(rules, deliver_by=utc("2026-03-04 23:00")).services == ("post/fast",)
    assert promise_of(rules, deliver_by=utc("2026-03-01 23:00")).services == (
        "post/fast",
    )  # late, but as little as may be


def test_a_location_that_is_in_time_is_preferred_to_a_nearer_one_that_is_late():
    rules = depots(BER=place(calendar=calendar(handling_minutes=9 * 60)), ROT=place("NL"))
    assert chosen(Routing(rules).order(promises=EVERYWHERE)) == ["BER"]
    routed = Routing(rules).order(promises=EVERYWHERE, deliver_by=utc("2026-03-04 23:00"))
    assert chosen(routed) == ["ROT"]
    late = next(plan for plan in routed.ranking if "BER" in plan.shares)
    assert late.parts["late"] == 20.0  # it would be there on Thursday evening, a day begun


def test_what_lateness_costs_is_configured():
    rules = depots(
        config=RoutingConfig(weights=Weights(late_per_day=0, promise_per_day=0)),
        BER=place(calendar=calendar(handling_minutes=9 * 60)),
        ROT=place("NL"),
    )
    assert chosen(Routing(rules).order(promises=EVERYWHERE, deliver_by=utc("2026-03-04 23:00"))) == ["BER"]


def test_the_warehouse_works_to_the_earlier_of_the_orders_date_and_the_cut_off():
    (fulfilment,) = Routing(depots()).order(ship_by=later(hours=1), deliver_by=later(days=9)).fulfilments
    assert (fulfilment.ship_by, fulfilment.deliver_by) == (later(hours=1), later(days=9))
    (fulfilment,) = Routing(depots()).order(ship_by=later(days=5)).fulfilments
    assert fulfilment.ship_by == fulfilment.promise.cutoff_at


def test_no_dates_are_promised_for_a_location_without_a_calendar_or_that_buys_its_own_labels():
    for one in (place(calendar=None), place(label_by="supplier")):
        routed = Routing(depots(BER=one)).order()
        assert (routed.fulfilments[0].promise, routed.fulfilments[0].ship_by, routed.deliver_by) == (None, None, None)


def test_an_order_in_two_parcels_is_promised_when_the_later_one_arrives():
    rules = depots(BER=place(), ROT=place("NL", calendar=calendar(handling_minutes=600)))
    ledger = Routing(rules)
    routed = ledger.order(line(1), line(2, sku="B"), promises=[promised(BER=1), promised(2, "B", ROT=1)])
    assert routed.deliver_by == max(fulfilment.deliver_by for fulfilment in routed.fulfilments)
    assert len({fulfilment.deliver_by for fulfilment in routed.fulfilments}) == 2
    assert ledger.route().deliver_by == routed.deliver_by


# -- the day that the buyer asked for


def test_an_order_is_not_released_so_early_that_it_arrives_before_the_day_asked_for():
    ledger = Routing(depots())
    asked = utc("2026-03-12 11:00")  # a Thursday
    assert ledger.order(requested_at=asked) is None
    timer = ledger.get(ReleaseTimer, "main", "web:1")
    assert timer.due_at == utc("2026-03-10 07:00")  # the warehouse opens on Tuesday
    ledger.take(partial(route.release_due, ledger.rules), timer, timer.due_at)
    (routed,) = ledger.said(OrderRoutedV1)
    assert routed.fulfilments[0].promise.cutoff_at == utc("2026-03-10 15:00")
    assert routed.deliver_by == utc("2026-03-12 19:00")


def test_a_day_asked_for_that_nobody_delivers_on_is_moved_to_the_next():
    ledger = Routing(depots())
    ledger.order(requested_at=utc("2026-03-14 11:00"))  # a Saturday
    timer = ledger.get(ReleaseTimer, "main", "web:1")
    assert timer.due_at == utc("2026-03-12 07:00")
    ledger.take(partial(route.release_due, ledger.rules), timer, timer.due_at)
    assert ledger.said(OrderRoutedV1)[0].deliver_by == utc("2026-03-16 19:00")


def test_a_day_asked_for_that_cannot_be_kept_is_late_and_nothing_waits():
    routed = Routing(depots()).order(requested_at=utc("2026-03-03 11:00"))
    assert routed.ranking[0].parts["late"] == 20.0


def test_an_order_for_a_day_to_come_is_released_then_whoever_wakes_it():
    ledger = Routing(depots())
    ledger.order(requested_at=utc("2026-03-12 11:00"))
    order = ledger.route().order
    again = OrderReleasedV1(owner="main", order_id="web:1", order=order, closed=(), released_at=NOW)
    ledger.take(partial(route.go_on_released, ledger.rules), again, later(days=1))
    assert ledger.said(OrderRoutedV1) == []
    ledger.take(partial(route.go_on_released, ledger.rules), again, utc("2026-03-10 09:00"))
    assert len(ledger.said(OrderRoutedV1)) == 1


def test_a_day_at_the_end_of_time_is_waited_for_like_any_other():
    ledger = Routing(depots())
    assert ledger.order(requested_at=datetime.max.replace(tzinfo=UTC)) is None
    assert ledger.get(ReleaseTimer, "main", "web:1").due_at.year >= 8999


# -- what always holds

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
calendars = st.builds(
    Calendar,
    time_zone=st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    working_days=st.sets(st.sampled_from(WEEKEND), min_size=1).map(tuple),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=20).map(tuple),
    opens=st.sampled_from([time(0), time(2, 30), time(9)]),
    closes=st.sampled_from([None, time(12), time(23, 30)]),
    handling_minutes=st.integers(0, 3000),
    cutoff=st.none() | st.times(),
)


@given(moments, calendars, st.integers(0, 6), st.integers(0, 3), st.timedeltas(timedelta(), timedelta(days=9)))
def test_a_promise_is_never_before_now_and_an_order_that_comes_later_is_not_promised_earlier(
    now, works, days, slack, more
):
    carriers = {"post": carrier(Moves(slack_days=slack, working_days=WEEKEND), parcel=service(days))}
    rules = depots(BER=place(calendar=works), carriers=carriers)
    promise, after = promise_of(rules, now), promise_of(rules, now + more)
    assert now <= promise.cutoff_at <= promise.pickup_at <= promise.deliver_from <= promise.deliver_by
    assert promise.cutoff_at <= after.cutoff_at
    assert promise.deliver_by <= after.deliver_by
    leaves = (promise.cutoff_at - timedelta(microseconds=1)).astimezone(ZoneInfo(works.time_zone)).date()
    assert works.cutoff is None or works.cutoff == time(0) or works.days.work(leaves)


@given(moments, st.integers(0, 30), st.integers(0, 5))
def test_nothing_arrives_before_the_day_asked_for(now, ahead, days):
    ledger = Routing(depots(carriers={"post": carrier(parcel=service(days))}))
    asked = now + timedelta(days=ahead)
    routed = ledger.order(now=now, requested_at=asked)
    if routed is None:
        timer = ledger.get(ReleaseTimer, "main", "web:1")
        assert timer.due_at > now
        ledger.take(partial(route.release_due, ledger.rules), timer, timer.due_at)
        (routed,) = ledger.said(OrderRoutedV1)
    zone = ZoneInfo("Europe/Berlin")
    assert routed.fulfilments[0].promise.deliver_from.astimezone(zone).date() >= asked.astimezone(zone).date()


# -- what is configured wrongly is refused with the place


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('time_zone = "Berlin"', "'Berlin' is no time zone"),
        ('time_zone = "Europe/Berlin"\nopens = 10:00:00\ncloses = 09:00:00', "closes 09:00:00 is not after opens"),
        ('time_zone = "Europe/Berlin"\ncutof = 10:00:00', "cutof"),
        ('time_zone = "Europe/Berlin"\nworking_days = ["monday"]', "working_days"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, wrong: str, told: str):
    for name in ("routing.toml", "carriers.toml"):
        (tmp_path / name).write_text((ROOT / "deploy" / "rules" / name).read_text())
    (tmp_path / "locations.toml").write_text(
        f'[location.BER]\naddress = {{ country = "DE" }}\n[location.BER.calendar]\n{wrong}\n'
    )
    with pytest.raises(RulesError, match=f"(?s)location.BER.calendar.*{told}"):
        Rules.load(tmp_path)
