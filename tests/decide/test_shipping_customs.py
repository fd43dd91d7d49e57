"""What customs are told of parcels that leave their territory."""

from typing import Any

import pytest

from crossdock_contracts.shipping import PackedParcel
from crossdock_contracts.values import Money
from services.hub.decision import changed
from services.shipping.decide.customs import crosses_border
from services.shipping.rules.locations import Export
from tests.builders import BERLIN, fulfilment, fulfilment_line, pieces
from tests.decide.dock import NO, RULES, Dock
from tests.decide.test_shipping_rates import LIVE

SWISS = BERLIN.model_copy(update={"country": "CH"})
EXPORT = Export(incoterm="DDP", signed_by="The office", tax_ids={"EORI": "DE1"})


def abroad(rules: Any = RULES, to: Any = SWISS, **line: Any) -> Dock:
    """A fulfilment of two pieces from Berlin."""
    berlin = changed(rules.locations["BER"], export=EXPORT)
    dock = Dock(rules=changed(rules, locations={**rules.locations, "BER": berlin}))
    shirt = {"title": "Shirt", "hs_code": "6109.10", "origin_country": "PT", "value_minor": 5001, **line}
    lines = fulfilment_line(1, quantity=2).model_copy(update=shirt)
    dock.arrives(fulfilment(lines).model_copy(update={"ship_to": to}))
    return dock


@pytest.mark.parametrize(
    ("origin", "destination", "crosses"),
    [
        ("DE", "DE", False),
        ("DE", "FR", False),
        ("DE", "CH", True),
        ("US", "CA", True),
        ("GB", "IE", True),
        (None, "CH", False),
    ],
)
def test_customs_are_told_of_what_leaves_their_territory(origin: Any, destination: Any, crosses: bool) -> None:
    assert crosses_border(origin, destination) is crosses


def test_customs_get_code_origin_value_weight_and_terms() -> None:
    told = abroad().intent.request.customs
    (item,) = told.items
    assert (item.description, item.hs_code, item.origin, item.quantity) == ("Shirt", "610910", "PT", 2)
    assert (item.weight_g, item.value) == (300, Money(amount_minor=2500, currency="EUR"))
    assert (told.incoterm, told.signed_by, told.tax_ids["EORI"]) == ("DDP", "The office", "DE1")
    assert told.invoice_number == "web:1/1.1"


def test_what_is_given_away_is_worth_something_to_customs() -> None:
    assert abroad(value_minor=0).intent.request.customs.items[0].value.amount_minor == 1


def test_within_the_union_nothing_is_told() -> None:
    assert abroad(to=BERLIN.model_copy(update={"country": "FR"})).intent.request.customs is None


def test_carriers_that_are_asked_what_they_charge_are_told_too() -> None:
    request = abroad(LIVE).intent.request
    assert request.parcel.customs.items[0].hs_code == "610910"


def test_each_parcel_is_declared_with_what_is_in_it() -> None:
    dock = abroad()
    dock.answered(NO)
    dock.picked(pieces(quantity=2))
    half = (pieces(quantity=1),)
    dock.packed(parcels=(PackedParcel(weight_g=400, lines=half), PackedParcel(weight_g=500, lines=half)))
    assert dock.intent.request.customs.items[0].quantity == 1
