"""What a carrier service takes at all is asked before its price, and the ranking says why not."""

import pytest

from crossdock_contracts.fulfilments import DeliveryPromise, Fulfilment
from crossdock_contracts.values import Dimensions
from services.shipping.decide.rates import ranked
from tests.adapters.test_rates import carrier, rules
from tests.builders import BERLIN, NOW, fulfilment, fulfilment_line, later

LONG = Dimensions(length_mm=200, width_mm=1500, height_mm=100)


def refused(made: Fulfilment, **limits: object) -> str:
    """Why a cheap service with these limits does not take a fulfilment; the dear one that has none does."""
    offers = ranked(rules(cheap=carrier((1000, 100), **limits), dear=carrier((1000, 900), hazmat=True)), made, 400)
    assert [one.carrier for one in offers if not one.refused][-1] == "dear"
    return next(one.refused for one in offers if one.carrier == "cheap")


def made(**fields: object) -> Fulfilment:
    return fulfilment(fulfilment_line().model_copy(update=fields))


@pytest.mark.parametrize(
    ("limits", "fields", "why"),
    [
        ({"banned_countries": ("DE",)}, {}, "country-banned"),
        ({"banned_countries": ("RU",)}, {}, ""),
        ({}, {"hazmat_class": "3"}, "hazardous-goods"),
        ({"hazmat_classes": ("9",)}, {"hazmat_class": "3"}, "hazardous-goods"),
        ({"hazmat_classes": ("3",)}, {"hazmat_class": "3"}, ""),
        ({"longest_mm": 1499}, {"dimensions": LONG}, "too-long"),
        ({"longest_mm": 1500}, {"dimensions": LONG}, ""),
        ({"girth_mm": 2099}, {"dimensions": LONG}, "too-large"),
        ({"girth_mm": 2100}, {"dimensions": LONG}, ""),
        ({"longest_mm": 10, "girth_mm": 10}, {}, ""),  # nobody knows its size
    ],
)
def test_limits_of_a_service_come_before_its_price(limits, fields, why) -> None:
    assert refused(made(**fields), **limits) == why


def test_only_some_services_deliver_to_a_post_box() -> None:
    box = fulfilment().model_copy(update={"ship_to": BERLIN.model_copy(update={"po_box": True})})
    assert refused(box, post_boxes=False) == "no-post-boxes"
    assert refused(box) == ""
    assert refused(fulfilment(), post_boxes=False) == ""


def test_transit_is_as_long_as_it_is_to_that_country() -> None:
    several = rules(near=carrier((1000, 400), days=2, transit_days_to={"DE": 5}), far=carrier((1000, 400), days=3))
    assert [(one.carrier, one.transit_days) for one in ranked(several, fulfilment(), 400)] == [("far", 3), ("near", 5)]


def test_a_service_that_keeps_the_promise_is_bought_before_a_cheaper_one_that_does_not() -> None:
    promise = DeliveryPromise(
        services=("dear/parcel",), cutoff_at=NOW, pickup_at=NOW, deliver_from=later(days=1), deliver_by=later(days=1)
    )
    several = rules(cheap=carrier((1000, 100)), dear=carrier((1000, 900)))
    offers = ranked(several, fulfilment().model_copy(update={"promise": promise}), 400)
    assert [(one.carrier, one.late) for one in offers] == [("dear", False), ("cheap", True)]
    offers = ranked(several, fulfilment().model_copy(update={"promise": promise}), 400, frozenset({"dear"}))
    assert [one.carrier for one in offers] == ["cheap", "dear"]  # the dear one is out of order
    assert [one.late for one in ranked(several, fulfilment(), 400)] == [False, False]
