"""Amounts as people read and write them: 1999 of EUR is 19.99 EUR, and 1999 of JPY is 1,999 JPY."""

from decimal import Decimal

_WHOLE_UNITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_WHOLE_UNITS.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3)
"""ISO 4217: currencies whose minor unit is not a hundredth."""


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have; 2 where nothing else is known."""
    return _DECIMALS.get(currency, 2)


def figure(amount_minor: int, currency: str, sign: str = "") -> str:
    """An amount without its currency: 1999 of EUR is 19.99; with ``sign="+"`` it is +19.99."""
    digits = decimals(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):{sign},.{digits}f}"


def major(amount_minor: int, currency: str) -> str:
    """An amount as it is read: 1999 of EUR is 19.99 EUR."""
    return f"{figure(amount_minor, currency)} {currency}"
