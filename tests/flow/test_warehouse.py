"""The floor of a warehouse that works with the hub: steps, queues, waves, shared parcels."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from crossdock_contracts.capture import ReleaseHoldV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmShippedV1
from crossdock_contracts.warehouse import AssignBinsV1, CloseWaveV1, ConfirmStepV1, PlanWaveV1
from services.cli.verify import examine
from tests.builders import later
from tests.conftest import settings_for, until
from tests.flow.house import House, about, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSTITUTE = """
[[substitution]]
sku = "RARE"
by = "COMMON"
price = { amount_minor = 900, currency = "EUR" }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house in two partitions; Berlin and Rotterdam work with the hub, and Rotterdam puts together what it can."""
    folder = tmp_path_factory.mktemp("house")
    rules = rules_in(folder)
    places = rules / "locations.toml"
    text = places.read_text().replace("[location.BER]", '[location.BER]\nwork = "hub"')
    shared = '[location.ROT]\nwork = "hub"\nlabel_at = "pack"\nconsolidate = true'
    places.write_text(text.replace("[location.ROT]", shared))
    instead = rules / "substitutions.toml"
    instead.write_text(instead.read_text() + SUBSTITUTE)
    with short_folder() as store:
        async with NatsServer(Path(store)) as server:
            settings = settings_for(server, folder, rules_dir=rules, park_first_s=0.2, partitions=2)
            async with house_at(settings) as opened:
                yield opened
                await opened.rest()
                checks, _ = await examine(opened.client)
                assert [violation for check in checks for violation in check.violations] == []


async def queued(house: House, queue: str = "") -> list[str]:
    answer = await house.client.ask("shipping", "queue", location_id="BER", queue=queue)
    return [one["fulfilment_id"] for one in answer["answer"]]


async def test_a_gift_is_wrapped_before_it_is_packed_and_stands_in_the_queue_for_it(house: House) -> None:
    sku = await house.sells(BER=5)
    gift = LineInput(line_id="1", sku=sku, quantity=1, unit_price_minor=1000, gift_wrap=True, note="For Ada")
    order_id = await house.sold(lines=(gift,), total_minor=1000)
    fulfilment = await house.labelled(order_id)
    name = fulfilment["fulfilment_id"]
    assert (fulfilment["lines"][0]["gift_wrap"], fulfilment["lines"][0]["note"]) == (True, "For Ada")
    assert name in await queued(house, "pick")

    await house.picks(fulfilment)

    assert (name in await queued(house, "pick"), name in await queued(house, "gift-wrap")) == (False, True)
    with pytest.raises(RuntimeError, match="first personalisation, gift-wrap has to be done"):
        await house.packs(fulfilment)
    failed = {"step": "gift-wrap", "outcome": "failed", "note": "no paper left"}
    await house.tells(ConfirmStepV1(**about(fulfilment), **failed))
    await until(lambda: house.holds(order_id))
    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id))
    await house.hears("step-reopened", order_id)
    for step in ("personalisation", "gift-wrap"):
        await house.tells(ConfirmStepV1(**about(fulfilment), step=step))
    await house.packs(fulfilment)
    assert await queued(house, "gift-wrap") == []
    steps = await house.said("steps-planned", order_id)
    assert [one["step"] for one in steps[0]["steps"]] == ["personalisation", "gift-wrap"]


async def test_what_should_have_shipped_is_told_and_stands_in_its_queue_until_it_is_picked(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), ship_by=later(days=-400))
    fulfilment = await house.labelled(order_id)

    overdue = await house.hears("task-overdue", order_id)

    assert (overdue["queue"], overdue["location_id"]) == ("pick", "BER")
    assert fulfilment["fulfilment_id"] in await queued(house, "pick")
    await house.picks(fulfilment)
    assert fulfilment["fulfilment_id"] not in await queued(house)


async def test_a_cancelled_fulfilment_leaves_the_queue(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1))
    fulfilment = await house.labelled(order_id)
    assert fulfilment["fulfilment_id"] in await queued(house)

    await house.cancels(order_id)
    await house.hears("fulfilment-stopped", order_id)

    assert fulfilment["fulfilment_id"] not in await queued(house)


async def test_a_wave_is_planned_listed_picked_and_closed(house: House) -> None:
    about_ber = {"owner": "main", "location_id": "BER"}
    first_sku, second_sku = await house.sells(BER=9), await house.sells(BER=9)
    for sku, bin_ in ((first_sku, "B-10"), (second_sku, "B-9")):
        await house.tells(AssignBinsV1(**about_ber, sku=sku, bins=(bin_,)))
    both = await house.labelled(await house.sold((first_sku, 2), (second_sku, 1), priority=0))
    one = await house.labelled(await house.sold((first_sku, 1), priority=0))
    names = [both["fulfilment_id"], one["fulfilment_id"]]
    answer = await house.client.ask("shipping", "next-wave", location_id="BER", priority=0)
    assert answer["answer"] == names

    await house.tells(PlanWaveV1(**about_ber, wave_id="w1", fulfilments=tuple(names)))
    with pytest.raises(RuntimeError, match="in no wave yet"):
        await house.tells(PlanWaveV1(**about_ber, wave_id="w2", fulfilments=tuple(names)))
    question = {"location_id": "BER", "wave_id": "w1"}
    walk = (await house.client.ask("shipping", "pick-list", **question))["answer"]["fetches"]
    assert [(stop["bin"], stop["quantity"]) for stop in walk] == [("B-9", 1), ("B-10", 3)]
    assert [put["fulfilment_id"] for put in walk[1]["puts"]] == names

    await house.picks(both)
    (closed,) = await house.tells(CloseWaveV1(**about_ber, wave_id="w1"))
    assert closed["body"]["left"] == [one["fulfilment_id"]]
    assert one["fulfilment_id"] in (await house.client.ask("shipping", "next-wave", location_id="BER"))["answer"]


async def test_two_orders_of_one_buyer_leave_in_one_parcel_and_are_charged_apart(house: House) -> None:
    sku = await house.sells(ROT=9)
    payment = {"method": "token", "token": "tok_1"}
    orders = [await house.sold((sku, n), payment=payment) for n in (1, 2)]
    first, second = [
        {**(await house.hears("stock-allocated", order_id))["fulfilment"], "owner": "main"} for order_id in orders
    ]
    await house.rest_of("shipping")
    wave = {"owner": "main", "location_id": "ROT", "wave_id": "r1"}
    names = (first["fulfilment_id"], second["fulfilment_id"])
    (planned,) = await house.tells(PlanWaveV1(**wave, fulfilments=names))
    leading = planned["body"]["members"][0]["fulfilment_id"]
    lead, rider = (first, second) if leading == names[0] else (second, first)
    for one in (lead, rider):
        await house.picks(one)

    await house.tells(ConfirmPackedV1(**about(rider), packed_with=lead["fulfilment_id"]))
    await house.packs(lead)
    await house.hears("label-bought", lead["order_id"])
    await house.tells(ConfirmShippedV1(**about(lead)))

    shipped = [await house.hears("shipment-shipped", order_id) for order_id in orders]
    assert len({one["parcels"][0]["tracking_number"] for one in shipped}) == 1
    captured = [await house.hears("payment-captured", order_id) for order_id in orders]
    assert [one["amount"]["amount_minor"] for one in captured] == [1000, 2000]
    await house.rest()
    assert await house.stock(sku) == (6, 0, 0, 0)
    assert await house.said("label-bought", rider["order_id"]) == []


@pytest.mark.parametrize(("method", "paid"), [("token", "payment-captured"), ("prepaid", "payment-refunded")])
async def test_something_else_is_sent_for_what_is_short_and_costs_no_more(house: House, method: str, paid: str) -> None:
    for sku in ("RARE", "COMMON"):
        await house.sells(sku=sku, BER=3)
    payment = {"method": method, "token": "tok_1" if method == "token" else "", "reference": "paid-1"}
    order_id = await house.sold(("RARE", 2), payment=payment, tags=("substitutes-welcome",))
    fulfilment = await house.labelled(order_id)
    before = {sku: await house.stock(sku) for sku in ("RARE", "COMMON")}

    await house.picks(fulfilment, 1)
    said = await house.hears("line-substituted", order_id)
    await house.ships(fulfilment)

    assert (said["sku"], said["value_minor"], said["reduced_minor"]) == ("COMMON", 1800, 200)
    amount = (await house.hears(paid, order_id))["amount"]["amount_minor"]
    assert amount == (1800 if method == "token" else 200)
    await house.rest()
    assert await house.status(order_id) == "completed"
    after = {sku: await house.stock(sku) for sku in ("RARE", "COMMON")}
    moved = {sku: after[sku][0] - before[sku][0] for sku in before}
    assert moved == {"RARE": -1, "COMMON": -2}
    assert [after[sku][1:] for sku in after] == [(0, 0, 0), (0, 0, 0)]
