"""Magento's REST API: what it is asked, where, what its answers come to; and that nothing is done twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from services.capture.channels.api import AskOrder, AskOrders
from services.capture.channels.magento.api import MagentoApi
from services.capture.channels.magento.oauth import signature, signed_text
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, refund, shipped, speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer, outside

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))
ROOT = "/rest/all/V1"


class House:
    """A shop with orders, sources and reservations."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.paid: set[str] = set()
        self.shipments: list[dict[str, Any]] = []
        self.memos: list[dict[str, Any]] = []
        self.sources: dict[str, float] = {}
        self.reserved: dict[str, float] = {}

    def order(self, name: str, at: str = "2026-05-04 11:00:00", **fields: Any) -> None:
        self.orders[name] = {"entity_id": int(name), "updated_at": at, "state": "processing", **fields}

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        parts = urlsplit(request.path)
        path = parts.path.removeprefix(ROOT).split("/")[1:]
        asked = {name.removeprefix("searchCriteria"): value for name, value in parse_qsl(parts.query)}
        wanted = asked.get("[filterGroups][0][filters][0][value]", "")
        match request.method, path:
            case "GET", ["orders"]:
                return self._orders(wanted, int(asked["[pageSize]"]), int(asked["[currentPage]"]))
            case "GET", ["orders", name] if name in self.orders:
                return answer(200, self.orders[name])
            case "GET", ["creditmemos" | "shipments" as kind]:
                held = self.memos if kind == "creditmemos" else self.shipments
                return _items([one for one in held if str(one["order_id"]) == wanted])
            case "GET", ["invoices"]:
                items = [{"order_item_id": 1}, {"order_item_id": 2}]
                made = {"entity_id": 70 + int(wanted), "order_id": int(wanted), "state": 2, "items": items}
                return _items([made] if wanted in self.paid else [])
            case "POST", ["order", name, "ship"]:
                return self._note(self.shipments, name, request.json)
            case "POST", ["invoice", name, "refund"]:
                return self._note(self.memos, str(int(name) - 70), request.json)
            case "POST", ["order", name, "refund"]:
                return self._note(self.memos, name, request.json)
            case "POST", ["orders", name, "cancel"]:
                open_ = self.orders[name]["state"] == "processing"
                self.orders[name]["state"] = "canceled" if open_ else self.orders[name]["state"]
                return answer(200, b"true" if open_ else b"false")
        return self._stock(request, path)

    def _stock(self, request: Request, path: list[str]) -> Say:
        match request.method, path:
            case "GET", ["inventory", "source-items"]:
                return _items([{"sku": sku, "quantity": number} for sku, number in self.sources.items()])
            case "GET", ["inventory", "get-product-salable-quantity", sku, "1"] if sku in self.sources:
                return answer(200, self.sources[sku] - self.reserved.get(sku, 0))
            case "POST", ["inventory", "source-items"]:
                items = request.json["sourceItems"]
                if any(one["sku"] == "odd" for one in items):
                    return answer(400, {"message": 'Validation failed: "odd" has no source.'})
                self.sources |= {one["sku"]: one["quantity"] for one in items}
                return answer(200, b"[]")
        return answer(404, {"message": "The %1 that was requested doesn't exist.", "parameters": ["entity"]})

    def _orders(self, since: str, size: int, page: int) -> bytes:
        rows = sorted(
            (one for one in self.orders.values() if one["updated_at"] >= since), key=lambda o: o["updated_at"]
        )
        return answer(200, {"items": rows[size * (page - 1) : size * page], "total_count": len(rows)})

    def _note(self, held: list[dict[str, Any]], order_id: str, asked: dict[str, Any]) -> bytes:
        held.append(
            {"entity_id": len(held) + 1, "order_id": int(order_id), "asked": asked, "comments": [asked["comment"]]}
        )
        return answer(200, f'"{len(held)}"'.encode())


def _items(found: list[dict[str, Any]]) -> bytes:
    return answer(200, {"items": found, "total_count": len(found)})


@asynccontextmanager
async def magento(folder: Path, *says: Say, **fields: Any) -> AsyncIterator[tuple[MagentoApi, House, Outside]]:
    """The client, the shop, and the server that it is reached at; ``says`` is said before the shop answers."""
    house = House()
    async with outside(*says, always=house) as server, speaking("magento", folder, server.url, **fields) as api:
        yield api, house, server


# -- getting in


async def test_an_integrations_token_is_shown(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        await api.call("order", "k", AskOrder(channel_order_id="7"))
        assert server.heard[0].headers["authorization"] == "Bearer the-token"


async def test_with_a_consumer_key_requests_are_signed(tmp_path: Path) -> None:
    for name in ("consumer-key", "consumer-secret", "token-secret"):
        (tmp_path / f"channel.shop.{name}").write_text(f"the-{name}")
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        await api.call("order", "k", AskOrder(channel_order_id="7"))
        said = server.heard[0].headers["authorization"]
        assert said.startswith('OAuth oauth_consumer_key="the-consumer-key"')
        assert 'oauth_signature_method="HMAC-SHA256"' in said


def test_a_signature_is_that_of_the_standards_own_example() -> None:
    said = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    text = signed_text("GET", url, said.items())
    assert signature(text, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "sha1") == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


async def test_where_the_shop_does_not_let_the_hub_in_what_was_to_be_told_waits(tmp_path: Path) -> None:
    denied = answer(401, {"message": "The consumer isn't authorized to access %resources."})
    async with magento(tmp_path, denied) as (api, _, _):
        with pytest.raises(TransientError, match=r"does not let the hub in: see to the secrets of shop"):
            await api.call("ship", "k", shipped("7"))


# -- orders


async def test_an_order_comes_with_its_credit_memos_where_something_was_paid_back(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7", total_refunded=5)
        house.order("8")
        house.memos.append({"entity_id": 3, "order_id": 7})
        found = orjson.loads((await api.call("order", "k", AskOrder(channel_order_id="7"))).body)
        assert [memo["entity_id"] for memo in found["credit_memos"]] == [3]
        before = len(server.heard)
        found = orjson.loads((await api.call("order", "k", AskOrder(channel_order_id="8"))).body)
        assert found["credit_memos"] == []
        assert server.called[before:] == [f"GET {ROOT}/orders/8"]


async def test_an_order_that_the_shop_does_not_know_is_refused(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="that was requested doesn't exist"):
            await api.call("order", "k", AskOrder(channel_order_id="9"))


async def test_orders_are_asked_for_by_the_moment_they_changed(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("1")
        page = await api.call("orders", "k", SINCE)
        asked = dict(parse_qsl(urlsplit(server.heard[0].path).query))
        assert asked == {
            "searchCriteria[filterGroups][0][filters][0][field]": "updated_at",
            "searchCriteria[filterGroups][0][filters][0][conditionType]": "gteq",
            "searchCriteria[filterGroups][0][filters][0][value]": "2026-05-04 10:00:00",
            "searchCriteria[sortOrders][0][field]": "updated_at",
            "searchCriteria[sortOrders][0][direction]": "ASC",
            "searchCriteria[pageSize]": "100",
            "searchCriteria[currentPage]": "1",
        }
        assert (len(page.orders), page.next) == (1, "")


async def test_no_order_is_passed_over_though_one_changes_between_two_pages(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, _):
        for number in range(1, 251):
            house.order(str(number), f"2026-05-04 11:{number // 60:02}:{number % 60:02}")
        for number in range(300, 450):  # changed at the very same moment
            house.order(str(number), "2026-05-04 11:30:00")
        found: set[int] = set()
        page = await api.call("orders", "k", SINCE)
        house.order("5", "2026-05-04 12:00:00")  # goes to the end; all that follow move up
        while True:
            found |= {orjson.loads(one)["entity_id"] for one in page.orders}
            if not page.next:
                break
            page = await api.call("orders", "k", AskOrders(since=SINCE.since, page=page.next))
        assert found == {*range(1, 251), *range(300, 450)}


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    async with magento(tmp_path, answer(400, {"message": "Maximum page size is 50"})) as (api, _, _):
        with pytest.raises(PermanentError, match="Maximum page size is 50"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_what_magento_has_reserved_is_put_on_top_for_the_hub_has_taken_it_off(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.sources, house.reserved = {"A": 20, "B": 5}, {"A": 3}
        told = await api.call("stock", "k", levels(A=10, B=0))
        assert server.heard[-1].json == {
            "sourceItems": [
                {"sku": "A", "source_code": "default", "quantity": 13.0, "status": 1},
                {"sku": "B", "source_code": "default", "quantity": 0.0, "status": 0},
            ]
        }
        assert problems(told.levels) == {"A": "", "B": ""}


async def test_one_sku_that_is_refused_keeps_no_other_back(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, _):
        house.sources = {"A": 1, "odd": 1, "C": 1}
        told = problems((await api.call("stock", "k", levels(A=4, odd=5, C=6, unknown=7))).levels)
        assert (house.sources["A"], house.sources["C"]) == (4, 6)
        assert (told["A"], told["C"]) == ("", "")
        assert '"odd" has no source' in told["odd"]
        assert "doesn't exist" in told["unknown"]


# -- ship


async def test_a_shipment_has_pieces_tracks_and_the_source_that_it_left(tmp_path: Path) -> None:
    async with magento(tmp_path, locations={"berlin": "BER"}) as (api, house, server):
        house.order("7")
        told = shipped("7", "T1", "T2", lines={"1": 2, "1/gift-wrap": 1}, carrier="dhl-express", location_id="BER")
        assert (await api.call("ship", "k", told)).reference == "1"
        assert server.called[-1] == f"POST {ROOT}/order/7/ship"
        assert server.heard[-1].json == {
            "items": [{"order_item_id": 1, "qty": 2}],
            "notify": True,
            "appendComment": False,
            "comment": {"comment": "crossdock:ship:f1", "is_visible_on_front": 0},
            "tracks": [
                {"track_number": "T1", "title": "dhl-express", "carrier_code": "dhl"},
                {"track_number": "T2", "title": "dhl-express", "carrier_code": "dhl"},
            ],
            "arguments": {"extension_attributes": {"source_code": "berlin"}},
        }


async def test_a_shipment_whose_answer_was_lost_is_found_and_not_made_again(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        lost = iter([True])

        def drop_one(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.method == "POST" and next(lost, False) else said

        server.always = drop_one
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("7")))
        assert isinstance(outcome, Done)
        assert outcome.response.reference == "1"
        assert len(house.shipments) == 1


async def test_a_shipment_that_is_refused_says_why(tmp_path: Path) -> None:
    wrong = answer(400, {"message": "Shipment Document Validation Error(s):\nThe order does not allow a shipment."})
    async with magento(tmp_path, wrong) as (api, _, _):
        with pytest.raises(PermanentError, match="does not allow a shipment"):
            await api.call("ship", "k", shipped("7"))


# -- cancel and refund


async def test_an_order_that_is_not_invoiced_is_cancelled_once(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        await api.call("cancel", "k", cancelled("7"))
        assert server.called[-1] == f"POST {ROOT}/orders/7/cancel"
        await api.call("cancel", "k", cancelled("7"))  # Magento says no, and it is cancelled
        assert house.orders["7"]["state"] == "canceled"
        assert await api.look_up("cancel", "k", cancelled("7")) is not None
        house.order("8", state="complete")
        with pytest.raises(PermanentError, match="'complete' at Magento"):
            await api.call("cancel", "k", cancelled("8"))


async def test_pieces_that_are_paid_are_cancelled_by_a_credit_memo(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        house.paid.add("7")
        part = cancelled("7", {"1": 2}, complete=False)
        assert await api.look_up("cancel", "k", part) is None
        assert (await api.call("cancel", "k", part)).reference == "1"
        assert server.called[-1] == f"POST {ROOT}/invoice/77/refund"
        assert server.heard[-1].json == {
            "items": [{"order_item_id": 1, "qty": 2}],
            "notify": False,
            "appendComment": False,
            "comment": {"comment": "crossdock:cancel:c1", "is_visible_on_front": 0},
            "arguments": {"shipping_amount": 0},
            "isOnline": True,
        }
        assert (await api.look_up("cancel", "k", part)).reference == "1"
        await api.call("cancel", "k2", cancelled("7", {"1": 1}, cancel_id="c2", refund=False))
        assert server.called[-1] == f"POST {ROOT}/order/7/refund"  # the hub pays it back itself


async def test_a_part_of_an_order_that_is_not_invoiced_is_left_to_a_person(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, _):
        house.order("7")
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 1"):
            await api.call("cancel", "k", cancelled("7", complete=False))


async def test_an_amount_is_paid_back_as_an_adjustment_in_the_shops_currency(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7", base_to_order_rate=1.25)
        house.paid.add("7")
        assert (await api.call("refund", "k", refund("7", 500))).reference == "1"
        assert server.heard[-1].json["items"] == [{"order_item_id": 1, "qty": 0}, {"order_item_id": 2, "qty": 0}]
        assert server.heard[-1].json["arguments"] == {
            "shipping_amount": 0,
            "adjustment_positive": 4.0,
            "adjustment_negative": 0,
        }
        assert (await api.look_up("refund", "k", refund("7", 500))).reference == "1"


async def test_a_refund_that_is_refused_says_why(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        with pytest.raises(PermanentError, match="no invoice of the order is paid"):
            await api.call("refund", "k", refund("7"))
        house.paid.add("7")
        too_much = answer(400, {"message": "The most money available to refund is 3."})
        server.always = lambda request: too_much if request.method == "POST" else house(request)
        with pytest.raises(PermanentError, match="most money available"):
            await api.call("refund", "k", refund("7"))
