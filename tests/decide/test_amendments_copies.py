"""Newer copies and corrections: which of them count, which wait, and which somebody has to look at first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.amendments import (
    AmendmentReceivedV1,
    AmendmentRequestedV1,
    AmendOrderV1,
    OrderAmendedV1,
)
from crossdock_contracts.capture import (
    CancelOrderV1,
    OrderHeldV1,
    OrderReleasedV1,
    ReleaseHoldV1,
    SubmissionIgnoredV1,
)
from crossdock_contracts.inventory import StockAllocatedV1, StockReservedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import ListingMappedV1, Product, ProductChangedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import Address, LineQuantity
from services.capture.decide.holds import expire_hold
from services.capture.decide.versions import is_older
from services.capture.state import HoldExpiry, OrderStatus
from tests.builders import BERLIN, NOW, later
from tests.decide.sale import ABOUT, ELSEWHERE, extra, reasons, record, ships, sold, then, way
from tests.decide.world import World


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("9", "10"),
        ("v1.9", "v1.10"),
        ("2026-03-02T10:30:00+02:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00", "2026-03-02T09:00:01Z"),
        ("rev 2 of 9", "rev 10 of 9"),
    ],
)
def test_versions_compare_as_numbers_and_moments(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)
    assert not is_older(newer, newer)


@pytest.mark.parametrize(("one", "other"), [("", "1"), ("1", ""), ("7", "2026-03-02T09:00:00Z"), ("a", "7")])
def test_what_cannot_be_compared_is_not_older(one: str, other: str) -> None:
    assert not is_older(one, other)


@given(st.lists(st.text(alphabet="0123456789.-v", max_size=8), min_size=3, max_size=3))
def test_versions_of_one_kind_are_in_one_order(versions: list[str]) -> None:
    first, second, third = versions
    if is_older(first, second) and is_older(second, third):
        assert not is_older(third, first)


def test_an_older_copy_after_a_newer_one_changes_nothing() -> None:
    world = then(way(made=sold(source_version="9")), sold(3, source_version="10"))
    world.hands_in(sold(1, source_version="9.5"))
    world.rest()
    assert [event.reason for event in world.said(SubmissionIgnoredV1)] == ["older-version"]
    assert len(world.said(OrderAmendedV1)) == 1


def test_a_newer_copy_that_overtakes_the_first_is_the_order() -> None:
    world = then(way(made=sold(3, source_version="2")), sold(1, source_version="1"))
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 3}


def test_the_same_copy_twice_and_an_earlier_one_again_change_nothing() -> None:
    world = way()
    for copy in (sold(3), sold(3), sold(2), sold(3)):
        then(world, copy)
    assert len(world.said(OrderAmendedV1)) == 1
    assert {event.reason for event in world.said(SubmissionIgnoredV1)} == {"duplicate"}


def test_a_copy_in_which_nothing_is_different_but_its_version_is_ignored() -> None:
    world = then(way(made=sold(source_version="1")), sold(source_version="2"))
    assert [event.reason for event in world.said(SubmissionIgnoredV1)] == ["nothing-changed"]
    assert record(world).source_version == "2"


def test_pieces_that_were_taken_out_come_back_with_a_later_copy() -> None:
    world = way()
    for quantity in (1, 3):
        then(world, sold(quantity, source_version=str(quantity)))
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 3}
    assert record(world).status is OrderStatus.COMPLETED


def test_pieces_that_an_operator_cancelled_are_not_cancelled_again_when_the_shop_hears_of_it() -> None:
    world = way(made=sold(3))
    world.hear(CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="1", quantity=2),)))
    world.rest()
    then(world, sold(1))
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1}
    assert world.outside.taken == 1000


def test_while_something_is_under_way_the_newest_copy_waits() -> None:
    world = way()
    world.hands_in(sold(ship_to=ELSEWHERE))
    world.hands_in(sold(3, ship_to=ELSEWHERE))
    world.hands_in(sold(4, ship_to=ELSEWHERE))
    world.rest()
    assert len(world.said(AmendmentReceivedV1)) == 2
    assert [event.added[0].quantity for event in world.said(AmendmentRequestedV1) if event.added] == [2]
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 4}


def test_a_cancel_waits_for_the_amendment_under_way_and_goes_before_a_copy_that_waits() -> None:
    world = way()
    world.hands_in(sold(2, extra()))
    world.hands_in(sold(2, extra(), note="thanks"))
    while not world.said(AmendmentReceivedV1):
        world.ready[0]()
    world.hear(CancelOrderV1(**ABOUT))
    world.rest()
    assert record(world).status is OrderStatus.CANCELLED
    assert [event.reason for event in world.said(SubmissionIgnoredV1)] == ["order-ended"]
    assert (world.outside.set_aside, world.outside.labels, world.audit()) == ({}, set(), [])


def test_a_copy_whose_totals_are_wrong_waits_until_somebody_has_looked() -> None:
    world = then(way(), sold(3, total_minor=1))
    assert (reasons(world), record(world).status) == (["totals-mismatch"], OrderStatus.PAUSED)
    assert world.said(AmendmentRequestedV1) == []
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 3}
    assert world.outside.taken == 1


def test_a_better_copy_takes_the_place_of_one_that_is_held() -> None:
    world = then(way(), sold(3, total_minor=1))
    then(world, sold(3))
    assert (reasons(world), record(world).status) == ([], OrderStatus.OPEN)
    ships(world)
    assert (world.pieces_said(ShipmentShippedV2), world.outside.taken) == ({"1": 3}, 3000)


def test_a_copy_that_nobody_looks_at_in_time_is_dropped() -> None:
    world = then(way(), sold(3, total_minor=1))
    (timer,) = world.all_of(HoldExpiry)
    world.take(expire_hold, timer, later(days=5))
    world.rest()
    assert world.said(SubmissionIgnoredV1)[-1].reason == "held-too-long"
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 2}


def test_an_added_listing_that_is_not_mapped_waits_for_its_mapping() -> None:
    unknown = extra().model_copy(update={"sku": "", "listing_id": "gid-9"})
    world = then(way(), sold(2, unknown))
    assert reasons(world) == ["unknown-listing"]
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest()
    assert world.said(CommandRefusedV1)[0].reason == "still-unknown"

    world.hear(
        ProductChangedV1(owner="main", sku="B", product=Product(sku="B"), changed_at=NOW),
        ListingMappedV1(owner="main", channel="web", listing_id="gid-9", sku="B", quantity=2, mapped_at=NOW),
    )
    world.rest()
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 2, "2": 2}
    assert world.audit() == []


def test_a_copy_of_a_held_order_lets_it_go_once_it_mends_what_was_wrong() -> None:
    world = then(way(made=sold(ship_to=None)), sold(3))
    (amended,), (released,) = world.said(OrderAmendedV1), world.said(OrderReleasedV1)
    assert (amended.decided_by, [hold.reason for hold in released.closed]) == ("capture", ["address-incomplete"])
    assert [line.quantity for event in world.said(StockReservedV1) for line in event.lines] == [2, 3, 3]
    ships(world)
    assert (world.pieces_said(ShipmentShippedV2), world.outside.taken) == ({"1": 3}, 3000)


def test_a_copy_of_a_held_order_that_mends_nothing_leaves_it_held() -> None:
    world = then(way(made=sold(ship_to=None)), sold(1, extra(), ship_to=Address(country="DE")))
    assert (reasons(world), record(world).status) == (["address-incomplete"], OrderStatus.HELD)
    assert [event.hold.reason for event in world.said(OrderHeldV1)] == []
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1, "2": 1}


# -- corrections


def corrected(world: World, **fields: Any) -> World:
    world.hear(AmendOrderV1(**ABOUT, requested_by="agent-7", **fields))
    world.rest()
    return world


@pytest.mark.parametrize("stage", ["reserved", "labelled", "packed"])
def test_an_operator_corrects_an_address_wherever_the_goods_are(stage: str) -> None:
    world = corrected(way(stage), ship_to=ELSEWHERE)
    (amended,) = world.said(OrderAmendedV1)
    assert (amended.order.ship_to, amended.requested_by) == (ELSEWHERE, "agent-7")
    world.has("A", BER=5)
    world.rest()
    ships(world)
    assert world.said(StockAllocatedV1)[-1].fulfilment.ship_to == ELSEWHERE


def test_what_an_operator_corrected_stays_when_the_shop_changes_something_else() -> None:
    world = then(corrected(way(), ship_to=ELSEWHERE), sold(3))
    assert record(world).order.ship_to == ELSEWHERE
    third = BERLIN.model_copy(update={"line1": "Street 3"})
    then(world, sold(3, ship_to=third))
    assert record(world).order.ship_to == third


def test_more_pieces_by_hand_cost_what_one_costs_now_and_are_not_added_again_by_the_shop() -> None:
    world = corrected(way(), lines=(LineQuantity(line_id="1", quantity=3),))
    then(world, sold(3))
    ships(world)
    assert (world.pieces_said(ShipmentShippedV2), world.outside.taken) == ({"1": 3}, 3000)


def test_the_same_correction_twice_is_made_once() -> None:
    world = way()
    for _ in range(2):
        corrected(world, amendment_id="A-1", lines=(LineQuantity(line_id="1", quantity=3),))
    assert len(world.said(OrderAmendedV1)) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"ship_to": Address(country="DE")}, "incomplete"),
        ({"ship_to": BERLIN}, "nothing-changed"),
        ({"lines": (LineQuantity(line_id="7", quantity=1),)}, "no-such-line"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_and_says_why(fields: dict[str, Any], reason: str) -> None:
    assert corrected(way(), **fields).said(CommandRefusedV1)[0].reason == reason


def test_a_correction_of_an_order_that_is_not_there_or_has_ended_is_refused() -> None:
    world = corrected(World(), ship_to=ELSEWHERE)
    assert world.said(CommandRefusedV1)[0].reason == "no-such-order"
    assert corrected(way("shipped"), ship_to=ELSEWHERE).said(CommandRefusedV1)[0].reason == "no-open-order"


def test_a_correction_is_refused_while_something_is_under_way() -> None:
    world = way()
    world.deliver(CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="1", quantity=1),)))
    world.deliver(AmendOrderV1(**ABOUT, ship_to=ELSEWHERE))
    assert world.said(CommandRefusedV1)[0].reason == "busy"
