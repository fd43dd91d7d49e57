"""Places with calendars and carriers for tests, and an order that is routed among them."""

from datetime import time
from functools import partial
from typing import Any

from crossdock_contracts.routing import OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.values import Address
from services.hub.terms import Band
from services.routing.decide import route
from services.routing.rules import Location, RoutingConfig, Rules
from services.routing.state import Route
from services.routing.tariff import Carrier, CarrierService
from services.routing.timetables import Calendar, Moves
from tests.builders import NOW, authorised, captured, promised, reserved
from tests.decide.ledger import Ledger

BERLIN_HOURS = {"time_zone": "Europe/Berlin", "opens": time(8), "closes": time(17), "cutoff": time(16)}


def calendar(**fields: Any) -> Calendar:
    """Monday to Friday from eight to five in Berlin, an hour's handling, the cut-off at four."""
    return Calendar(**{**BERLIN_HOURS, "handling_minutes": 60, **fields})


def place(country: str = "DE", **fields: Any) -> Location:
    """A location in this country, three hundred kilometres from wherever in it."""
    return Location(**{"address": Address(country=country), "calendar": calendar(), **fields})


def service(days: int = 2, price: int = 500, **fields: Any) -> CarrierService:
    """A carrier service that takes so many days and so much."""
    bands = (Band(up_to_g=30_000, amount_minor=price),)
    return CarrierService(**{"transit_days": days, "bands": bands, **fields})


def carrier(calendar: Moves | None = None, **services: CarrierService) -> Carrier:
    """A carrier with these services."""
    return Carrier(calendar=calendar or Moves(), service=services)


def depots(
    *,
    config: RoutingConfig | None = None,
    carriers: dict[str, Carrier] | None = None,
    partitions: int = 1,
    **places: Any,
) -> Rules:
    """These places, or one in Berlin; the post, unless other carriers are named."""
    return Rules(
        config=config or RoutingConfig(),
        locations=places or {"BER": place()},
        carriers={"post": carrier(parcel=service())} if carriers is None else carriers,
        partitions=partitions,
    )


class Routing(Ledger):
    """Routing's decisions about orders."""

    def __init__(self, rules: Rules, *documents: Any) -> None:
        super().__init__(*documents)
        self.rules = rules

    def order(self, *lines: Any, promises: Any = None, now: Any = NOW, order_id: str = "web:1", **fields: Any) -> Any:
        """An order that has all it needs; what was said of where it goes: routed, unroutable, or nothing."""
        message = captured(*lines, order_id=order_id, **fields)
        before = len(self.events)
        self.take(partial(route.know_order, self.rules), message, now)
        self.take(partial(route.know_payment, self.rules), authorised(order_id), now)
        promise = reserved(*(promises or [promised(BER=5)]), order_id=order_id)
        self.take(partial(route.know_promise, self.rules), promise, now)
        return next((one for one in self.events[before:] if isinstance(one, OrderRoutedV1 | OrderUnroutableV1)), None)

    def route(self, order_id: str = "web:1") -> Route:
        """What routing knows of an order."""
        found: Route = self.get(Route, "main", order_id)
        return found
