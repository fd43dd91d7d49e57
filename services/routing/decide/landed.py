"""What it costs to land goods at the buyer's: freight by the carriers' tables, handling, and the carbon of the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.routing.decide.ruling import Case
from services.routing.rules import Rules
from services.routing.tariff import Freight, Lane


def freight_between(rules: Rules, case: Case, location_id: str, goods_g: int) -> Freight:
    """What carriers ask for so many grams of goods in their packaging; what is taken for it where nobody goes there."""
    order = case.order
    country = order.ship_to.country if order.ship_to else None
    lane = Lane(location_id, country, order.shipping.service_level, case.hazmat)
    found = rules.tariff.cheapest(lane, goods_g + rules.locations[location_id].packaging_g)
    unknown = rules.config.freight
    return found or Freight(unknown.unknown_minor, unknown.unknown_days)


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
    cheap = freight_between(rules, case, location_id, lightest).cost_minor
    slope = max(0.0, (dear - cheap) / (whole - lightest)) if whole > lightest else 0.0
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
    freights = [freight_between(rules, case, name, _grams(case, pieces)) for name, pieces in shares.items()]
    handling = sum(
        rules.locations[name].handling_points + rules.locations[name].piece_points * sum(pieces.values())
        for name, pieces in shares.items()
    )
    return Landed(
        freight_minor=sum(freight.cost_minor for freight in freights),
        handling_minor=round(100 * handling),
        days=max((freight.days for freight in freights), default=0),
        carbon_g=round(sum(carbon_g(rules, name, km[name]) for name in shares)),
        parcels=len(shares),
    )


def _grams(case: Case, pieces: Mapping[str, int]) -> int:
    return sum(case.weights_g[sku] * quantity for sku, quantity in pieces.items())


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
