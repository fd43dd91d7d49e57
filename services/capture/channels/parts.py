"""What the payloads of several channels have in common beyond amounts: moments, countries, pieces, signed webhooks."""

import binascii
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, NonNegativeInt, PositiveInt, ValidationError
from standardwebhooks import Webhook

from crossdock_contracts.base import explain
from crossdock_contracts.handed_in import CancelInput
from crossdock_contracts.values import LineQuantity
from services.capture.channels import Hook, SignatureError, UnmappableError
from services.capture.channels.reading import json_of, written
from services.capture.channels.signing import lately

_MOST_CANCELS = 1000

REPLAY_WINDOW_S = 300.0
"""How old the signature of a webhook may be where its channel signs the time."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        msg = "in UTC this lies before the year 1 or after the year 9999"
        raise ValueError(msg) from None


When = Annotated[datetime, AfterValidator(_in_utc)]
"""A moment as text, or in seconds from 1970; without an offset it is in UTC."""

MaybeWhen = Annotated[
    datetime | None,
    BeforeValidator(lambda moment: None if moment in ("", 0, "0") else moment),
    AfterValidator(lambda moment: None if moment is None else _in_utc(moment)),
]
"""The same; empty, null and 0 are none."""


def _counted(number: Any) -> Any:
    """Some APIs write ``2``, others ``2.0000`` or ``"2.0000"``; null is 0."""
    if number is None or number == "":
        return 0
    if isinstance(number, str) and re.fullmatch(r"\d{1,12}\.0+", number):
        return number.partition(".")[0]
    return number


Count = Annotated[NonNegativeInt, BeforeValidator(_counted)]
"""Whole pieces, or none."""

Pieces = Annotated[PositiveInt, BeforeValidator(_counted)]
"""Whole pieces; what is sold by weight or length has to be listed by the piece."""


@contextmanager
def mapping() -> Iterator[None]:
    """What is mapped herein is an order, or not one; it decorates functions too.

    Raises:
        UnmappableError: what came of it is no order; the text names the fields of the order.
    """
    try:
        yield
    except ValidationError as error:
        msg = f"what it says makes no order: {explain(error)}"
        raise UnmappableError(msg) from None


def country_of(code: str) -> str | None:
    """A country as ISO 3166-1 has it; none where the text is no such code."""
    found = code.strip().upper()
    return found if re.fullmatch(r"[A-Z]{2}", found) else None


def level_of(*names: str) -> str:
    """The service level that a shipping method stands for, by the words that it is called by; usually ``standard``."""
    text = " ".join(names).lower().replace("_", " ").replace("-", " ")
    return "express" if _EXPRESS.search(text) else "economy" if _ECONOMY.search(text) else "standard"


_EXPRESS = re.compile(
    r"\b(express|expedited|overnight|priority|next ?day|same ?day|one ?day|two ?day|second ?day|[12] ?day|rush)\b"
)
_ECONOMY = re.compile(r"\b(economy|saver|budget)\b")


def spread(total_minor: int, quantity: int) -> tuple[int, int]:
    """A price for all pieces as one for each, and what is to be taken off again: 1000 for 3 are 334 each, less 2."""
    unit = -(-total_minor // quantity)
    return unit, unit * quantity - total_minor


def one_by_one(line_id: str, quantity: int) -> Iterable[CancelInput]:
    """Cancelled pieces of a line, for a channel that only tells how many there are by now.

    Each piece is a cancel of its own, so that a later copy that tells of more adds to those that are known.

    Raises:
        UnmappableError: there are too many of them for an order.
    """
    if quantity > _MOST_CANCELS:
        msg = f"{quantity} pieces of line {line_id} are cancelled, and others are not; {_MOST_CANCELS} are read"
        raise UnmappableError(msg)
    for number in range(1, quantity + 1):
        pieces = (LineQuantity(line_id=line_id, quantity=1),)
        yield CancelInput(cancel_id=f"{line_id}-cancelled-{number}", lines=pieces, counted=number)


def joined(*parts: str) -> str:
    """What there is of a name or text, with blanks between."""
    return " ".join(part.strip() for part in parts if part.strip())


def check_standard_webhook(hook: Hook, keys: Sequence[bytes], now: datetime) -> None:
    """Check a webhook that is signed as https://www.standardwebhooks.com has it, over id, time and body.

    Raises:
        SignatureError: it is not signed with one of these keys, or not lately.
    """
    identity, sent = hook.headers.get("webhook-id", ""), hook.headers.get("webhook-timestamp", "")
    signatures = hook.headers.get("webhook-signature", "").split()
    if not (identity and signatures and re.fullmatch(r"\d{1,12}", sent)):
        msg = "it is not signed: webhook-id, webhook-timestamp and webhook-signature are needed"
        raise SignatureError(msg)
    lately(float(sent), now, REPLAY_WINDOW_S)
    try:
        body = hook.body.decode()
    except UnicodeDecodeError:
        msg = "the body is no UTF-8"
        raise SignatureError(msg) from None
    moment = datetime.fromtimestamp(int(sent), UTC)
    expected = [Webhook(key).sign(identity, moment, body) for key in keys if key]
    matches = [hmac.compare_digest(given.encode(), one.encode()) for given in signatures for one in expected]
    if not any(matches):
        msg = "the signature does not match the body: check the channel's secret"
        raise SignatureError(msg)


def decoded_key(secret: str) -> bytes:
    """The key in a secret of the form ``whsec_<base64>``; empty where it is none."""
    text = secret.strip().removeprefix("whsec_")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=False)
    except (binascii.Error, ValueError):
        return b""


def unwrapped(body: bytes, many: str, one: str = "") -> list[bytes]:
    """The orders of an answer such as ``{"orders": […]}`` or ``{"order": {…}}``, or the order that it is.

    Raises:
        UnmappableError: it is not JSON.
    """
    content = json_of(body)
    if isinstance(content, dict):
        content = content.get(many) or (content.get(one) if one else None) or content
    return written(content if isinstance(content, list) else [content])
