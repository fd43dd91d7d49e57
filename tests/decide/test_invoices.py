import csv
import gzip
import io
from collections import Counter
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind
from services.capture.channels.invoices import Cancellation, Planner
from services.capture.channels.invoices.codes import kind_of
from services.capture.channels.invoices.rows import COLUMNS, Rejection, Tally, read_rows
from services.hub.settings import ROOT

FILE = ROOT.parent / "shared" / "data" / "orders" / "online_retail_II_2009-2010.csv.gz"
SLICE = 20_000

Planned = tuple[list[OrderInput], list[Cancellation], list[Rejection], Tally]


def row(
    invoice: str = "1", code: str = "22041", quantity: Any = 2, price: Any = "2.10", **fields: str
) -> dict[str, str]:
    """One row of a file."""
    return {
        "Invoice": invoice,
        "StockCode": code,
        "Description": "FRAME",
        "Quantity": str(quantity),
        "InvoiceDate": "2009-12-01 07:45:00",
        "Price": str(price),
        "Customer ID": "13085.0",
        "Country": "United Kingdom",
        **{name.replace("_", " "): value for name, value in fields.items()},
    }


def planned(*rows: dict[str, str]) -> Planned:
    """What the rows of a file become."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    file.seek(0)
    return planned_of(file)


def planned_of(lines: Any) -> Planned:
    tally = Tally()
    planner = Planner(tally)
    found: list[Any] = []
    for one in read_rows(lines, tally):
        if isinstance(one, Rejection):
            found.append(one)
        else:
            planner.take(one)
    found += planner.plan()
    orders, cancellations, rejections = (
        [one for one in found if isinstance(one, kind)] for kind in (OrderInput, Cancellation, Rejection)
    )
    return orders, cancellations, rejections, tally


def taken_back(cancellation: Cancellation) -> list[tuple[str, int]]:
    return [(line.line_id, line.quantity) for line in cancellation.lines]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("22041", LineKind.PHYSICAL),
        ("79323W", LineKind.PHYSICAL),
        ("POST", LineKind.CHARGE),
        ("M", LineKind.CHARGE),
        ("m", LineKind.CHARGE),
        ("BANK CHARGES", LineKind.CHARGE),
        ("S", LineKind.SERVICE),
        ("TEST001", LineKind.SERVICE),
        ("gift_0001_20", LineKind.DIGITAL),
        ("GIFT", LineKind.DIGITAL),
    ],
)
def test_a_stock_code_says_what_kind_of_line_it_is(code: str, kind: LineKind) -> None:
    assert kind_of(code) is kind


def test_rows_of_one_invoice_are_one_order_even_where_they_do_not_stand_together() -> None:
    orders, _, _, _ = planned(row("1"), row("2", code="POST", price="18.00", quantity=1), row("1", code="79323w"))
    assert [[line.line_id for line in order.lines] for order in orders] == [["2", "4"], ["3"]]
    assert [line.listing_id for line in orders[0].lines] == ["22041", "79323W"]
    assert (orders[1].lines[0].kind, orders[1].lines[0].listing_id) == (LineKind.CHARGE, "")


def test_an_order_has_its_total_its_buyer_and_its_moment() -> None:
    ((order,), _, _, _) = planned(row(quantity=12, price="6.95", InvoiceDate="2010-07-01 07:45:00"))
    assert (order.total_minor, order.currency, order.tax_included) == (8340, "GBP", True)
    assert (order.customer.channel_customer_id, order.ship_to.country) == ("13085", "GB")
    assert order.placed_at.isoformat() == "2010-07-01T06:45:00+00:00"  # the shop's summer time


def test_an_unknown_country_and_an_unknown_buyer_are_left_open() -> None:
    ((order,), _, _, _) = planned(row(Country="Unspecified", Customer_ID=""))
    assert (order.ship_to.country, order.ship_to.name, order.customer.channel_customer_id) == (None, "Guest", "")


def test_prices_of_less_than_a_penny_are_rounded_to_even_and_the_rest_is_counted() -> None:
    ((order,), _, _, tally) = planned(row(price="0.125", quantity=3), row(price="0.135", quantity=1))
    assert [line.unit_price_minor for line in order.lines] == [12, 14]
    assert (tally.amounts["rounding"], tally.adds_up) == (Decimal("0.010"), True)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quantity": -5}, "stock-adjustment"),
        ({"quantity": 0}, "stock-adjustment"),
        ({"price": "-1.00"}, "negative-price"),
        ({"invoice": "A506401", "code": "B", "price": "-53594.36"}, "correction-of-the-books"),
        ({"invoice": "C2", "quantity": 1}, "positive-cancellation"),
        ({"invoice": "C2", "code": "POST", "quantity": -1}, "credit-of-a-charge"),
        ({"invoice": "C2", "quantity": -1, "Customer_ID": ""}, "no-customer"),
        ({"invoice": "C2", "quantity": -1}, "no-earlier-sale"),
    ],
)
def test_what_is_no_sale_is_rejected_with_its_line_number_its_reason_and_its_money(fields: Any, reason: str) -> None:
    orders, cancellations, (rejected,), tally = planned(row("9", Customer_ID="1"), row(**{"invoice": "8", **fields}))
    assert (rejected.number, rejected.reason) == (3, reason)
    assert rejected.money == Decimal(fields.get("quantity", 2)) * Decimal(fields.get("price", "2.10"))
    assert (len(orders), cancellations, tally.lines[f"rejected:{reason}"]) == (1, [], 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": "many"},
        {"quantity": "1.5"},
        {"price": "free"},
        {"price": "NaN"},
        {"price": "Infinity"},
        {"InvoiceDate": "yesterday"},
        {"invoice": " "},
        {"code": ""},
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_by_its_line_number_and_its_neighbours_go_on(fields: Any) -> None:
    (order,), _, (rejected,), tally = planned(row(), row(**fields), row())
    assert (rejected.number, rejected.reason) == (3, "unreadable")
    assert [line.line_id for line in order.lines] == ["2", "4"]
    assert tally.adds_up


def test_a_row_that_is_too_short_is_unreadable() -> None:
    _, _, (rejected,), tally = planned_of([",".join(COLUMNS), "489434,85048,BALL"])
    assert (rejected.number, rejected.invoice, tally.rows, tally.adds_up) == (2, "489434", 1, True)


def test_a_description_over_two_lines_leaves_the_numbers_right() -> None:
    _, _, (rejected,), _ = planned(row(Description="TWO\nLINES"), row(quantity="many"))
    assert rejected.number == 4


def test_a_file_with_other_columns_is_refused_with_those_that_are_missing() -> None:
    with pytest.raises(ValueError, match=r"line 1: columns \['Price'\] are missing"):
        list(read_rows([",".join(name for name in COLUMNS if name != "Price")], Tally()))


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(read_rows([], Tally()))


def test_a_cancellation_takes_back_what_the_same_buyer_bought_the_latest_first() -> None:
    rows = [row("1", quantity=3), row("2", quantity=2), row("C3", quantity=-4)]
    _, cancellations, rejections, tally = planned(*rows)
    assert {one.order_id: taken_back(one) for one in cancellations} == {"2": [("3", 2)], "1": [("2", 2)]}
    assert {(one.invoice, one.rows) for one in cancellations} == {("C3", (4,))}
    assert (rejections, tally.lines["cancellation"], tally.adds_up) == ([], 1, True)


def test_two_rows_of_a_cancellation_that_meet_in_one_line_are_one_quantity() -> None:
    _, (cancellation,), _, _ = planned(row("1", quantity=5), row("C2", quantity=-2), row("C2", quantity=-3))
    assert (taken_back(cancellation), cancellation.rows) == ([("2", 5)], (3, 4))


@pytest.mark.parametrize("fields", [{"Customer_ID": "2.0"}, {"code": "79323W"}, {"quantity": -6}])
def test_what_another_bought_or_another_thing_or_more_than_was_bought_is_not_taken_back(fields: Any) -> None:
    _, cancellations, (rejected,), _ = planned(row("1", quantity=5), row(**{"invoice": "C2", "quantity": -5, **fields}))
    assert (cancellations, rejected.reason) == ([], "no-earlier-sale")


def test_nothing_is_taken_back_twice_or_before_it_is_bought() -> None:
    first, sale, again = row("C1", quantity=-5), row("2", quantity=5), row("C3", quantity=-5)
    _, cancellations, rejections, _ = planned(first, sale, again, {**again, "Invoice": "C4"})
    assert [one.invoice for one in cancellations] == ["C3"]
    assert [one.number for one in rejections] == [2, 5]


ROWS = st.builds(
    row,
    invoice=st.sampled_from(["1", "2", "3", "C4", "C5", "A6", "2"]),
    code=st.sampled_from(["22041", "79323W", "79323w", "POST", "gift_1", "S"]),
    quantity=st.one_of(st.integers(-6, 9), st.just("?")),
    price=st.one_of(st.decimals("-5", "99", places=3), st.sampled_from(["x", "NaN"])),
    Customer_ID=st.sampled_from(["1.0", "2", ""]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, max_size=15))
def test_every_row_and_every_penny_is_accounted_for(rows: list[dict[str, str]]) -> None:
    check_that_all_adds_up(planned(*rows), len(rows))


def check_that_all_adds_up(found: Planned, rows: int) -> None:
    """Rows and money of what was planned are those of the file; nothing is taken back that was not sold."""
    orders, cancellations, rejections, tally = found
    assert (tally.rows, tally.adds_up) == (rows, True)
    lines = [line for order in orders for line in order.lines]
    assert Counter(line.kind.value for line in lines) == {
        what.removeprefix("order:"): n for what, n in tally.lines.items() if what.startswith("order:")
    }
    assert sum(order.total_minor for order in orders) == 100 * sum(
        money for what, money in tally.amounts.items() if what.startswith("order:")
    )
    assert len(rejections) == sum(n for what, n in tally.lines.items() if what.startswith("rejected:"))
    assert len({one.number for one in rejections} | {int(line.line_id) for line in lines}) == len(rejections) + len(
        lines
    )
    sold = {(order.order_id, line.line_id): line.quantity for order in orders for line in order.lines}
    gone = Counter[tuple[str, str]]()
    for one in cancellations:
        gone.update({(one.order_id, line.line_id): line.quantity for line in one.lines})
    assert all(quantity <= sold[line] for line, quantity in gone.items())


def test_the_real_file_adds_up() -> None:
    if not FILE.exists():
        pytest.skip(f"the historic invoices are not at {FILE}")
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
        found = planned_of(islice(lines, SLICE + 1))
    check_that_all_adds_up(found, SLICE)
    orders, cancellations, rejections, tally = found
    assert len(orders) > 500
    assert len(cancellations) > 20
    assert not any(order.order_id.startswith("C") for order in orders)
    assert tally.lines["order:physical"] > 0.9 * SLICE
    assert {one.reason for one in rejections} >= {"stock-adjustment", "no-earlier-sale", "credit-of-a-charge"}
