"""Amounts as people read and write them: 1999 of EUR is 19.99 EUR, and 1999 of JPY is 1,999 JPY."""

from decimal import Decimal
from functools import cache

import iso4217

from crossdock_contracts.values import Money


@cache
def exponent(currency: str) -> int | None:
    """Digits after the decimal point of a currency, as ISO 4217 has it: EUR 2, KWD 3; none where it has none."""
    try:
        digits = iso4217.Currency(currency).exponent
    except ValueError:
        return None
    return None if digits is None else int(digits)


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have; 2 where nothing else is known."""
    digits = exponent(currency)
    return 2 if digits is None else digits


def plain(money: Money) -> str:
    """An amount in major units as programs write it: 1999 cents are ``19.99``, 500 yen are ``500``."""
    return str(Decimal(money.amount_minor).scaleb(-decimals(money.currency)))


def figure(amount_minor: int, currency: str, sign: str = "") -> str:
    """An amount without its currency: 1999 of EUR is 19.99; with ``sign="+"`` it is +19.99."""
    digits = decimals(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):{sign},.{digits}f}"


def major(amount_minor: int, currency: str) -> str:
    """An amount as it is read: 1999 of EUR is 19.99 EUR."""
    return f"{figure(amount_minor, currency)} {currency}"
