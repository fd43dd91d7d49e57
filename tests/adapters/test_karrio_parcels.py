"""Carriers through karrio: voids, rates, tracking, addresses, handing over; and karrio, tamed."""

import asyncio
import ssl
import sys
import threading
from typing import Any

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from crossdock_contracts.values import Address
from services.hub.effects import LostError, PermanentError, UnknownError
from services.shipping.carriers import (
    BoughtParcel,
    CancelPickup,
    GetRates,
    MakeManifest,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
    Wanted,
)
from services.shipping.carriers.codes import Status
from tests.adapters.karrio_calls import BOX, BUY, BUYER, REFUSED, SAID, US, label, pickup
from tests.adapters.karrio_house import carrier
from tests.adapters.outside import CLOSE, HANG, answer

# -- voids


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_a_label_is_given_back(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        bought = await adapter.call("buy", "k", label(name))
        asked = VoidLabel(carrier=name, tracking_number=bought.tracking_number, handle=bought.handle)
        assert (await adapter.call("void", "v", asked)).tracking_number == house.voided[0]


async def test_a_label_that_was_given_back_before_is_given_back() -> None:
    async with carrier("ups") as (adapter, house, _):
        asked = VoidLabel(carrier="ups", tracking_number="1Z0001")
        house.lost["DELETE /api/shipments/v2409/void/cancel/1Z0001"] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("void", "v", asked)
        assert await adapter.look_up("void", "v", asked) is None
        assert (await adapter.call("void", "v", asked)).tracking_number == "1Z0001"
        assert house.voided == ["1Z0001"]


async def test_a_dhl_express_waybill_that_is_not_used_costs_nothing_and_nobody_is_asked() -> None:
    async with carrier("dhl-express") as (adapter, _, server):
        await adapter.call("void", "v", VoidLabel(carrier="dhl-express", tracking_number="9356"))
        assert server.called == []


# -- rates, tracking, addresses


@pytest.mark.parametrize(
    ("name", "offers"),
    [
        ("ups", [("ups_ground", 1450, "USD", 3), ("ups_3_day_select", 3000, "USD", 1)]),
        ("fedex", [("fedex_ground", 1150, "USD", None)]),
        ("dhl-express", [("mydhl_express_worldwide", 2599, "EUR", None)]),
        ("usps", [("usps_ground_advantage", 840, "USD", 3)]),
    ],
)
async def test_rates_name_services_as_labels_are_bought_by(name: str, offers: list[Any]) -> None:
    async with carrier(name) as (adapter, _, _):
        asked = GetRates(ship_from=US, ship_to=BUYER, weight_g=1200, dimensions=BOX)
        rates = await adapter.call("rate", "r", asked)
        told = [(one.service, one.cost.amount_minor, one.cost.currency, one.transit_days) for one in rates.offers]
        assert told == offers


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ups", "POST /api/rating/v2409/Shop"),
        ("fedex", "POST /rate/v1/rates/quotes"),
        ("dhl-express", "POST /rates"),
        ("usps", "POST /shipments/v3/options/search"),
    ],
)
async def test_a_carrier_that_makes_no_offer_says_why(name: str, path: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.faults[path] = [answer(422 if name == "dhl-express" else 400, REFUSED[name])]
        with pytest.raises(PermanentError, match=SAID[name][1]):
            await adapter.call("rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1200, dimensions=BOX))


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("ups", [("OT", Status.OUT_FOR_DELIVERY), ("FS", Status.DELIVERED)]),
        ("fedex", [("DL", Status.DELIVERED)]),
        ("dhl-express", [("OK", Status.DELIVERED)]),
        ("usps", [("01", Status.DELIVERED)]),
    ],
)
async def test_scans_are_told_in_one_vocabulary_oldest_first(name: str, statuses: list[Any]) -> None:
    async with carrier(name) as (adapter, _, _):
        wanted = TrackParcels(parcels=(Wanted(carrier=name, tracking_number="1234"),))
        (found,) = (await adapter.call("track", "t", wanted)).parcels
        assert [(scan.code, scan.status) for scan in found.scans] == statuses
        assert (found.tracking_number, found.last.at.date().isoformat()) == ("1234", "2026-01-05")


async def test_dhl_express_knows_places() -> None:
    async with carrier("dhl-express") as (adapter, house, _):
        berlin = Address(line1="A 1", city="Berlin", postcode="10117", country="DE")
        checked = await adapter.call("validate", "a", ValidateAddress(address=berlin))
        assert (checked.deliverable, checked.address.city) == (True, "BERLIN")
        house.faults["GET /address-validate"] = [answer(404, {"status": 404, "title": "Not found"})]
        assert not (await adapter.call("validate", "a", ValidateAddress(address=berlin))).deliverable


async def test_what_a_carrier_does_not_do_is_refused() -> None:
    async with carrier("ups") as (adapter, _, _):
        with pytest.raises(PermanentError, match="not-supported"):
            await adapter.call("validate", "a", ValidateAddress(address=US))
        with pytest.raises(PermanentError, match="not-supported"):
            await adapter.call("manifest", "m", MakeManifest(carrier="ups", ship_from=US, parcels=()))


# -- handing over


@pytest.mark.parametrize(
    ("name", "pickup_id"),
    [("ups", "2929602E9CP"), ("fedex", "3001|2026-03-02|NQAA"), ("dhl-express", "PRG1"), ("usps", "WTC1")],
)
async def test_a_pickup_is_booked_in_the_places_own_time_and_called_off(name: str, pickup_id: str) -> None:
    async with carrier(name) as (adapter, _, server):
        booked = await adapter.call("pickup", "p", pickup(name))
        assert booked.pickup_id == pickup_id
        sent = server.heard[-1].body.decode()
        assert "01:30" in sent or "0130" in sent or name == "usps", "09:30 UTC"
        if name != "usps":
            await adapter.call("cancel-pickup", "c", CancelPickup(carrier=name, pickup_id=pickup_id))


GONE = {
    "ups": (
        "DELETE /api/shipments/v2409/pickup/02",
        400,
        {"code": "9510113", "message": "Order has already been completed or canceled"},
    ),
    "fedex": ("PUT /pickup/v1/pickups/cancel", 400, {"code": "PICKUP.CONFIRMATION.INVALID", "message": "no"}),
    "dhl-express": ("DELETE /pickups/PRG1", 404, "No such dispatch confirmation number"),
    "usps": ("DELETE /pickup/v3/carrier-pickup/WTC1", 404, {"code": "160030", "detail": "not there"}),
}


def gone(name: str) -> tuple[str, bytes]:
    """A call that nobody come, and how the carrier says that it knows of no such pickup."""
    path, status, error = GONE[name]
    bodies = {
        "ups": {"response": {"errors": [error]}},
        "fedex": {"errors": [error]},
        "dhl-express": {"status": status, "title": "Not Found", "detail": error},
        "usps": {"error": {"code": str(status), "errors": [error]}},
    }
    return path, answer(status, bodies[name])


@pytest.mark.parametrize(
    ("name", "pickup_id"),
    [("ups", "2929602E9CP"), ("fedex", "3001|2026-03-02|NQAA"), ("dhl-express", "PRG1"), ("usps", "WTC1")],
)
async def test_a_pickup_that_is_not_known_after_its_calling_off_was_lost_is_called_off(
    name: str, pickup_id: str
) -> None:
    async with carrier(name) as (adapter, house, server):
        path, refusal = gone(name)
        asked = CancelPickup(carrier=name, pickup_id=pickup_id)
        house.faults[path] = [refusal]
        with pytest.raises(PermanentError):  # it was never asked for: the number is wrong
            await adapter.call("cancel-pickup", "c", asked)
        house.faults[path] = [CLOSE, refusal]
        with pytest.raises(UnknownError):
            await adapter.call("cancel-pickup", "c", asked)
        assert await adapter.look_up("cancel-pickup", "c", asked) is None
        assert (await adapter.call("cancel-pickup", "c", asked)).pickup_id == pickup_id, server.called


async def test_a_pickup_that_was_called_off_elsewhere_is_called_off_and_another_refusal_stands() -> None:
    async with carrier("ups") as (adapter, house, _):
        path, asked = GONE["ups"][0], CancelPickup(carrier="ups", pickup_id="2929602E9CP")
        already = {"response": {"errors": [{"code": "1", "message": "Pickup was already cancelled"}]}}
        house.faults[path] = [answer(400, already)]
        assert (await adapter.call("cancel-pickup", "c", asked)).pickup_id == "2929602E9CP"
        await adapter.look_up("cancel-pickup", "c", asked)
        house.faults[path] = [answer(400, REFUSED["ups"])]
        with pytest.raises(PermanentError, match="shipper number"):
            await adapter.call("cancel-pickup", "c", asked)
        await adapter.look_up("cancel-pickup", "c", asked)
        wrong_date = {"response": {"errors": [{"code": "2", "message": "Invalid pickup date"}]}}
        house.faults[path] = [answer(400, wrong_date)]
        with pytest.raises(PermanentError, match="Invalid pickup date"):
            await adapter.call("cancel-pickup", "c", asked)


async def test_a_pickup_whose_answer_was_lost_needs_somebody_to_look() -> None:
    async with carrier("ups") as (adapter, _, _):
        with pytest.raises(LostError):
            await adapter.look_up("pickup", "p", pickup("ups"))


async def test_usps_makes_one_form_of_what_is_handed_over() -> None:
    async with carrier("usps") as (adapter, _, _):
        parcels = (BoughtParcel(tracking_number="9200"), BoughtParcel(tracking_number="9201"))
        made = await adapter.call("manifest", "m", MakeManifest(carrier="usps", ship_from=US, parcels=parcels))
        assert (made.manifest_id, made.tracking_numbers) == ("M1", ("9200", "9201"))
        assert made.documents["manifest.pdf"].startswith(b"%PDF")


# -- karrio, tamed


async def test_karrio_leaves_the_check_of_certificates_on() -> None:
    async with carrier("ups"):
        assert ssl._create_default_https_context().verify_mode is ssl.CERT_REQUIRED


async def test_karrio_sends_nothing_by_itself_and_writes_nothing_to_the_terminal(capfd: Any) -> None:
    async with carrier("fedex") as (adapter, _, _):
        await adapter.call("buy", "k", label("fedex"))
        with pytest.raises(RuntimeError, match="hub's client"):
            sys.modules["karrio.core.utils.helpers"].request(url="http://127.0.0.1:9/")
    assert capfd.readouterr() == ("", "")


async def test_a_carrier_that_hangs_takes_no_thread_of_another_and_lets_its_own_go() -> None:
    async with carrier("ups", threads=2) as (slow, house, server), carrier("fedex", threads=2) as (quick, _, _):
        await slow.call("buy", "k", label("ups", formats=("zpl",)))
        house.faults[BUY["ups"]] = [HANG] * 4
        hanging = [asyncio.create_task(slow.call("buy", f"h{n}", label("ups"))) for n in range(4)]
        while server.at_once < 2:  # noqa: ASYNC110  # a server counts, and tells nobody
            await asyncio.sleep(0.01)
        assert (await quick.call("buy", "k", label("fedex"))).tracking_number
        rate = GetRates(ship_from=US, ship_to=BUYER, weight_g=1200)
        assert (await slow.call("rate", "r", rate)).offers, "nor does a purchase that hangs keep rates away"
        assert server.most_at_once <= 3
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        house.faults.clear()
        async with asyncio.timeout(5):
            assert (await slow.call("buy", "k2", label("ups", formats=("zpl",)))).tracking_number
    busy = [thread.name for thread in threading.enumerate() if thread.name.startswith("carrier-ups")]
    assert len(busy) <= 4
