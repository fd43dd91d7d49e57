"""Walmart Marketplace: purchase orders of its Orders API v3, and events of its Notifications API."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, UnmappableError
from services.capture.channels.parts import mapping
from services.capture.channels.reading import found_id, json_of
from services.capture.channels.walmart import notices, order


class Walmart:
    """Reads purchase orders of Walmart's Marketplace Orders API v3 (United States, Canada), as JSON.

    Access: delegated access *Orders*, full. A purchase order is what one seller ships of a customer's order; the
    buyer knows the latter's number. Ask for ``replacementInfo=true`` and for each ``shipNodeType``, or those of WFS
    are not listed.

    Walmart has the money, and names no total: it is what its charges and taxes come to. Charges are those of all
    pieces of a line. What WFS or another provider ships is recorded. Cancelled pieces are counted, not listed.

    https://developer.walmart.com/us-marketplace/docs/order-management-api-overview
    """

    name = "walmart"

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(_wrapped(body), "order", "purchaseOrderId")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is on hold.
            UnmappableError: it is none.
        """
        with mapping():
            return order.order_of(_wrapped(body))

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a list, or the only one.

        Raises:
            UnmappableError: it holds no orders.
        """
        content = json_of(body)
        for step in ("list", "elements", "order"):
            content = content.get(step) if isinstance(content, dict) else None
        if isinstance(content, list):
            return [orjson.dumps({"order": one}) for one in content]
        return [_wrapped(body)]

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that Walmart sent this.

        Raises:
            SignatureError: it did not, or not lately.
        """
        notices.check(hook, secrets, now)

    def heard(self, hook: Hook) -> Heard:
        """Which order an event is about.

        Raises:
            UnmappableError: it is no event.
        """
        return notices.heard(hook)


def _wrapped(body: bytes) -> bytes:
    """An order by itself as getAnOrder answers it."""
    content = json_of(body)
    if isinstance(content, dict) and "order" in content:
        return body
    if isinstance(content, dict) and "purchaseOrderId" in content:
        return b'{"order":' + body + b"}"
    msg = "$.order: missing; an answer of getAnOrder is needed"
    raise UnmappableError(msg)
