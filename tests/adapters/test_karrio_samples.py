"""Answers of UPS, FedEx, DHL Express and USPS as others recorded them, read by the adapter."""

from typing import Any

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from services.hub.effects import PermanentError, TransientError, UnknownError
from services.shipping.carriers import GetRates, TrackParcels, ValidateAddress, Wanted
from tests.adapters.karrio_calls import BOX, BUY, BUYER, US, label, pickup
from tests.adapters.karrio_house import carrier
from tests.adapters.outside import Request, Say, answer
from tests.conftest import REAL_DATA

SAMPLES = REAL_DATA / "reference-only" / "carriers"
FOLDER = {"ups": "ups", "fedex": "fedex", "dhl-express": "mydhl", "usps": "usps"}

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}")


def recorded(name: str, file: str) -> bytes:
    return (SAMPLES / FOLDER[name] / file).read_bytes()


async def asked(name: str, operation: str, request: object, status: int, body: bytes) -> Any:
    """What the adapter makes of this answer to all but requests for a token."""
    async with carrier(name) as (adapter, house, server):

        def serve(request: Request) -> Say:
            is_token = request.path.endswith(("/token", "/payment-authorization"))
            return house.serve(request) if is_token else answer(status, body)

        server.always = serve
        return await adapter.call(operation, "k", request)


RATES = GetRates(ship_from=US, ship_to=BUYER, weight_g=1200, dimensions=BOX)


@pytest.mark.parametrize(
    ("name", "file", "services"),
    [
        ("ups", "rate__RateResponseJSON.json", 5),
        ("ups", "rate__RateResponseWithTotalChargesJSON.json", 1),
        ("fedex", "rate__RateResponse.json", 1),
        ("dhl-express", "rate__RateResponse.json", 2),
        ("usps", "rate__RateResponse.json", 3),
    ],
)
async def test_recorded_rates_are_read(name: str, file: str, services: int) -> None:
    rates = await asked(name, "rate", RATES, 200, recorded(name, file))
    assert len(rates.offers) >= services
    assert all(offer.cost.amount_minor > 0 and offer.service for offer in rates.offers)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ups", "shipment__ShipmentResponseJSON.json"),
        ("ups", "return_shipment__ShipmentResponseJSON.json"),
        ("fedex", "shipment__ShipmentResponse.json"),
        ("dhl-express", "shipment__ShipmentResponse.json"),
    ],
)
async def test_recorded_labels_are_read_or_unknown_where_they_hold_no_picture(name: str, file: str) -> None:
    """Some pictures were cut off when they were recorded: what was bought and cannot be printed is no refusal."""
    try:
        bought = await asked(name, "buy", label(name), 200, recorded(name, file))
    except UnknownError:
        return
    assert bought.tracking_number
    assert bought.documents["pdf"].startswith(b"%PDF")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ups", "tracking__TrackingResponseJSON.json"),
        ("fedex", "tracking__TrackingResponse.json"),
        ("fedex", "tracking__InconsistentDateTimeResponse.json"),
        ("dhl-express", "tracking__TrackingResponse.json"),
        ("usps", "tracking__TrackingResponse.json"),
    ],
)
async def test_recorded_scans_are_read_oldest_first(name: str, file: str) -> None:
    wanted = TrackParcels(parcels=(Wanted(carrier=name, tracking_number="1"),))
    (found,) = (await asked(name, "track", wanted, 200, recorded(name, file))).parcels
    moments = [scan.at for scan in found.scans]
    assert moments
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ups", "pickup__PickupResponse.json"),
        ("fedex", "pickup__PickupResponse.json"),
        ("dhl-express", "pickup__PickupResponse.json"),
        ("usps", "pickup__PickupResponse.json"),
    ],
)
async def test_recorded_pickups_are_read(name: str, file: str) -> None:
    assert (await asked(name, "pickup", pickup(name), 200, recorded(name, file))).confirmation


async def test_recorded_addresses_are_read() -> None:
    body = recorded("dhl-express", "address__AddressValidationResponse.json")
    assert (await asked("dhl-express", "validate", ValidateAddress(address=US), 200, body)).deliverable


def errors() -> list[Any]:
    folders = {"fedex_openapi": "fedex", "mydhl_openapi": "dhl-express"}
    return [
        pytest.param(name, file, id=file.stem)
        for folder, name in folders.items()
        for file in sorted((SAMPLES / folder).glob("*.json"))
        if (status := _status(file.stem)) is not None and status >= 400
    ]


def _status(stem: str) -> int | None:
    return next((int(part) for part in stem.split("_") if part.isdigit() and len(part) == 3), None)


@pytest.mark.parametrize(("name", "file"), errors())
async def test_recorded_errors_are_classed_by_what_was_done(name: str, file: Any) -> None:
    status = _status(file.stem) or 500
    kind: type[Exception] = PermanentError
    if status >= 500:
        kind = TransientError if status == 503 else UnknownError
    with pytest.raises(kind) as error:
        await asked(name, "buy", label(name), status, file.read_bytes())
    assert str(error.value)
    assert BUY[name].split()[1] in str(error.value) or isinstance(error.value, PermanentError)
