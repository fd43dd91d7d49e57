"""Promises that have lapsed: what becomes of them when the order is routed, released or cancelled."""

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.inventory import AllocationRefusedV1, StockAllocatedV1, StockReservedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import FulfilledQuantity
from services.inventory.decide import bind, promise, release
from services.inventory.state import LocationStock, Reservation, ReservationExpiry, ReservationStatus, Stock
from tests.builders import NOW, captured, fulfilment, fulfilment_line, later, line, order, released
from tests.decide.ledger import Ledger

ENDS = later(hours=1)
LINE = line(quantity=2)


def lapsed() -> Ledger:
    """Inventory when the promise of two pieces has lapsed."""
    ledger = Ledger(Stock(sku="A", locations={"BER": LocationStock(on_hand=5)}))
    ledger.take(promise.reserve, captured(LINE, reserve_until=ENDS), NOW)
    ledger.take(release.expire, ledger.get(ReservationExpiry, "main", "web:1"), ENDS)
    return ledger


def routed() -> OrderRoutedV1:
    parts = (fulfilment(fulfilment_line(quantity=2)),)
    return OrderRoutedV1(
        owner="main", order_id="web:1", attempt=1, fulfilments=parts, ranking=(), rules=(), routed_at=NOW
    )


def test_a_fulfilment_whose_promise_lapsed_before_it_was_bound_is_refused_and_routing_hears_of_it() -> None:
    ledger = lapsed()

    ledger.take(bind.allocate, routed(), ENDS)

    assert [said.reason for said in ledger.said(AllocationRefusedV1)] == ["no-longer-promised"]


def test_what_has_lapsed_is_promised_again_when_the_order_is_released_and_lapses_no_more() -> None:
    ledger = lapsed()

    again = ledger.take(promise.reserve_released, released(order(LINE, reserve_until=ENDS)), later(hours=2))

    assert [(said.generation, said.lines[0].quantity) for said in ledger.said(StockReservedV1)] == [(1, 2), (2, 2)]
    assert not [one for one in again.writes if isinstance(one, ReservationExpiry)]
    ledger.take(bind.allocate, routed(), later(hours=2))
    assert len(ledger.said(StockAllocatedV1)) == 1
    assert ledger.get(Stock, "main", "A").promisable == 3


def test_a_doubled_message_of_the_capture_promises_nothing_that_has_lapsed() -> None:
    ledger = lapsed()

    assert not ledger.take(promise.reserve, captured(LINE, reserve_until=ENDS), ENDS).writes


def test_what_has_lapsed_and_is_cancelled_is_over() -> None:
    ledger = lapsed()
    cancelled = OrderCancelledV1(
        owner="main",
        order_id="web:1",
        cancel_id="cancel-1",
        lines=(FulfilledQuantity(line_id="1", sku="A", quantity=2),),
        complete=True,
        amount_minor=0,
        reason="requested",
        decided_by="routing",
        cancelled_at=NOW,
    )

    ledger.take(release.release_cancelled, cancelled, later(hours=2))

    assert ledger.get(Reservation, "main", "web:1").status is ReservationStatus.ENDED
    assert ledger.get(Stock, "main", "A").promisable == 5
