"""What a cancel gives back of what was promised, bound or waited for, whenever it is heard."""

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.inventory import (
    ReservationReleasedV1,
    StockReservedV1,
)
from crossdock_contracts.values import FulfilledQuantity
from services.inventory.decide import bind, promise, release
from services.inventory.state import (
    Stock,
)
from tests.builders import NOW, captured, fulfilment, line
from tests.decide.ledger import Ledger
from tests.decide.test_inventory import routed, shelf, waits


def cancelled(*lines: FulfilledQuantity, complete: bool = True) -> OrderCancelledV1:
    return OrderCancelledV1(
        owner="main",
        order_id="web:1",
        cancel_id="cancel-1",
        lines=lines or (FulfilledQuantity(line_id="1", quantity=1),),
        complete=complete,
        amount_minor=1000,
        reason="requested",
        decided_by="capture",
        cancelled_at=NOW,
    )


def test_a_cancel_gives_promised_pieces_back():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line(quantity=3)), NOW)
    some = cancelled(FulfilledQuantity(line_id="1", quantity=2), complete=False)
    ledger.take(release.release_cancelled, some, NOW)
    assert ledger.get(Stock, "main", "A").reserved == 1
    assert not ledger.take(release.release_cancelled, some, NOW).writes


def test_a_cancel_of_bound_pieces_frees_them_at_their_location():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(), NOW)
    ledger.take(bind.allocate, routed(fulfilment()), NOW)
    bound = FulfilledQuantity(line_id="1", quantity=1, fulfilment_id="web:1/1")
    ledger.take(release.release_cancelled, cancelled(bound), NOW)
    found = ledger.get(Stock, "main", "A")
    assert (found.locations["BER"].allocated, found.promisable) == (0, 5)


def test_a_cancel_that_comes_before_its_order_leaves_nothing_to_promise():
    ledger = Ledger(shelf(BER=5))
    ledger.take(release.release_cancelled, cancelled(), NOW)
    assert not ledger.take(promise.reserve, captured(), NOW).writes


def test_a_partial_cancel_that_comes_before_its_order_is_taken_off():
    ledger = Ledger(shelf(BER=5))
    some = cancelled(FulfilledQuantity(line_id="1", quantity=2), complete=False)
    ledger.take(release.release_cancelled, some, NOW)
    ledger.take(promise.reserve, captured(line(quantity=3)), NOW)
    assert ledger.get(Stock, "main", "A").reserved == 1


def test_a_cancelled_waiting_line_does_not_wait_any_more():
    ledger = Ledger(shelf(BER=0))
    ledger.take(promise.reserve, captured(), NOW)
    ledger.take(release.release_cancelled, cancelled(), NOW)
    assert waits(ledger, "web:1", priority=5) is None
    assert ledger.get(Stock, "main", "A").waiting == 0


def test_once_what_is_waited_for_is_cancelled_the_rest_is_promised_anew():
    ledger = Ledger(shelf(BER=2))
    ledger.take(promise.reserve, captured(line(quantity=3)), NOW)
    some = cancelled(FulfilledQuantity(line_id="1", quantity=1), complete=False)
    ledger.take(release.release_cancelled, some, NOW)
    (promised,) = ledger.said(StockReservedV1)
    assert (promised.generation, promised.lines[0].quantity) == (2, 2)


def test_a_rejected_order_gives_everything_back():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line(1, quantity=2), line(2, quantity=1)), NOW)
    rejected = OrderRejectedV1(owner="main", order_id="web:1", reason="fraud", lines=(), rejected_at=NOW)
    ledger.take(release.release_rejected, rejected, NOW)
    assert ledger.get(Stock, "main", "A").promisable == 5
    assert len(ledger.said(ReservationReleasedV1)) == 1
