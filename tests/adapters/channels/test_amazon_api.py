"""Amazon's Selling Partner API: what it is asked, where, what its answers and refusals come to."""

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from services.capture.channels.amazon import Amazon
from services.capture.channels.amazon.api import AmazonApi
from services.capture.channels.api import AskOrder, AskOrders
from services.hub.decision import Done, Intent, Later
from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from services.hub.secrets import Secrets
from services.hub.toml import RulesError
from services.sandbox.profile import Fault, Profile
from services.sandbox.server import Running, serve
from tests.adapters.channels.speaking import cancelled, config, effects, levels, problems, refund, shipped, speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer, outside

MARKET = "A1PA6795UKMFR9"
SINCE = AskOrders(since=datetime(2020, 1, 1, tzinfo=UTC))
ITEMS = {"Order": {"AmazonOrderId": "o1", "OrderStatus": "Unshipped"}}
TOKEN = answer(200, {"access_token": "Atza|1", "expires_in": 3600})
DENIED = answer(403, {"errors": [{"code": "Unauthorized", "message": "Access denied.", "details": ""}]})
EXPIRED = answer(
    403,
    {
        "errors": [
            {"code": "Unauthorized", "message": "Denied.", "details": "The access token you provided has expired."}
        ]
    },
)
WRONG = answer(400, {"errors": [{"code": "InvalidInput", "message": "shipDate is in the future."}]})


@asynccontextmanager
async def amazon(
    folder: Path, *says: Say, always: Any = None, **account: str
) -> AsyncIterator[tuple[AmazonApi, Outside]]:
    """The client and a server that says this, after it has given a token."""
    async with outside(TOKEN, *says, always=always) as server:
        known = {"token_url": f"{server.url}/auth/o2/token", "seller": "S1", "marketplace": MARKET, **account}
        async with speaking("amazon", folder, server.url, **known) as api:
            yield api, server


@asynccontextmanager
async def sandboxed(
    folder: Path, profile: Profile | None = None, speed: float = 100
) -> AsyncIterator[tuple[AmazonApi, Running]]:
    """The client and the sandbox, with limits so many times as high."""
    async with serve(profile=profile or Profile()) as running:
        running.sandbox.apis["amazon"].set_up({"skus": ["A", "B", "C"], "stock": 50, "speed": speed})
        url = f"{running.url}/amazon"
        known = {"token_url": f"{url}/auth/o2/token", "seller": "S1", "marketplace": MARKET, "orders": "v0"}
        async with speaking("amazon", folder, url, **known) as api:
            yield api, running


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


def test_an_account_without_its_seller_is_a_mistake_in_the_rules(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"account\.seller"):
        AmazonApi("shop", config("http://x", marketplace=MARKET), Secrets(tmp_path))
    with pytest.raises(RulesError, match="known: 2026-01-01, v0"):
        AmazonApi("shop", config("http://x", marketplace=MARKET, seller="s", orders="v1"), Secrets(tmp_path))


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


# -- stock


async def test_a_level_is_a_patch_of_the_sellers_own_quantity(tmp_path: Path) -> None:
    def says(request: Request) -> bytes:
        if request.method == "GET":
            return answer(200, {"sku": "A/1", "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT"}]})
        return answer(200, {"sku": "A/1", "status": "ACCEPTED", "issues": []})

    async with amazon(tmp_path, always=says) as (api, server):
        told = await api.call("stock", "k", levels(**{"A/1": 7}))
        patch = server.heard[-1]
        assert patch.method == "PATCH"
        assert patch.path == f"/listings/2021-08-01/items/S1/A%2F1?marketplaceIds={MARKET}"
        assert patch.json == {
            "productType": "PRODUCT",
            "patches": [
                {
                    "op": "replace",
                    "path": "/attributes/fulfillment_availability",
                    "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}],
                }
            ],
        }
        assert problems(told.levels) == {"A/1": ""}


async def test_what_amazon_keeps_in_stock_itself_is_left_alone(tmp_path: Path) -> None:
    kept = answer(200, {"fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_EU", "quantity": 9}]})
    async with amazon(tmp_path, kept) as (api, server):
        told = await api.call("stock", "k", levels(A=0))
        assert "Amazon keeps it" in told.levels[0].problem
        assert [one.method for one in server.heard] == ["POST", "GET"]
        await api.call("stock", "k2", levels(A=1))
        assert len(server.heard) == 2  # it is remembered


async def test_levels_arrive_in_the_sandbox_and_what_is_unknown_there_is_named(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        told = await api.call("stock", "k", levels(A=1, B=2, nope=3))
        assert running.sandbox.apis["amazon"].state()["stock"] == {"A": 1, "B": 2, "C": 50}
        assert problems(told.levels) == {"A": "", "B": "", "nope": problems(told.levels)["nope"]}
        assert "NOT_FOUND" in problems(told.levels)["nope"]


async def test_a_patch_that_is_not_accepted_is_a_problem_of_its_listing(tmp_path: Path) -> None:
    invalid = {"status": "INVALID", "issues": [{"code": "90220", "message": "brand is required", "severity": "ERROR"}]}
    async with amazon(tmp_path, answer(200, {"fulfillmentAvailability": []}), answer(200, invalid)) as (api, _):
        told = await api.call("stock", "k", levels(A=1))
        assert told.levels[0].problem == "90220 brand is required"


# -- ship


async def test_each_parcel_is_confirmed_under_a_package_id_that_stays_the_same(tmp_path: Path) -> None:
    async with amazon(tmp_path, always=answer(204)) as (api, server):
        told = shipped("302-1", "T1", "T2", lines={"11": 3, "11/gift-wrap": 1, "12": 1}, carrier="dhl-express")
        reference = (await api.call("ship", "k", told)).reference
        await api.call("ship", "k", told)
        first, second, again, _ = (one.json for one in server.heard[1:])
        assert server.heard[1].path == "/orders/v0/orders/302-1/shipmentConfirmation"
        assert first["marketplaceId"] == MARKET
        assert first["packageDetail"] == {
            "packageReferenceId": reference,
            "carrierCode": "DHL Express",
            "trackingNumber": "T1",
            "shipDate": "2026-05-04T12:30:00Z",
            "orderItems": [{"orderItemId": "11", "quantity": 3}],
        }
        assert int(second["packageDetail"]["packageReferenceId"]) == int(reference) + 1
        assert second["packageDetail"]["orderItems"] == [{"orderItemId": "12", "quantity": 1}]
        assert again == first


async def test_a_carrier_that_amazon_has_no_code_for_is_named(tmp_path: Path) -> None:
    async with amazon(tmp_path, always=answer(204)) as (api, server):
        await api.call("ship", "k", shipped("o1", "T1", carrier="Bike Brothers"))
        detail = server.heard[1].json["packageDetail"]
        assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "Bike Brothers")


async def test_an_order_is_shipped_in_the_sandbox_once_though_it_is_told_again(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_id = house.set_up({"orders": 1})["orders"][0]
        read = Amazon().read((await api.call("order", "k", AskOrder(channel_order_id=order_id))).body)
        told = shipped(order_id, "T1", "T2", lines={line.line_id: line.quantity for line in read.lines})
        running.sandbox.faults.script["amazon"] = [Fault.LOST_ANSWER]
        outcome = await effects(api).run(Intent("shop", "ship", "k", told))
        assert isinstance(outcome, Done)
        assert house.state()["orders"][order_id] == "Shipped"
        assert len(house.state()["shipments"][order_id]) <= 2


async def test_a_confirmation_that_amazon_refuses_says_why(tmp_path: Path) -> None:
    async with amazon(tmp_path, WRONG) as (api, _):
        with pytest.raises(PermanentError, match="InvalidInput: shipDate is in the future"):
            await api.call("ship", "k", shipped())


# -- cancel


class FeedHouse:
    """Amazon as far as feeds go."""

    def __init__(self, url: Callable[[], str], status: str = "UNSHIPPED", report: bytes = b"<r/>") -> None:
        self.url = url
        self.status = status
        self.report = report
        self.progress = ["IN_QUEUE", "IN_PROGRESS", "DONE"]
        self.feeds: list[Any] = []
        self.uploads: list[bytes] = []

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        match request.method, urlsplit(request.path).path:
            case "POST", "/auth/o2/token":
                return TOKEN
            case "GET", "/orders/2026-01-01/orders/o1":
                return answer(200, {"order": {"orderId": "o1", "fulfillment": {"fulfillmentStatus": self.status}}})
            case "POST", "/feeds/2021-06-30/documents":
                return answer(201, {"feedDocumentId": "d1", "url": f"{self.url()}/up"})
            case "PUT", "/up":
                assert "x-amz-access-token" not in request.headers
                self.uploads.append(request.body)
                return answer(200)
            case "POST", "/feeds/2021-06-30/feeds":
                self.feeds.append(request.json)
                return answer(202, {"feedId": "77"})
            case "GET", "/feeds/2021-06-30/feeds/77":
                said = self.progress.pop(0)
                return answer(200, {"feedId": "77", "processingStatus": said, "resultFeedDocumentId": "r1"})
            case "GET", "/feeds/2021-06-30/documents/r1":
                return answer(200, {"url": f"{self.url()}/report", "compressionAlgorithm": "GZIP"})
            case "GET", "/report":
                return answer(200, gzip.compress(self.report))
        return answer(404, {})


@asynccontextmanager
async def feeding(folder: Path, **house: Any) -> AsyncIterator[tuple[AmazonApi, FeedHouse, Outside]]:
    async with outside() as server:
        made = FeedHouse(lambda: server.url, **house)
        server.always = made
        known = {"token_url": f"{server.url}/auth/o2/token", "seller": "S1", "marketplace": MARKET}
        async with speaking("amazon", folder, server.url, **known) as api:
            yield api, made, server


async def test_an_order_is_cancelled_whole_by_a_feed_that_is_waited_for(tmp_path: Path) -> None:
    async with feeding(tmp_path) as (api, house, _):
        told = cancelled("o1", {"11": 2, "12": 1})
        for _ in range(2):
            with pytest.raises(ThrottledError, match="feed 77 is in_"):
                await api.call("cancel", "k", told)
        assert await api.look_up("cancel", "k", told) is None
        assert (await api.call("cancel", "k", told)).reference == "77"
        assert house.feeds == [
            {
                "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
                "marketplaceIds": [MARKET],
                "inputFeedDocumentId": "d1",
            }
        ]
        sent = house.uploads[0].decode()
        assert "<MerchantIdentifier>S1</MerchantIdentifier>" in sent
        assert "<AmazonOrderID>o1</AmazonOrderID><StatusCode>Failure</StatusCode>" in sent
        assert "<AmazonOrderItemCode>12</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason>" in sent


async def test_a_cancel_that_amazon_reports_as_wrong_is_refused(tmp_path: Path) -> None:
    report = b"""<?xml version="1.0"?><AmazonEnvelope><Message><ProcessingReport><Result>
        <ResultCode>Error</ResultCode><ResultMessageCode>18028</ResultMessageCode>
        <ResultDescription>The order was shipped.</ResultDescription></Result></ProcessingReport></Message>
        </AmazonEnvelope>"""
    async with feeding(tmp_path, report=report) as (api, house, _):
        house.progress = ["DONE"]
        with pytest.raises(PermanentError, match="18028: The order was shipped"):
            await api.call("cancel", "k", cancelled())


async def test_after_a_restart_the_order_tells_whether_it_was_cancelled(tmp_path: Path) -> None:
    async with feeding(tmp_path, status="CANCELLED") as (api, house, _):
        assert await api.look_up("cancel", "k", cancelled()) is not None
        house.status = "UNSHIPPED"
        assert await api.look_up("cancel", "k", cancelled()) is None
        assert not house.feeds


async def test_what_amazon_cannot_be_told_is_left_to_a_person(tmp_path: Path) -> None:
    async with feeding(tmp_path, status="PARTIALLY_SHIPPED") as (api, house, _):
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 11"):
            await api.call("cancel", "k1", cancelled("o1", {"11": 1}, complete=False))
        with pytest.raises(PermanentError, match="PARTIALLY_SHIPPED at Amazon"):
            await api.call("cancel", "k2", cancelled())
        with pytest.raises(PermanentError, match="500 EUR"):
            await api.call("refund", "k3", refund())
        assert not house.feeds


async def test_a_feed_whose_answer_was_lost_is_not_known_to_be_there(tmp_path: Path) -> None:
    status = answer(200, {"order": {"orderId": "o1", "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}}})
    document = answer(201, {"feedDocumentId": "d1", "url": "/up"})
    async with amazon(tmp_path, status, document, answer(200), CLOSE) as (api, _):
        with pytest.raises(UnknownError):
            await api.call("cancel", "k", cancelled())


# -- faults


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_through_faults_the_sandbox_comes_to_believe_what_it_was_told(tmp_path: Path, seed: int) -> None:
    profile = Profile(name="flaky", seed=seed, share=0.3, hang_s=0.2, latency_s=0.05, retry_after_s=0.05)
    async with sandboxed(tmp_path, profile) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_ids = house.set_up({"orders": 4})["orders"]
        calls = effects(api)

        async def until_done(operation: str, key: str, request: Any) -> Any:
            resumed = False
            for _ in range(40):
                outcome = await calls.run(Intent("shop", operation, key, request, resumed=resumed))
                if isinstance(outcome, Done):
                    return outcome.response
                resumed = isinstance(outcome, Later)
            raise AssertionError(outcome)

        for order_id in order_ids:
            body = (await until_done("order", f"o{order_id}", AskOrder(channel_order_id=order_id))).body
            lines = {line.line_id: line.quantity for line in Amazon().read(body).lines}
            await until_done("ship", f"s{order_id}", shipped(order_id, "T1", lines=lines))
        left = {"A": 3, "B": 4, "C": 5}
        while left:  # as long as some could not be told
            for told in (await until_done("stock", f"l{len(left)}", levels(**left))).levels:
                del left[told.sku]

        state = house.state()
        assert state["stock"] == {"A": 3, "B": 4, "C": 5}
        assert {order_id: len(state["shipments"][order_id]) for order_id in order_ids} == dict.fromkeys(order_ids, 1)
        assert set(state["orders"].values()) == {"Shipped"}
