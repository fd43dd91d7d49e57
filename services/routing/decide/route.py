"""An order's way: it waits for release, payment and promise, is routed, and routed again where a location refuses."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import AboutOrder
from crossdock_contracts.capture import OrderCapturedV1, OrderHeldV1, OrderReleasedV1
from crossdock_contracts.inventory import AllocationRefusedV1, PromisedLine, StockBackorderedV1, StockReservedV1
from crossdock_contracts.payments import PaymentAuthorisedV1
from crossdock_contracts.routing import (
    OrderCompletedV1,
    OrderRoutedV1,
    OrderUnroutableV1,
    RankedPlan,
)
from crossdock_contracts.shipping import ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import LATE_ARRIVAL, Address, Fulfilment, FulfilmentLine, LineKind, Order, PaymentMethod
from services.hub.decision import Decision, Later, States, changed
from services.routing.decide.amendment import answer
from services.routing.decide.assign import Plan, Site, best_plans
from services.routing.decide.cancel import stop_answered
from services.routing.decide.eligible import Eligible, eligible
from services.routing.decide.pieces import add, quantity_of, take, value_of
from services.routing.rules import Rules
from services.routing.state import Pieces, ReleaseTimer, Route, RouteStatus, Share


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
    route = _with_order(route, message.order)
    return go_on(rules, changed(route, held=bool(message.holds)), now)


def _with_order(route: Route, order: Order) -> Route:
    pieces = tuple(
        Pieces(line_id=line.line_id, sku=line.sku or "", quantity=line.quantity, value_minor=line.paid_minor)
        for line in order.lines
        if line.kind is LineKind.PHYSICAL and order.policy.fulfil_by == "hub"
    )
    for line_id, quantity in route.cancelled_before.items():
        _, pieces = take(pieces, line_id, quantity)
    return changed(route, order=order, unplaced=pieces, cancelled_before={})


def go_on_released(rules: Rules, states: States, message: OrderReleasedV1, now: datetime) -> Decision:
    """Nothing holds the order any more."""
    route = known_route(states, message)
    if route.status is RouteStatus.ENDED:
        return Decision.nothing()
    if message.order.revision and not is_known(route, message.order.revision):
        return Decision(later=Later("an amendment of the order is not known here yet", 0.5))
    if route.order is None:
        route = _with_order(route, message.order)
    elif message.order.revision == route.order.revision:
        route = changed(route, order=message.order, unplaced=_named(route.unplaced, route.order, message.order))
    status = RouteStatus.WAITING if route.status is RouteStatus.UNROUTABLE else route.status
    return go_on(rules, changed(route, held=False, status=status, attempts_before=route.attempt), now)


def _named(unplaced: tuple[Pieces, ...], before: Order, order: Order) -> tuple[Pieces, ...]:
    """The same pieces, those named and counted whose listing has been mapped since: two packs of six are twelve."""
    was = {line.line_id: line.quantity for line in before.lines}
    lines = {line.line_id: line for line in order.lines}
    return tuple(
        changed(p, sku=line.sku or p.sku, quantity=p.quantity * line.quantity // was[p.line_id])
        for p in unplaced
        if (line := lines[p.line_id])
    )


def stop_held(states: States, message: OrderHeldV1, _now: datetime) -> Decision:
    """Somebody has to look first. What has been routed already goes on."""
    route = known_route(states, message)
    if route.status is RouteStatus.ENDED or route.held or message.hold.reason == LATE_ARRIVAL:
        return Decision.nothing()
    return Decision(writes=[changed(route, held=True)])


def know_payment(rules: Rules, states: States, message: PaymentAuthorisedV1, now: datetime) -> Decision:
    """The money is certain, as far as the order has been amended by then."""
    route = known_route(states, message)
    known = route.authorised and message.revision <= route.paid_for
    if known or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    return go_on(rules, changed(route, authorised=True, paid_for=message.revision), now)


def know_promise(
    rules: Rules, states: States, message: StockReservedV1 | StockBackorderedV1, now: datetime
) -> Decision:
    """What is promised, and where it could come from; the newest word counts."""
    route = known_route(states, message)
    if message.generation <= route.generation or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    return go_on(rules, changed(route, promised=message.lines, generation=message.generation), now)


def release_due(rules: Rules, states: States, message: ReleaseTimer, now: datetime) -> Decision:
    """The day of a pre-order has come."""
    route = states.get(Route, message.owner, message.order_id)
    if route is None or route.status is RouteStatus.ENDED:
        return Decision.nothing()
    return go_on(rules, route, now)


def go_on(rules: Rules, route: Route, now: datetime) -> Decision:
    """Route what is to be placed, if nothing is waited for any more."""
    order = route.order
    waits = route.held or not route.is_paid or route.amending is not None
    if order is None or waits or route.status is RouteStatus.UNROUTABLE:
        return Decision(writes=[route])
    if not route.unplaced:
        return completed(route, now)
    if order.release_at is not None and order.release_at > now:
        timer = ReleaseTimer(owner=route.owner, order_id=route.order_id, due_at=order.release_at)
        return Decision(writes=[route, timer])
    promised = {line.line_id: line.quantity - line.backordered for line in route.promised}
    if any(promised.get(p.line_id, 0) < p.quantity for p in route.unplaced):
        return Decision(writes=[route])
    return _place(rules, route, order, now)


def _place(rules: Rules, route: Route, order: Order, now: datetime) -> Decision:
    demand: dict[str, int] = {}
    for piece in route.unplaced:
        demand[piece.sku] = demand.get(piece.sku, 0) + piece.quantity
    allowed = eligible(rules, route.owner, order, set(demand))
    sites = _sites(route, demand, allowed)
    config = rules.config
    plans = best_plans(demand, sites, split=config.weights.split, most=config.most_locations, keep=config.ranking)
    route = changed(route, attempt=route.attempt + 1)
    if not plans or route.attempt - route.attempts_before > config.attempts or order.ship_to is None:
        return _unroutable(route, order, allowed, sites, bool(plans), config.attempts)
    fulfilments, shares = _shares(route, order, plans[0])
    routed = OrderRoutedV1(
        owner=route.owner,
        order_id=route.order_id,
        attempt=route.attempt,
        fulfilments=fulfilments,
        ranking=_ranking(plans, allowed, config.weights.split),
        rules=tuple(allowed.applied),
        routed_at=now,
    )
    promised = _not_placed(route)
    route = changed(route, status=RouteStatus.ROUTED, unplaced=(), promised=promised, shares=(*route.shares, *shares))
    return Decision(writes=[route], events=[routed])


def _not_placed(route: Route) -> tuple[PromisedLine, ...]:
    """What of the promise is for pieces that are placed already, as far as inventory knew when it gave it."""
    placed = {piece.line_id: piece.quantity for piece in route.unplaced}
    left = [(line, line.quantity - placed.get(line.line_id, 0)) for line in route.promised]
    return tuple(changed(line, quantity=quantity) for line, quantity in left if quantity > 0)


def _sites(route: Route, demand: dict[str, int], allowed: Eligible) -> list[Site]:
    stock: dict[str, dict[str, int]] = {}
    for line in route.promised:
        if line.sku in demand:
            for candidate in line.candidates:
                stock.setdefault(candidate.location_id, {})[line.sku] = candidate.available
    return [
        Site(name, allowed.fixed[name], allowed.piece[name], free)
        for name, free in stock.items()
        if name in allowed.fixed
    ]


def _unroutable(
    route: Route, order: Order, allowed: Eligible, sites: list[Site], possible: bool, attempts: int
) -> Decision:
    if order.ship_to is None:
        reason, detail = "no-address", "the order has no delivery address"
    elif possible:
        reason, detail = "refused-too-often", f"locations refused {attempts} times in a row"
    elif not sites:
        reason, detail = "no-location", "no location that has the goods may serve this order"
    else:
        reason, detail = "too-many-locations", "the goods lie in more locations than an order may be split over"
    event = OrderUnroutableV1(
        owner=route.owner,
        order_id=route.order_id,
        attempt=route.attempt,
        reason=reason,
        detail=detail,
        rules=tuple(allowed.applied),
    )
    if not possible:  # once it is released, it waits for fresh figures
        route = changed(route, promised=())
    return Decision(writes=[changed(route, status=RouteStatus.UNROUTABLE)], events=[event])


def _shares(route: Route, order: Order, plan: Plan) -> tuple[tuple[Fulfilment, ...], tuple[Share, ...]]:
    """The chosen plan as fulfilments, and what routing remembers of them."""
    left = route.unplaced
    fulfilments: list[Fulfilment] = []
    shares: list[Share] = []
    known = {line.line_id: line for line in order.lines}
    for location_id, pieces_by_sku in sorted(plan.shares.items()):
        taken: tuple[Pieces, ...] = ()
        for sku, quantity in pieces_by_sku.items():
            for piece in left:
                if piece.sku == sku and quantity:
                    part, left = take(left, piece.line_id, min(quantity, piece.quantity))
                    taken = add(taken, part)
                    quantity -= quantity_of(part)  # noqa: PLW2901  # what is still to be taken
        fulfilment_id = f"{route.order_id}/{len(route.shares) + len(shares) + 1}"
        shares.append(Share(fulfilment_id=fulfilment_id, location_id=location_id, pieces=taken))
        cash = value_of(taken) if order.payment.method is PaymentMethod.CASH_ON_DELIVERY else 0
        fulfilments.append(
            Fulfilment(
                fulfilment_id=fulfilment_id,
                order_id=route.order_id,
                location_id=location_id,
                lines=tuple(
                    FulfilmentLine(
                        line_id=p.line_id,
                        sku=p.sku,
                        title=known[p.line_id].title,
                        quantity=p.quantity,
                        weight_g=known[p.line_id].weight_g,
                        value_minor=p.value_minor,
                        hazmat_class=known[p.line_id].hazmat_class,
                    )
                    for p in taken
                ),
                ship_to=order.ship_to or Address(),
                channel=order.channel,
                currency=order.currency,
                service_level=order.shipping.service_level,
                priority=order.priority,
                ship_by=order.ship_by,
                deliver_by=order.deliver_by,
                cash_on_delivery_minor=cash,
                gift_message=order.gift_message,
                note=order.note,
            )
        )
    return tuple(fulfilments), tuple(shares)


def _ranking(plans: list[Plan], allowed: Eligible, split: float) -> tuple[RankedPlan, ...]:
    ranked = []
    for rank, plan in enumerate(plans, start=1):
        parts = {"split": split * (len(plan.shares) - 1)}
        for location_id, pieces in plan.shares.items():
            for name, points in allowed.parts[location_id].items():
                parts[name] = parts.get(name, 0.0) + points
            parts["pieces"] = parts.get("pieces", 0.0) + allowed.piece[location_id] * sum(pieces.values())
        costs = {name: round(points, 3) for name, points in parts.items() if points}
        ranked.append(RankedPlan(rank=rank, points=round(plan.points, 3), shares=plan.shares, parts=costs))
    return tuple(ranked)


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
        status=RouteStatus.WAITING,
    )
    route, amended = answer(route, message.fulfilment_id)
    return Decision(events=[*decided, *amended]).and_then(go_on(rules, route, now))


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
    return go_on(rules, changed(route, shares=shares, unplaced=back), now)


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
    shares = tuple(changed(s, pieces=left, shipped=True) if s is share else s for s in route.shares)
    return completed(changed(route, shares=shares, shipped=route.shipped + gone), now)


def completed(route: Route, now: datetime) -> Decision:
    """The order is complete if nothing of it is left to place or to ship."""
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
