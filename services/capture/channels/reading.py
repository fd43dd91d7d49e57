"""What all channels' payloads are made of: amounts, moments, addresses, and errors that name the path."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Self, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

from crossdock_contracts.base import LONGEST_ID, explain
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.values import LineKind
from services.capture.channels import UnmappableError
from services.hub.money import exponent as known_exponent


class Payload(BaseModel):
    """A part of what an API sends. Fields that are not named here are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

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


class Camel(Payload):
    """Its fields are written ``likeThis``."""

    model_config = ConfigDict(alias_generator=to_camel)


class Pascal(Payload):
    """Its fields are written ``LikeThis``."""

    model_config = ConfigDict(alias_generator=to_pascal)


_MOST_DIGITS = 15
"""Before the decimal point. Nobody pays more; and longer ones would be a way to have the hub count for hours."""


def _finite(amount: Decimal) -> Decimal:
    if not amount.is_finite() or (amount and abs(amount.adjusted()) > _MOST_DIGITS):
        msg = f"a finite amount of at most {_MOST_DIGITS} digits is needed"
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

Flag = Annotated[bool, BeforeValidator(lambda flag: False if flag in ("", None) else flag)]
"""Yes or no, also written as text; empty and null are no."""

Part = TypeVar("Part")


def _many(found: Any) -> Any:
    return () if found in ("", None) else found if isinstance(found, (list, tuple)) else (found,)


Many = Annotated[tuple[Part, ...], BeforeValidator(_many)]
"""A list; null is the empty one, and what stands alone is a list of one."""


Word = Annotated[str, BeforeValidator(lambda word: "" if word is None else str(word).strip().lower())]
"""One of a list of words that an API knows, in lower case; null is the empty one."""

Pieces = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""A number of pieces."""


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


def exponent(currency: str) -> int:
    """Digits after the decimal point of a currency.

    Raises:
        UnmappableError: ISO 4217 knows no such currency, or it has no minor unit.
    """
    digits = known_exponent(currency)
    if digits is None:
        msg = f"{currency!r} is no currency of ISO 4217 that something can be paid in"
        raise UnmappableError(msg)
    return digits


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


_NO_CODE = re.compile(r"[^a-z0-9]+")


def code_of(text: str, default: str) -> str:
    """A text of the channel's as a code: ``No longer wanted`` is ``no-longer-wanted``."""
    return _NO_CODE.sub("-", text.lower()).strip("-")[:64] or default


def extra(line_id: str, title: str, amount_minor: int, *, discount_minor: int = 0, tax_minor: int = 0) -> LineInput:
    """A line for what is paid beside the goods, or taken off where the amount is negative."""
    kind = LineKind.CHARGE if amount_minor >= 0 else LineKind.DISCOUNT
    return LineInput(
        line_id=line_id,
        kind=kind,
        title=title,
        quantity=1,
        unit_price_minor=abs(amount_minor),
        discount_minor=discount_minor,
        tax_minor=tax_minor,
    )
