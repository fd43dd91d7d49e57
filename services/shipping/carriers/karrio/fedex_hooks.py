"""FedEx' webhooks (Advanced Integrated Visibility): who signed them, and what they say of parcels.

They bring results of the Track API, alone or as that answers them, and are read by the same reader, so that a scan is
the same whichever way it came.
https://developer.fedex.com/api/en-us/catalog/shipment-visibility-webhook/docs.html
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

_SIGNED = "fdx-signature"


def check(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, path: str, now: datetime) -> None:
    """See that FedEx sent this: an HMAC of the body with the project's security token, in base 64.

    Neither address nor time is signed: a webhook that is sent again by somebody else says nothing new.

    Raises:
        SignatureError: it is not signed so.
    """
    del path, now
    said = headers.get(_SIGNED, "").strip()
    made = [b64encode(hmac.digest(one.encode(), body, "sha256")).decode() for one in secrets if one]
    if not is_any_of(made, said):
        msg = "no signature" if not said else "the signature is of none of the secrets"
        raise SignatureError(msg)


def heard(body: bytes) -> list[Tracked]:
    """What a webhook says of parcels.

    Raises:
        ValueError: it is not what FedEx sends.
    """
    told = _object(orjson.loads(body), "$")
    if "trackResults" in told:
        results = [{"trackResults": [one]} for one in _list(told["trackResults"], "$.trackResults")]
    else:
        output = _object(told.get("output"), "$.output")
        results = _list(output.get("completeTrackResults"), "$.output.completeTrackResults")
    return [one for place, result in enumerate(results) if (one := _tracked(result, place)) is not None]


def _tracked(result: Any, place: int) -> Tracked | None:
    """None: FedEx has not seen it yet."""
    where = f"$[{place}]"
    parts = [_object(one, f"{where}.trackResults") for one in _list(_object(result, where).get("trackResults"), where)]
    parts = [one for one in parts if one.get("scanEvents")]
    if not parts:
        return None
    number = result.get("trackingNumber") or _number(parts[0])
    if not number:
        msg = f"{where}: no trackingNumber"
        raise ValueError(msg)
    given = {"output": {"completeTrackResults": [{"trackingNumber": str(number), "trackResults": parts}]}}
    try:
        details = library.tracking("fedex", given)
        return parse.tracked(details[0], "fedex", "fedex")
    except (LookupError, TypeError, AttributeError) as error:
        msg = f"{where}.trackResults: {type(error).__name__}: {error}"
        raise ValueError(msg) from None


def _number(result: dict[str, Any]) -> Any:
    named = result.get("trackingNumberInfo")
    return result.get("trackingNumber") or (named.get("trackingNumber") if isinstance(named, dict) else "")


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        msg = f"{where}: an object is needed"
        raise ValueError(msg)  # noqa: TRY004  # of JSON
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        msg = f"{where}: a list is needed"
        raise ValueError(msg)  # noqa: TRY004  # likewise
    return value
