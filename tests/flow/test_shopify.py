"""A shop's own webhooks, from the signature to the goods: an order, and what the shop takes back of it."""

import base64
import hashlib
import hmac
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from tests.adapters.channels.shopify import line, order, refund
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sends(house: House, content: dict[str, Any], topic: str, secret: str = "hush") -> httpx.Response:
    """Post a webhook as Shopify does."""
    body = orjson.dumps(content)
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"X-Shopify-Hmac-Sha256": signature, "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": uuid4().hex}
    return await house.web.post("/webhooks/shopfront", content=body, headers=headers)


async def test_a_signed_order_goes_its_way_and_pieces_that_the_shop_refunds_before_they_leave_do_not_ship(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSDOCK_SECRET_CHANNEL_SHOPFRONT_WEBHOOK", "newer hush")
    mug, bowl = await house.sells(BER=5), await house.sells(BER=5)
    number = uuid4().int % 10**12
    lines = (line(1, quantity=2, sku=mug), line(2, sku=bowl))
    made = order(*lines, id=number, total="30.00")

    assert (await sends(house, made, "orders/create", "guessed")).status_code == 401
    assert (await sends(house, made, "orders/create")).status_code == 202
    order_id = f"shopfront:{number}"
    await house.labelled(order_id)
    assert await house.holds(order_id) == []

    back = refund(7, (1, 1, "cancel"), paid="10.00")
    copy = made | {"updated_at": "2026-03-03T10:00:00Z", "refunds": [back], "financial_status": "partially_refunded"}
    copy["line_items"] = [line(1, quantity=2, current_quantity=1, fulfillable_quantity=1, sku=mug), lines[1]]
    assert (await sends(house, copy, "orders/updated")).status_code == 202

    cancelled = await house.hears("order-cancelled", order_id)
    assert [(one["line_id"], one["quantity"]) for one in cancelled["lines"]] == [("1", 1)]
    refunded = await house.hears("payment-refunded", order_id)
    assert (refunded["amount"]["amount_minor"], refunded["gateway"]) == (1000, "channel")
    await house.rest()
    assert await house.stock(mug) == (5, 1, 0, 0)
    assert await house.holds(order_id) == []
