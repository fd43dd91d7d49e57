"""Shopify's web API against a shop that keeps state: what is asked, what is told once, and what it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.capture.channels.api import AskOrder, AskOrders, Page, TellRefund
from services.capture.channels.shopify import Shopify
from services.capture.channels.shopify.api import ShopifyApi
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from services.hub.secrets import Secrets
from services.sandbox.api import now
from tests.adapters.channels.shopify import UNSHIPPED
from tests.adapters.channels.speaking import NOW, Shop, cancelled, listed, refund
from tests.adapters.outside import Outside, answer, outside

FORMAT = Shopify()


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
    assert server.heard[0].headers["x-shopify-access-token"] == "the-token"


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


async def test_orders_are_listed_page_by_page_whatever_their_status(shop: Shop) -> None:
    await shop.set_up(orders=255, skus=["A", "B", "C"], stock=5000)
    await shop.tells(cancelled("1003", await shop.lines("1003")))

    pages = await shop.pages(now() - timedelta(hours=1))

    ids = {FORMAT.order_id(body) for page in pages for body in page.orders}
    assert len(pages) == 2
    assert ids == {str(number) for number in range(1001, 1261)}


async def test_only_orders_that_have_changed_since_are_listed(shop: Shop) -> None:
    assert (await shop.pages(now() + timedelta(minutes=1)))[0].orders == ()


async def test_a_list_that_comes_too_fast_is_waited_for(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.says = [
        answer(429, {"errors": "Exceeded 2 calls per second"}, retry_after="0.1"),
        answer(200, {"orders": []}),
    ]

    assert await api.call("orders", "k", AskOrders(since=now())) == Page()
    assert "updated_at_min=" in server.called[0]


async def test_a_list_is_asked_for_by_the_moment_of_change_and_goes_on_where_the_last_page_says(
    other: tuple[Outside, ShopifyApi],
) -> None:
    server, api = other
    following = '<https://x.myshopify.com/admin/api/2026-07/orders.json?limit=250&page_info=p2>; rel="next"'
    server.says = [answer(200, {"orders": [{"id": 5}]}, link=following), answer(200, {"orders": [{"id": 6}]})]

    first = await api.call("orders", "k", AskOrders(since=NOW))
    rest = await api.call("orders", "k", AskOrders(since=NOW, page=first.next))

    assert (first.orders, first.next, rest.orders, rest.next) == ((b'{"id":5}',), "p2", (b'{"id":6}',), "")
    path = "/admin/api/2026-07/orders.json"
    since = "status=any&updated_at_min=2026-05-04T12%3A30%3A00Z&order=updated_at+asc"
    assert server.called == [f"GET {path}?limit=250&{since}", f"GET {path}?limit=250&page_info=p2"]


async def test_a_list_that_is_refused_says_why(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.says = [answer(400, {"errors": {"page_info": "Invalid value."}})]

    with pytest.raises(PermanentError, match="Invalid value"):
        await api.call("orders", "k", AskOrders(since=NOW, page="p9"))


# -- stock


async def test_stock_is_set_by_variant(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", listed(("ours", "40001", 7), ("other", "40002", 0)))

    assert [one.problem for one in found.levels] == ["", ""]
    stock = (await shop.state())["stock"]
    assert (stock["A"], stock["B"]) == (7, 0)


async def test_stock_is_set_by_sku(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", listed(("C", "", 9), ("Z", "", 3)))

    assert [one.problem for one in found.levels] == ["", "no article has the SKU Z"]
    assert (await shop.state())["stock"]["C"] == 9


async def test_a_level_that_the_shop_will_not_have_does_not_keep_the_others_from_it(shop: Shop) -> None:
    wanted = listed(("A", "40001", 7), ("B", "40002", 8))
    await shop.api.call("stock", "k", wanted)
    await shop.set_up(skus=["A"], stock=1)  # the variant is deleted, after its item was found

    found = await shop.api.call("stock", "k2", wanted)

    assert found.levels[0].problem == ""
    assert "could not be found" in found.levels[1].problem
    assert (await shop.state())["stock"] == {"A": 7}


async def test_an_unknown_variant_is_told_with_the_reason(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", listed(("A", "99", 7)))

    assert found.levels[0].problem == "no variant 99"


async def test_levels_are_set_absolutely_at_the_location_that_is_configured(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    item = {"id": "gid://shopify/InventoryItem/5", "tracked": True}
    variant = {"id": "gid://shopify/ProductVariant/9", "inventoryItem": item}
    done = {"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "1"}, "userErrors": []}}
    server.says = [answer(200, {"data": {"nodes": [variant]}}), answer(200, {"data": done})]

    await api.call("stock", "k", listed(("A", "9", 4)))

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


async def test_levels_that_are_refused_as_a_whole_say_why(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    variant = {"id": "gid://shopify/ProductVariant/9", "inventoryItem": {"id": "i", "tracked": True}}
    wrong = {"field": ["input", "reason"], "message": "is not allowed", "code": "INVALID_REASON"}
    refused = {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [wrong]}}
    server.says = [answer(200, {"data": {"nodes": [variant]}}), answer(200, {"data": refused})]

    with pytest.raises(PermanentError, match=r"invalid_reason: input\.reason: is not allowed"):
        await api.call("stock", "k", listed(("A", "9", 4)))


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
    broken = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
    server.says = [answer(200, {"data": UNSHIPPED}), answer(200, broken)]

    with pytest.raises(UnknownError):
        await api.call("refund", "k", request_of())


async def test_a_key_that_is_not_taken_has_what_is_told_wait(other: tuple[Outside, ShopifyApi]) -> None:
    server, api = other
    server.always = answer(401, {"errors": "Invalid API key or access token"})

    with pytest.raises(TransientError, match="see to the secrets of shop"):
        await api.call("refund", "k", refund("1", 100))
