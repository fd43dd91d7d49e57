"""Amounts of an order in the currency that its buyer pays in."""

from dataclasses import dataclass
from decimal import Decimal

from services.capture.channels import UnmappableError
from services.capture.channels.reading import minor
from services.capture.channels.shopify.parts import MoneySet
from services.capture.channels.shopify.payload import Order


@dataclass(frozen=True, slots=True)
class Purse:
    """Reads amounts of one order. Where only the shop's currency is given, that has to be the buyer's too."""

    shop: str
    paid: str

    @classmethod
    def of(cls, order: Order) -> "Purse":
        """That of an order.

        Raises:
            UnmappableError: it has no currency.
        """
        given = order.total_price_set
        shop = order.currency or (given.shop_money.currency_code if given and given.shop_money else "")
        presented = given.presentment_money.currency_code if given and given.presentment_money else ""
        if not shop:
            msg = "$.currency: the currency of the shop is needed"
            raise UnmappableError(msg)
        return cls(shop, order.presentment_currency or presented or shop)

    def minor(self, plain: Decimal, both: MoneySet | None, path: str) -> int:
        """An amount in the minor unit of the buyer's currency, of which the API gives a plain one and a set.

        Raises:
            UnmappableError: it is not given in that currency, or is no whole number of its minor unit.
        """
        money = both.presentment_money if both else None
        if money is not None:
            if money.currency_code not in ("", self.paid):
                msg = f"{path}_set.presentment_money: it is in {money.currency_code}, and the order in {self.paid}"
                raise UnmappableError(msg)
            return minor(money.amount, self.paid, f"{path}_set.presentment_money.amount")
        if both is not None and both.shop_money is not None:
            plain, path = both.shop_money.amount, f"{path}_set.shop_money.amount"
        if plain and self.paid != self.shop:
            told = f"it is given in {self.shop} alone, and the buyer pays in {self.paid}; ask for presentment_money"
            msg = f"{path}: {told}"
            raise UnmappableError(msg)
        return minor(plain, self.paid, path)
