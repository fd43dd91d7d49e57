"""Amazon, by the Selling Partner API: orders of both versions of its Orders API, and ORDER_CHANGE notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, UnmappableError
from services.capture.channels.amazon import notices, orders_2026, orders_v0
from services.capture.channels.amazon.parts import Paid, Reading
from services.capture.channels.parts import mapping
from services.capture.channels.reading import found_id, json_of


class Amazon:
    """Reads orders of Amazon's Selling Partner API, Orders v0 and Orders 2026-01-01.

    Roles: *Direct-to-Consumer Shipping* (restricted) for names and addresses, *Tax Remittance* for buyers' tax data;
    v0 asks for a restricted data token besides. A v0 order is handed in as
    ``{"Order": …, "OrderItems": …, "OrderAddress": …, "OrderBuyerInfo": …, "OrderItemsBuyerInfo": …}``, each as its
    call answers, the last three where they were asked; an order of 2026-01-01 as getOrder answers.

    Amazon has the money (cash on delivery apart), sets the total, and ships what is AFN or ``fulfilledBy: AMAZON``.
    Prices are of all pieces; of pieces cancelled v0 says only how many are left. Pending orders are refused: they have
    no prices yet. Points granted are the seller's affair and no part of what is paid.

    https://developer-docs.amazon.com/sp-api/docs/orders-api
    """

    name = "amazon"

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, *_path(body))

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is pending.
            UnmappableError: it is none.
        """
        with mapping():
            return _reading(body).order()

    def paid(self, body: bytes) -> Paid:
        """What was paid for the items of the order in a payload.

        Raises:
            NotYetError: it is pending.
            UnmappableError: it is none.
        """
        with mapping():
            return _reading(body).paid()

    def split(self, body: bytes) -> list[bytes]:
        """The orders that getOrders or searchOrders lists, or the only one; those of v0 still lack their items.

        Raises:
            UnmappableError: it holds no orders.
        """
        content = json_of(body)
        found = content if isinstance(content, dict) else {}
        payload = found.get("payload")
        if isinstance(payload, dict) and isinstance(payload.get("Orders"), list):
            return [orjson.dumps({"Order": one}) for one in payload["Orders"]]
        if isinstance(found.get("orders"), list):
            return [orjson.dumps({"order": one}) for one in found["orders"]]
        _path(body)
        return [body]

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that our EventBridge sent this; it signs no time.

        Raises:
            SignatureError: its API key is none of these.
        """
        del now
        notices.check(hook, secrets)

    def heard(self, hook: Hook) -> Heard:
        """Which order a notification is about.

        Raises:
            UnmappableError: it is not JSON.
        """
        return notices.heard(hook)


def _reading(body: bytes) -> Reading[Any]:
    """The order in a payload, as the version that it is of reads it."""
    path = _path(body)
    if path[-1] == "AmazonOrderId":
        return orders_v0.reading_of(body)
    return orders_2026.reading_of(body if path[0] == "order" else b'{"order":' + body + b"}")


def _path(body: bytes) -> tuple[str, ...]:
    """Where the order's id stands, which tells the version.

    Raises:
        UnmappableError: it is an order of neither, for instance an error that Amazon answered.
    """
    content = json_of(body)
    if isinstance(content, dict):
        if "Order" in content:
            inner = content["Order"]
            wrapped = isinstance(inner, dict) and "payload" in inner
            return ("Order", "payload", "AmazonOrderId") if wrapped else ("Order", "AmazonOrderId")
        if "order" in content:
            return ("order", "orderId")
        if "orderId" in content:
            return ("orderId",)
        if "payload" in content:
            msg = "$.payload: an answer of v0 by itself; hand in Order and OrderItems together"
            raise UnmappableError(msg)
        if "errors" in content:
            msg = f"$.errors: Amazon answered with errors: {orjson.dumps(content['errors'])[:200].decode()}"
            raise UnmappableError(msg)
    msg = "$: neither an Order of v0 nor an order of 2026-01-01"
    raise UnmappableError(msg)
