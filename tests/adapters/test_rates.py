import pytest

from crossdock_contracts.values import Address
from services.hub.settings import ROOT
from services.hub.terms import Band
from services.shipping.decide.rates import ranked, weight_of
from services.shipping.rules import Rules
from services.shipping.rules.carriers import Carrier, CarrierService
from services.shipping.rules.locations import ShipFrom
from tests.builders import BERLIN, fulfilment, fulfilment_line

RULES = Rules.load(ROOT / "deploy" / "rules")
ORIGIN = ShipFrom(address=BERLIN, packaging_g=100, usual_weight_g=500)


def carrier(*bands: tuple[int, int], days: int = 2, **fields: object) -> Carrier:
    """A carrier that asks so much (minor units) up to so many grams."""
    priced = tuple(Band(up_to_g=grams, amount_minor=amount) for grams, amount in bands)
    return Carrier(
        adapter="table", currency="EUR", service={"parcel": CarrierService(bands=priced, transit_days=days, **fields)}
    )


def rules(**carriers: Carrier) -> Rules:
    return Rules(locations={"BER": ORIGIN}, carriers=carriers)


@pytest.mark.parametrize(
    ("weight_g", "amount"), [(1, 389), (1000, 389), (1001, 549), (5000, 549), (5001, 1190), (31500, 1190)]
)
def test_a_parcel_is_priced_by_the_first_band_that_holds_its_weight(weight_g: int, amount: int) -> None:
    (rate,) = [
        one
        for one in ranked(RULES, fulfilment(), weight_g)
        if (one.carrier, one.service) == ("sandbox-parcel", "standard")
    ]
    assert (rate.cost.amount_minor, rate.cost.currency, rate.transit_days, rate.refused) == (amount, "EUR", 2, "")


def test_a_parcel_beyond_the_last_band_is_too_heavy() -> None:
    offers = ranked(RULES, fulfilment(), 31501)
    assert (offers[0].carrier, offers[0].refused) == ("table-parcel", "")
    assert {one.refused for one in offers if one.carrier == "sandbox-parcel"} == {"too-heavy"}


def test_the_cheapest_offer_comes_first_then_the_faster_one() -> None:
    several = rules(dear=carrier((1000, 500)), slow=carrier((1000, 400), days=3), fast=carrier((1000, 400), days=1))
    assert [(one.rank, one.carrier) for one in ranked(several, fulfilment(), 400)] == [
        (1, "fast"),
        (2, "slow"),
        (3, "dear"),
    ]


def test_another_weight_may_make_another_carrier_the_cheapest() -> None:
    several = rules(light=carrier((1000, 300), (5000, 900)), heavy=carrier((5000, 600)))
    assert [ranked(several, fulfilment(), grams)[0].carrier for grams in (1000, 1001)] == ["light", "heavy"]


def test_a_carrier_that_is_out_of_order_comes_behind_all_others_that_fit() -> None:
    several = rules(cheap=carrier((1000, 300)), dear=carrier((1000, 900)), small=carrier((10, 100)))
    offers = ranked(several, fulfilment(), 400, frozenset({"cheap"}))
    assert [(one.carrier, one.refused) for one in offers] == [("dear", ""), ("cheap", ""), ("small", "too-heavy")]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"service_levels": ("express",)}, "other-service-level"),
        ({"countries": ("FR", "NL")}, "country-not-served"),
        ({"hazmat": False}, "hazardous-goods"),
    ],
)
def test_an_offer_that_does_not_fit_says_why(fields: dict[str, object], why: str) -> None:
    made = fulfilment(fulfilment_line().model_copy(update={"hazmat_class": "3"}))
    fits = {"hazmat": True, "countries": ("DE",)}
    (offer,) = ranked(rules(only=carrier((1000, 300), **fits | fields)), made, 400)
    assert offer.refused == why
    (offer,) = ranked(rules(only=carrier((1000, 300), **fits)), made, 400)
    assert offer.refused == ""


def test_an_address_without_a_country_is_served_by_those_who_go_everywhere() -> None:
    nowhere = fulfilment().model_copy(update={"ship_to": Address(name="Customer 1")})
    several = rules(home=carrier((1000, 300), countries=("DE",)), world=carrier((1000, 900)))
    assert [(one.carrier, one.refused) for one in ranked(several, nowhere, 400)] == [
        ("world", ""),
        ("home", "country-not-served"),
    ]


def test_a_carrier_that_is_switched_off_offers_nothing() -> None:
    off = carrier((1000, 300)).model_copy(update={"active": False})
    assert ranked(rules(off=off), fulfilment(), 400) == ()


def test_the_expected_weight_counts_pieces_and_packaging() -> None:
    assert weight_of(fulfilment(fulfilment_line(quantity=3)), ORIGIN) == 3 * 300 + 100


def test_goods_without_a_weight_on_file_weigh_what_is_usual_and_weightless_ones_nothing() -> None:
    unknown, weightless = (fulfilment_line().model_copy(update={"weight_g": grams}) for grams in (None, 0))
    assert weight_of(fulfilment(unknown, weightless), ORIGIN) == 500 + 100


def test_no_parcel_weighs_nothing() -> None:
    weightless = fulfilment_line().model_copy(update={"weight_g": 0})
    assert weight_of(fulfilment(weightless), ORIGIN.model_copy(update={"packaging_g": 0})) == 1
