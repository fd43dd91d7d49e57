"""Etsy."""

import re
from collections.abc import Sequence
from datetime import datetime

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, Topic, UnmappableError
from services.capture.channels.etsy.order import order_of
from services.capture.channels.etsy.payload import Receipt
from services.capture.channels.parts import check_standard_webhook, decoded_key
from services.capture.channels.reading import found_id, json_of, listed

_RECEIPT = re.compile(r"/receipts/(\d+)")
_SHIPPED = {"order.shipped", "order.delivered"}
"""The hub is who says so."""


class Etsy:
    """Receipts of the Etsy Open API v3 (``getShopReceipts``), in the shop's currency.

    The scopes are ``transactions_r`` and, for what goes out, ``transactions_w`` and ``listings_w``. A transaction is a
    line: its product is the listing, and the choices and the personalisation that go with it are its note. Coupons are
    discounts of lines as far as Etsy says which. Sales tax comes on top, and VAT where the total adds it. An order is
    read once it is paid. Refunds have no id of their own: theirs is made of time and amount.

    https://developers.etsy.com/documentation/reference
    """

    name = "etsy"

    def order_id(self, body: bytes) -> str:
        """The receipt's ``receipt_id``.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, "receipt_id")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is not paid.
            UnmappableError: it is not one.
        """
        return order_of(Receipt.of(body))

    def split(self, body: bytes) -> list[bytes]:
        """The receipts of a list, or the only one.

        Raises:
            UnmappableError: it is not JSON.
        """
        return listed(body, "results")

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """Webhooks are signed as https://www.standardwebhooks.com has it; secrets are ``whsec_…``.

        Raises:
            SignatureError: Etsy has not signed it, or more than five minutes ago.
        """
        check_standard_webhook(hook, [decoded_key(secret) for secret in secrets], now)

    def heard(self, hook: Hook) -> Heard:
        """Which receipt to fetch; the webhook has its address.

        Raises:
            UnmappableError: it does not say.
        """
        content = json_of(hook.body)
        found = content if isinstance(content, dict) else {}
        kind, delivery = found.get("event_type"), hook.headers.get("webhook-id", "")
        if not isinstance(kind, str) or not kind.lower().startswith("order") or kind in _SHIPPED:
            return Heard(Topic.OTHER, delivery_id=delivery)
        receipt = _RECEIPT.search(str(found.get("resource_url")))
        if receipt is None:
            msg = f"$.resource_url: {kind} does not lead to a receipt"
            raise UnmappableError(msg)
        return Heard(Topic.POINTER, order_id=receipt[1], delivery_id=delivery)
