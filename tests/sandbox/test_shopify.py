"""Shopify in the sandbox: GraphQL, REST, webhooks."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from services.sandbox.server import Running

TOKEN = {"X-Shopify-Access-Token": "shpat_x"}
ADMIN = "/shopify/admin/api/2026-01"
SKUS = ["A", "B", "C"]


async def ask(web: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """The answer to a query, errors and costs included."""
    answer = await web.post(f"{ADMIN}/graphql.json", json={"query": query, "variables": variables}, headers=TOKEN)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def data(web: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """What a query found."""
    found = await ask(web, query, **variables)
    assert "errors" not in found, found
    return dict(found["data"])


@pytest.fixture
async def orders(web: httpx.AsyncClient) -> list[str]:
    """Five orders of three articles."""
    made = await web.post("/sandbox/shopify", json={"orders": 5, "skus": SKUS, "stock": 50})
    return list(made.json()["orders"])


async def state(web: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await web.get("/sandbox/shopify/state")).json())


async def test_orders_are_gone_through_by_cursor(web: httpx.AsyncClient, orders: list[str]) -> None:
    query = """query($after: String) { orders(first: 2, after: $after, sortKey: UPDATED_AT,
                 query: "updated_at:>='2020-01-01T00:00:00Z'")
               { edges { cursor node { legacyResourceId totalPriceSet { shopMoney { amount currencyCode } }
                 lineItems(first: 10) { nodes { sku quantity } } } } pageInfo { hasNextPage endCursor } } }"""
    found, after = [], None
    while True:
        page = (await data(web, query, after=after))["orders"]
        found += [edge["node"]["legacyResourceId"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert found == orders


async def test_a_field_that_the_schema_does_not_have_is_refused(web: httpx.AsyncClient) -> None:
    found = await ask(web, "{ shop { planet } }")

    assert "Cannot query field 'planet'" in found["errors"][0]["message"]


async def test_calls_cost_points_until_they_are_throttled(web: httpx.AsyncClient) -> None:
    found: dict[str, Any] = {}
    for _ in range(30):
        found = await ask(web, "{ orders(first: 250) { nodes { id } } }")
        if "errors" in found:
            break

    assert found["errors"][0]["extensions"]["code"] == "THROTTLED"
    status = found["extensions"]["cost"]["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2000, 100)
    assert status["currentlyAvailable"] < found["extensions"]["cost"]["requestedQueryCost"]
    assert (await state(web))["throttled"] == 1


async def test_stock_is_set_absolutely_and_compared_first(web: httpx.AsyncClient, orders: list[str]) -> None:
    assert orders
    found = await data(
        web, '{ inventoryItems(first: 1, query: "sku:B") { nodes { id } } locations(first: 1) { nodes { id } } }'
    )
    item, location = found["inventoryItems"]["nodes"][0]["id"], found["locations"]["nodes"][0]["id"]
    mutation = """mutation($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input)
        { inventoryAdjustmentGroup { changes { delta } } userErrors { field message code } } }"""

    def wanted(quantity: int, **more: Any) -> dict[str, Any]:
        one = {"inventoryItemId": item, "locationId": location, "quantity": quantity, **more}
        return {"name": "available", "reason": "correction", "quantities": [one]}

    await data(web, mutation, input=wanted(7) | {"ignoreCompareQuantity": True})
    stale = (await data(web, mutation, input=wanted(3, compareQuantity=99)))["inventorySetQuantities"]
    await data(web, mutation, input=wanted(3, compareQuantity=7))

    assert stale["userErrors"][0]["code"] == "COMPARE_QUANTITY_STALE"
    assert (await state(web))["stock"]["B"] == 3


async def test_an_order_is_fulfilled_with_its_tracking_number_and_not_twice(
    web: httpx.AsyncClient, orders: list[str]
) -> None:
    query = """query($id: ID!) { order(id: $id)
        { displayFulfillmentStatus fulfillmentOrders(first: 5) { nodes { id status } } } }"""
    order = f"gid://shopify/Order/{orders[0]}"
    open_ = (await data(web, query, id=order))["order"]["fulfillmentOrders"]["nodes"][0]
    mutation = """mutation($fulfillment: FulfillmentInput!) { fulfillmentCreate(fulfillment: $fulfillment)
        { fulfillment { id status trackingInfo { number company } } userErrors { field message } } }"""
    wanted = {
        "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": open_["id"]}],
        "trackingInfo": {"number": "1Z", "company": "UPS"},
    }

    done = (await data(web, mutation, fulfillment=wanted))["fulfillmentCreate"]
    twice = (await data(web, mutation, fulfillment=wanted))["fulfillmentCreate"]

    assert done["fulfillment"]["trackingInfo"] == [{"number": "1Z", "company": "UPS"}]
    assert twice["userErrors"]
    after = (await data(web, query, id=order))["order"]
    assert (after["displayFulfillmentStatus"], after["fulfillmentOrders"]["nodes"][0]["status"]) == (
        "FULFILLED",
        "CLOSED",
    )
    assert [one["tracking"] for one in (await state(web))["fulfilments"]] == [["1Z"]]


async def test_an_idempotent_refund_is_carried_out_once_and_never_beyond_what_was_paid(
    web: httpx.AsyncClient, orders: list[str]
) -> None:
    id_ = f"gid://shopify/Order/{orders[0]}"
    total = (await data(web, "query($id: ID!) { order(id: $id) { totalPriceSet { shopMoney { amount } } } }", id=id_))[
        "order"
    ]
    amount = total["totalPriceSet"]["shopMoney"]["amount"]
    mutation = """mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key)
        { refund { id totalRefundedSet { shopMoney { amount } } } userErrors { message } } }"""
    paid = [{"amount": amount, "gateway": "shopify_payments", "kind": "REFUND", "orderId": id_}]

    first = (await data(web, mutation, input={"orderId": id_, "transactions": paid}, key="k1"))["refundCreate"]
    again = (await data(web, mutation, input={"orderId": id_, "transactions": paid}, key="k1"))["refundCreate"]
    more = (await data(web, mutation, input={"orderId": id_, "transactions": paid}, key="k2"))["refundCreate"]

    assert first == again
    assert more["userErrors"][0]["message"].startswith("Refund amount exceeds")
    assert (await state(web))["refunded_minor"] == round(100 * float(amount))


async def test_a_cancelled_order_gives_back_money_and_stock(web: httpx.AsyncClient, orders: list[str]) -> None:
    mutation = """mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, refund: true, restock: true)
        { job { id } orderCancelUserErrors { message } } }"""
    for one in orders:
        done = (await data(web, mutation, id=f"gid://shopify/Order/{one}"))["orderCancel"]
        assert done["orderCancelUserErrors"] == []

    found = await state(web)
    assert found["stock"] == dict.fromkeys(SKUS, 50)
    assert all(one["cancelled"] and one["financial"] == "refunded" for one in found["orders"].values())


async def test_rest_lists_orders_by_page_info(web: httpx.AsyncClient, orders: list[str]) -> None:
    answer = await web.get(f"{ADMIN}/orders.json", params={"status": "any", "limit": 3}, headers=TOKEN)
    following = await web.get(answer.links["next"]["url"], headers=TOKEN)

    assert [str(one["id"]) for one in (*answer.json()["orders"], *following.json()["orders"])] == orders
    assert answer.headers["X-Shopify-Shop-Api-Call-Limit"] == "1/40"
    assert (await web.get(f"{ADMIN}/orders.json")).status_code == 401


async def test_an_order_comes_as_a_webhook_that_the_shop_signed(
    web: httpx.AsyncClient, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, bytes, dict[str, str]]] = []
    monkeypatch.setattr(sandbox.sandbox.apis["shopify"], "emit", lambda *webhook: sent.append(webhook))

    await web.post("/sandbox/shopify", json={"webhook": {"url": "http://x/", "secret": "s3cret"}, "orders": 1})

    ((_, body, headers),) = sent
    signature = base64.b64encode(hmac.new(b"s3cret", body, hashlib.sha256).digest()).decode()
    assert headers["X-Shopify-Hmac-Sha256"] == signature
    assert headers["X-Shopify-Topic"] == "orders/create"
    order = json.loads(body)
    lines = sum(round(100 * float(line["price"])) * line["quantity"] for line in order["line_items"])
    shipping = sum(round(100 * float(one["price"])) for one in order["shipping_lines"])
    assert lines + shipping == round(100 * float(order["total_price"]))
