"""What is configured of shipping: how each location ships (``locations.toml``), and carriers (``carriers.toml``)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Owner
from crossdock_contracts.values import Address, Code, Country, Currency
from services.hub.toml import load_toml

LabelFormat = Literal["pdf", "zpl"]
LabelAt = Literal["release", "pack"]
LabelBy = Literal["hub", "warehouse", "channel", "supplier"]


class Labelling(BaseModel):
    """Where one owner's labels are bought otherwise than the location's; what is left out is as there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_at: LabelAt | None = None
    label_by: LabelBy | None = None


class ShipFrom(BaseModel):
    """How a location ships. Routing reads the same file for its part."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    name: str = ""
    address: Address
    label_at: LabelAt = "release"
    """When labels are bought: when the fulfilment is released, or when it has been packed and weighed."""
    label_by: LabelBy = "hub"
    """Who buys them; whoever else it is reports them."""
    labels: dict[Owner, Labelling] = Field(default_factory=dict)
    """Owners for whom it is otherwise."""
    label_formats: tuple[LabelFormat, ...] = ("pdf", "zpl")
    rerate_from_minor: NonNegativeInt = 1
    """A label that was bought at release is given back, and bought anew, if weighing makes this much of a difference
    to its price; in the carrier's currency."""
    packaging_g: NonNegativeInt = 100
    """Weight of an empty parcel."""
    usual_weight_g: PositiveInt = 500
    """Taken for pieces that have no weight on file."""

    def hub_buys_at(self, owner: str) -> LabelAt | None:
        """When the hub buys the labels of this owner's fulfilments; none: somebody else does."""
        own = self.labels.get(owner)
        if own is None:
            return self.label_at if self.label_by == "hub" else None
        return (own.label_at or self.label_at) if (own.label_by or self.label_by) == "hub" else None


class Band(BaseModel):
    """A price up to a weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    up_to_g: PositiveInt
    amount_minor: NonNegativeInt


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
    hazmat: bool = False
    transit_days: NonNegativeInt
    bands: Annotated[tuple[Band, ...], Field(min_length=1), AfterValidator(_in_order)]
    """In order of weight; heavier parcels are not taken."""


class Carrier(BaseModel):
    """A carrier: which adapter buys its labels, and its services with their rates."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    adapter: Code
    currency: Currency
    active: bool = True
    volumetric_divisor: PositiveInt | None = None
    """Cubic centimetres that count as a kilogram, for instance 5000: a bulky parcel is priced by its volume. None: by
    its weight alone."""
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
