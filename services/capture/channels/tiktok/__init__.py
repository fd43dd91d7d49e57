"""TikTok Shop."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.reading import found_id, json_of, listed
from services.capture.channels.signing import any_matches
from services.capture.channels.tiktok.order import order_of
from services.capture.channels.tiktok.payload import Order

_OF_ORDERS = {1, 2, 3, 11, 12}
"""Webhooks: order status, reverse status, recipient address, cancellation status, return status."""


class TikTok:
    """Orders of the TikTok Shop Partner API, Order 202309.

    The scopes are *Order Information* (seller.order.info), *Fulfillment* for what goes out, and *Return & Refund* for
    ``returns`` and ``cancellations``, which the hub puts into the order. There is one line for each piece, as there
    is in TikTok; what the platform gives as a discount is one. An order on hold waits an hour, or until its pre-order
    is released; its address comes later. What TikTok's own warehouses ship is recorded.

    https://partner.tiktokshop.com/docv2/page/get-order-detail-202309
    """

    name = "tiktok"

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
        return listed(body, "data", "orders")

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """The header Authorization is HMAC-SHA256, as hex, over the app's key and the body; secrets are ``key:secret``.

        No time is signed but the body's own, which stays the same for days of re-sending: all that a replayed webhook
        does is to have an order fetched again.

        Raises:
            SignatureError: TikTok has not signed it.
        """
        del now
        pairs = [secret.partition(":") for secret in secrets]
        expected = [
            hmac.new(secret.encode(), key.encode() + hook.body, sha256).hexdigest()
            for key, _, secret in pairs
            if secret
        ]
        if not expected:
            msg = "the channel has no secret of the form <app key>:<app secret>"
            raise SignatureError(msg)
        any_matches(hook.headers.get("authorization", "").lower(), expected)

    def heard(self, hook: Hook) -> Heard:
        """Which order to fetch.

        Raises:
            UnmappableError: it does not say.
        """
        content = json_of(hook.body)
        found = content if isinstance(content, dict) else {}
        delivery = str(found.get("tts_notification_id") or "")
        kind = found.get("type")
        if not isinstance(kind, int) or kind not in _OF_ORDERS:
            return Heard(Topic.OTHER, delivery_id=delivery)
        return Heard(Topic.POINTER, order_id=found_id(hook.body, "data", "order_id"), delivery_id=delivery)
