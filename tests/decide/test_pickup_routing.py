"""Where an order goes that its buyer collects, and what becomes of it when nobody does."""

from functools import partial

import pytest

from crossdock_contracts.capture import CancelRequestedV1
from crossdock_contracts.routing import FulfilmentStopRequestedV1, OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.stores import (
    PickupExpiredV1,
)
from crossdock_contracts.values import ShippingChoice
from services.capture.decide import cancel
from services.capture.state import OrderRecord, OrderStatus
from services.routing.decide import route, stop
from services.routing.rules import RoutingConfig
from services.routing.rules import Rules as RoutingRules
from tests.builders import (
    NOW,
    authorised,
    captured,
    line,
    order,
    pieces,
    promised,
    reserved,
)
from tests.decide import test_routing
from tests.decide.dock import ABOUT
from tests.decide.ledger import Ledger

SHOPS = RoutingRules(
    config=RoutingConfig(),
    locations={**test_routing.RULES.locations, "SHOP": test_routing.place(48.1, 11.6, pickup=True, name="Munich")},
)


def collected(rules: RoutingRules = SHOPS, store: str = "SHOP", quantity: int = 3, **places: int) -> Ledger:
    """An order to be collected at a store is routed."""
    ledger = Ledger()
    choice = ShippingChoice(pickup_location_id=store)
    message = captured(line(quantity=quantity), shipping=choice, ship_to=None)
    ledger.take(partial(route.know_order, rules), message, NOW)
    ledger.take(partial(route.know_payment, rules), authorised(), NOW)
    ledger.take(partial(route.know_promise, rules), reserved(promised(1, "A", quantity, **places)), NOW)
    return ledger


def test_the_store_has_the_say_where_it_has_all_of_it_however_near_others_are() -> None:
    ledger = collected(SHOP=3, BER=9)
    (routed,) = ledger.said(OrderRoutedV1)
    (made,) = routed.fulfilments
    assert (made.location_id, made.collect_at, made.ship_to.company) == ("SHOP", "SHOP", "Munich")
    assert made.ship_to.name == "Customer 1"
    assert ("the buyer collects it", "has all of it") in [(one.rule, one.effect) for one in routed.rules]


@pytest.mark.parametrize(("places", "ships"), [({"ROT": 5}, ["ROT"]), ({"SHOP": 1, "ROT": 2}, ["ROT", "SHOP"])])
def test_what_the_store_has_not_is_shipped_to_it(places: dict[str, int], ships: list[str]) -> None:
    (routed,) = collected(**places).said(OrderRoutedV1)
    assert [one.location_id for one in routed.fulfilments] == ships
    assert {(one.collect_at, one.ship_to.country) for one in routed.fulfilments} == {("SHOP", "DE")}


@pytest.mark.parametrize("store", ["BER", "NOWHERE"])
def test_an_order_to_be_collected_where_nothing_is_collected_is_held(store: str) -> None:
    (held,) = collected(store=store, BER=5).said(OrderUnroutableV1)
    assert (held.reason, store in held.detail) == ("no-such-store", True)


def test_a_cancel_of_one_fulfilment_leaves_the_others_alone() -> None:
    ledger = collected(SHOP=1, ROT=2)
    message = CancelRequestedV1(
        owner="main",
        order_id="web:1",
        cancel_id="no-show-web:1/2",
        lines=(pieces(),),
        reason="not-collected",
        fulfilment_id="web:1/2",
    )
    ledger.take(partial(stop.cancel_requested, SHOPS), message, NOW)
    assert [one.fulfilment_id for one in ledger.said(FulfilmentStopRequestedV1)] == ["web:1/2"]


def test_a_no_show_is_cancelled_once_and_only_that() -> None:
    ledger = Ledger(OrderRecord(order_id="web:1", status=OrderStatus.OPEN, order=order(line(quantity=3))))
    message = PickupExpiredV1(**ABOUT, location_id="SHOP", lines=(pieces(2),), expired_at=NOW)
    for _ in range(2):
        ledger.take(cancel.cancel_uncollected, message, NOW)
    (asked,) = ledger.said(CancelRequestedV1)
    assert (asked.reason, asked.fulfilment_id, asked.lines) == ("not-collected", "web:1/1", (pieces(2),))
