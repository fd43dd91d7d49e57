"""USPS, within the USA. What became of a purchase is found by its idempotency key, through a reprint of its label.

The key does not keep USPS from selling twice: it is a handle, by which a label can be printed again, three times and
until its mailing date.

Labels, Payments, Shipments, Tracking, SCAN Forms and Pickup APIs, v3: https://developers.usps.com/apis
"""

from base64 import b64decode
from decimal import Decimal
from http import HTTPStatus
from importlib import import_module
from typing import Any

import orjson

from crossdock_contracts.values import Money
from services.hub.effects import TransientError, UnknownError
from services.shipping.carriers.answers import Label
from services.shipping.carriers.karrio.shape import Connector, Desk, transaction
from services.shipping.carriers.requests import BuyLabel
from services.shipping.carriers.units import money

_NOT_BOUGHT = frozenset({"160412", "160979"})
"""No label has this key; it was cancelled."""
_TYPES = {"pdf": "PDF", "zpl": "ZPL203DPI"}


def amend(request: BuyLabel, key: str, method: str, path: str, headers: dict[str, str], body: Any) -> None:
    """Have the label bear the key that it is found by."""
    del request, body
    if method == "POST" and path.endswith("/labels/v3/label"):
        headers["X-Idempotency-Key"] = transaction(key)


def paid(answer: Any) -> Money | None:
    """The postage; fees for what was ordered beside are in it."""
    postage = (answer.get("labelMetadata") or {}).get("postage")
    return None if postage is None else money(Decimal(str(postage)), "USD")


def as_json(body: bytes) -> bytes:
    """An answer of several parts, facts and images, as one object; any other as it is."""
    if not body.lstrip().startswith(b"--"):
        return body
    parts: dict[str, Any] = import_module("karrio.providers.usps.utils").parse_response(body.decode("latin-1"))
    return orjson.dumps(parts)


def recover(desk: Desk, request: BuyLabel, key: str) -> Label | None:
    """The label that was bought with this key, printed again; none if there is none, or it was cancelled."""
    kind = request.formats[0]
    body = {"imageInfo": {"imageType": _TYPES[kind], "labelType": "4X6LABEL", "receiptOption": "NONE"}}
    reply = desk.ask("POST", "/labels/v3/label-reprint", body, {"X-Idempotency-Key": transaction(key)})
    if reply.code >= HTTPStatus.BAD_REQUEST:
        error = orjson.loads(reply.body)["error"]
        said = [str(one.get("code")) for one in error.get("errors") or []]
        if any(code in _NOT_BOUGHT for code in said):
            return None
        msg = f"{desk.name}: reprint: {' '.join(said)} {error.get('message')}"
        raise TransientError(msg)
    answer = orjson.loads(reply.body)
    about = answer.get("labelMetadata")
    if not about or not answer.get("labelImage"):
        msg = f"{desk.name}: the reprint of {transaction(key)} cannot be read"
        raise UnknownError(msg)
    return Label(
        tracking_number=about["trackingNumber"],
        handle=about["trackingNumber"],
        cost=paid(answer) or request.rate,
        documents={kind: b64decode(answer["labelImage"])},
    )


CONNECTOR = Connector(
    carrier="usps",
    codes="usps",
    secrets=("client_id", "client_secret"),
    needs=("account_number", "CRID", "MID"),
    amend=amend,
    paid=paid,
    recover=recover,
    as_json=as_json,
    returns=False,
    manifests=True,
)
