"""A seeded stream of orders as shops hand them in: sound ones, and the usual share of trouble.

What sells follows Zipf's law with exponent 1, as retail sales roughly do: with 1,000 SKUs the best seller makes 13 %
of the lines. The addresses are real cities; nobody lives in them.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from crossdock_contracts.products import Product

_CITIES = (
    ("DE", "Berlin", "10115", 52.532, 13.385),
    ("DE", "Hamburg", "20095", 53.550, 10.000),
    ("DE", "Köln", "50667", 50.938, 6.957),
    ("DE", "München", "80331", 48.137, 11.576),
    ("NL", "Amsterdam", "1012 JS", 52.373, 4.893),
    ("NL", "Utrecht", "3511 LN", 52.091, 5.122),
    ("FR", "Paris", "75001", 48.862, 2.336),
    ("FR", "Marseille", "13001", 43.298, 5.381),
    ("BE", "Bruxelles", "1000", 50.847, 4.352),
    ("AT", "Wien", "1010", 48.208, 16.372),
    ("GB", "London", "EC1A 1BB", 51.520, -0.097),
    ("IT", "Milano", "20121", 45.472, 9.188),
    ("US", "New York", "10001", 40.750, -73.997),
    ("JP", "東京", "100-0001", 35.684, 139.752),
)
_WEIGHTS = (14, 8, 8, 8, 8, 5, 8, 4, 5, 5, 8, 6, 4, 2)
_CHANNELS = ("web", "marketplace", "social")
_LOCATIONS = ("BER", "ROT", "LYS")
_EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shares:
    """How much trouble there is, as shares of all orders."""

    duplicate: float = 0.03
    unknown_listing: float = 0.01
    wrong_total: float = 0.01
    no_address: float = 0.01
    declined: float = 0.02
    cancelled: float = 0.05
    cancelled_before: float = 0.005
    invalid: float = 0.005
    scarce: float = 0.02
    """Lines of a SKU that there are only a few of."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One thing that is handed in."""

    channel: str
    body: dict[str, Any]
    resent: bool = False
    valid: bool = True

    @property
    def order_id(self) -> str:
        """Order id within the owner."""
        return f"{self.channel}:{self.body['order_id']}"


class Shop:
    """Makes products, stock and orders, the same for the same seed."""

    def __init__(self, seed: int, skus: int = 1000, shares: Shares | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._shares = shares or Shares()
        self.skus = [f"SKU-{n:04}" for n in range(1, skus + 1)]
        self.scarce = "SKU-RARE"
        self._popularity = list(accumulate(1 / rank for rank in range(1, skus + 1)))
        self._weights = {sku: 50 + self._random.randrange(40) * 50 for sku in (*self.skus, self.scarce)}
        self._prices = {sku: 199 + self._random.randrange(100) * 100 for sku in (*self.skus, self.scarce)}

    def products(self) -> Iterator[Product]:
        """What there is to sell."""
        for sku in (*self.skus, self.scarce):
            yield Product(sku=sku, title=f"Article {sku.removeprefix('SKU-')}", weight_g=self._weights[sku])

    def stock(self, orders: int) -> Iterator[tuple[str, str, int]]:
        """Pieces to begin with, by SKU and location: enough for so many orders, but for the scarce SKU."""
        yield self.scarce, "BER", max(1, orders // 100)
        whole = self._popularity[-1]
        for rank, sku in enumerate(self.skus, start=1):
            sold = orders * 2.4 * 1.5 / rank / whole
            for location in _LOCATIONS:
                if self._random.random() < 0.85 or location == "ROT":
                    yield sku, location, int(sold) + 40

    def _sku(self) -> str:
        if self._random.random() < self._shares.scarce:
            return self.scarce
        return self.skus[bisect(self._popularity, self._random.random() * self._popularity[-1])]

    def order(self, number: int) -> dict[str, Any]:
        """A sound order in the hub's own format."""
        draw = self._random
        country, city, postcode, latitude, longitude = draw.choices(_CITIES, _WEIGHTS)[0]
        lines: list[dict[str, Any]] = []
        for n in range(1, draw.choices((1, 2, 3, 4, 5), (40, 28, 17, 10, 5))[0] + 1):
            sku = self._sku()
            quantity = draw.choices((1, 2, 3), (80, 15, 5))[0]
            lines.append(
                {
                    "line_id": str(n),
                    "sku": sku,
                    "quantity": quantity,
                    "unit_price_minor": self._prices[sku],
                    "title": f"Article {sku.removeprefix('SKU-')}",
                }
            )
        goods = sum(line["quantity"] * line["unit_price_minor"] for line in lines)
        shipping = 0 if goods > 5000 else 490
        order = {
            "order_id": str(100_000 + number),
            "number": f"#{100_000 + number}",
            "source_version": "1",
            "placed_at": (_EPOCH + timedelta(seconds=number)).isoformat(),
            "currency": "EUR",
            "lines": lines,
            "shipping_minor": shipping,
            "total_minor": goods + shipping,
            "tax_included": True,
            "tax_minor": (goods + shipping) * 19 // 119,
            "payment": self._payment(number),
            "customer": {"name": f"Customer {number}", "email": f"customer-{number}@example.com"},
            "ship_to": {
                "name": f"Customer {number}",
                "line1": f"Street {1 + draw.randrange(200)}",
                "city": city,
                "postcode": postcode,
                "country": country,
                "latitude": latitude,
                "longitude": longitude,
            },
            "shipping": {"service_level": draw.choices(("standard", "express"), (85, 15))[0]},
            "priority": draw.choices((1, 5), (5, 95))[0],
        }
        if country in {"US", "JP", "GB", "IT"}:
            order["shipping"] = {"service_level": "standard"}
        return order

    def _payment(self, number: int) -> dict[str, str]:
        draw = self._random.random()
        if draw < self._shares.declined:
            return {"method": "token", "token": f"tok_decline_{number}"}
        if draw < 0.60:
            return {"method": "token", "token": f"tok_{number}"}
        if draw < 0.95:
            return {"method": "prepaid", "reference": f"paid-{number}"}
        return {"method": "cash-on-delivery"}

    def submissions(self, count: int) -> Iterator[Submission]:
        """So many orders as they are handed in, some of them twice, some of them wrong."""
        shares = self._shares
        for number in range(count):
            channel = self._random.choices(_CHANNELS, (60, 25, 15))[0]
            order = self.order(number)
            trouble = self._random.random()
            valid = True
            if trouble < shares.unknown_listing:
                order["lines"][0] |= {"sku": "", "listing_id": f"UNKNOWN-{number}"}
            elif trouble < (limit := shares.unknown_listing + shares.wrong_total):
                order["total_minor"] += 1000
            elif trouble < (limit := limit + shares.no_address):
                order["ship_to"] |= {"line1": "", "city": ""}
            elif trouble < limit + shares.invalid:
                order["lines"][0]["quantity"] = 0
                valid = False
            yield Submission(channel, order, valid=valid)
            if valid and self._random.random() < shares.duplicate:
                yield Submission(channel, order, resent=True)

    def cancels(self, submissions: list[Submission]) -> tuple[list[str], list[str]]:
        """Orders that are cancelled before they come in, and after."""
        ids = [one.order_id for one in submissions if one.valid and not one.resent]
        before = [one for one in ids if self._random.random() < self._shares.cancelled_before]
        return before, [one for one in ids if one not in before and self._random.random() < self._shares.cancelled]
