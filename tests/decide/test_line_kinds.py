"""What a line is decides what becomes of it: only physical ones are promised, routed and shipped; all are paid for."""

from functools import partial

import pytest

from crossdock_contracts.capture import OrderCapturedV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import StockReservedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import LineKind
from services.capture.state import Item
from services.inventory.decide import promise
from services.routing.decide import route
from tests.builders import NOW, authorised, ingest, order_input, promised, reserved
from tests.decide.depot import depots, place
from tests.decide.ledger import Ledger
from tests.decide.test_capture import taken_in
from tests.decide.test_inventory import shelf

OTHERS = [kind for kind in LineKind if kind is not LineKind.PHYSICAL]


@pytest.mark.parametrize("kind", OTHERS)
def test_only_physical_lines_reserve_and_ship_and_they_carry_what_the_buyer_pays(kind: LineKind) -> None:
    capture, inventory, routing = Ledger(Item(sku="A")), Ledger(shelf(BER=3)), Ledger()
    other = LineInput(line_id="2", kind=kind, title="beside the goods", quantity=1, unit_price_minor=250)
    total = 1000 + (-250 if kind is LineKind.DISCOUNT else 250)
    goods = LineInput(line_id="1", sku="A", quantity=1, unit_price_minor=1000)
    taken_in(capture, ingest(order_input("1", goods, other, total_minor=total)))
    (order,) = capture.said(OrderCapturedV1)
    assert order.holds == ()

    inventory.take(promise.reserve, order, NOW)
    (promise_of,) = inventory.said(StockReservedV1)
    rules = depots(BER=place())
    routing.take(partial(route.know_order, rules), order, NOW)
    routing.take(partial(route.know_payment, rules), authorised(order.order_id, total), NOW)
    routing.take(partial(route.know_promise, rules), reserved(promised(BER=3)), NOW)
    (routed,) = routing.said(OrderRoutedV1)

    assert [line.line_id for line in promise_of.lines] == ["1"]
    assert [(line.line_id, line.value_minor) for one in routed.fulfilments for line in one.lines] == [("1", total)]
