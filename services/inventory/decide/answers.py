"""What inventory answers when it is asked."""

from datetime import datetime

from pydantic import BaseModel

from services.hub.decision import States
from services.hub.service import Question
from services.inventory.state import Stock


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
    quarantine: int
    in_transit: int
    available: int


class Availability(BaseModel):
    """One SKU over all locations."""

    sku: str
    on_hand: int
    allocated: int
    reserved: int
    waiting: int
    expected: int
    """Pieces that suppliers are going to deliver; not part of what is promisable."""
    promisable: int
    locations: list[PlaceAvailability]


def availability(states: States, question: AvailabilityQuestion, _now: datetime) -> list[Availability]:
    """Pieces on hand, bound, promised, waited for and free, of each SKU that is known."""
    found = states.get_all(Stock, [(question.owner, sku) for sku in question.skus])
    return [describe(stock) for stock in found if stock is not None]


def describe(stock: Stock) -> Availability:
    """One SKU's stock in figures."""
    places = stock.locations.items()
    return Availability(
        sku=stock.sku,
        on_hand=sum(place.on_hand for _, place in places),
        allocated=sum(place.allocated for _, place in places),
        reserved=stock.reserved,
        waiting=stock.waiting,
        expected=stock.expected,
        promisable=stock.promisable,
        locations=[
            PlaceAvailability(
                location_id=name,
                on_hand=place.on_hand,
                allocated=place.allocated,
                safety=place.safety,
                damaged=place.damaged,
                quarantine=place.quarantine,
                in_transit=place.in_transit,
                available=place.available,
            )
            for name, place in places
        ],
    )
