"""What all channels' payloads are made of: amounts, moments, addresses, and errors that name the path."""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Self, TypeVar

import iso4217
import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from crossdock_contracts.base import LONGEST_ID, explain
from services.capture.channels import SignatureError, UnmappableError


class Payload(BaseModel):
    """A part of what an API sends. Fields that are not named here are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, populate_by_name=True)

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Read a payload.

        Raises:
            UnmappableError: it is not one; the text names each field that is wrong.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise UnmappableError(explain(error)) from None

    @classmethod
    def made_of(cls, content: Any) -> Self:
        """Read what was JSON.

        Raises:
            UnmappableError: it is not one; the text names each field that is wrong.
        """
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise UnmappableError(explain(error)) from None


_LARGEST = 12
"""Digits before the decimal point that an amount may have."""


_MOST_DIGITS = 15
"""Before the decimal point. Nobody pays more; and longer ones would be a way to have the hub count for hours."""


def _finite(amount: Decimal) -> Decimal:
    if not amount.is_finite() or (amount and abs(amount.adjusted()) > _MOST_DIGITS):
        msg = f"a finite amount of at most {_MOST_DIGITS} digits is needed"
        raise ValueError(msg)
    if amount and amount.adjusted() >= _LARGEST:
        msg = f"an amount may have {_LARGEST} digits before the decimal point"
        raise ValueError(msg)
    return amount


def _filled(amount: Any) -> Any:
    """Some APIs write an empty text where there is no amount, and a float where there is one."""
    return "0" if amount in ("", None) else str(amount) if isinstance(amount, float) else amount


Amount = Annotated[Decimal, BeforeValidator(_filled), AfterValidator(_finite)]
"""A decimal amount in major units, written as text or number; empty and null are 0."""


def _written(text: Any) -> Any:
    """Objects stay what they are, and are refused; PHP writes an empty list where there is nothing."""
    return "" if text is None or text == [] else text if isinstance(text, (dict, list)) else str(text)


Text = Annotated[str, BeforeValidator(_written)]
"""A text; null is the empty one, and a number is the text that it is written as."""


Word = Annotated[str, BeforeValidator(lambda word: "" if word is None else str(word).strip().lower())]
"""One of a list of words that an API knows, in lower case; null is the empty one."""

Flag = Annotated[bool, BeforeValidator(lambda flag: False if flag is None else flag)]
"""Yes or no; null is no."""

Pieces = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""A number of pieces."""

Part = TypeVar("Part")
Many = Annotated[tuple[Part, ...], BeforeValidator(lambda parts: () if parts is None else parts)]
"""A list; null is the empty one."""


def _ref(given: Any) -> Any:
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if not isinstance(given, str) or not given:
        msg = "an id is needed"
        raise ValueError(msg)
    return given


Ref = Annotated[str, BeforeValidator(_ref), Field(max_length=LONGEST_ID)]
"""An id, which some APIs write as a number."""

SomeRef = Annotated[Text, AfterValidator(lambda ref: "" if ref == "0" else ref), Field(max_length=LONGEST_ID)]
"""An id that may be missing: null, 0 and the empty text are none."""


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal point of a currency, as ISO 4217 has it: EUR 2, JPY 0, KWD 3.

    Raises:
        UnmappableError: ISO 4217 knows no such currency, or it has no minor unit.
    """
    try:
        digits = iso4217.Currency(currency).exponent
    except ValueError:
        digits = None
    if digits is None:
        msg = f"{currency!r} is no currency of ISO 4217 that something can be paid in"
        raise UnmappableError(msg)
    return int(digits)


def minor(amount: Decimal, currency: str, path: str) -> int:
    """An amount in the minor unit of its currency: 19.99 euros are 1999.

    Raises:
        UnmappableError: the currency has no such fraction, or is unknown; the text names the path.
    """
    try:
        scaled = amount.scaleb(exponent(currency))
    except UnmappableError as error:
        msg = f"{path}: {error}"
        raise UnmappableError(msg) from None
    if scaled != scaled.to_integral_value():
        msg = f"{path}: {amount} {currency} is not a whole number of its minor unit"
        raise UnmappableError(msg)
    return int(scaled)


def rounded(amount: Decimal, currency: str, path: str) -> int:
    """An amount of an API that reckons more finely than its currency, rounded half up to the minor unit.

    Raises:
        UnmappableError: the currency is unknown; the text names the path.
    """
    try:
        step = Decimal(1).scaleb(-exponent(currency))
    except UnmappableError as error:
        msg = f"{path}: {error}"
        raise UnmappableError(msg) from None
    return minor(amount.quantize(step, ROUND_HALF_UP), currency, path)


def unit_and_discount(before: int, after: int, quantity: int) -> tuple[int, int]:
    """Unit price and discount of a line of which the API gives the sums before and after discounts, in minor units.

    Quantity × unit price − discount is the sum after it, also where the sum before cannot be shared out evenly: the
    unit price is rounded up then, and the discount is as much more.
    """
    unit = -(-max(before, after) // quantity)
    return unit, unit * quantity - after


def service_level(*texts: str) -> str:
    """What the hub calls a way of shipping that a shop names as it likes."""
    named = " ".join(texts).lower()
    if _EXPRESS.search(named):
        return "express"
    return "economy" if _ECONOMY.search(named) else "standard"


_EXPRESS = re.compile(
    r"\b(express|expedited|overnight|priority|next[ _-]?day|same[ _-]?day|one[ _-]?day|second[ _-]?day)\b"
)
_ECONOMY = re.compile(r"\b(economy|saver)\b")


def country_of(code: str) -> str | None:
    """A country's ISO code; none where it is none."""
    found = code.strip().upper()
    return found if len(found) == 2 and found.isascii() and found.isalpha() else None  # noqa: PLR2004  # alpha-2


def named(first: str, last: str) -> str:
    """Somebody's whole name."""
    return f"{first.strip()} {last.strip()}".strip()


def json_of(body: bytes) -> Any:
    """A payload as JSON.

    Raises:
        UnmappableError: it is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"$: not JSON: {error}"
        raise UnmappableError(msg) from None


def found_id(body: bytes, *path: str) -> str:
    """The id at a path of a JSON object.

    Raises:
        UnmappableError: there is none; the text names the path.
    """
    found = json_of(body)
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, bool) or not isinstance(found, (str, int)) or not str(found):
        msg = f"$.{'.'.join(path)}: an id is needed"
        raise UnmappableError(msg)
    return str(found)


def listed(body: bytes, *path: str) -> list[bytes]:
    """The objects of a list at a path, or the payload itself where it has no such list.

    Raises:
        UnmappableError: it is not JSON.
    """
    content = json_of(body)
    if isinstance(content, list):
        return written(content)
    found = content
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return written(found) if isinstance(found, list) else [body]


def written(several: Sequence[Any]) -> list[bytes]:
    """Each as JSON again.

    Raises:
        UnmappableError: one has too many levels.
    """
    try:
        return [orjson.dumps(one) for one in several]
    except TypeError as error:
        msg = f"$: {error}"
        raise UnmappableError(msg) from None


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
