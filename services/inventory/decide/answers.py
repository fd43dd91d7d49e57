"""What inventory answers when it is asked."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from services.hub.decision import States
from services.hub.service import Question
from services.inventory.decide.limits import open_to
from services.inventory.decide.near import Point, distances_km, whereabouts
from services.inventory.rules import Rules
from services.inventory.state import LocationStock, Stock


class AvailabilityQuestion(Question):
    """What is there of these SKUs, for a channel, near a buyer."""

    skus: Annotated[list[str], Field(max_length=500)]
    channel: str = ""
    """What this channel may be promised, beside what all may."""
    country: str = ""
    """Nearest locations first; ISO 3166-1 alpha-2."""
    postcode: str = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Instead of a postcode, with ``longitude``."""
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class PlaceAvailability(BaseModel):
    """One SKU at one location."""

    location_id: str
    on_hand: int
    allocated: int
    safety: int
    damaged: int
    available: int
    distance_km: float | None = None
    """From the buyer, as far as both are known."""


class Availability(BaseModel):
    """One SKU over all locations."""

    sku: str
    on_hand: int
    allocated: int
    reserved: int
    waiting: int
    promisable: int
    for_channel: int | None = None
    """Pieces that the channel may be promised, less its buffer and within its share; none where none was named."""
    near: str = ""
    """What distances go by: ``coordinates``, ``postcode``, or the centre of the ``country``; empty: there are none."""
    locations: list[PlaceAvailability]


def availability(rules: Rules, states: States, question: AvailabilityQuestion, _now: datetime) -> list[Availability]:
    """Pieces on hand, bound, promised, waited for and free, of each SKU that is known."""
    found = states.get_all(Stock, [(question.owner, sku) for sku in question.skus])
    buyer, near = _buyer(rules, question)
    distances = distances_km(rules, buyer) if buyer else {}
    return [_describe(rules, stock, question.channel, distances, near) for stock in found if stock is not None]


def _buyer(rules: Rules, question: AvailabilityQuestion) -> tuple[Point | None, str]:
    if question.latitude is not None and question.longitude is not None:
        return (question.latitude, question.longitude), "coordinates"
    return whereabouts(rules, question.country.upper(), question.postcode)


def _describe(rules: Rules, stock: Stock, channel: str, distances: dict[str, float], near: str) -> Availability:
    """One SKU's stock in figures."""
    places = [_place(name, place, distances.get(name)) for name, place in stock.locations.items()]
    if near:
        places.sort(key=lambda one: (one.distance_km is None, one.distance_km or 0.0, one.location_id))
    return Availability(
        sku=stock.sku,
        on_hand=sum(place.on_hand for place in places),
        allocated=sum(place.allocated for place in places),
        reserved=stock.reserved,
        waiting=stock.waiting,
        promisable=stock.promisable,
        for_channel=open_to(stock, channel, rules.limit(stock, channel)) if channel else None,
        near=near,
        locations=places,
    )


def _place(name: str, place: LocationStock, distance_km: float | None) -> PlaceAvailability:
    return PlaceAvailability(
        location_id=name,
        on_hand=place.on_hand,
        allocated=place.allocated,
        safety=place.safety,
        damaged=place.damaged,
        available=place.available,
        distance_km=distance_km,
    )
