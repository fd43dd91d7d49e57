"""The generic webhook: the hub's own order format, signed as Standard Webhooks has it."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.native import Native
from services.capture.channels.signing import lately

_WINDOW_S = 300.0
"""How old, or ahead of our clock, a signature may be: what Standard Webhooks recommends."""
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class Signed(Native):
    """Reads the hub's own JSON out of webhooks that any shop can send.

    Headers as https://www.standardwebhooks.com has them: ``webhook-id`` (the same when it is sent again),
    ``webhook-timestamp`` (seconds since 1970) and ``webhook-signature`` (``v1,`` and base64 of HMAC-SHA256 over
    ``id.timestamp.body``; several with spaces between them while a secret is being changed). Secrets are base64,
    with ``whsec_`` before them or not. The body is an order as ``POST /v1/orders`` takes it.
    """

    name = "signed"

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that this was signed lately, with one of these secrets.

        Raises:
            SignatureError: it was not.
        """
        identity, stamp = hook.headers.get("webhook-id", ""), hook.headers.get("webhook-timestamp", "")
        given = hook.headers.get("webhook-signature", "")
        if not (identity and given and stamp.isascii() and stamp.isdecimal() and int(stamp) <= _LATEST):
            msg = "it is not signed: webhook-id, webhook-timestamp (seconds) and webhook-signature are needed"
            raise SignatureError(msg)
        lately(int(stamp), now, _WINDOW_S)
        try:
            text = hook.body.decode()
        except UnicodeDecodeError as error:
            msg = f"the body is not UTF-8 at byte {error.start}"
            raise SignatureError(msg) from None
        at = datetime.fromtimestamp(int(stamp), UTC)
        made = [Webhook(secret).sign(identity, at, text) for secret in secrets]
        matches = [hmac.compare_digest(one.encode(), other.encode()) for one in given.split() for other in made]
        if not any(matches):
            msg = "no signature matches id, time and body: check the channel's secret"
            raise SignatureError(msg)

    def heard(self, hook: Hook) -> Heard:
        """Always an order.

        Raises:
            UnmappableError: it has no id.
        """
        return Heard(Topic.ORDER, self.order_id(hook.body), hook.headers.get("webhook-id", ""), hook.body)
