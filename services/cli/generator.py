"""A seeded stream of orders as shops hand them in: sound ones, and the usual share of trouble.

Two merchants sell: each has channels, products and stock of its own in the same warehouses. What sells follows Zipf's
law with exponent 1, as retail sales roughly do: with 1,000 SKUs the best seller makes 13 % of the lines. The addresses
are real cities; nobody lives in them.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from crossdock_contracts.products import KitComponent, Product

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
_CHANNELS = ("web", "marketplace", "social", "outlet")
_OWNERS = {"outlet": "outlet"}
"""Channels of another merchant than the usual one."""
OWNERS = ("main", *_OWNERS.values())
_LOCATIONS = ("BER", "ROT", "LYS")
_LONDON = next(city for city in _CITIES if city[1] == "London")
_APART = {"EAST-0001": "BER", "WEST-0001": "LYS"}
"""Goods that lie at one location each: whoever takes both gets two parcels."""
_IN_STORE = ("STORE-0001", "STORE-0002", "STORE-0003")
"""Goods that lie in the store, where buyers come for them."""
_KITS = {
    "KIT-0001": (("SKU-0001", 1), ("SKU-0002", 2)),
    "KIT-0002": (("SKU-0003", 1), ("SKU-0004", 1), ("SKU-0005", 1)),
}
_BY_LOT = "LOT-0001"
"""Goods that are kept by lot and expire."""
_FIRMS = 8
"""Business customers, who order on terms."""
_IN_KITS = 5
"""So many of the best sellers are components of kits, too."""
_EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shares:
    """How much trouble there is, as shares of all orders."""

    duplicate: float = 0.03
    unknown_listing: float = 0.01
    wrong_total: float = 0.007
    no_address: float = 0.008
    declined: float = 0.015
    amended: float = 0.03
    """Orders of which the shop sends a newer copy: another address, or another quantity."""
    cancelled: float = 0.05
    cancelled_before: float = 0.005
    invalid: float = 0.005
    scarce: float = 0.02
    """Lines of a SKU that there are only a few of."""
    split: float = 0.11
    """Orders of two things that no one location has both of; some of them are held or cancelled, and not split."""
    pickup: float = 0.06
    """Orders that the buyer comes for, to the store."""
    kit: float = 0.04
    gift: float = 0.02
    """Lines to be wrapped, or engraved with a note."""
    lots: float = 0.03
    """Orders of goods that are kept by lot."""
    terms: float = 0.04
    """Orders of business customers, on terms."""

    @classmethod
    def none(cls) -> "Shares":
        """Plain orders, and no trouble at all."""
        return cls(**dict.fromkeys((field.name for field in fields(cls)), 0.0))


@dataclass(frozen=True, slots=True)
class Submission:
    """One thing that is handed in."""

    channel: str
    body: dict[str, Any]
    resent: bool = False
    valid: bool = True

    @property
    def owner(self) -> str:
        """Whose order it is."""
        return _OWNERS.get(self.channel, "main")

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
        goods = (*self.skus, self.scarce, *_APART, *_IN_STORE, _BY_LOT)
        self._weights = {sku: 50 + self._random.randrange(40) * 50 for sku in goods}
        self._prices = {sku: 199 + self._random.randrange(100) * 100 for sku in (*goods, *_KITS)}

    def products(self) -> Iterator[Product]:
        """What there is to sell, kits behind their components."""
        for sku, weight in self._weights.items():
            by_lot = sku == _BY_LOT
            yield Product(sku=sku, title=_title(sku), weight_g=weight, track_lot=by_lot, track_expiry=by_lot)
        for sku, parts in _KITS.items():
            known = tuple(KitComponent(sku=part, quantity=n) for part, n in parts if part in self._weights)
            yield Product(sku=sku, title=_title(sku), components=known)

    def stock(self, orders: int) -> Iterator[tuple[str, str, int]]:
        """Pieces to begin with, by SKU and location: enough for so many orders, but for the scarce SKU."""
        yield self.scarce, "BER", max(1, orders // 100)
        for sku, location in _APART.items():
            yield sku, location, orders + 40
        for sku in _IN_STORE:
            yield sku, "LON", orders + 40
        whole = self._popularity[-1]
        for rank, sku in enumerate(self.skus, start=1):
            sold = orders * 2.4 * 1.5 / rank / whole
            for location in _LOCATIONS:
                if self._random.random() < 0.85 or location == "ROT":
                    yield sku, location, int(sold) + 40 + (orders // 10 if rank <= _IN_KITS else 0)

    def lots(self, orders: int) -> Iterator[tuple[str, str, int, str, int]]:
        """Lots to begin with: SKU, location, pieces, lot, days until it expires."""
        for lot, days in (("L-1", 200), ("L-2", 400)):
            yield _BY_LOT, "ROT", orders // 10 + 20, lot, days

    def limits(self) -> Iterator[tuple[str, int]]:
        """Business customers by e-mail address, and how much each may have open in euros' minor units."""
        for firm in range(_FIRMS):
            yield _purchasing(firm), 30_000 if firm == 0 else 5_000_000

    def _sku(self) -> str:
        if self._random.random() < self._shares.scarce:
            return self.scarce
        return self.skus[bisect(self._popularity, self._random.random() * self._popularity[-1])]

    def _goods(self) -> list[str]:
        """What one buyer takes."""
        draw, shares = self._random, self._shares
        if draw.random() < shares.split:
            return list(_APART)
        if draw.random() < shares.lots:
            return [_BY_LOT]
        skus = [self._sku() for _ in range(draw.choices((1, 2, 3, 4, 5), (40, 28, 17, 10, 5))[0])]
        return [draw.choice(tuple(_KITS)), *skus[1:]] if draw.random() < shares.kit else skus

    def _line(self, number: int, sku: str) -> dict[str, Any]:
        draw = self._random
        line = {
            "line_id": str(number),
            "sku": sku,
            "quantity": draw.choices((1, 2, 3), (80, 15, 5))[0],
            "unit_price_minor": self._prices[sku],
            "title": _title(sku),
        }
        if draw.random() < self._shares.gift:
            line |= draw.choice(({"gift_wrap": True}, {"note": "Engrave: with love"}))
        return line

    def order(self, number: int) -> dict[str, Any]:
        """A sound order in the hub's own format."""
        draw = self._random
        comes = draw.random() < self._shares.pickup
        country, city, postcode, latitude, longitude = _LONDON if comes else draw.choices(_CITIES, _WEIGHTS)[0]
        skus = [draw.choice(_IN_STORE)] if comes else self._goods()
        order = {
            "order_id": str(100_000 + number),
            "number": f"#{100_000 + number}",
            "source_version": "1",
            "placed_at": (_EPOCH + timedelta(seconds=number)).isoformat(),
            "currency": "EUR",
            "lines": [self._line(n, sku) for n, sku in enumerate(skus, start=1)],
            "tax_included": True,
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
        if comes:
            order["shipping"] = {"service_level": "standard", "pickup_location_id": "LON"}
        return _added_up(order)

    def _of_business(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as a business customer places it."""
        firm = self._random.randrange(_FIRMS)
        return order | {
            "customer": {"name": f"Firm {firm}", "company": f"Firm {firm}", "email": _purchasing(firm)},
            "customer_po": f"PO-{order['order_id']}",
            "payment": {"method": "terms"},
        }

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
            channel = self._random.choices(_CHANNELS, (50, 20, 10, 20))[0]
            order = self.order(number)
            if self._random.random() < shares.terms:
                channel, order = "business", self._of_business(order)
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

    def cancels(self, submissions: list[Submission]) -> tuple[list[Submission], list[Submission]]:
        """Orders that are cancelled before they come in, and after."""
        sound = [one for one in submissions if one.valid and not one.resent]
        before = [one for one in sound if self._random.random() < self._shares.cancelled_before]
        return before, [one for one in sound if one not in before and self._random.random() < self._shares.cancelled]

    def amendments(self, submissions: list[Submission]) -> Iterator[Submission]:
        """Newer copies of orders: the buyer has moved, or wants one more or fewer of something."""
        for one in submissions:
            if not one.valid or one.resent or self._random.random() >= self._shares.amended:
                continue
            body = one.body | {"source_version": "2", "lines": [dict(line) for line in one.body["lines"]]}
            line = body["lines"][0]
            match self._random.choice(("address", "more", "fewer")):
                case "address":
                    body["ship_to"] = one.body["ship_to"] | {"line1": f"Avenue {1 + self._random.randrange(200)}"}
                case "fewer" if line["quantity"] > 1:
                    line["quantity"] -= 1
                case _:
                    line["quantity"] += 1
            yield Submission(one.channel, _added_up(body))


def _purchasing(firm: int) -> str:
    return f"purchasing-{firm}@example.com"


def _title(sku: str) -> str:
    return f"Article {sku.partition('-')[2]}"


def _added_up(order: dict[str, Any]) -> dict[str, Any]:
    """The order with its total, of which the tax is 19 %."""
    goods = sum(line["quantity"] * line["unit_price_minor"] for line in order["lines"])
    shipping = 0 if goods > 5000 else 490
    total = goods + shipping
    return order | {"shipping_minor": shipping, "total_minor": total, "tax_minor": total * 19 // 119}
