"""Historic invoices of a shop, one line a row, as CSV.

The columns are Invoice, StockCode, Description, Quantity, InvoiceDate, Price, Customer ID and Country, as the UCI data
set Online Retail II has them (D. Chen, CC BY 4.0, https://doi.org/10.24432/C5CG6D).

An invoice is an order. One whose number begins with C cancels: its lines are matched with what the same customer bought
before, the latest first. One that begins with A corrects the books. Rows of an invoice need not stand together.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import Address, Customer, LineKind, LineQuantity, PaymentMethod, PaymentTerms
from services.capture.channels.invoices.codes import COUNTRIES, kind_of
from services.capture.channels.invoices.rows import Rejection, Row, Tally

_LONDON = ZoneInfo("Europe/London")
"""The dates have no zone; the shop is in London."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Pieces of an earlier order that an invoice takes back."""

    invoice: str
    order_id: str
    lines: tuple[LineQuantity, ...]
    rows: tuple[int, ...]


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
            ship_to=Address(name=name, country=COUNTRIES.get(first.country)),
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
