"""Rates of exchange: prices in several currencies are compared by what they come to in one, and never as figures."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

from crossdock_contracts.values import Currency
from services.hub.money import decimals


class Priced(Protocol):
    """A carrier."""

    @property
    def currency(self) -> str:
        """What it asks its prices in; empty: nobody says."""


class Exchange(BaseModel):
    """``[exchange]`` of ``carriers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Currency | None = None
    """The house's: prices are compared in it. None: that of the first carrier in the file."""
    rates: dict[Currency, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    """What one of another currency is worth in it: ``{ USD = 0.92 }`` where a dollar is 0.92 euros."""

    def at_home(self, carriers: Iterable[Priced]) -> Self:
        """The same with the first carrier's currency as the house's, where the file does not say which it is."""
        home = self.currency or next((one.currency for one in carriers), "") or None
        return self.model_copy(update={"currency": home})

    def minor(self, amount_minor: int, currency: str) -> int | None:
        """What so many minor units of a currency come to in the house's; none where nothing says what they are worth.

        Where the house has no currency, or the price none, it is taken for the house's.
        """
        home = self.currency
        if home is None or currency in ("", home):
            return amount_minor
        rate = self.rates.get(currency)
        if rate is None:
            return None
        worth = rate * Decimal(amount_minor).scaleb(decimals(home) - decimals(currency))
        return int(worth.quantize(Decimal(1), ROUND_HALF_UP))
