"""What goes along with each change of a fulfilment, whichever decision makes it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from services.hub.decision import Decision, States
from services.shipping.state import Shipment

Decide = Callable[..., Decision]
Follow = Callable[[States, Decision, Shipment | None, Shipment, datetime], None]
"""``(states, decision, before, after, now)``: adds to the decision what follows from what it makes of a fulfilment."""


def followed_by(follow: Follow, decide: Decide) -> Decide:
    """The same decision, and with it what follows from each change that it makes to a fulfilment.

    The time is what comes last of a decision's arguments, but for facts that were prepared for it.
    """

    @wraps(getattr(decide, "func", decide))
    def decided(states: States, *more: Any) -> Decision:
        decision = decide(states, *more)
        now = next(one for one in reversed(more) if isinstance(one, datetime))
        for after in [one for one in decision.writes if isinstance(one, Shipment)]:
            follow(states, decision, states.get(Shipment, after.owner, after.fulfilment_id), after, now)
        return decision

    return decided
