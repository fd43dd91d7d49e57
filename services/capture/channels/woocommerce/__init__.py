"""WooCommerce: orders by webhook, and as its REST API gives them."""

import re
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from crossdock_contracts.base import explain
from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, Topic, UnmappableError
from services.capture.channels.reading import found_id, json_of, listed
from services.capture.channels.signing import signed_sha256
from services.capture.channels.woocommerce.order import order_of
from services.capture.channels.woocommerce.payload import Order

_PING = re.compile(rb"webhook_id=[0-9]+")
"""What a shop sends, unsigned, when a webhook is set up."""


class WooCommerce:
    """Reads orders of WooCommerce's REST API v3, which are what its webhooks carry.

    API: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties, ``wc/v3``; webhooks of API version
    "WP REST API Integration v3". Permissions: an API key with Read, or Read/Write to report fulfilments; each webhook
    has its own secret.

    Amounts are without tax, whatever ``prices_include_tax`` says, and rounded line by line to the minor unit, since a
    shop sets its own number of decimals: the totals may be off by as much as ``rounding_minor`` of the channel allows.
    Coupons are discounts of the lines; fees are charges, negative ones discounts. ``processing`` is worked on;
    ``completed`` is recorded as fulfilled by the shop; ``cancelled``, ``refunded`` and ``trash`` cancel what has not
    shipped; all other statuses wait in the shop and are refused.
    """

    name = "woocommerce"

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, "id")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            UnmappableError: it is not one, or is not to be worked on.
        """
        content = json_of(body)
        if isinstance(content, dict) and ("order_number" in content or isinstance(content.get("order"), dict)):
            msg = "$: an order of the legacy API; set the API version of the webhook to 'WP REST API Integration v3'"
            raise UnmappableError(msg)
        try:
            return order_of(Order.made_of(content))
        except ValidationError as error:
            msg = f"the order that it comes to cannot be: {explain(error)}"
            raise UnmappableError(msg) from None

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a list, or the only one.

        Raises:
            UnmappableError: it is no JSON.
        """
        return listed(body)

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that the shop signed this with the webhook's secret, or one of those before.

        It signs the body alone and no time, so that there is no window to check. The ping that a shop sends when a
        webhook is set up is not signed, and nothing is done about it.

        Raises:
            SignatureError: it did not.
        """
        del now
        if not _PING.fullmatch(hook.body):
            signed_sha256(hook.body, hook.headers.get("x-wc-webhook-signature", ""), secrets)

    def heard(self, hook: Hook) -> Heard:
        """What a webhook is about, by ``X-WC-Webhook-Topic``.

        Raises:
            UnmappableError: it names no order, and has to.
        """
        delivery = hook.headers.get("x-wc-webhook-delivery-id", "")
        about, _, what = hook.headers.get("x-wc-webhook-topic", "").lower().partition(".")
        if about != "order" or _PING.fullmatch(hook.body):
            return Heard(Topic.OTHER, delivery_id=delivery)
        if what == "deleted":  # the body is the id alone
            return Heard(Topic.POINTER, found_id(hook.body, "id"), delivery)
        return Heard(Topic.ORDER, self.order_id(hook.body), delivery, hook.body)
