"""Square's APIs: what they are asked, where, what their answers come to; and that nothing is done twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.capture.channels import NoOrderError
from services.capture.channels.api import AskOrder, AskOrders, Level, SetStock
from services.capture.channels.square import Square
from services.capture.channels.square.api import SquareApi
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError, TransientError
from services.hub.toml import RulesError
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, shipped, speaking
from tests.adapters.channels.square import TOKEN, UPDATE, error, instead, line, square
from tests.adapters.outside import CLOSE, answer, outside

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))


async def listed(api: SquareApi) -> list[Any]:
    found: list[Any] = []
    asked = SINCE
    while True:
        page = await api.call("orders", "k", asked)
        found += [Square().read(one) for one in page.orders]
        if not page.next:
            return found
        asked = AskOrders(since=SINCE.since, page=page.next)


# -- orders


async def test_an_order_comes_with_what_was_paid_back_of_its_payments_and_maps(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        house.refund("P1", 300)
        found = await api.call("order", "k", AskOrder(channel_order_id="O-1"))
        exchange, asked = server.heard[:2]
        assert exchange.path == "/oauth2/token"
        assert exchange.json == {
            "grant_type": "refresh_token",
            "refresh_token": "the-refresh-token",
            "client_id": "the-client-id",
            "client_secret": "the-client-secret",
        }
        assert asked.path == "/v2/orders/O-1"
        assert (asked.headers["authorization"], asked.headers["square-version"]) == ("Bearer s1", "2026-01-22")
        read = Square().read(found.body)
        assert (read.order_id, read.total_minor, read.fulfil_by) == ("O-1", 4000, "hub")
        assert [(one.refund_id, one.amount_minor) for one in read.refunds] == [("R1", 300)]


async def test_an_order_that_square_does_not_know_is_refused(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="NOT_FOUND: /v2/orders/O-9 not found"):
            await api.call("order", "k", AskOrder(channel_order_id="O-9"))


async def test_the_sellers_own_token_does_too_and_one_that_is_refused_is_read_anew(tmp_path: Path) -> None:
    wrong = answer(401, {"errors": [{"category": "AUTHENTICATION_ERROR", "code": "UNAUTHORIZED"}]})
    async with outside(wrong) as server, speaking("square", tmp_path, server.url, location="L1") as api:
        (tmp_path / "channel.shop.refresh-token").unlink()
        server.always = answer(200, {"refunds": []})
        await api.call("orders", "k", AskOrders(since=SINCE.since, page="1|"))
        assert [one.headers["authorization"] for one in server.heard] == ["Bearer the-token"] * 2


async def test_where_square_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    wrong = answer(401, {"errors": [{"category": "AUTHENTICATION_ERROR", "code": "UNAUTHORIZED", "detail": "not you"}]})
    async with outside(always=wrong) as server, speaking("square", tmp_path, server.url, location="L1") as api:
        with pytest.raises(TransientError, match="not you"):
            await api.call("ship", "k", shipped("O-1"))


async def test_without_a_location_the_rules_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"shop\.api\.account\.location: it is missing"):
        async with speaking("square", tmp_path, "http://x"):
            pass


async def test_orders_of_ten_locations_at_a_time_then_those_with_refunds_are_gone_through(tmp_path: Path) -> None:
    places = {f"L{number}": "BER" for number in range(1, 13)}
    async with square(tmp_path, locations=places) as (api, house, server):
        house.order("O-2", location_id="L12", tenders=[])
        back = {"returns": [{"source_order_id": "O-1", "return_line_items": []}], "line_items": []}
        house.order("O-return", **back)
        house.refund("P1", 300)
        house.refund("P2", 200)
        found = await listed(api)
        assert [one.order_id for one in found] == ["O-1", "O-2", "O-1"]
        assert [one.amount_minor for one in found[2].refunds] == [300, 200]
        searches = [one.json for one in server.heard if one.path == "/v2/orders/search"]
        assert [len(one["location_ids"]) for one in searches] == [10, 2]
        assert searches[0]["query"] == {
            "filter": {"date_time_filter": {"updated_at": {"start_at": "2026-05-04T10:00:00Z"}}},
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        }
        (asked,) = (urlsplit(one.path) for one in server.heard if one.path.startswith("/v2/refunds?"))
        assert dict(parse_qsl(asked.query)) == {
            "updated_at_begin_time": "2026-05-04T10:00:00Z",
            "sort_field": "UPDATED_AT",
            "sort_order": "ASC",
            "limit": "20",
        }
        before = server.called.count("GET /v2/orders/O-1")
        await listed(api)
        assert server.called.count("GET /v2/orders/O-1") == before


async def test_a_list_goes_on_by_squares_cursor(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, _, server):
        server.says = [TOKEN, answer(200, {"orders": [], "cursor": "c|1"})]
        page = await api.call("orders", "k", SINCE)
        await api.call("orders", "k", AskOrders(since=SINCE.since, page=page.next))
        first, second = (one.json for one in server.heard[1:])
        assert second == {**first, "cursor": "c|1"}


async def test_a_return_by_itself_is_no_order_of_its_own(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, _):
        house.order("O-return", returns=[{"source_order_id": "O-1"}], line_items=[], tenders=[])
        found = await api.call("order", "k", AskOrder(channel_order_id="O-return"))
        with pytest.raises(NoOrderError, match="it is a return of O-1"):
            Square().read(found.body)


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        instead(house, server, "POST /v2/orders/search", error(403, "INSUFFICIENT_SCOPES", "ORDERS_READ is needed"))
        with pytest.raises(PermanentError, match="INSUFFICIENT_SCOPES: ORDERS_READ"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_levels_are_counted_by_variation_whose_sku_is_looked_up_once(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        both = SetStock(levels=(*levels(A=7).levels, Level(sku="x", listing_id="V-2", available=0)))
        for _ in range(2):
            assert problems((await api.call("stock", "k", both)).levels) == {"A": "", "x": ""}
        assert house.stock == {"V-1": "7", "V-2": "0"}
        search, first, second = (one.json for one in server.heard[1:])
        assert search == {
            "object_types": ["ITEM_VARIATION"],
            "query": {"set_query": {"attribute_name": "sku", "attribute_values": ["A"]}},
        }
        assert first["idempotency_key"] != second["idempotency_key"]
        assert first["ignore_unchanged_counts"] is False
        count = first["changes"][0]["physical_count"]
        assert first["changes"][0]["type"] == "PHYSICAL_COUNT"
        assert abs((datetime.now(UTC) - datetime.fromisoformat(count.pop("occurred_at"))).total_seconds()) < 60
        assert count == {"catalog_object_id": "V-1", "state": "IN_STOCK", "location_id": "L1", "quantity": "7"}


async def test_what_is_refused_or_in_no_catalogue_keeps_nothing_else_back(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, _):
        gone = Level(sku="gone", listing_id="V-9", available=1)
        wanted = SetStock(levels=(*levels(A=4, twice=1, nope=1, C=6).levels, gone))
        told = problems((await api.call("stock", "k", wanted)).levels)
        assert house.stock == {"V-1": "4", "V-2": "6"}
        assert (told["A"], told["C"], told["gone"]) == ("", "", "NOT_FOUND object V-9 not found")
        assert "2 variations have it" in told["twice"]
        assert "no variation" in told["nope"]


# -- ship


async def test_the_last_pieces_complete_a_fulfilment_and_numbers_stand_together(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        part = shipped("O-1", "T1", lines={"1": 2, "wrap": 1}, carrier="ups")
        assert (await api.call("ship", "k1", part)).reference == "O-1"
        assert (house.sent["state"], len(house.sent["metadata"])) == ("PROPOSED", 1)
        rest = shipped("O-1", "T2", "T3", lines={"2": 1}, carrier="ups", fulfilment_id="f2")
        await api.call("ship", "k2", rest)
        asked = next(one.json for one in reversed(server.heard) if one.method == "PUT")
        assert (asked["order"]["version"], asked["order"]["location_id"], len(asked["idempotency_key"])) == (
            5,
            "L1",
            36,
        )
        (change,) = asked["order"]["fulfillments"]
        assert change.pop("metadata") == house.sent["metadata"]
        assert change == {
            "uid": "F1",
            "state": "COMPLETED",
            "shipment_details": {"carrier": "ups", "tracking_number": "T1, T2, T3"},
        }
        assert sorted(house.sent["metadata"].values()) == ["1 f2", "2 f1"]


async def test_a_fulfilment_takes_more_shipments_than_square_takes_notes(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        house.order("O-1", line_items=[line("1", 40)])
        parts = [shipped("O-1", f"T{n}", lines={"1": 1}, fulfilment_id=f"fulfilment-{n}") for n in range(29)]
        for number, part in enumerate(parts[:12]):
            assert await api.look_up("ship", f"k{number}", part) is None
            await api.call("ship", f"k{number}", part)
        assert len(house.sent["metadata"]) == 9
        for part in parts[:12]:
            assert await api.look_up("ship", "k", part) is not None
        calls = server.called.count(UPDATE)
        await api.call("ship", "k11", parts[11])
        assert server.called.count(UPDATE) == calls  # it is there
        for number, part in enumerate(parts[12:27], 12):
            await api.call("ship", f"k{number}", part)
        await api.call("cancel", "c", cancelled("O-1", lines={"1": 1}, complete=False, refund=False))
        assert len(house.sent["metadata"]) == 10
        with pytest.raises(PermanentError, match="by-hand: Square takes no further note at fulfilment F1"):
            await api.call("ship", "k27", parts[27])


async def test_pieces_go_to_the_fulfilments_that_name_them(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, _):
        entries = [{"line_item_uid": "1", "quantity": "1"}], [{"line_item_uid": "1", "quantity": "1"}]
        sent = [
            {"uid": f"F{number}", "type": "PICKUP", "state": "PREPARED", "entries": one}
            for number, one in enumerate(entries)
        ]
        house.order("O-1", fulfillments=sent)
        await api.call("ship", "k", shipped("O-1", lines={"1": 1}))
        assert [one["state"] for one in sent] == ["COMPLETED", "PREPARED"]
        assert "shipment_details" not in sent[0]


async def test_a_shipment_whose_answer_was_lost_is_noted_once(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        assert await api.look_up("ship", "k", shipped("O-1")) is None
        instead(house, server, UPDATE, CLOSE, done=True)
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("O-1", lines={"1": 1})))
        assert isinstance(outcome, Done)
        assert (server.called.count(UPDATE), list(house.sent["metadata"].values())) == (1, ["1 f1"])


async def test_an_order_that_changed_meanwhile_is_read_again(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        instead(house, server, UPDATE, error(400, "VERSION_MISMATCH", "the version is 5"))
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("O-1")))
        assert isinstance(outcome, Done)
        assert server.called.count("GET /v2/orders/O-1") == 2


async def test_a_shipment_that_square_does_not_take_says_why(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        instead(house, server, UPDATE, error(400, "BAD_REQUEST", "cannot be completed"))
        with pytest.raises(PermanentError, match="BAD_REQUEST: cannot be completed"):
            await api.call("ship", "k", shipped("O-1"))
        house.orders["O-1"].pop("version")
        with pytest.raises(PermanentError, match="by-hand: Square lets nobody else change this order"):
            await api.call("ship", "k", shipped("O-1"))
        house.sent["state"] = "CANCELED"
        with pytest.raises(PermanentError, match="no fulfilment of order O-1 is open"):
            await api.call("ship", "k", shipped("O-1"))
        house.sent["state"] = "COMPLETED"
        assert (await api.call("ship", "k", shipped("O-1"))).reference == ""
