"""What goes along with each change of a fulfilment, or of what else is sent, whichever decision makes it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from services.hub.decision import Decision, Document, States

Changed = TypeVar("Changed", bound=Document)
Decide = Callable[..., Decision]
Follow = Callable[[States, Decision, Changed | None, Changed, datetime], None]
"""``(states, decision, before, after, now)``: adds to the decision what follows from what it makes of a document."""


def followed_by(kind: type[Changed], follow: Follow[Changed], decide: Decide) -> Decide:
    """The same decision, and with it what follows from each change that it makes to a document of this kind.

    The time is what comes last of a decision's arguments, but for facts that were prepared for it.
    """

    @wraps(getattr(decide, "func", decide))
    def decided(states: States, *more: Any) -> Decision:
        decision = decide(states, *more)
        now = next(one for one in reversed(more) if isinstance(one, datetime))
        for after in [one for one in decision.writes if isinstance(one, kind)]:
            before = states.get(kind, *(getattr(after, name) for name in after.KEY))
            follow(states, decision, before, after, now)
        return decision

    return decided
