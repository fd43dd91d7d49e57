"""Flipkart's Marketplace Seller API: what it is asked, where, what its answers come to; nothing is done twice."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.capture.channels.api import AskOrder, AskOrders
from services.capture.channels.flipkart import Flipkart
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError, TransientError, UnknownError
from tests.adapters.channels.flipkart_house import (
    CANCEL,
    DISPATCH,
    FILTER,
    READY,
    done,
    dropping,
    flipkart,
    instead,
    told,
)
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, refund, shipped
from tests.adapters.outside import answer

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))


# -- orders


async def test_a_shipment_is_asked_for_with_its_address_and_maps(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, _, server):
        found = await api.call("order", "k", AskOrder(channel_order_id="f1"))
        exchange, asked, address = server.heard
        assert exchange.path == "/oauth-service/oauth/token?grant_type=client_credentials&scope=Seller_Api"
        assert exchange.headers["authorization"] == f"Basic {b64encode(b'the-client-id:the-client-secret').decode()}"
        assert asked.headers["authorization"] == "Bearer f1"
        assert (asked.path, address.path) == ("/sellers/v3/shipments?shipmentIds=f1", "/sellers/v3/shipments/f1")
        order = Flipkart().read(found.body)
        assert [one.quantity for one in order.lines] == [2, 1]
        assert order.ship_to is not None
        assert (order.ship_to.line1, order.ship_to.postcode) == ("12 MG Road", "560038")


async def test_a_shipment_that_flipkart_does_not_know_is_refused(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="has no shipment f9"):
            await api.call("order", "k", AskOrder(channel_order_id="f9"))


async def test_where_flipkart_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, _, server):
        server.always = answer(401, {"error": "unauthorized", "error_description": "Bad credentials"})
        with pytest.raises(TransientError, match="Bad credentials"):
            await api.call("ship", "k", shipped("f1"))


async def test_shipments_are_gone_through_list_by_list_and_page_by_page(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        more = {
            "hasMore": True,
            "nextPageUrl": "/v3/shipments/filter?next_token=n2",
            "shipments": [{"shipmentId": "a"}],
        }
        rest = [{"hasMore": False, "nextPageUrl": "/v3/shipments/filter?next_token=x", "shipments": []}] * 4
        pages = [more, {"hasMore": False, "shipments": [{"shipmentId": "b"}]}, *rest]
        server.always = lambda request: answer(200, pages.pop(0)) if request.path.startswith(FILTER) else house(request)
        found: list[str] = []
        asked = SINCE
        while True:
            page = await api.call("orders", "k", asked)
            found += [Flipkart().order_id(one) for one in page.orders]
            if not page.next:
                break
            asked = AskOrders(since=SINCE.since, page=page.next)
        assert (found, pages) == (["a", "b"], [])
        assert "GET /sellers/v3/shipments/filter?next_token=n2" in server.called
        filters = [one["filter"] for one in told(server, FILTER)]
        assert [(one["type"], one.get("cancellationType", "")) for one in filters] == [
            ("preDispatch", ""),
            ("postDispatch", ""),
            ("cancelled", "buyerCancellation"),
            ("cancelled", "marketplaceCancellation"),
            ("cancelled", "sellerCancellation"),
        ]
        assert filters[0]["modifiedDate"]["from"] == "2026-05-04T10:00:00Z"
        assert filters[2]["cancellationDate"]["from"] == "2026-05-04T10:00:00Z"
        assert {one["locationId"] for one in filters} == {"LOC1"}


async def test_where_one_address_is_refused_the_others_are_asked_for_by_themselves(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        gone = {"shipmentId": "gone", "orderItems": [{"status": "CANCELLED"}]}
        listed = answer(200, {"hasMore": False, "shipments": [house.shipment, gone]})
        wrong = answer(400, {"errors": [{"message": "no such shipment"}]})
        gone_ = answer(200, {"shipments": [gone]})
        server.always = lambda request: (
            listed if request.path == FILTER else wrong if "gone" in request.path else house(request)
        )
        found = (await api.call("orders", "k", SINCE)).orders
        assert [b"MG Road" in body for body in found] == [True, False]
        server.always = lambda request: listed if request.path == FILTER else wrong if "f1" in request.path else gone_
        found = (await api.call("orders", "k", SINCE)).orders
        assert [Flipkart().order_id(body) for body in found] == ["f1", "gone"]  # it is looked at, and holds none back
        server.always = instead(house, "/sellers/v3/shipments/f1", wrong)
        with pytest.raises(PermanentError, match="no such shipment"):
            await api.call("order", "k", AskOrder(channel_order_id="f1"))


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        server.always = instead(house, FILTER, answer(422, {"errors": [{"message": "states are missing"}]}))
        with pytest.raises(PermanentError, match="states are missing"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_levels_are_told_by_sku_at_the_sellers_location(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        found = problems((await api.call("stock", "k", levels(A=4, C=0, nope=5))).levels)
        assert house.stock == {"A": 4, "C": 0}
        assert (found["A"], found["C"]) == ("", "")
        assert "no listing" in found["nope"]
        assert told(server, "/sellers/listings/v3/update/inventory") == [
            {
                sku: {"product_id": f"FSN{sku}", "locations": [{"id": "LOC1", "inventory": pieces}]}
                for sku, pieces in (("A", 4), ("C", 0))
            }
        ]


async def test_a_listing_that_flipkart_does_not_take_is_named(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        wrong = {"status": "FAILURE", "errors": [{"severity": "ERROR", "code": 1018, "description": "is archived"}]}
        warned = {"status": "WARNING", "errors": [{"severity": "WARNING", "code": 2, "description": "is low"}]}
        said = answer(200, {"A": wrong, "C": warned})
        server.always = instead(house, "/sellers/listings/v3/update/inventory", said)
        found = problems((await api.call("stock", "k", levels(A=4, C=6))).levels)
        assert found == {"A": "1018 is archived", "C": ""}


# -- ship


async def test_a_shipment_of_the_sellers_own_carrier_is_dispatched_with_its_tracking_number(tmp_path: Path) -> None:
    account = {"partner_delhivery": "DLV", "address1": "1 Dock Road", "pincode": "560001", "delivery_days": "4"}
    async with flipkart(tmp_path, **account) as (api, _, server):
        late = datetime(2026, 5, 4, 19, 30, tzinfo=UTC)  # the fifth, in India
        given = shipped("f1", "T1", carrier="delhivery-surface", shipped_at=late)
        assert (await api.call("ship", "k", given)).reference == "T1"
        assert told(server, DISPATCH) == [
            {
                "shipments": [
                    {
                        "shipmentId": "f1",
                        "locationId": "LOC1",
                        "dispatchDate": "2026-05-04T19:30:00.000Z",
                        "tentativeDeliveryDate": "2026-05-08T19:30:00.000Z",
                        "deliveryPartner": "DLV",
                        "deliveryPartnerCode": "DLV",
                        "trackingId": "T1",
                        "invoice": {
                            "invoiceDate": "2026-05-05",
                            "items": [{"orderItemId": "1", "quantity": 2}, {"orderItemId": "2", "quantity": 1}],
                        },
                        "dispatchLocation": {
                            "locationId": "LOC1",
                            "address": {"address1": "1 Dock Road", "pincode": "560001"},
                        },
                    }
                ]
            }
        ]


async def test_a_shipment_of_flipkarts_carrier_is_ready_once_it_has_flipkarts_label(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        house.type = "NORMAL"
        with pytest.raises(PermanentError, match="by-hand: Flipkart's own carrier"):
            await api.call("ship", "k", shipped("f1"))
        for one in house.items.values():
            one["status"] = "PACKED"
        await api.call("ship", "k", shipped("f1"))
        assert told(server, READY) == [{"shipmentIds": ["f1"], "locationId": "LOC1"}]


async def test_a_dispatch_whose_answer_was_lost_is_found_by_the_status(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        server.always = dropping(house, DISPATCH)
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("f1", "T1")))
        assert isinstance(outcome, Done)
        assert len(told(server, DISPATCH)) == 1


async def test_a_dispatch_that_is_refused_says_why_and_what_failed_within_flipkart_is_looked_up(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        with pytest.raises(PermanentError, match="no tracking number"):
            await api.call("ship", "k", shipped("f1").model_copy(update={"parcels": ()}))
        server.always = instead(house, DISPATCH, done("FAILURE", "UNPROCESSABLE_ENTITY", "vendor is not allowed"))
        with pytest.raises(PermanentError, match="UNPROCESSABLE_ENTITY: vendor is not allowed"):
            await api.call("ship", "k", shipped("f1"))
        server.always = instead(house, DISPATCH, done("FAILURE", "DEPENDENT_SYSTEM_CALL_FAILED", "try later"))
        with pytest.raises(UnknownError):
            await api.call("ship", "k", shipped("f1"))


# -- cancel and refund


async def test_items_are_cancelled_by_their_groups_with_flipkarts_reason(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, _, server):
        await api.call("cancel", "k", cancelled("f1", {"1": 2}, complete=False))
        assert told(server, CANCEL) == [
            {
                "shipments": [
                    {
                        "shipmentId": "f1",
                        "locationId": "LOC1",
                        "cancellationGroupIds": ["grp1"],
                        "reason": "not_enough_inventory",
                    }
                ]
            }
        ]


async def test_what_cannot_be_cancelled_by_itself_is_left_to_a_person(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        with pytest.raises(PermanentError, match="by-hand: Flipkart cancels all 2 pieces"):
            await api.call("cancel", "k", cancelled("f1", {"1": 1}, complete=False))
        house.items["2"]["cancellationGroupId"] = "grp1"
        with pytest.raises(PermanentError, match="by-hand: Flipkart would cancel 2 with them"):
            await api.call("cancel", "k", cancelled("f1", {"1": 2}, complete=False))
        assert told(server, CANCEL) == []


async def test_a_cancel_whose_answer_was_lost_is_found_by_the_status(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        server.always = dropping(house, CANCEL)
        outcome = await effects(api).run(Intent("shop", "cancel", "k", cancelled("f1", {"1": 2}, complete=False)))
        assert isinstance(outcome, Done)
        await api.call("cancel", "again", cancelled("f1", {"1": 2}, complete=False))
        assert len(told(server, CANCEL)) == 1


async def test_a_cancel_that_is_refused_says_why_and_a_refund_is_left_to_a_person(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        server.always = instead(house, CANCEL, done("FAILURE", "INVALID_STATE", "shipment is packed"))
        with pytest.raises(PermanentError, match="shipment is packed"):
            await api.call("cancel", "k", cancelled("f1", {"1": 2}))
        with pytest.raises(PermanentError, match=r"by-hand: 5.00 INR"):
            await api.call("refund", "k", refund("f1", 500, "INR"))
