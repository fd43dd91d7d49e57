"""A shop for tests of capture: products, listings and orders, and the events that capture says to itself."""

from functools import partial
from typing import Any

from crossdock_contracts.capture import IngestV1, OrderCapturedV1, OrderReleasedV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.mapping import MappingFoundV1, MappingMissedV1, OrderMappableV1
from crossdock_contracts.products import KitComponent, ListingMappedV1, Product, ProductChangedV1
from crossdock_contracts.values import Money, Order
from services.capture.decide import catalogue, ingest, waiting
from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.capture.state import OrderRecord, WaitingOrder
from services.hub.settings import ROOT
from tests.builders import NOW, order_input
from tests.builders import ingest as handed_in
from tests.decide.ledger import Ledger

CHANNELS = Channels.load(ROOT / "deploy" / "rules", FORMATS)
_TO_ITSELF = {
    MappingMissedV1: waiting.wait_for,
    MappingFoundV1: waiting.let_go,
    OrderMappableV1: waiting.map_again,
}


class Stall(Ledger):
    """Capture's decisions about what is sold."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = 0

    def settle(self) -> "Stall":
        """Let capture hear what it says to itself, until there is nothing left."""
        while self._heard < len(self.events):
            event = self.events[self._heard]
            self._heard += 1
            if type(event) in _TO_ITSELF:
                self.take(_TO_ITSELF[type(event)], event, NOW)
        return self

    def sells(self, sku: str, *parts: tuple[str, int], cost: int | None = None, **fields: Any) -> "Stall":
        """A product is learnt; with parts a kit."""
        price = None if cost is None else Money(amount_minor=cost, currency=fields.pop("currency", "EUR"))
        components = tuple(KitComponent(sku=name, quantity=n) for name, n in parts)
        product = Product(**{"sku": sku, "title": f"Article {sku}", "cost": price, "components": components, **fields})
        self.take(
            catalogue.learn_product, ProductChangedV1(owner="main", sku=sku, product=product, changed_at=NOW), NOW
        )
        return self.settle()

    def maps(self, listing: str, sku: str, quantity: int = 1, channel: str = "web") -> "Stall":
        """A listing is learnt."""
        mapped = ListingMappedV1(
            owner="main", channel=channel, listing_id=listing, sku=sku, quantity=quantity, mapped_at=NOW
        )
        self.take(catalogue.learn_listing, mapped, NOW)
        return self.settle()

    def hears(self, message: IngestV1) -> "Stall":
        """Something is handed in."""
        self.apply(partial(ingest.ingest, CHANNELS)(self.states, message, NOW, message.body))
        return self.settle()

    def sold(self, *lines: LineInput, number: str = "1", channel: str = "web", **fields: Any) -> "Stall":
        """An order is handed in."""
        made: OrderInput = order_input(number, *lines, **fields)
        return self.hears(handed_in(made, channel))

    def record(self, order_id: str = "web:1") -> OrderRecord:
        """An order as it stands."""
        found: OrderRecord = self.get(OrderRecord, "main", order_id)
        return found

    def order(self, order_id: str = "web:1") -> Order:
        """An order as it stands."""
        found = self.record(order_id).order
        assert found is not None
        return found

    def captured(self) -> Order:
        """The order that was captured last."""
        order: Order = self.said(OrderCapturedV1)[-1].order
        return order

    def released(self) -> list[str]:
        """The orders that were released."""
        return [event.order_id for event in self.said(OrderReleasedV1)]

    def waiting(self) -> set[tuple[str, str, str]]:
        """Which order waits for what."""
        return {
            (one.channel, one.wanted, one.order_id) for one in self.documents.values() if isinstance(one, WaitingOrder)
        }


def line(number: int = 1, *, quantity: int = 1, price: int = 1000, **fields: Any) -> LineInput:
    """A line of an order as it is handed in."""
    return LineInput(**{"line_id": str(number), "quantity": quantity, "unit_price_minor": price, **fields})
