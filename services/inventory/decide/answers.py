"""What inventory answers when it is asked."""

from datetime import datetime

from pydantic import BaseModel

from services.hub.decision import States
from services.hub.service import Question
from services.inventory.state import Kit, LocationStock, Stock


class AvailabilityQuestion(Question):
    """What is there of these SKUs."""

    skus: list[str]


class PlaceAvailability(BaseModel):
    """One SKU at one location."""

    location_id: str
    on_hand: int
    allocated: int
    safety: int
    damaged: int
    available: int


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
    promisable: int
    locations: list[PlaceAvailability]
    components: list[PartAvailability] = []
    """Of a kit."""


def availability(states: States, question: AvailabilityQuestion, _now: datetime) -> list[Availability]:
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
    told = [describe_kit(kits[sku], stocks) if sku in kits else stocks.get(sku) for sku in skus]
    return [describe(one) if isinstance(one, Stock) else one for one in told if one is not None]


def describe_kit(kit: Kit, stocks: dict[str, Stock]) -> Availability:
    """How many of a kit there could be: as many as its scarcest component allows, at each location and in all."""
    parts = [(part, stocks.get(part.sku) or Stock(owner=kit.owner, sku=part.sku)) for part in kit.components]
    places = {name: LocationStock() for _, stock in parts for name in stock.locations}
    free = {
        name: min(stock.locations.get(name, nothing).available // part.quantity for part, stock in parts)
        for name, nothing in places.items()
    }
    found = describe(stocks.get(kit.sku) or Stock(owner=kit.owner, sku=kit.sku))
    return found.model_copy(
        update={
            "promisable": min(max(0, stock.promisable) // part.quantity for part, stock in parts),
            "locations": [
                PlaceAvailability(location_id=name, on_hand=0, allocated=0, safety=0, damaged=0, available=available)
                for name, available in free.items()
            ],
            "components": [
                PartAvailability(sku=part.sku, quantity=part.quantity, promisable=max(0, stock.promisable))
                for part, stock in parts
            ],
        }
    )


def describe(stock: Stock) -> Availability:
    """One SKU's stock in figures."""
    places = stock.locations.items()
    return Availability(
        sku=stock.sku,
        on_hand=sum(place.on_hand for _, place in places),
        allocated=sum(place.allocated for _, place in places),
        reserved=stock.reserved,
        waiting=stock.waiting,
        promisable=stock.promisable,
        locations=[
            PlaceAvailability(
                location_id=name,
                on_hand=place.on_hand,
                allocated=place.allocated,
                safety=place.safety,
                damaged=place.damaged,
                available=place.available,
            )
            for name, place in places
        ],
    )
