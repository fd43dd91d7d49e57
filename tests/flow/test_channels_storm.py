"""Shops over a line on which four calls of ten fail, and webhooks are lost, doubled and late: all is done once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.cli.verify import examine
from tests.conftest import until
from tests.flow.shops import Shops, shops_in

FORMATS = {"boutique": "shopify", "corner": "woocommerce"}
ORDERS = 8


@pytest.mark.parametrize("seed", [1])
async def test_in_a_storm_each_order_is_shipped_or_cancelled_and_told_once(tmp_path: Path, seed: int) -> None:
    async with shops_in(tmp_path, FORMATS, boutique=0.02, corner=0.02) as shops:
        await shops.goods(4, 200)
        for channel in FORMATS:
            await shops.hook(channel)
        await shops.faults(profile="storm", seed=seed, hang_s=0.3, latency_s=0.1, retry_after_s=0.2)
        ids = [one for channel in FORMATS for one in await shops.set_up(channel, orders=ORDERS, seed=seed)]

        await asyncio.gather(*(_carry_through(shops, order_id) for order_id in ids))

        await until(lambda: _all_told(shops, ids), timeout_s=120)
        await shops.stocked(timeout_s=120)
        await shops.faults(profile="none")
        await shops.house.rest()
        await _is_once(shops, ids)
        assert await shops.mismatches() == {}
        checks, _ = await examine(shops.house.client)
        assert [violation for check in checks for violation in check.violations] == []


def _is_cancelled(order_id: str) -> bool:
    return int(order_id.rpartition(":")[2]) % 3 == 0


async def _carry_through(shops: Shops, order_id: str) -> None:
    """Ship an order, or cancel it."""
    await until(lambda: shops.house.said("order-captured", order_id), timeout_s=120)
    if _is_cancelled(order_id):
        await shops.house.cancels(order_id, cancel_id="c-1", reason="out-of-stock")
    else:
        await shops.house.ships(await shops.house.labelled(order_id))


async def _all_told(shops: Shops, ids: list[str]) -> bool:
    told = {one["order_id"] for one in await shops.house.said("channel-told")}
    assert await shops.house.said("channel-refused") == []
    return told == set(ids)


async def _is_once(shops: Shops, ids: list[str]) -> None:
    """The hub has each order once, and each shop what became of it, once."""
    assert len(await shops.house.said("order-captured")) == len(ids)
    boutique, corner = [await shops.state(channel) for channel in FORMATS]
    shipped = sorted(one.partition(":")[2] for one in ids if one.startswith("boutique") and not _is_cancelled(one))
    assert sorted(one["order"] for one in boutique["fulfilments"]) == shipped
    for order_id in ids:
        channel, _, number = order_id.partition(":")
        if channel == "corner":
            wanted = "refunded" if _is_cancelled(order_id) else "completed"
            assert (corner["orders"][number], len(corner["notes"].get(number, []))) == (
                wanted,
                int(wanted != "refunded"),
            )
    cancelled: list[dict[str, Any]] = await shops.house.said("order-cancelled")
    assert len(cancelled) == sum(_is_cancelled(order_id) for order_id in ids)
    paid_back = sum(one["amount_minor"] for one in cancelled)
    assert boutique["refunded_minor"] + corner["refunded_minor"] == paid_back
