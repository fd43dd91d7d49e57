"""BigCommerce's REST API: what it is asked, where, what its answers come to; and that nothing is done twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from services.capture.channels.api import AskOrder, AskOrders
from services.capture.channels.bigcommerce import BigCommerce
from services.capture.channels.bigcommerce.api import BigCommerceApi
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, refund, shipped, speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer, outside

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))
NOTHING = answer(204)


class House:
    """A store."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.shipments: list[dict[str, Any]] = []
        self.refunds: list[dict[str, Any]] = []
        self.stock: dict[str, int] = {"A": 1, "C": 1}

    def order(self, name: int, minute: int = 0, **fields: Any) -> None:
        at = datetime(2026, 5, 4, 11 + minute // 60, minute % 60, tzinfo=UTC)
        links = {part: {"url": "https://x"} for part in ("products", "shipping_addresses", "coupons")}
        self.orders[str(name)] = {
            "id": name,
            "status_id": 11,
            "payment_status": "captured",
            "date_created": format_datetime(at),
            "date_modified": format_datetime(at),
            "default_currency_code": "USD",
            "total_inc_tax": "10.0000",
            **links,
            **fields,
        }

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        parts = urlsplit(request.path)
        asked = dict(parse_qsl(parts.query))
        match request.method, parts.path.split("/")[1:]:
            case "GET", ["v2", "orders"]:
                return self._orders(asked)
            case "GET", ["v2", "orders", name] if name in self.orders:
                return answer(200, self.orders[name])
            case "GET", ["v2", "orders", _, "products"]:
                product = {"id": 1, "quantity": 3, "total_ex_tax": "10", "total_inc_tax": "10", "order_address_id": 55}
                return answer(200, [product])
            case "GET", ["v2", "orders", _, "shipping_addresses"]:
                return answer(200, [{"first_name": "Jo", "country_iso2": "US"}])
            case "GET", ["v2", "orders", _, "shipments"]:
                return answer(200, self.shipments) if self.shipments else NOTHING
            case "POST", ["v2", "orders", _, "shipments"]:
                self.shipments.append({"id": 30 + len(self.shipments), **request.json})
                return answer(201, self.shipments[-1])
            case "PUT", ["v2", "orders", name]:
                self.orders[name] |= request.json
                return answer(200, self.orders[name])
            case method, ["v3", "orders", _, "payment_actions", what]:
                return self._refund(method, what, request)
            case "PUT", ["v3", "inventory", "adjustments", "absolute"]:
                return self._stock(request.json["items"])
        return answer(404, {"status": 404, "title": "The requested resource was not found."})

    def _orders(self, asked: dict[str, str]) -> bytes:
        def at(one: dict[str, Any]) -> str:
            return datetime.strptime(one["date_modified"], "%a, %d %b %Y %H:%M:%S %z").strftime("%Y-%m-%dT%H:%M:%SZ")

        rows = [one for one in self.orders.values() if at(one) >= asked["min_date_modified"]]
        rows = sorted((one for one in rows if one["id"] >= int(asked["min_id"])), key=lambda one: int(one["id"]))
        some = rows[: int(asked["limit"])]
        return answer(200, some) if some else NOTHING

    def _refund(self, method: str, what: str, request: Request) -> bytes:
        if method == "GET":
            return answer(200, {"data": self.refunds})
        items = request.json["items"]
        total = sum(2 * one["quantity"] if one["item_type"] == "PRODUCT" else one["amount"] for one in items)
        if what == "refund_quotes":
            ways = (("cash", True), ("stripe", False))
            methods = [[{"provider_id": name, "amount": total, "offline": offline}] for name, offline in ways]
            return answer(200, {"data": {"total_refund_amount": total, "refund_methods": methods}})
        self.refunds.append({"id": 80 + len(self.refunds), **request.json})
        return answer(201, {"data": self.refunds[-1]})

    def _stock(self, items: list[dict[str, Any]]) -> bytes:
        unknown = [one["sku"] for one in items if one.get("sku") not in self.stock]
        if unknown:
            return answer(422, {"status": 422, "title": f"SKU {unknown[0]} was not found"})
        self.stock |= {one["sku"]: one["quantity"] for one in items}
        return answer(200, {"transaction_id": "t"})


@asynccontextmanager
async def bigcommerce(folder: Path, *says: Say, **fields: Any) -> AsyncIterator[tuple[BigCommerceApi, House, Outside]]:
    """The client, the store, and the server that it is reached at; ``says`` is said before the store answers."""
    house = House()
    async with outside(*says, always=house) as server, speaking("bigcommerce", folder, server.url, **fields) as api:
        yield api, house, server


# -- orders


async def test_an_order_comes_with_what_it_only_links_to_and_maps(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):
        house.order(7, refunded_amount="2.00")
        house.refunds.append({"id": 80, "total_amount": "2.00", "items": []})
        found = await api.call("order", "k", AskOrder(channel_order_id="7"))
        assert server.heard[0].headers["x-auth-token"] == "the-token"
        assert server.called[0] == "GET /v2/orders/7?include=consignments%2Cfees"
        read = BigCommerce().read(found.body)
        assert (read.order_id, read.total_minor, [line.quantity for line in read.lines]) == ("7", 1000, [3])
        assert [one.amount_minor for one in read.refunds] == [200]
        assert read.ship_to is not None


async def test_an_order_that_the_store_does_not_know_is_refused(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="was not found"):
            await api.call("order", "k", AskOrder(channel_order_id="9"))


async def test_no_order_is_passed_over_where_many_changed_at_one_moment_and_none_is_asked_about_twice(
    tmp_path: Path,
) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):
        for number in range(45):
            house.order(number, minute=30)
        found: list[int] = []
        asked = SINCE
        while True:
            page = await api.call("orders", "k", asked)
            found += [orjson.loads(one)["id"] for one in page.orders]
            if not page.next:
                break
            house.order(3, minute=31)
            asked = AskOrders(since=SINCE.since, page=page.next)
        assert found == list(range(45))
        first = dict(parse_qsl(urlsplit(server.heard[0].path).query))
        assert (first["min_date_modified"], first["sort"]) == ("2026-05-04T10:00:00Z", "id:asc")
        before = len(server.heard)
        await api.call("orders", "k", AskOrders(since=SINCE.since, page="20"))
        assert len(server.heard) == before + 1


async def test_no_orders_are_no_content(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, _, _):
        page = await api.call("orders", "k", SINCE)
        assert (page.orders, page.next) == ((), "")


async def test_a_list_that_is_refused_says_why_and_a_wrong_token_waits(tmp_path: Path) -> None:
    wrong = answer(403, {"status": 403, "title": "You don't have a required scope to access the endpoint"})
    async with bigcommerce(tmp_path, wrong, answer(401, {"title": "Unauthorized"})) as (api, _, _):
        with pytest.raises(PermanentError, match="required scope"):
            await api.call("orders", "k", SINCE)
        with pytest.raises(TransientError, match="does not let the hub in"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_levels_are_set_at_the_location_by_variant_or_sku(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path, answer(200, {}), location="3") as (api, _, server):
        wanted = levels(A=7).levels[0]
        both = levels(A=7).model_copy(update={"levels": (wanted, wanted.model_copy(update={"listing_id": "91"}))})
        told = await api.call("stock", "k", both)
        assert server.called == ["PUT /v3/inventory/adjustments/absolute"]
        assert server.heard[0].json["items"] == [
            {"location_id": 3, "sku": "A", "quantity": 7},
            {"location_id": 3, "variant_id": 91, "quantity": 7},
        ]
        assert [one.problem for one in told.levels] == ["", ""]


async def test_one_sku_that_is_refused_keeps_no_other_back(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, _):
        told = problems((await api.call("stock", "k", levels(A=4, unknown=5, C=6))).levels)
        assert house.stock == {"A": 4, "C": 6}
        assert (told["A"], told["C"]) == ("", "")
        assert "SKU unknown was not found" in told["unknown"]


# -- ship


async def test_each_parcel_is_a_shipment_with_its_tracking_number(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, _):
        told = await api.call("ship", "k", shipped("7", "T1", "T2", lines={"1": 3, "fee-2": 1}, carrier="dhl-express"))
        assert told.reference == "30"
        assert [{name: one[name] for name in one if name != "id"} for one in house.shipments] == [
            {
                "order_address_id": 55,
                "comments": "crossdock:ship:f1",
                "tracking_number": "T1",
                "shipping_method": "dhl-express",
                "tracking_carrier": "dhl",
                "items": [{"order_product_id": 1, "quantity": 2}],
            },
            {
                "order_address_id": 55,
                "comments": "crossdock:ship:f1/2",
                "tracking_number": "T2",
                "shipping_method": "dhl-express",
                "tracking_carrier": "dhl",
                "items": [{"order_product_id": 1, "quantity": 1}],
            },
        ]


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_shipment_whose_answer_was_lost_is_not_made_again(tmp_path: Path, lost: int) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):

        def drop(request: Request) -> Say:
            said = house(request)
            posted = [one for one in server.called if one.startswith("POST")]
            return CLOSE if request.method == "POST" and len(posted) == lost else said

        server.always = drop
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("7", "T1", "T2", lines={"1": 3})))
        assert isinstance(outcome, Done)
        assert outcome.response.reference == "30"
        assert [one["tracking_number"] for one in house.shipments] == ["T1", "T2"]


async def test_a_shipment_that_is_refused_says_why(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):
        wrong = answer(400, [{"status": 400, "message": "The quantity of items is invalid"}])
        server.always = lambda request: wrong if request.method == "POST" else house(request)
        with pytest.raises(PermanentError, match="quantity of items is invalid"):
            await api.call("ship", "k", shipped("7"))


# -- cancel and refund


async def test_an_order_that_the_hub_pays_back_itself_is_set_to_cancelled(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):
        house.order(7)
        await api.call("cancel", "k", cancelled("7", refund=False))
        assert server.called == ["PUT /v2/orders/7"]
        assert house.orders["7"]["status_id"] == 5
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 1"):
            await api.call("cancel", "k2", cancelled("7", refund=False, complete=False))


async def test_cancelled_pieces_are_paid_back_and_what_else_makes_up_the_amount(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):
        house.order(7)
        told = cancelled("7", {"1": 2}, amount={"amount_minor": 650, "currency": "USD"})
        assert await api.look_up("cancel", "k", told) is None
        assert (await api.call("cancel", "k", told)).reference == "80"
        assert server.called[-1] == "POST /v3/orders/7/payment_actions/refunds"
        assert house.refunds[0]["items"] == [
            {"item_type": "PRODUCT", "item_id": 1, "quantity": 2, "reason": "crossdock:cancel:c1"},
            {"item_type": "ORDER", "item_id": 7, "amount": 2.5, "reason": "crossdock:cancel:c1"},
        ]
        assert house.refunds[0]["payments"] == [{"provider_id": "stripe", "amount": 6.5, "offline": False}]
        assert (await api.look_up("cancel", "k", told)).reference == "80"


async def test_an_amount_is_paid_back_once(tmp_path: Path) -> None:
    async with bigcommerce(tmp_path) as (api, house, server):
        house.order(7)

        def drop(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.path.endswith("/refunds") and request.method == "POST" else said

        server.always = drop
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("7", 500, "USD")))
        assert isinstance(outcome, Done)
        assert [one["items"][0]["amount"] for one in house.refunds] == [5.0]


async def test_a_refund_that_is_refused_says_why(tmp_path: Path) -> None:
    wrong = answer(422, {"status": 422, "title": "Refund amount exceeds what is left"})
    async with bigcommerce(tmp_path, wrong) as (api, _, _):
        with pytest.raises(PermanentError, match="exceeds what is left"):
            await api.call("refund", "k", refund("7", 500, "USD"))
    none = answer(200, {"data": {"total_refund_amount": 5, "refund_methods": []}})
    async with bigcommerce(tmp_path, none) as (api, _, _):
        with pytest.raises(PermanentError, match="no way to pay it back"):
            await api.call("refund", "k", refund("7", 500, "USD"))
