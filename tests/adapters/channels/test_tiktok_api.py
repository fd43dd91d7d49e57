"""TikTok Shop's Partner API: what it is asked, where, what its answers come to; and that nothing is done twice."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.capture.channels.api import AskOrder, AskOrders, Level, SetStock
from services.capture.channels.tiktok import TikTok
from services.capture.channels.tiktok.access import signature
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from tests.adapters.channels.speaking import effects, levels, problems, shipped
from tests.adapters.channels.tiktok_house import AFTER, dropping, item, said, tiktok, told
from tests.adapters.outside import Request, Say

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))
PACKAGES = "/fulfillment/202309/orders/7/packages"


# -- access


def test_a_signature_covers_path_sorted_parameters_and_body_with_the_secret_around_them() -> None:
    params = {"timestamp": "1697708762", "app_key": "6a6", "shop_cipher": "ROW", "sign": "x", "access_token": "y"}
    assert signature("4eb", "/order/202309/orders/search", params, b'{"a":1}') == (
        # HMAC-SHA256 of 4eb/order/202309/orders/searchapp_key6a6shop_cipherROWtimestamp1697708762{"a":1}4eb
        "0cad6093d31ae309977872c91691e9484db4b5b2311e6c61c0dcc6d9636aa0d5"
    )


async def test_a_token_that_has_expired_is_renewed_with_the_newest_refresh_token(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        await api.call("order", "k", AskOrder(channel_order_id="7"))
        house.tokens.append("revoked")
        await api.call("order", "k", AskOrder(channel_order_id="7"))
        renewals = [dict(parse_qsl(urlsplit(one.path).query)) for one in server.heard if "/token/" in one.path]
        assert [one["refresh_token"] for one in renewals] == ["the-refresh-token", "r2"]
        assert renewals[0]["app_key"] == "the-client-id"
        assert renewals[0]["grant_type"] == "refresh_token"


async def test_where_tiktok_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, _, server):
        server.always = said(code=36004004, message="auth code is invalid")
        with pytest.raises(TransientError, match=r"auth code is invalid; see to the secrets of channel.shop"):
            await api.call("ship", "k", shipped("7", lines={"p1": 1}))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (said(code=36009002, message="Too many requests."), ThrottledError),
        (said(code=36009003, message="Internal error. Please try again."), UnknownError),
        (said(code=106001, message="Invalid credentials. The sign query parameter is invalid."), TransientError),
        (said(code=25001001, message="package status is wrong"), PermanentError),
    ],
)
async def test_an_answer_is_classed_by_its_code_though_its_status_is_200(
    tmp_path: Path, wrong: bytes, error: type[Exception]
) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        server.always = lambda request: wrong if PACKAGES in request.path else house(request)
        with pytest.raises(error):
            await api.call("ship", "k", shipped("7", lines={"p1": 1}))


# -- orders


async def test_an_order_is_asked_for_with_its_returns_and_cancellations_and_maps(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        house.returns = [
            {
                "return_id": "R9",
                "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE",
                "refund_amount": {"currency": "GBP", "refund_total": "4.00"},
            }
        ]
        found = await api.call("order", "k", AskOrder(channel_order_id="7"))
        order = TikTok().read(found.body)
        assert ([one.line_id for one in order.lines], order.refunds[0].amount_minor) == (["p1", "p2", "p3"], 400)
        asked = next(one for one in server.heard if one.method == "GET" and "/order/" in one.path)
        query = dict(parse_qsl(urlsplit(asked.path).query))
        assert (query["ids"], query["shop_cipher"], query["app_key"]) == ("7", "GCP_x", "the-client-id")
        assert told(server, f"{AFTER}/returns/search") == [{"order_ids": ["7"]}]


async def test_an_order_that_tiktok_does_not_know_is_refused(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="has no order 9"):
            await api.call("order", "k", AskOrder(channel_order_id="9"))


async def test_orders_are_gone_through_then_those_of_which_a_return_or_cancellation_has_changed(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        house.cancellations = [{"cancel_id": "C9", "cancel_status": "CANCELLATION_REQUEST_PENDING"}]
        search = "/order/202309/orders/search"
        pages = [said({"orders": [{"id": "7"}], "next_page_token": "n2"}), said({"orders": []})]
        server.always = lambda request: pages.pop(0) if search in request.path else house(request)
        found: list[str] = []
        asked = SINCE
        while True:
            page = await api.call("orders", "k", asked)
            found += [TikTok().order_id(one) for one in page.orders]
            if not page.next:
                break
            asked = AskOrders(since=SINCE.since, page=page.next)
        assert found == ["7", "7"]  # by its own change, and by the cancellation's
        first, second = (dict(parse_qsl(urlsplit(one.path).query)) for one in server.heard if search in one.path)
        assert (first["sort_field"], first["sort_order"], first["page_size"]) == ("create_time", "ASC", "50")
        assert second["page_token"] == "n2"
        assert told(server, search)[0] == {"update_time_ge": int(SINCE.since.timestamp())}


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        wrong = said(code=36009004, message="PageSize is required", status=400)
        server.always = lambda request: wrong if "/orders/search" in request.path else house(request)
        with pytest.raises(PermanentError, match="PageSize is required"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_levels_are_told_by_product_with_all_warehouses_of_a_sku(tmp_path: Path) -> None:
    async with tiktok(tmp_path, warehouse="W1") as (api, house, server):
        wanted = SetStock(levels=(Level(sku="A", listing_id="1", available=4), *levels(S3=7, nope=5).levels))
        found = problems((await api.call("stock", "k", wanted)).levels)
        assert (found["A"], found["S3"]) == ("", "")
        assert "no product" in found["nope"]
        assert house.stock == {"1": {"W1": 4}, "2": {"W1": 5}, "3": {"W1": 7, "W2": 9}}
        assert told(server, "/product/202309/products/PR1/inventory/update") == [
            {"skus": [{"id": "1", "inventory": [{"warehouse_id": "W1", "quantity": 4}]}]}
        ]
        assert told(server, "/product/202502/products/search") == [{"seller_skus": ["S3", "nope"]}]


async def test_a_sku_in_several_warehouses_is_not_told_of_unless_one_is_the_hubs(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, _):
        found = problems((await api.call("stock", "k", levels(S3=7))).levels)
        assert "several warehouses" in found["S3"]
        assert house.stock["3"] == {"W1": 5, "W2": 9}


async def test_a_sku_that_tiktok_does_not_take_is_named_and_what_could_not_be_told_is_left_out(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        error = {"code": 1, "message": "failed", "detail": {"sku_id": "1", "extra_errors": [{"message": "frozen"}]}}
        busy = said(code=36009003, message="Internal error. Please try again.")

        def wrong(request: Request) -> Say:
            if "PR1/inventory/update" in request.path:
                return said({"errors": [error]})
            return busy if "PR2/inventory/update" in request.path else house(request)

        server.always = wrong
        assert problems((await api.call("stock", "k", levels(S1=1, S2=2))).levels) == {"S1": "1 failed; frozen"}
        with pytest.raises(TransientError):
            await api.call("stock", "k", levels(S2=2))


# -- ship


async def test_pieces_are_marked_as_shipped_by_parcel_with_tiktoks_carrier(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, _, server):
        given = shipped("7", "T1", "T2", lines={"p1": 1, "p2": 1, "handling-fee": 1}, carrier="ups-ground")
        assert (await api.call("ship", "k", given)).reference == "T1"
        assert told(server, PACKAGES) == [
            {"order_line_item_ids": ["p1"], "tracking_number": "T1", "shipping_provider_id": "P1"},
            {"order_line_item_ids": ["p2"], "tracking_number": "T2", "shipping_provider_id": "P1"},
        ]


async def test_a_package_that_tiktok_has_made_is_shipped_whole_or_left_to_a_person(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        house.items = {name: item(name, package_id="PK1" if name != "p3" else "PK2") for name in house.items}
        with pytest.raises(PermanentError, match=r"by-hand: package PK1 has 2 pieces"):
            await api.call("ship", "k", shipped("7", lines={"p1": 1}, carrier="royal-mail"))
        await api.call("ship", "k", shipped("7", "T1", lines={"p1": 1, "p2": 1}, carrier="royal-mail"))
        assert told(server, "/fulfillment/202309/packages/PK1/ship") == [
            {"self_shipment": {"tracking_number": "T1", "shipping_provider_id": "P2"}}
        ]


async def test_a_shipment_whose_answer_was_lost_is_found_and_only_the_rest_is_told(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        server.always = dropping(house, PACKAGES)
        given = shipped("7", "T1", "T2", lines={"p1": 1, "p2": 1})
        outcome = await effects(api).run(Intent("shop", "ship", "k", given))
        assert isinstance(outcome, Done)
        assert [one["order_line_item_ids"] for one in told(server, PACKAGES)] == [["p1"], ["p2"]]


async def test_what_tiktok_ships_itself_or_has_no_carrier_for_is_said(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        with pytest.raises(PermanentError, match=r"unknown-carrier: gls.*ups, royalmail"):
            await api.call("ship", "k", shipped("7", lines={"p1": 1}, carrier="gls"))
        house.fields["shipping_type"] = "TIKTOK"
        with pytest.raises(PermanentError, match=r"by-hand: TikTok's own carrier"):
            await api.call("ship", "k", shipped("7", lines={"p1": 1}))
        house.items["p1"]["tracking_number"] = "TT1"  # somebody has seen to it
        await api.call("ship", "k", shipped("7", lines={"p1": 1}))
        assert told(server, PACKAGES) == []
