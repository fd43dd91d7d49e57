"""Amounts and measures between the hub's units and those that carriers count in."""

from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

import iso4217

from crossdock_contracts.values import Money

_OUNCE_G = Decimal("28.349523125")
_INCH_MM = Decimal("25.4")


def digits(currency: str) -> int:
    """Digits after the decimal point of a currency (ISO 4217).

    Raises:
        ValueError: there is no such currency.
    """
    exponent = iso4217.Currency(currency).exponent
    if exponent is None:
        msg = f"{currency} has no minor unit"
        raise ValueError(msg)
    return int(exponent)


def money(amount: Decimal, currency: str) -> Money:
    """An amount in minor units; what is less than one is rounded half up.

    Raises:
        ValueError: there is no such currency.
    """
    minor = amount.scaleb(digits(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(amount_minor=int(minor), currency=currency)


def decimal(amount: Money, times: int = 1) -> str:
    """So many times an amount, as its currency is written: ``19.99``."""
    places = digits(amount.currency)
    return f"{Decimal(amount.amount_minor * times).scaleb(-places):.{places}f}"


def _up(value: Decimal) -> float:
    """Rounded up to a tenth, and at least one: carriers refuse a weight of nothing."""
    return float(max(value, Decimal("0.1")).quantize(Decimal("0.1"), ROUND_UP))


def ounces(grams: int) -> float:
    """Avoirdupois ounces, to the next tenth."""
    return _up(Decimal(grams) / _OUNCE_G)


def inches(millimetres: int) -> float:
    """Inches, to the next tenth."""
    return _up(Decimal(millimetres) / _INCH_MM)
