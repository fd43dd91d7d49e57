"""Lines that are named late keep their pieces and what is paid for them."""

from functools import partial
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.values import FulfilledQuantity, Order, OrderLine
from services.routing.decide import route, stop
from services.routing.decide.named import named
from services.routing.decide.pieces import split
from services.routing.rules import RoutingConfig, Rules
from services.routing.state import Pieces, Route
from tests.builders import NOW, captured, hold, line, order, released
from tests.decide.ledger import Ledger

RULES = Rules(config=RoutingConfig(), locations={})


def component(number: int, sku: str, each: int, paid: int) -> OrderLine:
    """A component of three as sold, so many pieces in each."""
    return line(1, sku=sku, quantity=3, line_id=f"1/{number}", kit_line_id="1").model_copy(
        update={"quantity": 3 * each, "paid_minor": paid}
    )


def cancelled(quantity: int) -> OrderCancelledV1:
    return OrderCancelledV1(
        owner="main", order_id="web:1", cancel_id="c",
        lines=(FulfilledQuantity(line_id="1", quantity=quantity, value_minor=1000),),
        complete=False, amount_minor=1, reason="requested", decided_by="capture", cancelled_at=NOW,
    )  # fmt: skip


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_an_amount_that_is_split_adds_up(value: int, weights: list[int]) -> None:
    parts = split(value, weights)
    assert sum(parts) == value
    assert all(part >= 0 for part in parts)
    assert split(sum(weights), weights) == weights


def test_pieces_of_a_listing_become_pieces_of_the_components_of_its_kit() -> None:
    before: Order = order(line(1, sku=None, quantity=3), line(2, sku="C"))
    after: Order = order(component(1, "A", 2, 2001), component(2, "B", 4, 999), line(2, sku="C"))
    left = (Pieces(line_id="1", sku="", quantity=2, value_minor=2000), Pieces(line_id="2", sku="C", quantity=1))
    found = {piece.line_id: (piece.sku, piece.quantity, piece.value_minor) for piece in named(left, before, after)}
    assert found == {"1/1": ("A", 4, 1334), "1/2": ("B", 8, 666), "2": ("C", 1, 0)}


@pytest.mark.parametrize("turn", [*permutations(range(3))])
def test_what_was_cancelled_before_it_was_named_is_not_placed(turn: tuple[int, ...]) -> None:
    unnamed = captured(line(1, sku=None, quantity=3), holds=(hold("unknown-listing"),))
    kit = released(order(component(1, "A", 2, 2001), component(2, "B", 4, 999)))
    steps = [
        (partial(route.know_order, RULES), unnamed),
        (partial(stop.know_cancelled, RULES), cancelled(1)),
        (partial(route.go_on_released, RULES), kit),
    ]
    ledger = Ledger()
    for number in turn:
        ledger.take(*steps[number], NOW)
    found = ledger.get(Route, "main", "web:1")
    assert {piece.line_id: piece.quantity for piece in found.unplaced} == {"1/1": 4, "1/2": 8}
    assert sum(piece.value_minor for piece in found.unplaced) == 2000


def test_a_pack_that_is_cancelled_before_it_was_named_takes_all_its_pieces() -> None:
    ledger = Ledger()
    six = line(1, sku="A", quantity=3).model_copy(update={"quantity": 18})
    ledger.take(partial(route.go_on_released, RULES), released(order(six)), NOW)
    ledger.take(partial(stop.know_cancelled, RULES), cancelled(1), NOW)
    assert ledger.get(Route, "main", "web:1").unplaced[0].quantity == 12
