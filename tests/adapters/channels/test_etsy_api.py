"""Etsy's Open API: what it is asked, where, what its answers come to; and that no buyer gets a mail twice."""

from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import orjson
import pytest

from services.capture.channels.api import AskOrder, SetStock, StockSet
from services.capture.channels.etsy.api import left
from services.hub.decision import Done, Intent, changed
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.etsy import BEGIN, SHOP, SINCE, etsy, listed
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, refund, shipped, speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer

# -- getting in


async def test_the_applications_key_and_the_shops_token_are_shown(tmp_path: Path) -> None:
    (tmp_path / "channel.shop.api-key").write_text("key:secret")
    async with etsy(tmp_path) as (api, house, server):
        (tmp_path / "channel.shop.api-key").write_text("key:secret")
        house.receipt(7)
        await api.call("order", "k", AskOrder(channel_order_id="7"))
        exchange, asked = server.heard
        assert {name: one[0] for name, one in parse_qs(exchange.body.decode()).items()} == {
            "grant_type": "refresh_token",
            "client_id": "key",
            "refresh_token": "the-refresh-token",
        }
        assert asked.headers["x-api-key"] == "key:secret"
        assert asked.headers["authorization"] == "Bearer 42.access-0"


async def test_the_newest_refresh_token_is_used_and_the_one_that_is_set_where_it_is_refused(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.receipt(7)
        await api.call("order", "k1", AskOrder(channel_order_id="7"))
        house.tokens.append("another")  # ours is good no more
        await api.call("order", "k2", AskOrder(channel_order_id="7"))
        house.tokens.append("another")
        house.good = {"the-refresh-token"}
        await api.call("order", "k3", AskOrder(channel_order_id="7"))
        used = [parse_qs(one.body.decode())["refresh_token"][0] for one in server.heard if one.path == "/token"]
        assert used == ["the-refresh-token", "newer-1", "newer-3", "the-refresh-token"]


async def test_where_etsy_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, _):
        house.good.clear()
        with pytest.raises(TransientError, match="refresh token is expired"):
            await api.call("ship", "k", shipped("7"))


def test_what_is_left_of_the_second_and_of_the_day_is_learned() -> None:
    second = left({"x-remaining-this-second": "3", "x-limit-per-second": "10", "x-remaining-today": "500"})
    assert second is not None
    assert (second.remaining, second.renews_in_s) == (3, 1.0)
    today = left({"x-remaining-this-second": "3", "x-limit-per-second": "10", "x-remaining-today": "0"})
    assert today is not None
    assert (today.remaining, today.renews_in_s) == (0, 3600.0)
    assert left({}) is None


# -- orders


async def test_a_receipt_is_asked_for_and_one_that_is_unknown_is_refused(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.receipt(7)
        found = orjson.loads((await api.call("order", "k", AskOrder(channel_order_id="7"))).body)
        assert server.called[-1] == f"GET {SHOP}/receipts/7"
        assert found["receipt_id"] == 7
        with pytest.raises(PermanentError, match="Resource not found"):
            await api.call("order", "k", AskOrder(channel_order_id="9"))


async def test_no_receipt_is_passed_over_where_many_changed_at_one_moment_and_one_changes_again(
    tmp_path: Path,
) -> None:
    async with etsy(tmp_path) as (api, house, server):
        for number in range(1, 231):
            house.receipt(number, updated=60)

        def changing(request: Request) -> Say:
            said = house(request)
            if "/receipts?" in request.path:
                house.receipt(5, updated=90)
            return said

        server.always = changing
        assert set(await listed(api)) == set(range(1, 231))
        assert dict(parse_qsl(urlsplit(server.heard[1].path).query)) == {
            "min_last_modified": str(BEGIN),
            "sort_on": "receipt_id",
            "sort_order": "asc",
            "limit": "100",
            "offset": "0",
        }


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        wrong = answer(403, {"error": "insufficient_scope"})
        server.always = lambda request: wrong if "receipts" in request.path else house(request)
        with pytest.raises(PermanentError, match="insufficient_scope"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_a_listing_is_written_whole_with_the_quantity_of_the_product(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        told = await api.call("stock", "k", levels(**{"502": 8, "nope": 1}))
        assert house.quantities() == [3, 8]
        assert problems(told.levels) == {"502": "", "nope": "no listing of the shop has it"}
        put = next(one for one in server.heard if one.method == "PUT")
        assert put.path == "/v3/application/listings/71/inventory"
        assert put.json["quantity_on_property"] == [100]
        assert put.json["products"][1] == {
            "sku": "B",
            "property_values": [
                {"property_id": 100, "property_name": "Size", "scale_id": None, "value_ids": [502], "values": ["B"]}
            ],
            "offerings": [{"price": 12.5, "quantity": 8, "is_enabled": True}],
        }


async def test_a_listing_of_which_nothing_is_left_rests_until_there_is(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, _):
        await api.call("stock", "k", levels(A=0, B=0))
        assert house.state == "inactive"
        await api.call("stock", "k", levels(A=5))
        assert house.state == "active"
        assert house.quantities() == [5, 0]


async def restarted(folder: Path, server: Outside, wanted: SetStock) -> StockSet:
    """What becomes of levels that a hub publishes which has just been started."""
    account = {"shop": "42", "token_url": f"{server.url}/token"}
    async with speaking("etsy", folder, server.url, **account) as api:
        return StockSet.model_validate(await api.call("stock", "k", wanted))


async def test_a_listing_that_rests_is_set_active_after_a_restart_by_what_was_noted_with_another_of_its_products(
    tmp_path: Path,
) -> None:
    async with etsy(tmp_path) as (api, house, server):
        await api.call("stock", "k", levels(A=0))
        (told,) = (await api.call("stock", "k", levels(B=0))).levels
        assert (house.state, told.note) == ("inactive", f"71:{BEGIN + 1}")
        wrong = answer(400, {"error": "Invalid value for price"})
        server.always = lambda request: wrong if request.method == "PUT" else house(request)
        (refused,) = (await restarted(tmp_path, server, changed(levels(B=5), notes=(told.note,)))).levels
        assert ("Invalid value" in refused.problem, refused.note) == (True, told.note)
        server.always = house
        (told,) = (await restarted(tmp_path, server, changed(levels(A=5), notes=(told.note, "71:9")))).levels
        assert (house.state, house.quantities(), told.note) == ("active", [5, 0], "")


@pytest.mark.parametrize("tried_again", [True, False])
async def test_a_listing_that_was_set_inactive_while_the_answer_was_lost_is_set_active_again(
    tmp_path: Path, *, tried_again: bool
) -> None:
    async with etsy(tmp_path) as (api, house, server):
        lost = 2 * [answer(500, {"error": "Internal"})]

        def serve(request: Request) -> Say:
            said = house(request)
            return lost.pop() if lost and request.method == "PATCH" else said

        server.always = serve
        with pytest.raises(TransientError):
            await api.call("stock", "k", levels(A=0, B=0))
        assert (house.state, lost) == ("inactive", [])
        if tried_again:
            told, _ = (await api.call("stock", "k", levels(A=0, B=0))).levels
            assert told.note == f"71:{BEGIN + 1}"
        await api.call("stock", "k", levels(A=5))
        assert (house.state, house.quantities()) == ("active", [5, 0])


async def test_a_listing_that_the_seller_has_set_inactive_is_never_set_active(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.set("inactive")
        told = await api.call("stock", "k", levels(A=0, B=0))
        assert [one.note for one in told.levels] == ["", ""]
        await api.call("stock", "k", levels(A=5))
        assert (house.state, house.quantities()) == ("inactive", [5, 3])
        house.set("active")
        (*_, told) = (await api.call("stock", "k", levels(A=0, B=0))).levels
        house.set("active")  # by hand, and off again
        house.set("inactive")
        await api.call("stock", "k", levels(A=4))
        await restarted(tmp_path, server, changed(levels(B=2), notes=(told.note,)))
        assert (house.state, house.quantities()) == ("inactive", [4, 2])


async def test_a_listing_that_is_refused_says_why(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        wrong = answer(400, {"error": "Invalid value for sku"})
        server.always = lambda request: wrong if request.method == "PUT" else house(request)
        told = await api.call("stock", "k", levels(A=5))
        assert "Invalid value for sku" in told.levels[0].problem


# -- ship


async def test_each_tracking_number_is_told_once(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.receipt(7)
        lost = iter([True])

        def drop(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.path.endswith("/tracking") and next(lost, False) else said

        server.always = drop
        told = shipped("7", "T1", "T2", lines={"1": 2}, carrier="USPS")
        outcome = await effects(api).run(Intent("shop", "ship", "k", told))
        assert isinstance(outcome, Done)
        assert outcome.response.reference == "T1"
        assert house.receipts["7"]["shipments"] == [
            {"tracking_code": "T1", "carrier_name": "usps"},
            {"tracking_code": "T2", "carrier_name": "usps"},
        ]


async def test_without_a_parcel_a_receipt_is_only_marked_as_shipped(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, _):
        house.receipt(7)
        told = shipped("7").model_copy(update={"parcels": ()})
        assert await api.look_up("ship", "k", told) is None
        await api.call("ship", "k", told)
        await api.call("ship", "k", told)
        assert house.mails == 1
        assert await api.look_up("ship", "k", told) is not None


async def test_tracking_that_is_refused_says_why(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.receipt(7)
        wrong = answer(400, {"error": "Invalid carrier_name"})
        server.always = lambda request: wrong if request.path.endswith("/tracking") else house(request)
        with pytest.raises(PermanentError, match="Invalid carrier_name"):
            await api.call("ship", "k", shipped("7"))


# -- cancel and refund


async def test_what_etsy_has_no_call_for_is_left_to_a_person_unless_it_is_done(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, _):
        house.receipt(7)
        with pytest.raises(PermanentError, match="cancel in Etsy's Shop Manager: 1 of 1"):
            await api.call("cancel", "k", cancelled("7"))
        with pytest.raises(PermanentError, match=r"pay back 5\.00 EUR"):
            await api.call("refund", "k", refund("7"))
        house.receipt(7, status="Canceled")
        assert await api.call("cancel", "k", cancelled("7")) is not None
        assert await api.look_up("cancel", "k", cancelled("7")) is not None
