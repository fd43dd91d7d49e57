"""Goods that are short, refused, not found, or come back."""

import pytest

from crossdock_contracts.capture import RejectOrderV1, ReleaseHoldV1
from crossdock_contracts.inventory import CountStockV1, TransferStockV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from tests.builders import later, pieces
from tests.conftest import until
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARIS = {"name": "Customer 1", "line1": "Street 1", "city": "Paris", "postcode": "75001", "country": "FR"}


async def test_a_backorder_is_filled_when_goods_arrive(house: House) -> None:
    sku = await house.sells(BER=1)
    order_id = await house.sold((sku, 3))
    await house.hears("stock-backordered", order_id)
    await house.rest()
    assert await house.said("order-routed", order_id) == []

    await house.receives(sku, "BER", 1)
    await house.rest()
    assert await house.stock(sku) == (2, 0, 2, 1)
    await house.receives(sku, "BER", 5)

    await house.hears("label-bought", order_id)
    await house.rest()
    assert await house.stock(sku) == (7, 3, 0, 0)


async def test_goods_that_arrive_go_to_the_urgent_first_and_then_to_those_who_waited_longest(house: House) -> None:
    sku = await house.sells()
    older = await house.sold((sku, 1), placed_at=later(hours=-2))
    urgent = await house.sold((sku, 1), placed_at=later(hours=-1), priority=1)
    newer = await house.sold((sku, 1), placed_at=later(hours=0))
    for order_id in (older, urgent, newer):
        await house.hears("stock-backordered", order_id)

    labelled = []
    for _ in range(3):
        await house.receives(sku, "BER", 1)
        await house.rest()
        labelled.append([o for o in (older, urgent, newer) if await house.said("label-bought", o)])

    assert labelled == [[urgent], [older, urgent], [older, urgent, newer]]


async def test_a_location_that_no_longer_has_the_goods_refuses_and_the_order_is_routed_on(house: House) -> None:
    sku = await house.sells(BER=1)
    await house.stop("payments")
    order_id = await house.sold((sku, 1))
    await house.hears("stock-reserved", order_id)
    await house.rest_of("routing")
    move = {"from_location_id": "BER", "to_location_id": "ROT", "quantity": 1}
    await house.tells(TransferStockV1(owner="main", sku=sku, **move))

    await house.start("payments")

    assert (await house.hears("allocation-refused", order_id))["location_id"] == "BER"
    assert (await house.hears("label-bought", order_id))["location_id"] == "ROT"
    assert [one["attempt"] for one in await house.said("order-routed", order_id)] == [1, 2]
    await house.rest()
    assert await house.stock(sku) == (1, 1, 0, 0)


async def test_what_is_not_on_the_shelf_is_routed_to_another_location(house: House) -> None:
    sku = await house.sells(BER=3, ROT=3)
    order_id = await house.sold((sku, 3))
    fulfilment = await house.labelled(order_id)
    assert fulfilment["location_id"] == "BER"

    await house.picks(fulfilment, 1)

    routed = await house.hears("order-routed", order_id, number=2)
    (other,) = routed["fulfilments"]
    assert (other["location_id"], other["lines"][0]["quantity"]) == ("ROT", 2)
    await house.hears("label-bought", order_id, number=2)
    left = {**fulfilment, "lines": [{**fulfilment["lines"][0], "quantity": 1}]}
    await house.packs(left)
    await house.ships({**other, "owner": "main"})
    await house.rest()
    assert await house.status(order_id) == "open"  # the parcel from Berlin is packed, and still there


async def test_a_pick_that_finds_nothing_gives_the_label_back_and_the_order_ships_from_elsewhere(house: House) -> None:
    sku = await house.sells(BER=2, ROT=2)
    order_id = await house.sold((sku, 2))
    fulfilment = await house.labelled(order_id)

    await house.picks(fulfilment, 0)

    await house.hears("label-bought", order_id, number=2)
    bought, voided = await house.said("label-bought", order_id), await house.said("label-voided", order_id)
    assert [label["location_id"] for label in bought] == ["BER", "ROT"]
    assert [v["tracking_number"] for v in voided] == [bought[0]["parcel"]["tracking_number"]]
    second = await house.said("stock-allocated", order_id)
    await house.ships(second[1]["fulfilment"] | {"owner": "main"})
    await house.rest()
    assert await house.status(order_id) == "completed"
    assert await house.stock(sku) == (0, 0, 0, 0)  # two shipped, two were not there


async def test_an_order_that_no_location_may_serve_is_held_and_can_be_rejected(house: House) -> None:
    sku = await house.sells(LON=5)
    order_id = await house.sold((sku, 1), ship_to=PARIS)
    unroutable = await house.hears("order-unroutable", order_id)
    await until(lambda: house.holds(order_id))

    assert unroutable["reason"] == "no-location"
    assert {"rule": "location does not ship to this country", "effect": "excluded", "location_id": "LON"} in unroutable[
        "rules"
    ]
    assert (await house.holds(order_id), await house.status(order_id)) == (["unroutable"], "paused")
    assert await house.stock(sku) == (5, 0, 1, 0)

    await house.tells(RejectOrderV1(owner="main", order_id=order_id))
    await house.hears("order-cancelled", order_id)
    await house.rest()
    assert await house.status(order_id) == "cancelled"
    assert await house.stock(sku) == (5, 0, 0, 0)


async def test_an_unroutable_order_goes_on_once_its_goods_were_moved_and_it_is_released(house: House) -> None:
    sku = await house.sells(LON=5)
    order_id = await house.sold((sku, 1), ship_to=PARIS)
    await until(lambda: house.holds(order_id))
    move = {"from_location_id": "LON", "to_location_id": "LYS", "quantity": 2}
    await house.tells(TransferStockV1(owner="main", sku=sku, **move))

    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id))

    assert (await house.hears("label-bought", order_id))["location_id"] == "LYS"


async def test_a_promise_with_an_end_lapses_and_the_order_is_held(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), total_minor=1500, reserve_until=later(hours=-1))

    await house.hears("reservation-expired", order_id)

    await until(lambda: _held(house, order_id, "reservation-expired"))
    assert await house.stock(sku) == (5, 0, 0, 0)


async def test_an_order_whose_promise_has_lapsed_goes_on_once_it_is_released(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), total_minor=1500, reserve_until=later(hours=-1))
    await until(lambda: _held(house, order_id, "reservation-expired"))

    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id))

    await house.hears("label-bought", order_id)
    assert await house.stock(sku) == (5, 1, 0, 0)


async def test_a_count_below_what_is_promised_is_recorded_and_nothing_more_is_promised(house: House) -> None:
    sku = await house.sells(BER=5)
    await house.hears("label-bought", await house.sold((sku, 4)))

    await house.tells(CountStockV1(owner="main", sku=sku, location_id="BER", counted=3))
    order_id = await house.sold((sku, 1))

    assert [(s["sku"], s["missing"]) for s in await house.said("shortage-recorded") if s["sku"] == sku] == [(sku, 1)]
    await house.hears("stock-backordered", order_id)


@pytest.mark.parametrize(
    ("disposition", "method", "stock"), [("restock", "token", 4), ("write-off", "token", 3), ("restock", "prepaid", 4)]
)
async def test_returned_goods_are_put_back_or_written_off_and_paid_back_once(
    house: House, disposition: str, method: str, stock: int
) -> None:
    sku = await house.sells(BER=5)
    payment = {"method": method, "token": "tok_1" if method == "token" else "", "reference": "paid-1"}
    order_id = await house.sold((sku, 2), payment=payment)
    await house.ships(await house.labelled(order_id))
    await house.hears("order-completed", order_id)
    await house.rest()
    back = {"owner": "main", "order_id": order_id, "return_id": "R"}

    await house.tells(RequestReturnV1(**back, lines=(pieces(),), reason="not-wanted"))
    await house.tells(ReceiveReturnV1(**back, location_id="BER", lines=(pieces(),)))
    look = InspectReturnV1(**back, lines=(InspectedLine(line_id="1", quantity=1, disposition=disposition),))
    await house.tells(look)
    with pytest.raises(RuntimeError, match="only received returns are inspected"):
        await house.tells(look)

    closed = await house.hears("return-closed", order_id)
    await house.rest()
    assert closed["refunded_minor"] == 1000
    assert [r["amount"]["amount_minor"] for r in await house.said("payment-refunded", order_id)] == [1000]
    assert await house.stock(sku) == (stock, 0, 0, 0)


async def test_more_than_was_shipped_does_not_come_back(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2))
    about = {"owner": "main", "order_id": order_id, "return_id": "R", "reason": "not-wanted"}
    fulfilment = await house.labelled(order_id)
    with pytest.raises(RuntimeError, match="not-shipped"):
        await house.tells(RequestReturnV1(**about, lines=(pieces(),)))
    await house.ships(fulfilment)
    await house.rest()

    with pytest.raises(RuntimeError, match="not-so-many: 2 of line 1 can come back, not 3"):
        await house.tells(RequestReturnV1(**about, lines=(pieces(3),)))


async def _held(house: House, order_id: str, reason: str) -> bool:
    return reason in await house.holds(order_id)
