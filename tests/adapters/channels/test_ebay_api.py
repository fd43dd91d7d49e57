"""eBay's Sell and Post-Order APIs: what they are asked, where, what answers come to; and that nothing is done twice."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.capture.channels.api import AskOrder, AskOrders
from services.capture.channels.ebay import Ebay
from services.capture.channels.ebay.api import EbayApi
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.ebay_house import ORDERS, ebay, error, instead, posted
from tests.adapters.channels.speaking import cancelled, effects, levels, problems, shipped, speaking
from tests.adapters.outside import CLOSE, Request, Say, answer, outside

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))
# -- orders


async def test_an_order_is_asked_for_with_a_token_for_the_refresh_token_and_maps(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, _, server):
        found = await api.call("order", "k", AskOrder(channel_order_id="7"))
        exchange, asked = server.heard
        assert exchange.path == "/identity/v1/oauth2/token"
        assert exchange.headers["authorization"] == f"Basic {b64encode(b'the-client-id:the-client-secret').decode()}"
        assert exchange.body == b"grant_type=refresh_token&refresh_token=the-refresh-token"
        assert (asked.path, asked.headers["authorization"]) == (f"{ORDERS}/7", "Bearer e1")
        read = Ebay().read(found.body)
        assert (read.order_id, read.total_minor, [line.quantity for line in read.lines]) == ("7", 3000, [3])


async def test_an_order_that_ebay_does_not_know_is_refused(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="32100: Invalid order ID"):
            await api.call("order", "k", AskOrder(channel_order_id="9"))


async def test_where_ebay_gives_no_token_what_was_to_be_told_waits(tmp_path: Path) -> None:
    wrong = answer(400, {"error": "invalid_grant", "error_description": "the refresh token is invalid"})
    async with outside(always=wrong) as server, speaking("ebay", tmp_path, server.url) as api:
        with pytest.raises(TransientError, match="refresh token is invalid"):
            await api.call("ship", "k", shipped("7"))


async def listed(api: EbayApi, begun: AskOrders = SINCE) -> list[str]:
    found: list[str] = []
    asked = begun
    while True:
        page = await api.call("orders", "k", asked)
        found += [Ebay().order_id(one) for one in page.orders]
        if not page.next:
            return found
        asked = AskOrders(since=begun.since, page=page.next)


async def test_orders_are_gone_through_up_to_a_moment_that_stays(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        for number in range(8, 458):
            house.order(str(number))
        assert await listed(api) == list(house.orders)
        asked = [dict(parse_qsl(urlsplit(one.path).query)) for one in server.heard[1:]]
        assert [(one["limit"], one["offset"]) for one in asked] == [("200", "0"), ("200", "200"), ("200", "400")]
        begin, _, end = asked[0]["filter"].partition("..")
        assert begin == "lastmodifieddate:[2026-05-04T10:00:00.000Z"
        assert end.endswith("Z]")
        assert {one["filter"] for one in asked} == {asked[0]["filter"]}


async def test_what_moves_up_while_the_list_is_gone_through_is_not_passed_over(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, _):
        for number in range(8, 458):
            house.order(str(number))
        first = await api.call("orders", "k", SINCE)
        for number in (8, 9, 10):  # they have changed again, after the moment up to which is asked
            del house.orders[str(number)]
        rest = await listed(api, AskOrders(since=SINCE.since, page=first.next))
        assert set(house.orders) <= {*(Ebay().order_id(one) for one in first.orders), *rest}


async def test_requests_for_a_cancellation_which_lists_leave_out_are_fetched_once(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        house.asked_to_cancel("Buyer", "COMPLETED")
        for _ in range(2):
            page = await api.call("orders", "k", SINCE)
            assert [one.cancel_id for one in Ebay().read(page.orders[0]).cancels] == ["5001"]
        assert server.called.count(f"GET {ORDERS}/7") == 1


async def test_a_list_that_is_refused_says_why(tmp_path: Path) -> None:
    async with ebay(tmp_path, error(400, 30850, "Start and end dates can't be in the future")) as (api, _, _):
        with pytest.raises(PermanentError, match="30850: Start and end dates"):
            await api.call("orders", "k", SINCE)


# -- stock


async def test_levels_are_set_of_the_sku_and_of_its_offers_that_are_published(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, _, server):
        for _ in range(2):
            told = problems((await api.call("stock", "k", levels(A=7, C=0))).levels)
        assert told == {"A": "", "C": ""}
        assert server.called.count("GET /sell/inventory/v1/offer?sku=A") == 1
        offer = [{"offerId": "91", "availableQuantity": 7}]
        assert [one.json["requests"] for one in posted(server, "/sell/inventory/v1/bulk_update_price_quantity")][
            :2
        ] == [
            [{"sku": "A", "shipToLocationAvailability": {"quantity": 7}, "offers": offer}],
            [{"sku": "C", "shipToLocationAvailability": {"quantity": 0}}],
        ]


async def test_a_sku_that_is_refused_keeps_no_other_back_and_one_that_fails_is_told_later(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        told = problems((await api.call("stock", "k", levels(A=4, nope=5))).levels)
        assert told == {"A": "", "nope": "25702 not found"}
        house.offers["C"] = [{"offerId": "93", "status": "PUBLISHED"}]
        failed = {"sku": "A", "offerId": "91", "statusCode": 500, "errors": [{"errorId": 25001, "message": "system"}]}
        instead(house, server, "quantity", answer(207, {"responses": [failed, {"sku": "C", "statusCode": 200}]}))
        assert problems((await api.call("stock", "k", levels(A=4, C=5))).levels) == {"C": ""}
        instead(house, server, "quantity", answer(207, {"responses": [{"sku": "C", "statusCode": 200}]}))
        assert problems((await api.call("stock", "k", levels(A=4, C=5))).levels) == {"C": ""}  # of A nothing is said


async def test_where_a_call_takes_one_sku_only_each_gets_its_own(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):

        def strict(request: Request) -> Say:
            several = request.path.endswith("quantity") and len(request.json["requests"]) > 1
            return error(400, 25709, "Invalid value for requests") if several else house(request)

        server.always = strict
        house.offers["C"] = [{"offerId": "93", "status": "PUBLISHED"}]
        assert problems((await api.call("stock", "k", levels(A=4, C=5, nope=1))).levels)["nope"] == "25702 not found"
        assert house.articles["C"]["shipToLocationAvailability"] == {"quantity": 5}


# -- ship


async def test_each_parcel_is_a_fulfilment_with_its_pieces(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, _, server):
        wanted = shipped("7", "00-34 1", "T2", lines={"1": 3, "fee": 1}, carrier="dhl-express")
        assert (await api.call("ship", "k", wanted)).reference == "00341"
        about = {"shippedDate": "2026-05-04T12:30:00.000Z", "shippingCarrierCode": "DHL"}
        assert [one.json for one in posted(server, f"{ORDERS}/7/shipping_fulfillment")] == [
            {"lineItems": [{"lineItemId": "1", "quantity": 2}], "trackingNumber": "00341", **about},
            {"lineItems": [{"lineItemId": "1", "quantity": 1}], "trackingNumber": "T2", **about},
        ]


@pytest.mark.parametrize("numbers", [("T1", "T2"), ()])
async def test_a_fulfilment_whose_answer_was_lost_is_not_made_again(tmp_path: Path, numbers: tuple[str, ...]) -> None:
    async with ebay(tmp_path) as (api, house, server):
        wanted = shipped("7", *numbers, lines={"1": 3})
        wanted = wanted if numbers else wanted.model_copy(update={"parcels": ()})
        assert await api.look_up("ship", "k", wanted) is None
        instead(house, server, "shipping_fulfillment", CLOSE, done=True)
        outcome = await effects(api).run(Intent("shop", "ship", "k", wanted))
        assert isinstance(outcome, Done)
        assert [one["shipmentTrackingNumber"] for one in house.fulfilments] == [*(numbers or (None,))]


async def test_a_fulfilment_that_is_refused_says_why(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        instead(house, server, "shipping_fulfillment", error(400, 32300, "Invalid shipment tracking number or carrier"))
        with pytest.raises(PermanentError, match="32300: Invalid shipment tracking number"):
            await api.call("ship", "k", shipped("7"))


# -- cancel


async def test_an_order_is_cancelled_whole_with_ebays_reason(tmp_path: Path) -> None:
    async with ebay(tmp_path, marketplace="EBAY_DE") as (api, _, server):
        told = cancelled("7", reason="customer-changed-mind")
        assert (await api.call("cancel", "k", told)).reference == "5001"
        (asked,) = posted(server, "/post-order/v2/cancellation")
        assert (asked.headers["authorization"], asked.headers["x-ebay-c-marketplace-id"]) == ("IAF e1", "EBAY_DE")
        assert asked.json == {
            "legacyOrderId": "7",
            "cancelReason": "BUYER_ASKED_CANCEL",
            "buyerPaid": True,
            "buyerPaidDate": {"value": "2026-05-04T09:01:00.000Z"},
        }


async def test_the_buyers_own_request_is_granted(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        house.asked_to_cancel("Buyer")
        assert await api.look_up("cancel", "k", cancelled("7")) is None
        assert (await api.call("cancel", "k", cancelled("7"))).reference == "5001"
        assert [one.path for one in server.heard if one.method == "POST"][-1].endswith("/cancellation/5001/approve")
        assert (await api.call("cancel", "k", cancelled("7"))).reference == "5001"
        assert len(posted(server, "approve")) == 1


async def test_a_cancel_whose_answer_was_lost_is_not_made_again(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        instead(house, server, "cancellation", CLOSE, done=True)
        outcome = await effects(api).run(Intent("shop", "cancel", "k", cancelled("7")))
        assert isinstance(outcome, Done)
        assert (outcome.response.reference, len(posted(server, "cancellation"))) == ("5001", 1)


async def test_a_cancel_that_ebay_does_not_allow_says_why(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        house.eligible = False
        with pytest.raises(PermanentError, match="CANCEL_WINDOW_ELAPSED"):
            await api.call("cancel", "k", cancelled("7"))
        said = {"errorId": 1617, "category": "Application", "longMessage": "Invalid order id"}
        instead(house, server, "cancellation", answer(400, {"errorMessage": {"error": [said]}}))
        with pytest.raises(PermanentError, match="1617: Invalid order id"):
            await api.call("cancel", "k", cancelled("7"))
