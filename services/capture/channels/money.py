"""Amounts as web APIs write them."""

from decimal import Decimal

from crossdock_contracts.values import Money
from services.capture.channels.reading import exponent


def decimal(money: Money) -> str:
    """An amount in major units: 1999 cents are ``19.99``, 500 yen are ``500``."""
    return str(Decimal(money.amount_minor).scaleb(-exponent(money.currency)))
