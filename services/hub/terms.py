"""On which terms services of carriers take parcels (``carriers.toml``): routing and shipping go by the same."""

from bisect import bisect_left
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock_contracts.values import Code, Country, Dimensions


class Band(BaseModel):
    """A price up to a weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    up_to_g: PositiveInt
    amount_minor: NonNegativeInt
    per_kg_minor: NonNegativeInt = 0
    """For each kilogram; what that comes to is asked where it is more than the amount."""

    def asks(self, weight_g: int) -> int:
        """The price of a parcel of so many grams."""
        return max(self.amount_minor, -(-self.per_kg_minor * weight_g // 1000))


def _in_order(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    weights = [band.up_to_g for band in bands]
    if weights != sorted(set(weights)):
        msg = f"bands must be in order of weight, each once; these go up to {weights} g"
        raise ValueError(msg)
    return bands


class ServiceTerms(BaseModel):
    """One service of a carrier: where it goes, what it takes, how long that takes, and what it costs by weight."""

    model_config = ConfigDict(frozen=True)

    service_levels: tuple[Code, ...] = ("standard",)
    """Service levels that it can fulfil."""
    countries: tuple[Country, ...] = ()
    """Countries that it goes to; empty: all."""
    banned_countries: tuple[Country, ...] = ()
    """Countries that it does not go to."""
    from_locations: tuple[str, ...] = ()
    """Locations at which it collects; empty: all."""
    hazmat: bool = False
    """It takes hazardous goods of every class."""
    hazmat_classes: tuple[str, ...] = ()
    """It takes hazardous goods of these classes."""
    post_boxes: bool = True
    """It delivers to post-office boxes and parcel lockers."""
    longest_mm: PositiveInt | None = None
    """The longest side that it takes."""
    girth_mm: PositiveInt | None = None
    """The most that it takes of the longest side and the way around the other two together."""
    transit_days: NonNegativeInt
    """Working days from pickup to delivery."""
    transit_days_to: dict[Country, NonNegativeInt] = Field(default_factory=dict)
    """The same to countries where it differs."""
    bands: Annotated[tuple[Band, ...], Field(min_length=1), AfterValidator(_in_order)]
    """In order of weight; heavier parcels are not taken."""

    @cached_property
    def limits_g(self) -> list[int]:
        """The weights of its bands, for looking one up."""
        return [band.up_to_g for band in self.bands]

    @property
    def most_g(self) -> int:
        """The heaviest parcel that it takes."""
        return self.bands[-1].up_to_g

    def band(self, weight_g: int) -> Band | None:
        """What prices a parcel of so many grams; none: it is too heavy."""
        number = bisect_left(self.limits_g, weight_g)
        return self.bands[number] if number < len(self.bands) else None

    def days_to(self, country: str | None) -> int:
        """Working days from pickup to delivery in this country."""
        return self.transit_days_to.get(country or "", self.transit_days)

    def carries(self, hazmat: AbstractSet[str]) -> bool:
        """Whether it takes hazardous goods of all these classes."""
        return self.hazmat or hazmat <= set(self.hazmat_classes)

    def not_there(self, country: str | None, location_id: str = "", *, po_box: bool = False) -> str:
        """Why it does not go to such an address, from this location if one is given; empty: it does."""
        if self.countries and country not in self.countries:
            return "country-not-served"
        if location_id and self.from_locations and location_id not in self.from_locations:
            return "location-not-served"
        if country in self.banned_countries:
            return "country-banned"
        if po_box and not self.post_boxes:
            return "no-post-boxes"
        return ""

    def too_large(self, size: Dimensions | None) -> str:
        """Why it takes nothing of this size; empty: it does, or nobody knows the size."""
        if size is None:
            return ""
        if self.longest_mm is not None and size.longest_mm > self.longest_mm:
            return "too-long"
        if self.girth_mm is not None and size.girth_mm > self.girth_mm:
            return "too-large"
        return ""
