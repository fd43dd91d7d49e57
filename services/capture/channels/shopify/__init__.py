"""Shopify: orders by webhook, and as its REST and GraphQL APIs give them."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from pydantic import ValidationError

from crossdock_contracts.base import explain
from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, NoOrderError, Topic, UnmappableError
from services.capture.channels.reading import found_id
from services.capture.channels.shopify.order import order_of
from services.capture.channels.shopify.payload import Order
from services.capture.channels.shopify.shapes import as_rest, in_graphql, is_graphql, order_id, several, whole
from services.capture.channels.signing import signed_sha256

_ORDERS = {"create", "updated", "cancelled", "paid", "fulfilled", "partially_fulfilled"}
_POINTERS = {
    "orders/edited": ("order_edit", "order_id"),
    "refunds/create": ("order_id",),
    "order_transactions/create": ("order_id",),
    "orders/risk_assessment_changed": ("order_id",),
}
"""Topics that name an order whose copy has to be fetched, and where they name it."""


class Shopify:
    """Reads orders of Shopify's Admin API, REST and GraphQL alike, and its webhooks.

    API: Admin REST ``Order`` (https://shopify.dev/docs/api/admin-rest/latest/resources/order), which is what webhooks
    carry, and Admin GraphQL ``Order`` (https://shopify.dev/docs/api/admin-graphql/latest/objects/Order), 2026-07.
    Webhooks: https://shopify.dev/docs/apps/build/webhooks. Scopes: ``read_orders`` (``read_all_orders`` for those older
    than 60 days), ``read_customers`` for the buyer, ``read_merchant_managed_fulfillment_orders`` for dates and pickup.

    An order has the same id, lines and refunds in both shapes. Amounts are in the buyer's currency
    (``presentment_money``); the shop's total is ``shop_total``. Totals are those before anything was taken back: pieces
    that were refunded before they left, or that the order was edited to have no more, are ``cancels``; money that was
    paid back is ``refunds``. Duties, fees and tips are charges; discounts stand on the lines that they were allocated
    to. An order of which the money is pending is refused unless it is paid on delivery or on terms; so are test orders
    and drafts.
    """

    name = "shopify"

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload.

        Raises:
            UnmappableError: there is none.
        """
        return order_id(whole(body))

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload of either API.

        Raises:
            NoOrderError, NotYetError: it is a test, a draft or a checkout; the shop waits for the money.
            UnmappableError: it is not one, or is not to be worked on.
        """
        content = whole(body)
        if not isinstance(content, dict):
            msg = "$: a JSON object is needed"
            raise UnmappableError(msg)
        _check_kind(content)
        if not is_graphql(content):
            return _read(content)
        try:
            return _read(as_rest({**content, "id": order_id(content)}))
        except UnmappableError as error:
            raise type(error)(in_graphql(str(error))) from None

    def split(self, body: bytes) -> list[bytes]:
        """The orders of ``orders.json``, of a GraphQL connection, or the only one.

        Raises:
            UnmappableError: it is no JSON.
        """
        found = several(body)
        if found is None:
            return [body]
        try:
            return [orjson.dumps(one) for one in found]
        except TypeError as error:  # it has more levels than can be written
            msg = f"$: {error}"
            raise UnmappableError(msg) from None

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that Shopify signed this with the app's client secret, or one of those before.

        It signs the body alone; ``X-Shopify-Triggered-At`` is not signed, so that there is no window to check.

        Raises:
            SignatureError: it did not.
        """
        del now
        signed_sha256(hook.body, hook.headers.get("x-shopify-hmac-sha256", ""), secrets)

    def heard(self, hook: Hook) -> Heard:
        """What a webhook is about, by ``X-Shopify-Topic``.

        Raises:
            UnmappableError: it names no order, and has to.
        """
        topic = hook.headers.get("x-shopify-topic", "").lower()
        delivery = hook.headers.get("x-shopify-webhook-id", "")
        about, _, what = topic.partition("/")
        if hook.headers.get("x-shopify-test", "").lower() == "true":  # of an order with which nothing is sold
            return Heard(Topic.OTHER, delivery_id=delivery)
        if about == "orders" and what in _ORDERS:
            return Heard(Topic.ORDER, self.order_id(hook.body), delivery, hook.body)
        if topic in _POINTERS:
            return Heard(Topic.POINTER, found_id(hook.body, *_POINTERS[topic]), delivery)
        return Heard(Topic.OTHER, delivery_id=delivery)


def _read(content: dict[str, object]) -> OrderInput:
    try:
        return order_of(Order.made_of(content))
    except ValidationError as error:
        msg = f"the order that it comes to cannot be: {explain(error)}"
        raise UnmappableError(msg) from None


def _check_kind(content: dict[str, object]) -> None:
    """See to it that something is an order.

    Raises:
        NoOrderError: it is a draft, or a checkout.
        UnmappableError: it is something else that has an id.
    """
    gid = str(content.get("admin_graphql_api_id") or content.get("id") or "")
    if "draft_order" in content or "/DraftOrder/" in gid or "invoice_url" in content:
        msg = "$: a draft order, which nobody has bought yet; the order that it becomes comes by itself"
        raise NoOrderError(msg)
    if "abandoned_checkout_url" in content or "/AbandonedCheckout/" in gid:
        msg = "$: a checkout, which is no order yet; the order that it becomes comes by itself"
        raise NoOrderError(msg)
    if "line_items" not in content and "lineItems" not in content:
        msg = "$.line_items: an order has lines; is it an order of the Admin API, with all its fields?"
        raise UnmappableError(msg)
