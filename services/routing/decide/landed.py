"""What it costs to land goods at the buyer's: freight by the carriers' tables, handling, and the carbon of the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.routing.decide.ruling import Case
from services.routing.rules import Rules
from services.routing.tariff import Freight


def freight_between(rules: Rules, case: Case, location_id: str, goods_g: int) -> Freight:
    """What carriers ask for so many grams of goods in their packaging; what is taken for it where nobody goes there."""
    order = case.order
    country = order.ship_to.country if order.ship_to else None
    grams = goods_g + rules.locations[location_id].packaging_g
    found = rules.tariff.cheapest(location_id, country, order.shipping.service_level, grams, hazmat=case.hazmat)
    return found or Freight(rules.config.freight.unknown_minor, rules.config.freight.unknown_days)


def freight_of(rules: Rules, case: Case, location_id: str) -> tuple[float, float]:
    """The points for freight from a location: for using it, and for each kilogram that it ships.

    Tables have steps; what the optimiser can be exact about is a price for the parcel and one for the kilogram. These
    two are chosen for the order at hand: what they come to is exact for all of its goods, and for its lightest piece.
    """
    weight = rules.config.weights.freight / 100
    if not weight:
        return 0.0, 0.0
    whole, lightest = case.weight_g, min(case.weights_g.values())
    dear = freight_between(rules, case, location_id, whole).cost_minor
    if whole == lightest:
        return weight * dear, 0.0
    cheap = freight_between(rules, case, location_id, lightest).cost_minor
    slope = max(0.0, (dear - cheap) / (whole - lightest))
    return weight * (dear - slope * whole), weight * slope * 1000


def carbon_g(rules: Rules, location_id: str, km: float) -> float:
    """Grams of CO2e of one parcel from there over so many kilometres."""
    location = rules.locations[location_id]
    each = rules.config.carbon.parcel_km_g if location.parcel_km_g is None else location.parcel_km_g
    return location.carbon_g + each * km


@dataclass(frozen=True, slots=True)
class Landed:
    """What a plan comes to, whatever it counts in points."""

    freight_minor: int
    handling_minor: int
    """A point of handling or picking stands for 100 minor units."""
    days: int
    """In transit, until the last of it is there."""
    carbon_g: int
    parcels: int

    @property
    def cost_minor(self) -> int:
        """In all."""
        return self.freight_minor + self.handling_minor


def landed(rules: Rules, case: Case, shares: Mapping[str, Mapping[str, int]], km: Mapping[str, float]) -> Landed:
    """What these pieces by location and SKU come to, each share by the step of the table that its weight is on."""
    freight_minor = days = 0
    handling = carbon = 0.0
    for name, pieces in shares.items():
        location = rules.locations[name]
        freight = freight_between(rules, case, name, case.grams(pieces))
        freight_minor += freight.cost_minor
        days = max(days, freight.days)
        handling += location.handling_points + location.piece_points * sum(pieces.values())
        carbon += carbon_g(rules, name, km[name])
    return Landed(freight_minor, round(100 * handling), days, round(carbon), len(shares))


def total(plans: Iterable[Landed]) -> Landed:
    """What many plans come to together; their days add up, too."""
    listed = list(plans)
    return Landed(
        freight_minor=sum(one.freight_minor for one in listed),
        handling_minor=sum(one.handling_minor for one in listed),
        days=sum(one.days for one in listed),
        carbon_g=sum(one.carbon_g for one in listed),
        parcels=sum(one.parcels for one in listed),
    )
