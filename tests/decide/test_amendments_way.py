"""Amendments through all services, one step at a time: who answers at which stage, and what becomes of the goods."""

import re
from itertools import pairwise
from typing import Any

import pytest

from crossdock_contracts.amendments import (
    AMENDMENTS,
    AmendmentDecidedV1,
    AmendmentRefusedV1,
    AmendmentRequestedV1,
    Change,
    OrderAmendedV1,
    Result,
    Stage,
)
from crossdock_contracts.capture import CancelOrderV1, OrderCancelledV1, OrderHeldV1, ReleaseHoldV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.labels import LabelVoidedV1
from crossdock_contracts.payments import PaymentCapturedV1
from crossdock_contracts.routing import FulfilmentStopRequestedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import LineQuantity, ShippingChoice
from services.capture.state import OrderStatus
from services.hub.settings import ROOT
from services.inventory.state import Stock
from services.payments.state import PaymentStatus
from services.shipping.state import Shipment
from tests.builders import later, order_input
from tests.decide.sale import (
    ABOUT,
    ELSEWHERE,
    STEP,
    extra,
    money,
    payment,
    picked,
    reasons,
    record,
    results,
    ships,
    sold,
    then,
    way,
)
from tests.decide.world import World


def test_every_change_has_an_answer_at_every_stage() -> None:
    assert set(AMENDMENTS) == set(Change)
    assert all(list(row) == list(Stage) for row in AMENDMENTS.values())


def test_what_is_refused_at_one_stage_is_refused_at_every_later_one() -> None:
    for row in AMENDMENTS.values():
        assert all(after is Result.REFUSED for now, after in pairwise(row.values()) if now is Result.REFUSED)


def test_the_page_shows_the_table_that_the_services_go_by() -> None:
    page = (ROOT / "docs" / "orders.md").read_text().partition("## Amendments")[2].partition("## Cancellation")[0]
    rows = re.findall(r"^\| `([a-z]+)`.*?\|(.+)\|$", page, re.MULTILINE)
    shown = {name: [cell.strip() for cell in cells.split("|")][-len(Stage) :] for name, cells in rows}
    assert shown == {change.value: [result.value for result in row.values()] for change, row in AMENDMENTS.items()}


TO_CHANGE: dict[Change, dict[str, Any]] = {
    Change.ADDRESS: {"ship_to": ELSEWHERE},
    Change.SERVICE: {"shipping": ShippingChoice(service_level="express")},
    Change.DATE: {"deliver_by": later(days=3)},
    Change.GIFT: {"gift_message": "Happy birthday"},
    Change.RECORD: {"customer_po": "PO-1"},
}
AT = {"reserved": Stage.RESERVED, "routed": Stage.ROUTED, "labelled": Stage.LABELLED, "picked": Stage.RELEASED,
      "packed": Stage.RELEASED}  # fmt: skip


@pytest.mark.parametrize("stage", AT)
@pytest.mark.parametrize("change", [change for change in TO_CHANGE if change is not Change.RECORD])
def test_each_change_has_the_answer_of_the_table_at_each_stage(stage: str, change: Change) -> None:
    world = then(way(stage), sold(**TO_CHANGE[change]))

    assert results(world, change) == {AMENDMENTS[change][AT[stage]]}
    moved = AMENDMENTS[change][AT[stage]] in (Result.REROUTED, Result.RECALLED)
    assert bool(world.said(FulfilmentStopRequestedV1)) == (stage != "reserved")
    assert len(world.outside.labels) == (stage != "reserved")
    assert bool(world.said(LabelVoidedV1)) == moved
    if moved or stage == "reserved":
        assert reasons(world) == []
        assert all(getattr(record(world).order, name) == value for name, value in TO_CHANGE[change].items())


@pytest.mark.parametrize("stage", ["labelled", "packed"])
def test_what_comes_back_for_a_new_address_ships_there_with_a_label_of_its_own(stage: str) -> None:
    world = then(way(stage), sold(ship_to=ELSEWHERE))
    ships(world)

    last = world.said(StockAllocatedV1)[-1].fulfilment
    assert (last.fulfilment_id, last.ship_to) == ("web:1/2", ELSEWHERE)
    assert [shipped.fulfilment_id for shipped in world.said(ShipmentShippedV2)] == ["web:1/2"]
    assert record(world).status is OrderStatus.COMPLETED
    assert (money(world, PaymentCapturedV1), len(world.outside.labels)) == ([2000], 1)


def test_an_address_that_comes_after_a_part_has_shipped_goes_for_the_rest_and_somebody_looks() -> None:
    world = World()
    world.has("A", BER=5)
    world.has("B", LYS=5)
    world.rest()
    world.hands_in(sold(2, extra()))
    world.rest()
    gone, left = world.shipments
    for _ in range(3):
        gone = world.get(Shipment, "main", gone.fulfilment_id)
        world.deliver(STEP[gone.status](gone))
        world.rest()

    then(world, sold(2, extra(), ship_to=ELSEWHERE))

    (amended,) = world.said(OrderAmendedV1)
    assert [(part.fulfilment_id, part.result) for part in amended.results] == [
        (gone.fulfilment_id, "refused"),
        (left.fulfilment_id, "re-routed"),
    ]
    assert (reasons(world), record(world).status) == (["amendment-refused"], OrderStatus.PAUSED)
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest()
    ships(world)
    assert record(world).status is OrderStatus.COMPLETED
    assert world.said(StockAllocatedV1)[-1].fulfilment.ship_to == ELSEWHERE


def test_a_change_that_is_refused_everywhere_is_not_made() -> None:
    world = then(way("packed"), sold(gift_message="Happy birthday"))
    assert world.said(OrderAmendedV1) == []
    assert len(world.said(AmendmentRefusedV1)) == 1
    assert record(world).order.gift_message == ""
    assert reasons(world) == ["amendment-refused"]


def test_nothing_of_an_order_that_has_shipped_comes_back() -> None:
    world = then(way("shipped"), sold(ship_to=ELSEWHERE))
    assert [event.hold.reason for event in world.said(OrderHeldV1)] == ["late-arrival"]
    assert world.said(AmendmentRequestedV1) == []


def test_an_amendment_that_races_the_shipment_is_refused_by_whoever_has_the_goods() -> None:
    world = way("packed")
    world.hands_in(sold(ship_to=ELSEWHERE))
    while not world.said(FulfilmentStopRequestedV1):
        world.ready[0]()
    (shipment,) = world.shipments
    world.deliver(STEP[shipment.status](shipment))
    world.rest()

    assert len(world.said(AmendmentRefusedV1)) == 1
    assert (reasons(world), record(world).status) == (["amendment-refused"], OrderStatus.COMPLETED)
    assert world.audit() == []


def test_an_amendment_that_races_a_short_pick_loses_no_piece() -> None:
    world = way("labelled")
    world.hands_in(sold(ship_to=ELSEWHERE))
    while not world.said(FulfilmentStopRequestedV1):
        world.ready[0]()
    (shipment,) = world.shipments
    world.deliver(picked(shipment, missing=1))
    world.rest()
    ships(world)

    assert world.pieces_said(ShipmentShippedV2) == {"1": 2}
    assert {event.fulfilment.ship_to for event in world.said(StockAllocatedV1)[1:]} == {ELSEWHERE}
    assert (record(world).status, world.audit()) == (OrderStatus.COMPLETED, [])


def test_an_amendment_that_overtakes_its_fulfilment_keeps_it_from_being_bound_and_labelled() -> None:
    world = way("routed")
    then(world, sold(ship_to=ELSEWHERE))
    ships(world)
    assert [shipped.fulfilment_id for shipped in world.said(ShipmentShippedV2)] == ["web:1/2"]
    assert record(world).status is OrderStatus.COMPLETED


@pytest.mark.parametrize("stage", ["reserved", "labelled", "packed"])
def test_added_pieces_and_lines_are_reserved_and_ship_with_what_is_left_of_the_order(stage: str) -> None:
    world = then(way(stage), sold(3, extra()))
    assert results(world, "quantity") == results(world, "line") == {Result.APPLIED}
    world.has("A", BER=10)
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 3, "2": 1}
    assert (record(world).status, reasons(world), world.audit()) == (OrderStatus.COMPLETED, [], [])


def test_what_is_added_just_as_everything_else_ships_is_promised_all_the_same() -> None:
    world = way("packed")
    world.hands_in(sold(2, extra()))
    while not world.said(AmendmentDecidedV1):
        world.ready[0]()
    (shipment,) = world.shipments
    world.deliver(STEP[shipment.status](shipment))
    for shipped in world.said(ShipmentShippedV2):
        world.deliver(shipped)
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 2, "2": 1}
    assert (record(world).status, world.audit()) == (OrderStatus.COMPLETED, [])


@pytest.mark.parametrize("stage", ["reserved", "labelled", "packed"])
def test_pieces_that_a_newer_copy_no_longer_has_go_back_to_stock(stage: str) -> None:
    world = then(way(stage), sold(1))
    world.has("A", BER=10)
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 1}
    assert record(world).status is OrderStatus.COMPLETED
    (left,) = (stock for stock in world.all_of(Stock) if stock.sku == "A")
    assert (left.reserved, left.waiting, left.locations["BER"].allocated) == (0, 0, 0)
    assert world.audit() == []


def test_a_copy_that_leaves_nothing_of_an_order_cancels_it() -> None:
    world = way("labelled", sold(2, extra()))
    world.hear(CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="2", quantity=1),)))
    world.rest()
    then(world, order_input("1", extra(), payment=sold().payment))
    assert record(world).status is OrderStatus.CANCELLED
    assert [event.reason for event in world.said(OrderCancelledV1)] == ["requested", "changed-at-source"]
    assert payment(world).status is PaymentStatus.VOIDED


@pytest.mark.parametrize(
    "copy",
    [
        sold(currency="USD"),
        sold(method="prepaid"),
        order_input("1", LineInput(line_id="1", sku="B", quantity=2, unit_price_minor=1000), payment=sold().payment),
    ],
)
def test_what_nobody_can_tell_the_meaning_of_is_laid_before_somebody(copy: Any) -> None:
    world = then(way(), copy)
    assert reasons(world) == ["changed-at-source"]
    assert world.said(AmendmentRequestedV1) == []
