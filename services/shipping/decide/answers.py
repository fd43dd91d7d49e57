"""What shipping answers when it is asked: what waits, what the next wave should be, what is fetched for one."""

from datetime import datetime

from pydantic import BaseModel, PositiveInt

from crossdock_contracts.base import Utc
from crossdock_contracts.values import Priority
from services.hub.decision import States
from services.hub.service import Question
from services.shipping.decide.picklist import PickList, pick_list
from services.shipping.decide.queues import in_turn
from services.shipping.decide.waves import proposed
from services.shipping.rules import Rules
from services.shipping.state_work import PICK, Task, Wave

MOST_QUEUED = 10_000
"""So many fulfilments of a queue are looked at, those that have stood there longest."""


class QueueQuestion(Question):
    """Which fulfilments wait at a location."""

    location_id: str
    queue: str = ""
    """``pick``, or a step; empty: all queues."""


class Queued(BaseModel):
    """A fulfilment that waits, in the order in which it is its turn."""

    queue: str
    fulfilment_id: str
    order_id: str
    priority: int
    ship_by: Utc | None
    since: Utc
    service_level: str
    pieces: int
    late_at: Utc
    """When it should have left the queue, or has to."""
    overdue: bool


def queue(states: States, question: QueueQuestion, now: datetime) -> list[Queued]:
    """The fulfilments that wait at a location, in turn."""
    prefix = (question.location_id, question.queue) if question.queue else (question.location_id,)
    return [
        Queued(
            queue=task.queue,
            fulfilment_id=task.fulfilment_id,
            order_id=task.order_id,
            priority=task.priority,
            ship_by=task.ship_by,
            since=task.since,
            service_level=task.service_level,
            pieces=task.pieces,
            late_at=task.late_at,
            overdue=task.late_at < now,
        )
        for task in sorted(states.under(Task, question.owner, *prefix, limit=MOST_QUEUED), key=in_turn)
    ]


class WaveQuestion(Question):
    """What the next wave of a location should hold."""

    location_id: str
    most: PositiveInt = 20
    priority: Priority | None = None
    """This urgent at least: priorities up to this."""
    service_level: str = ""
    """Only these; empty: all."""


def next_wave(rules: Rules, states: States, question: WaveQuestion, _now: datetime) -> list[str]:
    """The fulfilments of the next wave, in turn; with each come those that share its parcel."""
    waiting = [
        task
        for task in states.under(Task, question.owner, question.location_id, PICK, limit=MOST_QUEUED)
        if question.priority is None or task.priority <= question.priority
        if question.service_level in ("", task.service_level)
    ]
    return [task.fulfilment_id for task in proposed(rules, question.location_id, waiting, question.most)]


class PickListQuestion(Question):
    """What is to be fetched for a wave."""

    location_id: str
    wave_id: str


def list_picks(rules: Rules, states: States, question: PickListQuestion, _now: datetime) -> PickList | None:
    """The pick list of a wave; none where there is no such wave."""
    wave = states.get(Wave, question.owner, question.location_id, question.wave_id)
    return None if wave is None else pick_list(rules, states, wave)
