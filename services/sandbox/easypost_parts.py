"""What EasyPost's answers are made of: addresses, rates, labels, trackers, errors."""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from starlette.requests import Request

from services.sandbox.api import Refusal, basic, now, stamp
from services.sandbox.sales import decimal, minor

RATES = (
    ("USPS", "Priority", 758, 2), ("USPS", "GroundAdvantage", 512, 4), ("UPS", "Ground", 921, 3),
    ("UPS", "2ndDayAir", 1985, 2), ("FedEx", "FEDEX_GROUND", 899, 3),
    ("FedEx", "FEDEX_2_DAY", 2105, 2), ("DHLExpress", "ExpressWorldwide", 3120, 2),
)  # fmt: skip
"""Carrier, service, cents for each kilogram begun, days."""
GRAMS_PER_OUNCE = 28.349523125
STATUSES = ("pre_transit", "in_transit", "out_for_delivery", "delivered", "return_to_sender", "failure", "unknown",
            "cancelled", "available_for_pickup", "error")  # fmt: skip
_ADDRESS = ("name", "company", "street1", "street2", "city", "state", "zip", "country", "phone", "email", "residential")

NewId = Callable[[str], str]


def ids() -> NewId:
    """Makes ids of a prefix and 32 hexadecimal digits, the same in the same order."""
    numbers = count(1)
    return lambda prefix: f"{prefix}_{hashlib.sha256(f'{prefix}{next(numbers)}'.encode()).hexdigest()[:32]}"


def error(code: str, message: str, errors: list[Any] | None = None) -> dict[str, Any]:
    """An error as EasyPost writes it."""
    return {"error": {"code": code, "message": message, "errors": errors or []}}


BAD_JSON = error("BAD_REQUEST", "The request body is not valid JSON.")


def found(among: dict[str, dict[str, Any]], request: Request) -> dict[str, Any]:
    """What a path names: an id, or the reference that a shipper gave it.

    Raises:
        Refusal: with 404 there is none.
    """
    name = request.path_params["id"]
    named = (one for one in reversed(among.values()) if one.get("reference") == name)
    one = among.get(name) or next(named, None)
    if one is None:
        raise Refusal(404, error("NOT_FOUND", "The requested resource could not be found."))
    return one


def address(wanted: dict[str, Any], new_id: NewId, *, verify: bool = False) -> dict[str, Any]:
    """An address, verified where that is asked for."""
    made: dict[str, Any] = {
        "id": new_id("adr"),
        "object": "Address",
        "mode": "test",
        "created_at": stamp(),
        "updated_at": stamp(),
    }
    made |= {name: wanted.get(name) for name in _ADDRESS}
    made["verifications"] = {}
    if verify:
        errors = _wrong(wanted)
        made["verifications"] = {"delivery": {"success": not errors, "errors": errors, "details": {}}}
    return made


def _wrong(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """What is wrong with an address: what is missing, a street ``Nowhere``, a postcode of noughts, which is mended."""
    needed = ("street1", "city", "zip", "country")
    found: list[tuple[str, str, str | None]] = [
        (name, f"{name} missing", None) for name in needed if not wanted.get(name)
    ]
    if str(wanted.get("street1") or "").startswith("Nowhere"):
        found.append(("street1", "Street is invalid", None))
    if str(wanted.get("zip") or "x").strip("0") == "":
        found.append(("zip", "Invalid zip", "10117"))
    return [
        {"code": "E.ADDRESS.NOT_FOUND", "field": field, "message": message, "suggestion": better}
        for field, message, better in found
    ]


def rates(shipment: dict[str, Any], new_id: NewId) -> list[dict[str, Any]]:
    """What all carriers ask for a shipment."""
    kilograms = max(1, round(float(shipment["parcel"].get("weight") or 1) * GRAMS_PER_OUNCE / 1000))
    currency = shipment["options"].get("currency", "USD")
    return [
        {
            "id": new_id("rate"), "object": "Rate", "mode": "test", "carrier": carrier, "service": service,
            "rate": decimal(cents * kilograms), "currency": currency, "list_rate": decimal(cents * kilograms),
            "retail_rate": decimal(cents * kilograms), "list_currency": currency, "retail_currency": currency,
            "delivery_days": days, "est_delivery_days": days, "delivery_date": None,
            "delivery_date_guaranteed": False, "billing_type": "easypost", "shipment_id": shipment["id"],
            "carrier_account_id": f"ca_{carrier.lower()}", "created_at": stamp(), "updated_at": stamp(),
        }
        for carrier, service, cents, days in RATES
    ]  # fmt: skip


def label(base: str, shipment_id: str, new_id: NewId) -> dict[str, Any]:
    """A label, to be had as PDF and as ZPL."""
    return {
        "id": new_id("pl"), "object": "PostageLabel", "mode": "test", "created_at": stamp(), "updated_at": stamp(),
        "date_advance": 0, "integrated_form": "none", "label_date": stamp(), "label_resolution": 300,
        "label_size": "4x6", "label_type": "default", "label_file_type": "application/pdf",
        "label_url": f"{base}/labels/{shipment_id}.pdf", "label_pdf_url": f"{base}/labels/{shipment_id}.pdf",
        "label_zpl_url": f"{base}/labels/{shipment_id}.zpl", "label_epl2_url": None,
    }  # fmt: skip


def tracker(code: str, carrier: str, shipment_id: str | None, new_id: NewId) -> dict[str, Any]:
    """A parcel that is followed."""
    made: dict[str, Any] = {
        "id": new_id("trk"), "object": "Tracker", "mode": "test", "tracking_code": code, "carrier": carrier,
        "status": "pre_transit", "status_detail": "label_created", "shipment_id": shipment_id, "signed_by": None,
        "weight": None, "est_delivery_date": None, "tracking_details": [], "carrier_detail": None, "finalized": False,
        "is_return": False, "fees": [], "public_url": f"https://track.easypost.com/{code}",
        "created_at": stamp(), "updated_at": stamp(),
    }  # fmt: skip
    move(made, "pre_transit", "Pre-Shipment information received")
    return made


def move(known: dict[str, Any], status: str, message: str) -> None:
    """News of a parcel, a second after the last at least: scans are told to the second."""
    last = known["tracking_details"][-1:]
    at = max([now(), *(datetime.fromisoformat(one["datetime"]) + timedelta(seconds=1) for one in last)])
    known["tracking_details"].append({
        "object": "TrackingDetail", "message": message, "description": "", "status": status,
        "status_detail": "status_update", "datetime": stamp(at), "source": known["carrier"], "carrier_code": "",
        "tracking_location": {"object": "TrackingLocation", "city": None, "state": None, "country": None, "zip": None},
    })  # fmt: skip
    known |= {"status": status, "updated_at": stamp(), "finalized": status in {"delivered", "return_to_sender"}}


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers of a webhook."""
    headers = {"Content-Type": "application/json"}
    if secret:
        key = unicodedata.normalize("NFKD", secret).encode()
        headers["X-Hmac-Signature"] = f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"
    return headers


def check_key(request: Request) -> None:
    """See that a key was sent.

    Raises:
        Refusal: with 401 there was none.
    """
    if not basic(request)[0]:
        raise Refusal(401, error("APIKEY.MISSING", "No api key was provided."))


def check_verified(made: dict[str, Any]) -> None:
    """See that an address was found.

    Raises:
        Refusal: with 422 it was not.
    """
    delivery = made["verifications"]["delivery"]
    if not delivery["success"]:
        raise Refusal(422, error("ADDRESS.VERIFY.FAILURE", "Unable to verify address.", delivery["errors"]))


def summary(shipment: dict[str, Any]) -> dict[str, Any]:
    """A label, for whoever asks what was bought."""
    return {
        "id": shipment["id"],
        "reference": shipment["reference"],
        "tracking_code": shipment["tracking_code"],
        "carrier": shipment["selected_rate"]["carrier"],
        "service": shipment["selected_rate"]["service"],
        "charged_minor": minor(shipment["selected_rate"]["rate"]),
        "refund_status": shipment["refund_status"],
        "is_return": shipment["is_return"],
        "printed": (shipment["options"] or {}).get("print_custom_1", ""),
    }
