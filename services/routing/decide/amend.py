"""Amendments as they reach routing: asked by capture, answered by shipping, or decided by capture alone."""

from datetime import datetime

from crossdock_contracts.amendments import AmendmentRequestedV1, OrderAmendedV1
from services.hub.decision import Decision, Later, States, changed
from services.routing.decide.amendment import begin, too_late, with_added
from services.routing.decide.pieces import reprice, without
from services.routing.decide.route import carry_on, held_from, is_known, known_route
from services.routing.rules import Rules
from services.routing.state import RouteStatus


def amendment_requested(rules: Rules, states: States, message: AmendmentRequestedV1, now: datetime) -> Decision:
    """An order that had been let go is to change: routing has the say over what it has not placed yet."""
    route = known_route(states, message)
    pending = route.amending.amendment_id if route.amending else ""
    if message.amendment_id in (*route.amended, pending):
        return Decision.nothing()
    if route.status is RouteStatus.ENDED:
        route, decided = too_late(route, message)
        return Decision(writes=[route], events=[decided])
    if not is_known(route, message.order.revision - 1):
        return Decision(later=Later("the order as it was before is not known here yet", 0.5))
    if message.held_after is not None:  # it is said of its own, too, which may come later
        route = held_from(route, message.held_after)
    route, events = begin(route, message)
    return Decision(events=events).and_then(carry_on(rules, states, route, now))


def know_amended(rules: Rules, states: States, message: OrderAmendedV1, now: datetime) -> Decision:
    """Capture amended an order by itself; what was decided here is known already."""
    route = known_route(states, message)
    if message.decided_by != "capture" or message.amendment_id in route.amended or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    if not is_known(route, message.order.revision - 1):
        return Decision(later=Later("the order as it was before is not known here yet", 0.5))
    route = with_added(route, message.added, message.order.revision)
    unplaced = without(route.unplaced, message.removed)
    unplaced, _ = reprice(unplaced, message.repriced_minor)
    rises = message.amount_minor > 0
    route = changed(
        route,
        order=message.order,
        unplaced=unplaced,
        amended=(*route.amended, message.amendment_id),
        cancelled=route.cancelled + sum(one.quantity for one in message.removed),
        pays_for=max(route.pays_for, message.order.revision if rises else 0),
    )
    return carry_on(rules, states, route, now)
