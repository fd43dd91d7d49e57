"""Declined: a location does not take on its share, which is placed elsewhere."""

from datetime import datetime

from crossdock_contracts.stores import FulfilmentDeclinedV1
from services.hub.decision import Decision, States, changed
from services.routing.decide.amendment import answer
from services.routing.decide.cancel import stop_answered
from services.routing.decide.pieces import add
from services.routing.decide.route import carry_on, known_route
from services.routing.rules import Rules
from services.routing.state import Declined, RouteStatus


def take_back_declined(rules: Rules, states: States, message: FulfilmentDeclinedV1, now: datetime) -> Decision:
    """Take a share back, and place it elsewhere once inventory has promised it anew.

    Cancels that wait for the fulfilment are answered by that: nothing of it ships.
    """
    route = known_route(states, message)
    share = next((s for s in route.shares if s.fulfilment_id == message.fulfilment_id and s.pieces), None)
    if share is None or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    route, decided = stop_answered(route, message.fulfilment_id, None)
    left = next(s.pieces for s in route.shares if s.fulfilment_id == message.fulfilment_id)
    again = Declined(fulfilment_id=message.fulfilment_id, location_id=message.location_id, reason=message.reason)
    route = changed(
        route,
        shares=tuple(changed(s, pieces=()) if s.fulfilment_id == message.fulfilment_id else s for s in route.shares),
        unplaced=add(route.unplaced, left),
        declined=(*route.declined, again),
    )
    route, amended = answer(route, message.fulfilment_id)
    return Decision(events=[*decided, *amended]).and_then(carry_on(rules, states, route, now))
