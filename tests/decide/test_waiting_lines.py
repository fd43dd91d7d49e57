"""Who is served first when stock comes."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.stock import PromiseRestoredV1, PromiseTakenBackV1
from services.inventory.decide import stock
from tests.builders import NOW, captured, later, line
from tests.decide.shelves import Shelves, shelf

ORDERS = st.lists(
    st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 3)), st.integers(0, 3)), min_size=1, max_size=12
)
"""Priority, days until ship-by, hours of age."""


@given(orders=ORDERS, pieces=st.integers(1, 12))
def test_lines_are_filled_by_priority_then_ship_by_then_age(orders: list[Any], pieces: int) -> None:
    shelves = Shelves(shelf(BER=0))
    for number, (priority, days, age) in enumerate(orders):
        ship_by = None if days is None else later(days=days)
        placed_at = NOW - timedelta(hours=age)
        made = captured(order_id=f"web:{number:02}", priority=priority, ship_by=ship_by, placed_at=placed_at)
        shelves.order(made)

    shelves.hear(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=pieces))

    def rank(number: int) -> tuple[Any, ...]:
        priority, days, age = orders[number]
        return priority, days is None, days or 0, -age, number

    first = sorted(range(len(orders)), key=rank)[:pieces]
    assert {n for n in range(len(orders)) if shelves.promised(f"web:{n:02}")[0]} == set(first)


def test_the_order_is_kept_among_more_lines_than_one_slice_looks_at() -> None:
    shelves = Shelves(shelf(BER=0))
    for number in range(600):
        shelves.order(captured(order_id=f"web:{number}", ship_by=later(hours=1000 - number)))
    shelves.hear(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=150))
    served = [number for number in range(600) if shelves.promised(f"web:{number}")[0]]
    assert served == list(range(450, 600))


def test_an_order_that_gets_its_lost_pieces_back_is_told_of_once_it_has_all() -> None:
    shelves = Shelves(shelf(BER=4))
    shelves.order(captured(line(quantity=4)))
    shelves.counted("BER", 1)
    assert [event.lines[0].quantity for event in shelves.said(PromiseTakenBackV1)] == [3]
    receipt = ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=2)
    shelves.hear(stock.receive, receipt)
    assert shelves.said(PromiseRestoredV1) == []
    shelves.hear(stock.receive, receipt)
    assert [event.order_id for event in shelves.said(PromiseRestoredV1)] == ["web:1"]
