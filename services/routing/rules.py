"""What is configured of routing, in ``locations.toml``, ``carriers.toml`` and ``routing.toml``."""

from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from crossdock_contracts.values import Address, Country
from services.hub.exchange import Exchange
from services.hub.toml import RulesError, load_toml
from services.routing.decide.calendar import Pickup
from services.routing.rule import Rule
from services.routing.tariff import Carrier, CarriersFile, Tariff
from services.routing.timetables import Calendar, Zone


class Location(BaseModel):
    """A place that goods ship from, as far as routing goes by it. Other services read the same file for their part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    address: Address
    owners: tuple[str, ...] = ()
    """Owners whose goods it ships; empty: all."""
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    """Countries it ships to; empty: all."""
    banned_countries: tuple[str, ...] = ()
    """Countries it does not ship to."""
    service_levels: tuple[str, ...] = ()
    hazmat_classes: tuple[str, ...] = ()
    """Hazardous goods it may ship; others it may not."""
    handling_points: NonNegativeFloat = 0.0
    """Cost of one more fulfilment there, in points."""
    piece_points: NonNegativeFloat = 0.0
    """Cost of picking one piece there, in points."""
    label_by: str = "hub"
    """Who buys its labels; where it is not the hub, the services of ``carriers.toml`` say nothing about it."""
    calendar: Calendar | None = None
    """When it works; none: no dates are promised for it."""
    packaging_g: NonNegativeInt = 100
    """Weight of an empty parcel."""
    carbon_g: NonNegativeFloat = 0.0
    """Grams of CO2e for one more fulfilment there."""
    parcel_km_g: NonNegativeFloat | None = None
    """Grams of CO2e for a parcel of it over one kilometre; none: what ``routing.toml`` says."""
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
    promise_per_day: NonNegativeFloat = 2.0
    """For each day until what a location ships is promised to be there."""
    late_per_day: NonNegativeFloat = 20.0
    """For each day, or part of one, that this is after the day that the buyer was told or asked for."""
    freight: NonNegativeFloat = 0.0
    """For 100 minor units that carriers ask: 1.00 euro."""
    carbon: NonNegativeFloat = 0.0
    """For a kilogram of CO2e."""
    preference: NonNegativeFloat = 10.0
    """For each place that a location stands further down in a rule's order of preference."""


class Distances(BaseModel):
    """What is taken for a distance where coordinates are missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    same_country_km: PositiveFloat = 300.0
    other_country_km: PositiveFloat = 2000.0


class Freight(BaseModel):
    """What is taken for a freight that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unknown_minor: NonNegativeInt = 2500
    """Where no carrier service of ``carriers.toml`` goes there."""
    unknown_days: NonNegativeInt = 7
    usual_weight_g: NonNegativeInt = 500
    """Of pieces that have no weight on file."""


class Carbon(BaseModel):
    """What a parcel emits on its way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parcel_km_g: NonNegativeFloat = 0.0
    """Grams of CO2e for one parcel over one kilometre, unless its location says otherwise."""


class ShipAvailable(BaseModel):
    """Orders that need not ship complete: what is there ships, and the rest once it is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    channels: tuple[str, ...] = ()
    """Channels whose orders may ship in part; empty: all."""
    whole_lines: bool = True
    """A line ships when all of it is there; else as many of its pieces as are."""
    most_parts: PositiveInt = 2
    """An order ships in part so often; then what is left waits until all of it is there."""
    least_minor: NonNegativeInt = 0
    """What ships in part is worth at least so much, in the order's minor units; else it waits."""


class RoutingConfig(BaseModel):
    """``routing.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Weights = Weights()
    distances: Distances = Distances()
    freight: Freight = Freight()
    carbon: Carbon = Carbon()
    most_locations: PositiveInt = 3
    """Most locations that one order is split over."""
    attempts: PositiveInt = 5
    """After so many refused allocations the order is held."""
    ranking: PositiveInt = 5
    """Plans that are shown beside the chosen one."""
    ship_available: ShipAvailable = ShipAvailable()
    time_zones: dict[Country, Zone] = Field(default_factory=dict)
    """By whose clock parcels are delivered in a country; where none is named, by that of the location."""
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
    carriers: dict[str, Carrier] = Field(default_factory=dict)
    """None: nothing is known of carriers; any location can deliver anything anywhere, and no dates are promised."""
    exchange: Exchange = Exchange()
    partitions: PositiveInt = 1
    """Shards of routing."""

    @cached_property
    def active(self) -> dict[str, Location]:
        """The locations that are in use."""
        return {name: location for name, location in self.locations.items() if location.active}

    @cached_property
    def zones(self) -> dict[str, ZoneInfo]:
        """The clocks of countries."""
        return {country: ZoneInfo(name) for country, name in self.config.time_zones.items()}

    @cached_property
    def pickups(self) -> dict[tuple[str, str], Pickup]:
        """When services collect, by location and ``<carrier>/<service>``."""
        return {
            (name, f"{carrier_name}/{title}"): location.calendar.collected(
                f"{carrier_name}/{title}", (service.calendar or carrier.calendar).transit.days
            )
            for name, location in self.locations.items()
            if location.calendar is not None
            for carrier_name, carrier in self.carriers.items()
            for title, service in carrier.service.items()
        }

    @cached_property
    def tariff(self) -> Tariff:
        """What carriers ask."""
        return Tariff(self.carriers, self.exchange)

    @classmethod
    def load(cls, folder: Path, routing: Path | None = None, *, partitions: int = 1) -> "Rules":
        """Read the files of a folder, or another file in the place of its ``routing.toml``.

        Raises:
            RulesError: one is missing or wrong, two rules have one name, or one names a location that there is not.
        """
        file = routing or folder / "routing.toml"
        config = load_toml(file, RoutingConfig)
        locations = load_toml(folder / "locations.toml", LocationsFile).location
        for place, rule in enumerate(config.rule):
            if rule.name in {other.name for other in config.rule[:place]}:
                msg = f"{file}: two rules are named {rule.name!r}"
                raise RulesError(msg)
            unknown = rule.locations - locations.keys()
            if unknown:
                msg = f"{file}: rule {rule.name!r} names locations that locations.toml has not: {sorted(unknown)}"
                raise RulesError(msg)
        carriers = load_toml(folder / "carriers.toml", CarriersFile)
        return cls(
            config=config,
            locations=locations,
            carriers=carriers.carrier,
            exchange=carriers.exchange.at_home(carriers.carrier.values()),
            partitions=partitions,
        )
