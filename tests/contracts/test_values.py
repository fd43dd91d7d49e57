from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crossdock_contracts.base import Id, Moment, Owner, Utc, Value
from crossdock_contracts.envelope import timestamp
from crossdock_contracts.labels import Parcel
from crossdock_contracts.values import (
    Address,
    Code,
    Country,
    Currency,
    Dimensions,
    Hold,
    LineQuantity,
    Money,
    OrderLine,
    OrderTotals,
    PaymentMethod,
    PaymentTerms,
    Priority,
)
from tests.builders import BERLIN, hold, line, order


def refusal(kind: Any, value: Any) -> str:
    """Why a value is refused: the paths and reasons."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in caught.value.errors())


def accepted(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize("amount", [19.99, "19.99", float("nan"), float("inf"), None, [1]])
def test_an_amount_is_a_whole_number_of_minor_units(amount: Any) -> None:
    assert refusal(Money, {"amount_minor": amount, "currency": "EUR"}).startswith("amount_minor: ")


def test_an_amount_may_be_negative_and_of_any_size() -> None:
    for amount in (-1, 0, 10**15):
        assert Money.model_validate_json(Money(amount_minor=amount, currency="JPY").model_dump_json()) == Money(
            amount_minor=amount, currency="JPY"
        )


@pytest.mark.parametrize("code", ["eur", "EU", "EURO", "EUR\n", " EUR", "€UR", "ＥＵＲ", "", None, 978])
def test_a_currency_is_three_capital_letters(code: Any) -> None:
    assert refusal(Currency, code)


@pytest.mark.parametrize("code", ["de", "DEU", "D", "DE\n", "49", ""])
def test_a_country_is_two_capital_letters(code: str) -> None:
    assert refusal(Country, code)


@pytest.mark.parametrize("code", ["Card-Declined", "card declined", "-card", "card_declined", "", "x" * 65, "ok\n"])
def test_a_code_is_words_in_lower_case_joined_by_hyphens(code: str) -> None:
    assert refusal(Code, code)
    assert accepted(Code, "card-declined-3ds") == "card-declined-3ds"


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "two", None])
def test_a_quantity_is_at_least_one_whole_piece(quantity: Any) -> None:
    assert refusal(LineQuantity, {"line_id": "1", "quantity": quantity}).startswith("quantity: ")


def test_a_line_sells_at_least_one_and_discounts_at_least_nothing() -> None:
    sound = line().model_dump()
    for field, wrong in (("quantity", 0), ("ordered_quantity", 0), ("discount_minor", -1), ("unit_price_minor", 9.99)):
        assert refusal(OrderLine, sound | {field: wrong}).startswith(f"{field}: ")


def test_weights_and_lengths_are_whole_and_not_negative() -> None:
    assert refusal(OrderLine, line().model_dump() | {"weight_g": -1}) == "weight_g: greater_than_equal"
    assert refusal(OrderLine, line().model_dump() | {"weight_g": 0.3}) == "weight_g: int_from_float"
    assert accepted(OrderLine, line().model_dump() | {"weight_g": None}).weight_g is None
    assert refusal(Dimensions, {"length_mm": 0, "width_mm": 1, "height_mm": 1}) == "length_mm: greater_than"


def test_a_parcel_weighs_something() -> None:
    money = Money(amount_minor=390, currency="EUR")
    parcel = Parcel(parcel_id="1", carrier="table", service="world", tracking_number="XD1", weight_g=1, cost=money)
    assert refusal(Parcel, parcel.model_dump() | {"weight_g": 0}) == "weight_g: greater_than"


def test_discount_and_shipping_are_never_negative() -> None:
    for field in ("discount_minor", "shipping_minor"):
        assert refusal(OrderTotals, {"lines_minor": 1, "total_minor": 1, field: -1}) == f"{field}: greater_than_equal"


def test_an_order_has_lines() -> None:
    assert "lines: too_short" in refusal(type(order()), order().model_dump() | {"lines": ()})


@pytest.mark.parametrize(("latitude", "longitude"), [(90.1, 0), (-91, 0), (0, 180.5), (0, -181), (float("nan"), 0)])
def test_a_place_lies_on_the_globe(latitude: float, longitude: float) -> None:
    assert refusal(Address, {"latitude": latitude, "longitude": longitude})


def test_an_address_needs_only_what_its_country_uses() -> None:
    assert accepted(Address, {}) == Address()
    assert refusal(Address, {"country": "Germany"}) == "country: string_pattern_mismatch"


@pytest.mark.parametrize(("priority", "sound"), [(0, True), (9, True), (-1, False), (10, False)])
def test_a_priority_is_one_digit(priority: int, sound: bool) -> None:
    if sound:
        assert accepted(Priority, priority) == priority
    else:
        assert refusal(Priority, priority)


def test_identifiers_are_never_empty_nor_endless() -> None:
    assert accepted(Id, "x" * 512) == "x" * 512
    assert refusal(Id, "") == ": string_too_short"
    assert refusal(Id, "x" * 513) == ": string_too_long"
    assert refusal(Owner, "x" * 65) == ": string_too_long"


def test_an_expired_hold_is_released_or_rejected_and_nothing_else() -> None:
    assert refusal(Hold, hold().model_dump() | {"on_expiry": "released"}) == "on_expiry: string_pattern_mismatch"


@pytest.mark.parametrize("moment", ["2026-03-02T09:30:00", "2026-03-02", datetime(2026, 3, 2)])  # noqa: DTZ001
def test_a_moment_without_an_offset_is_refused(moment: Any) -> None:
    assert refusal(Utc, moment) == ": timezone_aware"
    assert refusal(Moment, moment) == ": timezone_aware"


def test_utc_takes_no_other_offset() -> None:
    assert accepted(Utc, "2026-03-02T09:30:00Z") == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert refusal(Utc, "2026-03-02T10:30:00+01:00") == ": timezone_offset"


def test_a_moment_from_outside_is_kept_in_utc() -> None:
    moment = accepted(Moment, "2026-03-02T10:30:00+01:00")
    assert (moment, moment.tzinfo) == (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), UTC)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_that_utc_cannot_hold_is_refused(moment: str) -> None:
    assert refusal(Moment, moment) == ": value_error"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_timestamp_reads_back_to_the_microsecond(moment: datetime) -> None:
    written = timestamp(moment)
    assert accepted(Utc, written) == moment
    assert len(written) == len("2026-02-03T04:05:06.000007Z")


def test_values_are_frozen_and_ignore_what_they_do_not_know() -> None:
    assert accepted(Address, BERLIN.model_dump() | {"planet": "Earth"}) == BERLIN
    with pytest.raises(ValidationError, match="frozen"):
        BERLIN.city = "Hamburg"


def test_values_are_equal_by_what_they_hold_and_by_kind() -> None:
    class Price(Value):
        amount_minor: int
        currency: str

    money = Money(amount_minor=1, currency="EUR")
    assert money == Money(amount_minor=1, currency="EUR")
    assert hash(money) == hash(Money(amount_minor=1, currency="EUR"))
    assert money != Money(amount_minor=2, currency="EUR")
    assert money != Price(amount_minor=1, currency="EUR")


def test_a_payment_token_is_not_shown() -> None:
    terms = PaymentTerms(method=PaymentMethod.TOKEN, token="tok_secret")
    assert "tok_secret" not in repr(terms)
    assert "tok_secret" not in str(order(payment=terms))
