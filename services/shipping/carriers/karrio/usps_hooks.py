"""USPS' webhooks (Subscriptions – Tracking API, version 3.2): who signed them, and what they say of a parcel.

An envelope holds the time and, as a string, what the Tracking API answers; that is read by the same reader.
https://developers.usps.com/apis; how it signs is told there to those who have logged in.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from services.shipping.carriers.answers import Tracked
from services.shipping.carriers.hooks import SignatureError, is_any_of
from services.shipping.carriers.karrio import library, parse

_SIGNED = ("x-hmac", "hmac-header")


def check(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, path: str, now: datetime) -> None:
    """See that USPS sent this: an HMAC of the envelope's time and payload with the subscription's secret, in base 64.

    The time is not looked at: USPS sends for days what was not taken, and what is sent again says nothing new.

    Raises:
        SignatureError: it is not signed so.
    """
    del path, now
    said = next((headers[name].strip() for name in _SIGNED if headers.get(name)), "")
    try:
        envelope = _envelope(body)
    except ValueError as error:
        msg = f"no envelope to be signed: {error}"
        raise SignatureError(msg) from None
    signed = f"{envelope['timestamp']}{envelope['payload']}".encode()
    made = [b64encode(hmac.digest(one.encode(), signed, "sha256")).decode() for one in secrets if one]
    if not is_any_of(made, said):
        msg = "no signature" if not said else "the signature is of none of the secrets"
        raise SignatureError(msg)


def _envelope(body: bytes) -> dict[str, str]:
    told = orjson.loads(body)
    found: dict[str, str] = {}
    for name in ("timestamp", "payload"):
        value = told.get(name) if isinstance(told, dict) else None
        if not isinstance(value, str):
            msg = f"$.{name}: a string is needed"
            raise ValueError(msg)  # noqa: TRY004  # of JSON
        found[name] = value
    return found


def heard(body: bytes) -> list[Tracked]:
    """What a webhook says of a parcel; nothing: it is a single scan, or about something else.

    Raises:
        ValueError: it is not what USPS sends.
    """
    told: Any = orjson.loads(_envelope(body)["payload"])
    if not isinstance(told, dict):
        msg = "$.payload: an object is needed"
        raise ValueError(msg)  # noqa: TRY004  # of JSON
    number = told.get("trackingNumber")
    if not number or not isinstance(told.get("trackingEvents"), list):
        return []
    try:
        return [parse.tracked(one, "usps", "usps") for one in library.tracking("usps", [(str(number), told)])]
    except (LookupError, TypeError, AttributeError) as error:
        msg = f"$.payload: {type(error).__name__}: {error}"
        raise ValueError(msg) from None
