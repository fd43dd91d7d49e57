"""When places work and carriers move, as configured: routing's part of ``locations.toml`` and ``carriers.toml``."""

from datetime import date, time, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, model_validator

from services.routing.decide.calendar import Days, Hours, Pickup, Transit

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONDAY_TO_FRIDAY: tuple[Weekday, ...] = _WEEKDAYS[:5]


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{name!r} is no time zone; write one of the IANA names, such as Europe/Berlin"
        raise ValueError(msg) from None
    return name


Zone = Annotated[str, AfterValidator(_known)]
"""Name of a time zone in the IANA database."""


def _by_the_wall(clock: time) -> time:
    if clock.tzinfo is not None:
        msg = f"{clock} has an offset; write the time that the clock on the wall shows"
        raise ValueError(msg)
    return clock


Clock = Annotated[time, AfterValidator(_by_the_wall)]
"""What a clock on the wall shows."""


def _on(weekdays: tuple[Weekday, ...]) -> frozenset[int]:
    return frozenset(_WEEKDAYS.index(day) for day in weekdays)


class CollectedBy(BaseModel):
    """When a carrier, or one of its services, collects at a location."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cutoff: Clock | None = None
    """What is ready by then goes with it; none: the location's."""
    collects: Clock | None = None
    """When the carrier comes; none: at the cut-off."""
    days: tuple[Weekday, ...] = _WEEKDAYS
    """Of the days on which both work, those on which it comes."""


class Calendar(BaseModel):
    """``[location.<name>.calendar]``: when a location works, by its own clock, and when carriers collect there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: Zone
    working_days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = _MONDAY_TO_FRIDAY
    holidays: tuple[date, ...] = ()
    """Days on which it does not work although it usually does."""
    opens: Clock = time.min
    closes: Clock | None = None
    """None: at midnight."""
    handling_minutes: NonNegativeInt = 0
    """Working time from release until a parcel is ready."""
    cutoff: Clock | None = None
    """What is ready by then leaves the same day; none: midnight."""
    pickups: dict[str, CollectedBy] = Field(default_factory=dict)
    """By ``<carrier>`` or ``<carrier>/<service>``, where that differs."""
    daily_capacity: NonNegativeInt | None = None
    """Most fulfilments that leave it on one day; none: any number."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes is not None and self.closes <= self.opens:
            msg = f"closes {self.closes} is not after opens {self.opens}"
            raise ValueError(msg)
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """Its clock."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def days(self) -> Days:
        """The days on which it works."""
        return Days(_on(self.working_days), frozenset(self.holidays))

    @cached_property
    def hours(self) -> Hours:
        """The hours in which it works."""
        return Hours(self.days, self.zone, self.opens, self.closes)

    @cached_property
    def handling(self) -> timedelta:
        """Working time from release until a parcel is ready."""
        return timedelta(minutes=self.handling_minutes)

    def collected(self, name: str, moves: Days) -> Pickup:
        """When a service, named ``<carrier>/<service>``, collects; ``moves`` are the days on which it works."""
        own = self.pickups.get(name) or self.pickups.get(name.partition("/")[0]) or CollectedBy()
        days = (self.days, moves, Days(_on(own.days)))
        return Pickup(days, self.zone, own.cutoff or self.cutoff, own.collects)


class Moves(BaseModel):
    """``[carrier.<name>.calendar]``, or that of one of its services: when parcels move and are delivered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    working_days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = _MONDAY_TO_FRIDAY
    holidays: tuple[date, ...] = ()
    slack_days: NonNegativeInt = 0
    """Working days that it may take longer: the width of the range that is promised."""
    delivers_from: Clock = time(8)
    delivers_until: Clock = time(20)

    @cached_property
    def transit(self) -> Transit:
        """When its parcels arrive."""
        days = Days(_on(self.working_days), frozenset(self.holidays))
        return Transit(days, self.slack_days, self.delivers_from, self.delivers_until)
