"""What a cancel finds: an order that waits, goods that are on their way, or nothing any more."""

from functools import partial

from crossdock_contracts.capture import CancelRequestedV1, OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.inventory import AllocationRefusedV1
from crossdock_contracts.routing import (
    CancelDecidedV1,
    FulfilmentStopRequestedV1,
    OrderCompletedV1,
    OrderRoutedV1,
)
from crossdock_contracts.shipping import (
    FulfilmentStoppedV1,
)
from crossdock_contracts.values import FulfilledQuantity, LineQuantity
from services.routing.decide import route, stop
from services.routing.state import RouteStatus
from tests.builders import NOW, authorised, captured, hold, line, promised, reserved
from tests.decide.ledger import Ledger
from tests.decide.test_routing import RULES, ready, shipped, the_route


def cancel(*lines: LineQuantity) -> CancelRequestedV1:
    return CancelRequestedV1(owner="main", order_id="web:1", cancel_id="cancel-1", lines=lines, reason="requested")


def stopped(quantity: int = 1, *, gone: int = 0, fulfilment_id: str = "web:1/1") -> FulfilmentStoppedV1:
    return FulfilmentStoppedV1(
        owner="main", order_id="web:1", cancel_id="cancel-1", fulfilment_id=fulfilment_id,
        stopped=(LineQuantity(line_id="1", quantity=quantity),) if quantity else (),
        unstoppable=(LineQuantity(line_id="1", quantity=gone),) if gone else (),
    )  # fmt: skip


def test_what_is_not_routed_yet_is_cancelled_here():
    ledger = Ledger()
    ledger.take(partial(route.know_order, RULES), captured(line(quantity=2, price=500)), NOW)
    ledger.take(partial(stop.cancel_requested, RULES), cancel(), NOW)
    (decided,) = ledger.said(CancelDecidedV1)
    assert (decided.decided_by, decided.cancelled[0].quantity, decided.cancelled[0].value_minor) == ("routing", 2, 1000)
    assert the_route(ledger).status is RouteStatus.WAITING or the_route(ledger).status is RouteStatus.ENDED
    ledger.take(partial(route.know_payment, RULES), authorised(), NOW)
    ledger.take(partial(route.know_promise, RULES), reserved(), NOW)
    assert not ledger.said(OrderRoutedV1)


def test_a_cancel_that_is_heard_before_its_order_waits_for_it():
    assert Ledger().take(partial(stop.cancel_requested, RULES), cancel(), NOW).later is not None


def test_what_is_routed_is_cancelled_only_by_shippings_leave():
    ledger = ready()
    ledger.take(partial(stop.cancel_requested, RULES), cancel(), NOW)
    (asked,) = ledger.said(FulfilmentStopRequestedV1)
    assert (asked.fulfilment_id, asked.lines[0].quantity) == ("web:1/1", 1)
    assert not ledger.said(CancelDecidedV1)
    ledger.take(partial(stop.stopped, RULES), stopped(), NOW)
    (decided,) = ledger.said(CancelDecidedV1)
    assert (decided.decided_by, decided.cancelled[0].fulfilment_id) == ("shipping", "web:1/1")
    assert not ledger.take(partial(stop.stopped, RULES), stopped(), NOW).events
    assert not ledger.take(partial(stop.cancel_requested, RULES), cancel(), NOW).events


def test_shipped_beats_cancelled():
    ledger = ready()
    ledger.take(partial(stop.cancel_requested, RULES), cancel(), NOW)
    ledger.take(route.know_shipped, shipped(), NOW)
    assert not ledger.said(OrderCompletedV1)
    ledger.take(partial(stop.stopped, RULES), stopped(0, gone=1), NOW)
    (decided,) = ledger.said(CancelDecidedV1)
    assert (decided.cancelled, decided.kept[0].quantity) == ((), 1)
    assert len(ledger.said(OrderCompletedV1)) == 1


def test_an_order_can_end_partly_cancelled_and_its_money_adds_up():
    ledger = ready(line(quantity=3, price=333), promises=[promised(1, "A", 3, BER=3)])
    ledger.take(partial(stop.cancel_requested, RULES), cancel(LineQuantity(line_id="1", quantity=1)), NOW)
    ledger.take(partial(stop.stopped, RULES), stopped(1), NOW)
    (decided,) = ledger.said(CancelDecidedV1)
    assert decided.cancelled[0].value_minor == 333
    ledger.take(route.know_shipped, shipped(quantity=2), NOW)
    (complete,) = ledger.said(OrderCompletedV1)
    assert (complete.shipped, complete.cancelled) == (2, 1)


def test_a_refused_allocation_answers_a_cancel_that_waits_for_it():
    ledger = ready()
    ledger.take(partial(stop.cancel_requested, RULES), cancel(), NOW)
    refusal = AllocationRefusedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER", lines=(promised(ROT=5),),
        reason="stock-gone", refused_at=NOW,
    )  # fmt: skip
    ledger.take(partial(route.place_again, RULES), refusal, NOW)
    assert len(ledger.said(CancelDecidedV1)) == 1
    assert len(ledger.said(OrderRoutedV1)) == 1
    assert not ledger.take(partial(stop.stopped, RULES), stopped(), NOW).events


def test_what_capture_cancels_of_a_held_order_is_not_placed():
    ledger = Ledger()
    ledger.take(partial(route.know_order, RULES), captured(line(quantity=3), holds=(hold(),)), NOW)
    some = OrderCancelledV1(
        owner="main", order_id="web:1", cancel_id="c", lines=(FulfilledQuantity(line_id="1", quantity=1),),
        complete=False, amount_minor=1000, reason="requested", decided_by="capture", cancelled_at=NOW,
    )  # fmt: skip
    ledger.take(partial(stop.know_cancelled, RULES), some, NOW)
    assert the_route(ledger).unplaced[0].quantity == 2
    early = Ledger()
    early.take(partial(stop.know_cancelled, RULES), some, NOW)
    early.take(partial(route.know_order, RULES), captured(line(quantity=3)), NOW)
    assert the_route(early).unplaced[0].quantity == 2


def test_a_rejected_order_is_never_routed():
    ledger = Ledger()
    rejected = OrderRejectedV1(owner="main", order_id="web:1", reason="fraud", lines=(), rejected_at=NOW)
    ledger.take(stop.know_rejected, rejected, NOW)
    ledger.take(partial(route.know_order, RULES), captured(), NOW)
    assert the_route(ledger).order is None
