"""``carriers.toml``: carriers, their services, and what these cost by weight."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock_contracts.values import Code, Country, Currency


class Band(BaseModel):
    """A price up to a weight."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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


class CarrierService(BaseModel):
    """One service of a carrier: where it goes, how long that takes, and what it costs by weight."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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
    calendar: dict[str, Any] = Field(default_factory=dict)
    """Routing's part."""


class Carrier(BaseModel):
    """A carrier: which adapter buys its labels, and its services with their rates."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    adapter: Code
    currency: Currency
    active: bool = True
    calendar: dict[str, Any] = Field(default_factory=dict)
    """Routing's part."""
    volumetric_divisor: PositiveInt | None = None
    """Cubic centimetres that count as a kilogram, for instance 5000: a bulky parcel is priced by its volume. None: by
    its weight alone."""
    service: dict[str, CarrierService]


class CarriersFile(BaseModel):
    """``carriers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: dict[Code, Carrier]
    adapter: dict[Code, Any] = Field(default_factory=dict)
    """Accounts with houses that sell labels; `services.shipping.carriers.accounts` reads them."""
