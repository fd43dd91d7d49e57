"""A label that another carrier sells than the preferred one: its event names who was passed over, and why."""

from functools import partial
from typing import Any

import pytest
from prometheus_client import REGISTRY

from crossdock_contracts.labels import LabelBoughtV1, LabelDelayedV1, LabelRefusedV1
from crossdock_contracts.values import Money
from services.cli.edges.audit import failovers
from services.cli.timeline import describe
from services.hub.decision import Done, Failed, changed
from services.hub.settings import Settings
from services.shipping.app import service
from services.shipping.carriers import Offer
from services.shipping.carriers.answers import Shopped
from services.shipping.decide import mend
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer
from services.verify.facts import Facts
from tests.builders import fulfilment, later, parcel
from tests.decide.dock import AWAY, NO, RULES, Dock

CHEAP, DEAR = (Done(parcel(carrier=name, service="standard")) for name in ("cheap", "dear"))
LIVE = changed(RULES, carriers={name: changed(one, rates="live") for name, one in RULES.carriers.items()})
UNASKED = Failed("cheap: circuit open", 4.0, unasked=True)


def arrived(*open_circuits: str, rules: Rules = RULES) -> Dock:
    dock = Dock(*open_circuits, rules=rules)
    dock.arrives()
    return dock


def over(dock: Dock) -> list[tuple[str, str, str, str]]:
    (bought,) = dock.said(LabelBoughtV1)
    return [(one.carrier, one.account, one.cause, one.detail) for one in bought.passed_over]


def rated(**fields: Any) -> Done:
    cost = Money(amount_minor=700, currency="EUR")
    return Done(Shopped(offers=(Offer(carrier="dear", service="standard", cost=cost),), **fields))


def test_a_label_of_the_preferred_carrier_passes_over_nobody() -> None:
    dock = arrived()
    dock.answered(CHEAP)
    assert over(dock) == []


def test_a_carrier_whose_circuit_is_open_is_passed_over_without_being_asked() -> None:
    dock = arrived("cheap")
    assert dock.intent.adapter == "dear"
    dock.answered(DEAR)
    assert over(dock) == [("cheap", "cheap", "circuit-open", "")]


def test_one_whose_circuit_opens_before_it_is_asked_is_too() -> None:
    dock = arrived()
    dock.answered(UNASKED)
    dock.answered(DEAR)
    assert over(dock) == [("cheap", "cheap", "circuit-open", "cheap: circuit open")]


def test_a_refusal_and_an_outage_are_told_apart() -> None:
    refused, away = arrived(), arrived()
    refused.answered(NO)
    away.answered(AWAY)
    for dock in (refused, away):
        dock.answered(DEAR)
    assert over(refused) == [("cheap", "cheap", "refused", "not-served not there")]
    assert over(away) == [("cheap", "cheap", "out-of-reach", "out of order")]


def test_a_carrier_that_comes_too_late_with_its_rate_is_passed_over() -> None:
    dock = arrived(rules=LIVE)
    dock.answered(rated(silent={"cheap": "no answer within 2 s"}, down=("cheap",)))
    dock.answered(DEAR)
    assert over(dock) == [("cheap", "cheap", "no-rate", "no live rate: no answer within 2 s")]


def test_a_carrier_that_does_not_take_the_parcel_was_never_in_question() -> None:
    dock = Dock("cheap")
    dock.arrives(fulfilment().model_copy(update={"ship_to": fulfilment().ship_to.model_copy(update={"country": "US"})}))
    dock.answered(DEAR)
    assert over(dock) == []
    (bought,) = dock.said(LabelBoughtV1)
    assert [(rate.carrier, rate.cause) for rate in bought.ranking] == [("dear", ""), ("cheap", "no-service")]
    silent = arrived(rules=LIVE)
    silent.answered(rated(silent={"cheap": "not-offered"}))
    silent.answered(DEAR)
    assert over(silent) == []


def test_a_dearer_carrier_whose_circuit_is_open_makes_no_failover() -> None:
    dock = arrived("dear")
    dock.answered(CHEAP)
    assert over(dock) == []


def test_a_label_that_waits_says_for_whom_and_goes_off_when_one_of_them_is_back() -> None:
    dock = arrived()
    dock.answered(AWAY)
    dock.answered(AWAY)
    (delayed,) = dock.said(LabelDelayedV1)
    assert [(one.carrier, one.cause) for one in delayed.passed_over] == [
        ("cheap", "out-of-reach"),
        ("dear", "out-of-reach"),
    ]
    timer = dock.get(LabelTimer, "main", "web:1", "web:1/1")
    assert (timer.waits_for, timer.why) == (("cheap:buy", "dear:buy"), delayed.detail)
    assert dock.take(partial(mend.ask_again, RULES, lambda _: False), timer, later()).intent.adapter == "cheap"


def test_labels_that_wait_for_live_rates_wait_for_those_too() -> None:
    dock = arrived(rules=LIVE)
    down = ("cheap", "dear")
    dock.answered(Done(Shopped(silent=dict.fromkeys(down, "out of order"), down=down)))
    timer = dock.get(LabelTimer, "main", "web:1", "web:1/1")
    assert set(timer.waits_for) == {"cheap:buy", "cheap-rates:rate", "dear:buy", "dear-rates:rate"}


def test_a_failover_is_told_in_the_timeline_and_counted_once() -> None:
    dock = arrived("cheap")
    dock.answered(DEAR)
    (bought,) = dock.said(LabelBoughtV1)
    told = describe("shipping.evt.label-bought.v1", bought.model_dump(mode="json"))
    assert "; failed over from cheap standard through cheap (circuit open)" in told
    facts = Facts()
    facts.events["label-bought"] = [("m", ("main", "web:1"), bought.model_dump(mode="json"))]
    assert failovers(facts) == 1

    hub = service(Settings(_env_file=None))  # type: ignore[call-arg]  # pydantic-settings' own
    labels = {"carrier": "cheap", "cause": "circuit-open"}
    before = REGISTRY.get_sample_value("crossdock_failovers_total", labels) or 0
    for count in hub.watched[LabelBoughtV1]:
        count(bought)
    assert REGISTRY.get_sample_value("crossdock_failovers_total", labels) == before + 1


@pytest.mark.parametrize("answers", [(AWAY, NO), (NO, AWAY), (UNASKED, NO)])
def test_a_label_that_one_carrier_refuses_waits_for_the_other_that_is_out_of_reach(answers: tuple[Any, ...]) -> None:
    dock = arrived()
    for outcome in answers:
        dock.answered(outcome)
    assert dock.said(LabelRefusedV1) == [], "nobody has to look"
    away = "dear" if answers[0] is NO else "cheap"
    timer = dock.get(LabelTimer, "main", "web:1", "web:1/1")
    assert timer.waits_for == (f"{away}:buy",)
    dock.take(partial(mend.ask_again, RULES, lambda _: False), timer, later())
    for outcome in (NO, NO):
        dock.answered(outcome)
    assert len(dock.said(LabelRefusedV1)) == 1, "both have refused"


def test_a_refusal_is_not_the_end_where_another_carrier_told_no_rate_in_time() -> None:
    dock = arrived(rules=LIVE)
    dock.answered(rated(silent={"cheap": "no answer within 2 s"}, down=("cheap",)))
    dock.answered(NO)
    assert (dock.said(LabelRefusedV1), len(dock.said(LabelDelayedV1))) == ([], 1)
    assert dock.get(LabelTimer, "main", "web:1", "web:1/1").waits_for == ("cheap:buy", "cheap-rates:rate")
