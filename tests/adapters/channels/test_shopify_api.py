"""Shopify's web API against a shop that keeps state: what is asked, what is told once, and what it refuses."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.capture.channels.api import AskOrder, AskOrders, Level, Page, SetStock, TellRefund
from services.capture.channels.shopify import Shopify
from services.capture.channels.shopify.api import ShopifyApi
from services.capture.rules import ApiConfig
from services.hub.decision import Done, Refused
from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from services.hub.secrets import Secrets
from services.sandbox.api import now
from tests.adapters.channels.api import Shop, cancelled, refund, shipped, shop_of, told
from tests.adapters.outside import Outside, answer, outside

FORMAT = Shopify()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with five orders of three articles, of which there are fifty each."""
    async with shop_of("shopify", tmp_path, account={"location": "1"}) as found:
        await found.set_up(orders=5, skus=["A", "B", "C"], stock=50)
        yield found


async def order_of(shop: Shop, order_id: str = "1001") -> dict[str, Any]:
    found = await shop.api.call("order", "k", AskOrder(channel_order_id=order_id))
    return dict(orjson.loads(found.body))


async def lines_of(shop: Shop, order_id: str = "1001") -> list[tuple[str, int]]:
    return [(str(line["id"]), line["quantity"]) for line in (await order_of(shop, order_id))["line_items"]]


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[tuple[Outside, ShopifyApi]]:
    """A server that says what it is told to, and a client to it."""
    (tmp_path / "channel.shop.token").write_text("shpat_1\n")
    async with outside() as server:
        api = ShopifyApi("shop", ApiConfig(url=server.url, account={"location": "7"}), Secrets(tmp_path))
        yield server, api
        await api.close()


# -- orders


async def test_an_order_is_asked_for_by_its_id_and_is_as_webhooks_bring_it(shop: Shop) -> None:
    found = await shop.api.call("order", "k", AskOrder(channel_order_id="1002"))

    assert FORMAT.read(found.body).order_id == "1002"


async def test_an_order_that_the_shop_does_not_have_is_refused(shop: Shop) -> None:
    with pytest.raises(PermanentError, match="Not Found"):
        await shop.api.call("order", "k", AskOrder(channel_order_id="77"))


async def test_the_token_and_the_version_go_with_each_call(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.says = [answer(200, {"order": {"id": 5}})]

    await api.call("order", "k", AskOrder(channel_order_id="5"))

    assert server.called == ["GET /admin/api/2026-07/orders/5.json"]
    assert server.heard[0].headers["x-shopify-access-token"] == "shpat_1"


async def test_an_app_without_a_token_fetches_one_with_its_id_and_secret(tmp_path: Path) -> None:
    for part in ("key", "secret"):
        (tmp_path / f"channel.shop.{part}").write_text(f"the-{part}\n")
    async with outside() as server:
        api = ShopifyApi("shop", ApiConfig(url=server.url, account={"location": "7"}), Secrets(tmp_path))
        server.says = [
            answer(200, {"access_token": "shpat_day", "expires_in": 86399}),
            answer(200, {"order": {"id": 5}}),
        ]
        await api.call("order", "k", AskOrder(channel_order_id="5"))
        await api.close()

    form = b"grant_type=client_credentials&client_id=the-key&client_secret=the-secret"
    assert (server.heard[0].path, server.heard[0].body) == ("/admin/oauth/access_token", form)
    assert server.heard[1].headers["x-shopify-access-token"] == "shpat_day"


async def test_without_any_secret_nothing_is_sent_and_the_text_says_what_to_do(tmp_path: Path) -> None:
    async with outside() as server:
        api = ShopifyApi("shop", ApiConfig(url=server.url, account={"location": "7"}), Secrets(tmp_path))
        with pytest.raises(TransientError, match=r"channel\.shop\.token"):
            await api.call("order", "k", AskOrder(channel_order_id="5"))
        await api.close()

    assert server.called == []


async def all_pages(shop: Shop, since: Any) -> list[Page]:
    pages = [await shop.api.call("orders", "k", AskOrders(since=since))]
    while pages[-1].next:
        pages.append(await shop.api.call("orders", "k", AskOrders(since=since, page=pages[-1].next)))
    return pages


async def test_orders_are_listed_page_by_page_whatever_their_status(shop: Shop) -> None:
    await shop.set_up(orders=255, skus=["A", "B", "C"], stock=5000)
    await shop.tells(cancelled("1003", *await lines_of(shop, "1003"), complete=True))

    pages = await all_pages(shop, now() - timedelta(hours=1))

    ids = {FORMAT.order_id(body) for page in pages for body in page.orders}
    assert len(pages) == 2
    assert ids == {str(number) for number in range(1001, 1261)}


async def test_only_orders_that_have_changed_since_are_listed(shop: Shop) -> None:
    assert (await all_pages(shop, now() + timedelta(minutes=1)))[0].orders == ()


async def test_a_list_that_comes_too_fast_is_waited_for(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.says = [
        answer(429, {"errors": "Exceeded 2 calls per second"}, retry_after="0.1"),
        answer(200, {"orders": []}),
    ]

    assert await api.call("orders", "k", AskOrders(since=now())) == Page()
    assert "updated_at_min=" in server.called[0]


# -- stock


def levels(*wanted: tuple[str, str, int]) -> SetStock:
    return SetStock(levels=tuple(Level(sku=sku, listing_id=name, available=n) for sku, name, n in wanted))


async def test_stock_is_set_by_variant(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", levels(("ours", "40001", 7), ("other", "40002", 0)))

    assert [one.problem for one in found.levels] == ["", ""]
    stock = (await shop.state())["stock"]
    assert (stock["A"], stock["B"]) == (7, 0)


async def test_stock_is_set_by_sku(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", levels(("C", "", 9), ("Z", "", 3)))

    assert [one.problem for one in found.levels] == ["", "no article has the SKU Z"]
    assert (await shop.state())["stock"]["C"] == 9


async def test_a_level_that_the_shop_will_not_have_does_not_keep_the_others_from_it(shop: Shop) -> None:
    wanted = levels(("A", "40001", 7), ("B", "40002", 8))
    await shop.api.call("stock", "k", wanted)
    await shop.set_up(skus=["A"], stock=1)  # the variant is deleted, after its item was found

    found = await shop.api.call("stock", "k2", wanted)

    assert found.levels[0].problem == ""
    assert "could not be found" in found.levels[1].problem
    assert (await shop.state())["stock"] == {"A": 7}


async def test_an_unknown_variant_is_told_with_the_reason(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", levels(("A", "99", 7)))

    assert found.levels[0].problem == "no variant 99"


async def test_levels_are_set_absolutely_at_the_location_that_is_configured(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    item = {"id": "gid://shopify/InventoryItem/5", "tracked": True}
    variant = {"id": "gid://shopify/ProductVariant/9", "inventoryItem": item}
    done = {"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "1"}, "userErrors": []}}
    server.says = [answer(200, {"data": {"nodes": [variant]}}), answer(200, {"data": done})]

    await api.call("stock", "k", levels(("A", "9", 4)))

    assert server.called == ["POST /admin/api/2026-07/graphql.json"] * 2
    sent = server.heard[1].json["variables"]["input"]
    assert (sent["name"], sent["quantities"]) == (
        "available",
        [
            {
                "inventoryItemId": "gid://shopify/InventoryItem/5",
                "locationId": "gid://shopify/Location/7",
                "quantity": 4,
                "changeFromQuantity": None,
            }
        ],
    )
    assert "@idempotent" in server.heard[1].json["query"]


# -- shipped


async def test_pieces_are_fulfilled_with_their_tracking(shop: Shop) -> None:
    lines = await lines_of(shop)
    answered = told(await shop.tells(shipped("1001", *lines)))

    state = await shop.state()
    assert state["orders"]["1001"]["fulfilment"] == "fulfilled"
    assert [(one["order"], one["tracking"], one["company"]) for one in state["fulfilments"]] == [
        ("1001", ["1Z999"], "UPS")
    ]
    assert answered.reference == state["fulfilments"][0]["fulfilment"]


async def test_an_order_is_fulfilled_in_parts(shop: Shop) -> None:
    order_id, lines = await with_pieces(shop, 2)
    (first, _), rest = lines[0], lines[1:]

    await shop.tells(shipped(order_id, (first, 1)))
    assert (await shop.state())["orders"][order_id]["fulfilment"] == "partial"
    await shop.tells(shipped(order_id, (first, lines[0][1] - 1), *rest, number="1Z000", fulfilment_id="f-2"))

    assert (await shop.state())["orders"][order_id]["fulfilment"] == "fulfilled"


async def with_pieces(shop: Shop, pieces: int) -> tuple[str, list[tuple[str, int]]]:
    """An order of which a line has so many pieces, that line first."""
    for order_id in (await shop.state())["orders"]:
        lines = sorted(await lines_of(shop, order_id), key=lambda line: -line[1])
        if lines[0][1] >= pieces:
            return order_id, lines
    pytest.fail("there is no such order")


async def test_more_than_the_shop_waits_for_is_refused(shop: Shop) -> None:
    (name, pieces), *_ = await lines_of(shop)

    outcome = await shop.tells(shipped("1001", (name, pieces + 1)))

    assert isinstance(outcome, Refused)
    assert outcome.code == "not-fulfillable"
    assert (await shop.state())["fulfilments"] == []


async def test_what_ships_of_a_cancelled_order_is_refused(shop: Shop) -> None:
    lines = await lines_of(shop)
    await shop.tells(cancelled("1001", *lines, complete=True))

    assert isinstance(await shop.tells(shipped("1001", *lines)), Refused)


@pytest.mark.parametrize("fault", ["lost-answer", "truncated", "garbage", "reset", "500", "502", "503", "429", "hang"])
async def test_an_answer_that_never_came_is_looked_up_and_nothing_is_fulfilled_twice(shop: Shop, fault: str) -> None:
    order_id, lines = await with_pieces(shop, 2)
    await shop.next(None, fault)

    outcome = await shop.tells(shipped(order_id, (lines[0][0], 1)))

    assert isinstance(outcome, Done)
    assert len((await shop.state())["fulfilments"]) == 1


async def test_a_shipment_without_a_number_is_found_again_by_our_own(shop: Shop) -> None:
    order_id, lines = await with_pieces(shop, 2)
    request = shipped(order_id, (lines[0][0], 1), number="")
    await shop.tells(request)

    assert isinstance(await shop.tells(request, resumed=True), Done)
    assert [one["tracking"] for one in (await shop.state())["fulfilments"]] == [["f-1"]]


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

    found = await api.call("ship", "k", shipped("1", ("2", 1)))

    assert found.reference == "3"
    sent = server.heard[2].json["variables"]["fulfillment"]
    assert sent["lineItemsByFulfillmentOrder"] == [
        {"fulfillmentOrderId": "fo-1", "fulfillmentOrderLineItems": [{"id": "item-2", "quantity": 1}]}
    ]
    assert sent["trackingInfo"] == {"numbers": ["1Z999"], "company": "UPS", "urls": ["https://track.example/1Z999"]}


# -- cancelled and paid back


async def test_an_order_is_cancelled_whole_and_paid_back(shop: Shop) -> None:
    total = round(float((await order_of(shop))["total_price"]) * 100)

    assert isinstance(await shop.tells(cancelled("1001", *await lines_of(shop), complete=True)), Done)

    state = await shop.state()
    assert state["orders"]["1001"]["cancelled"]
    assert state["refunded_minor"] == total
    assert FORMAT.read(orjson.dumps(await order_of(shop))).cancels[0].lines == ()


async def test_pieces_are_taken_out_and_paid_back_with_our_mark(shop: Shop) -> None:
    order_id, lines = await with_pieces(shop, 2)

    answered = told(await shop.tells(cancelled(order_id, (lines[0][0], 1), amount=500)))

    assert (await shop.state())["refunded_minor"] == 500
    read = FORMAT.read(orjson.dumps(await order_of(shop, order_id)))
    assert [(one.cancel_id, one.asked_as, one.lines[0].quantity) for one in read.cancels] == [
        (answered.reference, "c-1", 1)
    ]
    assert [(one.refund_id, one.amount_minor) for one in read.refunds] == [(answered.reference, 500)]


async def test_what_the_hub_pays_back_itself_is_only_taken_out(shop: Shop) -> None:
    order_id, lines = await with_pieces(shop, 2)

    await shop.tells(cancelled(order_id, (lines[0][0], 1), amount=500, refund=False))

    assert (await shop.state())["refunded_minor"] == 0
    assert len(FORMAT.read(orjson.dumps(await order_of(shop, order_id))).cancels) == 1


@pytest.mark.parametrize("fault", ["lost-answer", "truncated", "garbage", "reset", "500", "429"])
@pytest.mark.parametrize("complete", [True, False])
async def test_nothing_is_cancelled_or_paid_back_twice(shop: Shop, fault: str, *, complete: bool) -> None:
    order_id, lines = await with_pieces(shop, 2)
    total = round(float((await order_of(shop, order_id))["total_price"]) * 100)
    request = cancelled(order_id, *(lines if complete else [(lines[0][0], 1)]), amount=total if complete else 300,
                        complete=complete)  # fmt: skip
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
    await shop.tells(refund("1001", 250, "return:r-2"))
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
    assert (sent["note"], sent["currency"]) == ("returned crossdock:refund:return:r-1", "EUR")
    assert sent["transactions"] == [
        {
            "orderId": "gid://shopify/Order/1",
            "parentId": "gid://shopify/OrderTransaction/1",
            "gateway": "bogus",
            "kind": "REFUND",
            "amount": "10.00",
        }
    ]


# -- points and errors


def cost(asked: int, left: int) -> dict[str, Any]:
    status = {"maximumAvailable": 2000, "currentlyAvailable": left, "restoreRate": 100}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": status}}


def request_of() -> TellRefund:
    return refund("1", 100)


async def test_a_call_for_which_there_are_too_few_points_was_not_made(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    throttled = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": cost(300, 50)}
    server.always = answer(200, throttled)

    with pytest.raises(ThrottledError) as caught:
        await api.call("refund", "k", request_of())

    assert caught.value.retry_after_s == pytest.approx(2.5)


async def test_calls_wait_before_the_points_run_out(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.always = answer(200, {"data": {"order": None}, "extensions": cost(400, 100)})

    with pytest.raises(PermanentError):
        await api.call("refund", "k", request_of())
    with pytest.raises(ThrottledError):
        await api.call("refund", "k", request_of())

    assert len(server.heard) == 1


async def test_what_the_app_may_not_is_refused_with_the_scope(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    denied = {"message": "Required access: `write_orders`", "extensions": {"code": "ACCESS_DENIED"}}
    server.always = answer(200, {"errors": [denied], "data": None})

    with pytest.raises(PermanentError, match="write_orders") as caught:
        await api.call("refund", "k", request_of())

    assert caught.value.code == "ACCESS_DENIED"


async def test_an_error_of_the_shop_s_own_leaves_a_mutation_uncertain(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    shown = {"order": {"cancelledAt": None, "fulfillments": [], "refunds": [], "transactions": []}}
    broken = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
    server.says = [answer(200, {"data": shown}), answer(200, broken)]

    with pytest.raises(UnknownError):
        await api.call("refund", "k", request_of())


async def test_a_key_that_is_not_taken_has_what_is_told_wait(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.always = answer(401, {"errors": "Invalid API key or access token"})

    with pytest.raises(TransientError, match="see to the secrets of shop"):
        await api.call("refund", "k", refund("1", 100))
