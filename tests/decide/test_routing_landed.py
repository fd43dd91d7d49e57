"""Freight by the carriers' tables, carbon, and what a plan comes to."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import Address, ShippingChoice
from services.hub.exchange import Exchange
from services.hub.settings import ROOT
from services.hub.terms import Band
from services.routing.decide import route
from services.routing.decide.carriage import carriage
from services.routing.decide.landed import freight_between, freight_of
from services.routing.decide.ruling import Case, case_of
from services.routing.rules import Carbon, Freight, Location, RoutingConfig, Rules, Weights
from services.routing.tariff import Carrier, CarrierService, Tariff
from services.shipping.decide.rates import ranked, weight_of
from services.shipping.rules import Rules as ShippingRules
from tests.builders import BERLIN, NOW, authorised, captured, fulfilment, line, order, promised, reserved
from tests.decide.ledger import Ledger

FOLDER = ROOT / "deploy" / "rules"
STEPS = (Band(up_to_g=1000, amount_minor=400), Band(up_to_g=10_000, amount_minor=900, per_kg_minor=150))
HERE, THERE = (Address(country="DE", latitude=52.0, longitude=lon) for lon in (13.0, 14.0))


def rules(weights: Weights | None = None, **services: CarrierService) -> Rules:
    """Two locations, one of them with a van of its own, and these carrier services."""
    return Rules(
        config=RoutingConfig(weights=weights or Weights(), carbon=Carbon(parcel_km_g=2.0)),
        locations={
            "BER": Location(address=HERE, carbon_g=100, packaging_g=0),
            "EAST": Location(address=THERE, carbon_g=50, parcel_km_g=0.0, packaging_g=0),
        },
        carriers={"north": Carrier(service=services)} if services else {},
    )


def service(*locations: str, days: int = 2, **fields: object) -> CarrierService:
    return CarrierService(transit_days=days, bands=STEPS, from_locations=locations, **fields)


def case(given_rules: Rules, *weights_g: int) -> Case:
    lines = [line(n, sku=f"S{n}", weight_g=grams) for n, grams in enumerate(weights_g, start=1)]
    return case_of(given_rules, "main", order(*lines, ship_to=HERE), {one.sku or "": 1 for one in lines}, NOW)


def ranking(given_rules: Rules, *promises: object, **fields: object) -> object:
    """The ranking of an order that goes to where BER is."""
    ledger = Ledger()
    lines = [line(n, sku=one.sku, quantity=one.quantity, weight_g=800) for n, one in enumerate(promises, start=1)]
    message = captured(*lines, **{"ship_to": HERE, **fields})
    for decide, said in (
        (route.know_order, message),
        (route.know_payment, authorised()),
        (route.know_promise, reserved(*promises)),
    ):
        ledger.take(partial(decide, given_rules), said, NOW)
    return ledger.said(OrderRoutedV1)[0].ranking


def test_a_band_asks_its_amount_or_what_the_kilograms_come_to() -> None:
    assert [service().asks(grams) for grams in (1, 1000, 1001, 6000, 6001, 10_000)] == [400, 400, 900, 900, 901, 1500]


def test_what_is_too_heavy_for_one_parcel_goes_in_as_few_as_it_needs() -> None:
    assert service().asks(10_001) == 2 * 900
    assert service().asks(25_000) == 3 * 1251


def test_the_cheapest_service_that_goes_there_from_there_is_taken_the_faster_one_first() -> None:
    slow, fast = service("BER", days=3), service("BER", days=1)
    abroad = service("BER", days=0, countries=("FR",))
    tariff = Tariff({"north": Carrier(service={"slow": slow, "fast": fast, "abroad": abroad})})
    assert tariff.cheapest("BER", "DE", "standard", 500).days == 1
    assert tariff.cheapest("BER", "FR", "standard", 500).days == 0
    assert tariff.cheapest("EAST", "DE", "standard", 500) is None
    assert tariff.cheapest("BER", "DE", "express", 500) is None
    assert tariff.cheapest("BER", "DE", "standard", 500, hazmat=frozenset({"3"})) is None
    assert Tariff({"off": Carrier(active=False, service={"x": slow})}).cheapest("BER", "DE", "standard", 5) is None


def test_freight_in_two_currencies_is_compared_by_the_rate_of_exchange_and_what_has_none_is_left_out() -> None:
    carriers = {
        "here": Carrier(currency="EUR", service={"s": service(days=4)}),
        "abroad": Carrier(currency="USD", service={"s": service("BER", days=1)}),
        "nowhere": Carrier(currency="GBP", service={"s": service("BER", "EAST", days=0)}),
    }

    def cheapest(**rates: str) -> tuple[int, int]:
        found = Tariff(carriers, Exchange(currency="EUR", rates=rates)).cheapest("BER", "DE", "standard", 500)
        return found.cost_minor, found.days

    assert [cheapest(), cheapest(USD="0.9"), cheapest(USD="1.1")] == [(400, 4), (360, 1), (400, 4)]


def test_a_carrier_without_a_rate_of_exchange_is_promised_where_no_other_is_in_time() -> None:
    given_rules = rules(parcel=service(days=3)).model_copy(
        update={
            "exchange": Exchange(currency="EUR"),
            "carriers": {
                "north": Carrier(currency="EUR", service={"parcel": service(days=3)}),
                "south": Carrier(currency="USD", service={"parcel": service(days=1)}),
            },
        }
    )
    found = carriage(given_rules, case(given_rules, 500))
    assert [one.name for one in found.services] == ["north/parcel", "south/parcel"]


@given(
    weights=st.lists(st.integers(1, 9000), min_size=1, max_size=5),
    bands=st.lists(st.tuples(st.integers(1, 40_000), st.integers(0, 900), st.integers(0, 200)), min_size=1, max_size=4),
)
def test_the_two_figures_of_freight_are_exact_for_the_whole_order_and_for_its_lightest_piece(weights, bands) -> None:
    limits = sorted({up_to: Band(up_to_g=up_to, amount_minor=a, per_kg_minor=k) for up_to, a, k in bands}.items())
    parcel = CarrierService(transit_days=1, bands=tuple(band for _, band in limits))
    given_rules = rules(Weights(freight=1.0), parcel=parcel)
    made = case(given_rules, *weights)
    fixed, kilogram = freight_of(given_rules, made, "BER")
    assert kilogram >= 0
    whole, lightest = sum(weights), min(weights)
    exact = freight_between(given_rules, made, "BER", whole).cost_minor / 100
    assert fixed + kilogram * whole / 1000 == pytest.approx(exact)
    if kilogram:
        exact = freight_between(given_rules, made, "BER", lightest).cost_minor / 100
        assert fixed + kilogram * lightest / 1000 == pytest.approx(exact)


@pytest.mark.parametrize("grams", [200, 1800, 4800, 20_000])
@pytest.mark.parametrize("country", ["DE", "US"])
@pytest.mark.parametrize("level", ["standard", "express"])
def test_routing_expects_the_freight_that_shipping_will_find_cheapest(grams: int, country: str, level: str) -> None:
    routing, shipping = Rules.load(FOLDER), ShippingRules.load(FOLDER)
    to = Address(country=country, postcode="10115", city="X")
    made = order(line(weight_g=grams), ship_to=to, shipping=ShippingChoice(service_level=level))
    expected = freight_between(routing, case_of(routing, "main", made, {"A": 1}, NOW), "BER", grams)
    parcel = fulfilment()
    parcel = parcel.model_copy(
        update={
            "ship_to": to,
            "service_level": level,
            "lines": (parcel.lines[0].model_copy(update={"weight_g": grams}),),
        }
    )
    best = ranked(shipping, parcel, weight_of(parcel, shipping.locations["BER"]))[0]
    assert (expected.cost_minor, expected.days) == (best.cost.amount_minor, best.transit_days)


def test_the_cheapest_freight_wins_where_freight_counts() -> None:
    dear = CarrierService(transit_days=1, bands=(Band(up_to_g=30_000, amount_minor=2000),), from_locations=("BER",))
    stock = promised(BER=5, EAST=5)
    near = ranking(rules(Weights(), dear=dear, cheap=service("EAST")), stock)
    cheap = ranking(rules(Weights(freight=1.0), dear=dear, cheap=service("EAST")), stock)
    assert [list(plan.shares) for plan in near] == [["BER"], ["EAST"]]
    assert [list(plan.shares) for plan in cheap] == [["EAST"], ["BER"]]
    assert [plan.freight_minor for plan in cheap] == [400, 2000]
    assert [plan.transit_days for plan in cheap] == [2, 1]
    assert cheap[0].parts["freight"] == 4.0


def test_the_parts_of_a_plan_add_up_to_its_points_and_its_freight_is_that_of_each_parcel() -> None:
    weights = Weights(freight=1.0, carbon=1.0, split=0.5)
    (plan,) = ranking(
        rules(weights, parcel=service()), promised(1, "A", 2, BER=2), promised(2, "B", 1, EAST=1), ship_to=HERE
    )
    assert sum(plan.parts.values()) == pytest.approx(plan.points, abs=0.01)
    assert plan.freight_minor == 900 + 400
    assert plan.shares == {"BER": {"A": 2}, "EAST": {"B": 1}}


def test_carbon_is_that_of_the_location_and_of_each_kilometre_and_counts_if_it_is_to() -> None:
    green = rules(Weights(distance_per_100_km=0.0, carbon=1.0))
    near, far = ranking(green, promised(BER=5, EAST=5), ship_to=Address(country="DE", latitude=52.0, longitude=12.0))
    assert list(near.shares) == ["EAST"]
    assert near.carbon_g == 50
    assert far.carbon_g == pytest.approx(100 + 2 * 68.5, abs=1)
    assert far.parts["carbon"] == pytest.approx(far.carbon_g / 1000, abs=0.001)


def test_where_no_carrier_goes_the_freight_is_what_is_taken_for_unknown() -> None:
    config = RoutingConfig(weights=Weights(freight=1.0), freight=Freight(unknown_minor=1234, unknown_days=9))
    lost = Rules(config=config, locations={"BER": Location(address=BERLIN)})
    (plan,) = ranking(lost, promised(BER=5))
    assert (plan.freight_minor, plan.transit_days, plan.parts["freight"]) == (1234, 9, 12.34)
