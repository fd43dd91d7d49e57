"""Which locations may serve an order, and what each would cost, in points."""

from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt

from crossdock_contracts.routing import AppliedRule
from crossdock_contracts.values import Address, Order
from services.routing.decide.landed import carbon_g, freight_of
from services.routing.decide.ruling import Case, Ruling, rule_on
from services.routing.rules import Distances, Location, Rules
from services.routing.state import Route

_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(slots=True)
class Eligible:
    """The locations that may serve an order: what each costs, and which rules had a say."""

    ruling: Ruling
    fixed: dict[str, float] = field(default_factory=dict)
    piece: dict[str, float] = field(default_factory=dict)
    kilogram: dict[str, float] = field(default_factory=dict)
    """What a kilogram of goods adds: freight."""
    parts: dict[str, dict[str, float]] = field(default_factory=dict)
    """What a location's fixed points are made of."""
    km: dict[str, float] = field(default_factory=dict)
    applied: list[AppliedRule] = field(default_factory=list)


def eligible(rules: Rules, case: Case) -> Eligible:
    """Who may serve this."""
    ruling = rule_on(rules, case)
    found = Eligible(ruling, applied=[*ruling.applied])
    weights, order = rules.config.weights, case.order
    for name, location in rules.active.items():
        refusal = _refuses(location, case.owner, order) or ruling.excluded.get(name)
        if refusal:
            found.applied.append(AppliedRule(rule=refusal, effect="excluded", location_id=name))
            continue
        distance = found.km[name] = kilometres(location.address, order.ship_to, rules.config.distances)
        freight, found.kilogram[name] = freight_of(rules, case, name)
        parts = {
            "distance": weights.distance_per_100_km * distance / 100,
            "handling": weights.handling * location.handling_points,
            "freight": freight,
            "carbon": weights.carbon and weights.carbon * carbon_g(rules, name, distance) / 1000,
        }
        for rule, points in ruling.points.get(name, ()):
            parts[f"rule-{_slug(rule)}"] = points
            found.applied.append(AppliedRule(rule=rule, effect=f"{points:+g} points", location_id=name))
        found.parts[name] = parts
        found.fixed[name] = sum(parts.values())
        found.piece[name] = weights.pieces * location.piece_points
    return found


def leave_out(allowed: Eligible, route: Route) -> None:
    """Locations that have declined a part of the order are not asked again."""
    for one in route.declined:
        if allowed.fixed.pop(one.location_id, None) is not None:
            rule = f"location declined {one.fulfilment_id}: {one.reason}"
            allowed.applied.append(AppliedRule(rule=rule, effect="excluded", location_id=one.location_id))


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")[:50] or "unnamed"


def _refuses(location: Location, owner: str, order: Order) -> str:
    """Why a location does not serve an order by itself; empty where it does."""
    country = order.ship_to.country if order.ship_to else None
    if location.owners and owner not in location.owners:
        return "location serves other owners"
    if location.channels and order.channel not in location.channels:
        return "location serves other channels"
    if (location.countries and country not in location.countries) or country in location.banned_countries:
        return "location does not ship to this country"
    if location.service_levels and order.shipping.service_level not in location.service_levels:
        return "location does not offer this service level"
    return ""


def kilometres(origin: Address, to: Address | None, distances: Distances) -> float:
    """Great-circle distance (haversine); by country where coordinates are missing."""
    if to is not None and None not in (origin.latitude, origin.longitude, to.latitude, to.longitude):
        lat1, lon1, lat2, lon2 = map(radians, (origin.latitude, origin.longitude, to.latitude, to.longitude))  # type: ignore[arg-type]
        half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
        return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))
    if to is not None and origin.country == to.country:
        return distances.same_country_km
    return distances.other_country_km
