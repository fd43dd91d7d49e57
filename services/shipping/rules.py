"""What is configured of shipping: how each location ships (``locations.toml``), and carriers (``carriers.toml``)."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock_contracts.values import Address, Code, Country, Currency
from services.hub.toml import load_toml

LabelFormat = Literal["pdf", "zpl"]


class ShipFrom(BaseModel):
    """How a location ships. Routing reads the same file for its part."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    name: str = ""
    address: Address
    label_at: Literal["release", "pack"] = "release"
    label_by: Literal["hub", "warehouse", "channel", "supplier"] = "hub"
    label_formats: tuple[LabelFormat, ...] = ("pdf", "zpl")
    packaging_g: NonNegativeInt = 100
    """Weight of an empty parcel."""
    usual_weight_g: PositiveInt = 500
    """Taken for pieces that have no weight on file."""
    warn_minutes: NonNegativeInt = 60
    """So long before a fulfilment has to leave, one that has not left is warned of; 0: not at all."""
    warn_delivery_hours: NonNegativeInt = 12
    """So long before it has to arrive, one that is not being delivered is warned of; 0: not at all."""


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

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: Code
    currency: Currency
    active: bool = True
    calendar: dict[str, Any] = Field(default_factory=dict)
    """Routing's part."""
    service: dict[str, CarrierService]


class LocationsFile(BaseModel):
    """``locations.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: dict[str, ShipFrom]


class CarriersFile(BaseModel):
    """``carriers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: dict[Code, Carrier]


class Rules(BaseModel):
    """All that shipping goes by."""

    model_config = ConfigDict(frozen=True)

    locations: dict[str, ShipFrom]
    carriers: dict[Code, Carrier]

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read both files.

        Raises:
            RulesError: one is missing or wrong.
        """
        locations = load_toml(folder / "locations.toml", LocationsFile).location
        return cls(locations=locations, carriers=load_toml(folder / "carriers.toml", CarriersFile).carrier)
