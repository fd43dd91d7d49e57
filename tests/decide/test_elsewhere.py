"""Orders that the hub does not fulfil: a marketplace's own, and sales over the counter."""

from typing import Any

import pytest

from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRefusedV1,
    GoodsHandedOverV1,
    OrderCancelledV1,
    OrderRejectedV1,
    OrderReleasedV1,
    ReleaseHoldV1,
    ReportFulfilledV1,
    SubmissionIgnoredV1,
)
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import ShortageRecordedV1, StockMovedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import Product, ProductChangedV1
from crossdock_contracts.values import ChannelPolicy, LineQuantity
from services.capture.channels import UnmappableError
from services.capture.decide import cancel, catalogue, elsewhere, holds
from services.capture.state import HoldExpiry, OrderStatus, RecordedUntil
from services.hub.decision import Decision
from services.inventory.decide import counter, promise
from services.inventory.state import LocationStock, Stock
from services.payments.decide import authorise
from services.payments.state import Payment
from services.routing.decide import route
from services.routing.rules import RoutingConfig, Rules
from services.routing.state import Route, RouteStatus
from tests.builders import NOW, captured, later, line, order_input, released
from tests.decide.ledger import Ledger
from tests.decide.shop import Shop

ABOUT = {"owner": "main", "order_id": "web:1"}
TWO = LineInput(line_id="1", sku="A", quantity=2, unit_price_minor=500)
UNKNOWN = LineInput(line_id="2", sku="new", quantity=1, unit_price_minor=500)


def marketplace(**config: Any) -> Shop:
    return Shop(policy=ChannelPolicy(fulfil_by="channel"), **config)


def till(**config: Any) -> Shop:
    return Shop(**{"policy": ChannelPolicy(fulfil_by="till"), "location": "LON", **config})


def timer(shop: Shop) -> Any:
    return shop.get(RecordedUntil, "main", "web:1")


def report(shop: Shop, **fields: Any) -> Decision:
    return shop.settle(elsewhere.report_fulfilled, ReportFulfilledV1(**ABOUT, **fields))


def test_an_order_that_the_channel_fulfils_is_recorded_and_closes_when_the_channel_says_so() -> None:
    shop = marketplace()
    event = shop.takes("1", TWO, total_minor=99, ship_to=None)
    assert (event.holds, event.order.policy.payment_by, event.order.policy.refund_by) == ((), "channel", "channel")
    assert shop.record().status is OrderStatus.OPEN
    report(shop, fulfilled_at=later(hours=5), reported_by="feed")
    (handed,) = shop.said(GoodsHandedOverV1)
    assert (handed.fulfilled_by, handed.location_id, handed.lines[0].quantity) == ("channel", "", 2)
    assert (handed.detail, shop.record().status, timer(shop)) == ("reported by feed", OrderStatus.COMPLETED, None)
    assert report(shop) == Decision()


def test_a_newer_copy_that_says_that_it_has_shipped_closes_it_and_others_change_nothing() -> None:
    shop = marketplace()
    shop.takes("1", source_version="1")
    shop.takes_in(order_input("1", source_version="2", note="packed"))
    assert (shop.said(SubmissionIgnoredV1)[0].reason, shop.record().holds) == ("recorded", ())
    shop.takes_in(order_input("1", source_version="3", fulfilled_at=NOW))
    assert shop.record().status is OrderStatus.COMPLETED
    shop.takes_in(order_input("1", source_version="4", fulfilled_at=NOW))
    shop.takes_in(order_input("1", source_version="3", fulfilled_at=NOW))
    assert [one.reason for one in shop.said(SubmissionIgnoredV1)] == ["recorded", "recorded", "older-version"]
    assert len(shop.said(GoodsHandedOverV1)) == 1


def test_an_order_that_comes_in_as_shipped_is_closed_at_once() -> None:
    shop = marketplace()
    shop.takes("1", fulfilled_at=NOW)
    assert (shop.record().status, shop.record().order) == (OrderStatus.COMPLETED, None)


def test_an_order_of_which_nothing_else_is_heard_is_taken_for_fulfilled_after_its_days() -> None:
    shop = marketplace(recorded_days=3)
    shop.takes("1")
    due = timer(shop)
    assert due.due_at == later(days=3)
    assert shop.settle(elsewhere.recorded_long_enough, due, later(days=2)) == Decision()
    shop.settle(elsewhere.recorded_long_enough, due, later(days=3))
    assert shop.said(GoodsHandedOverV1)[0].detail == "nothing else was heard of it"
    assert shop.settle(elsewhere.recorded_long_enough, due, later(days=3)) == Decision()


def test_a_cancel_of_what_the_channel_fulfils_is_the_channels_and_asks_nobody() -> None:
    shop = marketplace()
    shop.takes("1", TWO)
    shop.settle(cancel.cancel_order, CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="1", quantity=1),)))
    (cancelled,) = shop.said(OrderCancelledV1)
    assert (cancelled.decided_by, cancelled.complete, cancelled.amount_minor) == ("capture", False, 500)
    report(shop)
    assert [(x.quantity, x.value_minor) for x in shop.said(GoodsHandedOverV1)[0].lines] == [(1, 500)]


def test_a_cancel_that_came_before_is_carried_out_on_what_is_recorded() -> None:
    shop = marketplace()
    lines = (LineQuantity(line_id="1", quantity=1),)
    shop.settle(cancel.cancel_order, CancelOrderV1(**ABOUT, lines=lines))
    shop.takes("1", TWO)
    assert shop.said(OrderCancelledV1)[0].decided_by == "capture"
    assert shop.record().status is OrderStatus.OPEN


@pytest.mark.parametrize("known", [False, True])
def test_only_the_channels_own_orders_are_reported_as_fulfilled(known: bool) -> None:
    shop = Shop()
    if known:
        shop.takes("1")
    report(shop)
    refused = shop.said(CommandRefusedV1)[0]
    assert (refused.reason, "hub fulfils it" in refused.detail) == (
        "not-the-channels" if known else "no-such-order",
        known,
    )


def test_an_order_may_be_the_channels_where_its_others_are_not() -> None:
    shop = Shop()
    assert shop.order("1", fulfil_by="channel").policy.fulfil_by == "channel"
    assert marketplace().order("1", fulfil_by="hub").policy.fulfil_by == "hub"
    with pytest.raises(UnmappableError, match=r"\$\.fulfil_by: 'moon' is none of hub, channel, till"):
        shop.takes("2", fulfil_by="moon")


def test_a_sale_over_the_counter_is_closed_at_once_with_its_goods_and_its_shop() -> None:
    shop = till()
    event = shop.takes("1", TWO, ship_to=None)
    (handed,) = shop.said(GoodsHandedOverV1)
    assert (event.holds, event.order.sold_at) == ((), "LON")
    assert (handed.fulfilled_by, handed.location_id, handed.lines[0].value_minor) == ("till", "LON", 1000)
    assert shop.record().status is OrderStatus.COMPLETED
    shop.takes("2", TWO, sold_at="BER")
    assert shop.said(GoodsHandedOverV1)[1].location_id == "BER"


def test_a_sale_over_the_counter_without_a_shop_says_where_to_name_it() -> None:
    with pytest.raises(UnmappableError, match=r"\$\.sold_at: .*channels.toml does: web.location"):
        till(location="").takes("1")


def test_goods_of_a_sale_that_are_not_known_are_deducted_once_they_are() -> None:
    shop = till()
    captured_event = shop.takes("1", TWO, UNKNOWN)
    assert [hold.reason for hold in captured_event.holds] == ["unknown-listing"]
    assert [x.sku for x in shop.said(GoodsHandedOverV1)[0].lines] == ["A"]
    product = ProductChangedV1(owner="main", sku="new", product=Product(sku="new"), changed_at=NOW)
    shop.settle(catalogue.learn_product, product)
    shop.settle(holds.release_hold, ReleaseHoldV1(**ABOUT))
    first, second = shop.said(GoodsHandedOverV1)
    assert [x.sku for x in second.lines] == ["new"]
    assert first.handover_id != second.handover_id
    assert (shop.record().status, len(shop.said(OrderReleasedV1))) == (OrderStatus.COMPLETED, 1)


def test_a_sale_is_not_undone_because_nobody_named_its_goods_in_time() -> None:
    shop = till()
    shop.takes("1", UNKNOWN)
    shop.settle(holds.expire_hold, shop.get(HoldExpiry, "main", "web:1", "unknown-listing"), later(hours=72))
    assert (shop.record().status, shop.said(OrderRejectedV1)) == (OrderStatus.COMPLETED, [])


@pytest.mark.parametrize("first", ["cancel", "sale"])
def test_what_was_handed_over_is_not_cancelled(first: str) -> None:
    shop = till()
    asked = CancelOrderV1(**ABOUT)
    if first == "cancel":
        shop.settle(cancel.cancel_order, asked)
    shop.takes("1", TWO)
    if first == "sale":
        shop.settle(cancel.cancel_order, asked)
    assert shop.said(CancelRefusedV1)[0].reason in ("handed-over", "ended")
    assert (len(shop.said(GoodsHandedOverV1)), shop.said(OrderCancelledV1)) == (1, [])


# -- what the others make of it


def handed_over(quantity: int = 2, location: str = "LON") -> GoodsHandedOverV1:
    return GoodsHandedOverV1(
        **ABOUT, handover_id="web:1/till-1", fulfilled_by="till", location_id=location, currency="EUR",
        lines=({"line_id": "1", "sku": "A", "quantity": quantity, "value_minor": 1000},), handed_over_at=NOW,
    )  # fmt: skip


def stocked(on_hand: int, *, reserved: int = 0) -> Ledger:
    return Ledger(Stock(sku="A", locations={"LON": LocationStock(on_hand=on_hand)}, reserved=reserved))


def test_a_sale_over_the_counter_deducts_at_its_shop_at_once() -> None:
    ledger = stocked(5)
    ledger.take(counter.hand_over, handed_over(), NOW)
    (moved,) = ledger.said(StockMovedV1)
    assert (moved.kind, moved.delta, moved.on_hand, moved.reason) == ("shipped", -2, 3, "till-sale")
    assert not ledger.said(ShortageRecordedV1)


def test_a_sale_of_goods_that_were_promised_records_the_shortage() -> None:
    ledger = stocked(2, reserved=2)
    ledger.take(counter.hand_over, handed_over(), NOW)
    assert ledger.said(ShortageRecordedV1)[0].missing == 2
    assert ledger.get(Stock, "main", "A").promisable == -2


def test_a_sale_of_more_than_was_on_hand_finds_what_a_count_had_missed() -> None:
    ledger = stocked(1)
    ledger.take(counter.hand_over, handed_over(3), NOW)
    assert [(m.kind, m.delta, m.on_hand) for m in ledger.said(StockMovedV1)] == [("found", 2, 3), ("shipped", -3, 0)]


def test_what_the_channel_ships_from_nowhere_that_is_known_moves_no_stock() -> None:
    assert stocked(5).take(counter.hand_over, handed_over(location=""), NOW) == Decision()


ELSEWHERE = {"policy": ChannelPolicy(fulfil_by="channel", payment_by="channel", refund_by="channel")}
RULES = Rules(config=RoutingConfig(), locations={})


def test_what_others_fulfil_is_neither_promised_nor_charged_nor_routed() -> None:
    message = captured(line(), method="token", **ELSEWHERE)
    ledger = Ledger()
    assert ledger.take(promise.reserve, message, NOW) == Decision()
    assert ledger.take(authorise.authorise, message, NOW).intent is None
    assert ledger.get(Payment, "main", "web:1").method == "prepaid"
    for decide, said in ((route.know_order, message), (route.go_on_released, released(message.order))):
        ledger = Ledger()
        ledger.apply(decide(RULES, ledger.states, said, NOW))
        assert ledger.get(Route, "main", "web:1").status is RouteStatus.ENDED
        assert ledger.events == []
