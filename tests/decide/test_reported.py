"""What a channel has cancelled and paid back by itself, as its copies of an order say."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRefusedV1,
    OrderCancelledV1,
    OrderCapturedV1,
    SubmissionIgnoredV1,
)
from crossdock_contracts.channels import ChannelRefundedV1
from crossdock_contracts.handed_in import CancelInput, RefundInput
from crossdock_contracts.payments import PaymentFailedV1, PaymentRefundedV1
from crossdock_contracts.products import ListingMappedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import LineQuantity, ShippingChoice
from services.capture.channels.native import Native
from services.capture.decide.ingest import ingest as take_in
from services.capture.rules import ApiConfig, Channel, ChannelConfig, Channels
from services.capture.state import OrderStatus
from services.hub.decision import changed
from tests.builders import NOW, ingest
from tests.decide.ledger import Ledger
from tests.decide.sale import extra, money, payment, record, ships, sold, then, way
from tests.decide.shop import checks
from tests.decide.world import World

ONE = (LineQuantity(line_id="1", quantity=1),)


def cancel(quantity: int = 1, cancel_id: str = "c-1") -> CancelInput:
    lines = (LineQuantity(line_id="1", quantity=quantity),) if quantity else ()
    return CancelInput(cancel_id=cancel_id, lines=lines, reason="customer")


def refund(amount_minor: int = 1000, refund_id: str = "c-1") -> RefundInput:
    return RefundInput(refund_id=refund_id, amount_minor=amount_minor)


def paid(version: int = 1, **fields: Any) -> Any:
    """A copy of an order of two pieces that the channel has the money of."""
    return sold(2, method="prepaid", source_version=str(version), **fields)


@pytest.mark.parametrize("stage", ["reserved", "routed", "labelled", "picked"])
def test_pieces_that_the_channel_cancelled_do_not_ship(stage: str) -> None:
    world = way(stage, paid())
    world.rest()
    then(world, paid(2, cancels=(cancel(),), refunds=(refund(),)))
    (cancelled,) = world.said(OrderCancelledV1)
    assert (cancelled.cancel_id, cancelled.reason) == ("channel:c-1", "customer")
    assert [(line.line_id, line.quantity) for line in cancelled.lines] == [("1", 1)]
    world.has("A", BER=5)
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1}
    assert record(world).status is OrderStatus.COMPLETED


def test_what_is_paid_back_with_a_cancel_is_entered_once_and_not_paid_from_here() -> None:
    world = then(way("labelled", paid()), paid(2, cancels=(cancel(),), refunds=(refund(),)))
    assert money(world, PaymentRefundedV1) == [1000]
    assert world.outside.paid_back == 0
    assert list(payment(world).refunds) == ["cancel:channel:c-1"]


def test_what_the_hub_had_cancelled_in_the_channel_is_not_cancelled_again_when_the_channel_says_so() -> None:
    world = way("labelled", paid())
    world.hear(CancelOrderV1(owner="main", order_id="web:1", cancel_id="ours", lines=ONE))
    world.rest()
    echo = changed(cancel(cancel_id="r-9"), asked_as="ours")
    then(world, paid(2, cancels=(echo,), refunds=(refund(refund_id="r-9"),)))
    world.rest()
    assert [one.cancel_id for one in world.said(OrderCancelledV1)] == ["ours"]
    assert [one.cancel_id for one in world.said(ChannelRefundedV1)] == ["ours"]


def test_the_same_news_in_further_copies_is_told_once() -> None:
    world = way("labelled", paid())
    for version in (2, 3, 4):
        then(world, paid(version, cancels=(cancel(),), refunds=(refund(),), note=f"copy {version}"))
    assert len(world.said(OrderCancelledV1)) == len(world.said(ChannelRefundedV1)) == 1


def counted(*numbers: int) -> tuple[CancelInput, ...]:
    """Pieces that are cancelled, as a channel has it that only counts them."""
    return tuple(
        CancelInput(cancel_id=f"1-cancelled-{n}", lines=cancel().lines, reason="customer", counted=n) for n in numbers
    )


def test_pieces_that_the_hub_has_cancelled_are_not_the_channels_though_it_counts_them() -> None:
    world = way("routed", paid())
    world.hear(CancelOrderV1(owner="main", order_id=record(world).order_id, lines=cancel().lines, cancel_id="ours"))
    world.rest()
    then(world, paid(2, cancels=counted(1)))
    assert [one.cancel_id for one in world.said(OrderCancelledV1)] == ["ours"]
    then(world, paid(3, cancels=counted(1, 2)))
    assert [one.cancel_id for one in world.said(OrderCancelledV1)] == ["ours", "channel:1-cancelled-2"]
    then(world, paid(4, cancels=counted(1, 2), note="again"))
    assert len(world.said(OrderCancelledV1)) == 2


@pytest.mark.parametrize("told", [("1", "2"), ("1",)])
def test_a_cancel_of_several_lines_is_the_hubs_only_if_all_of_them_are_cancelled_here(told: tuple[str, ...]) -> None:
    pieces = tuple(LineQuantity(line_id=line, quantity=1) for line in ("1", "2"))
    lines = tuple(one for one in pieces if one.line_id in told)
    world = way("routed", sold(1, extra(), method="prepaid", source_version="1"))
    world.hear(CancelOrderV1(owner="main", order_id=record(world).order_id, lines=lines, cancel_id="ours"))
    world.rest()
    both = CancelInput(cancel_id="C9", lines=pieces, counted=1)
    then(world, sold(1, extra(), method="prepaid", source_version="2", cancels=(both,)))
    asked = [one.cancel_id for one in (*world.said(OrderCancelledV1), *world.said(CancelRefusedV1))]
    assert ("channel:C9" in asked) is (told == ("1",))


def test_a_piece_that_the_channel_has_cancelled_is_cancelled_once_though_it_counts_it_again() -> None:
    world = way("routed", paid())
    for version in (2, 3):
        then(world, paid(version, cancels=counted(1), note=f"copy {version}"))
    assert [one.cancel_id for one in world.said(OrderCancelledV1)] == ["channel:1-cancelled-1"]


def test_an_order_that_is_cancelled_when_it_comes_in_is_never_captured() -> None:
    world = way("labelled", paid(cancels=(cancel(0),)))
    assert world.said(OrderCapturedV1) == []
    assert [event.reason for event in world.said(SubmissionIgnoredV1)] == ["cancelled-before-arrival"]
    assert record(world).status is OrderStatus.CANCELLED


def test_an_order_of_which_pieces_are_cancelled_when_it_comes_in_ships_the_rest() -> None:
    world = way("labelled", paid(cancels=(cancel(),), refunds=(refund(),)))
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1}
    assert money(world, PaymentRefundedV1) == [1000]
    assert world.audit() == []


def test_a_cancel_of_what_has_shipped_is_refused_and_told_once() -> None:
    world = way("shipped", paid())
    ships(world)
    for version in (2, 3):
        then(world, paid(version, cancels=(cancel(0),), note=f"copy {version}"))
    assert [event.cancel_id for event in world.said(CancelRefusedV1)] == ["channel:c-1"]


def test_money_that_the_channel_paid_back_for_no_goods_is_entered() -> None:
    world = then(way("labelled", paid()), paid(2, refunds=(refund(150, "r-1"),)))
    assert money(world, PaymentRefundedV1) == [150]
    assert payment(world).refunded_minor == 150
    assert world.outside.paid_back == 0


def test_more_than_was_paid_cannot_have_been_paid_back_and_somebody_looks() -> None:
    world = then(way("labelled", paid()), paid(2, refunds=(refund(5000, "r-1"),)))
    (failed,) = world.said(PaymentFailedV1)
    assert "2000 EUR are left of what was paid" in failed.detail
    assert [hold.reason for hold in record(world).holds] == ["payment-failed"]


def test_pieces_are_cancelled_as_the_channel_counts_them() -> None:
    world = World()
    world.has("A", BER=20)
    world.rest()
    world.hear(ListingMappedV1(owner="main", channel="web", listing_id="six-pack", sku="A", quantity=6, mapped_at=NOW))
    world.rest()
    made = paid()
    lines = (made.lines[0].model_copy(update={"sku": "", "listing_id": "six-pack"}),)
    world.hands_in(made.model_copy(update={"lines": lines}))
    world.rest()
    then(world, made.model_copy(update={"lines": lines, "source_version": "2", "cancels": (cancel(),)}))
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 6}


@pytest.mark.parametrize(
    "config",
    [{"api": ApiConfig(url="http://shop", locations={"gid://1": "LON"})}, {"locations": {"gid://1": "LON"}}],
    ids=["of its API", "of a channel without one"],
)
def test_places_that_the_channel_names_in_its_own_way_stand_under_our_names(config: Any) -> None:
    channel = Channel("web", ChannelConfig(format="native", **config), Native(), checks())
    made = paid(shipping=ShippingChoice(pickup_location_id="gid://1"), sold_at="gid://1")
    ledger = Ledger()
    message = ingest(made)
    decide = partial(take_in, Channels({"web": channel}))
    ledger.apply(decide(ledger.states, message, NOW, message.body))
    (captured,) = ledger.said(OrderCapturedV1)
    assert captured.order.shipping.pickup_location_id == "LON"
