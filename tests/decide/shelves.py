"""Inventory in memory: what it says to itself is heard, and shipping answers as a test has it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from crossdock_contracts.inventory import CountStockV1, ShortageRecordedV1, StockFreedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import FulfilmentKeptV1, ShortPickedV1
from crossdock_contracts.stock import BoundStockMissingV1, ShortageSoughtV1, SnapshotSweptV1
from services.hub.decision import Decision
from services.inventory.decide import bind, counts, fill, low, promise, shortage, snapshot, stock
from services.inventory.rules import Rules, StockFile, StockLocation
from services.inventory.state import LocationStock, Reservation, Stock, WaitingLine, turn
from tests.builders import BERLIN, NOW, fulfilment, fulfilment_line
from tests.decide.ledger import Ledger

WMS = "WMS"
"""A location whose WMS is master of its stock."""


def shelf(sku: str = "A", **places: int) -> Stock:
    """Stock of a SKU, so many pieces by location."""
    return Stock(sku=sku, locations={name: LocationStock(on_hand=pieces) for name, pieces in places.items()})


def rules(**file: Any) -> Rules:
    """Rules with this in ``stock.toml``, and a WMS that is master of a location."""
    places = {"BER": "hub", "ROT": "hub", WMS: "wms"}
    locations = {name: StockLocation(address=BERLIN, stock_master=master) for name, master in places.items()}
    return Rules(stock=StockFile.model_validate(file), locations=locations)


def pick_short(ask: BoundStockMissingV1) -> ShortPickedV1:
    """Shipping's answer where nothing was picked yet."""
    return ShortPickedV1(
        owner=ask.owner, order_id=ask.order_id, fulfilment_id=ask.fulfilment_id, location_id=ask.location_id,
        missing=ask.lines, picked=(), picked_at=NOW,
    )  # fmt: skip


def keep(ask: BoundStockMissingV1) -> FulfilmentKeptV1:
    """Shipping's answer where all was picked."""
    return FulfilmentKeptV1(
        owner=ask.owner, order_id=ask.order_id, ask_id=ask.ask_id, fulfilment_id=ask.fulfilment_id,
        location_id=ask.location_id, status="picked",
    )  # fmt: skip


class Shelves(Ledger):
    """Inventory's documents, its rules, and what it has not heard yet of what it said."""

    def __init__(self, *documents: Any, configured: Rules | None = None) -> None:
        super().__init__(*documents)
        self.rules = configured or rules()
        self.ships: Callable[[BoundStockMissingV1], Any] = pick_short
        self._unheard: list[Any] = []
        self._decides: dict[type[Any], Callable[..., Decision]] = {
            ShortageRecordedV1: partial(shortage.begin, self.rules),
            ShortageSoughtV1: partial(shortage.seek, self.rules),
            FulfilmentKeptV1: partial(shortage.keep, self.rules),
            ShortPickedV1: partial(bind.short_pick, rules=self.rules),
            SnapshotSweptV1: partial(snapshot.sweep, self.rules),
            StockFreedV1: partial(fill.fill_waiting, rules=self.rules),
        }

    def hear(self, decide: Any, message: Any, now: datetime = NOW) -> Decision:
        """Take a decision, and whatever follows from it within inventory and by shipping's answers."""
        decision = self.tell(decide, message, now)
        self.settle(now)
        return decision

    def tell(self, decide: Any, message: Any, now: datetime = NOW) -> Decision:
        """Take a decision; what follows from it waits."""
        decision = self.take(low.watched(self.rules, decide), message, now)
        self._unheard += decision.events
        return decision

    def settle(self, now: datetime = NOW) -> None:
        """Hear everything that was said."""
        for _ in range(2000):
            if not self._unheard:
                return
            event = self._unheard.pop(0)
            if isinstance(event, BoundStockMissingV1):
                event = self.ships(event)
            decide = self._decides.get(type(event))
            if decide is not None:
                self.tell(decide, event, now)
        msg = "it never comes to rest"
        raise AssertionError(msg)

    # -- what happens

    def order(self, message: Any, now: datetime = NOW) -> None:
        """An order comes in."""
        self.hear(partial(promise.reserve, rules=self.rules), message, now)

    def bind(self, order_id: str, location: str = "BER", number: int = 1) -> None:
        """All that is promised of an order is bound to a location."""
        lines = [
            fulfilment_line(int(line.line_id), line.sku, line.promised)
            for line in self.reservation(order_id).lines
            if line.promised
        ]
        made = fulfilment(*lines, location=location, order_id=order_id, number=number)
        routed = OrderRoutedV1(
            owner="main", order_id=order_id, attempt=1, fulfilments=(made,), ranking=(), rules=(), routed_at=NOW
        )
        self.hear(bind.allocate, routed)

    def counted(self, location: str, pieces: int, sku: str = "A") -> None:
        """Somebody counts."""
        command = CountStockV1(owner="main", sku=sku, location_id=location, counted=pieces)
        self.hear(partial(stock.count, rules=self.rules), command)

    def count(self, decide: Any, message: Any, now: datetime = NOW) -> Decision:
        """A decision about a planned count."""
        if decide in (counts.plan, counts.submit):
            decide = partial(decide, self.rules)
        return self.hear(decide, message, now)

    # -- what is so

    def stock(self, sku: str = "A") -> Stock:
        """The stock of a SKU."""
        found: Stock = self.get(Stock, "main", sku)
        return found

    def reservation(self, order_id: str) -> Reservation:
        """What an order is promised."""
        found: Reservation = self.get(Reservation, "main", order_id)
        return found

    def promised(self, order_id: str) -> tuple[int, int, int]:
        """Pieces of an order that are promised, waited for, and bound."""
        lines = self.reservation(order_id).lines
        return (
            sum(line.promised for line in lines),
            sum(line.backordered for line in lines),
            sum(one.quantity for line in lines for one in line.bound),
        )

    def waiting(self, order_id: str, priority: int = 5, ship_by: datetime | None = None) -> WaitingLine | None:
        """The waiting line of an order's first line."""
        found: WaitingLine | None = self.get(WaitingLine, "main", "A", str(priority), turn(ship_by, NOW), order_id, "1")
        return found
