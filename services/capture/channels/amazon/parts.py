"""What the two versions of Amazon's orders have in common: amounts by what they are for, addresses, tables."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import Address
from services.capture.channels import UnmappableError
from services.capture.channels.parts import country_of, spread
from services.capture.channels.reading import code_of, extra, minor

ItemOf = TypeVar("ItemOf", bound="Counted")

ITEM, SHIPPING = "ITEM", "SHIPPING"
"""What amounts are for, in the words of version 2026-01-01; beside them GIFT_WRAP, COD_FEE and OTHER."""

_TITLES = {"GIFT_WRAP": "Gift wrap", "COD_FEE": "Cash on delivery fee", "DELIVERY_TIP": "Delivery tip"}

REQUESTED = "buyer-requested-cancel"
"""Tag of an order of which the buyer wants something cancelled, and the seller has not answered."""

CURRENCIES = {
    "A13V1IB3VIYZZH": "EUR",
    "A17E79C6D8DWNP": "SAR",
    "A1805IZSGTT6HS": "EUR",
    "A19VAU5U5O7RUS": "SGD",
    "A1AM78C64UM0Y8": "MXN",
    "A1C3SOZRARQ6R3": "PLN",
    "A1F83G8C2ARO7P": "GBP",
    "A1PA6795UKMFR9": "EUR",
    "A1RKKUPIHCS9HS": "EUR",
    "A1VC38T7YXB528": "JPY",
    "A21TJRUUN4KGV": "INR",
    "A28R8C7NBKEWEA": "EUR",
    "A2EUQ1WTGCTBG2": "CAD",
    "A2NODRKZP88ZB9": "SEK",
    "A2Q3Y263D00KWC": "BRL",
    "A2VIGQ35RCS4UG": "AED",
    "A33AVAJ2PDY3EV": "TRY",
    "A39IBJ37TRP1C6": "AUD",
    "AE08WJ6YKNBMC": "ZAR",
    "AMEN7PMS3EDWL": "EUR",
    "APJ6JRA9NG5V4": "EUR",
    "ARBP9OOSHTCHU": "EGP",
    "ATVPDKIKX0DER": "USD",
}
"""What each marketplace sells in: an order that costs nothing, or was cancelled, names no currency."""

_TAX_ON_TOP = frozenset({"ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"})
"""Marketplaces whose prices are without tax: the United States and Canada."""

_LEVELS = {
    "expedited": "express",
    "freeeconomy": "economy",
    "nextday": "express",
    "priority": "express",
    "sameday": "express",
    "secondday": "express",
}
"""Amazon's shipping speeds; all others are standard."""


def level_of(category: str) -> str:
    """The service level that a shipping speed of Amazon's stands for."""
    return _LEVELS.get(category.lower().replace("_", ""), "standard")


def currency_of(named: Sequence[str], marketplace: str) -> str:
    """What an order is paid in: what its amounts say, or else its marketplace.

    Raises:
        UnmappableError: neither says so.
    """
    found = next((currency for currency in named if currency), CURRENCIES.get(marketplace, ""))
    if not found:
        msg = f"no amount names a currency, and marketplace {marketplace!r} is not known"
        raise UnmappableError(msg)
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """One item of an order: what was sold, and what is paid for it by what that is for, in minor units."""

    line_id: str
    listing_id: str
    title: str
    quantity: int
    amounts: Mapping[str, int] = field(default_factory=dict)
    """Before discounts, for all pieces."""
    discounts: Mapping[str, int] = field(default_factory=dict)
    taxes: Mapping[str, int] = field(default_factory=dict)
    """After discounts."""
    gift_wrap: bool = False
    note: str = ""

    def lines(self) -> Iterator[LineInput]:
        """The goods, and each thing that is paid beside them, postage excepted."""
        price, rounding = spread(self.amounts.get(ITEM, 0), self.quantity)
        yield LineInput(
            line_id=self.line_id,
            listing_id=self.listing_id,
            title=self.title,
            quantity=self.quantity,
            unit_price_minor=price,
            discount_minor=self.discounts.get(ITEM, 0) + rounding,
            tax_minor=self.taxes.get(ITEM, 0),
            gift_wrap=self.gift_wrap,
            note=self.note,
        )
        kinds = dict.fromkeys((*self.amounts, *self.discounts, *self.taxes))
        for kind in kinds:
            found = [of.get(kind, 0) for of in (self.amounts, self.discounts, self.taxes)]
            if kind not in (ITEM, SHIPPING) and any(found):
                line_id = f"{self.line_id}/{code_of(kind, 'other')}"
                yield extra(line_id, _title(kind), found[0], discount_minor=found[1], tax_minor=found[2])


def _title(kind: str) -> str:
    return _TITLES.get(kind, kind.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Sums:
    """What an order's parts come to."""

    lines: tuple[LineInput, ...]
    shipping_minor: int
    tax_minor: int
    tax_included: bool


def sums_of(parts: Sequence[Part], tips: Mapping[str, int], total_minor: int, marketplace: str) -> Sums:
    """Add up an order; ``tips`` are paid for it as a whole.

    Amazon does not say whether its prices contain the tax that it names; its total does, for it either comes to the
    prices, or to prices and tax.
    """
    lines = [line for part in parts for line in part.lines()]
    lines += [extra(code_of(kind, "other"), _title(kind), amount) for kind, amount in tips.items() if amount]
    shipping = sum(part.amounts.get(SHIPPING, 0) - part.discounts.get(SHIPPING, 0) for part in parts)
    tax = sum(sum(part.taxes.values()) for part in parts)
    rest = sum(sum(part.amounts.values()) - sum(part.discounts.values()) for part in parts)
    rest += sum(tips.values())
    included = marketplace not in _TAX_ON_TOP
    if tax and total_minor in (rest, rest + tax):
        included = total_minor == rest
    return Sums(tuple(lines), shipping, tax, included)


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid for the items of an order."""

    currency: str
    tax_on_top: bool
    """There is tax, and prices are without it."""
    parts: tuple[Part, ...]


class Price(Protocol):
    """An amount, as each version has it."""

    @property
    def currency_code(self) -> str:
        """Its currency."""

    @property
    def amount(self) -> Decimal:
        """In major units."""


class Counted(Protocol):
    """An item, as each version has it."""

    @property
    def quantity_ordered(self) -> int:
        """How much of it is left."""


class Reading(ABC, Generic[ItemOf]):
    """One order on its way to the hub's, whichever version tells of it."""

    currency: str
    root: str
    """Where its fields begin."""

    def __init__(self, items: Sequence[ItemOf]) -> None:
        self.items = items

    @abstractmethod
    def order(self) -> OrderInput:
        """The order as the hub takes it."""

    @abstractmethod
    def part(self, number: int, item: ItemOf) -> Part:
        """One item."""

    def parts(self) -> list[Part]:
        """The items, without those of which nothing is left, unless that is all."""
        found = list(enumerate(self.items))
        left = [(number, item) for number, item in found if item.quantity_ordered]
        return [self.part(number, item) for number, item in left or found]

    def paid(self) -> Paid:
        """What was paid for the items."""
        order = self.order()
        return Paid(order.currency, bool(order.tax_minor) and not order.tax_included, tuple(self.parts()))

    def minor(self, price: Price | None, path: str) -> int:
        """An amount in the minor unit of the order's currency; what is missing is 0."""
        if price is None or not price.amount:
            return 0
        where = f"{self.root}.{path}"
        if price.currency_code != self.currency:
            msg = f"{where}: in {price.currency_code!r}, while the order is in {self.currency}"
            raise UnmappableError(msg)
        return minor(price.amount, self.currency, where)


def address_of(
    *,
    name: str,
    company: str,
    lines: Sequence[str],
    city: str,
    region: str,
    postcode: str,
    country: str,
    phone: str,
) -> Address | None:
    """An address as far as Amazon lets one see it; none where it shows nothing."""
    street = [line.strip() for line in lines if line.strip()]
    if not any((name, company, street, city, postcode, country)):
        return None
    return Address(
        name=name,
        company=company,
        line1=street[0] if street else "",
        line2=street[1] if len(street) > 1 else "",
        line3=", ".join(street[2:]),
        city=city,
        region=region,
        postcode=postcode,
        country=country_of(country),
        phone=phone,
    )
