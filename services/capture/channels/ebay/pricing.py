"""What eBay's two APIs have in common: how an order's total came about, speeds, refunds."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossdock_contracts.handed_in import LineInput
from services.capture.channels import UnmappableError
from services.capture.channels.reading import Amount, minor

REQUESTED = "buyer-requested-cancel"
"""Tag of an order of which the buyer wants the cancellation, and the seller has not answered."""

_FAST = ("express", "expedited", "overnight", "nextday", "next_day", "oneday", "onday", "sameday", "same_day")


def level_of(service: str) -> str:
    """The service level that an eBay shipping service stands for, by the words in its name."""
    name = service.lower()
    if any(word in name for word in _FAST):
        return "express"
    return "economy" if "economy" in name else "standard"


@dataclass(frozen=True, slots=True)
class Pricing:
    """Amounts of an order in minor units, before anybody knows which of them its total counts."""

    lines: Sequence[LineInput]
    shipping_minor: int
    discount_minor: int
    total_minor: int
    seller_tax_minor: int
    """Tax that the seller collects."""
    ebay_tax_minor: int
    """Tax that eBay collects from the buyer, and remits."""

    def tax(self) -> int:
        """So much of the total is tax.

        eBay's own tax is part of the total in newer answers and outside it in older ones, and says nothing about
        which; the total itself does.
        """
        rest = self.shipping_minor - self.discount_minor + sum(_worth(line) for line in self.lines)
        seller, ebay = self.seller_tax_minor, self.ebay_tax_minor
        for tax in (seller + ebay, max(seller, ebay), ebay, seller, 0):
            if rest + tax == self.total_minor:
                return tax
        return seller or ebay


def _worth(line: LineInput) -> int:
    amount = line.quantity * line.unit_price_minor
    return -amount if line.kind == "discount" else amount - line.discount_minor


def amount_in(amount: Amount, named: str, currency: str, path: str) -> int:
    """An amount in the minor unit of the order's currency.

    Raises:
        UnmappableError: it is in another currency, or is no whole number of it.
    """
    if not amount:
        return 0
    if named != currency:
        msg = f"{path}: in {named!r}, while the order is in {currency!r}"
        raise UnmappableError(msg)
    return minor(amount, currency, path)
