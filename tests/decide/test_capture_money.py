import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import LineKind
from services.capture.decide.money import expected_total, line_total, part, share, totals
from tests.builders import order_input


def sold(price: int, quantity: int = 1, **fields: object) -> LineInput:
    return LineInput(**{"line_id": "1", "sku": "A", "quantity": quantity, "unit_price_minor": price, **fields})


def made(*lines: LineInput, **fields: object) -> OrderInput:
    return order_input("1", *lines, **fields)


def test_a_line_costs_its_pieces_less_its_discount() -> None:
    assert line_total(made(sold(1000, 3, discount_minor=250)), 0) == 2750


@pytest.mark.parametrize("price", [500, -500])
def test_a_discount_line_counts_against_the_order_whichever_sign_its_price_has(price: int) -> None:
    discount = sold(price, line_id="2", kind=LineKind.DISCOUNT)
    assert totals(made(sold(2000), discount)).lines_minor == 1500


def test_what_an_order_should_cost_is_its_lines_less_discount_plus_shipping_and_tax() -> None:
    order = made(sold(1000), discount_minor=100, shipping_minor=499, tax_minor=190)
    assert expected_total(totals(order)) == 1000 - 100 + 499 + 190
    assert expected_total(totals(order.model_copy(update={"tax_included": True}))) == 1000 - 100 + 499


def test_the_totals_are_those_that_the_channel_states() -> None:
    found = totals(made(sold(1000), total_minor=7, tax_minor=3, tax_included=True))
    assert (found.total_minor, found.tax_minor, found.tax_included, found.lines_minor) == (7, 3, True, 1000)


def test_what_rounding_leaves_goes_to_the_largest_remainders_and_among_equals_to_the_first() -> None:
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(10, [1, 5, 3]) == [1, 6, 3]
    assert share(100, [1, 2, 4]) == [14, 29, 57]


def test_without_weights_the_first_takes_all() -> None:
    assert share(999, [0, 0]) == [999, 0]
    assert share(999, []) == []


@given(st.integers(-(10**6), -1), st.lists(st.integers(0, 10**4), min_size=1, max_size=6))
def test_an_amount_that_is_given_back_is_shared_to_the_cent_too(amount: int, weights: list[int]) -> None:
    assert sum(share(amount, weights)) == amount


@given(st.integers(0, 10**6), st.integers(1, 50), st.data())
def test_some_pieces_never_cost_more_than_all_and_all_cost_all(amount: int, pieces: int, data: st.DataObject) -> None:
    some = data.draw(st.integers(0, pieces))
    assert 0 <= part(amount, some, pieces) <= amount
    assert part(amount, pieces, pieces) == amount


@given(st.integers(0, 10**6), st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_however_a_line_is_divided_its_parts_add_up_to_what_is_paid(paid: int, parts: list[int]) -> None:
    left, pieces, found = paid, sum(parts), []
    for quantity in parts:
        found.append(part(left, quantity, pieces))
        left, pieces = left - found[-1], pieces - quantity
    assert sum(found) == paid
    assert min(found) >= 0
