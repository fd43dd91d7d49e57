"""What shipping answers when it is asked."""

from datetime import datetime

from pydantic import BaseModel

from crossdock_contracts.base import Utc
from services.hub.decision import States
from services.hub.service import Question
from services.shipping.state import Task

MOST_QUEUED = 5000
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
    overdue: bool


def in_turn(task: Task) -> tuple[int, bool, datetime, datetime, str]:
    """What comes first: priority, then the time to ship by, then age."""
    return (task.priority, task.ship_by is None, task.ship_by or task.since, task.since, task.fulfilment_id)


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
            overdue=task.late_at < now,
        )
        for task in sorted(states.under(Task, question.owner, *prefix, most=MOST_QUEUED), key=in_turn)
    ]
