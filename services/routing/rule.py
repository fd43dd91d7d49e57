"""The rule language of ``routing.toml``: which orders a rule is for, and what it does with them."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from crossdock_contracts.values import Code, Country, Currency, PaymentMethod, Priority
from services.routing.timetables import Weekday, Zone

Text = Annotated[str, Field(min_length=1)]


class When(BaseModel):
    """What an order must be like: all that is said; of a list one entry fits. What is not said does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owners: tuple[Text, ...] = ()
    channels: tuple[Text, ...] = ()
    countries: tuple[Country, ...] = ()
    regions: tuple[Text, ...] = ()
    """States, provinces, counties, as the address has them."""
    postcode_prefixes: tuple[Text, ...] = ()
    """Blanks and case do not matter."""
    service_levels: tuple[Code, ...] = ()
    customers: tuple[Text, ...] = ()
    """The channel's customer id, an e-mail address, or all addresses of a domain: ``@example.com``."""
    payment_methods: tuple[PaymentMethod, ...] = ()
    currencies: tuple[Currency, ...] = ()
    tags: tuple[Text, ...] = ()
    priority_to: Priority | None = None
    """As urgent as this or more: 0 is served first."""
    ship_complete: bool | None = None
    total_from_minor: int | None = None
    total_below_minor: int | None = None
    """Of the whole order, in its currency."""
    sku_prefixes: tuple[Text, ...] = ()
    """At least one of the goods that are to be placed has a SKU that begins so."""
    hazmat_classes: tuple[Text, ...] = ()
    """At least one of them is of this class."""
    weight_from_g: NonNegativeInt | None = None
    weight_below_g: NonNegativeInt | None = None
    """Of all of them."""
    pieces_from: NonNegativeInt | None = None
    pieces_below: NonNegativeInt | None = None
    """How many they are."""
    days: tuple[Weekday, ...] = ()
    """On which it is decided."""
    hours: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")] = ""
    """``08:00-14:00``: from the first until before the second; over midnight where the first is later."""
    from_day: date | None = None
    until_day: date | None = None
    """First and last day on which the rule holds."""
    zone: Zone = "UTC"
    """By whose clock days and hours go."""


class Rule(BaseModel):
    """What is to be done with orders that are like this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    active: bool = True
    when: When = When()
    unless: When | None = None
    """Not for orders that are like this."""
    only: tuple[Text, ...] = ()
    """Only these locations may ship it."""
    exclude: tuple[Text, ...] = ()
    """These locations may not."""
    points: dict[Text, float] = Field(default_factory=dict)
    """Points to add for a location; negative ones prefer it."""
    prefer: tuple[Text, ...] = ()
    """Locations in order of preference: each costs ``weights.preference`` points more than the one before it, and those
    that are not in it more than the last."""
    most_locations: PositiveInt | None = None
    """Most locations that it is split over; 1: never split."""
    whole_lines: bool = False
    """All pieces of a SKU come from one location."""
    together: tuple[str, ...] = ()
    """All SKUs that begin so come from one location."""
    keep_back: dict[Text, PositiveInt] = Field(default_factory=dict)
    """So many pieces of each SKU stay at a location, for its counter."""
    stop: bool = False
    """The rules below are not looked at."""

    @property
    def locations(self) -> set[str]:
        """The locations that it names."""
        return {*self.only, *self.exclude, *self.points, *self.prefer, *self.keep_back}

    @property
    def effects(self) -> list[str]:
        """What it does, in words."""
        told = [
            f"only {', '.join(self.only)}" if self.only else "",
            f"not {', '.join(self.exclude)}" if self.exclude else "",
            *(f"{name} {points:+g} points" for name, points in self.points.items()),
            f"prefers {', '.join(self.prefer)}" if self.prefer else "",
            f"at most {self.most_locations} locations" if self.most_locations else "",
            "no line from two locations" if self.whole_lines else "",
            f"SKUs {', '.join(f'{prefix}…' for prefix in self.together)} from one location" if self.together else "",
            *(f"keeps {pieces} back at {name}" for name, pieces in self.keep_back.items()),
            "stops" if self.stop else "",
        ]
        return [effect for effect in told if effect]

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.effects:
            msg = "it does nothing; it needs an effect, such as only, exclude or points"
            raise ValueError(msg)
        if self.only and set(self.only) <= set(self.exclude):
            msg = "it excludes every location that it allows"
            raise ValueError(msg)
        return self
