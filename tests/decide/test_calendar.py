"""Calendar arithmetic, over daylight-saving changes in both directions, ahead of and behind UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.routing.decide.calendar import (
    Days,
    Hours,
    Pickup,
    begun,
    day_of,
    days_after,
    finished,
    moment,
    next_day,
    next_slot,
)

BERLIN, NEW_YORK, SYDNEY = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Sydney")
ZONES = [
    BERLIN,
    NEW_YORK,
    SYDNEY,
    ZoneInfo("Pacific/Apia"),
    ZoneInfo("America/St_Johns"),
    ZoneInfo("Asia/Kathmandu"),
    UTC,
]
WEEK = Days(frozenset(range(5)))
EVERY_DAY = Days()

moments = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from([zone for zone in ZONES if isinstance(zone, ZoneInfo)])
clocks = st.times()
days = st.builds(
    Days,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.frozensets(st.dates(date(2024, 1, 1), date(2026, 1, 1)), max_size=30),
)
spans = st.timedeltas(timedelta(), timedelta(hours=60))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    opens, closes = sorted([draw(clocks), draw(clocks)])
    assume(opens < closes)
    return Hours(draw(days), draw(zones), opens, draw(st.sampled_from([closes, None])))


@st.composite
def pickups(draw: st.DrawFn) -> Pickup:
    return Pickup((draw(days), EVERY_DAY), draw(zones), draw(st.none() | clocks), draw(st.none() | clocks))


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected"),
    [
        (date(2026, 3, 2), time(16), BERLIN, "2026-03-02 15:00"),
        (date(2026, 7, 2), time(16), BERLIN, "2026-07-02 14:00"),
        (date(2026, 7, 2), time(16), NEW_YORK, "2026-07-02 20:00"),
        (date(2026, 1, 5), time(8), SYDNEY, "2026-01-04 21:00"),  # it is the day before in UTC
    ],
)
def test_a_local_time_is_that_of_its_place_in_summer_and_in_winter(day, clock, zone, expected):
    assert moment(day, clock, zone) == utc(expected)


def test_a_time_that_does_not_come_is_the_moment_at_which_the_clock_passes_it():
    assert moment(date(2026, 3, 29), time(2, 30), BERLIN) == utc("2026-03-29 01:00")
    assert moment(date(2026, 3, 29), time(2, 0), BERLIN) == utc("2026-03-29 01:00")
    assert moment(date(2026, 3, 29), time(3, 0), BERLIN) == utc("2026-03-29 01:00")
    assert moment(date(2026, 3, 8), time(2, 30), NEW_YORK) == utc("2026-03-08 07:00")


def test_a_time_that_comes_twice_is_its_first():
    assert moment(date(2026, 10, 25), time(2, 30), BERLIN) == utc("2026-10-25 00:30")
    assert moment(date(2026, 11, 1), time(1, 30), NEW_YORK) == utc("2026-11-01 05:30")


def test_a_day_that_a_place_skipped_begins_when_the_next_one_does():
    apia = ZoneInfo("Pacific/Apia")  # 29 December 2011 was followed by the 31st
    assert moment(date(2011, 12, 30), time(12), apia) == moment(date(2011, 12, 31), time.min, apia)


@given(moments, zones, clocks, st.integers(0, 400))
def test_a_later_local_time_is_never_an_earlier_moment(at, zone, clock, more):
    day = day_of(at, zone)
    later = datetime.combine(day, clock) + timedelta(minutes=more)
    assert moment(day, clock, zone) <= moment(later.date(), later.time(), zone)


def test_a_working_day_is_as_long_as_the_clocks_make_it():
    around_the_clock = Hours(EVERY_DAY, BERLIN, time(0))
    start = moment(date(2026, 3, 29), time(0), BERLIN)
    assert finished(around_the_clock, start, timedelta(hours=23)) == moment(date(2026, 3, 30), time(0), BERLIN)
    night = Hours(EVERY_DAY, BERLIN, time(1), time(5))  # three hours long when the clocks go forward, five when back
    assert finished(night, start, timedelta(hours=4)) == moment(date(2026, 3, 30), time(2), BERLIN)
    back = moment(date(2026, 10, 25), time(1), BERLIN)
    assert finished(night, back, timedelta(hours=5)) == moment(date(2026, 10, 25), time(5), BERLIN)


def test_work_that_comes_in_the_evening_begins_on_the_next_working_day():
    office = Hours(Days(frozenset(range(5)), frozenset({date(2026, 3, 9)})), BERLIN, time(8), time(17))
    friday_evening = utc("2026-03-06 18:00")
    assert finished(office, friday_evening, timedelta()) == moment(date(2026, 3, 10), time(8), BERLIN)
    friday_late = utc("2026-03-06 15:30")  # half an hour is left of Friday, Monday is a holiday
    assert finished(office, friday_late, timedelta(hours=2)) == moment(date(2026, 3, 10), time(9, 30), BERLIN)


@given(hours(), moments, spans, st.timedeltas(timedelta(), timedelta(days=30)))
def test_work_is_never_done_before_it_came_in_and_what_came_later_is_not_done_earlier(open_hours, start, work, more):
    done = finished(open_hours, start, work)
    assume(done is not None)
    assert done >= start + work
    again = finished(open_hours, start + more, work)
    assert again is None or again >= done


@given(hours(), moments, spans)
def test_what_begins_when_it_has_to_is_done_when_it_has_to_be(open_hours, end, work):
    start = begun(open_hours, end, work)
    done = finished(open_hours, start, work)
    assume(work and start <= end and done is not None and start != end)  # no work at closing time is done next morning
    assert done <= end


@given(st.lists(days, min_size=1, max_size=3), st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_the_next_working_day_is_one_and_there_is_none_before_it(several, day):
    found = next_day(tuple(several), day)
    assume(found is not None)
    assert found >= day
    assert all(one.work(found) for one in several)
    between = (day + timedelta(days=n) for n in range((found - day).days))
    assert not any(all(one.work(earlier) for one in several) for earlier in between)


def test_places_that_never_work_on_the_same_day_have_no_next_day():
    assert next_day((Days(frozenset({0})), Days(frozenset({1}))), date(2026, 3, 2)) is None


@given(days, st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(1, 9))
def test_days_of_transit_are_counted_in_working_days(carrier, day, count):
    found = days_after(carrier, day, count)
    assert found is not None
    assert carrier.work(found)
    assert sum(carrier.work(day + timedelta(days=n)) for n in range(1, (found - day).days + 1)) == count


def test_two_days_of_transit_from_friday_are_over_on_tuesday():
    assert days_after(WEEK, date(2026, 3, 6), 2) == date(2026, 3, 10)
    assert days_after(WEEK, date(2026, 3, 6), 0) == date(2026, 3, 6)
    assert days_after(WEEK, date(2026, 3, 7), 0) == date(2026, 3, 9)


def test_what_is_ready_at_the_cut_off_goes_and_what_is_ready_a_moment_later_goes_the_next_day():
    pickup = Pickup((WEEK,), BERLIN, time(16), time(17, 30))
    on_time, late = utc("2026-03-02 15:00"), utc("2026-03-02 15:00") + timedelta(microseconds=1)
    assert next_slot(pickup, on_time).day == date(2026, 3, 2)
    assert next_slot(pickup, on_time).pickup_at == utc("2026-03-02 16:30")
    assert next_slot(pickup, late).day == date(2026, 3, 3)


def test_a_carrier_collects_only_where_and_when_everybody_works():
    tuesdays = Days(frozenset({1}))
    pickup = Pickup((Days(frozenset(range(5)), frozenset({date(2026, 3, 3)})), tuesdays), BERLIN, time(16))
    assert next_slot(pickup, utc("2026-03-02 09:00")).day == date(2026, 3, 10)
    assert next_slot(Pickup((WEEK, Days(frozenset({6}))), BERLIN), utc("2026-03-02 09:00")) is None


@given(pickups(), moments, st.timedeltas(timedelta(), timedelta(days=10)))
def test_no_pickup_is_before_what_it_takes_is_ready_and_what_is_ready_later_does_not_go_earlier(pickup, ready, more):
    slot, later = next_slot(pickup, ready), next_slot(pickup, ready + more)
    assert slot is not None
    assert later is not None
    assert ready <= slot.cutoff_at <= slot.pickup_at
    assert slot.cutoff_at <= later.cutoff_at
    assert all(one.work(slot.day) for one in pickup.days)
