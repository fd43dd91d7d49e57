"""Whatever the order of messages and however often each comes: nothing is granted beyond what is there, or lost."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from crossdock_contracts.capture import OrderCancelledV1, OrderCapturedV1
from crossdock_contracts.inventory import (
    AdjustStockV1,
    CountStockV1,
    ReceiveStockV1,
    StockAllocatedV1,
    StockFreedV1,
    StockMovedV1,
    TransferStockV1,
)
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel, ShortPickedV1
from crossdock_contracts.values import FulfilledQuantity, LineQuantity, Money
from services.hub.decision import Decision
from services.inventory.decide import bind, promise, release, stock
from services.inventory.state import Reservation, Stock, WaitingLine
from tests.builders import NOW, captured, fulfilment, fulfilment_line, line
from tests.decide.ledger import Ledger

SKUS = ("A", "B")
PLACES = ("BER", "ROT")


class Inventory(RuleBasedStateMachine):
    """Messages come in any order, some of them again; stock is counted, moved and adjusted meanwhile."""

    sent: Any = Bundle("sent")

    @initialize()
    def begin(self) -> None:
        self.ledger = Ledger()
        self.orders: dict[str, OrderCapturedV1] = {}
        self.fulfilments: dict[str, Any] = {}
        self.number = 0

    def _take(self, decide: Any, message: Any) -> Decision:
        before = {sku: self._stock(sku) for sku in SKUS}
        decision = self.ledger.take(decide, message, NOW)
        for sku in SKUS:
            self._granted_only_what_was_there(before[sku], self._stock(sku), decision)
        return decision

    def _stock(self, sku: str) -> Stock:
        return self.ledger.get(Stock, "main", sku) or Stock(sku=sku)

    @staticmethod
    def _granted_only_what_was_there(before: Stock, after: Stock, decision: Decision) -> None:
        moved = any(isinstance(event, StockMovedV1) and event.sku == before.sku for event in decision.events)
        if not moved and after.reserved > before.reserved:
            assert after.promisable >= 0, "a promise went beyond what was available"
        for name, place in after.locations.items():
            earlier = before.locations.get(name)
            if earlier is not None and not moved and place.allocated > earlier.allocated:
                assert place.allocated <= place.on_hand, "more was bound than is there"

    @rule(target=sent, lines=st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3),
          priority=st.integers(0, 9))  # fmt: skip
    def order_comes(self, lines: list[tuple[str, int]], priority: int) -> tuple[Any, Any]:
        self.number += 1
        made = [line(n, sku=sku, quantity=quantity) for n, (sku, quantity) in enumerate(lines, start=1)]
        message = captured(*made, order_id=f"web:{self.number}", priority=priority)
        self.orders[message.order_id] = message
        self._take(promise.reserve, message)
        return promise.reserve, message

    @rule(target=sent, data=st.data(), place=st.sampled_from(PLACES))
    def order_is_routed(self, data: st.DataObject, place: str) -> tuple[Any, Any]:
        open_ = [
            r for r in self.ledger.documents.values() if isinstance(r, Reservation) and any(x.promised for x in r.lines)
        ]
        if not open_:
            return promise.reserve, captured(line(sku="none"), order_id="web:0")
        chosen = data.draw(st.sampled_from(open_))
        self.number += 1
        lines = [fulfilment_line(int(x.line_id), x.sku, x.promised) for x in chosen.lines if x.promised]
        made = fulfilment(*lines, location=place, order_id=chosen.order_id, number=self.number)
        self.fulfilments[made.fulfilment_id] = made
        message = OrderRoutedV1(
            owner="main", order_id=chosen.order_id, attempt=1, fulfilments=(made,), ranking=(), rules=(), routed_at=NOW
        )
        self._take(bind.allocate, message)
        return bind.allocate, message

    @rule(target=sent, data=st.data())
    def goods_ship(self, data: st.DataObject) -> tuple[Any, Any]:
        made = self._bound(data)
        if made is None:
            return promise.reserve, captured(line(sku="none"), order_id="web:0")
        message = ShipmentShippedV2(
            owner="main", order_id=made.order_id, fulfilment_id=made.fulfilment_id, location_id=made.location_id,
            lines=tuple(ShippedLine(line_id=x.line_id, sku=x.sku, quantity=x.quantity) for x in made.lines),
            parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
            value=Money(amount_minor=1, currency="EUR"), shipped_at=NOW,
        )  # fmt: skip
        self._take(bind.deduct, message)
        return bind.deduct, message

    @rule(data=st.data())
    def pick_is_short(self, data: st.DataObject) -> None:
        made = self._bound(data)
        if made is None:
            return
        message = ShortPickedV1(
            owner="main", order_id=made.order_id, fulfilment_id=made.fulfilment_id, location_id=made.location_id,
            missing=(LineQuantity(line_id=made.lines[0].line_id, sku=made.lines[0].sku, quantity=1),), picked=(),
            picked_at=NOW,
        )  # fmt: skip
        self._take(bind.short_pick, message)  # the hub remembers it: it does not come again

    def _bound(self, data: st.DataObject) -> Any:
        allocated = [event.fulfilment for event in self.ledger.said(StockAllocatedV1)]
        return data.draw(st.sampled_from(allocated)) if allocated else None

    @rule(target=sent, data=st.data(), quantity=st.integers(1, 4), complete=st.booleans())
    def order_is_cancelled(self, data: st.DataObject, quantity: int, complete: bool) -> tuple[Any, Any]:
        order_id = data.draw(st.sampled_from(sorted(self.orders) or ["web:99"]))
        self.number += 1
        message = OrderCancelledV1(
            owner="main", order_id=order_id, cancel_id=f"cancel-{self.number}", complete=complete, amount_minor=0,
            lines=(FulfilledQuantity(line_id="1", quantity=quantity),), reason="requested", decided_by="routing",
            cancelled_at=NOW,
        )  # fmt: skip
        self._take(release.release_cancelled, message)
        return release.release_cancelled, message

    @rule(sku=st.sampled_from(SKUS), place=st.sampled_from(PLACES), pieces=st.integers(1, 10))
    def goods_arrive(self, sku: str, place: str, pieces: int) -> None:
        self._take(stock.receive, ReceiveStockV1(owner="main", sku=sku, location_id=place, quantity=pieces))

    @rule(sku=st.sampled_from(SKUS), place=st.sampled_from(PLACES), counted=st.integers(0, 10))
    def goods_are_counted(self, sku: str, place: str, counted: int) -> None:
        self._take(stock.count, CountStockV1(owner="main", sku=sku, location_id=place, counted=counted))

    @rule(sku=st.sampled_from(SKUS), place=st.sampled_from(PLACES), delta=st.integers(-5, 5))
    def stock_is_adjusted(self, sku: str, place: str, delta: int) -> None:
        command = AdjustStockV1(owner="main", sku=sku, location_id=place, delta=delta, reason="correction")
        self._take(stock.adjust, command)

    @rule(sku=st.sampled_from(SKUS), pieces=st.integers(1, 5))
    def goods_are_moved(self, sku: str, pieces: int) -> None:
        command = TransferStockV1(owner="main", sku=sku, from_location_id="BER", to_location_id="ROT", quantity=pieces)
        self._take(stock.transfer, command)

    @rule(data=st.data())
    def freed_pieces_are_given_out(self, data: st.DataObject) -> None:
        freed = self.ledger.said(StockFreedV1)
        if freed:
            self._take(promise.fill_waiting, data.draw(st.sampled_from(freed)))

    @rule(again=sent)
    def a_message_comes_again(self, again: tuple[Any, Any]) -> None:
        decide, message = again
        before = dict(self.ledger.documents)
        self._take(decide, message)
        if decide is not promise.reserve:
            assert {k: v for k, v in before.items() if isinstance(v, Stock)} == {
                k: v for k, v in self.ledger.documents.items() if isinstance(v, Stock)
            }, "a message that came twice moved stock twice"

    @invariant()
    def stock_is_conserved(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for sku in SKUS:
            for name, place in self._stock(sku).locations.items():
                moves = [e.delta for e in self.ledger.said(StockMovedV1) if (e.sku, e.location_id) == (sku, name)]
                assert place.on_hand == sum(moves)
                assert place.on_hand >= 0
                assert place.allocated >= 0

    @invariant()
    def stock_is_what_the_reservations_say(self) -> None:
        if not hasattr(self, "ledger"):
            return
        reservations = [d for d in self.ledger.documents.values() if isinstance(d, Reservation)]
        lines = [one for reservation in reservations for one in reservation.lines]
        for sku in SKUS:
            mine = [one for one in lines if one.sku == sku]
            found = self._stock(sku)
            assert found.reserved == sum(one.promised for one in mine)
            assert found.waiting == sum(one.backordered for one in mine)
            waiting = [d for d in self.ledger.documents.values() if isinstance(d, WaitingLine) and d.sku == sku]
            assert found.waiting == sum(one.quantity for one in waiting)
            for name, place in found.locations.items():
                bound = sum(b.quantity for one in mine for b in one.bound if b.location_id == name)
                assert place.allocated == bound
        for one in lines:
            parts = one.promised + one.backordered + one.shipped + one.released + sum(b.quantity for b in one.bound)
            assert one.quantity == parts


TestInventory = Inventory.TestCase
TestInventory.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
