from pathlib import Path

import pytest

from crossdock_contracts.labels import LabelBoughtV1, LabelRefusedV1, LabelVoidedV1, RankedRate
from crossdock_contracts.values import Money
from services.hub.decision import Decision, Done, Outcome, changed
from services.hub.settings import ROOT
from services.hub.toml import RulesError
from services.shipping.carriers import Voided
from services.shipping.decide.rates import ranked, weight_of
from services.shipping.rules import Rules
from services.shipping.state import ShipmentStatus
from tests.builders import BERLIN, fulfilment, fulfilment_line, parcel, pieces
from tests.decide.dock import AWAY, BOUGHT, NO, RULES, Dock

VOIDED = Done(Voided(tracking_number="XD1"))


def offers(ranking: tuple[RankedRate, ...]) -> list[tuple[str, str]]:
    return [(rate.carrier, rate.refused) for rate in ranking]


def labelled(*lines: tuple[int, int]) -> Dock:
    """A fulfilment of lines of so many pieces, whose label has been bought."""
    dock = Dock()
    dock.arrives(fulfilment(*(fulfilment_line(number, quantity=quantity) for number, quantity in lines)))
    dock.answered(BOUGHT)
    return dock


def test_a_parcel_weighs_its_goods_and_its_packaging() -> None:
    unweighed = fulfilment_line(2, quantity=3).model_copy(update={"weight_g": None})
    assert weight_of(fulfilment(fulfilment_line(quantity=2), unweighed), RULES.locations["BER"]) == 600 + 1500 + 100


def test_the_cheapest_offer_comes_first_and_the_ranking_says_what_each_asks() -> None:
    ranking = ranked(RULES, fulfilment(), 1000)
    assert [(rate.rank, rate.carrier, rate.cost.amount_minor) for rate in ranking] == [
        (1, "cheap", 400),
        (2, "dear", 900),
    ]


def test_a_heavier_parcel_is_priced_by_its_own_band() -> None:
    assert [rate.cost.amount_minor for rate in ranked(RULES, fulfilment(), 1001)] == [600, 900]


def test_at_the_same_price_the_faster_comes_first() -> None:
    cheap = RULES.carriers["cheap"]
    fast = cheap.service["standard"].model_copy(update={"transit_days": 1})
    rules = RULES.model_copy(
        update={"carriers": {"a": cheap, "b": cheap.model_copy(update={"service": {"standard": fast}})}}
    )
    assert [rate.carrier for rate in ranked(rules, fulfilment(), 400)] == ["b", "a"]


@pytest.mark.parametrize(
    ("fields", "weight_g", "why"),
    [
        ({"ship_to": BERLIN.model_copy(update={"country": "US"})}, 400, "country-not-served"),
        ({}, 5001, "too-heavy"),
        ({"lines": (fulfilment_line().model_copy(update={"hazmat_class": "3"}),)}, 400, "hazardous-goods"),
    ],
)
def test_what_does_not_take_a_parcel_comes_last_with_the_reason(fields: dict, weight_g: int, why: str) -> None:
    ranking = ranked(RULES, fulfilment().model_copy(update=fields), weight_g)
    assert offers(ranking) == [("dear", ""), ("cheap", why)]


def test_a_service_level_that_nobody_has_is_sold_by_nobody() -> None:
    ranking = ranked(RULES, fulfilment().model_copy(update={"service_level": "express"}), 400)
    assert {rate.refused for rate in ranking} == {"other-service-level"}


def test_a_carrier_that_is_switched_off_makes_no_offer() -> None:
    off = RULES.carriers["cheap"].model_copy(update={"active": False})
    rules = RULES.model_copy(update={"carriers": {**RULES.carriers, "cheap": off}})
    assert offers(ranked(rules, fulfilment(), 400)) == [("dear", "")]


def test_a_carrier_whose_circuit_is_open_is_asked_last_and_still_asked() -> None:
    assert offers(ranked(RULES, fulfilment(), 400, frozenset({"cheap"}))) == [("dear", ""), ("cheap", "")]
    assert Dock("cheap").arrives().intent.adapter == "dear"


def test_a_label_is_set_out_for_by_an_intent_that_is_written_down_first() -> None:
    dock = Dock()
    decision = dock.arrives()
    assert (decision.intent.adapter, decision.intent.key) == ("cheap", "label:main/web:1/1:1")
    assert dock.shipment.intent.request_hash == decision.intent.request_hash
    assert not decision.events


def test_the_carrier_is_told_the_weight_the_rate_and_what_it_collects() -> None:
    request = Dock().arrives(fulfilment().model_copy(update={"cash_on_delivery_minor": 1500})).intent.request
    assert (request.weight_g, request.rate.amount_minor) == (400, 400)
    assert request.cash_on_delivery == Money(amount_minor=1500, currency="EUR")
    assert Dock().arrives().intent.request.cash_on_delivery is None


def test_a_bought_label_is_an_event_with_its_parcel_and_ranking() -> None:
    dock = labelled((1, 1))
    (bought,) = dock.said(LabelBoughtV1)
    assert (bought.parcel.tracking_number, offers(bought.ranking)) == ("XD1", [("cheap", ""), ("dear", "")])
    assert (dock.shipment.status, dock.shipment.intent) == (ShipmentStatus.LABELLED, None)


def test_a_fulfilment_that_comes_again_before_the_answer_has_its_call_looked_up() -> None:
    dock = Dock()
    first = dock.arrives().intent
    again = dock.arrives().intent
    assert (again.key, again.resumed, first.resumed) == (first.key, True, False)
    assert again.request_hash == first.request_hash


def test_a_call_is_looked_up_where_it_was_made_though_its_carrier_has_another_account_by_now() -> None:
    dock = Dock()
    first = dock.arrives().intent
    exchanged = changed(RULES.carriers["cheap"], adapter="other")
    dock.rules = changed(RULES, carriers={**RULES.carriers, "cheap": exchanged})
    again = dock.arrives().intent
    assert first is not None
    assert again is not None
    assert (again.adapter, again.key, again.resumed) == (first.adapter, first.key, True)


def test_a_fulfilment_that_comes_again_with_its_label_changes_nothing() -> None:
    assert labelled((1, 1)).arrives() == Decision()


def test_only_a_proven_failure_goes_on_to_the_next_carrier_under_a_new_key() -> None:
    dock = Dock()
    dock.arrives()
    second = dock.answered(NO).intent
    assert (second.adapter, second.key, second.resumed) == ("dear", "label:main/web:1/1:2", False)
    dock.answered(BOUGHT)
    assert offers(dock.said(LabelBoughtV1)[0].ranking) == [("cheap", "not-served not there"), ("dear", "")]


def test_a_carrier_out_of_order_is_passed_over_while_there_is_another() -> None:
    dock = Dock()
    dock.arrives()
    assert dock.answered(AWAY).intent.adapter == "dear"


def test_where_no_carrier_sells_a_label_somebody_has_to_look() -> None:
    dock = Dock()
    dock.arrives()
    dock.answered(NO)
    assert dock.answered(NO).intent is None
    (refused,) = dock.said(LabelRefusedV1)
    assert (refused.reason, len(refused.ranking)) == ("no-carrier", 2)
    assert refused.detail == "cheap standard: not-served not there; dear standard: not-served not there"
    assert dock.arrives() == Decision()


def test_an_answer_to_a_call_that_another_message_had_made_too_counts_once() -> None:
    dock = Dock()
    first = dock.arrives().intent
    dock.arrives()
    dock.answered(NO, first.key)
    assert dock.answered(NO, first.key) == Decision()
    dock.answered(BOUGHT)
    assert (len(dock.said(LabelBoughtV1)), dock.shipment.generation) == (1, 2)


def test_an_answer_that_comes_when_the_label_is_there_changes_nothing() -> None:
    assert labelled((1, 1)).answered(BOUGHT) == Decision()


@pytest.mark.parametrize("location", ["LON", "SUP", "MOON"])
def test_at_release_the_hub_buys_only_for_locations_where_it_does(location: str) -> None:
    dock = Dock()
    assert dock.arrives(fulfilment(location=location)).intent is None
    assert dock.shipment.status is ShipmentStatus.ALLOCATED


def test_a_fulfilment_that_is_stopped_while_its_label_is_bought_gives_it_back() -> None:
    dock = Dock()
    dock.arrives()
    assert dock.stop().intent is None
    decision = dock.answered(BOUGHT)
    assert (decision.intent.operation, decision.intent.request.tracking_number) == ("void", "XD1")
    assert not dock.said(LabelBoughtV1)
    dock.answered(VOIDED)
    assert [event.tracking_number for event in dock.said(LabelVoidedV1)] == ["XD1"]
    assert (dock.shipment.parcel, dock.shipment.intent, dock.shipment.voiding) == (None, None, False)


@pytest.mark.parametrize("outcome", [NO, AWAY])
@pytest.mark.parametrize("country", ["DE", "US"])  # two carriers go to the one, and one to the other
def test_for_a_stopped_fulfilment_no_carrier_is_asked_any_more(outcome: Outcome, country: str) -> None:
    dock = Dock()
    dock.arrives(fulfilment().model_copy(update={"ship_to": BERLIN.model_copy(update={"country": country})}))
    dock.stop()
    decision = dock.answered(outcome)
    assert (decision.intent, decision.later, decision.events) == (None, None, [])
    assert dock.shipment.intent is None


def test_a_void_at_a_carrier_out_of_order_is_tried_again_under_its_key() -> None:
    dock = labelled((1, 1))
    void = dock.stop().intent
    assert dock.answered(AWAY).later.not_before_s == 3.0
    again = dock.stop().intent
    assert (again.operation, again.key, again.resumed) == ("void", void.key, True)


def test_a_carrier_that_keeps_its_label_is_for_somebody_to_look_at() -> None:
    dock = labelled((1, 1))
    dock.stop()
    dock.answered(NO)
    (refused,) = dock.said(LabelRefusedV1)
    assert (refused.reason, "cheap keeps XD1" in refused.detail) == ("void-refused", True)
    assert dock.shipment.parcel == parcel()


def test_a_label_stays_while_one_piece_is_left() -> None:
    dock = labelled((1, 2))
    assert dock.stop(pieces(1)).intent is None
    assert (dock.shipment.parcel, dock.quantities) == (parcel(), {"1": 1})


def test_the_shipped_rules_sell_a_label_for_every_location_and_country() -> None:
    rules = Rules.load(ROOT / "deploy" / "rules")
    for location, country in ((location, country) for location in rules.locations for country in ("DE", "US", "GB")):
        made = fulfilment(location=location).model_copy(
            update={"ship_to": BERLIN.model_copy(update={"country": country})}
        )
        assert not ranked(rules, made, 400)[0].refused


def test_rules_that_are_wrong_are_refused_with_the_file_and_the_field(tmp_path: Path) -> None:
    (tmp_path / "locations.toml").write_text('[location.BER]\naddress = { country = "DE" }\n')
    (tmp_path / "carriers.toml").write_text('[carrier.cheap]\nadapter = "cheap"\ncurrency = "euro"\nservice = {}\n')
    with pytest.raises(RulesError, match=r"carriers\.toml.*currency"):
        Rules.load(tmp_path)
