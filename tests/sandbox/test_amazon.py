"""Amazon's Selling Partner API in the sandbox."""

import json
from typing import Any

import httpx
import pytest

ASKED = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c", "client_secret": "s"}
MARKET = "A1PA6795UKMFR9"
ORDERS = "/amazon/orders/v0/orders"
SINCE = {"MarketplaceIds": MARKET, "CreatedAfter": "2020-01-01T00:00:00Z"}


@pytest.fixture
async def token(web: httpx.AsyncClient) -> dict[str, str]:
    """An access token, in its header."""
    return {"x-amz-access-token": (await web.post("/amazon/auth/o2/token", data=ASKED)).json()["access_token"]}


@pytest.fixture
async def orders(web: httpx.AsyncClient) -> list[str]:
    """Five orders of three articles."""
    made = await web.post("/sandbox/amazon", json={"orders": 5, "skus": ["A", "B", "C"], "stock": 50})
    return list(made.json()["orders"])


async def state(web: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await web.get("/sandbox/amazon/state")).json())


async def test_orders_are_gone_through_by_token(
    web: httpx.AsyncClient, token: dict[str, str], orders: list[str]
) -> None:
    found: list[str] = []
    asked: dict[str, Any] = {**SINCE, "MaxResultsPerPage": 2}
    while True:
        answer = await web.get(ORDERS, params=asked, headers=token)
        payload = answer.json()["payload"]
        found += [one["AmazonOrderId"] for one in payload["Orders"]]
        if "NextToken" not in payload:
            break
        asked = {"MarketplaceIds": MARKET, "NextToken": payload["NextToken"], "MaxResultsPerPage": 2}

    assert found == orders
    assert answer.headers["x-amzn-RateLimit-Limit"] == "0.0167"
    items = (await web.get(f"{ORDERS}/{orders[0]}/orderItems", headers=token)).json()["payload"]["OrderItems"]
    order = (await web.get(f"{ORDERS}/{orders[0]}", headers=token)).json()["payload"]
    paid = sum(round(100 * float(one[name]["Amount"])) for one in items for name in ("ItemPrice", "ShippingPrice"))
    assert paid == round(100 * float(order["OrderTotal"]["Amount"]))


async def test_what_comes_without_a_token_or_a_date_is_refused(web: httpx.AsyncClient, token: dict[str, str]) -> None:
    assert (await web.get(ORDERS, params=SINCE)).status_code == 403
    assert (await web.get(ORDERS, params={"MarketplaceIds": MARKET}, headers=token)).status_code == 400
    assert (await web.post("/amazon/auth/o2/token", data={"grant_type": "password"})).status_code == 400


async def test_who_asks_too_often_is_throttled(web: httpx.AsyncClient, token: dict[str, str]) -> None:
    statuses = [(await web.get(ORDERS, params=SINCE, headers=token)).status_code for _ in range(21)]

    assert statuses == [200] * 20 + [429]
    assert (await state(web))["throttled"] == 1


async def test_a_shipment_is_confirmed_in_parts_and_repeated_harmlessly(
    web: httpx.AsyncClient, token: dict[str, str], orders: list[str]
) -> None:
    items = (await web.get(f"{ORDERS}/{orders[0]}/orderItems", headers=token)).json()["payload"]["OrderItems"]

    def package(**more: Any) -> dict[str, Any]:
        lines = [{"orderItemId": one["OrderItemId"], "quantity": one["QuantityOrdered"]} for one in items]
        detail = {"packageReferenceId": "1", "carrierCode": "DHL", "trackingNumber": "JJD", "orderItems": lines}
        return {"marketplaceId": MARKET, "packageDetail": detail | {"shipDate": "2026-01-01T00:00:00Z"} | more}

    where = f"{ORDERS}/{orders[0]}/shipmentConfirmation"
    done = [(await web.post(where, json=package(), headers=token)).status_code for _ in range(2)]
    wrong = await web.post(where, json=package(carrierCode=""), headers=token)

    assert done == [204, 204]
    assert wrong.status_code == 400
    found = await state(web)
    assert found["orders"][orders[0]] == "Shipped"
    assert len(found["shipments"][orders[0]]) == 1


async def test_stock_is_set_by_listing_and_by_feed(
    web: httpx.AsyncClient, token: dict[str, str], orders: list[str]
) -> None:
    assert orders
    patch = [{"op": "replace", "path": "/attributes/fulfillment_availability",
              "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 3}]}]  # fmt: skip
    one = await web.patch("/amazon/listings/2021-08-01/items/SELLER/A", params={"marketplaceIds": MARKET},
                          json={"productType": "PRODUCT", "patches": patch}, headers=token)  # fmt: skip
    document = (await web.post("/amazon/feeds/2021-06-30/documents", json={"contentType": "application/json"},
                               headers=token)).json()  # fmt: skip
    messages = [{"messageId": n, "sku": sku, "operationType": "PATCH", "productType": "PRODUCT", "patches": patch}
                for n, sku in enumerate(("B", "NONE"), start=1)]  # fmt: skip
    await web.put(document["url"], content=json.dumps({"header": {}, "messages": messages}))
    feed = (await web.post("/amazon/feeds/2021-06-30/feeds", headers=token, json={
        "feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [MARKET],
        "inputFeedDocumentId": document["feedDocumentId"]})).json()  # fmt: skip
    done = (await web.get(f"/amazon/feeds/2021-06-30/feeds/{feed['feedId']}", headers=token)).json()
    where = f"/amazon/feeds/2021-06-30/documents/{done['resultFeedDocumentId']}"
    report = (await web.get((await web.get(where, headers=token)).json()["url"])).json()

    assert one.json()["status"] == "ACCEPTED"
    assert done["processingStatus"] == "DONE"
    assert (report["summary"]["messagesAccepted"], report["issues"][0]["messageId"]) == (1, 2)
    assert {sku: (await state(web))["stock"][sku] for sku in "AB"} == {"A": 3, "B": 3}


async def test_the_newer_version_shows_what_is_asked_for_and_refuses_what_it_does_not_know(
    web: httpx.AsyncClient, token: dict[str, str], orders: list[str]
) -> None:
    newer = "/amazon/orders/2026-01-01/orders"
    asked = {"marketplaceIds": MARKET, "createdAfter": "2020-01-01T00:00:00Z", "maxResultsPerPage": 3}
    first = (await web.get(newer, params=asked, headers=token)).json()
    more = {**asked, "paginationToken": first["pagination"]["nextToken"]}
    rest = (await web.get(newer, params=more, headers=token)).json()
    plain = (await web.get(f"{newer}/{orders[0]}", headers=token)).json()["order"]
    whole = await web.get(f"{newer}/{orders[0]}", params={"includedData": "PROCEEDS,FULFILLMENT"}, headers=token)
    refused = [
        await web.get(newer, params={"marketplaceIds": MARKET}, headers=token),
        await web.get(f"{newer}/{orders[0]}", params={"includedData": "SECRETS"}, headers=token),
        await web.get("/amazon/feeds/2021-06-30/feeds", headers=token),
    ]

    assert [one["orderId"] for one in (*first["orders"], *rest["orders"])] == orders
    assert "pagination" not in rest
    assert not {"buyer", "recipient", "proceeds", "fulfillment"} & set(plain)
    assert whole.json()["order"]["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert [one.status_code for one in refused] == [400, 400, 400]
