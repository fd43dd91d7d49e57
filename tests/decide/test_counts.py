"""Counts: planned, opened, submitted, approved or rejected."""

from typing import Any

import pytest

from crossdock_contracts.inventory import AdjustStockV1, CountStockV1, ReceiveStockV1, StockMovedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.stock import (
    ApproveCountV1,
    CountAppliedV1,
    CountedLine,
    CountOpenedV1,
    CountRejectedV1,
    CountVarianceFoundV1,
    PlanCountV1,
    PromiseTakenBackV1,
    RejectCountV1,
    SubmitCountV1,
)
from services.inventory.audits import MOVES, Count, CountDue, CountStatus
from services.inventory.decide import counts, stock
from tests.builders import NOW, captured, later, line
from tests.decide.shelves import WMS, Shelves, shelf
from tests.decide.test_moves import reachable


@pytest.fixture
def shelves() -> Shelves:
    """Ten pieces of A, a hundred of B, in Berlin."""
    return Shelves(shelf("A", BER=10), shelf("B", BER=100))


def plan(shelves: Shelves, *skus: str, name: str = "C1", location: str = "BER", **more: Any) -> None:
    command = PlanCountV1(owner="main", count_id=name, location_id=location, skus=skus or ("A",), **more)
    shelves.count(counts.plan, command)


def submit(shelves: Shelves, at: Any = None, now: Any = NOW, name: str = "C1", **found: int) -> None:
    lines = tuple(CountedLine(sku=sku, counted=pieces) for sku, pieces in found.items())
    shelves.count(counts.submit, SubmitCountV1(owner="main", count_id=name, lines=lines, counted_at=at), now)


def count(shelves: Shelves, name: str = "C1") -> Count:
    found: Count = shelves.get(Count, "main", name)
    return found


def on_hand(shelves: Shelves, sku: str = "A") -> int:
    return shelves.stock(sku).locations["BER"].on_hand


def refusals(shelves: Shelves) -> list[str]:
    return [event.reason for event in shelves.said(CommandRefusedV1)]


def test_a_planned_count_opens_when_it_is_due_and_not_before(shelves: Shelves) -> None:
    plan(shelves, due_at=later(hours=8))
    due = shelves.get(CountDue, "main", "C1")
    assert not shelves.take(counts.open_due, due, later(hours=7)).writes
    shelves.take(counts.open_due, due, later(hours=8))
    assert count(shelves).status is CountStatus.OPEN
    assert [event.skus for event in shelves.said(CountOpenedV1)] == [("A",)]
    assert not shelves.take(counts.open_due, due, later(hours=9)).writes


def test_what_is_within_tolerance_is_believed_at_once(shelves: Shelves) -> None:
    plan(shelves, "A", "B")
    submit(shelves, A=8, B=98)
    assert (on_hand(shelves, "A"), on_hand(shelves, "B")) == (8, 98)
    assert count(shelves).status is CountStatus.APPLIED
    assert [(e.sku, e.delta, e.reference) for e in shelves.said(StockMovedV1)] == [("A", -2, "C1"), ("B", -2, "C1")]


def test_what_is_beyond_tolerance_waits_until_somebody_approves_it(shelves: Shelves) -> None:
    plan(shelves, "A", "B")
    submit(shelves, A=4, B=99)
    assert (on_hand(shelves, "A"), on_hand(shelves, "B")) == (10, 99)
    (variance,) = shelves.said(CountVarianceFoundV1)
    assert [(one.sku, one.counted, one.expected) for one in variance.lines] == [("A", 4, 10)]
    assert variance.assigned_to == "stock-control"
    shelves.count(counts.approve, ApproveCountV1(owner="main", count_id="C1", approved_by="desk"))
    assert on_hand(shelves) == 4
    assert shelves.said(CountAppliedV1)[-1].approved_by == "desk"
    assert count(shelves).status is CountStatus.APPLIED


def test_a_rejected_count_leaves_stock_as_it_is_and_may_be_counted_anew(shelves: Shelves) -> None:
    plan(shelves)
    submit(shelves, A=4)
    shelves.count(counts.reject, RejectCountV1(owner="main", count_id="C1", note="counted the wrong bay"))
    assert on_hand(shelves) == 10
    assert [event.note for event in shelves.said(CountRejectedV1)] == ["counted the wrong bay"]
    plan(shelves, name="C2")
    submit(shelves, name="C2", A=9)
    assert on_hand(shelves) == 9


def test_a_disputed_line_may_be_counted_again(shelves: Shelves) -> None:
    plan(shelves)
    submit(shelves, A=4)
    submit(shelves, A=10)
    assert count(shelves).status is CountStatus.APPLIED
    assert on_hand(shelves) == 10


def test_what_moved_between_counting_and_submitting_is_taken_into_account(shelves: Shelves) -> None:
    plan(shelves)
    shelves.hear(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=7), later(minutes=30))
    submit(shelves, at=later(minutes=10), now=later(minutes=60), A=9)
    assert on_hand(shelves) == 16
    assert shelves.said(CountAppliedV1)[-1].lines[0].expected == 10


def test_what_moved_until_a_count_is_approved_is_taken_into_account(shelves: Shelves) -> None:
    plan(shelves)
    submit(shelves, at=later(minutes=10), now=later(minutes=10), A=2)
    out = AdjustStockV1(owner="main", sku="A", location_id="BER", delta=-1, reason="broken")
    shelves.hear(stock.adjust, out, later(minutes=20))
    shelves.count(counts.approve, ApproveCountV1(owner="main", count_id="C1"), later(minutes=30))
    assert on_hand(shelves) == 1


def test_a_sku_is_in_one_open_count_at_a_time_and_in_no_quick_one_meanwhile(shelves: Shelves) -> None:
    plan(shelves)
    plan(shelves, "A", "B", name="C2")
    assert [(one.sku, one.reason) for one in shelves.said(CountOpenedV1)[-1].skipped] == [("A", "being-counted")]
    quick = CountStockV1(owner="main", sku="A", location_id="BER", counted=3)
    shelves.hear(stock.count, quick)
    assert refusals(shelves) == ["being-counted"]
    submit(shelves, A=10)
    shelves.hear(stock.count, quick)
    assert on_hand(shelves) == 3


def test_what_was_counted_before_the_count_was_opened_has_to_be_counted_again(shelves: Shelves) -> None:
    plan(shelves)
    submit(shelves, at=later(hours=-1), A=9)
    assert [(one.sku, one.reason) for one in shelves.said(CountAppliedV1)[-1].skipped] == [("A", "too-long-ago")]
    assert count(shelves).status is CountStatus.OPEN
    assert on_hand(shelves) == 10


def test_a_count_below_what_is_promised_takes_promises_back(shelves: Shelves) -> None:
    shelves.order(captured(line(quantity=10)))
    plan(shelves)
    submit(shelves, A=8)
    assert [event.reason for event in shelves.said(PromiseTakenBackV1)] == ["counted"]
    assert shelves.promised("web:1") == (8, 2, 0)


def test_where_a_wms_is_master_nobody_else_counts(shelves: Shelves) -> None:
    plan(shelves, location=WMS)
    assert refusals(shelves) == ["not-the-master"]
    assert count(shelves) is None


def test_commands_about_counts_that_cannot_be_carried_out_say_why(shelves: Shelves) -> None:
    submit(shelves, A=1)
    plan(shelves)
    plan(shelves)  # the same again is no other
    plan(shelves, "B")
    submit(shelves, B=1)
    submit(shelves, at=later(hours=1), A=1)
    shelves.count(counts.approve, ApproveCountV1(owner="main", count_id="C1"))
    submit(shelves, A=10)
    shelves.count(counts.reject, RejectCountV1(owner="main", count_id="C1"))
    assert refusals(shelves) == [
        "no-such-count", "wrong-state", "not-asked-for", "from-the-future", "wrong-state", "wrong-state",
    ]  # fmt: skip
    assert shelves.said(CommandRefusedV1)[1].detail == "count C1 is open; choose another id"


def test_every_status_of_a_count_is_reachable_and_leads_to_an_end() -> None:
    assert list(MOVES) == list(CountStatus)
    assert reachable(MOVES, CountStatus.PLANNED) == set(CountStatus)
    ends = {CountStatus.APPLIED, CountStatus.REJECTED}
    assert {status for status, onward in MOVES.items() if not onward} == ends
    assert all(reachable(MOVES, status) & ends for status in MOVES)
