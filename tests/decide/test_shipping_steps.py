"""Steps that a fulfilment takes beyond the usual, and the queues in which it waits for them."""

from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from crossdock_contracts.capture import OrderHeldV1
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.reasons import STEP_FAILED
from crossdock_contracts.warehouse import (
    ConfirmStepV1,
    StepDoneV1,
    StepFailedV1,
    StepReopenedV1,
    StepsPlannedV1,
    TaskOverdueV1,
)
from services.capture.decide import holds
from services.capture.state import OrderRecord, OrderStatus
from services.hub.decision import Decision
from services.hub.settings import ROOT
from services.shipping.decide import queues, steps
from services.shipping.decide.answers import QueueQuestion, queue
from services.shipping.rules import Rules
from services.shipping.rules.work import StepRule, StepWhen
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_work import Task
from tests.builders import NOW, fulfilment, fulfilment_line, hold, later, order, pieces, released
from tests.decide.dock import ABOUT, BOUGHT, RULES, Dock
from tests.decide.ledger import Ledger

WRAP = StepRule(name="gift-wrap", before="pack", role="packing", when=StepWhen(gift_wrap=True))
ENGRAVE = StepRule(name="engrave", before="pack", role="workshop", when=StepWhen(personalised=True))
CHECK = StepRule(name="check", before="pick", when=StepWhen(tags=("checked",)))
SEAL = StepRule(name="seal", before="ship", when=StepWhen(sku_prefixes=("S-",)))


def rules(*steps: StepRule, work: str = "hub") -> Rules:
    """The dock's rules with these steps, Berlin working with the hub."""
    berlin = RULES.locations["BER"].model_copy(update={"work": work})
    return RULES.model_copy(update={"steps": steps, "locations": {**RULES.locations, "BER": berlin}})


def made(**fields: Any) -> Fulfilment:
    """A fulfilment of one line that is in part another."""
    return fulfilment(fulfilment_line().model_copy(update=fields))


def arrived(made: Fulfilment, *with_steps: StepRule, work: str = "hub") -> Dock:
    """A labelled fulfilment at a location with these steps."""
    dock = Dock(rules=rules(*with_steps, work=work))
    dock.arrives(made)
    dock.answered(BOUGHT)
    return dock


def confirm(dock: Dock, step: str, outcome: str = "done", note: str = "") -> Decision:
    message = ConfirmStepV1(**ABOUT, step=step, outcome=outcome, note=note)
    return dock.take(partial(steps.confirm_step, dock.rules), message, NOW)


def standing(dock: Ledger) -> set[str]:
    """The queues of Berlin in which the fulfilment stands."""
    return {one.queue for one in queue(dock.states, QueueQuestion(location_id="BER"), NOW)}


def why_not(dock: Dock) -> str:
    return str(dock.said(CommandRefusedV1)[-1].detail)


@pytest.mark.parametrize(
    ("when", "fields", "line"),
    [
        ({"gift_wrap": True}, {}, {"gift_wrap": True}),
        ({"personalised": True}, {}, {"note": "For Ada"}),
        ({"tags": ("vip", "fragile")}, {"tags": ("fragile",)}, {}),
        ({"sku_prefixes": ("GL-",)}, {}, {"sku": "GL-7"}),
        ({"owners": ("main",), "gift_wrap": True}, {}, {"gift_wrap": True}),
        ({"channels": ("shop",)}, {"channel": "shop"}, {}),
        ({"locations": ("LON",)}, {"location_id": "LON"}, {}),
        ({"service_levels": ("express",)}, {"service_level": "express"}, {}),
    ],
)
def test_a_step_is_taken_by_the_fulfilments_that_are_like_its_rule_says_and_by_no_others(
    when: dict[str, Any], fields: dict[str, Any], line: dict[str, Any]
) -> None:
    step = StepRule(name="more", before="pack", when=StepWhen(**when))
    alike, plain = Dock(rules=rules(step)), Dock(rules=rules(step))
    alike.arrives(made(**line).model_copy(update=fields))
    plain.arrives(fulfilment())
    assert [event.steps[0].step for event in alike.said(StepsPlannedV1)] == ["more"]
    assert (plain.said(StepsPlannedV1), plain.shipment.steps) == ([], ())


def test_a_plain_fulfilment_costs_no_document_and_no_event_more() -> None:
    decision = Dock(rules=rules(WRAP, work="warehouse")).arrives()
    assert ([type(one) for one in decision.writes], decision.events) == ([Shipment], [])


def test_a_pack_waits_until_each_step_before_it_is_done() -> None:
    dock = arrived(made(gift_wrap=True, note="For Ada"), WRAP, ENGRAVE)
    dock.picked()
    confirm(dock, "engrave")
    assert dock.packed().writes == []
    assert why_not(dock) == "fulfilment web:1/1 is picked; first gift-wrap has to be done and confirmed"

    confirm(dock, "gift-wrap")
    dock.packed()

    assert [event.step for event in dock.said(StepDoneV1)] == ["engrave", "gift-wrap"]
    assert dock.shipment.status is ShipmentStatus.PACKED


def test_a_pick_and_a_shipment_wait_for_their_steps_as_well() -> None:
    dock = arrived(made(sku="S-1").model_copy(update={"tags": ("checked",)}), CHECK, SEAL)
    assert dock.picked().writes == []
    assert "first check" in why_not(dock)
    confirm(dock, "check")
    dock.picked()
    dock.packed()
    assert dock.shipped().writes == []
    assert "first seal" in why_not(dock)
    confirm(dock, "seal")
    dock.shipped()
    assert dock.shipment.status is ShipmentStatus.SHIPPED


def test_a_fulfilment_stands_in_the_queue_of_what_comes_next_and_in_no_other() -> None:
    dock = arrived(made(sku="S-1", gift_wrap=True).model_copy(update={"tags": ("checked",)}), CHECK, WRAP, SEAL)
    stood = [standing(dock)]
    for go_on in (
        lambda: confirm(dock, "check"),
        lambda: dock.picked(pieces(1, 1, "S-1")),
        lambda: confirm(dock, "gift-wrap"),
        dock.packed,
        lambda: confirm(dock, "seal"),
        dock.shipped,
    ):
        go_on()
        stood.append(standing(dock))
    assert stood == [{"check"}, {"pick"}, {"gift-wrap"}, set(), {"seal"}, set(), set()]


def test_what_is_stopped_or_not_found_leaves_its_queue() -> None:
    stopped, short = arrived(made(), WRAP), arrived(made(), WRAP)
    assert standing(stopped) == {"pick"}
    stopped.stop()
    short.picked(pieces(1, 9))
    assert (standing(stopped), standing(short)) == (set(), set())


def test_a_step_that_fails_holds_the_order_and_is_done_after_all_once_that_is_released() -> None:
    dock = arrived(made(gift_wrap=True), WRAP)
    dock.picked()
    confirm(dock, "gift-wrap", "failed", "no paper left")
    assert (standing(dock), dock.packed().writes) == (set(), [])
    capture = Ledger(OrderRecord(order_id="web:1", order=order(), status=OrderStatus.OPEN))
    capture.take(holds.hold_on_trouble, dock.said(StepFailedV1)[0], NOW)
    opened = capture.said(OrderHeldV1)[0].hold
    assert (opened.reason, opened.about, opened.detail) == (STEP_FAILED, "web:1/1", "gift-wrap at BER: no paper left")

    message = released(order()).model_copy(update={"closed": (opened, hold("totals-mismatch"))})
    dock.take(partial(steps.reopen_steps, dock.rules), message, NOW)

    assert [event.step for event in dock.said(StepReopenedV1)] == ["gift-wrap"]
    assert standing(dock) == {"gift-wrap"}
    confirm(dock, "gift-wrap")
    dock.packed()
    assert dock.shipment.status is ShipmentStatus.PACKED


def test_each_failure_of_a_step_opens_a_hold_of_its_own() -> None:
    dock = arrived(made(gift_wrap=True), WRAP)
    capture = Ledger(OrderRecord(order_id="web:1", order=order(), status=OrderStatus.OPEN))
    for _ in range(2):
        confirm(dock, "gift-wrap", "failed")
        capture.take(holds.hold_on_trouble, dock.said(StepFailedV1)[-1], NOW)
        closed = released(order()).model_copy(update={"closed": (capture.said(OrderHeldV1)[-1].hold,)})
        dock.take(partial(steps.reopen_steps, dock.rules), closed, NOW)
    assert len({event.hold.hold_id for event in capture.said(OrderHeldV1)}) == 2


@pytest.mark.parametrize("outcome", ["done", "failed"])
def test_a_step_that_is_confirmed_twice_is_confirmed_once(outcome: str) -> None:
    dock = arrived(made(gift_wrap=True), WRAP)
    confirm(dock, "gift-wrap", outcome)
    assert confirm(dock, "gift-wrap", outcome) == Decision()


def test_what_is_no_step_of_a_fulfilment_is_refused_with_those_that_are() -> None:
    dock = arrived(made(gift_wrap=True), WRAP)
    assert confirm(dock, "engrave").writes == []
    assert why_not(dock) == "fulfilment web:1/1 is labelled; its steps are: gift-wrap"
    dock.stop()
    confirm(dock, "gift-wrap")
    assert "only open fulfilments have steps" in why_not(dock)


def test_a_queue_is_in_order_of_priority_then_of_the_time_to_ship_by_then_of_age() -> None:
    def task(name: str, **fields: Any) -> Task:
        about = {"location_id": "BER", "queue": "pick", "fulfilment_id": name, "order_id": name}
        return Task(**{**about, "since": NOW, "late_at": later(days=1), "due_at": later(days=1), **fields})

    ledger = Ledger(
        task("young", since=later(hours=1)),
        task("old"),
        task("due late", ship_by=later(hours=9)),
        task("due soon", ship_by=later(hours=2), since=later(hours=1)),
        task("urgent", priority=1, since=later(hours=2)),
        task("elsewhere", location_id="LON", priority=0),
    )
    answer = queue(ledger.states, QueueQuestion(location_id="BER", queue="pick"), later(days=2))
    assert [one.fulfilment_id for one in answer] == ["urgent", "due soon", "due late", "old", "young"]
    assert all(one.overdue for one in answer)


def test_what_stands_in_a_queue_too_long_is_told_once_a_day_until_it_leaves_it() -> None:
    dock = arrived(made(), WRAP)
    (task,) = (one for one in dock.documents.values() if isinstance(one, Task))
    assert task.due_at == later(hours=24)

    def fires(at: Any) -> Decision:
        return dock.take(partial(queues.overdue, dock.rules), task, at)

    fires(later(hours=24))
    assert fires(later(hours=25)) == Decision()
    assert [(event.queue, event.due_at) for event in dock.said(TaskOverdueV1)] == [("pick", later(hours=24))]
    fires(later(hours=48))
    assert len(dock.said(TaskOverdueV1)) == 2
    dock.picked()
    assert fires(later(hours=72)) == Decision()


def test_no_step_may_be_named_like_the_queue_for_picking() -> None:
    with pytest.raises(ValidationError, match="name of another queue"):
        StepRule(name="pick", before="pack")


def test_the_shipped_rules_wrap_gifts_and_personalise() -> None:
    assert [rule.name for rule in Rules.load(ROOT / "deploy" / "rules").steps] == ["personalisation", "gift-wrap"]
