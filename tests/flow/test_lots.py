"""Lots, recalls, serial numbers and expected receipts through all services."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossdock_contracts.inbound import ExpectReceiptV1, SlipReceiptV1
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.lots import DispatchTransferV1, RecallLotV1, ReceiveTransferV1
from crossdock_contracts.products import Product, UpsertProductV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1, LineLot, LineSerials
from tests.builders import pieces, unique
from tests.conftest import until
from tests.flow.house import House, about

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR, FURTHER = "2099-06-30", "2099-09-30"


async def followed(house: House, **flags: bool) -> str:
    """A new SKU of which inventory follows the pieces; its name."""
    sku = unique("LOT-")
    product = Product(sku=sku, title=f"Article {sku}", weight_g=300, **flags)
    await house.tells(UpsertProductV1(owner="main", sku=sku, product=product))
    await until(lambda: house.document("inventory", "stock", sku))
    await until(lambda: house.document("capture", "item", sku))
    return sku


async def receives(house: House, sku: str, quantity: int, lot: str = "", day: str = "", place: str = "BER") -> None:
    message = ReceiveStockV1(owner="main", sku=sku, location_id=place, quantity=quantity, lot=lot, expires_on=day)
    await house.tells(message)


async def lots(house: House, sku: str, counter: str = "on_hand", place: str = "BER") -> dict[str, int]:
    found = await house.document("inventory", "lots", sku, place)
    return {name: n for name, lot in (found or {"lots": {}})["lots"].items() if (n := lot.get(counter, 0))}


async def test_the_pick_is_told_what_expires_first_and_what_was_taken_instead_is_what_ships(house: House) -> None:
    sku = await followed(house, track_lot=True, track_expiry=True)
    await receives(house, sku, 5, "LATE", FURTHER)
    await receives(house, sku, 3, "EARLY", FAR)
    fulfilment = await house.labelled(await house.sold((sku, 2)))
    assert fulfilment["lines"][0]["lots"] == [{"lot": "EARLY", "quantity": 2, "expires_on": FAR}]

    taken = LineLot(line_id="1", lot="LATE", quantity=2)
    await house.tells(ConfirmPickedV1(**about(fulfilment), lines=(pieces(2),), lots=(taken,)))
    await house.hears("lots-picked", fulfilment["order_id"])
    await house.rest()
    assert await lots(house, sku, "allocated") == {"LATE": 2}
    await house.packs(fulfilment)
    await house.tells(ConfirmShippedV1(**about(fulfilment)))
    await house.rest()

    assert await lots(house, sku) == {"EARLY": 3, "LATE": 3}
    assert await house.stock(sku) == (6, 0, 0, 0)
    sent = await house.document("shipping", "lot-shipment", sku, "LATE", fulfilment["fulfilment_id"])
    assert sent is not None
    assert (sent["order_id"], sent["quantity"], sent["ship_to"]["name"]) == (fulfilment["order_id"], 2, "Customer 1")


async def test_a_recalled_lot_leaves_neither_the_shelf_nor_the_dock(house: House) -> None:
    sku = await followed(house, track_lot=True)
    await receives(house, sku, 4, "BAD")
    await receives(house, sku, 2, "BAD", place="ROT")
    fulfilment = await house.labelled(await house.sold((sku, 1)))
    await house.picks(fulfilment)
    await house.packs(fulfilment)

    await house.tells(RecallLotV1(owner="main", sku=sku, lot="BAD"))
    await until(lambda: house.document("shipping", "recalled-lot", sku, "BAD"))

    assert (await lots(house, sku, "quarantine"), await lots(house, sku, "quarantine", "ROT")) == (
        {"BAD": 4},
        {"BAD": 2},
    )
    with pytest.raises(RuntimeError, match=f"lot-recalled: .* lot BAD of {sku} on line 1 is recalled"):
        await house.tells(ConfirmShippedV1(**about(fulfilment)))
    await house.cancels(fulfilment["order_id"])
    await house.hears("order-cancelled", fulfilment["order_id"])
    await house.rest()
    assert await house.stock(sku) == (0, 0, 0, 0)


async def test_a_lot_that_has_grown_too_old_goes_by_itself(house: House) -> None:
    sku = await followed(house, track_lot=True, track_expiry=True)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    await receives(house, sku, 3, "FRESH", FAR)
    await receives(house, sku, 2, "OLD", yesterday)

    assert (await lots(house, sku), await lots(house, sku, "quarantine")) == ({"FRESH": 3}, {"OLD": 2})
    timer = await house.document("inventory", "lot-expiry", sku, "BER")
    assert timer is not None
    assert timer["due_at"].startswith("2099-07-01T00:00:00")


async def test_a_serial_number_ships_once_and_comes_back_once(house: House) -> None:
    sku = await followed(house, track_serial=True)
    await house.receives(sku, "BER", 3)
    first, second = [await house.labelled(await house.sold((sku, 1))) for _ in range(2)]
    read = (LineSerials(line_id="1", serials=("SN-1",)),)
    await house.tells(ConfirmPickedV1(**about(first), lines=(pieces(),), serials=read))
    await house.picks(second)
    with pytest.raises(RuntimeError, match=f"serial-taken: .* serial SN-1 of {sku} belongs to fulfilment"):
        await house.tells(ConfirmPackedV1(**about(second), serials=read))
    await house.packs(first)
    await house.tells(ConfirmShippedV1(**about(first)))
    await house.rest()

    back = {"owner": "main", "order_id": first["order_id"], "return_id": "R"}
    await house.tells(RequestReturnV1(**back, lines=(pieces(),), reason="broken"))
    await house.tells(ReceiveReturnV1(**back, location_id="BER", lines=(pieces(),)))
    look = InspectedLine(line_id="1", quantity=1, disposition="restock", serials=("SN-2",))
    with pytest.raises(RuntimeError, match="serial-unknown: SN-2 did not ship on line 1"):
        await house.tells(InspectReturnV1(**back, lines=(look,)))
    await house.tells(InspectReturnV1(**back, lines=(look.model_copy(update={"serials": ("SN-1",)}),)))
    await house.rest()

    await house.tells(ConfirmPackedV1(**about(second), serials=read))
    await house.tells(ConfirmShippedV1(**about(second)))
    found = await house.document("shipping", "serial", sku, "SN-1")
    assert found is not None
    assert (found["order_id"], found["earlier"]) == (second["order_id"], [first["fulfilment_id"]])


async def test_goods_on_their_way_are_promised_when_they_arrive(house: House) -> None:
    sku = await followed(house, track_lot=True)
    await receives(house, sku, 3, "L")
    way = {"owner": "main", "sku": sku, "transfer_id": unique("T-")}
    await house.tells(DispatchTransferV1(**way, from_location_id="BER", to_location_id="ROT", quantity=3))
    order_id = await house.sold((sku, 2))
    await house.hears("stock-backordered", order_id)

    await house.tells(ReceiveTransferV1(**way, quantity=2))

    assert (await house.hears("label-bought", order_id))["location_id"] == "ROT"
    await house.rest()
    assert await house.stock(sku) == (2, 2, 0, 0)


async def test_a_backorder_is_told_its_date_and_when_that_slips(house: House) -> None:
    sku = await house.sells()
    april, may = datetime(2099, 4, 1, tzinfo=UTC), datetime(2099, 5, 1, tzinfo=UTC)
    receipt: dict[str, Any] = {"owner": "main", "sku": sku, "receipt_id": "PO-1"}
    waiting = await house.sold((sku, 1))
    await house.hears("stock-backordered", waiting)
    await house.tells(ExpectReceiptV1(**receipt, location_id="BER", quantity=2, expected_at=april))
    later = await house.sold((sku, 1))
    promised = [await house.hears("backorder-promised", order_id) for order_id in (waiting, later)]
    assert {(one["expected_at"][:10], one["receipt_id"]) for one in promised} == {("2099-04-01", "PO-1")}

    await house.tells(SlipReceiptV1(**receipt, expected_at=may, reason="late-vessel"))
    changed = [await house.hears("backorder-date-changed", order_id) for order_id in (waiting, later)]
    assert {(one["was_expected_at"][:10], one["expected_at"][:10], one["reason"]) for one in changed} == {
        ("2099-04-01", "2099-05-01", "late-vessel")
    }
    await house.tells(ReceiveStockV1(owner="main", sku=sku, location_id="BER", quantity=2, reference="PO-1"))
    await asyncio.gather(*(house.hears("label-bought", order_id) for order_id in (waiting, later)))
    closed = [one for one in await house.said("receipt-closed") if one["sku"] == sku]
    assert [(one["received"], one["reason"]) for one in closed] == [(2, "complete")]
