"""What carriers ask, as far as routing needs to know it: its part of ``carriers.toml``."""

from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from crossdock_contracts.values import Code
from services.hub.exchange import Exchange
from services.hub.terms import ServiceTerms
from services.routing.timetables import Moves


class CarrierService(ServiceTerms):
    """One service of a carrier."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    calendar: Moves | None = None
    """When its parcels move; none: when its carrier's do."""

    def asks(self, weight_g: int) -> int:
        """The price of so many grams, in minor units; in as few parcels as they need."""
        parcels = -(-weight_g // self.most_g) or 1
        each = -(-weight_g // parcels)
        band = self.band(each)
        assert band is not None
        return parcels * band.asks(each)


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
            and not service.not_there(country, location_id)
            and service.carries(hazmat)
        )

    def _cheapest(
        self, location_id: str, country: str | None, level: str, weight_g: int, *, hazmat: frozenset[str] = frozenset()
    ) -> Freight | None:
        services = self._on(location_id, country, level, hazmat=hazmat)
        asked = ((self._prices.minor(one.asks(weight_g), currency), one.transit_days) for currency, one in services)
        return min((Freight(minor, days) for minor, days in asked if minor is not None), default=None)
