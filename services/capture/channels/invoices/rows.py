"""Rows of the file, and what became of them."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

COLUMNS = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file."""

    number: int
    """Line of the file, its heading being line 1."""
    invoice: str
    code: str
    description: str
    quantity: int
    price: Decimal
    placed_at: str
    customer: str
    country: str

    @property
    def money(self) -> Decimal:
        """Quantity × price."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that became neither an order line nor a cancellation, and why."""

    number: int
    invoice: str
    reason: str
    money: Decimal


@dataclass(slots=True)
class Tally:
    """What became of rows and money; both add up to the file's."""

    rows: int = 0
    money: Decimal = Decimal(0)
    lines: Counter[str] = field(default_factory=Counter)
    """Rows by what they became: ``order:physical``, ``cancellation``, ``rejected:<reason>`` …"""
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Money by the same, and ``rounding``: prices of less than a penny, rounded to one."""

    def add(self, what: str, money: Decimal, *, rows: int = 1) -> None:
        """Count rows, and their money."""
        self.lines[what] += rows
        self.amounts[what] += money

    @property
    def adds_up(self) -> bool:
        """Every row and every penny is accounted for."""
        return sum(self.lines.values()) == self.rows and sum(self.amounts.values(), Decimal(0)) == self.money


def read_rows(lines: Iterable[str], tally: Tally) -> Iterator[Row | Rejection]:
    """The rows of a file; those that cannot be read are rejected by their line number.

    Raises:
        ValueError: the columns are not those of such a file.
    """
    reader = csv.DictReader(lines)
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        msg = f"line 1: columns {sorted(missing)} are missing; needed are {', '.join(COLUMNS)}"
        raise ValueError(msg)
    for raw in reader:
        tally.rows += 1
        number = reader.line_num
        try:
            row = Row(
                number,
                raw["Invoice"].strip(),
                raw["StockCode"].strip(),
                raw["Description"].strip(),
                int(raw["Quantity"]),
                Decimal(raw["Price"]),
                raw["InvoiceDate"].strip(),
                raw["Customer ID"].strip().removesuffix(".0"),
                raw["Country"].strip(),
            )
            datetime.fromisoformat(row.placed_at)
            readable = bool(row.invoice and row.code and row.price.is_finite())
        except (ValueError, InvalidOperation, AttributeError, TypeError):
            readable = False
        if not readable:
            tally.add("rejected:unreadable", Decimal(0))
            yield Rejection(number, str(raw.get("Invoice", "")), "unreadable", Decimal(0))
            continue
        tally.money += row.money
        yield row
