"""Signatures of webhooks: over the bytes as they came, compared in constant time, and lately."""

import base64
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from services.capture.channels import SignatureError


def any_matches(given: str, expected: Sequence[str]) -> None:
    """Compare a signature with those that each secret would give, in constant time.

    Raises:
        SignatureError: it is none of them.
    """
    matches = [hmac.compare_digest(given.encode(), one.encode()) for one in expected]
    if not any(matches):
        msg = "the signature does not match the body: check the channel's secret" if given else "it is not signed"
        raise SignatureError(msg)


def signed_sha256(body: bytes, given: str, secrets: Sequence[str]) -> None:
    """See to it that a body was signed with one of these secrets: base64 of HMAC-SHA256 over the bytes as they came.

    Raises:
        SignatureError: it was not.
    """
    made = [base64.b64encode(hmac.digest(one.encode(), body, sha256)).decode() for one in secrets]
    any_matches(given.strip(), made)


def lately(sent_at: float, now: datetime, window_s: float) -> None:
    """See to it that something was signed lately; ``sent_at`` counts seconds from 1970 in UTC.

    Raises:
        SignatureError: it is outside the replay window.
    """
    off = abs(now.timestamp() - sent_at)
    if off > window_s:
        when = datetime.fromtimestamp(sent_at, UTC).isoformat(timespec="seconds") if abs(sent_at) < 1e11 else sent_at  # noqa: PLR2004  # beyond what a date can say
        msg = f"it was signed at {when}, more than {window_s:.0f} s from now"
        raise SignatureError(msg)
