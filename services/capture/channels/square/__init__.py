"""Square: the till."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, Topic, UnmappableError
from services.capture.channels.parts import unwrapped
from services.capture.channels.reading import found_id, json_of
from services.capture.channels.signing import any_matches
from services.capture.channels.square.order import order_of
from services.capture.channels.square.payload import Order

_POINTERS = {
    "order.created": ("order_created", "order_id"),
    "order.updated": ("order_updated", "order_id"),
    "order.fulfillment.updated": ("order_fulfillment_updated", "order_id"),
    "payment.updated": ("payment", "order_id"),
    "refund.created": ("refund", "order_id"),
    "refund.updated": ("refund", "order_id"),
}
"""Events, and where within ``data.object`` they name their order."""


class Square:
    """Orders of the Square Orders API (version 2025-01-23 and near it).

    The permissions are ORDERS_READ, PAYMENTS_READ and, for what goes out, ORDERS_WRITE and INVENTORY_WRITE. A sale with
    nothing to fulfil was handed over at the till of ``location_id``; one to be picked up, shipped or delivered is the
    hub's. Additive taxes come on top; where there are none but inclusive ones, tax is in the prices. Service charges,
    tips and the rounding of cash are charges. What is not paid, or a draft, waits.

    https://developer.squareup.com/reference/square/orders-api
    """

    name = "square"

    def order_id(self, body: bytes) -> str:
        """The order's ``id``.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, "id")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is not paid.
            UnmappableError: it is not one.
        """
        return order_of(Order.of(body))

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a search or of a look-up, or the only one.

        Raises:
            UnmappableError: it is not JSON.
        """
        return unwrapped(body, "orders", "order")

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """The header x-square-hmacsha256-signature is over the address that was called and the body.

        No time is signed but the body's own, which stays the same when it is sent again.

        Raises:
            SignatureError: Square has not signed it.
        """
        del now
        signed = hook.url.encode() + hook.body
        expected = [b64encode(hmac.new(key.encode(), signed, sha256).digest()).decode() for key in secrets if key]
        any_matches(hook.headers.get("x-square-hmacsha256-signature", ""), expected)

    def heard(self, hook: Hook) -> Heard:
        """Which order to fetch.

        Raises:
            UnmappableError: it does not say.
        """
        content = json_of(hook.body)
        found = content if isinstance(content, dict) else {}
        kind, delivery = found.get("type"), str(found.get("event_id") or "")
        where = _POINTERS.get(kind) if isinstance(kind, str) else None
        if where is None:
            return Heard(Topic.OTHER, delivery_id=delivery)
        try:
            order_id = found_id(hook.body, "data", "object", *where)
        except UnmappableError:
            if kind not in ("order.created", "order.updated"):  # a payment need not be for an order
                return Heard(Topic.OTHER, delivery_id=delivery)
            order_id = found_id(hook.body, "data", "id")
        return Heard(Topic.POINTER, order_id=order_id, delivery_id=delivery)
