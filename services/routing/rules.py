"""What is configured of routing: locations, weights and rules, in ``locations.toml`` and ``routing.toml``."""

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from crossdock_contracts.values import Address
from services.hub.toml import RulesError, load_toml


class Location(BaseModel):
    """A place that goods ship from, as far as routing goes by it. Other services read the same file for their part."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    name: str = ""
    address: Address
    owners: tuple[str, ...] = ()
    """Owners whose goods it ships; empty: all."""
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    """Countries it ships to; empty: all."""
    service_levels: tuple[str, ...] = ()
    hazmat_classes: tuple[str, ...] = ()
    """Hazardous goods it may ship; others it may not."""
    handling_points: NonNegativeFloat = 0.0
    """Cost of one more fulfilment there, in points."""
    piece_points: NonNegativeFloat = 0.0
    """Cost of picking one piece there, in points."""
    pickup: bool = False
    """Buyers may collect here."""
    active: bool = True


class Weights(BaseModel):
    """How much each thing counts, in points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    distance_per_100_km: NonNegativeFloat = 1.0
    split: NonNegativeFloat = 25.0
    handling: NonNegativeFloat = 1.0
    pieces: NonNegativeFloat = 1.0


class Distances(BaseModel):
    """What is taken for a distance where coordinates are missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    same_country_km: PositiveFloat = 300.0
    other_country_km: PositiveFloat = 2000.0


class When(BaseModel):
    """What an order must be like for a rule to apply; what is empty does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owners: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    service_levels: tuple[str, ...] = ()
    sku_prefixes: tuple[str, ...] = ()
    """At least one line's SKU begins so."""
    total_from_minor: int | None = None


class Rule(BaseModel):
    """What is to be done with orders that are like this."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=1)]
    when: When = When()
    only: tuple[str, ...] = ()
    """Only these locations may ship it."""
    exclude: tuple[str, ...] = ()
    """These locations may not."""
    points: dict[str, float] = Field(default_factory=dict)
    """Points to add for a location; negative ones prefer it."""


class RoutingConfig(BaseModel):
    """``routing.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Weights = Weights()
    distances: Distances = Distances()
    most_locations: PositiveInt = 3
    """Most locations that one order is split over."""
    attempts: PositiveInt = 5
    """After so many refused allocations the order is held."""
    ranking: PositiveInt = 5
    """Plans that are shown beside the chosen one."""
    rule: tuple[Rule, ...] = ()


class LocationsFile(BaseModel):
    """``locations.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: dict[str, Location]


class Rules(BaseModel):
    """All that routing goes by."""

    model_config = ConfigDict(frozen=True)

    config: RoutingConfig
    locations: dict[str, Location]

    @cached_property
    def active(self) -> dict[str, Location]:
        """The locations that are in use."""
        return {name: location for name, location in self.locations.items() if location.active}

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read both files.

        Raises:
            RulesError: one is missing or wrong, or a rule names a location that there is not.
        """
        config = load_toml(folder / "routing.toml", RoutingConfig)
        locations = load_toml(folder / "locations.toml", LocationsFile).location
        for rule in config.rule:
            unknown = {*rule.only, *rule.exclude, *rule.points} - locations.keys()
            if unknown:
                msg = f"routing.toml: rule {rule.name!r} names locations that locations.toml has not: {sorted(unknown)}"
                raise RulesError(msg)
        return cls(config=config, locations=locations)
