"""Parcels through the running services: weighed, several, labelled once each."""

import pytest

from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmShippedV1, PackedParcel
from crossdock_contracts.tracking import TrackingUpdateV1
from tests.builders import later
from tests.flow.house import House, about

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_parcel_that_weighs_more_than_expected_has_its_label_exchanged(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1))
    fulfilment = await house.labelled(order_id)
    await house.picks(fulfilment)

    await house.tells(ConfirmPackedV1(**about(fulfilment), weight_g=4000))

    second = await house.hears("label-bought", order_id, number=2)
    first = (await house.said("label-bought", order_id))[0]
    (voided,) = await house.said("label-voided", order_id)
    assert voided["tracking_number"] == first["parcel"]["tracking_number"]
    assert voided["reason"] == "4000 g cost 549 rather than 389 EUR minor units"
    assert (second["parcel"]["weight_g"], second["parcel"]["cost"]["amount_minor"]) == (4000, 549)
    await house.tells(ConfirmShippedV1(**about(fulfilment)))
    shipped = await house.hears("shipment-shipped", order_id)
    assert [one["tracking_number"] for one in shipped["parcels"]] == [second["parcel"]["tracking_number"]]


async def test_a_fulfilment_ships_in_several_parcels_and_is_delivered_with_the_last(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2))
    fulfilment = await house.labelled(order_id)
    await house.picks(fulfilment)

    parcels = (PackedParcel(weight_g=700), PackedParcel(weight_g=900))
    await house.tells(ConfirmPackedV1(**about(fulfilment), parcels=parcels))
    await house.hears("label-bought", order_id, number=2)
    await house.tells(ConfirmShippedV1(**about(fulfilment)))

    shipped = await house.hears("shipment-shipped", order_id)
    numbers = [one["tracking_number"] for one in shipped["parcels"]]
    assert len(set(numbers)) == 2
    for hours, number in enumerate(numbers, start=1):
        update = {"status": "delivered", "occurred_at": later(hours=hours), "tracking_number": number}
        await house.tells(TrackingUpdateV1(**about(fulfilment), **update))
    delivered = await house.said("shipment-delivered", order_id)
    assert [(one["tracking_number"], one.get("parcels_left", 0)) for one in delivered] == [
        (numbers[0], 1),
        (numbers[1], 0),
    ]
    assert (await house.document("shipping", "shipment", fulfilment["fulfilment_id"]))["status"] == "delivered"
