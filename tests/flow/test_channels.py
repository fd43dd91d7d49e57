"""Shops over their web APIs: what they sell is shipped and told, what they have is what can be sold, and each once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import until
from tests.flow.shops import SECRET, Shops, shops_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANNELS = ["boutique", "corner"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shops(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shops]:
    """A shop of Shopify that pushes its orders, and one of WooCommerce that is asked for them."""
    folder = tmp_path_factory.mktemp("shops")
    async with shops_in(folder, {"boutique": "shopify", "corner": "woocommerce"}, boutique=0) as found:
        await found.hook("boutique")
        await found.goods(3, 100)
        yield found


async def told(shops: Shops, order_id: str, telling: str) -> dict[str, Any]:
    """Wait until the shop has heard something of an order; what it answered."""

    async def there() -> Any:
        said = [*await shops.house.said("channel-told", order_id), *await shops.house.said("channel-refused", order_id)]
        return next((one for one in said if one["telling_id"].startswith(telling)), None)

    found: dict[str, Any] = await until(there)
    return found


def status(shops: Shops, channel: str, state: dict[str, Any], order_id: str) -> Any:
    found = state["orders"][order_id.partition(":")[2]]
    return found if shops.formats[channel] == "woocommerce" else found["fulfilment"]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_a_shop_sells_is_shipped_and_the_shop_knows(shops: Shops, channel: str) -> None:
    order_ids = await shops.set_up(channel, orders=3, seed=7)

    for order_id in order_ids:
        await shops.house.ships(await shops.house.labelled(order_id))
        answer = await told(shops, order_id, "ship:")
        assert answer["reference"]
    state = await shops.state(channel)
    done = {"woocommerce": "completed", "shopify": "fulfilled"}[shops.formats[channel]]
    assert [status(shops, channel, state, order_id) for order_id in order_ids] == [done] * 3
    await shops.stocked()
    await shops.house.rest()
    assert [await shops.house.status(order_id) for order_id in order_ids] == ["completed"] * 3


def lines_of(order: dict[str, Any]) -> list[tuple[str, int]]:
    """Lines and pieces as the hub has captured them."""
    return [(line["line_id"], line["quantity"]) for line in order["lines"]]


async def captured(shops: Shops, order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await shops.house.hears("order-captured", order_id))["order"]
    return found


@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_order_that_the_hub_cancels_is_cancelled_and_paid_back_in_the_shop(shops: Shops, channel: str) -> None:
    (order_id,) = await shops.set_up(channel, orders=1, seed=5)
    order = await captured(shops, order_id)
    before = (await shops.state(channel))["refunded_minor"]

    await shops.house.cancels(order_id, cancel_id="c-1", reason="out-of-stock")

    await told(shops, order_id, "cancel:")
    state = await shops.state(channel)
    number = order_id.partition(":")[2]
    assert state["orders"][number] == "refunded" if channel == "corner" else state["orders"][number]["cancelled"]
    assert state["refunded_minor"] - before == order["totals"]["total_minor"]
    await shops.stocked()
    await refunds_are_in_the_books(shops, order_id, order["totals"]["total_minor"])


async def refunds_are_in_the_books(shops: Shops, order_id: str, amount: int) -> None:
    """What the shop has paid back is known to payments, once."""

    async def same() -> bool:
        said = await shops.house.said("payment-refunded", order_id)
        return sum(one["amount"]["amount_minor"] for one in said) == amount

    await until(same)
    await shops.house.rest()
    assert await same()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_pieces_that_the_hub_cancels_are_cancelled_once_though_the_shop_says_so_too(
    shops: Shops, channel: str
) -> None:
    orders = [await captured(shops, order_id) for order_id in await shops.set_up(channel, orders=12, seed=3)]
    order = next(one for one in orders if one["lines"][0]["quantity"] > 1)
    order_id = order["order_id"]
    lines = [{"line_id": order["lines"][0]["line_id"], "quantity": 1}]

    await shops.house.cancels(order_id, cancel_id="c-1", lines=lines)

    await told(shops, order_id, "cancel:c-1")
    (cancelled,) = await shops.house.said("order-cancelled", order_id)
    await refunds_are_in_the_books(shops, order_id, cancelled["amount_minor"])
    assert len(await shops.house.said("order-cancelled", order_id)) == 1
    await shops.stocked()
    await shops.house.ships(await shops.house.labelled(order_id))
    assert (await told(shops, order_id, "ship:")).get("code") is None
    state = await shops.state(channel)
    assert status(shops, channel, state, order_id) in {"fulfilled", "completed"}


async def test_an_order_that_is_cancelled_in_the_shop_is_cancelled_here(shops: Shops) -> None:
    (pushed,) = await shops.set_up("boutique", orders=1, seed=5)
    (polled,) = await shops.set_up("corner", orders=1, seed=5)
    for order_id in (pushed, polled):
        await captured(shops, order_id)
    gid = f"gid://shopify/Order/{pushed.partition(':')[2]}"
    mutation = """mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true,
        refundMethod: {originalPaymentMethodsRefund: true}) { job { id } userErrors { message } } }"""

    await shops.call("POST", "/shopify/admin/api/2026-07/graphql.json",
                     json={"query": mutation, "variables": {"id": gid}})  # fmt: skip
    await shops.call("PUT", f"/woocommerce/wp-json/wc/v3/orders/{polled.partition(':')[2]}",
                     json={"status": "cancelled"})  # fmt: skip

    for order_id in (pushed, polled):
        await shops.house.hears("order-cancelled", order_id)
    await shops.house.rest()
    assert [await shops.house.said("channel-told", order_id) for order_id in (pushed, polled)] == [[], []]
    await shops.stocked()


async def test_a_webhook_that_only_points_to_an_order_has_it_fetched(shops: Shops) -> None:
    hook = {"url": f"{shops.house.web.base_url}/webhooks/boutique", "secret": SECRET, "topics": ["REFUNDS_CREATE"]}
    await shops.set_up("boutique", webhook=hook)
    (order_id,) = await shops.set_up("boutique", orders=1)
    mutation = """mutation($id: ID!) { refundCreate(input: {orderId: $id, note: "sorry", transactions: [
        {orderId: $id, amount: "1.00", gateway: "shopify_payments", kind: REFUND}]}) { refund { id } } }"""
    gid = f"gid://shopify/Order/{order_id.partition(':')[2]}"

    await shops.call("POST", "/shopify/admin/api/2026-07/graphql.json",
                     json={"query": mutation, "variables": {"id": gid}})  # fmt: skip

    await captured(shops, order_id)
    await refunds_are_in_the_books(shops, order_id, 100)
    await shops.hook("boutique")


async def test_a_webhook_with_a_wrong_signature_is_refused(shops: Shops) -> None:
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-Sha256": "bm8="}

    answer = await shops.house.web.post("/webhooks/boutique", content=b'{"id": 1}', headers=headers)

    assert answer.status_code == 401


async def test_an_order_that_is_not_paid_yet_comes_once_it_is(shops: Shops) -> None:
    (order_id,) = await shops.set_up("corner", orders=1, status="pending")
    path = f"/woocommerce/wp-json/wc/v3/orders/{order_id.partition(':')[2]}"
    polled = await shops.house.document("capture", "poll", "corner")
    assert polled is not None

    async def polled_again() -> bool:
        found = await shops.house.document("capture", "poll", "corner")
        return found is not None and found["until"] > polled["until"]

    await until(polled_again)
    assert await shops.house.status(order_id) == ""

    await shops.call("PUT", path, json={"status": "processing"})
    await captured(shops, order_id)


async def test_an_order_that_is_pushed_before_it_is_paid_is_ignored_with_the_reason(shops: Shops) -> None:
    (order_id,) = await shops.set_up("boutique", orders=1, financial="pending")

    ignored = await shops.house.hears("submission-ignored", order_id)

    assert (ignored["reason"], "waits for the money" in ignored["detail"]) == ("not-yet", True)
    assert await shops.house.status(order_id) == ""
