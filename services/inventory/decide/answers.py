"""What inventory answers when it is asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from services.hub.decision import States
from services.hub.service import Question
from services.inventory.decide.limits import open_to
from services.inventory.decide.near import Point, distances_km, whereabouts
from services.inventory.rules import Rules
from services.inventory.state import Kit, LocationStock, Stock


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
    quarantine: int
    in_transit: int
    available: int
    distance_km: float | None = None
    """From the buyer, as far as both are known."""


class PartAvailability(BaseModel):
    """One component of a kit."""

    sku: str
    quantity: int
    """Pieces in one kit."""
    promisable: int


class Availability(BaseModel):
    """One SKU over all locations. A kit has no stock: what is available of it is what its components allow."""

    sku: str
    on_hand: int
    allocated: int
    reserved: int
    waiting: int
    expected: int
    """Pieces that suppliers are going to deliver; not part of what is promisable."""
    promisable: int
    for_channel: int | None = None
    """Pieces that the channel may be promised, less its buffer and within its share; none where none was named."""
    near: str = ""
    """What distances go by: ``coordinates``, ``postcode``, or the centre of the ``country``; empty: there are none."""
    locations: list[PlaceAvailability]
    components: list[PartAvailability] = []
    """Of a kit."""


def availability(rules: Rules, states: States, question: AvailabilityQuestion, _now: datetime) -> list[Availability]:
    """Pieces on hand, bound, promised, waited for and free, of each SKU that is known."""
    owner, skus = question.owner, list(dict.fromkeys(question.skus))
    kits = {
        kit.sku: kit
        for kit in states.get_all(Kit, [(owner, sku) for sku in skus])
        if kit is not None and kit.components
    }
    wanted = dict.fromkeys([*skus, *(part.sku for kit in kits.values() for part in kit.components)])
    found = states.get_all(Stock, [(owner, sku) for sku in wanted])
    stocks = {stock.sku: stock for stock in found if stock is not None}
    buyer, near = _buyer(rules, question)
    told = _Told(rules, question.channel, distances_km(rules, buyer) if buyer else {}, near)
    return [
        told.kit(kits[sku], stocks) if sku in kits else told.stock(stocks[sku])
        for sku in skus
        if sku in kits or sku in stocks
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """How stock is told of: for which channel, and how far from the buyer."""

    rules: Rules
    channel: str
    distances: dict[str, float]
    near: str

    def stock(self, stock: Stock) -> Availability:
        """One SKU's stock in figures."""
        limit = self.rules.limit(stock, self.channel)
        return Availability(
            sku=stock.sku,
            on_hand=sum(place.on_hand for place in stock.locations.values()),
            allocated=sum(place.allocated for place in stock.locations.values()),
            reserved=stock.reserved,
            waiting=stock.waiting,
            expected=stock.expected,
            promisable=stock.promisable,
            for_channel=open_to(stock, self.channel, limit) if self.channel else None,
            near=self.near,
            locations=self._sorted(
                [_place(name, place, self.distances.get(name)) for name, place in stock.locations.items()]
            ),
        )

    def kit(self, kit: Kit, stocks: dict[str, Stock]) -> Availability:
        """How many of a kit there could be: as many as its scarcest component allows, at each location and in all."""
        parts = [(part, stocks.get(part.sku) or Stock(owner=kit.owner, sku=part.sku)) for part in kit.components]
        told = [(part, self.stock(stock)) for part, stock in parts]
        places = dict.fromkeys(place.location_id for _, one in told for place in one.locations)
        free = {
            name: min(stock.locations.get(name, LocationStock()).available // part.quantity for part, stock in parts)
            for name in places
        }
        found = self.stock(stocks.get(kit.sku) or Stock(owner=kit.owner, sku=kit.sku))
        for_channel = min((one.for_channel or 0) // part.quantity for part, one in told) if self.channel else None
        return found.model_copy(
            update={
                "promisable": min(max(0, one.promisable) // part.quantity for part, one in told),
                "for_channel": for_channel,
                "locations": self._sorted(
                    [
                        _place(name, LocationStock(), self.distances.get(name)).model_copy(
                            update={"available": available}
                        )
                        for name, available in free.items()
                    ]
                ),
                "components": [
                    PartAvailability(sku=part.sku, quantity=part.quantity, promisable=max(0, one.promisable))
                    for part, one in told
                ],
            }
        )

    def _sorted(self, places: list[PlaceAvailability]) -> list[PlaceAvailability]:
        if not self.near:
            return places
        return sorted(places, key=lambda one: (one.distance_km is None, one.distance_km or 0.0, one.location_id))


def _buyer(rules: Rules, question: AvailabilityQuestion) -> tuple[Point | None, str]:
    if question.latitude is not None and question.longitude is not None:
        return (question.latitude, question.longitude), "coordinates"
    return whereabouts(rules, question.country.upper(), question.postcode)


def _place(name: str, place: LocationStock, distance_km: float | None) -> PlaceAvailability:
    return PlaceAvailability(
        location_id=name,
        on_hand=place.on_hand,
        allocated=place.allocated,
        safety=place.safety,
        damaged=place.damaged,
        quarantine=place.quarantine,
        in_transit=place.in_transit,
        available=place.available,
        distance_km=distance_km,
    )
