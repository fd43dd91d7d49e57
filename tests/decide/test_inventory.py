from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.inventory import (
    AdjustStockV1,
    AllocationRefusedV1,
    CountStockV1,
    ReceiveStockV1,
    ReservationExpiredV1,
    SetSafetyStockV1,
    ShortageRecordedV1,
    StockAllocatedV1,
    StockBackorderedV1,
    StockFreedV1,
    StockMovedV1,
    StockReservedV1,
    TransferStockV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.returns import InspectedGoods, ReturnInspectedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel, ShortPickedV1
from crossdock_contracts.values import ChannelPolicy, LineKind, LineQuantity, Money
from services.inventory.decide import bind, fill, promise, release, stock
from services.inventory.state import (
    LocationStock,
    Reservation,
    ReservationExpiry,
    ReservationStatus,
    Stock,
    WaitingLine,
    turn,
)
from tests.builders import NOW, captured, fulfilment, fulfilment_line, later, line
from tests.decide.ledger import Ledger


def shelf(sku: str = "A", **places: int) -> Stock:
    return Stock(sku=sku, locations={name: LocationStock(on_hand=pieces) for name, pieces in places.items()})


def waits(ledger: Ledger, order_id: str = "web:1", priority: int = 5) -> WaitingLine | None:
    return ledger.get(WaitingLine, "main", "A", str(priority), turn(None, NOW), order_id, "1")


def routed(*fulfilments: Fulfilment, attempt: int = 1) -> OrderRoutedV1:
    return OrderRoutedV1(
        owner="main", order_id="web:1", attempt=attempt, fulfilments=fulfilments, ranking=(), rules=(), routed_at=NOW
    )


def shipped(quantity: int = 1, sku: str = "A") -> ShipmentShippedV2:
    return ShipmentShippedV2(
        owner="main",
        order_id="web:1",
        fulfilment_id="web:1/1",
        location_id="BER",
        lines=(ShippedLine(line_id="1", sku=sku, quantity=quantity),),
        parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
        value=Money(amount_minor=1000, currency="EUR"),
        shipped_at=NOW,
    )


def test_an_order_is_promised_what_is_there_with_the_places_it_could_come_from():
    ledger = Ledger(shelf(BER=5, ROT=2, LYS=0))
    ledger.take(promise.reserve, captured(line(quantity=3)), NOW)
    (event,) = ledger.said(StockReservedV1)
    assert [(c.location_id, c.available) for c in event.lines[0].candidates] == [("BER", 5), ("ROT", 2)]
    assert ledger.get(Stock, "main", "A").promisable == 4


def test_what_is_not_there_is_waited_for():
    ledger = Ledger(shelf(BER=2))
    ledger.take(promise.reserve, captured(line(quantity=5)), NOW)
    (event,) = ledger.said(StockBackorderedV1)
    assert (event.lines[0].quantity, event.lines[0].backordered) == (5, 3)
    assert waits(ledger, "web:1", priority=5).quantity == 3


def test_one_sku_on_two_lines_is_not_promised_twice():
    ledger = Ledger(shelf(BER=3))
    ledger.take(promise.reserve, captured(line(1, quantity=2), line(2, quantity=2)), NOW)
    (event,) = ledger.said(StockBackorderedV1)
    assert [one.backordered for one in event.lines] == [0, 1]


def test_a_message_that_comes_twice_promises_once():
    ledger = Ledger(shelf(BER=3))
    ledger.take(promise.reserve, captured(), NOW)
    again = ledger.take(promise.reserve, captured(), NOW)
    assert not again.writes
    assert ledger.get(Stock, "main", "A").reserved == 1


def test_safety_stock_and_what_others_were_promised_is_kept_back():
    held_back = Stock(sku="A", reserved=2, locations={"BER": LocationStock(on_hand=10, safety=3, allocated=4)})
    ledger = Ledger(held_back)
    ledger.take(promise.reserve, captured(line(quantity=5)), NOW)
    (event,) = ledger.said(StockBackorderedV1)
    assert event.lines[0].backordered == 4


def test_lines_that_do_not_ship_and_orders_that_the_channel_ships_promise_nothing():
    ledger = Ledger(shelf(BER=3))
    charge = line(2, sku=None, kind=LineKind.CHARGE)
    assert not ledger.take(promise.reserve, captured(charge), NOW).writes
    by_channel = captured(policy=ChannelPolicy(fulfil_by="channel"))
    assert not ledger.take(promise.reserve, by_channel, NOW).writes


def test_routed_goods_are_bound_to_their_location():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line(quantity=3)), NOW)
    ledger.take(bind.allocate, routed(fulfilment(fulfilment_line(quantity=3))), NOW)
    found = ledger.get(Stock, "main", "A")
    assert (found.reserved, found.locations["BER"].allocated, found.promisable) == (0, 3, 2)
    assert len(ledger.said(StockAllocatedV1)) == 1
    again = ledger.take(bind.allocate, routed(fulfilment(fulfilment_line(quantity=3))), NOW)
    assert not again.writes
    assert not again.events


def test_a_location_that_no_longer_has_the_goods_refuses_with_fresh_figures():
    ledger = Ledger(shelf(BER=5, ROT=5))
    ledger.take(promise.reserve, captured(line(quantity=3)), NOW)
    ledger.take(stock.count, CountStockV1(owner="main", sku="A", location_id="BER", counted=1), NOW)
    ledger.take(bind.allocate, routed(fulfilment(fulfilment_line(quantity=3))), NOW)
    (refusal,) = ledger.said(AllocationRefusedV1)
    assert [(c.location_id, c.available) for c in refusal.lines[0].candidates] == [("BER", 1), ("ROT", 5)]
    assert ledger.get(Stock, "main", "A").reserved == 3


def test_two_lines_of_one_sku_need_both_at_the_location():
    ledger = Ledger(shelf(BER=2, ROT=2))
    ledger.take(promise.reserve, captured(line(1, quantity=2), line(2, quantity=2)), NOW)
    both = fulfilment(fulfilment_line(1, quantity=2), fulfilment_line(2, quantity=2))
    ledger.take(bind.allocate, routed(both), NOW)
    assert len(ledger.said(AllocationRefusedV1)) == 1


def test_shipped_goods_leave_and_their_order_shrinks_to_a_tombstone():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(), NOW)
    ledger.take(bind.allocate, routed(fulfilment()), NOW)
    ledger.take(bind.deduct, shipped(), NOW)
    assert ledger.get(Stock, "main", "A").locations["BER"].on_hand == 4
    tombstone = ledger.get(Reservation, "main", "web:1")
    assert (tombstone.status, tombstone.lines) == (ReservationStatus.SETTLED, ())
    assert not ledger.take(bind.deduct, shipped(), NOW).writes
    assert not ledger.take(promise.reserve, captured(), NOW).writes


def test_goods_that_ship_although_a_count_missed_them_are_found_first():
    ledger = Ledger(shelf(BER=1))
    ledger.take(promise.reserve, captured(), NOW)
    ledger.take(bind.allocate, routed(fulfilment()), NOW)
    ledger.take(stock.count, CountStockV1(owner="main", sku="A", location_id="BER", counted=0), NOW)
    ledger.take(bind.deduct, shipped(), NOW)
    assert [(e.kind, e.delta, e.on_hand) for e in ledger.said(StockMovedV1)] == [
        ("counted", -1, 0), ("found", 1, 1), ("shipped", -1, 0),
    ]  # fmt: skip


def test_a_short_pick_takes_pieces_off_the_shelf_and_promises_them_anew():
    ledger = Ledger(shelf(BER=2, ROT=2))
    ledger.take(promise.reserve, captured(line(quantity=2)), NOW)
    ledger.take(bind.allocate, routed(fulfilment(fulfilment_line(quantity=2))), NOW)
    missing = (LineQuantity(line_id="1", sku="A", quantity=2),)
    short = ShortPickedV1(
        owner="main",
        order_id="web:1",
        fulfilment_id="web:1/1",
        location_id="BER",
        missing=missing,
        picked=(),
        picked_at=NOW,
    )
    ledger.take(bind.short_pick, short, NOW)
    found = ledger.get(Stock, "main", "A")
    assert (found.locations["BER"].on_hand, found.locations["BER"].allocated, found.reserved) == (0, 0, 2)
    newest = ledger.said(StockReservedV1)[-1]
    assert (newest.generation, newest.lines[0].quantity) == (2, 2)
    assert not ledger.take(bind.short_pick, short, NOW).writes


def test_arriving_stock_fills_waiting_lines_by_priority_then_ship_by_then_age():
    ledger = Ledger(shelf(BER=0))
    ledger.take(promise.reserve, captured(order_id="web:1"), NOW)
    ledger.take(promise.reserve, captured(order_id="web:2", priority=1), NOW)
    ledger.take(promise.reserve, captured(order_id="web:3", ship_by=later(days=1)), NOW)
    ledger.take(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=2), NOW)
    (freed,) = ledger.said(StockFreedV1)
    ledger.take(fill.fill_waiting, freed, NOW)
    assert [event.order_id for event in ledger.said(StockReservedV1)] == ["web:2", "web:3"]
    assert ledger.get(Stock, "main", "A").waiting == 1
    assert waits(ledger, "web:2", priority=1) is None


def test_a_receipt_that_fills_many_backorders_does_so_in_slices():
    ledger = Ledger(shelf(BER=0))
    for number in range(fill.SLICE + 20):
        ledger.take(promise.reserve, captured(order_id=f"web:{number}"), NOW)
    ledger.take(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=500), NOW)
    first = ledger.take(fill.fill_waiting, ledger.said(StockFreedV1)[-1], NOW)
    assert sum(isinstance(event, StockReservedV1) for event in first.events) == fill.SLICE
    ledger.take(fill.fill_waiting, ledger.said(StockFreedV1)[-1], NOW)
    assert ledger.get(Stock, "main", "A").waiting == 0
    assert len(ledger.said(StockReservedV1)) == fill.SLICE + 20


def test_a_promise_with_an_end_lapses_unless_it_was_bound():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(reserve_until=later(hours=1)), NOW)
    timer = ledger.get(ReservationExpiry, "main", "web:1")
    assert not ledger.take(release.expire, timer, NOW).writes
    ledger.take(release.expire, timer, later(hours=1))
    assert len(ledger.said(ReservationExpiredV1)) == 1
    assert ledger.get(Stock, "main", "A").promisable == 5

    bound = Ledger(shelf(BER=5))
    bound.take(promise.reserve, captured(reserve_until=later(hours=1)), NOW)
    bound.take(bind.allocate, routed(fulfilment()), NOW)
    assert not bound.take(release.expire, timer, later(hours=2)).writes


def test_a_count_below_what_was_promised_is_recorded_as_a_shortage():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line(quantity=4)), NOW)
    ledger.take(stock.count, CountStockV1(owner="main", sku="A", location_id="BER", counted=1), NOW)
    (shortage,) = ledger.said(ShortageRecordedV1)
    assert shortage.missing == 3
    other = ledger.take(promise.reserve, captured(order_id="web:2"), NOW)
    assert isinstance(other.events[0], StockBackorderedV1)


def test_an_adjustment_below_zero_is_refused():
    ledger = Ledger(shelf(BER=2))
    command = AdjustStockV1(owner="main", sku="A", location_id="BER", delta=-3, reason="correction")
    decision = ledger.take(stock.adjust, command, NOW)
    (refusal,) = ledger.said(CommandRefusedV1)
    assert refusal.reason == "below-zero"
    assert not decision.writes


def test_only_free_pieces_are_transferred():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line(quantity=4)), NOW)
    ledger.take(bind.allocate, routed(fulfilment(fulfilment_line(quantity=4))), NOW)
    move = TransferStockV1(owner="main", sku="A", from_location_id="BER", to_location_id="ROT", quantity=2)
    ledger.take(stock.transfer, move, NOW)
    assert ledger.said(CommandRefusedV1)[0].reason == "not-enough-free"
    ledger.take(stock.transfer, move.model_copy(update={"quantity": 1}), NOW)
    places = ledger.get(Stock, "main", "A").locations
    assert (places["BER"].on_hand, places["ROT"].on_hand) == (4, 1)


def test_safety_stock_cannot_take_back_what_is_promised():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line(quantity=4)), NOW)
    command = SetSafetyStockV1(owner="main", sku="A", location_id="BER", quantity=2)
    decision = ledger.take(stock.set_safety, command, NOW)
    assert ledger.said(CommandRefusedV1)[0].reason == "promised"
    assert not decision.writes


def test_returned_goods_go_back_on_the_shelf_or_aside():
    ledger = Ledger(shelf(BER=1))
    goods = tuple(
        InspectedGoods(line_id="1", sku="A", quantity=n, disposition=what)
        for n, what in ((2, "restock"), (1, "write-off"))
    )
    inspected = ReturnInspectedV1(
        owner="main", order_id="web:1", return_id="R-1", location_id="BER", lines=goods, inspected_at=NOW
    )
    ledger.take(stock.take_back, inspected, NOW)
    place = ledger.get(Stock, "main", "A").locations["BER"]
    assert (place.on_hand, place.damaged) == (3, 1)


def test_a_line_that_has_waited_long_is_brought_to_attention_and_waits_on():
    ledger = Ledger(shelf(BER=0))
    ledger.take(promise.reserve, captured(), NOW)
    waiting = waits(ledger, "web:1", priority=5)
    decision = ledger.take(promise.remind, waiting, later(days=31))
    assert [event.NAME for event in decision.events] == ["backorder-lapsed"]
    assert decision.writes[0].due_at > later(days=31)
