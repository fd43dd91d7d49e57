"""UPS, FedEx, DHL Express and USPS in the sandbox, as karrio speaks to them."""

import asyncio
import importlib
import urllib.request
from base64 import b64decode
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from services.sandbox.server import Running
from services.shipping.carriers.karrio.library import library

if find_spec("karrio") is None:
    pytest.skip("karrio, the library that speaks to carriers, is not installed", allow_module_level=True)
lib = library()  # so that it does nothing to the process that other tests run in
karrio = importlib.import_module("karrio.sdk")
models = importlib.import_module("karrio.core.models")
helpers = importlib.import_module("karrio.core.utils.helpers")

SETTINGS: dict[str, dict[str, Any]] = {
    "ups": {"client_id": "c", "client_secret": "s", "account_number": "A1"},
    "fedex": {"api_key": "c", "secret_key": "s", "track_api_key": "c", "track_secret_key": "s", "account_number": "A1"},
    "mydhl": {"username": "u", "password": "p", "account_number": "123456789"},
    "usps": {"client_id": "c", "client_secret": "s", "CRID": "1", "MID": "2", "account_number": "3"},
}
NAMES = {"mydhl": "dhl"}
US = {
    "person_name": "A",
    "company_name": "B",
    "phone_number": "2065550100",
    "country_code": "US",
    "email": "a@example.com",
}
SHIPPER = {
    **US,
    "address_line1": "417 Montgomery Street",
    "city": "San Francisco",
    "postal_code": "94104",
    "state_code": "CA",
}
RECIPIENT = {**US, "address_line1": "1 Main Street", "city": "New York", "postal_code": "10001", "state_code": "NY"}
PARCEL = {"weight": 1.5, "weight_unit": "KG", "length": 20, "width": 15, "height": 10, "dimension_unit": "CM"}
SERVICES = {
    "ups": "ups_ground",
    "fedex": "fedex_ground",
    "mydhl": "mydhl_express_domestic",
    "usps": "usps_ground_advantage",
}


@pytest.fixture(params=SETTINGS)
def carrier(request: pytest.FixtureRequest, sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """A carrier's name in the sandbox, and karrio's way to it."""
    name = request.param
    utils = importlib.import_module(f"karrio.providers.{name}.utils")
    url = f"{sandbox.url}/{NAMES.get(name, name)}"
    monkeypatch.setattr(utils.Settings, "server_url", property(lambda _: url))
    monkeypatch.setattr(lib, "request", helpers.request)  # here it sends by itself
    monkeypatch.setattr(helpers, "urlopen", urllib.request.urlopen)
    monkeypatch.setattr(helpers, "install_opener", urllib.request.install_opener)
    return name, karrio.gateway[name].create({**SETTINGS[name], "carrier_id": name})


def shipment(name: str) -> dict[str, Any]:
    return {"shipper": SHIPPER, "recipient": RECIPIENT, "parcels": [PARCEL], "service": SERVICES[name],
            "reference": "web:1001/1", "label_type": "PDF", "payment": {"paid_by": "sender"}}  # fmt: skip


async def test_what_a_carrier_answers_is_understood(carrier: tuple[str, Any], web: httpx.AsyncClient) -> None:
    name, gateway = carrier
    rates = models.RateRequest(shipper=SHIPPER, recipient=RECIPIENT, parcels=[PARCEL], services=[])
    asked = models.ShipmentRequest(**shipment(name))

    found, wrong = await asyncio.to_thread(lambda: karrio.Rating.fetch(rates).from_(gateway).parse())
    assert found, wrong
    assert all(rate.total_charge > 0 for rate in found)

    bought, wrong = await asyncio.to_thread(lambda: karrio.Shipment.create(asked).from_(gateway).parse())
    assert bought is not None, wrong
    assert b64decode(bought.docs.label).startswith(b"%PDF")
    state = (await web.get(f"/sandbox/{NAMES.get(name, name)}/state")).json()
    assert (state["labels_bought"], state["labels_double"]) == (1, 0)
    assert state["labels"][0]["number"] == bought.tracking_number
    assert state["charged_minor"] > 0

    news = {"track": {"number": bought.tracking_number, "step": "delivered"}}
    tracking = models.TrackingRequest(tracking_numbers=[bought.tracking_number])
    if name != "mydhl":
        cancel = models.ShipmentCancelRequest(shipment_identifier=bought.shipment_identifier, service=SERVICES[name])
        done, wrong = await asyncio.to_thread(lambda: karrio.Shipment.cancel(cancel).from_(gateway).parse())
        assert done is not None, wrong
        assert done.success
        assert (await web.get(f"/sandbox/{name}/state")).json()["labels_voided"] == 1

    assert (await web.post(f"/sandbox/{NAMES.get(name, name)}", json=news)).status_code == 200
    tracked, wrong = await asyncio.to_thread(lambda: karrio.Tracking.fetch(tracking).from_(gateway).parse())
    assert tracked, wrong
    assert tracked[0].status == "delivered"
    assert len(tracked[0].events) == 2


async def test_a_parcel_that_is_not_known_is_not_tracked(carrier: tuple[str, Any]) -> None:
    _, gateway = carrier
    tracking = models.TrackingRequest(tracking_numbers=["NONE"])

    tracked, wrong = await asyncio.to_thread(lambda: karrio.Tracking.fetch(tracking).from_(gateway).parse())

    assert not tracked
    assert wrong


@pytest.mark.parametrize("name", ["ups", "fedex", "dhl"])
async def test_a_label_whose_answer_was_lost_is_found_by_the_shippers_reference(
    sandbox: Running, web: httpx.AsyncClient, name: str
) -> None:
    depot: Any = sandbox.sandbox.apis[name]
    bought = depot.sell("web:1001-1", "03", 921)
    headers = {"Authorization": f"Bearer {depot.token()}"}
    if name == "ups":
        found = await web.get("/ups/api/track/v1/reference/details/web:1001-1", headers=headers)
    elif name == "fedex":
        asked = {"referencesInformation": {"type": "CUSTOMER_REFERENCE", "value": "web:1001-1"}}
        found = await web.post("/fedex/track/v1/referencenumbers", json=asked, headers=headers)
    else:
        found = await web.get("/dhl/tracking", params={"shipmentReference": "web:1001-1"}, auth=("u", "p"))

    assert found.status_code == 200
    assert bought.number in found.text


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_an_access_token_that_expired_is_refused(sandbox: Running, web: httpx.AsyncClient, name: str) -> None:
    depot: Any = sandbox.sandbox.apis[name]
    headers = {"Authorization": f"Bearer {depot.token()}"}
    paths = {
        "ups": ("POST", "/ups/api/rating/v2409/Shop"),
        "fedex": ("POST", "/fedex/rate/v1/rates/quotes"),
        "usps": ("GET", "/usps/tracking/v3/tracking/1"),
    }
    method, path = paths[name]
    assert (await web.request(method, path, headers=headers, json={})).status_code in {400, 404}

    await web.put("/sandbox/faults", json={"next": {name: ["expired"]}})

    statuses = [(await web.request(method, path, headers=headers, json={})).status_code for _ in range(2)]
    assert statuses == [401, 401]


async def test_a_label_that_was_used_or_given_back_is_not_taken_back(sandbox: Running) -> None:
    depot: Any = sandbox.sandbox.apis["ups"]
    used, spare = depot.sell("a", "03", 921), depot.sell("b", "03", 921)
    depot.set_up({"track": {"number": used.number, "step": "in_transit"}})

    assert [depot.void(number) for number in (used.number, spare.number, spare.number, "x")] == [
        "used",
        "",
        "voided",
        "unknown",
    ]
    assert depot.state()["refunded_minor"] == 921
