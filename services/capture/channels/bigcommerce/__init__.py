"""BigCommerce."""

from collections.abc import Sequence
from datetime import datetime

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Heard, Hook, Topic, UnmappableError
from services.capture.channels.bigcommerce.order import order_of
from services.capture.channels.bigcommerce.payload import Order
from services.capture.channels.parts import check_standard_webhook, unwrapped
from services.capture.channels.reading import found_id, json_of
from services.capture.channels.signing import any_matches

SECRET_HEADER = "x-crossdock-secret"  # noqa: S105  # the name of a header, not one of them


class BigCommerce:
    """Orders of the BigCommerce REST API: Orders V2, refunds V3.

    The API account needs the scopes *Orders* (read-only, or modify for what goes out) and *Order transactions*
    (read-only), and *Products* for stock. ``products``, ``shipping_addresses``, ``coupons`` and ``refunds`` are put
    into the order by the hub. Amounts are in the currency that the buyer pays in (``default_currency_code``), with tax
    or without, in whichever way they come to the total; store credit and gift certificates are how it is paid.

    https://developer.bigcommerce.com/docs/rest-management/orders
    """

    name = "bigcommerce"

    def order_id(self, body: bytes) -> str:
        """The order's ``id``.

        Raises:
            UnmappableError: there is none.
        """
        return found_id(body, "id")

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            NotYetError: it is not paid, or not placed.
            UnmappableError: it is not one.
        """
        return order_of(Order.of(body))

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a list, or the only one.

        Raises:
            UnmappableError: it is not JSON.
        """
        return unwrapped(body, "data")

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """Webhooks carry a header that the merchant has BigCommerce send, or a signature made with the client secret.

        The header is ``x-crossdock-secret``, named when the webhook is made; the signature is as
        https://www.standardwebhooks.com has it, and good for five minutes. The secrets are either's.

        Raises:
            SignatureError: neither is right.
        """
        if hook.headers.get("webhook-signature"):
            check_standard_webhook(hook, [secret.encode() for secret in secrets], now)
        else:
            any_matches(hook.headers.get(SECRET_HEADER, ""), [secret for secret in secrets if secret])

    def heard(self, hook: Hook) -> Heard:
        """Which order to fetch; the webhook says no more.

        Raises:
            UnmappableError: it does not say.
        """
        content = json_of(hook.body)
        found = content if isinstance(content, dict) else {}
        delivery = f"{found['hash']}-{found.get('created_at')}" if found.get("hash") else ""
        scope = found.get("scope")
        if not isinstance(scope, str) or ("/order/" not in scope and "/shipment/" not in scope):
            return Heard(Topic.OTHER, delivery_id=delivery)
        for name in ("order_id", "orderId", "id"):
            try:
                return Heard(Topic.POINTER, order_id=found_id(hook.body, "data", name), delivery_id=delivery)
            except UnmappableError:
                continue
        msg = f"$.data.id: {scope} does not name its order"
        raise UnmappableError(msg)
