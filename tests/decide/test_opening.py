"""Opening balances: told once, whatever happens afterwards."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.inventory import AdjustStockV1, ReceiveStockV1, SetSafetyStockV1, StockFreedV1, StockMovedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.stock import OpenStockV1, StockAlreadyOpenV1
from services.inventory.decide import opening, stock
from services.inventory.state import WaitingLine
from tests.builders import captured, line
from tests.decide.shelves import WMS, Shelves


def opens(shelves: Shelves, on_hand: int = 10, location_id: str = "BER", **more: Any) -> None:
    command = OpenStockV1(owner="main", sku="A", location_id=location_id, on_hand=on_hand, **more)
    shelves.hear(partial(opening.open_stock, shelves.rules), command)


def adjusts(shelves: Shelves, delta: int) -> None:
    shelves.hear(stock.adjust, AdjustStockV1(owner="main", sku="A", location_id="BER", delta=delta, reason="found"))


def refusals(shelves: Shelves) -> list[str]:
    return [one.reason for one in shelves.said(CommandRefusedV1)]


def test_an_opening_balance_is_in_the_ledger_with_what_cannot_be_sold_apart() -> None:
    shelves = Shelves()
    opens(shelves, 10, safety=2, damaged=3, reference="stock.csv")
    place = shelves.stock("A").locations["BER"]
    assert (place.on_hand, place.safety, place.damaged, place.available) == (10, 2, 3, 8)
    assert [(m.kind, m.quantity, m.delta, m.on_hand, m.reason, m.reference) for m in shelves.said(StockMovedV1)] == [
        ("counted", 10, 10, 10, "opening-balance", "stock.csv"),
        ("written-off", 3, 0, 10, "opening-balance", "stock.csv"),
    ]


@given(st.lists(st.integers(-5, 5), max_size=6))
def test_the_same_opening_changes_nothing_however_late_it_comes_again(deltas: list[int]) -> None:
    shelves = Shelves()
    opens(shelves)
    for delta in deltas:
        adjusts(shelves, delta)
    before, entries = shelves.stock("A"), len(shelves.said(StockMovedV1))

    opens(shelves)

    assert (shelves.stock("A"), len(shelves.said(StockMovedV1))) == (before, entries)
    (again,) = shelves.said(StockAlreadyOpenV1)
    assert (again.opened_with, again.on_hand) == (10, before.locations["BER"].on_hand)


def test_a_place_that_is_opened_with_nothing_is_open_all_the_same() -> None:
    shelves = Shelves()
    opens(shelves, 0)
    opens(shelves, 0)
    opens(shelves, 5)
    assert shelves.said(StockMovedV1) == []
    assert (len(shelves.said(StockAlreadyOpenV1)), refusals(shelves)) == (1, ["opened-otherwise"])


@pytest.mark.parametrize(
    "before",
    [
        partial(stock.receive, message=ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=4)),
        partial(stock.set_safety, message=SetSafetyStockV1(owner="main", sku="A", location_id="BER", quantity=4)),
    ],
)
def test_nothing_is_opened_where_something_was_booked_before(before: Any) -> None:
    shelves = Shelves()
    shelves.hear(before.func, before.keywords["message"])
    standing = shelves.stock("A")
    opens(shelves)
    assert (shelves.stock("A"), refusals(shelves)) == (standing, ["booked-already"])
    assert "count or adjust" in shelves.said(CommandRefusedV1)[0].detail


def test_a_wms_that_is_master_opens_its_stock_itself_and_an_unknown_place_is_not_opened() -> None:
    shelves = Shelves()
    opens(shelves, location_id=WMS)
    opens(shelves, location_id="MOON")
    assert refusals(shelves) == ["not-the-master", "unknown-location"]
    assert "snapshot" in shelves.said(CommandRefusedV1)[0].detail


def test_lines_that_waited_before_the_take_over_get_what_is_opened() -> None:
    shelves = Shelves()
    shelves.order(captured(line(quantity=4)))
    assert any(isinstance(one, WaitingLine) for one in shelves.documents.values())
    opens(shelves, 10)
    assert shelves.said(StockFreedV1)
    assert (shelves.stock("A").waiting, shelves.stock("A").reserved) == (0, 4)
