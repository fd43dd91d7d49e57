"""An order's way: it waits for release, payment and promise, is routed, and routed again where a location refuses."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import AboutOrder
from crossdock_contracts.capture import OrderCapturedV1, OrderHeldV1, OrderReleasedV1
from crossdock_contracts.inventory import AllocationRefusedV1, StockBackorderedV1, StockReservedV1
from crossdock_contracts.payments import PaymentAuthorisedV1
from crossdock_contracts.reasons import LATE_ARRIVAL
from crossdock_contracts.routing import OrderCompletedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import LineKind, LineQuantity, Order
from services.hub.decision import Decision, Later, States, changed
from services.routing.decide.amendment import answer
from services.routing.decide.cancel import stop_answered
from services.routing.decide.capacity import Workloads
from services.routing.decide.named import in_pieces, named
from services.routing.decide.partly import available
from services.routing.decide.pieces import add, cards_of, quantity_of, take
from services.routing.decide.place import place, wait
from services.routing.rules import Rules
from services.routing.state import Pieces, ReleaseTimer, Route, RouteStatus


def reads_route(message: AboutOrder) -> Iterable[str]:
    """The document of the order."""
    return [Route.at(message.owner, message.order_id)]


def creates_route(message: OrderCapturedV1) -> Iterable[str]:
    """What a new order may be the first to write; its promise or payment may have been first."""
    return [Route.at(message.owner, message.order_id)]


def known_route(states: States, message: AboutOrder) -> Route:
    """The order's document; an empty one where nothing has been heard of it."""
    found = states.get(Route, message.owner, message.order_id)
    return found or Route(owner=message.owner, order_id=message.order_id)


def is_known(route: Route, revision: int) -> bool:
    """The order is known, as it is after so many amendments."""
    return route.order is not None and route.order.revision >= revision


def know_order(rules: Rules, states: States, message: OrderCapturedV1, now: datetime) -> Decision:
    """The order itself: what there is to place."""
    route = known_route(states, message)
    if route.order is not None or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    if message.order.policy.fulfil_by != "hub":
        return _not_ours(route)
    route = _with_order(route, message.order)
    return go_on(rules, states, changed(route, held=bool(message.holds)), now)


def _not_ours(route: Route) -> Decision:
    """An order that its channel fulfils: there is nothing to place, and nothing that is heard of it later matters."""
    return Decision(writes=[changed(route, status=RouteStatus.ENDED, cancelled_before={}, promised=())])


def _with_order(route: Route, order: Order) -> Route:
    pieces = tuple(
        Pieces(line_id=line.line_id, sku=line.sku or "", quantity=line.quantity, value_minor=line.paid_minor)
        for line in order.lines
        if line.kind is LineKind.PHYSICAL
    )
    unnamed = [LineQuantity(line_id=line_id, quantity=n) for line_id, n in route.unnamed_before.items()]
    for line_id, quantity in (*route.cancelled_before.items(), *in_pieces(order, unnamed)):
        _, pieces = take(pieces, line_id, quantity)
    return changed(route, order=order, unplaced=pieces, cancelled_before={}, unnamed_before={})


def go_on_released(rules: Rules, states: States, message: OrderReleasedV1, now: datetime) -> Decision:
    """Nothing holds the order any more."""
    route = known_route(states, message)
    if route.status is RouteStatus.ENDED:
        return Decision.nothing()
    if message.order.policy.fulfil_by != "hub":
        return _not_ours(route)
    amended = message.order.revision and not is_known(route, message.order.revision)
    if amended or set(message.cancels) - set(route.decided):
        return Decision(later=Later("the order as it was before is not known here yet", 0.5))
    if route.order is None:
        route = _with_order(route, message.order)
    elif message.order.revision == route.order.revision:
        route = changed(route, order=message.order, unplaced=named(route.unplaced, route.order, message.order))
    status = route.status
    if status is RouteStatus.UNROUTABLE:
        status, route = RouteStatus.WAITING, changed(route, declined=())
    releases = route.releases + 1 if message.releases is None else message.releases
    held = route.held and route.held_after >= releases  # somebody has held it again
    about = {"held": held, "releases": max(releases, route.releases), "attempts_before": route.attempt}
    return go_on(rules, states, changed(route, status=status, **about), now)


def stop_held(states: States, message: OrderHeldV1, _now: datetime) -> Decision:
    """Somebody has to look first. What has been routed already goes on."""
    route = known_route(states, message)
    after = route.releases if message.releases is None else message.releases
    held = held_from(route, after)
    over = route.status is RouteStatus.ENDED or message.hold.reason == LATE_ARRIVAL
    return Decision.nothing() if over or held == route else Decision(writes=[held])


def held_from(route: Route, after: int) -> Route:
    """The route of an order that was held when it had been released so often, unless it has been released since."""
    known = route.held and after <= route.held_after
    return route if known or after < route.releases else changed(route, held=True, held_after=after)


def know_payment(rules: Rules, states: States, message: PaymentAuthorisedV1, now: datetime) -> Decision:
    """The money is certain, as far as the order has been amended by then."""
    route = known_route(states, message)
    known = route.authorised and message.revision <= route.paid_for
    if known or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    return go_on(rules, states, changed(route, authorised=True, paid_for=message.revision), now)


def know_promise(
    rules: Rules, states: States, message: StockReservedV1 | StockBackorderedV1, now: datetime
) -> Decision:
    """What is promised, and where it could come from; the newest word counts."""
    route = known_route(states, message)
    if message.generation <= route.generation or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    about = {"generation": message.generation, "promised_for": message.revision}
    route = changed(route, promised=message.lines, attempts_before=route.attempt, **about)
    return go_on(rules, states, route, now)


def release_due(rules: Rules, states: States, message: ReleaseTimer, now: datetime) -> Decision:
    """The day of a pre-order has come."""
    route = states.get(Route, message.owner, message.order_id)
    if route is None or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    return go_on(rules, states, route, now)


def go_on(rules: Rules, states: States, route: Route, now: datetime) -> Decision:
    """Route what is to be placed, if nothing is waited for any more; what was placed and taken back makes room."""
    workloads = Workloads(states)
    decision = _go_on(rules, states, workloads, workloads.free(route), now)
    decision.writes += workloads.writes()
    return decision


def _go_on(rules: Rules, states: States, workloads: Workloads, route: Route, now: datetime) -> Decision:
    order = route.order
    waits = route.held or not route.is_paid or route.amending is not None
    if order is None or waits or route.status is RouteStatus.UNROUTABLE:
        return Decision(writes=[route])
    if not route.unplaced:
        return _completed(route, now)
    if order.release_at is not None and order.release_at > now:
        return wait(route, order.release_at)
    if route.promised_for < route.promise_for:  # what is promised was meant for pieces that may have gone since
        return Decision(writes=[route])
    there, rest = available(rules.config.ship_available, route, order)
    if not there:
        return Decision(writes=[route])
    return place(rules, states, workloads, changed(route, unplaced=there), rest, order, now)


def carry_on(rules: Rules, states: States, route: Route, now: datetime) -> Decision:
    """What is left of the order goes on; where nothing is, it is complete, even if it is held."""
    if route.status is RouteStatus.ENDED:
        return Decision(writes=[route])
    if route.unplaced:
        return go_on(rules, states, route, now)
    return completed(states, route, now)


def place_again(rules: Rules, states: States, message: AllocationRefusedV1, now: datetime) -> Decision:
    """A location no longer has what it was chosen for: its share is placed again, with fresh figures."""
    route = known_route(states, message)
    share = next((s for s in route.shares if s.fulfilment_id == message.fulfilment_id and s.pieces), None)
    if share is None or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    lines = () if 0 < message.generation < route.generation else message.lines
    fresh = {line.line_id for line in lines}
    promised = tuple(line for line in route.promised if line.line_id not in fresh)
    answered, decided = stop_answered(route, message.fulfilment_id, None)
    share = next(s for s in answered.shares if s.fulfilment_id == message.fulfilment_id)
    route = changed(
        _without(answered, message.fulfilment_id),
        unplaced=add(answered.unplaced, share.pieces),
        promised=(*promised, *lines),
        parts=route.parts - bool(route.parts and route.unplaced),
        status=RouteStatus.WAITING,
    )
    route, amended = answer(route, message.fulfilment_id)
    return Decision(events=[*decided, *amended]).and_then(carry_on(rules, states, route, now))


def _without(route: Route, fulfilment_id: str) -> Route:
    """The route with a share emptied."""
    shares = tuple(changed(s, pieces=()) if s.fulfilment_id == fulfilment_id else s for s in route.shares)
    return changed(route, shares=shares)


def take_back_short(rules: Rules, states: States, message: ShortPickedV1, now: datetime) -> Decision:
    """Pieces were not on the shelf: they are placed again once inventory has promised them anew."""
    route = known_route(states, message)
    share = next((s for s in route.shares if s.fulfilment_id == message.fulfilment_id), None)
    if share is None or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    left, back = share.pieces, route.unplaced
    for missing in message.missing:
        part, left = take(left, missing.line_id, missing.quantity)
        back = add(back, part)
    if left == share.pieces:
        return Decision.nothing()
    shares = tuple(changed(s, pieces=left) if s is share else s for s in route.shares)
    return go_on(rules, states, changed(route, shares=shares, unplaced=back), now)


def know_shipped(states: States, message: ShipmentShippedV2, now: datetime) -> Decision:
    """A share has left; with the last one the order is complete."""
    route = known_route(states, message)
    share = next((s for s in route.shares if s.fulfilment_id == message.fulfilment_id), None)
    if share is None or share.shipped or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    gone, left = 0, share.pieces
    for line in message.lines:
        taken, left = take(left, line.line_id, line.quantity)
        gone += quantity_of(taken)
    sent = changed(share, pieces=left, shipped=True, cards_minor=cards_of(share))
    shares = tuple(sent if s is share else s for s in route.shares)
    return completed(states, changed(route, shares=shares, shipped=route.shipped + gone), now)


def completed(states: States, route: Route, now: datetime) -> Decision:
    """The order is complete if nothing of it is left to place or to ship."""
    workloads = Workloads(states)
    decision = _completed(workloads.free(route), now)
    decision.writes += workloads.writes()
    return decision


def _completed(route: Route, now: datetime) -> Decision:
    asked = route.cancels or route.amending
    if route.order is None or route.unplaced or any(share.pieces for share in route.shares) or asked:
        return Decision(writes=[route])
    ended = changed(route, status=RouteStatus.ENDED, order=None, promised=(), shares=(), unplaced=())
    if route.cancelled and not route.shipped:  # the cancel says it all
        return Decision(writes=[ended])
    event = OrderCompletedV1(
        owner=route.owner, order_id=route.order_id, shipped=route.shipped, cancelled=route.cancelled, completed_at=now
    )
    return Decision(writes=[ended], events=[event])
