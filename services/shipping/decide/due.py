"""What happens when a fulfilment has stood in a queue for its time."""

from collections.abc import Callable
from datetime import datetime

from services.hub.decision import Decision, States
from services.shipping.decide.offer import timed_out
from services.shipping.decide.pickup import not_collected
from services.shipping.decide.queues import overdue
from services.shipping.rules import Rules
from services.shipping.state_work import OFFER, PICKUP, Task

_DUE: dict[str, Callable[[Rules, States, Task, datetime], Decision]] = {OFFER: timed_out, PICKUP: not_collected}
"""Queues whose time is a limit; in the others somebody is told that it is over."""


def task_due(rules: Rules, states: States, message: Task, now: datetime) -> Decision:
    """The time of a fulfilment in a queue has passed."""
    return _DUE.get(message.queue, overdue)(rules, states, message, now)
