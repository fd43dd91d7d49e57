"""Cancels as they reach routing: asked by capture, answered by shipping, or decided by capture alone."""

from datetime import datetime

from crossdock_contracts.amendments import Stage
from crossdock_contracts.capture import CancelRequestedV1, OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.shipping import FulfilmentStoppedV1
from crossdock_contracts.values import FulfilledQuantity, Order
from services.hub.decision import Decision, Later, States, changed
from services.routing.decide.amendment import answer
from services.routing.decide.cancel import begin, decided_here, stop_answered, with_cancel
from services.routing.decide.named import in_pieces
from services.routing.decide.pieces import split, without
from services.routing.decide.route import carry_on, is_known, known_route
from services.routing.rules import Rules
from services.routing.state import Route, RouteStatus


def cancel_requested(rules: Rules, states: States, message: CancelRequestedV1, now: datetime) -> Decision:
    """An order that had been let go is to be cancelled: routing has the say over what it has not placed yet."""
    route = known_route(states, message)
    known = {*route.decided, *(pending.cancel_id for pending in route.cancels)}
    if message.cancel_id in known:
        return Decision.nothing()
    behind = not is_known(route, message.revision) or not set(message.cancels) <= set(route.decided)
    if route.status is not RouteStatus.ENDED and behind:
        return Decision(later=Later("the order is not known here yet", 0.5))
    route, pending, stops = begin(route, message)
    if stops:
        return Decision(writes=[with_cancel(route, pending)], events=stops)
    route, decided = decided_here(route, pending)
    return Decision(events=[decided]).and_then(carry_on(rules, states, route, now))


def stopped(rules: Rules, states: States, message: FulfilmentStoppedV1, now: datetime) -> Decision:
    """Shipping has answered for one fulfilment."""
    route = known_route(states, message)
    if route.amending is not None and route.amending.amendment_id == message.cancel_id:
        route, decided = answer(
            route, message.fulfilment_id, message.unstoppable, message.stage or Stage.ROUTED, message.detail
        )
    else:
        route, decided = stop_answered(route, message.fulfilment_id, message.unstoppable, message.cancel_id)
    if route is states.get(Route, message.owner, message.order_id):
        return Decision.nothing()
    return Decision(events=decided).and_then(carry_on(rules, states, route, now))


def know_cancelled(rules: Rules, states: States, message: OrderCancelledV1, now: datetime) -> Decision:
    """Capture cancelled pieces of an order that it had not let go; what was decided here is known already."""
    if message.decided_by != "capture":
        return Decision.nothing()
    route = known_route(states, message)
    if message.cancel_id in route.decided or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    if message.revision and not message.complete and not is_known(route, message.revision):
        return Decision(later=Later("an amendment of the order is not known here yet", 0.5))
    route = changed(route, decided=(*route.decided, message.cancel_id))
    if message.complete:
        return Decision(writes=[changed(route, status=RouteStatus.ENDED, order=None, unplaced=(), promised=())])
    if route.order is None:
        before, unnamed = {**route.cancelled_before}, {**route.unnamed_before}
        for line in message.lines:
            known = before if line.sku else unnamed
            known[line.line_id] = known.get(line.line_id, 0) + line.quantity
        return Decision(writes=[changed(route, cancelled_before=before, unnamed_before=unnamed)])
    gone = [piece for line in message.lines for piece in _in_pieces(route.order, line)]
    unplaced = without(route.unplaced, gone)
    count = sum(piece.quantity for piece in gone)
    return carry_on(rules, states, changed(route, unplaced=unplaced, cancelled=route.cancelled + count), now)


def _in_pieces(order: Order, cancelled: FulfilledQuantity) -> list[FulfilledQuantity]:
    """What is cancelled of a line that may have been named since, and be a kit; its value is theirs."""
    found = in_pieces(order, (cancelled,))
    values = split(cancelled.value_minor, [quantity for _, quantity in found])
    return [
        changed(cancelled, line_id=line_id, quantity=quantity, value_minor=value)
        for (line_id, quantity), value in zip(found, values, strict=True)
    ]


def know_rejected(states: States, message: OrderRejectedV1, _now: datetime) -> Decision:
    """The order ended while it was held."""
    route = known_route(states, message)
    if route.status is RouteStatus.ENDED:
        return Decision.nothing()
    return Decision(writes=[changed(route, status=RouteStatus.ENDED, order=None, unplaced=(), promised=())])
