"""eBay: orders of its Fulfillment API and of its older Trading API, and notifications of its Notification API."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, SignatureError
from services.capture.channels.ebay import fulfilment, notices, trading
from services.capture.channels.parts import mapping
from services.capture.channels.reading import found_id, listed


class Ebay:
    """Reads orders of eBay's Fulfillment API v1 (JSON) and Trading API (XML, GetOrders with DetailLevel ReturnAll).

    Scopes: ``sell.fulfillment`` (or ``.readonly``), and ``commerce.notification.subscription`` to be told of new ones;
    the Trading API takes the same token. An order has the same id by both.

    eBay has the money and cancels orders whole. The order's total is eBay's; tax that eBay collects and remits counts
    where that total counts it. What goes abroad by eBay goes to eBay's hub first, with its reference on the label.
    Orders that are not paid are refused.

    https://developer.ebay.com/api-docs/sell/fulfillment/overview.html
    """

    name = "ebay"

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload.

        Raises:
            UnmappableError: there is none.
        """
        return trading.id_of(body) if trading.is_xml(body) else found_id(body, "orderId")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is not paid.
            UnmappableError: it is none.
        """
        with mapping():
            return trading.order_of(body) if trading.is_xml(body) else fulfilment.order_of(body)

    def split(self, body: bytes) -> list[bytes]:
        """The orders that getOrders or GetOrders lists, or the only one.

        Raises:
            UnmappableError: it holds no orders.
        """
        return trading.orders_in(body) if trading.is_xml(body) else listed(body, "orders")

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that eBay sent this; ``secrets`` are its public keys. It signs no time of its own.

        Raises:
            SignatureError: it did not.
        """
        del now
        notices.check(hook, secrets)

    def heard(self, hook: Hook) -> Heard:
        """Which order a notification is about.

        Raises:
            UnmappableError: it is no notification.
        """
        return notices.heard(hook)

    def answer(self, query: Mapping[str, str], tokens: Sequence[str], url: str) -> Mapping[str, str] | None:
        """What eBay wants to read when it asks whether an address is ours.

        Raises:
            SignatureError: no verification token is set.
        """
        if "challenge_code" not in query:
            return None
        if not tokens:
            msg = "no verification token is set: make one of 32 to 80 letters, digits, _ and -, and give it to eBay too"
            raise SignatureError(msg)
        return notices.answer(query["challenge_code"], tokens[0], url)
