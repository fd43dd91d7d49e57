"""How far locations are from a buyer."""

from math import asin, cos, radians, sin, sqrt

from services.inventory.rules import Rules

_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


def kilometres(one: Point, other: Point) -> float:
    """Great-circle distance (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))


def whereabouts(rules: Rules, country: str, postcode: str) -> tuple[Point | None, str]:
    """Where a buyer is, and what that goes by: ``postcode``, the centre of the ``country``, or nothing."""
    area = rules.stock.area.get(country)
    if area is None:
        return None, ""
    code = postcode.replace(" ", "").upper()
    known = [start for start in area.postcodes if code.startswith(start)]
    if known:
        return area.postcodes[max(known, key=len)], "postcode"
    return area.centre, "country"


def distances_km(rules: Rules, buyer: Point) -> dict[str, float]:
    """How far each location is from a buyer; those without coordinates are left out."""
    return {
        name: round(kilometres((place.address.latitude, place.address.longitude), buyer), 1)
        for name, place in rules.locations.items()
        if place.address.latitude is not None and place.address.longitude is not None
    }
