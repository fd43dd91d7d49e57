"""Less is there than was promised: promises are taken back by rule."""

from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock_contracts.inventory import CountStockV1, ShortageRecordedV1, StockBackorderedV1
from crossdock_contracts.stock import BoundStockMissingV1, PromiseTakenBackV1, ShortageSoughtV1
from services.inventory.audits import Shortfall, ShortfallStatus
from services.inventory.decide import shortage, stock, takeback
from tests.builders import NOW, captured, later, line
from tests.decide.shelves import Shelves, keep, shelf


def test_the_lowest_priority_loses_first_then_the_latest_ship_by_then_the_youngest() -> None:
    shelves = Shelves(shelf(BER=5))
    shelves.order(captured(order_id="web:urgent", priority=1, placed_at=later(hours=3)))
    shelves.order(captured(order_id="web:soon", ship_by=later(days=1), placed_at=later(hours=2)))
    shelves.order(captured(order_id="web:late", ship_by=later(days=9), placed_at=later(hours=1)))
    shelves.order(captured(order_id="web:old", placed_at=later(hours=-9)))
    shelves.order(captured(order_id="web:young", placed_at=later(hours=-1)))
    for left, loser in ((4, "web:young"), (3, "web:old"), (2, "web:late"), (1, "web:soon"), (0, "web:urgent")):
        shelves.counted("BER", left)
        assert shelves.said(PromiseTakenBackV1)[-1].order_id == loser
    assert shelves.stock().missing == 0


def test_who_loses_is_backordered_with_a_newer_word_and_waits() -> None:
    shelves = Shelves(shelf(BER=3))
    shelves.order(captured(line(quantity=3)))
    shelves.counted("BER", 1)
    newest = shelves.said(StockBackorderedV1)[-1]
    assert (newest.generation, newest.lines[0].quantity, newest.lines[0].backordered) == (2, 3, 2)
    waits = shelves.waiting("web:1")
    assert waits is not None
    assert waits.quantity == 2
    assert (shelves.stock().reserved, shelves.stock().waiting) == (1, 2)


def test_unbound_promises_are_taken_before_bound_ones() -> None:
    shelves = Shelves(shelf(BER=6))
    shelves.order(captured(line(quantity=3), order_id="web:bound", priority=9))
    shelves.bind("web:bound")
    shelves.order(captured(line(quantity=3), order_id="web:open", priority=0))
    shelves.counted("BER", 2)
    assert shelves.promised("web:open") == (0, 3, 0)
    assert shelves.promised("web:bound") == (0, 1, 2)
    assert [event.lines[0].quantity for event in shelves.said(BoundStockMissingV1)] == [1]


def test_bound_pieces_that_are_given_up_are_promised_anew_from_elsewhere() -> None:
    shelves = Shelves(shelf(BER=3, ROT=5))
    shelves.order(captured(line(quantity=3)))
    shelves.bind("web:1")
    shelves.counted("BER", 1)
    assert shelves.promised("web:1") == (2, 0, 1)
    assert shelves.stock().locations["BER"].on_hand == 1  # what the count missed is not taken off twice
    assert shelves.said(PromiseTakenBackV1) == []


def test_what_has_been_picked_is_kept_and_the_next_fulfilment_is_asked() -> None:
    shelves = Shelves(shelf(BER=4))
    for name, priority in (("web:picked", 9), ("web:shelf", 1)):
        shelves.order(captured(line(quantity=2), order_id=name, priority=priority))
        shelves.bind(name)
    answer = shelves.ships
    shelves.ships = lambda ask: keep(ask) if ask.order_id == "web:picked" else answer(ask)
    shelves.counted("BER", 3)
    assert [event.order_id for event in shelves.said(BoundStockMissingV1)] == ["web:picked", "web:shelf"]
    assert shelves.promised("web:picked") == (0, 0, 2)
    assert shelves.promised("web:shelf") == (0, 1, 1)


def test_what_shipping_has_not_answered_for_yet_is_not_asked_of_somebody_else() -> None:
    shelves = Shelves(shelf(BER=4))
    for name, priority in (("web:1", 9), ("web:2", 1)):
        shelves.order(captured(line(quantity=2), order_id=name, priority=priority))
        shelves.bind(name)
    shelves.ships = lambda _: None
    shelves.counted("BER", 2)
    shelves.counted("BER", 1)
    asked = [(event.order_id, event.lines[0].quantity) for event in shelves.said(BoundStockMissingV1)]
    assert asked == [("web:1", 2), ("web:2", 1)]


def test_if_all_has_been_picked_nobody_loses_and_it_comes_to_rest() -> None:
    shelves = Shelves(shelf(BER=4))
    shelves.order(captured(line(quantity=4)))
    shelves.bind("web:1")
    shelves.ships = keep
    shelves.counted("BER", 1)
    assert shelves.promised("web:1") == (0, 0, 4)
    assert shelves.get(Shortfall, "main", "A").status is ShortfallStatus.SETTLED


def test_a_shortage_of_many_orders_is_worked_off_in_slices(monkeypatch: Any) -> None:
    monkeypatch.setattr(shortage, "PAGE", 30)
    monkeypatch.setattr(shortage, "MOST_HOLDERS", 40)
    shelves = Shelves(shelf(BER=200))
    for number in range(200):
        shelves.order(captured(order_id=f"web:{number:03}", placed_at=later(minutes=number)))
    shelves.counted("BER", 20)
    kept = [number for number in range(200) if shelves.promised(f"web:{number:03}")[0]]
    assert kept == list(range(20))
    assert len(shelves.said(ShortageSoughtV1)) > 180 / takeback.SLICE


def test_a_late_or_doubled_step_changes_nothing() -> None:
    shelves = Shelves(shelf(BER=3))
    shelves.order(captured(line(quantity=3)))
    shelves.counted("BER", 1)
    for event in shelves.said(ShortageSoughtV1):
        again = shelves.take(partial(shortage.seek, shelves.rules), event, NOW)
        assert not again.writes
        assert not again.events
    (recorded,) = shelves.said(ShortageRecordedV1)
    assert not shelves.take(partial(shortage.begin, shelves.rules), recorded, NOW).writes


def test_what_is_found_to_be_missing_during_a_search_is_taken_too() -> None:
    shelves = Shelves(shelf(BER=4))
    for number in range(4):
        shelves.order(captured(order_id=f"web:{number}", placed_at=later(hours=number)))
    for left in (3, 1):
        shelves.tell(stock.count, CountStockV1(owner="main", sku="A", location_id="BER", counted=left))
    shelves.settle()
    assert [shelves.promised(f"web:{number}")[0] for number in range(4)] == [1, 0, 0, 0]


ORDERS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9), st.booleans(), st.booleans()), min_size=1, max_size=8)
"""Pieces, priority, whether bound, whether picked."""


@settings(max_examples=150, deadline=None)
@given(orders=ORDERS, left=st.integers(0, 12), elsewhere=st.integers(0, 4))
def test_after_a_count_no_unbound_promise_is_beyond_what_is_there_and_the_rule_is_kept(
    orders: list[Any], left: int, elsewhere: int
) -> None:
    shelves = Shelves(shelf(BER=sum(one[0] for one in orders), ROT=elsewhere))
    picked = set()
    for number, (quantity, priority, bound, is_picked) in enumerate(orders):
        shelves.order(captured(line(quantity=quantity), order_id=f"web:{number}", priority=priority))
        if bound:
            shelves.bind(f"web:{number}")
        picked |= {f"web:{number}"} if bound and is_picked else set()
    answer = shelves.ships
    shelves.ships = lambda ask: keep(ask) if ask.order_id in picked else answer(ask)

    shelves.counted("BER", left)

    found = shelves.stock()
    assert found.unbound_missing == 0
    still_bound = {f"web:{n}" for n in range(len(orders)) if shelves.promised(f"web:{n}")[2]}
    assert not found.bound_missing or still_bound <= picked
    every = [shelves.promised(f"web:{n}") for n in range(len(orders))]
    assert [sum(one) for one in every] == [one[0] for one in orders]
    assert found.reserved == sum(one[0] for one in every)
    assert found.waiting == sum(one[1] for one in every)
    unbound = [n for n, one in enumerate(orders) if not one[2]]
    for one in unbound:
        for other in unbound:
            if orders[one][1] < orders[other][1]:  # the more urgent loses only once the other has nothing left
                assert not shelves.promised(f"web:{one}")[1] or not shelves.promised(f"web:{other}")[0]
