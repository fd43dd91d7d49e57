"""Where parcels are, as carriers answer it and as they tell it by themselves: several at a time, in one vocabulary."""

import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from services.hub.effects import PermanentError
from services.hub.secrets import Secrets
from services.sandbox.depot import Depot
from services.sandbox.server import Running, serve
from services.shipping.carriers import TrackParcels, Tracks, Wanted
from services.shipping.carriers.accounts import adapter
from services.shipping.carriers.codes import Status
from services.shipping.carriers.hooks import SignatureError, hooks_of
from services.shipping.carriers.karrio import usps_hooks
from services.shipping.carriers.karrio.fedex_hooks import check, heard
from services.shipping.rules.carriers import Account
from tests.adapters.karrio_house import House as Carrier
from tests.adapters.outside import answer, outside
from tests.builders import NOW
from tests.conftest import REAL_DATA

SETTINGS: dict[str, dict[str, Any]] = {
    "ups": {"account_number": "A1B2C3", "account_country_code": "DE"},
    "fedex": {"account_number": "510087143", "account_country_code": "DE"},
    "dhl-express": {"account_number": "123456789", "account_country_code": "DE"},
    "usps": {"account_number": "1", "CRID": "2", "MID": "3"},
}
SECRETS = ("client_id", "client_secret", "api_key", "secret_key", "track_api_key", "track_secret_key", "username")
API = {"dhl-express": "dhl"}


@pytest.fixture
async def sandbox() -> AsyncIterator[Running]:
    """The carriers' APIs."""
    async with serve() as running:
        yield running


@pytest.mark.parametrize("kind", ["ups", "fedex", "dhl-express", "usps"])
async def test_parcels_are_followed_through_the_sandbox_by_each_carriers_own_codes(
    kind: str, sandbox: Running, tmp_path: Path
) -> None:
    for secret in (*SECRETS, "password"):
        (tmp_path / f"carrier.{kind}.{secret}").write_text("x")
    name = API.get(kind, kind)
    depot = sandbox.sandbox.apis[name]
    assert isinstance(depot, Depot)
    first, second = (depot.sell(f"R{n}", "any", 500).number for n in (1, 2))
    steps = ["in_transit", "out_for_delivery", "delivered"]
    async with httpx.AsyncClient(base_url=sandbox.url) as admin:
        assert (await admin.post(f"/sandbox/{name}", json={"move": {"steps": ["picked_up"]}})).status_code == 200
        await admin.post(f"/sandbox/{name}", json={"move": {"numbers": [first], "steps": steps}})
    account = Account(kind=kind, url=f"{sandbox.url}/{name}", settings=SETTINGS[kind])  # type: ignore[arg-type]
    asked = adapter(kind, account, Secrets(tmp_path))
    try:
        found: dict[str, list[Status]] = {}
        numbers = [first, second, "unheard-of"]
        for start in range(0, len(numbers), asked.most_tracked):
            some = tuple(
                Wanted(carrier=kind, tracking_number=one) for one in numbers[start : start + asked.most_tracked]
            )
            tracks = await asked.call("track", f"t{start}", TrackParcels(parcels=some))
            assert isinstance(tracks, Tracks)
            found |= {one.tracking_number: [scan.status for scan in one.scans] for one in tracks.parcels}
    finally:
        await asked.close()  # type: ignore[attr-defined]  # not every adapter holds connections
    assert found[first][-3:] == [Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED]
    assert found[second][-1] == Status.PICKED_UP
    assert "unheard-of" not in found, "what a carrier has not seen is not told, and no failure"


async def test_a_carrier_that_does_not_let_one_track_refuses(tmp_path: Path) -> None:
    (tmp_path / "carrier.ups.client_id").write_text("an-id")
    (tmp_path / "carrier.ups.client_secret").write_text("a-secret")
    house = Carrier("ups")
    no = {"response": {"errors": [{"code": "250", "message": "not allowed"}]}}
    house.faults["GET /api/track/v1/details/1Z"] = [answer(403, no)]
    async with outside(always=house.serve) as server:
        asked = adapter("ups", Account(kind="ups", url=server.url, settings=SETTINGS["ups"]), Secrets(tmp_path))
        try:
            with pytest.raises(PermanentError, match="not allowed"):
                await asked.call("track", "t", TrackParcels(parcels=(Wanted(carrier="ups", tracking_number="1Z"),)))
        finally:
            await asked.close()  # type: ignore[attr-defined]  # likewise


# -- FedEx' webhooks

SCAN = {
    "date": "2026-11-22T08:00:00+00:00",
    "eventType": "OD",
    "eventDescription": "On FedEx vehicle for delivery",
    "scanLocation": {"city": "BERLIN", "countryCode": "DE"},
}
RESULT = {"trackingNumberInfo": {"trackingNumber": "7946"}, "scanEvents": [SCAN], "latestStatusDetail": {"code": "OD"}}
BODY = json.dumps({"output": {"completeTrackResults": [{"trackingNumber": "7946", "trackResults": [RESULT]}]}}).encode()


def signed(body: bytes = BODY, secret: str = "s3cret") -> dict[str, str]:
    return {"fdx-signature": b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()}


def test_fedex_signs_with_any_of_our_secrets() -> None:
    for secret in ("old", "new"):
        check(signed(secret=secret), BODY, ["new", "old"], path="/", now=NOW)


@pytest.mark.parametrize(
    ("headers", "body", "secrets"),
    [
        (signed(secret="other"), BODY, ["s3cret"]),
        (signed(), BODY + b" ", ["s3cret"]),
        ({}, BODY, ["s3cret"]),
        ({"fdx-signature": ""}, BODY, [""]),
        ({"fdx-signature": "\u00e9"}, BODY, ["s3cret"]),
        (signed(), BODY, []),
    ],
)
def test_what_fedex_did_not_sign_is_refused(headers: dict[str, str], body: bytes, secrets: list[str]) -> None:
    with pytest.raises(SignatureError):
        check(headers, body, secrets, path="/", now=NOW)


@pytest.mark.parametrize("body", [BODY, json.dumps({"trackResults": [RESULT]}).encode()])
def test_a_webhook_of_fedex_tells_where_a_parcel_is_in_either_shape(body: bytes) -> None:
    (said,) = heard(body)
    assert (said.tracking_number, said.carrier) == ("7946", "fedex")
    assert [(scan.status, scan.at.isoformat()) for scan in said.scans] == [
        (Status.OUT_FOR_DELIVERY, "2026-11-22T08:00:00+00:00")
    ]


def test_what_fedex_has_not_seen_is_left_out() -> None:
    assert heard(b'{"trackResults": [{"trackingNumber": "1", "error": {"code": "NOTFOUND"}}]}') == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(SCAN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["trackResults", "scanEvents", "output", "completeTrackResults", "trackingNumber", "date"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(_JSON)
def test_whatever_json_fedex_sends_is_read_or_refused_as_unreadable(told: Any) -> None:
    with suppress(ValueError):
        heard(json.dumps(told).encode())


def test_a_recorded_answer_of_fedex_is_read_as_a_webhook() -> None:
    file = REAL_DATA / "reference-only" / "carriers" / "fedex" / "tracking__TrackingResponse.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    assert [one.tracking_number for one in heard(file.read_bytes())] == ["123456789012"]


def test_carriers_that_sign_nothing_are_not_heard() -> None:
    assert [kind for kind in ("ups", "fedex", "dhl-express", "usps", "easypost") if hooks_of(kind)] == [
        "fedex",
        "usps",
        "easypost",
    ]


# -- USPS' webhooks

USPS_SCAN = {"eventType": "Out for Delivery", "eventCode": "OF", "eventTimestamp": "2026-11-22T08:00:00Z"}
USPS_TOLD = {
    "trackingNumber": "9205",
    "status": "Out for Delivery",
    "statusCategory": "",
    "trackingEvents": [USPS_SCAN],
}


def envelope(told: Any = USPS_TOLD, at: str = "2026-11-22T08:00:01Z") -> bytes:
    return json.dumps({"subscriptionType": "TRACKING", "timestamp": at, "payload": json.dumps(told)}).encode()


def usps_signed(told: Any = USPS_TOLD, secret: str = "s3cret", at: str = "2026-11-22T08:00:01Z") -> dict[str, str]:
    digest = hmac.digest(secret.encode(), f"{at}{json.dumps(told)}".encode(), "sha256")
    return {"x-hmac": b64encode(digest).decode()}


def test_usps_signs_time_and_payload_with_any_of_our_secrets() -> None:
    for secret in ("old", "new"):
        usps_hooks.check(usps_signed(secret=secret), envelope(), ["new", "old"], path="/", now=NOW)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (usps_signed(secret="other"), envelope()),
        (usps_signed(), envelope(at="2026-11-23T08:00:01Z")),
        (usps_signed(), envelope({**USPS_TOLD, "trackingNumber": "1"})),
        ({}, envelope()),
        (usps_signed(), b"[]"),
        (usps_signed(), b"{"),
    ],
)
def test_what_usps_did_not_sign_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(SignatureError):
        usps_hooks.check(headers, body, ["s3cret"], path="/", now=NOW)


def test_a_webhook_of_usps_tells_where_a_parcel_is() -> None:
    (said,) = usps_hooks.heard(envelope())
    assert (said.tracking_number, [scan.status for scan in said.scans]) == ("9205", [Status.OUT_FOR_DELIVERY])


def test_a_single_scan_of_usps_is_let_pass() -> None:
    assert usps_hooks.heard(envelope({"eventCode": "OF", "trackingNumber": "9205"})) == []


@given(_JSON.map(lambda told: {"trackingNumber": "1", "trackingEvents": [told]}) | _JSON)
def test_whatever_json_usps_sends_is_read_or_refused_as_unreadable(told: Any) -> None:
    with suppress(ValueError):
        usps_hooks.heard(envelope(told))
