"""EasyPost's webhooks: signed, fresh, and about a parcel."""

import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shipping.carriers.codes import Status
from services.shipping.carriers.easypost.hooks import check, heard
from services.shipping.carriers.easypost.parse import checked, rates, tracked
from services.shipping.carriers.easypost.payload import CheckedAddress, Pickup, ScanForm, Shipment, Tracker
from services.shipping.carriers.hooks import SignatureError
from tests.conftest import REAL_DATA

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PATH = "/v1/webhooks/easypost"
BODY = json.dumps(
    {
        "id": "evt_1",
        "description": "tracker.updated",
        "result": {
            "object": "Tracker",
            "tracking_code": "9400",
            "carrier": "UPS",
            "status": "out_for_delivery",
            "tracking_details": [
                {"status": "out_for_delivery", "status_detail": "out_for_delivery", "datetime": "2026-11-22T08:00:00Z"}
            ],
        },
    }
).encode()


def signed(body: bytes = BODY, secret: str = "s3cret", at: datetime = NOW, path: str = PATH) -> dict[str, str]:
    stamp = format_datetime(at)
    digest = hmac.new(secret.encode(), f"{stamp}POST{path}".encode() + body, "sha256").hexdigest()
    return {"x-timestamp": stamp, "x-path": path, "x-hmac-signature-v2": f"hmac-sha256-hex={digest}"}


def test_a_webhook_with_our_secret_is_taken() -> None:
    check(signed(), BODY, ["s3cret"], path=PATH, now=NOW)


def test_while_a_secret_is_replaced_both_are_good() -> None:
    for secret in ("old", "new"):
        check(signed(secret=secret), BODY, ["new", "old"], path=PATH, now=NOW)


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        (signed(secret="other"), BODY, "none of the secrets"),
        (signed(), BODY + b" ", "none of the secrets"),
        (signed(at=NOW - timedelta(minutes=6)), BODY, "more than"),
        (signed(at=NOW + timedelta(minutes=6)), BODY, "more than"),
        (signed(path="/elsewhere"), BODY, "signed for '/elsewhere'"),
        ({**signed(), "x-timestamp": "soon"}, BODY, "is none"),
        ({**signed(), "x-timestamp": format_datetime(NOW + timedelta(seconds=1))}, BODY, "none of the secrets"),
        ({}, BODY, "no signature"),
        ({"x-hmac-signature-v2": "hmac-sha256-hex="}, BODY, "signed for ''"),
    ],
)
def test_a_webhook_that_is_not_ours_is_refused(headers: dict[str, str], body: bytes, why: str) -> None:
    with pytest.raises(SignatureError, match=why):
        check(headers, body, ["s3cret"], path=PATH, now=NOW)


def test_no_secret_is_no_leave_to_come_in() -> None:
    empty = hmac.new(b"", BODY, "sha256").hexdigest()
    with pytest.raises(SignatureError):
        check({"x-hmac-signature": f"hmac-sha256-hex={empty}"}, BODY, ["", ""], path=PATH, now=NOW)


def test_an_account_of_old_signs_the_body_with_its_secret_in_normal_form() -> None:
    digest = hmac.new("Cafe\u0301".encode(), BODY, "sha256").hexdigest()  # decomposed: e and its accent
    check({"x-hmac-signature": f"hmac-sha256-hex={digest}"}, BODY, ["Caf\u00e9"], path=PATH, now=NOW)
    with pytest.raises(SignatureError):
        check({"x-hmac-signature": f"hmac-sha256-hex={digest}"}, BODY + b" ", ["Caf\u00e9"], path=PATH, now=NOW)


def test_a_webhook_tells_where_a_parcel_is() -> None:
    (said,) = heard(BODY)
    assert (said.tracking_number, said.carrier) == ("9400", "ups")
    assert [scan.status for scan in said.scans] == [Status.OUT_FOR_DELIVERY]


def test_a_webhook_about_something_else_is_let_pass() -> None:
    assert heard(b'{"description": "batch.updated", "result": {"id": "batch_1"}}') == []


def test_a_webhook_that_cannot_be_read_says_where() -> None:
    with pytest.raises(ValueError, match=r"\$\.tracking_code: "):
        heard(b'{"description": "tracker.updated", "result": {"carrier": "UPS"}}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["tracking_code", "tracking_details", "status", "datetime", "carrier", "tracking_location", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_json_comes_is_read_or_refused_as_unreadable(result: Any) -> None:
    with suppress(ValueError):
        heard(json.dumps({"description": "tracker.updated", "result": result}).encode())


# -- answers as they were recorded

FOLDER = REAL_DATA / "payloads" / "carriers" / "easypost"


def recorded(name: str) -> bytes:
    if not (FOLDER / name).exists():
        pytest.skip(f"{FOLDER / name} is not here")
    return (FOLDER / name).read_bytes()


def test_a_recorded_enquiry_has_its_rates() -> None:
    shipment = Shipment.model_validate_json(recorded("test_shipment_buy__01_post_201.json"))
    assert not shipment.is_bought
    offers = rates(shipment, {}).offers
    assert [(one.carrier, one.service, one.cost.amount_minor, one.transit_days) for one in offers] == [
        ("usps", "GroundAdvantage", 607, 3),
        ("usps", "Priority", 742, 2),
        ("usps", "Express", 3415, 1),
    ]


def test_a_recorded_purchase_is_bought() -> None:
    shipment = Shipment.model_validate_json(recorded("test_shipment_buy__02_post_200.json"))
    assert shipment.is_bought
    assert shipment.tracking_code == "9400100208303109505657"
    assert shipment.postage_label is not None
    assert shipment.postage_label.label_file_type == "image/png"


def test_a_recorded_tracker_has_its_scans() -> None:
    said = tracked(Tracker.model_validate_json(recorded("test_tracker_create__01_post_200.json")))
    assert [scan.status for scan in said.scans] == [Status.LABELLED, Status.LABELLED]
    assert said.scans[1].city == "HOUSTON"


def test_a_recorded_address_is_verified() -> None:
    body = json.loads(recorded("test_address_create_and_verify__01_post_200.json"))
    found = checked(CheckedAddress.model_validate(body["address"]))
    assert found.deliverable
    assert found.address is not None
    assert found.address.postcode == "94107-1670"


KINDS = {"shp_": Shipment, "trk_": Tracker, "pickup_": Pickup, "sf_": ScanForm, "adr_": CheckedAddress}


def test_every_recorded_answer_of_a_kind_is_read() -> None:
    if not FOLDER.exists():
        pytest.skip(f"{FOLDER} is not here")
    read: dict[str, int] = {}
    for file in sorted(FOLDER.glob("*.json")):
        body = json.loads(file.read_bytes())
        said = str(body.get("id", "")) if isinstance(body, dict) else ""
        for prefix, shape in KINDS.items():
            if said.startswith(prefix):
                shape.model_validate(body)
                read[prefix] = read.get(prefix, 0) + 1
    assert set(read) == set(KINDS)
