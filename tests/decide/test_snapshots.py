"""What the WMS of a location says it has."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.inventory import CountStockV1, ReceiveStockV1, StockMovedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.stock import (
    BoundStockMissingV1,
    PromiseTakenBackV1,
    SnapshotAppliedV1,
    SnapshotLine,
    SnapshotStockV1,
    SnapshotSweptV1,
)
from crossdock_contracts.values import Money
from services.inventory.audits import Shortfall, ShortfallDue, ShortfallStatus
from services.inventory.decide import bind, shortage, snapshot, stock
from tests.builders import NOW, captured, later, line
from tests.decide.shelves import WMS, Shelves, shelf


def says(
    shelves: Shelves, as_of: datetime = NOW, now: datetime | None = None, name: str = "S1", **more: Any
) -> SnapshotStockV1:
    lines = more.pop("lines", None) or {}
    command = SnapshotStockV1(
        **{"owner": "main", "location_id": WMS, "snapshot_id": name, "as_of": as_of,
           "lines": tuple(SnapshotLine(sku=sku, on_hand=pieces) for sku, pieces in lines.items()), **more}
    )  # fmt: skip
    shelves.hear(partial(snapshot.snapshot, shelves.rules), command, now or later(hours=1))
    return command


def on_hand(shelves: Shelves, sku: str = "A") -> int:
    return shelves.stock(sku).locations[WMS].on_hand


def arrives(shelves: Shelves, pieces: int, at: datetime, sku: str = "A") -> None:
    receipt = ReceiveStockV1(owner="main", sku=sku, location_id=WMS, quantity=pieces)
    shelves.hear(partial(stock.receive, rules=shelves.rules), receipt, at)


def leaves(shelves: Shelves, order_id: str, quantity: int, at: datetime, heard: datetime | None = None) -> None:
    message = ShipmentShippedV2(
        owner="main", order_id=order_id, fulfilment_id=f"{order_id}/1", location_id=WMS,
        lines=(ShippedLine(line_id="1", sku="A", quantity=quantity),),
        parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
        value=Money(amount_minor=1, currency="EUR"), shipped_at=at,
    )  # fmt: skip
    shelves.hear(partial(bind.deduct, rules=shelves.rules), message, heard or at)


def bound(shelves: Shelves, order_id: str, quantity: int) -> None:
    shelves.order(captured(line(quantity=quantity), order_id=order_id))
    shelves.bind(order_id, WMS)


def test_what_a_wms_says_is_what_is_there_and_the_ledger_tells_the_difference() -> None:
    shelves = Shelves(shelf(WMS=10))
    says(shelves, lines={"A": 7})
    (entry,) = shelves.said(StockMovedV1)
    assert (entry.kind, entry.delta, entry.on_hand, entry.reason, entry.reference) == (
        "counted", -3, 7, "snapshot", "S1",
    )  # fmt: skip
    (applied,) = shelves.said(SnapshotAppliedV1)
    assert (applied.applied, applied.changed) == (1, 1)


def test_what_came_and_went_after_the_moment_of_a_snapshot_is_added_to_it() -> None:
    shelves = Shelves()
    arrives(shelves, 10, later(minutes=-60))
    bound(shelves, "web:1", 4)
    leaves(shelves, "web:1", 4, later(minutes=10))
    arrives(shelves, 5, later(minutes=20))
    says(shelves, as_of=NOW, lines={"A": 9})
    assert on_hand(shelves) == 10  # nine were there, four left and five came


def test_what_had_left_before_and_is_confirmed_later_is_not_taken_off_twice() -> None:
    shelves = Shelves(shelf(WMS=10))
    bound(shelves, "web:1", 4)
    says(shelves, as_of=NOW, lines={"A": 6})
    leaves(shelves, "web:1", 4, at=later(minutes=-5), heard=later(hours=2))
    place = shelves.stock().locations[WMS]
    assert (place.on_hand, place.allocated) == (6, 0)


def test_picked_pieces_that_have_not_left_are_there() -> None:
    shelves = Shelves(shelf(WMS=10))
    bound(shelves, "web:1", 4)
    command = says(shelves, lines={})
    assert on_hand(shelves) == 10
    more = command.model_copy(
        update={"snapshot_id": "S2", "sequence": 2, "lines": (SnapshotLine(sku="A", on_hand=6, picked=4),)}
    )
    shelves.hear(partial(snapshot.snapshot, shelves.rules), more, later(hours=1))
    assert on_hand(shelves) == 10
    leaves(shelves, "web:1", 4, at=later(hours=1))
    assert on_hand(shelves) == 6


@pytest.mark.parametrize(
    ("as_of", "sequence", "refused"),
    [(later(minutes=-1), 9, "stale"), (NOW, 1, "stale"), (NOW, 2, ""), (later(minutes=1), 0, "")],
)
def test_a_stale_snapshot_is_refused(as_of: datetime, sequence: int, refused: str) -> None:
    shelves = Shelves(shelf(WMS=10))
    says(shelves, sequence=1, lines={"A": 8})
    says(shelves, as_of=as_of, sequence=sequence, name="S2", lines={"A": 5})
    assert [event.reason for event in shelves.said(CommandRefusedV1)] == ([refused] if refused else [])
    assert on_hand(shelves) == (8 if refused else 5)


def test_a_partial_snapshot_says_nothing_of_what_it_does_not_mention() -> None:
    shelves = Shelves(shelf("A", WMS=10), shelf("B", WMS=5))
    says(shelves, lines={"A": 9})
    assert (on_hand(shelves, "A"), on_hand(shelves, "B")) == (9, 5)
    assert shelves.said(SnapshotSweptV1) == []


def test_a_complete_snapshot_zeroes_what_it_does_not_mention_once_all_its_parts_are_in(monkeypatch: Any) -> None:
    monkeypatch.setattr(snapshot, "PAGE", 2)
    shelves = Shelves(*(shelf(sku, WMS=10, BER=3) for sku in "ABCDE"))
    says(shelves, complete=True, part=2, part_count=2, lines={"B": 7})
    assert on_hand(shelves, "C") == 10
    says(shelves, complete=True, part=1, part_count=2, lines={"A": 8})
    assert [on_hand(shelves, sku) for sku in "ABCDE"] == [8, 7, 0, 0, 0]
    assert all(shelves.stock(sku).locations["BER"].on_hand == 3 for sku in "ABCDE")
    assert (shelves.said(SnapshotSweptV1)[-1].done, shelves.said(SnapshotSweptV1)[-1].zeroed) == (True, 3)


def test_what_came_after_a_complete_snapshot_is_not_zeroed() -> None:
    shelves = Shelves(shelf("A", WMS=1))
    arrives(shelves, 6, later(minutes=5), sku="NEW")
    says(shelves, complete=True, lines={"A": 1})
    assert on_hand(shelves, "NEW") == 6


def test_a_snapshot_that_comes_twice_is_believed_once() -> None:
    shelves = Shelves(shelf(WMS=10))
    command = says(shelves, lines={"A": 7})
    arrives(shelves, 1, later(hours=2))
    again = shelves.take(partial(snapshot.snapshot, shelves.rules), command, later(hours=3))
    assert not again.writes
    assert not again.events


def test_where_the_hub_is_master_snapshots_are_refused_and_where_a_wms_is_counts_are() -> None:
    shelves = Shelves(shelf(BER=10, WMS=10))
    says(shelves, location_id="BER", lines={"A": 7})
    count = CountStockV1(owner="main", sku="A", location_id=WMS, counted=3)
    shelves.hear(partial(stock.count, rules=shelves.rules), count)
    assert [event.reason for event in shelves.said(CommandRefusedV1)] == ["not-the-master"] * 2
    assert "count there, or set its stock_master to wms" in shelves.said(CommandRefusedV1)[0].detail
    assert "it counts, and sends snapshots" in shelves.said(CommandRefusedV1)[1].detail


def test_a_snapshot_below_what_is_promised_takes_promises_back_only_after_its_grace() -> None:
    shelves = Shelves(shelf(WMS=5))
    shelves.order(captured(line(quantity=5)))
    says(shelves, lines={"A": 3})
    assert shelves.said(PromiseTakenBackV1) == []
    due = shelves.get(ShortfallDue, "main", "A")
    assert shelves.get(Shortfall, "main", "A").status is ShortfallStatus.WAITING
    shelves.hear(shortage.begin_due, due, due.due_at)
    assert [event.lines[0].quantity for event in shelves.said(PromiseTakenBackV1)] == [2]
    assert shelves.promised("web:1") == (3, 2, 0)


def test_what_is_bound_where_a_wms_is_master_waits_for_its_short_pick() -> None:
    shelves = Shelves(shelf(WMS=5))
    bound(shelves, "web:1", 5)
    says(shelves, lines={"A": 3})
    due = shelves.get(ShortfallDue, "main", "A")
    shelves.hear(shortage.begin_due, due, due.due_at)
    assert shelves.said(BoundStockMissingV1) == []
    assert shelves.promised("web:1") == (0, 0, 5)


def test_movements_that_are_too_many_to_tell_apart_make_an_old_snapshot_skip_the_sku() -> None:
    shelves = Shelves()
    for minute in range(600):
        arrives(shelves, 1, later(minutes=minute))
    says(shelves, as_of=later(minutes=10), now=later(minutes=700), lines={"A": 11})
    (applied,) = shelves.said(SnapshotAppliedV1)
    assert [(one.sku, one.reason) for one in applied.skipped] == [("A", "too-long-ago")]
    says(shelves, as_of=later(minutes=590), now=later(minutes=700), name="S2", lines={"A": 591})
    assert on_hand(shelves) == 600


MOVES = st.lists(st.tuples(st.integers(0, 59), st.booleans()), max_size=12)
"""Minute of a movement, and whether a piece comes; otherwise one leaves."""


@given(moves=MOVES, as_of=st.integers(0, 59), lost=st.integers(-3, 3), delay=st.integers(0, 30))
def test_whenever_a_snapshot_comes_and_however_late_shipments_are_confirmed_the_truth_comes_out(
    moves: list[Any], as_of: int, lost: int, delay: int
) -> None:
    """The truth: 20 pieces, less those lost from the start, and every movement when it happened."""
    shelves = Shelves()
    arrives(shelves, 20, later(minutes=-1))
    happened: list[tuple[int, int]] = []
    heard: list[tuple[int, int, str]] = []
    for number, (minute, comes) in enumerate(moves):
        happened.append((minute, 1 if comes else -1))
        heard.append((minute if comes else minute + delay, minute, "" if comes else f"web:{number}"))
        if not comes:
            bound(shelves, f"web:{number}", 1)
    told_at = as_of + 15
    there = 20 - lost + sum(delta for minute, delta in happened if minute <= as_of)
    said = False
    for at, minute, order_id in sorted(heard):
        if at > told_at and not said:
            says(shelves, as_of=later(minutes=as_of), now=later(minutes=told_at), lines={"A": there})
            said = True
        if order_id:
            leaves(shelves, order_id, 1, at=later(minutes=minute), heard=later(minutes=at))
        else:
            arrives(shelves, 1, later(minutes=at))
    if not said:
        says(shelves, as_of=later(minutes=as_of), now=NOW + timedelta(days=1), lines={"A": there})
    assert on_hand(shelves) == 20 - lost + sum(delta for _, delta in happened)
