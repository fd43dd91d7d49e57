"""Magento's REST API: who is let in, and what it is asked; what stock it is told."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from services.capture.channels.api import AskOrder, AskOrders
from services.capture.channels.magento.oauth import signature, signed_text
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.magento_house import ROOT, magento
from tests.adapters.channels.speaking import levels, problems, shipped
from tests.adapters.outside import answer

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))


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
            "searchCriteria[filterGroups][1][filters][0][field]": "entity_id",
            "searchCriteria[filterGroups][1][filters][0][conditionType]": "gt",
            "searchCriteria[filterGroups][1][filters][0][value]": "0",
            "searchCriteria[sortOrders][0][field]": "entity_id",
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
        house.order("5", "2026-05-04 12:00:00")
        house.order("305", "2026-05-04 12:00:00")
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
