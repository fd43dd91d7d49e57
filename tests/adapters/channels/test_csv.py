"""Files of orders: a row for each line, errors by line and column."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import UnmappableError
from services.capture.channels.csv import Csv
from services.capture.decide.money import expected_total, totals
from tests.adapters.channels.samples import stands_anything

HEADER = (
    "order_id,placed_at,currency,shipping,total,payment_method,ship_to_name,ship_to_country,tags,"
    "line_id,kind,sku,quantity,unit_price,line_discount\n"
)
SOUND = (
    "1,2026-03-02T10:30:00+01:00,EUR,4.90,28.90,prepaid,Zoë,FR,vip; été,1,,A,2,12.50,1.00\n"
    "2,2026-03-02T10:30:00+01:00,JPY,,1500,terms,,,,1,,B,1,1500,\n"
    "1,,,,,,,,,2,discount,,1,0.00,\n"
)


def file(rows: str = SOUND) -> bytes:
    return ("\ufeff" + HEADER + rows).encode()


def orders(content: bytes) -> list[OrderInput]:
    return [Csv().read(body) for body in Csv().split(content)]


def refusal(content: bytes) -> str:
    with pytest.raises(UnmappableError) as caught:
        orders(content)
    return str(caught.value)


def test_rows_become_orders_by_their_id_wherever_they_stand() -> None:
    one, two = orders(file())
    assert [(line.line_id, line.kind, line.sku, line.quantity, line.unit_price_minor) for line in one.lines] == [
        ("1", LineKind.PHYSICAL, "A", 2, 1250),
        ("2", LineKind.DISCOUNT, "", 1, 0),
    ]
    assert (one.order_id, one.shipping_minor, one.total_minor, one.tags) == ("1", 490, 2890, ("vip", "été"))
    assert one.ship_to is not None
    assert (one.ship_to.name, one.ship_to.country) == ("Zoë", "FR")
    assert (two.currency, two.total_minor, two.payment.method) == ("JPY", 1500, PaymentMethod.TERMS)
    assert all(expected_total(totals(order)) == order.total_minor for order in (one, two))


def test_a_wrong_order_is_named_by_line_and_column_and_does_not_stop_the_others() -> None:
    wrong = SOUND.replace("B,1,1500", "B,1.5,15.00")
    first, second = Csv().split(file(wrong))
    assert Csv().read(first).order_id == "1"
    assert Csv().order_id(second) == "2"
    with pytest.raises(UnmappableError) as caught:
        Csv().read(second)
    told = str(caught.value)
    assert "line 3, quantity: '1.5' is no number of pieces" in told
    assert "line 3, unit_price: 15.00 is finer than the minor unit of JPY" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER.replace("sku", "article").encode(), "line 1, article: no such column"),
        (b"order_id,line_id\n1,1\n", "line 1, placed_at: the column is not there"),
        (HEADER.encode(), "line 2: the file has no rows"),
        (b"", "line 1, order_id: the column is not there"),
        (b"\xff\xfe", "line 1: it is not UTF-8"),
        (file("1,2026-03-02,EUR,,1.00,prepaid,,,,1,,A,1,1.00,\n"), "line 2, placed_at: 2026-03-02 has no offset"),
        (file(",2026-03-02T10:30:00Z,EUR,,1.00,prepaid,,,,1,,A,1,1.00,\n"), "line 2, order_id: it is empty; fill it"),
        (file("1,2026-03-02T10:30:00Z,EUR,,1.00,barter,,,,1,,A,1,1.00,\n"), "line 2, payment_method: Input should be"),
        (file("1,2026-03-02T10:30:00Z,,,1.00,prepaid,,,,1,,A,1,1.00,\n"), "line 2, currency: it is empty on every row"),
        (file(SOUND + "1,,USD,,,,,,,3,,A,1,1.00,\n"), "line 5, currency: 'USD' is 'EUR' on line 2"),
        (file(SOUND + "1,,,,,,,,,1,,A,1,1.00,\n"), "line 5, line_id: line 1 of 1 stands on line 2 already"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(content: bytes, told: str) -> None:
    assert told in refusal(content)


def test_a_file_of_one_order_can_be_handed_in_as_it_is_and_one_of_several_cannot() -> None:
    only = file(SOUND.splitlines(keepends=True)[1])
    assert (Csv().order_id(only), Csv().read(only).order_id) == ("2", "2")
    with pytest.raises(UnmappableError, match="2 orders; hand in each by itself"):
        Csv().order_id(file())


def test_what_an_order_is_handed_in_as_keeps_its_rows() -> None:
    body = orjson.loads(Csv().split(file())[1])
    assert (body["order_id"], body["rows"][0]["line"], body["rows"][0]["cells"]["total"]) == ("2", 3, "1500")


@given(st.integers(0, 2**32))
def test_whatever_comes_becomes_an_order_or_a_refusal(seed: int) -> None:
    stands_anything(Csv(), orjson.loads(Csv().split(file())[0]), seed)


@given(st.binary(max_size=200), st.text(max_size=200))
def test_whatever_file_comes_becomes_orders_or_a_refusal(content: bytes, rows: str) -> None:
    for one in (content, HEADER.encode() + content, file(rows)):
        reason = "orders"
        try:
            orders(one)
        except UnmappableError as error:
            reason = str(error)
        assert reason
