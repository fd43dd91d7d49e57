"""The warehouse's work, which shipping owns: steps, queues, bins, waves, shared parcels, substitutes."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.labels import Parcel
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


class AssignBinsV1(Command, service="shipping", name="assign-bins", version=1, entity="sku"):
    """Where a SKU lies at a location."""

    sku: Id
    location_id: Id
    bins: tuple[Id, ...]
    """In the order in which they are picked from; empty: nowhere in particular."""


class BinsAssignedV1(Event, service="shipping", name="bins-assigned", version=1, entity="sku"):
    """A SKU lies in these bins of a location."""

    sku: Id
    location_id: Id
    bins: tuple[Id, ...]
    assigned_at: Utc


MOST_IN_WAVE = 200
"""Most fulfilments of one wave: a decision is bounded."""


class PlanWaveV1(Command, service="shipping", name="plan-wave", version=1, entity="location_id"):
    """Pick these fulfilments in one go; those that are no longer to be picked, or are in a wave, are left out."""

    location_id: Id
    wave_id: Id
    """Of the sender's choosing, so that the same wave sent again is known."""
    fulfilments: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_IN_WAVE)]
    planned_by: str = ""


class ReleaseWaveV1(Command, service="shipping", name="release-wave", version=1, entity="location_id"):
    """The picking of a wave may begin."""

    location_id: Id
    wave_id: Id
    released_by: str = ""


class CloseWaveV1(Command, service="shipping", name="close-wave", version=1, entity="location_id"):
    """A wave is over: what was not picked may go into the next."""

    location_id: Id
    wave_id: Id
    closed_by: str = ""


class WaveMember(Value):
    """A fulfilment in a wave."""

    fulfilment_id: Id
    order_id: Id
    position: PositiveInt
    """Where its pieces are put while several orders are picked at once."""
    packed_with: str = ""
    """The fulfilment in whose parcel it goes; empty: it has one of its own."""


class WavePlannedV1(Event, service="shipping", name="wave-planned", version=1, entity="location_id"):
    """These fulfilments are picked in one go, in this order."""

    location_id: Id
    wave_id: Id
    members: Annotated[tuple[WaveMember, ...], Field(min_length=1)]
    left_out: tuple[Id, ...] = ()
    """Fulfilments that were asked for and are not to be picked any more, or are in another wave."""
    planned_by: str = ""
    planned_at: Utc


class WaveReleasedV1(Event, service="shipping", name="wave-released", version=1, entity="location_id"):
    """The picking of a wave has begun."""

    location_id: Id
    wave_id: Id
    released_by: str = ""
    released_at: Utc


class WaveClosedV1(Event, service="shipping", name="wave-closed", version=1, entity="location_id"):
    """A wave is over."""

    location_id: Id
    wave_id: Id
    left: tuple[Id, ...] = ()
    """Fulfilments that were not picked; they wait for another wave."""
    closed_by: str = ""
    closed_at: Utc


class ParcelJoinedV1(Event, service="shipping", name="parcel-joined", version=1, entity="order_id"):
    """The goods of another fulfilment were packed into the parcel of this one."""

    order_id: Id
    fulfilment_id: Id
    """Whose parcel it is."""
    joined_order_id: Id
    joined_fulfilment_id: Id
    """Whose goods went in."""
    goods_g: NonNegativeInt
    """What they are expected to weigh."""
    packed_at: Utc


class ParcelSharedV1(Event, service="shipping", name="parcel-shared", version=1, entity="order_id"):
    """A fulfilment goes in the parcel of another, under that one's label."""

    order_id: Id
    fulfilment_id: Id
    lead_fulfilment_id: Id
    """Whose parcel it is."""
    parcel: Parcel
    shipped_at: Utc | None = None
    """Since when the carrier has it; none: it has not yet."""


class ParcelUnsharedV1(Event, service="shipping", name="parcel-unshared", version=1, entity="order_id"):
    """The fulfilment in whose parcel this one was to go does not ship: this one gets a label of its own."""

    order_id: Id
    fulfilment_id: Id
    lead_fulfilment_id: Id
    detail: str


class WantedSubstitute(Value):
    """A line that is short, and what a rule would send in its place."""

    line_id: Id
    sku: Id
    by: Id
    missing: PositiveInt
    """Pieces of the line that were not on the shelf."""


class SubstitutionWantedV1(Event, service="shipping", name="substitution-wanted", version=1, entity="order_id"):
    """Lines are short, and rules allow something else in their place: inventory says whether that is free here."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[WantedSubstitute, ...], Field(min_length=1)]
    attempt: PositiveInt


class LineSubstitutedV1(Event, service="shipping", name="line-substituted", version=1, entity="order_id"):
    """Something else is sent for all pieces of a line, for the same price or less."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    line_id: Id
    ordered_sku: Id
    sku: Id
    """What is sent."""
    quantity: PositiveInt
    value_minor: NonNegativeInt
    """What the buyer pays for it, in the order's currency …"""
    reduced_minor: NonNegativeInt = 0
    """… which is so much less than for what was ordered; given back once it ships."""
    substituted_at: Utc
