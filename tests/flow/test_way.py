"""An order's way: from a webhook to a label, to the buyer, and back."""

from hashlib import sha256

import pytest

from crossdock_contracts.capture import ReleaseHoldV1
from crossdock_contracts.tracking import TrackingUpdateV1
from tests.builders import NOW
from tests.conftest import until
from tests.flow.house import House, about, order_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_webhook_becomes_a_label_in_both_formats(house: House) -> None:
    sku = await house.sells(BER=5)

    order_id = await house.sold((sku, 2))

    parcel = (await house.hears("label-bought", order_id))["parcel"]
    assert parcel["tracking_number"].startswith("SB")
    objects = {label["format"]: label for label in parcel["label"]}
    store = house.running["shipping"].app.service.objects["labels"]
    for form, begins in (("pdf", b"%PDF-"), ("zpl", b"^XA")):
        stored = await store.get(objects[form]["name"])
        assert stored is not None
        assert stored.startswith(begins)
        assert parcel["tracking_number"].encode() in stored
        assert sha256(stored).hexdigest() == objects[form]["sha256"]
    assert await house.stock(sku) == (5, 2, 0, 0)


async def test_an_order_of_the_api_takes_the_same_way(house: House) -> None:
    sku = await house.sells(ROT=1)
    made = order_of((sku, 1))

    answer = await house.web.post("/v1/orders?channel=social", content=made.model_dump_json())

    assert answer.status_code == 202
    assert answer.json()["order_id"] == f"social:{made.order_id}"
    assert (await house.hears("label-bought", f"social:{made.order_id}"))["location_id"] == "ROT"


async def test_what_shipped_is_charged_and_deducted_and_the_order_is_complete(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), payment={"method": "token", "token": "tok_1"})
    fulfilment = await house.labelled(order_id)

    await house.ships(fulfilment)

    assert (await house.hears("payment-captured", order_id))["amount"] == {"amount_minor": 2000, "currency": "EUR"}
    assert (await house.hears("order-completed", order_id))["shipped"] == 2
    await house.rest()
    assert await house.status(order_id) == "completed"
    assert await house.stock(sku) == (3, 0, 0, 0)


async def test_a_parcel_is_tracked_until_it_is_delivered_and_no_further(house: House) -> None:
    sku = await house.sells(BER=1)
    order_id = await house.sold((sku, 1))
    fulfilment = await house.labelled(order_id)
    await house.ships(fulfilment)

    for status in ("in-transit", "in-transit", "out-for-delivery", "delivered", "exception"):
        await house.tells(TrackingUpdateV1(**about(fulfilment), status=status, occurred_at=NOW))

    heard = [
        len(await house.said(f"shipment-{name}", order_id))
        for name in ("in-transit", "out-for-delivery", "delivered", "exception")
    ]
    assert heard == [1, 1, 1, 0]


async def test_an_order_of_two_locations_gets_a_label_at_each(house: House) -> None:
    here, there = await house.sells(BER=1), await house.sells(LYS=1)

    order_id = await house.sold((here, 1), (there, 1))

    await house.hears("label-bought", order_id, number=2)
    bought = await house.said("label-bought", order_id)
    assert {label["location_id"] for label in bought} == {"BER", "LYS"}
    assert len({label["parcel"]["tracking_number"] for label in bought}) == 2


async def test_a_label_that_is_due_at_packing_is_bought_then(house: House) -> None:
    sku = await house.sells(LON=1)
    london = {"name": "Customer 1", "line1": "Street 1", "city": "London", "postcode": "EC1A 1BB", "country": "GB"}
    order_id = await house.sold((sku, 1), ship_to=london)
    fulfilment = (await house.hears("stock-allocated", order_id))["fulfilment"]
    await house.picks(fulfilment)
    assert await house.said("label-bought", order_id) == []

    await house.packs(fulfilment)

    assert (await house.hears("label-bought", order_id))["parcel"]["weight_g"] == 800


async def test_a_parcel_that_one_carrier_refuses_goes_with_the_next(house: House) -> None:
    sku = await house.sells(BER=1)
    refused = {"name": "Customer 1", "line1": "Street 1", "city": "Berlin", "postcode": "REFUSE", "country": "DE"}

    order_id = await house.sold((sku, 1), ship_to=refused)
    await until(lambda: house.holds(order_id))  # it is no postcode of Germany, and somebody knows better
    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id))

    bought = await house.hears("label-bought", order_id)
    assert bought["parcel"]["carrier"] == "table-parcel"
    assert "not-served" in next(r["refused"] for r in bought["ranking"] if r["carrier"] == "sandbox-parcel")


async def test_two_lines_of_one_sku_are_promised_and_shipped_each(house: House) -> None:
    sku = await house.sells(BER=3)
    order_id = await house.sold((sku, 1), (sku, 2))

    fulfilment = await house.labelled(order_id)
    await house.ships(fulfilment)
    await house.rest()

    assert [line["quantity"] for line in fulfilment["lines"]] == [1, 2]
    assert await house.stock(sku) == (0, 0, 0, 0)
