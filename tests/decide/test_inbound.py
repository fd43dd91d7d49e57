"""Expected receipts, and the dates that waiting orders are promised by them."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.inbound import (
    BackorderDateChangedV1,
    BackorderDatesDueV1,
    BackorderPromisedV1,
    CloseReceiptV1,
    ExpectReceiptV1,
    ReceiptClosedV1,
    ReceiptExpectedV1,
    SlipReceiptV1,
)
from crossdock_contracts.inventory import ReceiveStockV1, StockBackorderedV1, StockFreedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.values import FulfilledQuantity
from services.hub.decision import Decision
from services.inventory.decide import dates, inbound, promise, stock
from services.inventory.state import Reservation, Stock
from services.inventory.state_inbound import Inbound
from tests.builders import NOW, captured, later, line
from tests.decide.ledger import Ledger

ABOUT = {"owner": "main", "sku": "A"}
APRIL, MAY, JUNE = later(days=30), later(days=60), later(days=90)


class Dock(Ledger):
    """What is expected of SKU A, and who waits for it."""

    def expects(self, quantity: int, at: datetime = APRIL, name: str = "PO-1", **fields: Any) -> Decision:
        message = ExpectReceiptV1(
            **ABOUT, receipt_id=name, location_id="BER", quantity=quantity, expected_at=at, **fields
        )
        return self._take(inbound.expect, message)

    def slips(self, at: datetime, name: str = "PO-1") -> Decision:
        return self._take(inbound.slip, SlipReceiptV1(**ABOUT, receipt_id=name, expected_at=at))

    def closes(self, name: str = "PO-1", reason: str = "cancelled") -> Decision:
        return self._take(inbound.close, CloseReceiptV1(**ABOUT, receipt_id=name, reason=reason))

    def receives(self, quantity: int, name: str = "PO-1") -> Decision:
        message = ReceiveStockV1(**ABOUT, location_id="BER", quantity=quantity, reference=name)
        return self._take(stock.receive, message)

    def orders(self, quantity: int = 1, number: int = 1, **fields: Any) -> Decision:
        message = captured(line(quantity=quantity), order_id=f"web:{number}", **fields)
        return self._take(promise.reserve, message)

    def cancels(self, quantity: int, number: int) -> Decision:
        message = OrderCancelledV1(
            owner="main", order_id=f"web:{number}", cancel_id="c", complete=False, amount_minor=0, reason="requested",
            lines=(FulfilledQuantity(line_id="1", quantity=quantity),), decided_by="routing", cancelled_at=NOW,
        )  # fmt: skip
        return self._take(promise.release_cancelled, message)

    def _take(self, decide: Any, message: Any) -> Decision:
        """Take a decision, and those that follow from what it says to inventory itself."""
        decision = self.take(decide, message, NOW)
        for event in decision.events:
            if isinstance(event, BackorderDatesDueV1):
                self._take(dates.redate, event)
            if isinstance(event, StockFreedV1):
                self._take(promise.fill_waiting, event)
        return decision

    def date(self, number: int) -> datetime | None:
        """The date that an order's line was promised."""
        found: datetime | None = self.get(Reservation, "main", f"web:{number}").lines[0].expected_at
        return found

    @property
    def expected(self) -> int:
        """Pieces that are expected: stock and what is inbound say the same."""
        found: Stock = self.get(Stock, "main", "A")
        receipts: Inbound = self.get(Inbound, "main", "A")
        assert found.expected == receipts.left
        return found.expected


def test_expected_pieces_are_not_promised_now():
    dock = Dock()
    dock.expects(5)
    dock.orders()
    assert dock.get(Stock, "main", "A").promisable == 0
    assert dock.said(StockBackorderedV1)[0].lines[0].backordered == 1


def test_a_waiting_line_is_promised_the_date_of_the_receipt_that_covers_the_last_of_it():
    dock = Dock()
    dock.expects(3, APRIL, "PO-1")
    dock.expects(3, MAY, "PO-2")
    for number, quantity in enumerate((2, 2, 3), start=1):
        dock.orders(quantity, number)

    told = [(e.order_id, e.quantity, e.expected_at, e.receipt_id) for e in dock.said(BackorderPromisedV1)]
    assert told == [("web:1", 2, APRIL, "PO-1"), ("web:2", 2, MAY, "PO-2")]
    assert dock.date(3) is None


def test_lines_that_wait_already_are_promised_as_soon_as_something_is_expected():
    dock = Dock()
    dock.orders(1, 1)
    dock.orders(1, 2, priority=1)
    assert dock.said(BackorderPromisedV1) == []
    dock.expects(1, APRIL)
    assert [e.order_id for e in dock.said(BackorderPromisedV1)] == ["web:2"]


def test_an_order_that_waits_for_what_nobody_expects_reads_no_receipts():
    dock = Dock()
    states = dock.states
    promise.reserve(states, captured(line()), NOW)
    assert not [subject for subject in states.read if ".inbound." in subject]


def test_a_receipt_that_slips_tells_each_order_that_it_covers():
    dock = Dock()
    dock.expects(2, APRIL, "PO-1")
    dock.expects(2, MAY, "PO-2")
    for number in (1, 2, 3):
        dock.orders(1, number)
    dock.slips(JUNE)

    changes = [(e.order_id, e.was_expected_at, e.expected_at, e.reason) for e in dock.said(BackorderDateChangedV1)]
    assert changes == [
        ("web:1", APRIL, MAY, "slipped"),
        ("web:2", APRIL, MAY, "slipped"),
        ("web:3", MAY, JUNE, "slipped"),
    ]
    assert (dock.said(ReceiptExpectedV1)[-1].was_expected_at, dock.said(ReceiptExpectedV1)[-1].expected_at) == (
        APRIL,
        JUNE,
    )
    dock.slips(JUNE)
    assert len(dock.said(BackorderDateChangedV1)) == 3


def test_a_cancelled_receipt_takes_its_dates_back():
    dock = Dock()
    dock.expects(1)
    dock.orders(1, 1)
    dock.closes()

    (change,) = dock.said(BackorderDateChangedV1)
    assert (change.expected_at, change.receipt_id, dock.expected) == (None, "", 0)
    assert (dock.said(ReceiptClosedV1)[0].short, dock.said(ReceiptClosedV1)[0].reason) == (1, "cancelled")


def test_goods_that_arrive_in_part_leave_the_rest_expected_and_the_dates_as_they_were():
    dock = Dock()
    dock.expects(5)
    for number in (1, 2):
        dock.orders(2, number)
    dock.receives(3)

    assert (dock.expected, dock.get(Stock, "main", "A").reserved) == (2, 3)
    assert dock.said(BackorderDateChangedV1) == []
    assert (dock.date(1), dock.date(2)) == (None, APRIL)  # the first has its pieces
    dock.receives(2)
    assert (dock.expected, dock.said(ReceiptClosedV1)[0].reason) == (0, "complete")


def test_what_comes_over_is_recorded_and_what_stays_short_is_closed():
    dock = Dock()
    dock.expects(2, name="PO-1")
    dock.receives(3, "PO-1")
    dock.expects(4, name="PO-2")
    dock.receives(1, "PO-2")
    dock.closes("PO-2", "short")

    over, short = dock.said(ReceiptClosedV1)
    assert (over.over, over.short, short.over, short.short, short.received) == (1, 0, 0, 3, 1)
    assert (dock.expected, dock.get(Stock, "main", "A").promisable) == (0, 4)


def test_goods_that_nobody_expected_move_waiting_lines_to_earlier_receipts():
    dock = Dock()
    dock.expects(1, APRIL, "PO-1")
    dock.expects(1, MAY, "PO-2")
    dock.orders(1, 1)
    dock.orders(1, 2)
    dock.receives(1, "found in a corner")

    (change,) = dock.said(BackorderDateChangedV1)
    assert (change.order_id, change.expected_at, change.reason) == ("web:2", APRIL, "received")


def test_an_urgent_order_is_promised_first_and_those_behind_it_are_told():
    dock = Dock()
    dock.expects(1, APRIL, "PO-1")
    dock.expects(1, MAY, "PO-2")
    dock.orders(1, 1)
    dock.orders(1, 2, priority=1)

    assert (dock.date(2), dock.date(1)) == (APRIL, MAY)
    assert [(e.order_id, e.reason) for e in dock.said(BackorderDateChangedV1)] == [("web:1", "overtaken")]


def test_many_waiting_lines_are_dated_a_slice_at_a_time():
    dock = Dock()
    for number in range(dates.SLICE + 20):
        dock.orders(1, number, placed_at=later(minutes=number))
    dock.expects(dates.SLICE + 10)

    promised = dock.said(BackorderPromisedV1)
    assert [e.order_id for e in promised] == [f"web:{n}" for n in range(dates.SLICE + 10)]
    assert len(dock.said(BackorderDatesDueV1)) == 2
    before = len(dock.events)
    dock.take(dates.redate, dock.said(BackorderDatesDueV1)[0], NOW)
    assert [e.NAME for e in dock.events[before:]] == ["backorder-dates-due"]  # it came twice, and nobody is told twice


def test_the_same_receipt_again_changes_it_and_one_that_is_closed_stays_closed():
    dock = Dock()
    dock.expects(5, supplier="Supplier 1")
    assert dock.expects(5, supplier="Supplier 1").events == []
    dock.expects(3)
    assert (dock.expected, dock.said(ReceiptExpectedV1)[-1].supplier) == (3, "Supplier 1")
    dock.receives(3)
    dock.expects(3)
    assert (dock.expected, dock.said(CommandRefusedV1)[-1].reason) == (0, "receipt-closed")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (lambda dock: dock.slips(MAY, "PO-9"), "no-such-receipt"),
        (lambda dock: dock.closes("PO-9"), "no-such-receipt"),
        (lambda dock: (dock.receives(3), dock.expects(2)), "received-already"),
        (lambda dock: [dock.expects(1, name=f"PO-{n}") for n in range(inbound.MOST_RECEIPTS + 1)], "too-many-receipts"),
    ],
)
def test_a_command_about_receipts_that_cannot_be_carried_out_says_why(command, reason):
    dock = Dock()
    dock.expects(5)
    command(dock)
    assert dock.said(CommandRefusedV1)[-1].reason == reason


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("orders"), st.integers(1, 3), st.sampled_from((2, 5, 7))),
        st.tuples(st.just("expects"), st.integers(1, 6), st.sampled_from((APRIL, MAY, JUNE))),
        st.tuples(st.just("slips"), st.integers(0, 3), st.sampled_from((APRIL, MAY, JUNE))),
        st.tuples(st.just("closes"), st.integers(0, 3)),
        st.tuples(st.just("receives"), st.integers(1, 5), st.integers(0, 3)),
        st.tuples(st.just("cancels"), st.integers(1, 3), st.integers(0, 5)),
    ),
    max_size=25,
)


def played(steps: list[Any]) -> Dock:
    """A dock after all of this happened."""
    dock = Dock()
    orders = receipts = 0
    for what, first, *rest in steps:
        if what == "orders":
            orders += 1
            dock.orders(first, orders, priority=rest[0], placed_at=later(minutes=orders))
        elif what == "expects":
            receipts += 1
            dock.expects(first, rest[0], f"PO-{receipts}")
        elif what == "receives":
            dock.receives(first, f"PO-{rest[0]}")
        elif what == "cancels" and rest[0] in range(1, orders + 1):
            dock.cancels(first, rest[0])
        elif what in ("slips", "closes"):
            getattr(dock, what)(*(rest or ()), name=f"PO-{first}")
    return dock


@given(STEPS)
def test_after_a_run_every_date_is_that_of_the_receipt_which_covers_the_line_in_waiting_order(steps):
    dock = played(steps)
    dock._take(dates.redate, BackorderDatesDueV1(**ABOUT, reason="checked"))
    open_ = [r for r in dock.documents.values() if isinstance(r, Reservation) and r.lines and r.lines[0].backordered]
    open_.sort(key=lambda r: (r.priority, r.placed_at))
    expected = dock.get(Inbound, "main", "A") or Inbound(sku="A")
    pieces = [receipt.expected_at for receipt in expected.in_order() for _ in range(receipt.left)]
    ahead = 0
    for reservation in open_:
        ahead += reservation.lines[0].backordered
        assert reservation.lines[0].expected_at == (pieces[ahead - 1] if ahead <= len(pieces) else None)


@given(STEPS)
def test_every_date_has_been_told_and_each_change_names_the_one_before(steps):
    dock = played(steps)
    told: dict[str, Any] = {}
    for event in dock.events:
        if isinstance(event, BackorderDateChangedV1):
            assert event.was_expected_at == told[event.order_id]
        if isinstance(event, BackorderPromisedV1 | BackorderDateChangedV1):
            told[event.order_id] = event.expected_at
    waiting = [r for r in dock.documents.values() if isinstance(r, Reservation) and r.lines and r.lines[0].backordered]
    assert {r.order_id: r.lines[0].expected_at for r in waiting} == {r.order_id: told.get(r.order_id) for r in waiting}
