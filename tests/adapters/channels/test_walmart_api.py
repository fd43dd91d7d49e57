"""Walmart's Marketplace API: what it is asked, where, what its answers come to; and that nothing is done twice."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.capture.channels import doubts
from services.capture.channels.api import AskOrder, AskOrders, TellAcknowledged, Told
from services.capture.channels.walmart import Walmart
from services.hub.decision import Done, Intent, Later
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, shipped, speaking
from tests.adapters.channels.walmart_house import NONE, posted, walmart
from tests.adapters.outside import CLOSE, Request, Say, answer, outside

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))


# -- orders


async def test_an_order_is_asked_for_with_a_token_and_maps(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, _, server):
        found = await api.call("order", "k", AskOrder(channel_order_id="7"))
        exchange, asked = server.heard
        assert exchange.headers["authorization"] == f"Basic {b64encode(b'the-client-id:the-client-secret').decode()}"
        assert exchange.body == b"grant_type=client_credentials"
        assert asked.path == "/v3/orders/7?replacementInfo=true"
        assert asked.headers["wm_sec.access_token"] == "w1"
        assert asked.headers["wm_svc.name"] == "Walmart Marketplace"
        assert asked.headers["wm_qos.correlation_id"] != exchange.headers["wm_qos.correlation_id"]
        assert [line.quantity for line in Walmart().read(found.body).lines] == [3, 1]


async def test_an_order_that_walmart_does_not_know_is_refused(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="no such order"):
            await api.call("order", "k", AskOrder(channel_order_id="9"))


async def test_where_walmart_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    wrong = answer(401, {"error": [{"code": "UNAUTHORIZED.GMP_GATEWAY_API", "description": "invalid client"}]})
    async with outside(always=wrong) as server, speaking("walmart", tmp_path, server.url) as api:
        with pytest.raises(TransientError, match="see to the secrets of shop"):
            await api.call("ship", "k", shipped("7"))


async def test_orders_of_each_shipper_are_gone_through_by_cursor(tmp_path: Path) -> None:
    def listed(number: str, cursor: str = "") -> bytes:
        order = {"purchaseOrderId": number}
        return answer(200, {"list": {"meta": {"nextCursor": cursor}, "elements": {"order": [order]}}})

    says = (listed("1", "?limit=100&soIndex=100"), listed("2"), NONE, listed("3"))
    async with walmart(tmp_path, *says) as (api, _, server):
        found: list[str] = []
        asked = SINCE
        while True:
            page = await api.call("orders", "k", asked)
            found += [Walmart().order_id(one) for one in page.orders]
            if not page.next:
                break
            asked = AskOrders(since=SINCE.since, page=page.next)
        assert found == ["1", "2", "3"]
        first, second, third, fourth = (one.path for one in server.heard[1:])
        assert dict(parse_qsl(urlsplit(first).query)) == {
            "lastModifiedStartDate": "2026-05-04T10:00:00Z",
            "createdStartDate": "2025-11-15T10:00:00Z",
            "shipNodeType": "SellerFulfilled",
            "replacementInfo": "true",
            "limit": "100",
        }
        assert second == "/v3/orders?limit=100&soIndex=100"
        assert "WFSFulfilled" in third
        assert "3PLFulfilled" in fourth


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    wrong = answer(400, {"errors": {"error": [{"code": "INVALID_REQUEST_PARAM", "description": "limit too high"}]}})
    async with walmart(tmp_path, wrong) as (api, _, _):
        with pytest.raises(PermanentError, match="limit too high"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_levels_are_put_one_by_one_and_what_is_unknown_is_named(tmp_path: Path) -> None:
    async with walmart(tmp_path, ship_node="N1") as (api, house, server):
        told = problems((await api.call("stock", "k", levels(A=4, nope=5, C=6))).levels)
        assert house.stock == {"A": 4, "C": 6}
        assert (told["A"], told["C"]) == ("", "")
        assert "CONTENT_NOT_FOUND" in told["nope"]
        put = next(one for one in server.heard if "sku=A" in one.path)
        assert (put.method, put.path) == ("PUT", "/v3/inventory?sku=A&shipNode=N1")
        assert put.json == {"sku": "A", "quantity": {"unit": "EACH", "amount": 4}}


# -- ship


async def test_an_order_that_has_come_is_acknowledged_once_and_again_does_no_harm(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, _, server):
        intent = Intent("shop", "acknowledge", "k", TellAcknowledged(channel_order_id="7"))
        outcomes = [await effects(api).run(intent) for _ in range(2)]
        assert [type(one) for one in outcomes] == [Done, Done]
        assert posted(server) == ["acknowledge"]


async def test_an_order_that_walmart_has_not_is_not_acknowledged(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="no such order"):
            await api.call("acknowledge", "k", TellAcknowledged(channel_order_id="9"))


async def test_an_order_is_acknowledged_and_its_pieces_shipped_by_parcel(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, _, server):
        told = shipped("7", "T1", "T2", lines={"1": 2, "1/fee-2": 1, "2": 1}, carrier="ups-ground")
        assert (await api.call("ship", "k", told)).reference == "T1"
        assert posted(server) == ["acknowledge", "shipping"]
        info = {"shipDateTime": 1777897800000, "carrierName": {"carrier": "UPS"}, "methodCode": "Value"}
        assert server.heard[-1].json["orderShipment"]["orderLines"]["orderLine"] == [
            {
                "lineNumber": number,
                "sellerOrderId": "f1",
                "orderLineStatuses": {
                    "orderLineStatus": [
                        {
                            "status": "Shipped",
                            "statusQuantity": {"unitOfMeasurement": "EACH", "amount": amount},
                            "trackingInfo": {**info, "trackingNumber": tracking},
                        }
                    ]
                },
            }
            for number, amount, tracking in (("1", "2", "T1"), ("2", "1", "T2"))
        ]


async def test_a_shipment_whose_answer_was_lost_is_found_by_its_tracking_number(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, house, server):

        def drop(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.path.endswith("/shipping") else said

        server.always = drop
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("7", "T1", lines={"1": 1})))
        assert isinstance(outcome, Done)
        assert posted(server).count("shipping") == 1


async def test_what_is_shipped_without_a_parcel_or_refused_is_said(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, house, server):
        with pytest.raises(PermanentError, match="wants a tracking number"):
            await api.call("ship", "k", shipped("7").model_copy(update={"parcels": ()}))
        wrong = answer(
            400, {"errors": {"error": [{"code": "INVALID_REQUEST_CONTENT", "description": "carrier unknown"}]}}
        )
        server.always = lambda request: wrong if request.path.endswith("/shipping") else house(request)
        with pytest.raises(PermanentError, match="carrier unknown"):
            await api.call("ship", "k", shipped("7"))


# -- cancel and refund


async def test_pieces_are_cancelled_with_walmarts_reason(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, _, server):
        await api.call(
            "cancel", "k", cancelled("7", {"1": 2, "1/fee-1": 1}, complete=False, reason="customer-changed-mind")
        )
        assert posted(server) == ["cancel"]
        assert server.heard[-1].json["orderCancellation"]["orderLines"]["orderLine"] == [
            {
                "lineNumber": "1",
                "orderLineStatuses": {
                    "orderLineStatus": [
                        {
                            "status": "Cancelled",
                            "cancellationReason": "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
                            "statusQuantity": {"unitOfMeasurement": "EACH", "amount": "2"},
                        }
                    ]
                },
            }
        ]


async def test_a_cancel_whose_answer_was_lost_is_not_made_again_though_one_was_cancelled_before(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, house, server):
        house.statuses["1"] = [{"status": "Cancelled", "statusQuantity": {"amount": "1"}}]

        def drop(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.path.endswith("/cancel") else said

        server.always = drop
        told = cancelled("7", {"1": 1}, complete=False)
        outcome = await effects(api).run(Intent("shop", "cancel", "k", told))
        assert isinstance(outcome, Done)
        assert posted(server) == ["cancel"]


async def test_a_cancel_that_is_not_shown_yet_is_waited_for_before_more_is_cancelled(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, house, server):
        server.always = lambda request: CLOSE if request.path.endswith("/cancel") else house(request)
        intent = Intent("shop", "cancel", "k", cancelled("7", {"1": 1}, complete=False))
        outcome = await effects(api).run(intent)
        assert isinstance(outcome, Later)
        assert "does not show it yet" in outcome.reason
        house.statuses["1"] = [{"status": "Cancelled", "statusQuantity": {"amount": "1"}}]
        assert isinstance(await effects(api).run(replace(intent, resumed=True)), Done)
        assert posted(server) == ["cancel"]


async def test_what_has_shipped_meanwhile_is_not_taken_for_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
    async with walmart(tmp_path) as (api, house, _):
        house.statuses["1"] = [{"status": "Shipped", "statusQuantity": {"amount": "3"}}]
        part = cancelled("7", {"1": 1}, complete=False)
        assert await api.look_up("cancel", "k", part) is None
        house.statuses["1"][0]["status"] = "Cancelled"
        assert await api.look_up("cancel", "k", part) == Told()


async def test_after_a_restart_a_cancel_that_cannot_be_told_apart_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
    async with walmart(tmp_path) as (api, house, _):
        part = cancelled("7", {"1": 1}, complete=False)
        assert await api.look_up("cancel", "k", part) is None
        house.statuses["1"] = [{"status": "Cancelled", "statusQuantity": {"amount": "1"}}]
        assert await api.look_up("cancel", "k", part) is None
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 1"):
            await api.call("cancel", "k", part)
        house.statuses["1"] = [{"status": "Cancelled", "statusQuantity": {"amount": "3"}}]
        assert await api.look_up("cancel", "k", part) is not None


async def test_a_cancel_that_is_refused_says_why(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, house, server):
        wrong = answer(400, {"errors": {"error": [{"code": "INVALID", "description": "line is shipped"}]}})
        server.always = lambda request: wrong if request.path.endswith("/cancel") else house(request)
        with pytest.raises(PermanentError, match="line is shipped"):
            await api.call("cancel", "k", cancelled("7"))
