"""Orders that the sandboxed shops have: the same for the same seed, each written by its shop in its own way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from services.sandbox.api import now

_PEOPLE = (("Marta", "Jansen"), ("José", "Núñez"), ("Zoë", "O'Neill"), ("李", "雷"), ("Ayşe", "Yılmaz"))
_PLACES = (
    ("Friedrichstraße 12", "Berlin", "BE", "10117", "DE"),
    ("Coolsingel 40", "Rotterdam", "ZH", "3011 AD", "NL"),
    ("12 rue de la République", "Lyon", "ARA", "69002", "FR"),
    ("417 Montgomery Street", "San Francisco", "CA", "94104", "US"),
)
SKUS = tuple(f"SKU-{number:04}" for number in range(1, 51))
"""What is sold where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line."""

    number: int
    sku: str
    quantity: int
    unit_minor: int

    @property
    def total_minor(self) -> int:
        """What it comes to."""
        return self.quantity * self.unit_minor


@dataclass(frozen=True, slots=True)
class Sale:
    """An order as every shop knows it; prices include tax, and are in euros."""

    number: int
    placed_at: datetime
    first_name: str
    last_name: str
    street: str
    city: str
    region: str
    postcode: str
    country: str
    lines: tuple[SaleLine, ...]
    shipping_minor: int
    currency: str = "EUR"

    @property
    def email(self) -> str:
        """Of the buyer."""
        return f"buyer{self.number}@example.com"

    @property
    def lines_minor(self) -> int:
        """What the lines come to."""
        return sum(line.total_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        """What the buyer pays."""
        return self.lines_minor + self.shipping_minor


def sales(count: int, *, seed: int = 1, first: int = 1, skus: Sequence[str] = SKUS) -> Iterator[Sale]:
    """So many orders, numbered from ``first``; each placed a second behind the one before, the last one now."""
    begin = now().replace(microsecond=0) - timedelta(seconds=count - 1)
    for number in range(first, first + count):
        rng = Random(f"{seed}:{number}")  # noqa: S311  # repeatable, not secret
        chosen = rng.sample(list(skus), min(len(skus), rng.choice((1, 1, 1, 2, 2, 3))))
        street, city, region, postcode, country = rng.choice(_PLACES)
        first_name, last_name = rng.choice(_PEOPLE)
        yield Sale(
            number=number,
            placed_at=begin + timedelta(seconds=number - first),
            first_name=first_name,
            last_name=last_name,
            street=street,
            city=city,
            region=region,
            postcode=postcode,
            country=country,
            lines=tuple(
                SaleLine(line, sku, rng.choice((1, 1, 1, 2)), rng.randrange(500, 9000, 5))
                for line, sku in enumerate(chosen, start=1)
            ),
            shipping_minor=rng.choice((0, 490)),
        )


def decimal(minor: int) -> str:
    """An amount in euros as text: ``12.30``."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def minor(text: object) -> int:
    """An amount that was written as text or number, in cents.

    Raises:
        ValueError: it is no amount.
    """
    return round(float(str(text)) * 100)
