"""What is there indeed, and what that does to orders that were promised more."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crossdock_contracts.inventory import CountStockV1
from crossdock_contracts.stock import (
    CountedLine,
    PlanCountV1,
    SetChannelLimitV1,
    SnapshotLine,
    SnapshotStockV1,
    SubmitCountV1,
)
from tests.builders import later, unique
from tests.conftest import until
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def counted(house: House, sku: str, pieces: int, location: str = "BER") -> None:
    await house.tells(CountStockV1(owner="main", sku=sku, location_id=location, counted=pieces))


async def waiting_for_money(house: House, sku: str, *orders: dict[str, Any]) -> list[str]:
    """Orders that are promised and not routed, for nobody says that they are paid."""
    await house.stop("payments")
    sold = [await house.sold((sku, 1), **order) for order in orders]
    for order_id in sold:
        await house.hears("stock-reserved", order_id)
    return sold


async def test_a_count_below_what_is_promised_takes_promises_back_and_goods_that_come_restore_them(
    house: House,
) -> None:
    sku = await house.sells(BER=3)
    urgent, usual, late = await waiting_for_money(
        house, sku, {"priority": 1}, {"ship_by": later(days=1)}, {"ship_by": later(days=9)}
    )

    await counted(house, sku, 1)

    for order_id in (usual, late):
        assert (await house.hears("promise-taken-back", order_id))["reason"] == "counted"
        assert (await house.hears("stock-backordered", order_id))["generation"] == 2
    await house.start("payments")
    await house.hears("label-bought", urgent)
    await house.rest()
    assert await house.said("order-routed", usual) == []
    assert await house.stock(sku) == (1, 1, 0, 2)

    await house.receives(sku, "BER", 1)
    await house.hears("label-bought", usual)
    await house.rest()
    assert await house.said("promise-restored", late) == []
    assert await house.stock(sku) == (2, 2, 0, 1)


async def test_a_marketplace_order_that_loses_its_stock_is_an_urgent_hold_until_it_has_it_again(house: House) -> None:
    sku = await house.sells(BER=1)
    order_id = await house.sold((sku, 1), channel="marketplace")
    await house.labelled(order_id)

    await counted(house, sku, 0)

    await until(lambda: house.holds(order_id))
    document = await house.document("capture", "order", order_id)
    assert document is not None
    (hold,) = document["holds"]
    assert (hold["reason"], hold["assigned_to"]) == ("stock-lost", "marketplace-desk")
    await house.hears("label-voided", order_id)

    await house.receives(sku, "BER", 1)
    await house.hears("label-bought", order_id, number=2)
    assert await house.holds(order_id) == []
    await house.rest()


async def test_bound_goods_that_a_count_misses_ship_from_elsewhere_unless_they_were_picked(house: House) -> None:
    sku = await house.sells(BER=2)
    picked, bound = await house.sold((sku, 1)), await house.sold((sku, 1), priority=1)
    in_hand = await house.labelled(picked)
    await house.labelled(bound)
    await house.picks(in_hand)
    await house.receives(sku, "ROT", 5)

    await counted(house, sku, 1)

    assert (await house.hears("fulfilment-kept", picked))["status"] == "picked"
    assert (await house.hears("label-bought", bound, number=2))["location_id"] == "ROT"
    await house.packs(in_hand)
    await house.rest()
    assert await house.stock(sku) == (6, 2, 0, 0)
    assert await house.said("promise-taken-back", bound) == []


async def test_a_snapshot_of_a_wms_is_reconciled_and_a_stale_one_refused(house: House) -> None:
    sku, other = await house.sells(WMS=10), await house.sells(WMS=4)
    now = datetime.now(UTC)
    name = unique("S")
    about = {"owner": "main", "location_id": "WMS", "snapshot_id": name, "as_of": now}
    snapshot = SnapshotStockV1(**about, lines=(SnapshotLine(sku=sku, on_hand=8),), complete=True)
    await house.tells(snapshot)

    async def swept() -> bool:
        return any(event.get("done") for event in await house.said("snapshot-swept") if event["snapshot_id"] == name)

    await until(swept)
    assert (await house.stock(sku))[0] == 8
    assert (await house.stock(other))[0] == 0
    assert await house.tells(snapshot) == []
    stale = snapshot.model_copy(update={"snapshot_id": unique("S"), "as_of": later(days=-1)})
    with pytest.raises(RuntimeError, match=f"stale: WMS has been believed as of {name}"):
        await house.tells(stale)
    with pytest.raises(RuntimeError, match="not-the-master"):
        await counted(house, sku, 3, "WMS")


async def test_a_planned_count_opens_by_itself_when_it_is_due(house: House) -> None:
    sku, count = await house.sells(BER=5), unique("C")
    due = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 0.3, UTC)
    await house.tells(PlanCountV1(owner="main", count_id=count, location_id="BER", skus=(sku,), due_at=due))

    async def status() -> str:
        return str((await house.document("inventory", "count", count) or {}).get("status", "planned"))

    assert await status() == "planned"

    async def is_open() -> bool:
        return await status() == "open"

    await until(is_open)
    await house.tells(SubmitCountV1(owner="main", count_id=count, lines=(CountedLine(sku=sku, counted=4),)))
    assert (await status(), (await house.stock(sku))[0]) == ("applied", 4)


async def test_a_channel_gets_no_more_than_its_share_and_others_get_the_rest(house: House) -> None:
    sku = await house.sells(BER=4)
    await house.tells(SetChannelLimitV1(owner="main", sku=sku, channel="social", share_percent=50))
    first, second = await house.sold((sku, 2), channel="social"), await house.sold((sku, 1), channel="social")
    await house.hears("stock-backordered", second)
    await house.hears("label-bought", await house.sold((sku, 2)))
    fulfilment = await house.labelled(first)

    await house.receives(sku, "BER", 2)

    await house.hears("label-bought", second)
    await house.ships(fulfilment)
    await house.rest()
    assert await house.stock(sku) == (4, 3, 0, 0)
