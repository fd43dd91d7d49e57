"""Amazon's Selling Partner API: what it is asked, where, what its answers and refusals come to."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from services.capture.channels.amazon import Amazon
from services.capture.channels.api import AskOrder, AskOrders
from services.hub.effects import PermanentError, ThrottledError, TransientError
from tests.adapters.channels.amazon_api import MARKET, TOKEN, amazon, sandboxed
from tests.adapters.channels.speaking import shipped, speaking
from tests.adapters.outside import Request, answer, outside

SINCE = AskOrders(since=datetime(2020, 1, 1, tzinfo=UTC))
DENIED = answer(403, {"errors": [{"code": "Unauthorized", "message": "Access denied.", "details": ""}]})


EXPIRED = answer(
    403,
    {
        "errors": [
            {"code": "Unauthorized", "message": "Denied.", "details": "The access token you provided has expired."}
        ]
    },
)


def query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.path).query)


# -- tokens


async def test_a_token_is_exchanged_for_the_sellers_refresh_token(tmp_path: Path) -> None:
    async with amazon(tmp_path, answer(200, {"order": {"orderId": "o1"}})) as (api, server):
        await api.call("order", "k", AskOrder(channel_order_id="o1"))
        exchange, asked = server.heard
        assert exchange.path == "/auth/o2/token"
        assert {name: values[0] for name, values in parse_qs(exchange.body.decode()).items()} == {
            "grant_type": "refresh_token",
            "refresh_token": "the-refresh-token",
            "client_id": "the-client-id",
            "client_secret": "the-client-secret",
        }
        assert asked.headers["x-amz-access-token"] == "Atza|1"


async def test_a_token_that_has_expired_is_renewed_though_amazon_says_403(tmp_path: Path) -> None:
    again = answer(200, {"access_token": "Atza|2", "expires_in": 3600})
    async with amazon(tmp_path, EXPIRED, again, answer(200, {"order": {"orderId": "o1"}})) as (api, server):
        await api.call("order", "k", AskOrder(channel_order_id="o1"))
        assert server.heard[-1].headers["x-amz-access-token"] == "Atza|2"


async def test_a_role_that_is_missing_is_a_refusal_and_costs_no_token(tmp_path: Path) -> None:
    async with amazon(tmp_path, DENIED) as (api, server):
        with pytest.raises(PermanentError, match="Unauthorized"):
            await api.call("order", "k", AskOrder(channel_order_id="o1"))
        assert len(server.heard) == 2


async def test_where_amazon_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    gone = answer(400, {"error": "invalid_grant", "error_description": "The refresh token is revoked."})
    async with outside(always=gone) as server:
        known = {"token_url": f"{server.url}/t", "seller": "S1", "marketplace": MARKET}
        async with speaking("amazon", tmp_path, server.url, **known) as api:
            with pytest.raises(TransientError, match="invalid_grant"):
                await api.call("ship", "k", shipped())
        async with speaking("amazon", tmp_path, server.url, **known) as api:
            (tmp_path / "channel.shop.client-id").unlink()
            with pytest.raises(TransientError, match="client-id is set"):
                await api.call("ship", "k", shipped())


# -- an order


async def test_an_order_of_2026_01_01_is_asked_for_with_all_that_the_mapping_reads(tmp_path: Path) -> None:
    order = {"orderId": "o 1", "createdTime": "2026-05-04T00:00:00Z"}
    async with amazon(tmp_path, answer(200, {"order": order})) as (api, server):
        found = await api.call("order", "k", AskOrder(channel_order_id="o 1"))
        assert urlsplit(server.heard[1].path).path == "/orders/2026-01-01/orders/o%201"
        assert "PROCEEDS" in query(server.heard[1])["includedData"][0].split(",")
        assert Amazon().order_id(found.body) == "o 1"
        assert orjson.loads(found.body) == {"order": order}


async def test_an_order_of_v0_is_put_together_with_all_pages_of_its_items(tmp_path: Path) -> None:
    says = [
        answer(200, {"payload": {"AmazonOrderId": "o1", "OrderStatus": "Unshipped"}}),
        answer(200, {"payload": {"OrderItems": [{"OrderItemId": "1"}], "NextToken": "more"}}),
        answer(200, {"payload": {"OrderItems": [{"OrderItemId": "2"}]}}),
    ]
    async with amazon(tmp_path, *says, orders="v0") as (api, server):
        found = orjson.loads((await api.call("order", "k", AskOrder(channel_order_id="o1"))).body)
        assert [one["OrderItemId"] for one in found["OrderItems"]] == ["1", "2"]
        assert found["Order"]["AmazonOrderId"] == "o1"
        assert query(server.heard[3]) == {"NextToken": ["more"]}


async def test_names_and_addresses_of_v0_are_shown_to_a_token_for_restricted_data(tmp_path: Path) -> None:
    says = [
        TOKEN,
        answer(200, {"restrictedDataToken": "Atz.sprdt|1", "expiresIn": 3600}),
        answer(200, {"payload": {"AmazonOrderId": "o1"}}),
        answer(200, {"payload": {"OrderItems": []}}),
    ]
    async with outside(*says) as server:
        known = {"token_url": f"{server.url}/t", "seller": "S1", "marketplace": MARKET, "orders": "v0"}
        async with speaking("amazon", tmp_path, server.url, restricted="true", **known) as api:
            await api.call("order", "k", AskOrder(channel_order_id="o1"))
        asked = server.heard[1]
        assert asked.path == "/tokens/2021-03-01/restrictedDataToken"
        assert asked.headers["x-amz-access-token"] == "Atza|1"
        assert asked.json["restrictedResources"][1] == {
            "method": "GET",
            "path": "/orders/v0/orders/{orderId}",
            "dataElements": ["buyerInfo", "shippingAddress"],
        }
        assert server.heard[2].headers["x-amz-access-token"] == "Atz.sprdt|1"


async def test_an_order_that_amazon_does_not_know_is_refused(tmp_path: Path) -> None:
    unknown = answer(404, {"errors": [{"code": "NotFound", "message": "Order o9 is not found."}]})
    async with amazon(tmp_path, unknown) as (api, _):
        with pytest.raises(PermanentError, match="NotFound: Order o9 is not found"):
            await api.call("order", "k", AskOrder(channel_order_id="o9"))


async def test_an_answer_that_is_no_order_is_asked_for_again_and_never_taken(tmp_path: Path) -> None:
    async with amazon(tmp_path, always=answer(200, b"<html>proxy</html>")) as (api, _):
        with pytest.raises(TransientError, match="cannot be read"):
            await api.call("order", "k", AskOrder(channel_order_id="o1"))


# -- orders


async def test_orders_of_2026_01_01_come_whole_and_page_by_page(tmp_path: Path) -> None:
    says = [
        answer(200, {"orders": [{"orderId": "1"}], "pagination": {"nextToken": "t2"}}),
        answer(200, {"orders": [{"orderId": "2"}]}),
    ]
    async with amazon(tmp_path, *says) as (api, server):
        first = await api.call("orders", "k1", SINCE)
        second = await api.call("orders", "k2", AskOrders(since=SINCE.since, page=first.next))
        asked, more = query(server.heard[1]), query(server.heard[2])
        assert asked["lastUpdatedAfter"] == ["2020-01-01T00:00:00Z"]
        assert asked["marketplaceIds"] == [MARKET]
        assert more["paginationToken"] == ["t2"]
        assert [Amazon().order_id(one) for one in (*first.orders, *second.orders)] == ["1", "2"]
        assert (first.next, second.next) == ("t2", "")


async def test_orders_of_v0_come_with_their_items_out_of_the_sandbox_and_map(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        made = running.sandbox.apis["amazon"].set_up({"orders": 3, "seed": 5})["orders"]
        page = await api.call("orders", "k", SINCE)
        assert [Amazon().order_id(one) for one in page.orders] == made
        assert page.next == ""
        read = [Amazon().read(one) for one in page.orders]
        assert all(order.lines and order.total_minor for order in read)


async def test_both_versions_of_the_sandbox_tell_of_the_same_orders(tmp_path: Path) -> None:
    async with sandboxed(tmp_path, orders="2026-01-01") as (newer, running):
        made = running.sandbox.apis["amazon"].set_up({"orders": 103, "seed": 5})["orders"]
        pages = [await newer.call("orders", "k1", SINCE)]
        pages.append(await newer.call("orders", "k2", AskOrders(since=SINCE.since, page=pages[0].next)))
        one = await newer.call("order", "k3", AskOrder(channel_order_id=made[0]))
        url = f"{running.url}/amazon"
        known = {"token_url": f"{url}/auth/o2/token", "seller": "S1", "marketplace": MARKET, "orders": "v0"}
        async with speaking("amazon", tmp_path, url, **known) as older:
            before = await older.call("order", "k4", AskOrder(channel_order_id=made[0]))

        assert [Amazon().order_id(body) for page in pages for body in page.orders] == made
        assert (len(pages[0].orders), pages[1].next) == (100, "")
        first, same, old = (Amazon().read(body) for body in (pages[0].orders[0], one.body, before.body))
        assert first == same
        assert (same.lines, same.total_minor, same.shipping_minor) == (old.lines, old.total_minor, old.shipping_minor)
        assert same.ship_to == old.ship_to


async def test_orders_of_v0_that_have_not_changed_are_not_asked_about_again(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        running.sandbox.apis["amazon"].set_up({"orders": 3})
        first = await api.call("orders", "k1", SINCE)
        before = running.sandbox.faults.requests["amazon"]
        again = await api.call("orders", "k2", SINCE)
        assert running.sandbox.faults.requests["amazon"] == before + 1
        assert again.orders == first.orders


async def test_a_page_of_v0_ends_where_a_call_would_have_to_wait_and_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.capture.channels.amazon.reach._PATIENCE_S", 0.01)
    async with sandboxed(tmp_path, speed=1) as (api, running):
        made = running.sandbox.apis["amazon"].set_up({"orders": 60})["orders"]
        first = await api.call("orders", "k1", SINCE)
        assert 29 <= len(first.orders) < 60
        assert [Amazon().order_id(one) for one in first.orders] == made[: len(first.orders)]
        with pytest.raises(ThrottledError):
            await api.call("orders", "k2", AskOrders(since=SINCE.since, page=first.next))
        again = await api.call("orders", "k3", SINCE)
        assert again.orders[: len(first.orders)] == first.orders  # though the poll had to begin anew
        assert running.sandbox.apis["amazon"].state()["throttled"] == 0


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    wrong = answer(400, {"errors": [{"code": "InvalidInput", "message": "marketplaceIds is invalid."}]})
    async with amazon(tmp_path, wrong) as (api, _):
        with pytest.raises(PermanentError, match="InvalidInput: marketplaceIds"):
            await api.call("orders", "k", SINCE)
