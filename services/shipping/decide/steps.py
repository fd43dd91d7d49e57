"""Steps: what a fulfilment takes beyond being picked, packed and shipped, and what waits until it is done."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.capture import OrderReleasedV1
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.reasons import STEP_FAILED
from crossdock_contracts.warehouse import (
    ConfirmStepV1,
    PlannedStep,
    StepDoneV1,
    StepFailedV1,
    StepReopenedV1,
    StepsPlannedV1,
)
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import refused, shipment_of
from services.shipping.decide.queues import queued
from services.shipping.rules import Rules
from services.shipping.rules.work import StepWhen
from services.shipping.state import Shipment, Step, StepStatus, is_open


def planned(rules: Rules, shipment: Shipment, now: datetime) -> tuple[Shipment, list[Event]]:
    """The shipment with the steps that it takes by the rules, and what is to be said of them."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    steps = tuple(
        Step(name=rule.name, before=rule.before, role=rule.role)
        for rule in rules.steps
        if _applies(rule.when, shipment.owner, fulfilment)
    )
    if not steps:
        return shipment, []
    said = StepsPlannedV1(
        **_about(shipment),
        steps=tuple(PlannedStep(step=step.name, before=step.before, role=step.role) for step in steps),
        planned_at=now,
    )
    return changed(shipment, steps=steps), [said]


def _applies(when: StepWhen, owner: str, fulfilment: Fulfilment) -> bool:
    lines = fulfilment.lines
    return (
        (not when.gift_wrap or any(line.gift_wrap for line in lines))
        and (not when.personalised or any(line.note for line in lines))
        and (not when.tags or not set(when.tags).isdisjoint(fulfilment.tags))
        and (not when.sku_prefixes or any(line.sku.startswith(when.sku_prefixes) for line in lines))
        and owner in (when.owners or (owner,))
        and fulfilment.channel in (when.channels or (fulfilment.channel,))
        and fulfilment.location_id in (when.locations or (fulfilment.location_id,))
        and fulfilment.service_level in (when.service_levels or (fulfilment.service_level,))
    )


def _about(shipment: Shipment) -> dict[str, str]:
    return {
        "owner": shipment.owner,
        "order_id": shipment.order_id,
        "fulfilment_id": shipment.fulfilment_id,
        "location_id": shipment.fulfilment.location_id if shipment.fulfilment else "-",
    }


def confirm_step(rules: Rules, states: States, message: ConfirmStepV1, now: datetime) -> Decision:
    """A step is done, or cannot be done: then the order is held until somebody has looked."""
    shipment = shipment_of(states, message)
    if shipment is None or not is_open(shipment.status):
        return refused(message, shipment, "only open fulfilments have steps to be done")
    step = next((step for step in shipment.steps if step.name == message.step), None)
    if step is None:
        names = ", ".join(step.name for step in shipment.steps) or "none"
        return refused(message, shipment, f"its steps are: {names}", reason="no-such-step")
    failed = message.outcome == "failed"
    if step.status is StepStatus.DONE or (failed and step.status is StepStatus.FAILED):
        return Decision.nothing()
    told = {**_about(shipment), "step": step.name, "note": message.note, "confirmed_by": message.confirmed_by}
    if failed:
        step = changed(step, status=StepStatus.FAILED, attempts=step.attempts + 1)
        event: Event = StepFailedV1(**told, attempt=step.attempts, failed_at=now)
    else:
        step = changed(step, status=StepStatus.DONE)
        event = StepDoneV1(**told, done_at=now)
    after = _with(shipment, step)
    return queued(rules, states, shipment, Decision(writes=[after], events=[event]), now)


def _with(shipment: Shipment, step: Step) -> Shipment:
    return changed(shipment, steps=tuple(step if one.name == step.name else one for one in shipment.steps))


def reopen_steps(rules: Rules, states: States, message: OrderReleasedV1, now: datetime) -> Decision:
    """Holds for steps that failed were closed: the steps are to be done after all."""
    decision = Decision()
    wanted = dict.fromkeys(hold.about for hold in message.closed if hold.reason == STEP_FAILED and hold.about)
    for fulfilment_id in wanted:
        shipment = states.get(Shipment, message.owner, fulfilment_id)
        if shipment is None or not is_open(shipment.status):
            continue
        after = shipment
        for step in shipment.steps:
            if step.status is StepStatus.FAILED:
                after = _with(after, changed(step, status=StepStatus.OPEN))
                decision.events.append(StepReopenedV1(**_about(shipment), step=step.name, reopened_at=now))
        decision.and_then(queued(rules, states, shipment, Decision(writes=[after]), now))
    return decision
