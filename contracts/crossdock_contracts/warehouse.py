"""The warehouse's work, which shipping owns: steps, queues, waves, bins."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code


class ConfirmStepV1(Command, service="shipping", name="confirm-step", version=1, entity="order_id"):
    """A step of a fulfilment is done, or cannot be done."""

    order_id: Id
    fulfilment_id: Id
    step: Code
    outcome: Literal["done", "failed"] = "done"
    note: str = ""
    confirmed_by: str = ""


class PlannedStep(Value):
    """A step that a fulfilment waits for, before it is picked, packed or shipped."""

    step: Code
    before: Literal["pick", "pack", "ship"]
    role: Code
    """Who does it."""


class StepsPlannedV1(Event, service="shipping", name="steps-planned", version=1, entity="order_id"):
    """A fulfilment takes more than to be picked, packed and shipped."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    steps: Annotated[tuple[PlannedStep, ...], Field(min_length=1)]
    planned_at: Utc


class StepDoneV1(Event, service="shipping", name="step-done", version=1, entity="order_id"):
    """A step of a fulfilment was done."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    step: Code
    note: str = ""
    confirmed_by: str = ""
    done_at: Utc


class StepFailedV1(Event, service="shipping", name="step-failed", version=1, entity="order_id"):
    """A step of a fulfilment could not be done; somebody has to look before it goes on."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    step: Code
    attempt: PositiveInt
    note: str = ""
    confirmed_by: str = ""
    failed_at: Utc


class StepReopenedV1(Event, service="shipping", name="step-reopened", version=1, entity="order_id"):
    """Somebody has looked at why a step failed: it is to be done after all."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    step: Code
    reopened_at: Utc


class TaskOverdueV1(Event, service="shipping", name="task-overdue", version=1, entity="order_id"):
    """A fulfilment still stands in a queue of its location, though it should have left it."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    queue: Code
    """``pick``, or the step that it waits for."""
    due_at: Utc
    """When it should have been done."""
