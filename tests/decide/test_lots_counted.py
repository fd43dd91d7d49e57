"""Lots beside what snapshots and counts say, and beside promises that are taken back."""

from functools import partial
from typing import Any

from crossdock_contracts.inbound import BackorderDatesDueV1, BackorderPromisedV1
from crossdock_contracts.inventory import CountStockV1, StockMovedV1
from crossdock_contracts.stock import SnapshotLine, SnapshotStockV1
from services.inventory.audits import Holder, Shortfall
from services.inventory.decide import bind, conditions, dates, snapshot, stock
from services.inventory.decide.takeback import Needs, take_slice
from services.inventory.rules import Rules, StockLocation
from services.inventory.state import Reservation, Stock
from tests.builders import BERLIN, NOW, later, shipment_shipped
from tests.decide.quay import ABOUT as A
from tests.decide.quay import APRIL, MAY, Quay
from tests.decide.shelf import AUTUMN, SUMMER, Shelf, lots_of

WMS = Rules(locations={"BER": StockLocation(address=BERLIN, stock_master="wms")})


class Counted(Shelf):
    """A shelf whose WMS is master of its stock."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.rules = WMS

    def snapshot(self, pieces: int, minutes: int = 0, now: int = 60) -> None:
        lines = (SnapshotLine(sku="A", on_hand=pieces),)
        message = SnapshotStockV1(
            owner="main", location_id="BER", snapshot_id=f"S{minutes}", as_of=later(minutes=minutes), lines=lines
        )
        self.take(partial(snapshot.snapshot, WMS), message, later(minutes=now))

    def leaves(self, made: Any, minutes: int) -> list[StockMovedV1]:
        message = shipment_shipped(order_id=made.order_id)
        gone = message.lines[0].model_copy(update={"quantity": made.lines[0].quantity, "lots": made.lines[0].lots})
        at = {"lines": (gone,), "location_id": "BER", "shipped_at": later(minutes=minutes)}
        decision = self.take(partial(bind.deduct, rules=WMS), message.model_copy(update=at), later(hours=2))
        return [event for event in decision.events if isinstance(event, StockMovedV1)]

    def adds_up(self) -> bool:
        return sum(self.lots().values()) == self.at().on_hand


def test_what_a_snapshot_finds_is_of_no_known_lot_and_what_it_misses_is_of_that_first():
    shelf = Counted()
    shelf.receives(5, "L", SUMMER)

    shelf.snapshot(8)
    assert shelf.lots() == {"L": 5, "unknown": 3}
    shelf.snapshot(4, minutes=1)

    assert shelf.lots() == {"L": 4}
    assert shelf.adds_up()


def test_a_lot_that_left_before_a_snapshot_is_not_taken_off_again():
    shelf = Counted()
    shelf.receives(5, "L", SUMMER)
    made = shelf.sells(3)
    shelf.snapshot(2, minutes=10)

    moved = shelf.leaves(made, minutes=5)

    assert [(one.kind, one.delta) for one in moved] == [("found", 3), ("shipped", -3)]
    assert shelf.lots() == {"L": 2}
    assert shelf.at().allocated == 0
    assert shelf.adds_up()


def test_a_lot_that_left_after_a_snapshot_is_taken_off():
    shelf = Counted()
    shelf.receives(5, "L", SUMMER)
    made = shelf.sells(3)
    shelf.snapshot(5, minutes=10)

    shelf.leaves(made, minutes=20)

    assert shelf.lots() == {"L": 2}


def test_pieces_that_were_put_in_quarantine_since_a_snapshot_are_no_part_of_what_it_says():
    shelf = Counted()
    shelf.receives(5, "L", SUMMER)
    shelf.snapshot(5, minutes=-10, now=0)
    shelf.take(partial(conditions.change_condition, rules=WMS), _to_quarantine(2), later(minutes=20))

    shelf.snapshot(5, minutes=10)

    assert shelf.at().on_hand == 3
    assert (shelf.lots(), shelf.lots("quarantine")) == ({"L": 3}, {"L": 2})


def _to_quarantine(quantity: int) -> Any:
    return conditions.ChangeConditionV1(
        **A, location_id="BER", quantity=quantity, from_condition="sellable", to_condition="quarantine", lot="L",
        reason="inspected",
    )  # fmt: skip


def test_pieces_of_a_lot_that_a_count_had_found_missing_are_not_taken_off_again_by_a_short_pick():
    shelf = Shelf()
    shelf.receives(5, "L", SUMMER)
    shelf.receives(2, "M", AUTUMN)
    made = shelf.sells(7)
    shelf.take(stock.count, CountStockV1(**A, location_id="BER", counted=4), NOW)

    shelf.misses(made, 3, *lots_of(L=4))

    assert shelf.at().on_hand == 4
    assert shelf.at().allocated == 4
    assert sum(shelf.lots().values()) == 4
    assert shelf.bound() == {"L": 4}


def waiting(number: int) -> Quay:
    quay = Quay()
    for one in range(1, number + 1):
        quay.orders(1, one)
    return quay


def test_every_line_that_waits_is_dated_however_many_wait():
    quay = waiting(230)

    quay.expects(150, APRIL)
    quay.expects(60, MAY, "PO-2")

    told = sorted(quay.date(number) for number in range(1, 231) if quay.date(number))
    assert told == [APRIL] * 150 + [MAY] * 60


def test_dates_are_right_where_pieces_arrive_while_they_are_worked_out():
    quay = waiting(230)
    inbound = quay.take  # decisions one by one, for those that follow are to come later
    quay._take = lambda decide, message: inbound(decide, message, NOW)  # type: ignore[method-assign]
    quay.expects(150, APRIL)
    quay.expects(80, MAY, "PO-2")
    (first,) = inbound(dates.redate, BackorderDatesDueV1(**A, reason="checked"), NOW).events[-1:]

    del quay._take
    quay.receives(120)
    quay._take(dates.redate, first)

    told = [one.expected_at for one in quay.events if isinstance(one, BackorderPromisedV1)]
    assert told.count(MAY) == 80
    open_ = [one for one in quay.documents.values() if isinstance(one, Reservation) and one.lines[0].backordered]
    assert sorted(one.lines[0].expected_at for one in open_) == [APRIL] * 30 + [MAY] * 80


def test_an_order_that_loses_its_promise_is_told_when_more_is_expected():
    quay = Quay()
    quay.receives(2, "")
    quay.orders(2, 1)
    quay.expects(5, MAY)
    quay.take(stock.count, CountStockV1(**A, location_id="BER", counted=0), NOW)

    found: Stock = quay.get(Stock, "main", "A")
    shortfall = Shortfall(
        owner="main", sku="A", reason="counted", holders=(Holder(order_id="web:1", rank="5", promised=2),)
    )
    needs = Needs.of(Rules(), found, shortfall)
    quay._take(lambda states, _, now: take_slice(states, shortfall, needs, now)[0], None)

    assert quay.date(1) == MAY
