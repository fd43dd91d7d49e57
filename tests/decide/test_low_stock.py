"""Low stock is said once, with what to reorder."""

from functools import partial

from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.stock import SetReorderPointV1, StockLowV1
from services.inventory.decide import low, promise, stock
from tests.builders import NOW, captured, line
from tests.decide.shelves import Shelves, rules, shelf

REORDER = {"reorder_at": 3, "reorder_up_to": 20}


def house(on_hand: int = 10, **more: object) -> Shelves:
    return Shelves(shelf(BER=on_hand), configured=rules(reorder=[{**REORDER, **more}]))


def suggestions(shelves: Shelves) -> list[tuple[int, int]]:
    return [(event.available, event.suggested) for event in shelves.said(StockLowV1)]


def test_a_sku_that_comes_down_to_its_reorder_point_is_low_once() -> None:
    shelves = house()
    shelves.order(captured(line(quantity=6), order_id="web:1"))
    assert suggestions(shelves) == []
    shelves.order(captured(line(quantity=1), order_id="web:2"))
    shelves.order(captured(line(quantity=1), order_id="web:3"))
    assert suggestions(shelves) == [(3, 17)]


def test_it_is_low_again_only_after_there_was_more_of_it() -> None:
    shelves = house()
    shelves.order(captured(line(quantity=8), order_id="web:1"))
    shelves.hear(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=5))
    shelves.order(captured(line(quantity=5), order_id="web:2"))
    assert suggestions(shelves) == [(2, 18), (2, 18)]


def test_pieces_that_orders_wait_for_are_reordered_too() -> None:
    shelves = house(on_hand=1)
    shelves.order(captured(line(quantity=5)))
    assert suggestions(shelves) == [(0, 24)]


def test_a_reorder_point_set_for_a_sku_counts_before_the_configured_one() -> None:
    shelves = house()
    command = SetReorderPointV1(owner="main", sku="A", reorder_at=12, reorder_up_to=50)
    shelves.hear(low.set_reorder_point, command)
    assert suggestions(shelves) == [(10, 40)]
    shelves.hear(low.set_reorder_point, SetReorderPointV1(owner="main", sku="A"))
    shelves.order(captured(line(quantity=6)))
    assert suggestions(shelves) == [(10, 40)]


def test_orders_of_skus_without_a_reorder_point_say_nothing_more() -> None:
    shelves = house(on_hand=1, sku_prefixes=["TOY-"])
    decision = shelves.take(
        low.watched(shelves.rules, partial(promise.reserve, rules=shelves.rules)), captured(line(quantity=5)), NOW
    )
    assert [event.NAME for event in decision.events] == ["stock-backordered"]
    assert not shelves.stock().low
