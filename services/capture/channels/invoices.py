"""Historic invoices of a shop, one line a row, as CSV.

The columns are Invoice, StockCode, Description, Quantity, InvoiceDate, Price, Customer ID and Country, as the UCI data
set Online Retail II has them (D. Chen, CC BY 4.0, https://doi.org/10.24432/C5CG6D).

An invoice is an order. One whose number begins with C cancels: its lines are matched with what the same customer bought
before, the latest first. One that begins with A corrects the books. Rows of an invoice need not stand together.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import Address, Customer, LineKind, LineQuantity, PaymentMethod, PaymentTerms

COLUMNS = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
_LONDON = ZoneInfo("Europe/London")
"""The dates have no zone; the shop is in London."""

_KINDS = {
    "POST": LineKind.CHARGE,
    "DOT": LineKind.CHARGE,
    "C2": LineKind.CHARGE,
    "C3": LineKind.CHARGE,
    "M": LineKind.CHARGE,
    "BANK CHARGES": LineKind.CHARGE,
    "AMAZONFEE": LineKind.CHARGE,
    "ADJUST": LineKind.CHARGE,
    "ADJUST2": LineKind.CHARGE,
    "D": LineKind.CHARGE,
    "B": LineKind.CHARGE,
    "S": LineKind.SERVICE,
    "TEST001": LineKind.SERVICE,
    "TEST002": LineKind.SERVICE,
    "GIFT": LineKind.DIGITAL,
}

_COUNTRIES = {
    "United Kingdom": "GB",
    "EIRE": "IE",
    "Germany": "DE",
    "France": "FR",
    "Netherlands": "NL",
    "Spain": "ES",
    "Switzerland": "CH",
    "Portugal": "PT",
    "Belgium": "BE",
    "Channel Islands": "JE",
    "Sweden": "SE",
    "Italy": "IT",
    "Australia": "AU",
    "Cyprus": "CY",
    "Austria": "AT",
    "Greece": "GR",
    "United Arab Emirates": "AE",
    "Denmark": "DK",
    "Norway": "NO",
    "Finland": "FI",
    "USA": "US",
    "Japan": "JP",
    "Poland": "PL",
    "Malta": "MT",
    "Lithuania": "LT",
    "Singapore": "SG",
    "RSA": "ZA",
    "Bahrain": "BH",
    "Canada": "CA",
    "Hong Kong": "HK",
    "Thailand": "TH",
    "Israel": "IL",
    "Iceland": "IS",
    "Korea": "KR",
    "Brazil": "BR",
    "Bermuda": "BM",
    "Nigeria": "NG",
    "Lebanon": "LB",
    "Czech Republic": "CZ",
    "Saudi Arabia": "SA",
}
"""Names of the file by ISO 3166-1; a name that is not here has no country, and its orders are held."""


def kind_of(code: str) -> LineKind:
    """What a stock code stands for."""
    if code.lower().startswith("gift_"):
        return LineKind.DIGITAL
    return _KINDS.get(code.upper(), LineKind.PHYSICAL)


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
class Cancellation:
    """Pieces of an earlier order that an invoice takes back."""

    invoice: str
    order_id: str
    lines: tuple[LineQuantity, ...]
    rows: tuple[int, ...]


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


@dataclass(slots=True)
class _Sale:
    """A line of an earlier order, and the pieces that are left of it."""

    order_id: str
    line_id: str
    left: int


class Planner:
    """Turns rows into orders, cancellations and rejections; the same rows always into the same."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._invoices: dict[str, list[Row]] = {}
        self._sold: dict[tuple[str, str], list[_Sale]] = defaultdict(list)
        """By customer and code, the latest last."""

    def take(self, row: Row) -> None:
        """Put a row to its invoice."""
        self._invoices.setdefault(row.invoice, []).append(row)

    def plan(self) -> Iterator[OrderInput | Cancellation | Rejection]:
        """What the rows become, invoice by invoice as they first appear; counted in the tally."""
        for invoice, rows in self._invoices.items():
            if invoice.upper().startswith("C"):
                yield from self._cancellation(invoice, rows)
            elif invoice.upper().startswith("A"):
                yield from (self._reject(row, "correction-of-the-books") for row in rows)
            else:
                yield from self._order(invoice, rows)

    def _reject(self, row: Row, reason: str) -> Rejection:
        self.tally.add(f"rejected:{reason}", row.money)
        return Rejection(row.number, row.invoice, reason, row.money)

    def _order(self, invoice: str, rows: list[Row]) -> Iterator[OrderInput | Rejection]:
        sound = [row for row in rows if row.quantity > 0 and row.price >= 0]
        for row in rows:
            if row not in sound:
                yield self._reject(row, "stock-adjustment" if row.quantity <= 0 else "negative-price")
        if sound:
            yield self._order_of(invoice, sound)

    def _order_of(self, invoice: str, rows: list[Row]) -> OrderInput:
        lines = []
        for row in rows:
            kind = kind_of(row.code)
            cents = int((row.price * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
            line_id = str(row.number)
            code = row.code.upper()
            lines.append(
                LineInput(
                    line_id=line_id,
                    kind=kind,
                    listing_id=code if kind is LineKind.PHYSICAL else "",
                    title=row.description or row.code,
                    quantity=row.quantity,
                    unit_price_minor=cents,
                )
            )
            booked = Decimal(cents * row.quantity) / 100
            self.tally.add(f"order:{kind.value}", booked)
            self.tally.add("rounding", row.money - booked, rows=0)
            if kind is LineKind.PHYSICAL and row.customer:
                self._sold[row.customer, code].append(_Sale(invoice, line_id, row.quantity))
        first = rows[0]
        name = f"Customer {first.customer}" if first.customer else "Guest"
        placed = datetime.fromisoformat(first.placed_at).replace(tzinfo=_LONDON).astimezone(UTC)
        return OrderInput(
            order_id=invoice,
            number=invoice,
            placed_at=placed,
            currency="GBP",
            lines=tuple(lines),
            total_minor=sum(line.quantity * line.unit_price_minor for line in lines),
            tax_included=True,
            payment=PaymentTerms(method=PaymentMethod.PREPAID, reference=invoice),
            customer=Customer(channel_customer_id=first.customer, name=name),
            ship_to=Address(name=name, country=_COUNTRIES.get(first.country)),
        )

    def _cancellation(self, invoice: str, rows: list[Row]) -> Iterator[Cancellation | Rejection]:
        taken: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        numbers: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            reason = self._unmatchable(row)
            matched = [] if reason else self._match(row)
            if not matched:
                yield self._reject(row, reason or "no-earlier-sale")
                continue
            self.tally.add("cancellation", row.money)
            for order_id, line_id, quantity in matched:
                taken[order_id][line_id] += quantity
                numbers[order_id].append(row.number)
        for order_id, lines in taken.items():
            quantities = tuple(LineQuantity(line_id=line, quantity=n) for line, n in lines.items())
            yield Cancellation(invoice, order_id, quantities, tuple(dict.fromkeys(numbers[order_id])))

    @staticmethod
    def _unmatchable(row: Row) -> str:
        if row.quantity >= 0:
            return "positive-cancellation"
        if kind_of(row.code) is not LineKind.PHYSICAL:
            return "credit-of-a-charge"
        return "" if row.customer else "no-customer"

    def _match(self, row: Row) -> list[tuple[str, str, int]]:
        """The latest sales of this code to this customer that make up the quantity; none if they do not."""
        sales, wanted = self._sold[row.customer, row.code.upper()], -row.quantity
        if sum(sale.left for sale in sales) < wanted:
            return []
        found: list[tuple[str, str, int]] = []
        while wanted:
            sale = sales[-1]
            quantity = min(wanted, sale.left)
            found.append((sale.order_id, sale.line_id, quantity))
            wanted -= quantity
            sale.left -= quantity
            if not sale.left:
                sales.pop()
        return found
