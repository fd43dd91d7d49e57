"""WooCommerce's web API against a shop that keeps state: what is asked, what is told once, and what it refuses."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from services.capture.channels.api import AskOrder, AskOrders
from services.capture.channels.woocommerce import WooCommerce
from services.capture.channels.woocommerce.api import WooCommerceApi
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, TransientError
from services.hub.secrets import Secrets
from services.sandbox.api import now
from tests.adapters.channels.speaking import NOW, Shop, cancelled, listed, refund
from tests.adapters.outside import Outside, Request, answer, outside

FORMAT = WooCommerce()


# -- orders


async def test_an_order_is_asked_for_by_its_id_and_is_as_webhooks_bring_it(shop: Shop) -> None:
    found = await shop.api.call("order", "k", AskOrder(channel_order_id="1002"))

    assert FORMAT.read(found.body).order_id == "1002"


async def test_an_order_that_the_shop_does_not_have_is_refused(shop: Shop) -> None:
    with pytest.raises(PermanentError, match=r"Invalid ID\."):
        await shop.api.call("order", "k", AskOrder(channel_order_id="77"))


async def test_key_and_secret_go_with_each_call(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    server.always = answer(200, {"id": 5})

    await api.call("order", "k", AskOrder(channel_order_id="5"))

    assert server.called == ["GET /wp-json/wc/v3/orders/5"]
    assert server.heard[0].headers["authorization"] == "Basic dGhlLWtleTp0aGUtc2VjcmV0"


async def test_without_a_secret_nothing_is_sent_and_the_text_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "channel.shop.key").write_text("k\n")
    async with outside() as server:
        api = WooCommerceApi("shop", ApiConfig(url=server.url), Secrets(tmp_path))
        with pytest.raises(TransientError, match=r"channel\.shop\.secret"):
            await api.call("order", "k", AskOrder(channel_order_id="5"))
        await api.close()

    assert server.called == []


async def test_orders_are_listed_page_by_page_whatever_their_status(shop: Shop) -> None:
    await shop.set_up(orders=245, skus=["A", "B", "C"], stock=5000)
    await shop.tells(cancelled("1003", await shop.lines("1003")))

    pages = await shop.pages(now() - timedelta(hours=1))

    ids = {FORMAT.order_id(body) for page in pages for body in page.orders}
    assert len(pages) == 3
    assert ids == {str(number) for number in range(1001, 1251)}


async def test_orders_that_change_while_they_are_listed_leave_none_out(shop: Shop) -> None:
    await shop.set_up(orders=245, skus=["A", "B", "C"], stock=5000)  # all at one moment
    since = now() - timedelta(hours=1)
    pages = [await shop.api.call("orders", "k", AskOrders(since=since))]
    for number in range(1001, 1006):
        await shop.tells(refund(str(number), 1))
    while pages[-1].next:
        pages.append(await shop.api.call("orders", "k", AskOrders(since=since, page=pages[-1].next)))

    ids = {FORMAT.order_id(body) for page in pages for body in page.orders}
    assert ids == {str(number) for number in range(1001, 1251)}


async def test_orders_that_are_deleted_while_they_are_listed_leave_none_out(
    other: tuple[Outside, WooCommerceApi],
) -> None:
    server, api = other
    orders = [{"id": number} for number in range(1, 251)]

    def shown(request: Request) -> bytes:
        start = int(dict(parse_qsl(urlsplit(request.path).query))["offset"])
        some = orders[start : start + 100]
        del orders[:30]  # with each page that is shown
        return answer(200, some)

    server.always = shown
    asked, seen = AskOrders(since=NOW), set[int]()
    while True:
        page = await api.call("orders", "k", asked)
        seen |= {orjson.loads(one)["id"] for one in page.orders}
        if not page.next:
            break
        asked = AskOrders(since=NOW, page=page.next)

    assert seen == set(range(1, 251))


async def test_only_orders_that_have_changed_since_are_listed(shop: Shop) -> None:
    assert (await shop.pages(now() + timedelta(minutes=1)))[0].orders == ()


async def test_a_list_is_asked_for_by_the_moment_of_change_and_says_why_it_is_refused(
    other: tuple[Outside, WooCommerceApi],
) -> None:
    server, api = other
    wrong = {"code": "rest_invalid_param", "message": "Invalid parameter(s): orderby"}
    server.says = [answer(200, [{"id": 5}]), answer(400, wrong)]

    page = await api.call("orders", "k", AskOrders(since=NOW))
    with pytest.raises(PermanentError, match="rest_invalid_param: Invalid parameter"):
        await api.call("orders", "k", AskOrders(since=NOW))

    assert (page.orders, page.next) == ((b'{"id":5}',), "")
    assert server.called[0] == (
        "GET /wp-json/wc/v3/orders?modified_after=2026-05-04T12%3A29%3A59&dates_are_gmt=true&orderby=id&order=asc"
        "&per_page=100&offset=0"
    )


# -- stock


async def test_stock_is_set_by_product(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", listed(("ours", "1", 7), ("other", "2", 0)))

    assert [one.problem for one in found.levels] == ["", ""]
    stock = (await shop.state())["stock"]
    assert (stock["A"], stock["B"]) == (7, 0)


async def test_a_variation_is_set_below_its_product(shop: Shop) -> None:
    await shop.set_up(variations={"1": ["A-red", "A-blue"]})
    before = (await shop.state())["stock"]["A"]
    for _ in range(2):  # the second time its product is known
        found = await shop.api.call("stock", "k", listed(("red", "4", 3), ("B", "2", 8)))
        assert [one.problem for one in found.levels] == ["", ""]

    stock = (await shop.state())["stock"]
    assert (stock["A-red"], stock["B"], stock["A"]) == (3, 8, before)


async def test_stock_is_set_by_sku(shop: Shop) -> None:
    await shop.set_up(variations={"1": ["A-red"]})

    found = await shop.api.call("stock", "k", listed(("C", "", 9), ("A-red", "", 2), ("Z", "", 3)))

    assert [one.problem for one in found.levels] == ["", "", "no article has the SKU Z"]
    stock = (await shop.state())["stock"]
    assert (stock["C"], stock["A-red"]) == (9, 2)


async def test_an_unknown_product_is_told_with_the_reason_and_keeps_no_other_from_it(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", listed(("A", "99", 7), ("B", "2", 4), ("C", "no-number", 4)))

    assert [one.problem.partition(":")[0] for one in found.levels] == [
        "woocommerce_rest_product_invalid_id",
        "",
        "no-number",
    ]
    assert (await shop.state())["stock"]["B"] == 4


async def test_levels_go_in_one_batch_and_one_that_is_refused_says_why(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    denied = {"code": "woocommerce_rest_cannot_batch", "message": "Sorry, you are not allowed to batch manipulate."}
    server.says = [answer(200, {"update": [{"id": 7}, {"id": 8}]}), answer(403, denied)]

    found = await api.call("stock", "k", listed(("A", "7", 4), ("B", "8", 0)))
    with pytest.raises(PermanentError, match="woocommerce_rest_cannot_batch: Sorry"):
        await api.call("stock", "k2", listed(("A", "7", 4)))

    assert [one.problem for one in found.levels] == ["", ""]
    assert server.called[0] == "POST /wp-json/wc/v3/products/batch"
    assert server.heard[0].json == {
        "update": [
            {"id": 7, "manage_stock": True, "stock_quantity": 4},
            {"id": 8, "manage_stock": True, "stock_quantity": 0},
        ]
    }
