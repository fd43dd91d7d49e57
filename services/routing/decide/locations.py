"""What operators say of locations, closed, open again, so many a day; and what routing answers about them."""

from datetime import datetime, timedelta

from pydantic import BaseModel

from crossdock_contracts.routing import CloseLocationV1, LocationChangedV1, OpenLocationV1, SetLocationCapacityV1
from services.hub.decision import Decision, States, changed
from services.hub.service import Question
from services.routing.decide.calendar import day_of
from services.routing.decide.capacity import capacity_of, stripes_of
from services.routing.rules import Rules
from services.routing.state import HOUSE, Closure, Places, Workload

LocationCommand = CloseLocationV1 | OpenLocationV1 | SetLocationCapacityV1
_DAYS_SHOWN = 7


def close_location(rules: Rules, states: States, message: CloseLocationV1, now: datetime) -> Decision:
    """Nothing more is routed to a location, or only what may wait until it opens."""
    if message.until is not None and message.until <= now:
        return Decision.refused(
            message, "in-the-past", f"{message.until:%Y-%m-%d %H:%M} UTC is over; name a moment to come"
        )
    closure = Closure(until=message.until, reason=message.reason, closed_by=message.closed_by)
    places = _places(states)
    places = changed(places, closed={**places.closed, message.location_id: closure})
    return _changed(rules, places, message, message.reason, message.closed_by, now)


def open_location(rules: Rules, states: States, message: OpenLocationV1, now: datetime) -> Decision:
    """A location ships again."""
    places = _places(states)
    closed = {name: one for name, one in places.closed.items() if name != message.location_id}
    return _changed(rules, changed(places, closed=closed), message, "", message.opened_by, now)


def set_capacity(rules: Rules, states: States, message: SetLocationCapacityV1, now: datetime) -> Decision:
    """So many fulfilments leave a location each day from now on."""
    location = rules.locations.get(message.location_id)
    if location is not None and location.calendar is None:
        detail = f"{message.location_id} has no calendar in locations.toml, so nobody knows what leaves it on which day"
        return Decision.refused(message, "no-calendar", detail)
    places = _places(states)
    capacity = {name: one for name, one in places.capacity.items() if name != message.location_id}
    if message.daily_capacity is not None:
        capacity[message.location_id] = message.daily_capacity
    return _changed(rules, changed(places, capacity=capacity), message, message.reason, message.set_by, now)


def _places(states: States) -> Places:
    return states.get(Places, HOUSE) or Places(owner=HOUSE)


def _changed(rules: Rules, places: Places, message: LocationCommand, reason: str, by: str, now: datetime) -> Decision:
    name = message.location_id
    if message.owner != HOUSE:
        return Decision.refused(message, "not-yours", f"a location is everybody's: only {HOUSE} may say this of it")
    if name not in rules.locations:
        return Decision.refused(message, "no-such-location", f"locations.toml has {', '.join(sorted(rules.locations))}")
    closure = places.closed.get(name)
    event = LocationChangedV1(
        owner=HOUSE,
        location_id=name,
        closed=closure is not None,
        closed_until=closure.until if closure is not None else None,
        daily_capacity=places.capacity.get(name),
        reason=reason,
        changed_by=by,
        changed_at=now,
    )
    return Decision(writes=[places], events=[event])


class LocationsQuestion(Question):
    """How locations stand."""


class Leaving(BaseModel):
    """What leaves a location on a day."""

    day: str
    fulfilments: int


class LocationStanding(BaseModel):
    """One location as it stands now."""

    location_id: str
    name: str
    active: bool
    time_zone: str
    works_today: bool | None
    """None: it has no calendar."""
    closed: bool
    closed_until: datetime | None
    reason: str
    daily_capacity: int | None
    """None: any number."""
    leaving: list[Leaving]
    """The days to come on which anything leaves, where there is a limit."""


def standings(rules: Rules, states: States, question: LocationsQuestion, now: datetime) -> list[LocationStanding]:
    """All locations, with what leaves them in the week to come; other owners than the house's are told nothing."""
    if question.owner != HOUSE:
        return []
    places = states.get(Places, HOUSE)
    return [_standing(rules, states, places, name, now) for name in rules.locations]


def _standing(rules: Rules, states: States, places: Places | None, name: str, now: datetime) -> LocationStanding:
    location = rules.locations[name]
    calendar = location.calendar
    closure = places.closed.get(name) if places is not None else None
    if closure is not None and closure.until is not None and closure.until <= now:
        closure = None
    capacity = capacity_of(rules, places, name)
    return LocationStanding(
        location_id=name,
        name=location.name,
        active=location.active,
        time_zone=calendar.time_zone if calendar is not None else "",
        works_today=calendar.days.work(day_of(now, calendar.zone)) if calendar is not None else None,
        closed=closure is not None,
        closed_until=closure.until if closure is not None else None,
        reason=closure.reason if closure is not None else "",
        daily_capacity=capacity,
        leaving=_leaving(rules, states, name, now) if capacity is not None else [],
    )


def _leaving(rules: Rules, states: States, name: str, now: datetime) -> list[Leaving]:
    calendar = rules.locations[name].calendar
    assert calendar is not None
    today = day_of(now, calendar.zone)
    days = [(today + timedelta(days=n)).isoformat() for n in range(_DAYS_SHOWN)]
    stripes = [str(n) for n in range(stripes_of(rules, name))]
    found = states.get_all(Workload, [(HOUSE, name, day, stripe) for day in days for stripe in stripes])
    counts: dict[str, int] = {}
    for load in found:
        if load is not None and load.fulfilments:
            counts[load.day] = counts.get(load.day, 0) + load.fulfilments
    return [Leaving(day=day, fulfilments=count) for day, count in counts.items()]
