"""Webhooks of Walmart's Notifications API: which order they are about, and whether Walmart signed them.

https://developer.walmart.com/us-marketplace/docs/security-and-authenticity
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.reading import Camel, Text
from services.capture.channels.signing import any_matches, lately

_WINDOW_S = 300


def check(hook: Hook, secrets: Sequence[str], now: datetime) -> None:
    """See to it that Walmart sent this.

    It signs either method, address, time and body (``WM_SEC.SIGNATURE``), or, where a subscription says
    ``authMethod: HMAC``, the body alone; whether in base64 or in hexadecimal is not documented, so both are taken.

    Raises:
        SignatureError: it did not, or not lately.
    """
    keys = [secret for secret in secrets if secret]
    signature = hook.headers.get("wm_sec.signature", "")
    if signature:
        stamp = hook.headers.get("wm_sec.timestamp", "")
        parts = urlsplit(hook.url)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        signed = "\n".join(("POST", address, stamp, sha256(hook.body).hexdigest())).encode()
        any_matches(signature, [_base64(key, signed) for key in keys])
        if not stamp.isdecimal():
            msg = f"the header WM_SEC.TIMESTAMP is {stamp!r}, and no number of seconds"
            raise SignatureError(msg)
        lately(float(stamp), now, _WINDOW_S)
        return
    given = hook.headers.get("authorization", "")
    ways = (_base64, _hexadecimal)
    any_matches(given.removeprefix("HMACSHA256 "), [way(key, hook.body) for key in keys for way in ways])


def _base64(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()


def _hexadecimal(secret: str, signed: bytes) -> str:
    return hmac.digest(secret.encode(), signed, "sha256").hex()


class _Source(Camel):
    event_id: Text = ""


class _Order(Camel):
    purchase_order_id: Text = ""


class _Event(_Order):
    order: _Order | None = None


class _Notice(Camel):
    source: _Source
    payload: _Event


def heard(hook: Hook) -> Heard:
    """Which order an event is about: ``ORDER_UPDATES``, or one of the older ones such as ``PO_CREATED``.

    Raises:
        UnmappableError: it is no event.
    """
    notice = _Notice.of(hook.body)
    order = notice.payload.order or _Order()
    order_id = notice.payload.purchase_order_id or order.purchase_order_id
    return Heard(Topic.POINTER if order_id else Topic.OTHER, order_id=order_id, delivery_id=notice.source.event_id)
