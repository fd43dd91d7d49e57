"""What may go where: a location from which nothing may be sent is left out of routing, with the reason."""

import re
import tomllib

import pytest

from crossdock_contracts.values import Dimensions, ShippingChoice
from services.hub.settings import ROOT
from services.routing import tariff
from services.routing.rules import Location
from services.routing.timetables import Moves
from services.shipping.rules.carriers import CarrierService
from tests.builders import BERLIN, line, promised
from tests.decide.depot import Routing, carrier, depots, place, service

LONG = Dimensions(length_mm=1500, width_mm=200, height_mm=100)


PAGE = (ROOT / "docs" / "routing.md").read_text()
BLOCKS = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]


def rules(**fields):
    """One service, as these fields limit it."""
    return depots(carriers={"post": carrier(parcel=service(**fields))})


def reasons(unroutable) -> list[str]:
    return [rule.rule for rule in unroutable.rules]


@pytest.mark.parametrize(
    ("limits", "order", "why"),
    [
        ({"countries": ("FR",)}, {}, "country not served"),
        ({"banned_countries": ("DE",)}, {}, "country banned"),
        ({"service_levels": ("express",)}, {}, "other service level"),
        ({"post_boxes": False}, {"ship_to": BERLIN.model_copy(update={"po_box": True})}, "no post boxes"),
        ({"hazmat_classes": ("9",)}, {"hazmat_class": "3"}, "hazardous goods of class 3"),
        ({}, {"weight_g": 30_001}, "a piece of 30001 g is too heavy"),
        ({"longest_mm": 1200}, {"dimensions": LONG}, "a piece of 1500 mm is too long"),
        ({"girth_mm": 2000}, {"dimensions": LONG}, "a piece is too large around"),
    ],
)
def test_what_no_carrier_service_takes_is_not_routed_and_the_event_says_why(limits, order, why):
    fields = {name: order[name] for name in ("weight_g", "dimensions", "hazmat_class") if name in order}
    more = {name: value for name, value in order.items() if name not in fields}
    depot = rules(**limits)
    places = {"BER": place(hazmat_classes=("3", "9"))}
    depot = depot.model_copy(update={"locations": places})
    unroutable = Routing(depot).order(line(**fields), **more)
    assert unroutable.reason == "no-location"
    assert reasons(unroutable) == [f"no carrier service takes it: post/parcel: {why}"]


def test_what_a_service_takes_goes_with_it():
    depot = rules(hazmat_classes=("3",), banned_countries=("US",), post_boxes=True, longest_mm=1500, girth_mm=2100)
    depot = depot.model_copy(update={"locations": {"BER": place(hazmat_classes=("3",))}})
    box = BERLIN.model_copy(update={"line2": "P.O. Box 7"})
    routed = Routing(depot).order(line(hazmat_class="3", dimensions=LONG, weight_g=30_000), ship_to=box)
    assert routed.fulfilments[0].promise.services == ("post/parcel",)
    assert routed.fulfilments[0].lines[0].dimensions == LONG


def test_hazardous_goods_come_from_where_they_may_and_the_rest_from_the_nearest():
    depot = depots(
        BER=place(), ROT=place("NL", hazmat_classes=("3",)), carriers={"post": carrier(parcel=service(hazmat=True))}
    )
    lines = line(1), line(2, sku="B", hazmat_class="3")
    both = [promised(1, "A", BER=5), promised(2, "B", BER=5, ROT=5)]
    routed = Routing(depot).order(*lines, promises=both)
    assert {f.location_id: [one.sku for one in f.lines] for f in routed.fulfilments} == {"BER": ["A"], "ROT": ["B"]}
    left_out = next(rule for rule in routed.rules if rule.location_id == "BER")
    assert (left_out.rule, left_out.effect) == ("location may not ship these hazardous goods", "left out")


def test_goods_that_no_service_takes_together_do_not_go_in_one_parcel():
    light = service(hazmat=True, longest_mm=1000)
    bulky = service(price=900)
    depot = depots(
        BER=place(hazmat_classes=("3",)), ROT=place("NL", hazmat_classes=("3",)),
        carriers={"post": carrier(light=light, bulky=bulky)},
    )  # fmt: skip
    lines = line(1, hazmat_class="3"), line(2, sku="B", dimensions=LONG)
    both = [promised(1, "A", BER=5, ROT=5), promised(2, "B", BER=5)]
    ledger = Routing(depot)
    routed = ledger.order(*lines, promises=both)
    found = {f.fulfilment_id: ([one.sku for one in f.lines], f.promise.services) for f in routed.fulfilments}
    assert sorted(found.values()) == [(["A"], ("post/light",)), (["B"], ("post/bulky",))]
    assert {f.location_id for f in routed.fulfilments} == {"BER"}
    assert sum(one.value_minor for f in routed.fulfilments for one in f.lines) == 2000
    assert [share.fulfilment_id for share in ledger.route().shares] == list(found)


@pytest.mark.parametrize(
    ("location", "order"),
    [
        ({"label_by": "warehouse"}, {}),
        ({"pickup": True}, {"shipping": ShippingChoice(service_level="pickup", pickup_location_id="BER")}),
    ],
)
def test_carriers_do_not_matter_where_none_of_ours_is_used(location, order):
    depot = rules(countries=("FR",)).model_copy(update={"locations": {"BER": place(**location)}})
    assert Routing(depot).order(**order).fulfilments[0].location_id == "BER"


def test_a_carrier_that_is_not_in_use_takes_nothing():
    post = carrier(parcel=service()).model_copy(update={"active": False})
    assert Routing(depots(carriers={"post": post})).order().reason == "no-location"


def test_a_location_does_not_ship_to_a_country_that_is_banned_there():
    depot = depots(BER=place(banned_countries=("DE",)))
    assert reasons(Routing(depot).order()) == ["location does not ship to this country"]


def test_what_the_documentation_says_of_locations_and_carriers_is_read_by_both_services():
    places = [one for block in BLOCKS for one in block.get("location", {}).values()]
    carriers = [one for block in BLOCKS for one in block.get("carrier", {}).values()]
    calendars = [Location.model_validate(one).calendar for one in places]
    assert any(one is not None and one.pickups and one.daily_capacity for one in calendars)
    assert [Moves.model_validate(one["calendar"]).slack_days for one in carriers if "calendar" in one] == [1]
    services = [service for one in carriers for service in one.get("service", {}).values()]
    assert any("girth_mm" in one for one in services)
    for one in services:
        assert tariff.CarrierService.model_validate(one).transit_days == one["transit_days"]
        assert CarrierService.model_validate(one).transit_days == one["transit_days"]
