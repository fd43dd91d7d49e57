"""WooCommerce in the sandbox."""

import base64
import hashlib
import hmac
from typing import Any

import httpx
import pytest

from services.sandbox.server import Running

KEY = ("ck", "cs")
V3 = "/woocommerce/wp-json/wc/v3"


@pytest.fixture
async def orders(web: httpx.AsyncClient) -> list[int]:
    """Five orders of three articles."""
    made = await web.post("/sandbox/woocommerce", json={"orders": 5, "skus": ["A", "B", "C"], "stock": 50})
    return list(made.json()["orders"])


async def state(web: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await web.get("/sandbox/woocommerce/state")).json())


async def test_orders_are_listed_in_pages_and_by_when_they_were_modified(
    web: httpx.AsyncClient, orders: list[int]
) -> None:
    first = await web.get(f"{V3}/orders", params={"per_page": 2, "order": "asc"}, auth=KEY)
    early = {"modified_after": "2020-01-01T00:00:00", "dates_are_gmt": "true", "per_page": 100}
    late = {"modified_after": "2999-01-01T00:00:00", "dates_are_gmt": "true"}

    assert [one["id"] for one in first.json()] == orders[:2]
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("5", "3")
    assert first.links["next"]["url"].endswith("page=2")
    assert len((await web.get(f"{V3}/orders", params=early, auth=KEY)).json()) == 5
    assert (await web.get(f"{V3}/orders", params=late, auth=KEY)).json() == []
    assert (await web.get(f"{V3}/orders")).status_code == 401


async def test_stock_is_set_in_one_call_and_what_is_unknown_is_told(web: httpx.AsyncClient, orders: list[int]) -> None:
    assert orders
    (product,) = (await web.get(f"{V3}/products", params={"sku": "B"}, auth=KEY)).json()
    updates = [{"id": product["id"], "stock_quantity": 4}, {"id": 999, "stock_quantity": 1}]

    done = (await web.post(f"{V3}/products/batch", json={"update": updates}, auth=KEY)).json()["update"]
    too_many = await web.post(f"{V3}/products/batch", json={"update": updates * 51}, auth=KEY)

    assert done[0]["stock_quantity"] == 4
    assert done[1]["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert too_many.status_code == 413
    assert (await state(web))["stock"]["B"] == 4


async def test_an_order_is_completed_with_a_note(web: httpx.AsyncClient, orders: list[int]) -> None:
    where = f"{V3}/orders/{orders[0]}"
    before = (await web.get(where, auth=KEY)).json()

    note = await web.post(f"{where}/notes", json={"note": "1Z", "customer_note": True}, auth=KEY)
    done = (await web.put(where, json={"status": "completed"}, auth=KEY)).json()
    wrong = await web.put(where, json={"status": "shipped"}, auth=KEY)

    assert note.status_code == 201
    assert (done["status"], done["date_modified_gmt"] >= before["date_modified_gmt"]) == ("completed", True)
    assert wrong.status_code == 400
    found = await state(web)
    assert (found["orders"][str(orders[0])], found["notes"][str(orders[0])]) == ("completed", ["1Z"])


async def test_no_more_is_paid_back_than_was_paid(web: httpx.AsyncClient, orders: list[int]) -> None:
    where = f"{V3}/orders/{orders[0]}"
    total = (await web.get(where, auth=KEY)).json()["total"]

    first = await web.post(f"{where}/refunds", json={"amount": "1.00", "reason": "damaged"}, auth=KEY)
    more = await web.post(f"{where}/refunds", json={"amount": total}, auth=KEY)

    assert (first.status_code, more.status_code) == (201, 400)
    assert (await web.get(where, auth=KEY)).json()["refunds"][0]["total"] == "-1.00"
    assert (await state(web))["refunded_minor"] == 100


async def test_an_order_comes_as_a_webhook_that_the_shop_signed(
    web: httpx.AsyncClient, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, bytes, dict[str, str]]] = []
    monkeypatch.setattr(sandbox.sandbox.apis["woocommerce"], "emit", lambda *webhook: sent.append(webhook))

    await web.post("/sandbox/woocommerce", json={"webhook": {"url": "http://x/", "secret": "s"}, "orders": 1})

    ((_, body, headers),) = sent
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(hmac.new(b"s", body, hashlib.sha256).digest()).decode()
    assert headers["X-WC-Webhook-Topic"] == "order.created"
