"""Magento Open Source and Adobe Commerce."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook
from services.capture.channels.magento.hooks import check, heard
from services.capture.channels.magento.order import order_of
from services.capture.channels.magento.payload import Order
from services.capture.channels.reading import found_id, json_of, written


class Magento:
    """Orders of the REST API V1 (``GET /V1/orders``), of Magento 2.4 and Adobe Commerce.

    An integration needs the resources Sales / Operations / Orders (view, with Credit Memos) and, for what goes out,
    Ship, Cancel and Inventory. Amounts are those that the buyer sees (``order_currency_code``), without tax, tax and
    discounts beside them; ``base_grand_total`` is the shop's total. ``grand_total`` is what is left to pay: gift cards,
    store credit and reward points are added again, and stand as gift cards. Cancels come of counts of pieces, refunds
    of ``credit_memos``, which the hub puts into the order.

    https://developer.adobe.com/commerce/webapi/rest/ and https://developer.adobe.com/commerce/extensibility/
    """

    name = "magento"

    def order_id(self, body: bytes) -> str:
        """The order's ``entity_id``.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, "entity_id")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is not paid, or on hold.
            UnmappableError: it is not one.
        """
        return order_of(Order.of(body))

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a search, or the only one; an order has ``items`` too.

        Raises:
            UnmappableError: it is not JSON.
        """
        content = json_of(body)
        if isinstance(content, dict) and "entity_id" not in content and isinstance(content.get("items"), list):
            content = content["items"]
        return written(content) if isinstance(content, list) else [body]

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """I/O Events and webhooks are signed with RSA over the body.

        The secrets are Adobe's public keys in PEM, each as one line (of https://static.adobeioevents.com, or of the
        shop's webhook settings) and, for events, ``client:<client id>``. No time is signed: what is sent again makes
        the hub fetch an order once more, and no harm is done.

        Raises:
            SignatureError: Adobe has not signed it, or for somebody else.
        """
        del now
        check(hook, secrets)

    def heard(self, hook: Hook) -> Heard:
        """Which order to fetch.

        Raises:
            UnmappableError: it does not say.
        """
        return heard(hook)

    def answer(self, query: Mapping[str, str], tokens: Sequence[str], url: str) -> Mapping[str, str] | None:
        """I/O Events asks with ``challenge``, and wants to read it again."""
        del tokens, url
        return {"challenge": query["challenge"]} if "challenge" in query else None
