"""Flipkart."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha1

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.flipkart.order import order_of
from services.capture.channels.flipkart.payload import Shipment
from services.capture.channels.parts import unwrapped
from services.capture.channels.reading import found_id, json_of
from services.capture.channels.signing import any_matches, lately

_WINDOW_S = 3600.0
"""How old a notification may be: it is signed when it is made, and sent again for a while."""


class Flipkart:
    """Shipments of the Flipkart Marketplace Seller API v3; each is an order of the hub.

    The scope is ``Seller_Api``. What has to be packed together is one shipment, of one order of the buyer's. Prices are
    for all pieces of an item, in rupees, with tax (GST) that the API does not tell; what Flipkart gives of its own is a
    discount. The address comes of another call, and the hub puts it in. A shipment that Flipkart verifies (``hold``)
    waits; none is to be packed before its ``dispatchAfterDate``. What Flipkart's own warehouses ship (FBF) is recorded.
    Returns and what is paid back come of the Returns API, not of shipments.

    https://seller.flipkart.com/api-docs/FMSAPI.html
    """

    name = "flipkart"

    def order_id(self, body: bytes) -> str:
        """The ``shipmentId``.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, "shipmentId")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: Flipkart has it on hold.
            UnmappableError: it is not one.
        """
        return order_of(Shipment.of(body))

    def split(self, body: bytes) -> list[bytes]:
        """The shipments of an answer, or the only one.

        Raises:
            UnmappableError: it is not JSON.
        """
        return unwrapped(body, "shipments")

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """Notifications are signed over date, address, method and secret; secrets are ``<app id>:<app secret>``.

        The body is *not* signed, so that nothing of it is believed but which shipment to fetch. X_Date may be an hour
        old.

        Raises:
            SignatureError: Flipkart has not signed it, or not lately.
        """
        date = hook.headers.get("x_date", "") or hook.headers.get("x-date", "")
        given = hook.headers.get("x_authorization", "") or hook.headers.get("x-authorization", "")
        any_matches(_decoded(given), [_expected(secret, date, hook.url) for secret in secrets if ":" in secret])
        try:
            sent = parsedate_to_datetime(date).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            msg = f"X_Date {date!r} is no date"
            raise SignatureError(msg) from None
        lately(sent, now, _WINDOW_S)

    def heard(self, hook: Hook) -> Heard:
        """Which shipment to fetch.

        Raises:
            UnmappableError: it does not say.
        """
        content = json_of(hook.body)
        kind = content.get("eventType") if isinstance(content, dict) else None
        if not isinstance(kind, str) or not kind.startswith("shipment_"):
            return Heard(Topic.OTHER)
        return Heard(Topic.POINTER, order_id=found_id(hook.body, "shipmentId"))


def _decoded(header: str) -> str:
    """``FKLOGIN <base64 of app id:signature>`` as app id:signature; empty where it is something else."""
    text = header.strip().removeprefix("FKLOGIN").strip()
    try:
        return b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _expected(secret: str, date: str, url: str) -> str:
    app, _, key = secret.partition(":")
    signature = sha1((date + url + "POST" + key).encode()).hexdigest()  # noqa: S324  # as Flipkart has it
    return f"{app}:{signature}"
