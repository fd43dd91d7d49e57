"""Past decisions taken again by other rules."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.inventory import PromisedLine
from crossdock_contracts.values import Address
from services.cli.simulation import compare
from services.routing.replay import Decided, Replayed, replay
from services.routing.rule import Rule
from services.routing.rules import Location, RoutingConfig, Rules, Weights
from services.routing.state import Pieces
from tests.builders import NOW, line, order, promised

HERE, THERE = (Address(country="DE", latitude=52.0, longitude=longitude) for longitude in (13.0, 14.0))


def rules(*rule: Rule) -> Rules:
    return Rules(
        config=RoutingConfig(rule=rule, weights=Weights(distance_per_100_km=2.0)),
        locations={
            "BER": Location(address=HERE, handling_points=2.0),
            "EAST": Location(address=THERE, handling_points=1.0),
        },
    )


def decided(number: int, *promises: PromisedLine, **shares: dict[str, int]) -> Decided:
    """An order of these promises that goes to where BER is, as it was decided."""
    lines = [line(int(one.line_id), sku=one.sku, quantity=one.quantity) for one in promises]
    return Decided(
        owner="main",
        order=order(*lines, order_id=f"web:{number}", ship_to=HERE),
        attempt=1,
        at=NOW,
        pieces=tuple(Pieces(line_id=one.line_id, sku=one.sku, quantity=one.quantity) for one in promises),
        promised=promises,
        shares=shares,
    )


def again(given_rules: Rules, *past: Decided) -> list[Replayed]:
    return list(replay(given_rules, past))


def test_the_same_rules_decide_the_same() -> None:
    (one,) = again(rules(), decided(1, promised(BER=5, EAST=5), BER={"A": 1}))
    assert not one.moved
    assert one.before == one.after
    assert one.saved_minor == 0


def test_another_rule_sends_it_elsewhere_and_tells_what_that_costs() -> None:
    (one,) = again(rules(Rule(name="east", only=("EAST",))), decided(1, promised(BER=5, EAST=5), BER={"A": 1}))
    assert one.shares == {"EAST": {"A": 1}}
    assert one.saved_minor == 100


def test_what_is_taken_elsewhere_is_missing_there_and_still_lies_where_it_was_taken() -> None:
    east = rules(Rule(name="east", prefer=("EAST", "BER")))
    first = decided(1, promised(BER=1, EAST=1), BER={"A": 1})
    second = decided(2, promised(EAST=1), EAST={"A": 1})
    assert [one.shares for one in again(east, first, second)] == [{"EAST": {"A": 1}}, {"BER": {"A": 1}}]


def test_what_was_unroutable_may_be_routed_by_other_rules_and_the_other_way_round() -> None:
    stuck, fine = decided(1, promised(BER=1)), decided(2, promised(BER=5), BER={"A": 1})
    (freed, same) = again(rules(), stuck, fine)
    assert (freed.before, freed.shares, same.moved) == (None, {"BER": {"A": 1}}, False)
    (still, lost) = again(rules(Rule(name="east", only=("EAST",))), stuck, fine)
    assert (still.after, lost.after) == (None, None)
    assert "BER: east" in lost.reason


def test_a_location_that_is_in_no_file_any_more_is_passed_over_and_counted() -> None:
    past = [decided(1, promised(GONE=1), GONE={"A": 1}), decided(2, promised(BER=1), BER={"A": 1})]
    result = compare(rules(), past, lost=2, top=5)
    assert (result["decisions"], result["left_out"]) == (1, 3)


def test_a_comparison_adds_up_and_lists_first_what_changes_most() -> None:
    past = [
        decided(1, promised(BER=9, EAST=9), BER={"A": 1}),
        decided(2, promised(1, "A", 1, BER=9, EAST=9), promised(2, "B", 1, EAST=9), BER={"A": 1}, EAST={"B": 1}),
        decided(3, promised(EAST=9), EAST={"A": 1}),
        decided(4, promised(BER=9)),
    ]
    result = compare(rules(Rule(name="east", only=("EAST",))), past, lost=0, top=2)
    before, after = result["decided"], result["simulated"]
    assert (before["parcels"], before["splits"], before["unroutable"]) == (4, 1, 1)
    assert (after["parcels"], after["splits"], after["unroutable"]) == (3, 0, 1)
    assert before["handling_minor"] - after["handling_minor"] == 100 + 200
    assert before["cost_minor"] == before["freight_minor"] + before["handling_minor"]
    assert [change["order_id"] for change in result["changes"]] == ["web:2", "web:1"]
    assert result["changed"] == 2


@given(
    stock=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)).filter(
            lambda one: one[2] <= one[0] + one[1]
        ),
        max_size=12,
    )
)
def test_a_simulation_never_takes_what_neither_history_has_left(stock: list[tuple[int, int, int]]) -> None:
    """All pieces that a promise named or that history took less elsewhere: no location gives more than these."""
    past: list[Decided] = []
    for number, (ber, east, wanted) in enumerate(stock):
        shares: dict[str, Any] = {"BER": {"A": min(ber, wanted)}, "EAST": {"A": wanted - min(ber, wanted)}}
        shares = {name: given for name, given in shares.items() if given["A"]}
        past.append(decided(number, promised(1, "A", wanted, BER=ber, EAST=east), **shares))
    moved = {"BER": 0, "EAST": 0}
    for one in again(rules(Rule(name="east", prefer=("EAST", "BER"))), *past):
        free = {place.location_id: place.available for place in one.decided.promised[0].candidates}
        for name, count in moved.items():
            assert one.shares.get(name, {}).get("A", 0) <= max(0, free[name] + count)
        for name in moved:
            moved[name] += one.decided.shares.get(name, {}).get("A", 0) - one.shares.get(name, {}).get("A", 0)
