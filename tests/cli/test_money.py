"""How amounts and pieces are read and written on the command line."""

import pytest
import typer

from services.cli.errands import line_quantities, quantities
from services.cli.timeline import describe
from services.hub.money import figure, major


@pytest.mark.parametrize(
    ("amount_minor", "currency", "read"),
    [(2990, "EUR", "29.90 EUR"), (2990, "JPY", "2,990 JPY"), (29900, "KWD", "29.900 KWD"), (-5, "EUR", "-0.05 EUR")],
)
def test_an_amount_has_the_decimals_of_its_currency(amount_minor: int, currency: str, read: str) -> None:
    assert major(amount_minor, currency) == read
    assert figure(abs(amount_minor), currency, "+") == f"+{read.split(maxsplit=1)[0].lstrip('-')}"


def test_the_timeline_tells_yen_as_yen() -> None:
    body = {"amount": {"amount_minor": 2990, "currency": "JPY"}, "fulfilment_id": "web:1/1"}
    assert describe("payments.evt.payment-captured.v1", body) == "2,990 JPY for web:1/1"


def test_pieces_of_a_line_that_is_named_twice_add_up() -> None:
    assert quantities(["1=2", "2=1", "1=3"]) == {"1": 5, "2": 1}
    assert [(one.line_id, one.quantity) for one in line_quantities(["a=b=2"])] == [("a=b", 2)]


@pytest.mark.parametrize("wrong", ["1", "=2", "1=0", "1=-1", "1=x"])
def test_pieces_that_are_no_number_from_one_on_are_refused(wrong: str) -> None:
    with pytest.raises(typer.Exit) as ended:
        quantities([wrong])
    assert ended.value.exit_code == 2
