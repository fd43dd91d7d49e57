"""Expected receipts, and the dates that waiting orders are promised by them."""

import pytest

from crossdock_contracts.inbound import (
    BackorderDateChangedV1,
    BackorderDatesDueV1,
    BackorderPromisedV1,
    ReceiptClosedV1,
    ReceiptExpectedV1,
)
from crossdock_contracts.inventory import StockBackorderedV1
from crossdock_contracts.operations import CommandRefusedV1
from services.inventory.decide import dates, inbound, promise
from services.inventory.state import Stock
from tests.builders import NOW, captured, later, line
from tests.decide.quay import APRIL, JUNE, MAY, Quay


def test_expected_pieces_are_not_promised_now():
    dock = Quay()
    dock.expects(5)
    dock.orders()
    assert dock.get(Stock, "main", "A").promisable == 0
    assert dock.said(StockBackorderedV1)[0].lines[0].backordered == 1


def test_a_waiting_line_is_promised_the_date_of_the_receipt_that_covers_the_last_of_it():
    dock = Quay()
    dock.expects(3, APRIL, "PO-1")
    dock.expects(3, MAY, "PO-2")
    for number, quantity in enumerate((2, 2, 3), start=1):
        dock.orders(quantity, number)

    told = [(e.order_id, e.quantity, e.expected_at, e.receipt_id) for e in dock.said(BackorderPromisedV1)]
    assert told == [("web:1", 2, APRIL, "PO-1"), ("web:2", 2, MAY, "PO-2")]
    assert dock.date(3) is None


def test_lines_that_wait_already_are_promised_as_soon_as_something_is_expected():
    dock = Quay()
    dock.orders(1, 1)
    dock.orders(1, 2, priority=1)
    assert dock.said(BackorderPromisedV1) == []
    dock.expects(1, APRIL)
    assert [e.order_id for e in dock.said(BackorderPromisedV1)] == ["web:2"]


def test_an_order_that_waits_for_what_nobody_expects_reads_no_receipts():
    dock = Quay()
    states = dock.states
    promise.reserve(states, captured(line()), NOW)
    assert not [subject for subject in states.read if ".inbound." in subject]


def test_a_receipt_that_slips_tells_each_order_that_it_covers():
    dock = Quay()
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
    dock = Quay()
    dock.expects(1)
    dock.orders(1, 1)
    dock.closes()

    (change,) = dock.said(BackorderDateChangedV1)
    assert (change.expected_at, change.receipt_id, dock.expected) == (None, "", 0)
    assert (dock.said(ReceiptClosedV1)[0].short, dock.said(ReceiptClosedV1)[0].reason) == (1, "cancelled")


def test_goods_that_arrive_in_part_leave_the_rest_expected_and_the_dates_as_they_were():
    dock = Quay()
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
    dock = Quay()
    dock.expects(2, name="PO-1")
    dock.receives(3, "PO-1")
    dock.expects(4, name="PO-2")
    dock.receives(1, "PO-2")
    dock.closes("PO-2", "short")

    over, short = dock.said(ReceiptClosedV1)
    assert (over.over, over.short, short.over, short.short, short.received) == (1, 0, 0, 3, 1)
    assert (dock.expected, dock.get(Stock, "main", "A").promisable) == (0, 4)


def test_goods_that_nobody_expected_move_waiting_lines_to_earlier_receipts():
    dock = Quay()
    dock.expects(1, APRIL, "PO-1")
    dock.expects(1, MAY, "PO-2")
    dock.orders(1, 1)
    dock.orders(1, 2)
    dock.receives(1, "found in a corner")

    (change,) = dock.said(BackorderDateChangedV1)
    assert (change.order_id, change.expected_at, change.reason) == ("web:2", APRIL, "received")


def test_an_urgent_order_is_promised_first_and_those_behind_it_are_told():
    dock = Quay()
    dock.expects(1, APRIL, "PO-1")
    dock.expects(1, MAY, "PO-2")
    dock.orders(1, 1)
    dock.orders(1, 2, priority=1)

    assert (dock.date(2), dock.date(1)) == (APRIL, MAY)
    assert [(e.order_id, e.reason) for e in dock.said(BackorderDateChangedV1)] == [("web:1", "overtaken")]


def test_many_waiting_lines_are_dated_a_slice_at_a_time():
    dock = Quay()
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
    dock = Quay()
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
    dock = Quay()
    dock.expects(5)
    command(dock)
    assert dock.said(CommandRefusedV1)[-1].reason == reason
