"""Stores that answer for themselves and hand over, and suppliers that ship, through the running services."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from crossdock_contracts.labels import ReportLabelV1
from crossdock_contracts.shipping import ConfirmShippedV1
from crossdock_contracts.stores import (
    AcceptFulfilmentV1,
    AcknowledgePurchaseOrderV1,
    ConfirmReadyV1,
    DeclineFulfilmentV1,
    HandOverV1,
    InvoicePurchaseOrderV1,
    ReceiveAtStoreV1,
)
from crossdock_contracts.values import Money, ShippingChoice
from services.cli.client import RefusedError
from services.cli.verify import examine
from tests.conftest import settings_for
from tests.flow.house import House, about, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

_BERLIN = 'address = { line1 = "Street 2", postcode = "10117", city = "Berlin", country = "DE" }'
PLACES = f"""
[location.SHOP]
{_BERLIN}
accept_minutes = 30

[location.HASTY]
{_BERLIN}
accept_minutes = 0.003

[location.COUNTER]
{_BERLIN}
pickup = true

[location.BRIEF]
{_BERLIN}
pickup = true
remind_after_hours = 0.00005
hold_hours = 0.0001

[location.MAKER]
{_BERLIN}
kind = "supplier"
accept_minutes = 240
label_by = "supplier"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house in two partitions, with stores in Berlin."""
    folder = tmp_path_factory.mktemp("house")
    rules = rules_in(folder)
    places = rules / "locations.toml"
    places.write_text(places.read_text() + PLACES)
    with short_folder() as store:
        async with NatsServer(Path(store)) as server:
            settings = settings_for(server, folder, rules_dir=rules, park_first_s=0.2, partitions=2)
            async with house_at(settings) as opened:
                yield opened
                await opened.rest()
                checks, _ = await examine(opened.client)
                assert [violation for check in checks for violation in check.violations] == []


async def test_what_a_store_accepts_is_labelled_and_ships_as_ever(house: House) -> None:
    sku = await house.sells(SHOP=3)
    order_id = await house.sold((sku, 2))
    offered = await house.hears("fulfilment-offered", order_id)
    await house.rest_of("shipping")
    assert await house.said("label-bought", order_id) == []
    await house.tells(AcceptFulfilmentV1(**about(offered), accepted_by="clerk-1"))
    await house.ships(await house.labelled(order_id))
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (1, 0, 0, 0))


@pytest.mark.parametrize("shop", ["SHOP", "HASTY"])
async def test_what_a_store_declines_or_does_not_answer_ships_from_elsewhere(house: House, shop: str) -> None:
    sku = await house.sells(**{shop: 3, "LYS": 3})
    order_id = await house.sold((sku, 2))
    offered = await house.hears("fulfilment-offered", order_id)
    if shop == "SHOP":
        await house.tells(DeclineFulfilmentV1(**about(offered), reason="too-busy"))

    fulfilment = await house.labelled(order_id)

    assert (fulfilment["location_id"], fulfilment["fulfilment_id"]) == ("LYS", f"{order_id}/2")
    await house.ships(fulfilment)
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (4, 0, 0, 0))


async def bought(house: House, sku: str, store: str, **payment: str) -> str:
    """An order for two pieces, to be collected at a store."""
    payment = {"method": "token", "token": "tok_1", "reference": "paid-1", **payment}
    choice = ShippingChoice(pickup_location_id=store)
    return await house.sold((sku, 2), payment=payment, shipping=choice, ship_to=None)


async def allocated(house: House, order_id: str) -> dict[str, Any]:
    """The fulfilment of an order."""
    return (await house.hears("stock-allocated", order_id))["fulfilment"] | {"owner": "main"}


async def test_an_order_is_collected_in_the_store_and_paid_as_it_is_handed_over(house: House) -> None:
    sku = await house.sells(COUNTER=3, BER=9)
    order_id = await bought(house, sku, "COUNTER")
    fulfilment = await allocated(house, order_id)
    await house.rest_of("shipping")
    await house.picks(fulfilment)
    await house.tells(ConfirmReadyV1(**about(fulfilment)))
    told = await house.hears("pickup-ready", order_id)
    assert (told["location_id"], len(told["code"])) == ("COUNTER", 6)
    assert await house.said("payment-captured", order_id) == []
    with pytest.raises(RefusedError, match="not its code"):
        await house.tells(HandOverV1(**about(fulfilment), code="wrong"))

    await house.tells(HandOverV1(**about(fulfilment), code=told["code"]))

    assert (await house.hears("payment-captured", order_id))["amount"]["amount_minor"] == 2000
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (10, 0, 0, 0))
    assert await house.said("label-bought", order_id) == []


@pytest.mark.parametrize(("method", "paid"), [("token", "payment-voided"), ("prepaid", "payment-refunded")])
async def test_what_nobody_collects_is_cancelled_refunded_and_back_on_the_shelf(
    house: House, method: str, paid: str
) -> None:
    sku = await house.sells(BRIEF=3)
    order_id = await bought(house, sku, "BRIEF", method=method)
    fulfilment = await allocated(house, order_id)
    await house.rest_of("shipping")
    await house.picks(fulfilment)
    await house.tells(ConfirmReadyV1(**about(fulfilment)))

    cancelled = await house.hears("order-cancelled", order_id)

    assert (cancelled["cancel_id"], cancelled["reason"]) == (f"no-show-{fulfilment['fulfilment_id']}", "not-collected")
    assert (await house.hears(paid, order_id))["amount"]["amount_minor"] == 2000
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("cancelled", (3, 0, 0, 0))


async def test_what_the_store_has_not_is_shipped_to_it_and_handed_over_there(house: House) -> None:
    sku = await house.sells(LYS=3)
    order_id = await bought(house, sku, "COUNTER")
    fulfilment = await house.labelled(order_id)
    assert (fulfilment["location_id"], fulfilment["ship_to"]["postcode"]) == ("LYS", "10117")
    await house.ships(fulfilment)
    await house.tells(ReceiveAtStoreV1(**about(fulfilment)))
    told = await house.hears("pickup-ready", order_id)
    answer = await house.client.ask("shipping", "queue", location_id="COUNTER", queue="pickup")
    assert [one["fulfilment_id"] for one in answer["answer"]] == [fulfilment["fulfilment_id"]]

    await house.tells(HandOverV1(**about(fulfilment), code=told["code"]))

    await house.hears("shipment-delivered", order_id)
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (1, 0, 0, 0))


async def test_a_supplier_ships_by_its_purchase_order_and_invoices_it(house: House) -> None:
    sku = await house.sells(MAKER=3)
    order_id = await house.sold((sku, 2))
    ordered = about(await house.hears("purchase-order-issued", order_id))
    await house.tells(AcknowledgePurchaseOrderV1(**ordered, reference="S-77"))
    await house.tells(ReportLabelV1(**ordered, carrier="post", tracking_number=f"P-{order_id}"))
    await house.tells(ConfirmShippedV1(**ordered))
    money = Money(amount_minor=700, currency="EUR")
    await house.tells(InvoicePurchaseOrderV1(**ordered, amount=money, reference="I-1"))

    assert (await house.hears("supplier-invoiced", order_id))["amount"]["amount_minor"] == 700
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (1, 0, 0, 0))
