"""Cancelling at capture: refused, done here, or left to routing, and heard before its order."""

import pytest

from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRefusedV1,
    CancelRequestedV1,
    OrderCancelledV1,
    OrderCapturedV1,
    SubmissionIgnoredV1,
)
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.routing import CancelDecidedV1, OrderCompletedV1
from crossdock_contracts.values import FulfilledQuantity, LineQuantity
from services.capture.decide import cancel
from services.capture.state import OrderStatus
from tests.builders import NOW, order_input
from tests.builders import ingest as handed_in
from tests.decide.ledger import Ledger
from tests.decide.test_capture import ITEM, captured, record, taken_in


def ask(*lines: LineQuantity, **fields) -> CancelOrderV1:
    return CancelOrderV1(owner="main", order_id="web:1", lines=lines, **fields)


def test_a_held_order_is_cancelled_here():
    ledger = captured(total_minor=1500)
    ledger.take(cancel.cancel_order, ask(), NOW)
    (event,) = ledger.said(OrderCancelledV1)
    assert (event.decided_by, event.complete, event.amount_minor) == ("capture", True, 1500)
    ledger.take(cancel.cancel_order, ask(), NOW)
    assert ledger.said(CancelRefusedV1)[0].reason == "ended"


@pytest.mark.parametrize("fields", [{}, {"total_minor": 1500}])
def test_a_cancel_that_names_a_line_which_the_order_has_not_is_refused_whole(fields):
    ledger = captured(**fields)
    ledger.take(
        cancel.cancel_order, ask(LineQuantity(line_id="1", quantity=1), LineQuantity(line_id="7", quantity=2)), NOW
    )
    (refused,) = ledger.said(CancelRefusedV1)
    assert (refused.reason, "no line 7; its lines are 1" in refused.detail) == ("no-such-line", True)
    assert not [*ledger.said(CancelRequestedV1), *ledger.said(OrderCancelledV1)]


def test_an_order_that_was_let_go_is_cancelled_by_routings_leave():
    ledger = captured()
    ledger.take(cancel.cancel_order, ask(cancel_id="mine"), NOW)
    assert ledger.said(CancelRequestedV1)[0].cancel_id == "mine"
    assert not ledger.take(cancel.cancel_order, ask(cancel_id="mine"), NOW).events
    decided = CancelDecidedV1(
        owner="main", order_id="web:1", cancel_id="mine", decided_by="shipping",
        cancelled=(FulfilledQuantity(line_id="1", sku="A", quantity=1, value_minor=1000, fulfilment_id="web:1/1"),),
    )  # fmt: skip
    ledger.take(cancel.settle_cancel, decided, NOW)
    (event,) = ledger.said(OrderCancelledV1)
    assert (event.complete, event.amount_minor, event.lines[0].fulfilment_id) == (True, 1000, "web:1/1")
    assert not ledger.take(cancel.settle_cancel, decided, NOW).events


def test_a_cancel_that_came_too_late_is_refused_with_the_reason():
    ledger = captured()
    ledger.take(cancel.cancel_order, ask(), NOW)
    nothing = CancelDecidedV1(
        owner="main",
        order_id="web:1",
        cancel_id="cancel-1",
        cancelled=(),
        decided_by="shipping",
        detail="all of it has shipped",
    )
    ledger.take(cancel.settle_cancel, nothing, NOW)
    assert ledger.said(CancelRefusedV1)[0].detail == "all of it has shipped"


def test_an_order_whose_rest_shipped_ends_once_its_cancels_are_decided():
    ledger = captured()
    ledger.take(cancel.cancel_order, ask(), NOW)
    done = OrderCompletedV1(owner="main", order_id="web:1", shipped=1, cancelled=0, completed_at=NOW)
    ledger.take(cancel.complete, done, NOW)
    assert record(ledger).status is OrderStatus.OPEN
    nothing = CancelDecidedV1(owner="main", order_id="web:1", cancel_id="cancel-1", cancelled=(), decided_by="shipping")
    ledger.take(cancel.settle_cancel, nothing, NOW)
    assert record(ledger).status is OrderStatus.COMPLETED


def test_a_cancel_that_comes_before_its_order_waits_for_it():
    ledger = Ledger(ITEM)
    ledger.take(cancel.cancel_order, ask(), NOW)
    assert record(ledger).status is OrderStatus.EXPECTED
    taken_in(ledger, handed_in(order_input()))
    assert record(ledger).status is OrderStatus.CANCELLED
    assert ledger.said(SubmissionIgnoredV1)[0].reason == "cancelled-before-arrival"
    assert not ledger.said(OrderCapturedV1)


def test_a_partial_cancel_that_comes_first_is_asked_for_when_its_order_comes():
    ledger = Ledger(ITEM)
    ledger.take(cancel.cancel_order, ask(LineQuantity(line_id="1", quantity=1)), NOW)
    taken_in(ledger, handed_in(order_input("1", LineInput(line_id="1", sku="A", quantity=2, unit_price_minor=500))))
    assert len(ledger.said(OrderCapturedV1)) == 1
    assert ledger.said(CancelRequestedV1)[0].lines[0].quantity == 1
