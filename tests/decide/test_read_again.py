"""Payloads that came in before, read again with a mended mapping: which of them count, and what they may do."""

from datetime import datetime
from typing import Any

import pytest

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.capture import OrderCapturedV1, Reread, SubmissionIgnoredV1
from crossdock_contracts.channels import ChannelRefundedV1
from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.payments import PaymentRefundedV1
from crossdock_contracts.products import ListingMappedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import LineQuantity
from services.capture.state import OrderStatus
from tests.builders import NOW, ingest, later, order_input
from tests.decide.sale import ELSEWHERE, record, ships, sold, way
from tests.decide.world import World


def reads_again(world: World, made: OrderInput, at: datetime = NOW, *, captures: bool = False) -> World:
    """The payload that came in then reads so today."""
    reread = Reread(run_id="r-1", requested_by="anna", captures=captures)
    world.hear(ingest(made, reread=reread, received_at=at))
    world.rest()
    return world


def comes(world: World, made: OrderInput, at: datetime) -> World:
    """The source hands in a copy."""
    world.hear(ingest(made, received_at=at))
    world.rest()
    return world


def ignored(world: World) -> list[str]:
    return [event.reason for event in world.said(SubmissionIgnoredV1)]


@pytest.mark.parametrize("version", ["5", ""])
@pytest.mark.parametrize("stage", ["reserved", "labelled", "picked"])
def test_what_an_older_mapping_made_of_a_payload_gives_way_to_what_it_reads_today(stage: str, version: str) -> None:
    world = reads_again(way(stage, sold(source_version=version)), sold(3, source_version=version))
    (amended,) = world.said(OrderAmendedV1)
    assert (amended.order.lines[0].quantity, amended.requested_by) == (3, "anna")


def test_a_payload_read_twice_changes_nothing_twice() -> None:
    world = way(made=sold(source_version="5"))
    for _ in range(3):
        reads_again(world, sold(3, source_version="5"))
    assert len(world.said(OrderAmendedV1)) == 1
    assert set(ignored(world)) == {"duplicate"}


def test_a_mapping_that_was_mended_wrongly_can_be_mended_again() -> None:
    world = way(made=sold(source_version="5"))
    for quantity in (3, 2, 3):
        reads_again(world, sold(quantity, source_version="5"))
    assert [event.order.lines[0].quantity for event in world.said(OrderAmendedV1)][:1] == [3]
    assert len({event.amendment_id for event in world.said(OrderAmendedV1)}) == 3
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 3}


@pytest.mark.parametrize(("first", "second"), [("5", "6"), ("", "")])
def test_a_copy_that_the_source_handed_in_later_stands(first: str, second: str) -> None:
    world = comes(way(made=sold(source_version=first)), sold(4, source_version=second), later(minutes=1))
    reads_again(world, sold(3, source_version=first))
    assert ignored(world) == ["older-version"]
    assert record(world).order.lines[0].quantity == 4


def test_an_older_copy_that_came_in_late_does_not_count_when_it_is_read_again_either() -> None:
    world = comes(way(made=sold(source_version="5")), sold(4, source_version="4"), later(minutes=1))
    reads_again(world, sold(3, source_version="4"), later(minutes=1))
    assert ignored(world) == ["older-version", "older-version"]


def test_an_earlier_copy_that_was_sent_again_does_not_come_back_when_it_is_read_again() -> None:
    world = comes(way(made=sold()), sold(4), later(minutes=1))
    comes(world, sold(), later(minutes=2))
    reads_again(world, sold(), later(minutes=2))
    assert ignored(world) == ["duplicate", "duplicate"]
    assert record(world).order.lines[0].quantity == 4


def test_a_copy_that_its_source_writes_after_the_reading_is_news() -> None:
    world = reads_again(way(made=sold(source_version="5")), sold(3, source_version="5"))
    comes(world, sold(3, source_version="5"), later(minutes=1))
    comes(world, sold(1, source_version="6"), later(minutes=2))
    assert ignored(world) == ["duplicate"]
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1}


def test_what_never_became_an_order_does_only_where_that_is_asked_for() -> None:
    world = reads_again(World(), sold())
    assert (ignored(world), world.said(OrderCapturedV1)) == (["not-captured"], [])
    reads_again(world, sold(), captures=True)
    reads_again(world, sold(), captures=True)
    assert len(world.said(OrderCapturedV1)) == 1


def test_what_has_shipped_is_looked_at_by_somebody_and_not_shipped_again() -> None:
    world = way("shipped")
    assert record(world).status is OrderStatus.COMPLETED
    for _ in range(2):
        reads_again(world, sold(ship_to=ELSEWHERE))
    assert [hold.reason for hold in record(world).holds] == ["late-arrival"]
    ships(world)
    assert len(world.said(ShipmentShippedV2)) == 1


def told(*names: str) -> OrderInput:
    """A piece was cancelled for each, and paid back."""
    cancels = tuple(CancelInput(cancel_id=name, lines=(LineQuantity(line_id="1", quantity=1),)) for name in names)
    refunds = tuple(RefundInput(refund_id=name, amount_minor=1000) for name in names)
    return sold(3).model_copy(update={"cancels": cancels, "refunds": refunds})


@pytest.mark.parametrize(("stage", "shipped"), [("labelled", 2), ("shipped", 3)])
def test_a_cancel_and_a_refund_that_are_named_otherwise_today_are_no_others(stage: str, shipped: int) -> None:
    world = comes(way(stage, sold(3)), told("a"), later(minutes=1))
    for _ in range(2):
        reads_again(world, told("b"), later(minutes=1))
    ships(world)
    assert [event.refund_id for event in world.said(ChannelRefundedV1)] == ["a"]
    assert world.pieces_said(ShipmentShippedV2) == {"1": shipped}


def test_a_cancel_and_a_refund_that_a_mapping_had_missed_are_told() -> None:
    world = comes(way("labelled", sold(3)), told("a"), later(minutes=1))
    reads_again(world, told("a", "b"), later(minutes=1))
    ships(world)
    assert [event.refund_id for event in world.said(ChannelRefundedV1)] == ["a", "b"]
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1}


@pytest.mark.parametrize("stage", ["labelled", "shipped"])
def test_what_a_buyer_has_paid_elsewhere_is_not_paid_back_because_it_was_misread(stage: str) -> None:
    cheaper = LineInput(line_id="1", sku="A", quantity=2, unit_price_minor=900)
    world = way(stage, sold(method="prepaid"))
    reads_again(world, sold(method="prepaid").model_copy(update={"lines": (cheaper,), "total_minor": 1800}))
    assert world.said(PaymentRefundedV1) == []
    (held,) = record(world).holds
    assert "see what was paid" in held.detail or record(world).status is OrderStatus.COMPLETED


def test_a_listing_that_stands_for_other_goods_by_now_is_looked_at_once() -> None:
    line = LineInput(line_id="1", listing_id="L", quantity=1, unit_price_minor=1000)
    made = order_input("1", line)
    world = World()
    for sku in ("A", "B"):
        world.has(sku, BER=5)
    _stands_for(world, "A")
    comes(world, made, NOW)
    reads_again(world, made)
    _stands_for(world, "B")
    for _ in range(2):
        reads_again(world, made)
    assert [hold.reason for hold in record(world).holds] == ["changed-at-source"]
    assert ignored(world) == ["duplicate", "duplicate"]


def _stands_for(world: World, sku: str) -> None:
    mapped: Any = ListingMappedV1(owner="main", channel="web", listing_id="L", sku=sku, quantity=1, mapped_at=NOW)
    world.hear(mapped)
    world.rest()
