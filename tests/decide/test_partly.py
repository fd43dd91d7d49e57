"""Ship complete, or ship what is there: pieces and money add up either way."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import CancelRequestedV1
from crossdock_contracts.inventory import AllocationRefusedV1, PromisedLine, StockBackorderedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import LineQuantity
from services.routing.decide import route, stop
from services.routing.rules import RoutingConfig, ShipAvailable
from services.routing.state import RouteStatus
from tests.builders import NOW, authorised, captured, line, promised, reserved
from tests.decide.depot import Routing, depots, place
from tests.decide.test_capacity import cancelled

LINES = (line(1, price=1001), line(2, sku="B", quantity=3, price=333))


def short(*lines: PromisedLine, generation: int = 1) -> StockBackorderedV1:
    return StockBackorderedV1(owner="main", order_id="web:1", lines=lines, generation=generation, backordered_at=NOW)


def waiting(made: PromisedLine, pieces: int) -> PromisedLine:
    return made.model_copy(update={"backordered": pieces})


SOME = (promised(1, "A", 1, BER=5), waiting(promised(2, "B", 3, BER=1), 2))
"""The one piece of line 1 is there, and one of the three of line 2."""


def with_rules(**fields):
    return depots(config=RoutingConfig(ship_available=ShipAvailable(**fields)), BER=place(), ROT=place("NL"))


def started(*promises: PromisedLine, lines=LINES, rules=None, **fields) -> Routing:
    """An order of which something is not there."""
    ledger = Routing(rules or with_rules())
    ledger.take(partial(route.know_order, ledger.rules), captured(*lines, **fields), NOW)
    ledger.take(partial(route.know_payment, ledger.rules), authorised(), NOW)
    ledger.take(partial(route.know_promise, ledger.rules), short(*(promises or SOME)), NOW)
    return ledger


def placed(ledger: Routing) -> list[dict[str, int]]:
    """Of each routed fulfilment, its pieces by line."""
    return [
        {one.line_id: one.quantity for one in fulfilment.lines}
        for routed in ledger.said(OrderRoutedV1)
        for fulfilment in routed.fulfilments
    ]


def value(ledger: Routing) -> int:
    fulfilments = (f for routed in ledger.said(OrderRoutedV1) for f in routed.fulfilments)
    return sum(one.value_minor for f in fulfilments for one in f.lines)


def test_lines_that_are_there_ship_and_the_others_when_they_are_there():
    ledger = started()
    assert placed(ledger) == [{"1": 1}]
    (first,) = ledger.said(OrderRoutedV1)
    assert first.waiting == (LineQuantity(line_id="2", sku="B", quantity=3),)
    assert ledger.route().status is RouteStatus.WAITING
    ledger.take(partial(route.know_promise, ledger.rules), reserved(promised(2, "B", 3, BER=5), generation=2), NOW)
    assert placed(ledger) == [{"1": 1}, {"2": 3}]
    assert value(ledger) == 1001 + 999
    assert ledger.route().status is RouteStatus.ROUTED


def test_an_order_that_ships_complete_waits_for_all_of_it():
    ledger = started(ship_complete=True)
    assert placed(ledger) == []
    everything = reserved(promised(1, "A", 1, BER=5), promised(2, "B", 3, BER=5), generation=2)
    ledger.take(partial(route.know_promise, ledger.rules), everything, NOW)
    assert placed(ledger) == [{"1": 1, "2": 3}]


def test_an_order_that_ships_complete_goes_to_one_location_if_one_has_it_all_however_dear():
    rules = depots(BER=place(), ROT=place(handling_points=1.0), LYS=place("FR", handling_points=90.0))
    promises = [promised(1, "A", 1, BER=5, LYS=5), promised(2, "B", 3, ROT=5, LYS=5)]
    apart = Routing(rules).order(*LINES, promises=promises)
    assert len(apart.fulfilments) == 2
    together = Routing(rules).order(*LINES, promises=promises, ship_complete=True)
    assert [f.location_id for f in together.fulfilments] == ["LYS"]
    split = [promised(1, "A", 1, BER=5), promised(2, "B", 3, ROT=5)]
    assert len(Routing(rules).order(*LINES, promises=split, ship_complete=True).fulfilments) == 2


@pytest.mark.parametrize(
    "rules", [{"enabled": False}, {"channels": ("till",)}, {"least_minor": 1002}], ids=["off", "channel", "too little"]
)
def test_whether_an_order_ships_in_part_is_configured(rules):
    assert placed(started(rules=with_rules(**rules))) == []


def test_a_line_ships_in_part_only_where_that_is_configured():
    ledger = started(rules=with_rules(whole_lines=False))
    assert placed(ledger) == [{"1": 1, "2": 1}]
    ledger.take(partial(route.know_promise, ledger.rules), reserved(promised(2, "B", 2, BER=5), generation=2), NOW)
    assert placed(ledger) == [{"1": 1, "2": 1}, {"2": 2}]
    assert value(ledger) == 2000


def test_an_order_ships_in_part_so_often_and_then_waits_for_the_rest():
    three = (*LINES, line(3, sku="C"), line(4, sku="D"))
    there = [promised(n, sku, 1, BER=5) for n, sku in ((1, "A"), (3, "C"), (4, "D"))]
    gone = waiting(promised(2, "B", 3, BER=0), 3)
    nothing = [waiting(one, 1) for one in there]
    ledger = started(there[0], *nothing[1:], gone, lines=three, rules=with_rules(most_parts=1))
    assert placed(ledger) == [{"1": 1}]
    ledger.take(partial(route.know_promise, ledger.rules), short(there[1], nothing[2], gone, generation=2), NOW)
    assert placed(ledger) == [{"1": 1}]
    whole = reserved(there[1], there[2], promised(2, "B", 3, BER=5), generation=3)
    ledger.take(partial(route.know_promise, ledger.rules), whole, NOW)
    assert placed(ledger) == [{"1": 1}, {"2": 3, "3": 1, "4": 1}]


def test_the_rest_prefers_where_a_parcel_is_being_made_already_and_pays_for_a_further_one_elsewhere():
    ledger = started()
    rest = reserved(promised(2, "B", 3, BER=5, ROT=5), generation=2)
    ledger.take(partial(route.know_promise, ledger.rules), rest, NOW)
    parts = {next(iter(plan.shares)): plan.parts for plan in ledger.said(OrderRoutedV1)[1].ranking}
    assert "split" not in parts["BER"]
    assert parts["ROT"]["split"] == 25.0


def test_a_part_that_is_refused_is_placed_again_and_does_not_count_twice():
    ledger = started(rules=with_rules(most_parts=1))
    refusal = AllocationRefusedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER",
        lines=(promised(1, "A", 1, ROT=5),), reason="stock-gone", refused_at=NOW,
    )  # fmt: skip
    ledger.take(partial(route.place_again, ledger.rules), refusal, NOW)
    assert placed(ledger) == [{"1": 1}, {"1": 1}]
    assert [f.location_id for f in ledger.said(OrderRoutedV1)[1].fulfilments] == ["ROT"]
    assert sum(p.quantity for p in ledger.route().unplaced) == 3


def test_a_line_of_which_nothing_has_been_heard_is_waited_for():
    ledger = started(SOME[0])  # inventory has not answered for line 2 yet
    assert placed(ledger) == []
    ledger.take(partial(route.know_promise, ledger.rules), short(*SOME, generation=2), NOW)
    assert placed(ledger) == [{"1": 1}]


def test_what_waits_can_be_cancelled_while_the_rest_is_on_its_way():
    ledger = started()
    ledger.take(
        partial(stop.cancel_requested, ledger.rules),
        _cancel(LineQuantity(line_id="2", quantity=3)),
        NOW,
    )
    assert ledger.route().unplaced == ()
    assert [p.line_id for share in ledger.route().shares for p in share.pieces] == ["1"]


def test_once_what_shipped_in_part_is_cancelled_the_rest_still_goes():
    ledger = started()
    cancelled(ledger, "web:1", 1)
    rest = reserved(promised(2, "B", 3, ROT=5), generation=2)
    ledger.take(partial(route.know_promise, ledger.rules), rest, NOW)
    assert placed(ledger)[1:] == [{"2": 3}]
    assert "split" not in ledger.said(OrderRoutedV1)[1].ranking[0].parts  # it is the only parcel now


def _cancel(*lines: LineQuantity):
    return CancelRequestedV1(owner="main", order_id="web:1", cancel_id="c", lines=lines, reason="requested")


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 999)), min_size=1, max_size=4),
    st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), max_size=5),
    st.booleans(),
    st.integers(1, 3),
)
def test_however_an_order_ships_in_parts_no_piece_and_no_cent_is_lost(ordered, arrivals, whole, most):
    lines = [line(n, sku=f"S{n}", quantity=q, price=p) for n, (q, p) in enumerate(ordered, start=1)]
    there = [0] * len(lines)
    ledger = started(
        *(waiting(promised(n, f"S{n}", one.quantity, BER=9), one.quantity) for n, one in enumerate(lines, start=1)),
        lines=lines,
        rules=with_rules(whole_lines=whole, most_parts=most),
    )
    for generation, arrived in enumerate([*arrivals, [5] * 4], start=2):
        there = [min(one.quantity, had + more) for one, had, more in zip(lines, there, arrived, strict=False)]
        done = [sum(parcel.get(one.line_id, 0) for parcel in placed(ledger)) for one in lines]
        open_ = [
            PromisedLine(
                line_id=one.line_id, sku=one.sku, quantity=one.quantity - gone, backordered=one.quantity - had,
                candidates=promised(BER=99).candidates,
            )
            for one, gone, had in zip(lines, done, there, strict=True)
            if one.quantity > gone
        ]  # fmt: skip
        if open_:
            message = short(*open_, generation=generation)
            ledger.take(partial(route.know_promise, ledger.rules), message, NOW)
        assert all(
            sum(parcel.get(one.line_id, 0) for parcel in placed(ledger)) <= had
            for one, had in zip(lines, there, strict=True)
        )
    assert [sum(parcel.get(one.line_id, 0) for parcel in placed(ledger)) for one in lines] == [q for q, _ in ordered]
    assert value(ledger) == sum(q * p for q, p in ordered)
    assert ledger.route().status is RouteStatus.ROUTED
