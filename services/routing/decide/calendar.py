"""Calendar arithmetic: working days, clocks over daylight-saving changes, working hours, pickups, days of transit.

A local time stands for the first moment of its day at which the clock shows it or more: of a time that comes twice
(clocks go back) the first, of a time that does not come (clocks go forward) the moment at which the clock passes it. So
whatever is computed from local times grows with them, and a day is over when the next one begins.

Calendars are compared and hashed by identity: they are made once, of what is configured, and the results are kept.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
FARTHEST_DAYS = 800
"""A day on which several calendars work is looked for so far ahead, and no further."""


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """The days on which somebody works."""

    weekdays: frozenset[int] = frozenset(range(7))
    """Monday is 0."""
    holidays: frozenset[date] = frozenset()

    def work(self, day: date) -> bool:
        """Whether they work on this day."""
        return day.weekday() in self.weekdays and day not in self.holidays


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """The hours in which a place works, on its days, by its own clock."""

    days: Days
    zone: ZoneInfo
    opens: time = time.min
    closes: time | None = None
    """None: at the end of the day."""


@dataclass(frozen=True, slots=True, eq=False)
class Pickup:
    """When a carrier service collects at a place: on days on which all of these work, what is ready by its cut-off."""

    days: tuple[Days, ...]
    zone: ZoneInfo
    cutoff: time | None = None
    """None: the end of the day."""
    collects: time | None = None
    """None: at the cut-off."""


@dataclass(frozen=True, slots=True, eq=False)
class Transit:
    """When what a carrier has collected is delivered."""

    days: Days
    slack_days: int = 0
    """Working days that it may take longer."""
    delivers_from: time = time(8)
    delivers_until: time = time(20)


@dataclass(frozen=True, slots=True)
class Slot:
    """One pickup."""

    day: date
    """By the clock of the place."""
    cutoff_at: datetime
    pickup_at: datetime


@lru_cache(maxsize=65_536)
def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, of a local day at which the clock shows this time or a later one."""
    wall = datetime.combine(day, clock)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first  # the clocks skip it somewhere between these
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local day of a moment."""
    return at.astimezone(zone).date()


def _end_of(day: date, clock: time | None, zone: ZoneInfo) -> datetime:
    return moment(day + _DAY, time.min, zone) if clock is None else moment(day, clock, zone)


@lru_cache(maxsize=16_384)
def open_on(hours: Hours, day: date) -> tuple[datetime, datetime] | None:
    """From when until when a place works on a local day; none where it does not."""
    if not hours.days.work(day):
        return None
    begin, end = moment(day, hours.opens, hours.zone), _end_of(day, hours.closes, hours.zone)
    return (begin, end) if begin < end else None


def finished(hours: Hours, start: datetime, work: timedelta) -> datetime | None:
    """When work that can begin at this moment is done, in working hours alone; none: not in the foreseeable future."""
    day = day_of(start, hours.zone)
    for _ in range(FARTHEST_DAYS):
        window = open_on(hours, day)
        if window is not None:
            begin = max(start, window[0])
            if begin + work <= window[1]:
                return begin + work
            work -= max(timedelta(), window[1] - begin)
        day += _DAY
    return None


def begun(hours: Hours, end: datetime, work: timedelta) -> datetime:
    """When work that has to be done by this moment has to begin at the latest, in working hours alone."""
    day = day_of(end, hours.zone)
    for _ in range(FARTHEST_DAYS):
        window = open_on(hours, day)
        if window is not None:
            finish = min(end, window[1])
            if finish - work >= window[0]:
                return finish - work
            work -= max(timedelta(), finish - window[0])
        day -= _DAY
    return end


@lru_cache(maxsize=16_384)
def next_day(days: tuple[Days, ...], day: date) -> date | None:
    """The first day from this one on which all of these work; none: they never do."""
    for _ in range(FARTHEST_DAYS):
        if all(one.work(day) for one in days):
            return day
        day += _DAY
    return None


@lru_cache(maxsize=16_384)
def days_after(days: Days, day: date, count: int) -> date | None:
    """So many working days after a day, which need not be one itself; with 0, that day or the next working day."""
    found = next_day((days,), day)
    if count and found == day:
        found = next_day((days,), day + _DAY)
    for _ in range(count - 1):
        if found is not None:
            found = next_day((days,), found + _DAY)
    return found


@lru_cache(maxsize=16_384)
def slot_from(pickup: Pickup, day: date) -> Slot | None:
    """The first pickup from this local day on; none: there is none in the foreseeable future."""
    found = next_day(pickup.days, day)
    if found is None:
        return None
    cutoff = _end_of(found, pickup.cutoff, pickup.zone)
    collected = cutoff if pickup.collects is None else max(cutoff, moment(found, pickup.collects, pickup.zone))
    return Slot(found, cutoff, collected)


def next_slot(pickup: Pickup, ready: datetime) -> Slot | None:
    """The first pickup that takes what is ready at this moment: its cut-off is then or later."""
    slot = slot_from(pickup, day_of(ready, pickup.zone))
    while slot is not None and slot.cutoff_at < ready:
        slot = slot_from(pickup, slot.day + _DAY)
    return slot


@lru_cache(maxsize=16_384)
def delivered(transit: Transit, day: date, count: int, zone: ZoneInfo) -> tuple[date, datetime, datetime] | None:
    """What was collected on a day and travels so many days: its first day there, from when and until when it comes.

    None: not in the foreseeable future.
    """
    first = days_after(transit.days, day, count)
    last = days_after(transit.days, first, transit.slack_days) if first is not None else None
    if first is None or last is None:
        return None
    return first, moment(first, transit.delivers_from, zone), moment(last, transit.delivers_until, zone)
