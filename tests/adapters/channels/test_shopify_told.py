"""What a shop of Shopify's is told: shipped, cancelled, paid back; each once."""

from typing import Any

import orjson
import pytest

from services.capture.channels.shopify import Shopify
from services.capture.channels.shopify.api import ShopifyApi
from services.hub.decision import Done, Refused
from services.hub.effects import PermanentError
from tests.adapters.channels.shopify import UNSHIPPED
from tests.adapters.channels.speaking import Shop, cancelled, refund, shipped, told
from tests.adapters.outside import Outside, answer

FORMAT = Shopify()


# -- shipped


async def test_pieces_are_fulfilled_with_their_tracking(shop: Shop) -> None:
    lines = await shop.lines()
    answered = told(await shop.tells(shipped("1001", lines=lines)))

    state = await shop.state()
    assert state["orders"]["1001"]["fulfilment"] == "fulfilled"
    assert [(one["order"], one["tracking"], one["company"]) for one in state["fulfilments"]] == [
        ("1001", ["1Z1"], "UPS")
    ]
    assert answered.reference == state["fulfilments"][0]["fulfilment"]


async def test_an_order_is_fulfilled_in_parts(shop: Shop) -> None:
    order_id, first, lines = await shop.with_pieces(2)

    await shop.tells(shipped(order_id, lines={first: 1}))
    assert (await shop.state())["orders"][order_id]["fulfilment"] == "partial"
    await shop.tells(shipped(order_id, "1Z2", lines={**lines, first: lines[first] - 1}, fulfilment_id="f2"))

    assert (await shop.state())["orders"][order_id]["fulfilment"] == "fulfilled"


async def test_more_than_the_shop_waits_for_is_refused(shop: Shop) -> None:
    name, pieces = next(iter((await shop.lines()).items()))

    outcome = await shop.tells(shipped("1001", lines={name: pieces + 1}))

    assert isinstance(outcome, Refused)
    assert outcome.code == "not-fulfillable"
    assert (await shop.state())["fulfilments"] == []


async def test_what_ships_of_a_cancelled_order_is_refused(shop: Shop) -> None:
    lines = await shop.lines()
    await shop.tells(cancelled("1001", lines))

    assert isinstance(await shop.tells(shipped("1001", lines=lines)), Refused)


@pytest.mark.parametrize("fault", ["lost-answer", "truncated", "garbage", "reset", "500", "502", "503", "429", "hang"])
async def test_an_answer_that_never_came_is_looked_up_and_nothing_is_fulfilled_twice(shop: Shop, fault: str) -> None:
    order_id, first, _ = await shop.with_pieces(2)
    await shop.next(None, fault)

    outcome = await shop.tells(shipped(order_id, lines={first: 1}))

    assert isinstance(outcome, Done)
    assert len((await shop.state())["fulfilments"]) == 1


async def test_a_shipment_without_a_number_is_found_again_by_our_own(shop: Shop) -> None:
    order_id, first, _ = await shop.with_pieces(2)
    request = shipped(order_id, "", lines={first: 1})
    await shop.tells(request)

    assert isinstance(await shop.tells(request, resumed=True), Done)
    assert [one["tracking"] for one in (await shop.state())["fulfilments"]] == [["f1"]]


async def test_lines_of_further_pages_are_fulfilled_too(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other

    def item(number: int) -> dict[str, Any]:
        line = {"id": f"gid://shopify/LineItem/{number}"}
        return {"id": f"item-{number}", "remainingQuantity": 1, "lineItem": line}

    whole = {"hasNextPage": False, "endCursor": None}
    some = {"nodes": [item(1)], "pageInfo": {"hasNextPage": True, "endCursor": "c"}}
    waiting = {"id": "fo-1", "status": "OPEN", "assignedLocation": None, "lineItems": some}
    shown = {"order": {"fulfillments": [], "fulfillmentOrders": {"nodes": [waiting]}}}
    more = {"fulfillmentOrder": {"lineItems": {"nodes": [item(2)], "pageInfo": whole}}}
    made = {"fulfillmentCreate": {"fulfillment": {"id": "gid://shopify/Fulfillment/3"}, "userErrors": []}}
    server.says = [answer(200, {"data": data}) for data in (shown, more, made)]

    found = await api.call("ship", "k", shipped("1", lines={"2": 1}, url="https://track.example/1Z1"))

    assert found.reference == "3"
    sent = server.heard[2].json["variables"]["fulfillment"]
    assert sent["lineItemsByFulfillmentOrder"] == [
        {"fulfillmentOrderId": "fo-1", "fulfillmentOrderLineItems": [{"id": "item-2", "quantity": 1}]}
    ]
    assert sent["trackingInfo"] == {"numbers": ["1Z1"], "company": "UPS", "urls": ["https://track.example/1Z1"]}


async def test_a_fulfilment_that_the_shop_will_not_have_says_why(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    item = {"id": "item-1", "remainingQuantity": 1, "lineItem": {"id": "gid://shopify/LineItem/2"}}
    some = {"nodes": [item], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    waiting = {"id": "fo-1", "status": "OPEN", "assignedLocation": None, "lineItems": some}
    shown = {"order": {"fulfillments": [], "fulfillmentOrders": {"nodes": [waiting]}}}
    wrong = {"field": ["fulfillment"], "message": "The fulfillment order is on hold.", "code": None}
    refused = {"fulfillmentCreate": {"fulfillment": None, "userErrors": [wrong]}}
    server.says = [answer(200, {"data": data}) for data in (shown, refused)]

    with pytest.raises(PermanentError, match="fulfillment: The fulfillment order is on hold"):
        await api.call("ship", "k", shipped("1", lines={"2": 1}))
    assert server.called == ["POST /admin/api/2026-07/graphql.json"] * 2


async def test_a_cancel_says_why_who_pays_back_and_bears_our_mark(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    job = {"orderCancel": {"job": {"id": "gid://shopify/Job/8", "done": False}, "orderCancelUserErrors": []}}
    done = {"order": {"cancelledAt": "2026-05-04T12:31:00Z"}}
    server.says = [answer(200, {"data": data}) for data in (UNSHIPPED, job, done)]

    assert (await api.call("cancel", "k", cancelled("1"))).reference == "8"

    assert server.called == ["POST /admin/api/2026-07/graphql.json"] * 3
    assert server.heard[1].json["variables"] == {
        "orderId": "gid://shopify/Order/1",
        "reason": "INVENTORY",
        "refundMethod": {"originalPaymentMethodsRefund": True},
        "restock": True,
        "notifyCustomer": True,
        "staffNote": "out of stock crossdock:cancel:c1",
    }


async def test_a_cancel_that_the_shop_will_not_have_says_why(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    wrong = {"field": ["orderId"], "message": "Cannot cancel a paid order with a dispute", "code": "INVALID"}
    refused = {"orderCancel": {"job": None, "orderCancelUserErrors": [wrong]}}
    server.says = [answer(200, {"data": one}) for one in (UNSHIPPED, refused, {"order": {"cancelledAt": None}})]

    with pytest.raises(PermanentError, match="invalid: orderId: Cannot cancel a paid order with a dispute"):
        await api.call("cancel", "k", cancelled("1"))


async def test_an_order_is_cancelled_whole_and_paid_back(shop: Shop) -> None:
    total = round(float((await shop.order())["total_price"]) * 100)

    assert isinstance(await shop.tells(cancelled("1001", await shop.lines())), Done)

    state = await shop.state()
    assert state["orders"]["1001"]["cancelled"]
    assert state["refunded_minor"] == total
    assert FORMAT.read(orjson.dumps(await shop.order())).cancels[0].lines == ()


async def test_pieces_are_taken_out_and_paid_back_with_our_mark(shop: Shop) -> None:
    order_id, first, _ = await shop.with_pieces(2)

    answered = told(await shop.tells(cancelled(order_id, {first: 1}, minor=500, complete=False)))

    assert (await shop.state())["refunded_minor"] == 500
    read = FORMAT.read(orjson.dumps(await shop.order(order_id)))
    assert [(one.cancel_id, one.asked_as, one.lines[0].quantity) for one in read.cancels] == [
        (answered.reference, "c1", 1)
    ]
    assert [(one.refund_id, one.amount_minor) for one in read.refunds] == [(answered.reference, 500)]


async def test_what_the_hub_pays_back_itself_is_only_taken_out(shop: Shop) -> None:
    order_id, first, _ = await shop.with_pieces(2)

    await shop.tells(cancelled(order_id, {first: 1}, minor=500, complete=False, refund=False))

    assert (await shop.state())["refunded_minor"] == 0
    assert len(FORMAT.read(orjson.dumps(await shop.order(order_id))).cancels) == 1


@pytest.mark.parametrize("fault", ["lost-answer", "truncated", "garbage", "reset", "500", "429"])
@pytest.mark.parametrize("complete", [True, False])
async def test_nothing_is_cancelled_or_paid_back_twice(shop: Shop, fault: str, *, complete: bool) -> None:
    order_id, first, lines = await shop.with_pieces(2)
    total = round(float((await shop.order(order_id))["total_price"]) * 100)
    request = cancelled(
        order_id, lines if complete else {first: 1}, minor=total if complete else 300, complete=complete
    )
    await shop.next(None, fault)

    assert isinstance(await shop.tells(request), Done)
    assert isinstance(await shop.tells(request, resumed=True), Done)
    assert (await shop.state())["refunded_minor"] == (total if complete else 300)


@pytest.mark.parametrize("fault", ["lost-answer", "truncated", "garbage", "reset", "500", "429"])
async def test_a_refund_is_paid_once(shop: Shop, fault: str) -> None:
    await shop.next(None, fault)

    assert isinstance(await shop.tells(refund("1001", 250)), Done)
    assert isinstance(await shop.tells(refund("1001", 250), resumed=True), Done)
    assert (await shop.state())["refunded_minor"] == 250
    await shop.tells(refund("1001", 250, refund_id="r2"))
    assert (await shop.state())["refunded_minor"] == 500


async def test_more_than_was_paid_is_refused(shop: Shop) -> None:
    outcome = await shop.tells(refund("1001", 10_000_000))

    assert isinstance(outcome, Refused)
    assert outcome.code == "more-than-paid"


async def test_an_order_that_is_gone_is_refused(shop: Shop) -> None:
    outcome = await shop.tells(refund("77", 100))

    assert isinstance(outcome, Refused)
    assert outcome.code == "no-such-order"


async def test_what_the_shop_says_of_a_wrong_mutation_is_the_reason(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    paid = {
        "id": "gid://shopify/OrderTransaction/1",
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "bogus",
        "amountSet": {"presentmentMoney": {"amount": "10.00", "currencyCode": "EUR"}},
        "parentTransaction": None,
    }
    shown = {"order": {"cancelledAt": None, "fulfillments": [], "refunds": [], "transactions": [paid]}}
    wrong = {"field": ["input", "transactions"], "message": "Refund amount is too high", "code": None}
    server.says = [
        answer(200, {"data": shown}),
        answer(200, {"data": {"refundCreate": {"refund": None, "userErrors": [wrong]}}}),
    ]

    with pytest.raises(PermanentError, match=r"input\.transactions: Refund amount is too high"):
        await api.call("refund", "k", refund("1", 1000))

    sent = server.heard[1].json["variables"]["input"]
    assert (sent["note"], sent["currency"]) == ("return crossdock:refund:r1", "EUR")
    assert sent["transactions"] == [
        {
            "orderId": "gid://shopify/Order/1",
            "parentId": "gid://shopify/OrderTransaction/1",
            "gateway": "bogus",
            "kind": "REFUND",
            "amount": "10.00",
        }
    ]
