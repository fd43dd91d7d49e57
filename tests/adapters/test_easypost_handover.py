"""EasyPost: manifests and pickups."""

import pytest

from crossdock_contracts.values import Money
from services.hub.decision import Done, Intent
from services.hub.effects import Effects, Limits, PermanentError, UnknownError
from services.shipping.carriers import (
    BookPickup,
    BoughtParcel,
    CancelPickup,
    MakeManifest,
    Manifested,
    PickupBooked,
    PickupCancelled,
)
from tests.adapters.easypost_house import US, easypost
from tests.adapters.outside import RESET, answer
from tests.builders import unique

# -- handing over


PARCELS = (BoughtParcel(tracking_number="T1", handle="shp_1"), BoughtParcel(tracking_number="T2", handle="shp_2"))
MANIFEST = MakeManifest(carrier="usps", ship_from=US, parcels=PARCELS)


async def test_a_manifest_is_waited_for_and_fetched() -> None:
    async with easypost() as (carrier, house, server):
        form = {"id": "sf_1", "status": "creating", "tracking_codes": ["T1", "T2"]}
        drawn = {**form, "status": "created", "form_url": f"{house.url}/files/form"}
        server.says += [answer(201, form), answer(200, drawn)]
        made = await carrier.call("manifest", "m", MANIFEST)
        assert made == Manifested(
            manifest_id="sf_1", tracking_numbers=("T1", "T2"), documents={"pdf": b"a label in form"}
        )
        assert server.called == ["POST /v2/scan_forms", "GET /v2/scan_forms/sf_1", "GET /files/form"]
        assert server.heard[0].json == {"shipments": [{"id": "shp_1"}, {"id": "shp_2"}]}


async def test_a_manifest_that_fails_says_why() -> None:
    async with easypost(answer(201, {"id": "sf_1", "status": "failed", "message": "wrong day"})) as (carrier, _, _):
        with pytest.raises(PermanentError, match="manifest-failed: wrong day"):
            await carrier.call("manifest", "m", MANIFEST)


@pytest.mark.parametrize("refused", ["file", "form"])
async def test_a_manifest_that_was_made_is_not_refused_where_it_cannot_be_fetched(refused: str) -> None:
    async with easypost() as (carrier, house, server):
        url = f"{house.url}/files/form" if refused == "file" else None
        form = {"id": "sf_1", "status": "creating", "form_url": url, "tracking_codes": ["T1", "T2"]}
        server.says += [answer(201, form), answer(403, b"not for you")]
        with pytest.raises(UnknownError, match="sf_1 was made, and cannot be fetched"):
            await carrier.call("manifest", "m", MANIFEST)


async def test_a_manifest_whose_answer_was_lost_is_found_at_its_parcels() -> None:
    async with easypost() as (carrier, house, _):
        house.made({})
        assert await carrier.look_up("manifest", "m", MANIFEST) is None
        house.shipments["shp_1"]["scan_form"] = {
            "id": "sf_1",
            "status": "created",
            "form_url": f"{house.url}/files/form",
        }
        found = await carrier.look_up("manifest", "m", MANIFEST)
        assert isinstance(found, Manifested)


def visit(*parcels: BoughtParcel) -> BookPickup:
    return BookPickup(
        carrier="usps",
        address=US,
        ready_at="2026-11-23T09:00:00Z",
        closes_at="2026-11-23T17:00:00Z",
        parcels=parcels,
        instructions="Dock 4",
    )


async def test_a_pickup_is_booked_at_the_best_price() -> None:
    async with easypost() as (carrier, _, server):
        booked = await carrier.call("pickup", "p", visit(PARCELS[0]))
        assert booked == PickupBooked(
            pickup_id="pickup_1", confirmation="WTC1", cost=Money(amount_minor=0, currency="USD")
        )
        assert server.called == ["POST /v2/pickups", "POST /v2/pickups/pickup_1/buy"]
        asked = server.heard[0].json["pickup"]
        assert asked["shipment"] == {"id": "shp_1"}
        assert asked["min_datetime"] == "2026-11-23T09:00:00+00:00"
        assert server.heard[1].json == {"carrier": "USPS", "service": "Later"}


async def test_several_parcels_are_fetched_as_a_batch() -> None:
    async with easypost() as (carrier, _, server):
        await carrier.call("pickup", "p", visit(*PARCELS))
        assert server.heard[0].json == {"batch": {"shipments": [{"id": "shp_1"}, {"id": "shp_2"}]}}
        assert server.heard[1].json["pickup"]["batch"] == {"id": "batch_1"}


@pytest.mark.parametrize("step", ["POST /pickups", "POST /pickups/*/buy"])
async def test_a_pickup_whose_answer_is_lost_is_booked_once(step: str) -> None:
    async with easypost() as (carrier, house, _):
        house.lost[step] = [RESET]
        effects = Effects(unique("shipping"))
        effects.add(carrier, Limits())
        assert isinstance(await effects.run(Intent("easypost", "pickup", "p", visit(PARCELS[0]))), Done)
        assert house.bought == ["pickup_1"]


async def test_a_carrier_that_does_not_come_is_a_refusal() -> None:
    async with easypost() as (carrier, _, _):
        with pytest.raises(PermanentError, match="no-pickup"):
            await carrier.call("pickup", "p", visit(PARCELS[0]).model_copy(update={"carrier": "fedex"}))


async def test_a_pickup_is_called_off() -> None:
    async with easypost() as (carrier, _, server):
        await carrier.call("pickup", "p", visit(PARCELS[0]))
        off = CancelPickup(carrier="usps", pickup_id="pickup_1")
        assert await carrier.look_up("cancel-pickup", "c", off) is None
        assert await carrier.call("cancel-pickup", "c", off) == PickupCancelled(pickup_id="pickup_1")
        assert server.called[-1] == "POST /v2/pickups/pickup_1/cancel"
        assert await carrier.look_up("cancel-pickup", "c", off) == PickupCancelled(pickup_id="pickup_1")


async def test_what_it_does_not_do_is_refused() -> None:
    async with easypost() as (carrier, _, _):
        with pytest.raises(PermanentError, match="not-supported"):
            await carrier.call("dance", "d", object())
