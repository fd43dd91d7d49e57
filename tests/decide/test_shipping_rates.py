"""Carriers that say themselves what they charge, carriers that cannot be reached, purchases that nobody knows of."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.labels import (
    LabelBoughtV1,
    LabelDelayedV1,
    LabelRefusedV1,
    LabelWantedV1,
    ReportLabelV1,
    SettlePurchaseV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.values import Money
from services.hub.decision import Decision, Done, Unsettled, changed
from services.shipping.carriers import Offer, Voided
from services.shipping.carriers.answers import Shopped
from services.shipping.decide import mend
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer
from tests.builders import BERLIN, NOW, fulfilment, later, parcel
from tests.decide.dock import ABOUT, AWAY, BOUGHT, NO, RULES, Dock

CHEAP, DEAR = RULES.carriers["cheap"], RULES.carriers["dear"]
LIVE = changed(RULES, carriers={"dear": changed(DEAR, rates="live"), "cheap": changed(CHEAP, rates="live")})
MIXED = changed(RULES, carriers={"dear": changed(DEAR, rates="live"), "cheap": CHEAP})
LOST = Unsettled("nothing can tell")


def offer(carrier: str, minor: int, days: int | None = None, currency: str = "EUR", service: str = "standard") -> Offer:
    cost = Money(amount_minor=minor, currency=currency)
    return Offer(carrier=carrier, service=service, cost=cost, transit_days=days)


def shopped(*offers: Offer, **fields: Any) -> Done:
    return Done(Shopped(offers=offers, **fields))


def asked(rules: Rules = LIVE) -> Dock:
    dock = Dock(rules=rules)
    dock.arrives()
    return dock


def told(dock: Dock) -> list[tuple[str, int, str]]:
    return [(rate.carrier, rate.cost.amount_minor, rate.refused) for rate in dock.shipment.ranking]


def timer(dock: Dock) -> LabelTimer | None:
    found: LabelTimer | None = dock.get(LabelTimer, "main", "web:1", "web:1/1")
    return found


def fires(dock: Dock, **when: float) -> Decision:
    return dock.take(partial(mend.ask_again, dock.rules, dock._is_open), timer(dock), later(**when))


def looks(dock: Dock, **found: Any) -> Decision:
    message = SettlePurchaseV1(**ABOUT, **found)
    return dock.take(partial(mend.settle_purchase, dock.rules, dock._is_open), message, NOW)


# -- rates


def test_carriers_with_live_rates_are_asked_at_once_before_any_label_is_bought() -> None:
    intent = asked().intent
    assert (intent.adapter, intent.operation, intent.key) == ("rate-shop", "rate", "rates:main/web:1/1:0.1")
    assert [(one.carrier, one.adapter) for one in intent.request.asked] == [("dear", "dear"), ("cheap", "cheap")]
    assert (intent.request.parcel.weight_g, intent.request.parcel.ship_to.city) == (400, "Berlin")


def test_where_no_carrier_has_live_rates_none_is_asked() -> None:
    assert asked(RULES).intent.operation == "buy"


def test_a_carrier_is_not_asked_for_what_it_would_not_take() -> None:
    dock = Dock(rules=LIVE)
    abroad = fulfilment().model_copy(update={"ship_to": BERLIN.model_copy(update={"country": "US"})})
    dock.arrives(abroad)
    assert [one.carrier for one in dock.intent.request.asked] == ["dear"]


def test_the_best_live_rate_is_bought_and_the_event_says_what_each_charged_and_how_long_it_takes() -> None:
    dock = asked()
    intent = dock.answered(shopped(offer("cheap", 950, 3), offer("dear", 480, 1))).intent
    assert (intent.operation, intent.adapter, intent.request.rate.amount_minor) == ("buy", "dear", 480)
    dock.answered(BOUGHT)
    (bought,) = dock.said(LabelBoughtV1)
    ranking = [(rate.carrier, rate.cost.amount_minor, rate.transit_days, rate.refused) for rate in bought.ranking]
    assert ranking == [("dear", 480, 1, ""), ("cheap", 950, 3, "")]


def test_live_rates_compete_with_those_of_tables() -> None:
    dock = asked(MIXED)
    assert [one.carrier for one in dock.intent.request.asked] == ["dear"]
    assert dock.answered(shopped(offer("dear", 401))).intent.adapter == "cheap"
    assert told(dock) == [("cheap", 400, ""), ("dear", 401, "")]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (shopped(silent={"dear": "no answer within 2 s"}, down=("dear",)), "no live rate: no answer within 2 s"),
        (shopped(silent={"dear": "dear: circuit open"}, down=("dear",)), "no live rate: dear: circuit open"),
        (shopped(offer("dear", 100, service="other")), "no live rate: not-offered, but other"),
    ],
)
def test_a_carrier_that_does_not_answer_in_time_does_not_compete_and_the_event_says_why(answer: Done, why: str) -> None:
    dock = asked(MIXED)
    assert dock.answered(answer).intent.adapter == "cheap"
    dock.answered(BOUGHT)
    assert [rate.refused for rate in dock.said(LabelBoughtV1)[0].ranking] == ["", why]


def test_a_carrier_whose_purchases_fail_comes_last_however_cheap_it_is() -> None:
    dock = asked()
    intent = dock.answered(shopped(offer("cheap", 1), offer("dear", 480), avoid=("cheap",))).intent
    assert intent.adapter == "dear"


def test_a_live_carrier_that_refuses_is_passed_over_for_the_next_best_live_rate() -> None:
    dock = asked()
    dock.answered(shopped(offer("cheap", 300), offer("dear", 480)))
    assert dock.answered(NO).intent.adapter == "dear"
    dock.answered(BOUGHT)
    assert dock.said(LabelBoughtV1)[0].ranking[0].refused == "not-served not there"


def test_carriers_that_were_being_asked_when_the_process_died_are_asked_again() -> None:
    dock = asked()
    again = dock.arrives().intent
    assert (again.key, again.resumed) == (dock.shipment.intent.key, True)


def test_a_parcel_that_was_weighed_while_carriers_were_asked_is_priced_by_what_it_weighs() -> None:
    dock = asked()
    dock.picked()
    dock.packed(4000)
    intent = dock.answered(shopped(offer("cheap", 300), offer("dear", 480))).intent
    assert (intent.operation, intent.request.parcel.weight_g) == ("rate", 4000)


def test_a_fulfilment_that_is_stopped_while_carriers_are_asked_buys_nothing() -> None:
    dock = asked()
    dock.stop()
    assert dock.answered(shopped(offer("cheap", 300))).intent is None
    assert dock.shipment.intent is None


def test_a_label_at_a_live_rate_is_kept_unless_weighing_changes_what_is_expected_of_its_price() -> None:
    dock = asked(changed(LIVE, carriers={"cheap": LIVE.carriers["cheap"]}))
    dock.answered(shopped(offer("cheap", 475)))
    dock.answered(Done(parcel(carrier="cheap")))
    dock.picked()
    assert dock.packed(900).intent is None
    heavier = asked(changed(LIVE, carriers={"cheap": LIVE.carriers["cheap"]}))
    heavier.answered(shopped(offer("cheap", 475)))
    heavier.answered(Done(parcel(carrier="cheap")))
    heavier.picked()
    assert heavier.packed(4000).intent.operation == "void"
    assert heavier.answered(Done(Voided(tracking_number="XD1"))).intent.operation == "rate"


# -- waiting


def all_down(dock: Dock) -> Decision:
    dock.answered(AWAY)
    return dock.answered(AWAY)


def test_where_no_carrier_can_be_reached_the_label_waits_as_long_as_they_ask_and_it_is_said_once() -> None:
    dock = asked(RULES)
    decision = all_down(dock)
    assert (decision.later, decision.intent, dock.shipment.intent) == (None, None, None)
    assert timer(dock).due_at == later(seconds=3.0)
    fires(dock, seconds=3)
    all_down(dock)
    assert timer(dock).due_at == later(seconds=4)
    (said,) = dock.said(LabelDelayedV1)
    assert said.detail == "cheap standard: out of order; dear standard: out of order"


def test_the_label_is_bought_by_itself_from_whichever_carrier_returns_first() -> None:
    dock = asked(RULES)
    all_down(dock)
    assert fires(dock, seconds=3).intent.adapter == "cheap"
    dock.answered(BOUGHT)
    assert (dock.shipment.waits, len(dock.said(LabelBoughtV1))) == (0, 1)
    assert fires(dock, seconds=9) == Decision(), "a timer that fires late buys nothing more"


def test_where_no_carrier_with_live_rates_answers_the_label_waits_too() -> None:
    dock = asked()
    silent = {"cheap": "circuit open", "dear": "no answer within 2 s"}
    dock.answered(shopped(silent=silent, down=("cheap", "dear")))
    assert dock.shipment.intent is None
    assert fires(dock, seconds=2).intent.operation == "rate"
    assert "dear standard: no live rate: no answer within 2 s" in dock.said(LabelDelayedV1)[0].detail


def test_where_all_carriers_answer_that_they_do_not_go_there_nobody_waits() -> None:
    dock = asked()
    dock.answered(shopped(silent={"cheap": "not served", "dear": "not served"}))
    assert [event.reason for event in dock.said(LabelRefusedV1)] == ["no-carrier"]


def test_a_table_is_the_last_resort_while_live_carriers_are_down() -> None:
    dock = asked(MIXED)
    assert dock.answered(shopped(silent={"dear": "circuit open"}, down=("dear",))).intent.adapter == "cheap"


def test_a_label_may_be_reported_while_carriers_are_waited_for() -> None:
    dock = asked(RULES)
    all_down(dock)
    message = ReportLabelV1(**ABOUT, carrier="other", tracking_number="T1")
    dock.take(partial(mend.report_label, RULES), message, NOW)
    assert dock.shipment.parcel.tracking_number == "T1"
    assert fires(dock, seconds=9) == Decision()


def test_a_fulfilment_that_is_stopped_waits_for_no_carrier() -> None:
    dock = asked(RULES)
    all_down(dock)
    dock.stop()
    assert fires(dock, seconds=9) == Decision()


# -- purchases that nobody knows of


def test_a_purchase_of_which_nothing_can_tell_is_bought_nowhere_else_and_somebody_has_to_look() -> None:
    dock = asked(RULES)
    key = dock.intent.key
    decision = dock.answered(LOST)
    assert (decision.intent, decision.later, dock.shipment.intent.key) == (None, None, key)
    (refused,) = dock.said(LabelRefusedV1)
    assert (refused.reason, refused.detail) == ("outcome-unknown", "nothing can tell")
    assert dock.arrives().intent.resumed, "what comes again looks it up again, and buys nothing"


def test_each_look_that_finds_nothing_says_so_anew_for_its_hold_to_stand() -> None:
    dock = asked(RULES)
    dock.answered(LOST)
    dock.take(partial(mend.buy_again, RULES, lambda _: False), LabelWantedV1(**ABOUT), NOW)
    dock.answered(LOST)
    assert [(said.attempt, said.looks) for said in dock.said(LabelRefusedV1)] == [(1, 0), (1, 1)]


def test_a_hold_that_is_closed_has_the_purchase_looked_up_again() -> None:
    dock = asked(RULES)
    dock.answered(LOST)
    wanted = LabelWantedV1(**ABOUT)
    again = dock.take(partial(mend.buy_again, RULES, lambda _: False), wanted, NOW).intent
    assert (again.key, again.resumed) == ("label:main/web:1/1:1", True)


def test_a_label_that_somebody_found_is_taken() -> None:
    dock = asked(RULES)
    dock.answered(LOST)
    looks(dock, tracking_number="1Z9", cost=Money(amount_minor=512, currency="EUR"))
    (bought,) = dock.said(LabelBoughtV1)
    found = bought.parcel
    assert (found.carrier, found.tracking_number, found.cost.amount_minor) == ("cheap", "1Z9", 512)
    assert dock.shipment.intent is None


def test_where_somebody_saw_that_none_was_bought_one_is_bought_anew() -> None:
    dock = asked(RULES)
    dock.answered(LOST)
    intent = looks(dock).intent
    assert (intent.key, intent.resumed) == ("label:main/web:1/1:2", False)


def test_a_label_that_is_found_after_its_fulfilment_was_stopped_is_given_back() -> None:
    dock = asked(RULES)
    dock.answered(LOST)
    dock.stop()
    intent = looks(dock, tracking_number="1Z9").intent
    assert (intent.operation, intent.request.tracking_number) == ("void", "1Z9")


def test_what_is_not_unknown_cannot_be_settled() -> None:
    dock = asked(RULES)
    assert looks(dock).intent is None
    assert [event.reason for event in dock.said(CommandRefusedV1)] == ["wrong-state"]
