"""A kit is captured as its components, its price shared out, and is cancelled whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRefusedV1,
    CancelRequestedV1,
    OrderCancelledV1,
    OrderCapturedV1,
    OrderReleasedV1,
)
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.values import LineQuantity, OrderLine
from services.capture.channels import UnmappableError
from services.capture.decide import cancel, ingest
from services.capture.state import Item, Listing, OrderRecord
from tests.builders import NOW, order_input
from tests.builders import ingest as handed_in
from tests.decide.stall import CHANNELS, Stall, line

AMOUNTS = ("unit_price_minor", "discount_minor", "tax_minor", "total_minor", "paid_minor")


def shop() -> Stall:
    """A breakfast set K of one mug A and two plates B."""
    return Stall().sells("A", weight_g=300).sells("B", hazmat_class="3").sells("K", ("A", 1), ("B", 2))


def asks(made: Stall, *lines: tuple[str, int], cancel_id: str = "c") -> Any:
    """A cancel of so many of these lines; what was said to it."""
    before = len(made.events)
    asked = tuple(LineQuantity(line_id=line_id, quantity=n) for line_id, n in lines)
    message = CancelOrderV1(owner="main", order_id="web:1", cancel_id=cancel_id, lines=asked)
    made.take(cancel.cancel_order, message, NOW)
    return made.events[before] if len(made.events) > before else None


def pieces(event: CancelRequestedV1 | OrderCancelledV1) -> dict[str, int]:
    return {one.line_id: one.quantity for one in event.lines}


def test_a_kit_is_captured_as_its_components_and_remembered_as_it_was_sold() -> None:
    order = shop().sold(line(1, sku="A"), line(2, sku="K", quantity=3, price=2000, note="for M.")).captured()
    assert [(one.line_id, one.sku, one.quantity, one.kit_line_id) for one in order.lines] == [
        ("1", "A", 1, ""),
        ("2/1", "A", 3, "2"),
        ("2/2", "B", 6, "2"),
    ]
    (kit,) = order.kits
    assert (kit.line_id, kit.sku, kit.quantity, kit.total_minor, kit.paid_minor) == ("2", "K", 3, 6000, 6000)
    mug, plate = order.lines[1:]
    assert (mug.weight_g, plate.hazmat_class, mug.title, plate.note) == (300, "3", "Article A", "for M.")
    assert order.totals.lines_minor == 7000


def test_an_order_without_kits_is_captured_as_before() -> None:
    order = shop().sold(line(1, sku="A", quantity=2)).captured()
    assert (order.kits, [one.line_id for one in order.lines]) == ((), ["1"])
    assert b"kit" not in order.model_dump_json(exclude_defaults=True).encode()


def test_an_order_without_kits_reads_nothing_more_and_says_nothing_more_than_before() -> None:
    made = shop().maps("L", "A", 2)
    message = handed_in(order_input("1", line(1, sku="B"), line(2, listing_id="L")))
    states = made.states
    decision = ingest.ingest(CHANNELS, states, message, NOW, message.body)
    items = {Item.at("main", sku) for sku in "AB"}
    assert states.read == {OrderRecord.at("main", "web:1"), Listing.at("main", "web", "L"), *items}
    assert ([type(event) for event in decision.events], len(decision.writes)) == ([OrderCapturedV1], 1)


def test_a_listing_may_stand_for_several_kits() -> None:
    order = shop().maps("L", "K", 2).sold(line(1, listing_id="L", quantity=3)).captured()
    assert (order.kits[0].ordered_quantity, order.kits[0].quantity, order.kits[0].listing_id) == (3, 6, "L")
    assert [one.quantity for one in order.lines] == [6, 12]


def test_a_price_is_shared_out_by_what_the_components_cost() -> None:
    made = Stall().sells("A", cost=100).sells("B", cost=150).sells("K", ("A", 1), ("B", 2))
    order = made.sold(line(1, sku="K", price=1000)).captured()
    assert [one.unit_price_minor for one in order.lines] == [250, 750]


@pytest.mark.parametrize(("cost", "currency"), [(None, "EUR"), (150, "USD"), (0, "EUR")])
def test_a_price_is_shared_out_by_pieces_where_costs_cannot_be_compared(cost: int | None, currency: str) -> None:
    first = 0 if cost == 0 else 100
    made = Stall().sells("A", cost=first).sells("B", cost=cost, currency=currency).sells("K", ("A", 1), ("B", 2))
    order = made.sold(line(1, sku="K", price=1000)).captured()
    assert [one.unit_price_minor for one in order.lines] == [333, 667]


sums = st.integers(0, 10**6)


@st.composite
def kits(draw: Any) -> tuple[Stall, list[LineInput], dict[str, int]]:
    """A shop with a kit, and an order for some of it."""
    made = Stall()
    parts = draw(st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(0, 5000)), min_size=1, max_size=6))
    for n, (_, cost) in enumerate(parts):
        made.sells(f"P{n}", cost=cost)
    made.sells("K", *((f"P{n}", quantity) for n, (quantity, _) in enumerate(parts)))
    lines = []
    for n in range(1, draw(st.integers(1, 3)) + 1):
        quantity, price = draw(st.integers(1, 7)), draw(sums)
        discount, tax = draw(st.integers(0, quantity * price)), draw(st.integers(-1000, 10**5))
        sku = draw(st.sampled_from(["K", "P0"]))
        lines.append(line(n, sku=sku, quantity=quantity, price=price, discount_minor=discount, tax_minor=tax))
    return made, lines, {"total_minor": draw(sums), "discount_minor": draw(sums)}


@given(kits())
def test_the_components_amounts_add_up_to_those_of_the_kit_to_the_minor_unit(case: Any) -> None:
    made, lines, totals = case
    order = made.sold(*lines, **totals).captured()
    for kit in order.kits:
        parts = [one for one in order.lines if one.kit_line_id == kit.line_id]
        for field in AMOUNTS:
            assert sum(getattr(one, field) for one in parts) == getattr(kit, field), field
        assert all(one.quantity % kit.quantity == 0 for one in parts)
    for one in order.lines:
        assert one.total_minor == one.ordered_quantity * one.unit_price_minor - one.discount_minor
    assert sum(one.paid_minor for one in order.lines) == totals["total_minor"]
    assert len({one.line_id for one in order.lines}) == len(order.lines)


@given(kits(), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_kits_that_are_cancelled_one_after_the_other_pay_back_what_was_paid_for_them(
    case: Any, counts: list[int]
) -> None:
    made, lines, totals = case
    made.sold(*lines, **totals, ship_to=None)  # held for its address, so that it is cancelled here
    record = made.record()
    assert record.order is not None
    order, left = record.order, {one.line_id: one.quantity for one in (*record.order.lines, *record.order.kits)}
    for number, count in enumerate(counts):
        for sold in lines:
            asks(made, (sold.line_id, count), cancel_id=f"{number}-{sold.line_id}")
    gone: dict[str, int] = {}
    for event in made.said(OrderCancelledV1):
        for one in event.lines:
            gone[one.line_id] = gone.get(one.line_id, 0) + one.quantity
    assert all(gone.get(one.line_id, 0) <= left[one.line_id] for one in order.lines)
    for kit in order.kits:
        whole = min(sum(counts), kit.quantity)
        parts = [one for one in order.lines if one.kit_line_id == kit.line_id]
        assert all(gone[one.line_id] == whole * one.quantity // kit.quantity for one in parts)
    if all(gone.get(one.line_id, 0) == one.quantity for one in order.lines):
        assert sum(event.amount_minor for event in made.said(OrderCancelledV1)) == totals["total_minor"]


@given(st.integers(1, 9), st.integers(0, 10**5), st.lists(st.integers(1, 5), min_size=1, max_size=5), st.data())
def test_each_of_several_kits_is_worth_its_price_when_it_is_cancelled(
    quantity: int, price: int, parts: list[int], data: st.DataObject
) -> None:
    made = Stall()
    for n in range(len(parts)):
        made.sells(f"P{n}")
    made.sells("K", *((f"P{n}", each) for n, each in enumerate(parts)))
    made.sold(line(1, sku="K", quantity=quantity, price=price), ship_to=None)
    count = data.draw(st.integers(1, quantity))
    assert asks(made, ("1", count)).amount_minor == count * price


def test_a_line_of_the_channels_own_name_is_not_mistaken_for_a_component() -> None:
    order = shop().sold(line(1, sku="K"), LineInput(line_id="1/1", sku="A", quantity=1, unit_price_minor=5)).captured()
    assert [one.line_id for one in order.lines] == ["1/1/", "1/2", "1/1"]


def test_components_count_towards_the_lines_that_an_order_may_have() -> None:
    made = Stall()
    parts = [(f"P{n}", 1) for n in range(100)]
    for sku, _ in parts:
        made.sells(sku)
    made.sells("K", *parts)
    made.sold(*(line(n, sku="K") for n in range(1, 8)))
    assert len(made.captured().lines) == 700
    with pytest.raises(UnmappableError, match="800 lines with its kits taken apart; an order may have 700"):
        made.sold(*(line(n, sku="K") for n in range(1, 9)), number="2")


def test_a_change_of_a_kit_is_for_orders_that_are_captured_later() -> None:
    made = shop().sold(line(1, sku="K"))
    made.sells("C").sells("K", ("C", 1))
    assert [one.sku for one in made.order().lines] == ["A", "B"]
    made.sold(line(1, sku="K"), number="2")
    assert [one.sku for one in made.order("web:2").lines] == ["C"]


def test_a_cancel_by_the_sold_line_is_asked_for_in_whole_kits() -> None:
    made = shop().sold(line(1, sku="A", quantity=2), line(2, sku="K", quantity=3))
    assert pieces(asks(made, ("2", 2), ("1", 1))) == {"1": 1, "2/1": 2, "2/2": 4}


def test_a_cancel_by_components_in_the_kits_proportion_is_a_cancel_of_kits() -> None:
    made = shop().sold(line(2, sku="K", quantity=3))
    assert pieces(asks(made, ("2/1", 1), ("2/2", 2))) == {"2/1": 1, "2/2": 2}


@pytest.mark.parametrize("lines", [(("2/1", 1),), (("2/2", 1),), (("2/1", 1), ("2/2", 1)), (("2", 1), ("2/2", 1))])
@pytest.mark.parametrize("held", [False, True])
def test_a_kit_is_not_divided_by_a_cancel(lines: tuple[tuple[str, int], ...], held: bool) -> None:
    made = shop().sold(line(2, sku="K", quantity=3), total_minor=1 if held else 3000)
    before = made.record()
    refused = asks(made, *lines)
    assert isinstance(refused, CancelRefusedV1)
    assert refused.reason == "kit-divided"
    assert "kit K is cancelled whole; name line 2 and how many kits" in refused.detail
    assert made.order() == before.order
    assert made.record().cancelled == {}


def test_a_cancel_of_everything_takes_kits_with_it() -> None:
    made = shop().sold(line(1, sku="K", quantity=2), total_minor=1)
    event = asks(made)
    assert isinstance(event, OrderCancelledV1)
    assert (event.complete, pieces(event)) == (True, {"1/1": 2, "1/2": 4})


@pytest.mark.parametrize(("lines", "event"), [((("1", 1),), CancelRequestedV1), ((("1/1", 1),), CancelRefusedV1)])
def test_a_cancel_that_comes_before_its_order_knows_kits_once_the_order_is_there(
    lines: tuple[tuple[str, int], ...], event: type[Any]
) -> None:
    made = shop()
    assert asks(made, *lines) is None
    made.sold(line(1, sku="K", quantity=2))
    (said,) = made.said(event)
    if event is CancelRequestedV1:
        assert pieces(said) == {"1/1": 1, "1/2": 2}
    else:
        assert (made.record().cancels, made.record().decided) == ((), ("c",))


def test_a_listing_that_turns_out_to_be_a_kit_is_taken_apart_when_it_is_mapped() -> None:
    made = shop().sold(line(2, listing_id="L", quantity=3, price=500))
    asks(made, ("2", 1))
    made.maps("L", "K", 2)
    (event,) = made.said(OrderReleasedV1)
    lines: tuple[OrderLine, ...] = event.order.lines
    assert [(one.line_id, one.quantity, one.kit_line_id) for one in lines] == [("2/1", 6, "2"), ("2/2", 12, "2")]
    assert (event.order.kits[0].quantity, event.order.kits[0].sku) == (6, "K")
    assert sum(one.paid_minor for one in lines) == 1500
    assert made.record().cancelled == {"2/1": 2, "2/2": 4}
