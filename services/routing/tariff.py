"""What carriers ask, as far as routing needs to know it: its part of ``carriers.toml``."""

from bisect import bisect_left
from functools import cached_property, lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock_contracts.values import Code, Country
from services.hub.exchange import Exchange
from services.routing.timetables import Moves


class Band(BaseModel):
    """A price up to a weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    up_to_g: PositiveInt
    amount_minor: NonNegativeInt
    per_kg_minor: NonNegativeInt = 0
    """For each kilogram; what that comes to is asked where it is more than the amount."""


class CarrierService(BaseModel):
    """What one service of a carrier asks, and for which parcels."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service_levels: tuple[Code, ...] = ("standard",)
    countries: tuple[str, ...] = ()
    banned_countries: tuple[str, ...] = ()
    from_locations: tuple[str, ...] = ()
    """Locations at which it collects; empty: all."""
    hazmat: bool = False
    hazmat_classes: tuple[str, ...] = ()
    post_boxes: bool = True
    longest_mm: PositiveInt | None = None
    girth_mm: PositiveInt | None = None
    transit_days: NonNegativeInt
    transit_days_to: dict[Country, NonNegativeInt] = Field(default_factory=dict)
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    calendar: Moves | None = None
    """When its parcels move; none: when its carrier's do."""

    @cached_property
    def limits(self) -> list[int]:
        """The bands' weights, for looking one up."""
        return [band.up_to_g for band in self.bands]

    def asks(self, weight_g: int) -> int:
        """The price of so many grams, in minor units; in as few parcels as they need."""
        parcels = -(-weight_g // self.limits[-1]) or 1
        each = -(-weight_g // parcels)
        band = self.bands[bisect_left(self.limits, each)]
        return parcels * max(band.amount_minor, -(-band.per_kg_minor * each // 1000))


class Carrier(BaseModel):
    """A carrier's services."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    active: bool = True
    currency: str = ""
    calendar: Moves = Moves()
    service: dict[str, CarrierService]


class CarriersFile(BaseModel):
    """``carriers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: dict[Code, Carrier]
    account: dict[str, Any] = Field(default_factory=dict)
    """Shipping's part."""
    rates: dict[str, Any] = Field(default_factory=dict)
    """Likewise."""
    exchange: Exchange = Exchange()


class Freight(NamedTuple):
    """What the cheapest service asks, in the house's currency."""

    cost_minor: int
    days: int


class Tariff:
    """All carriers' prices, by where goods go from and to, and how."""

    def __init__(self, carriers: dict[str, Carrier], prices: Exchange = Exchange()) -> None:  # noqa: B008  # frozen
        self._prices = prices
        self._services = [
            (carrier.currency, service)
            for carrier in carriers.values()
            if carrier.active and prices.minor(0, carrier.currency) is not None
            for service in carrier.service.values()
        ]
        self._on = lru_cache(maxsize=4096)(self._find)
        self.cheapest = lru_cache(maxsize=16_384)(self._cheapest)
        """What the cheapest service from a location to a country asks at a service level for so many grams, with
        hazardous goods of these classes; of equal ones the faster one. None: nobody goes there whose price can be
        compared."""

    def _find(
        self, location_id: str, country: str | None, level: str, *, hazmat: frozenset[str] = frozenset()
    ) -> tuple[tuple[str, CarrierService], ...]:
        return tuple(
            (currency, service)
            for currency, service in self._services
            if level in service.service_levels
            and (not service.countries or country in service.countries)
            and country not in service.banned_countries
            and (not service.from_locations or location_id in service.from_locations)
            and (service.hazmat or hazmat <= set(service.hazmat_classes))
        )

    def _cheapest(
        self, location_id: str, country: str | None, level: str, weight_g: int, *, hazmat: frozenset[str] = frozenset()
    ) -> Freight | None:
        services = self._on(location_id, country, level, hazmat=hazmat)
        asked = ((self._prices.minor(one.asks(weight_g), currency), one.transit_days) for currency, one in services)
        return min((Freight(minor, days) for minor, days in asked if minor is not None), default=None)
