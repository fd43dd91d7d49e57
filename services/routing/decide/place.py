"""Placing: where an order's pieces ship from, as fulfilments, with the ranking and rules that led there."""

from datetime import datetime

from crossdock_contracts.fulfilments import DeliveryPromise, Fulfilment, FulfilmentLine
from crossdock_contracts.routing import OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.values import Address, LineQuantity, Order, OrderLine, PaymentMethod
from services.hub.decision import Decision, States, changed
from services.routing.decide.assign import Demand, Plan, Site, best_plans
from services.routing.decide.capacity import Workloads
from services.routing.decide.collect import at_store, destined
from services.routing.decide.eligible import Eligible, eligible, leave_out
from services.routing.decide.offers import Offers, latest
from services.routing.decide.partly import not_placed, waited_for
from services.routing.decide.pieces import add, cards_of, quantity_of, take, value_of
from services.routing.decide.ranking import kept_out, ranked, too_many
from services.routing.decide.ruling import Case, case_of
from services.routing.rules import Rules
from services.routing.state import Pieces, ReleaseTimer, Route, RouteStatus, Share


def wait(route: Route, until: datetime) -> Decision:
    """The order is not to be routed before then."""
    return Decision(writes=[route, ReleaseTimer(owner=route.owner, order_id=route.order_id, due_at=until)])


def place(
    rules: Rules,
    states: States,
    workloads: Workloads,
    route: Route,
    rest: tuple[Pieces, ...],
    order: Order,
    now: datetime,
) -> Decision:
    """Place what is unplaced of the route; ``rest`` is not there yet and waits."""
    demand: dict[str, int] = {}
    for piece in route.unplaced:
        demand[piece.sku] = demand.get(piece.sku, 0) + piece.quantity
    order = destined(rules, order)
    case = case_of(rules, route.owner, order, demand, now)
    allowed = eligible(rules, case)
    leave_out(allowed, route)
    offers = Offers(rules, states, workloads, route, case)
    sites = at_store(order, _sites(route, demand, allowed, offers), demand, allowed)
    plans = _plans(rules, case, allowed, sites)
    early = offers.release_at(plans[0].shares) if plans else None
    if early is not None and early > now:
        return wait(changed(route, unplaced=add(route.unplaced, rest)), early)
    route, most = changed(route, attempt=route.attempt + 1), rules.config.attempts
    if not plans or route.attempt - route.attempts_before > most or order.ship_to is None:
        route = changed(route, unplaced=add(route.unplaced, rest))
        return _unroutable(route, order, allowed, sites, bool(plans), most)
    fulfilments, shares = _shares(route, order, plans[0], offers)
    routed = OrderRoutedV1(
        owner=route.owner,
        order_id=route.order_id,
        attempt=route.attempt,
        fulfilments=fulfilments,
        ranking=ranked(rules, case, plans, allowed, offers),
        rules=tuple(allowed.applied),
        routed_at=now,
        deliver_by=latest(one.promise.deliver_by if one.promise else None for one in fulfilments),
        waiting=tuple(LineQuantity(line_id=p.line_id, sku=p.sku, quantity=p.quantity) for p in rest),
    )
    return Decision(writes=[_placed(route, shares, rest, routed.deliver_by)], events=[routed])


def _plans(rules: Rules, case: Case, allowed: Eligible, sites: list[Site]) -> list[Plan]:
    """The best ways to ship these pieces, best first; what ships complete goes from one location where one has it."""
    config, ruling = rules.config, allowed.ruling
    wanted = Demand(case.pieces, case.weights_g, whole=ruling.whole, together=tuple(ruling.together))
    plans: list[Plan] = []
    for most in (1, ruling.most) if case.order.ship_complete else (ruling.most,):
        plans = plans or best_plans(wanted, sites, split=config.weights.split, most=most, keep=config.ranking)
    return plans


def _placed(route: Route, shares: tuple[Share, ...], rest: tuple[Pieces, ...], deliver_by: datetime | None) -> Route:
    return changed(
        route,
        status=RouteStatus.WAITING if rest else RouteStatus.ROUTED,
        unplaced=rest,
        parts=route.parts + bool(rest),
        promised=waited_for(route, rest) if rest else not_placed(route),
        shares=(*route.shares, *shares),
        deliver_by=max(filter(None, (deliver_by, route.deliver_by)), default=None),
    )


def _sites(route: Route, demand: dict[str, int], allowed: Eligible, offers: Offers) -> list[Site]:
    stock: dict[str, dict[str, int]] = {}
    for line in route.promised:
        if line.sku in demand:
            for candidate in line.candidates:
                stock.setdefault(candidate.location_id, {})[line.sku] = candidate.available
    kept = allowed.ruling.keep_back
    for name, free in stock.items():
        if name in kept:
            stock[name] = {sku: pieces - kept[name] for sku, pieces in free.items()}
    may = offers.weigh(allowed, stock)
    return [
        Site(name, allowed.fixed[name], allowed.piece[name], free, allowed.kilogram[name]) for name, free in may.items()
    ]


def _unroutable(
    route: Route, order: Order, allowed: Eligible, sites: list[Site], possible: bool, attempts: int
) -> Decision:
    store = order.shipping.pickup_location_id
    if order.ship_to is None and store:
        reason, detail = "no-such-store", f"the buyer wants to collect it at {store}, where nothing is collected"
    elif order.ship_to is None:
        reason, detail = "no-address", "the order has no delivery address"
    elif possible:
        reason, detail = "refused-too-often", f"locations refused {attempts} times in a row"
    elif not sites:
        reason, detail = (
            "no-location",
            f"no location that has the goods may serve this order{kept_out(route, allowed)}",
        )
    else:
        reason, detail = "too-many-locations", f"{too_many(allowed.ruling)}{kept_out(route, allowed)}"
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


def _shares(route: Route, order: Order, plan: Plan, offers: Offers) -> tuple[tuple[Fulfilment, ...], tuple[Share, ...]]:
    """The chosen plan as fulfilments, and what routing remembers of them."""
    left = route.unplaced
    cards = max(0, order.totals.gift_cards_minor - sum(map(cards_of, route.shares))) if _by_cash(order) else 0
    fulfilments: list[Fulfilment] = []
    shares: list[Share] = []
    for location_id, pieces_by_sku in offers.parcels(plan.shares):
        taken, left = _take_skus(left, pieces_by_sku)
        promise, counted = offers.settle(location_id, pieces_by_sku)
        share = Share(
            fulfilment_id=f"{route.order_id}/{len(route.shares) + len(shares) + 1}",
            location_id=location_id,
            pieces=taken,
            cards_minor=min(cards, value_of(taken)),
            counted=counted,
        )
        cards -= share.cards_minor
        shares.append(share)
        fulfilments.append(_fulfilment(order, share, promise))
    return tuple(fulfilments), tuple(shares)


def _by_cash(order: Order) -> bool:
    return order.payment.method is PaymentMethod.CASH_ON_DELIVERY


def _take_skus(left: tuple[Pieces, ...], wanted: dict[str, int]) -> tuple[tuple[Pieces, ...], tuple[Pieces, ...]]:
    """So many pieces of these SKUs, of whichever lines, and the rest."""
    taken: tuple[Pieces, ...] = ()
    for sku, quantity in wanted.items():
        wanting = quantity
        for piece in left:
            if piece.sku == sku and wanting:
                part, left = take(left, piece.line_id, min(wanting, piece.quantity))
                taken = add(taken, part)
                wanting -= quantity_of(part)
    return taken, left


def _fulfilment(order: Order, share: Share, promise: DeliveryPromise | None) -> Fulfilment:
    """What a location is asked to ship."""
    lines = {line.line_id: line for line in order.lines}
    return Fulfilment(
        fulfilment_id=share.fulfilment_id,
        order_id=order.order_id,
        location_id=share.location_id,
        lines=tuple(_line(lines[pieces.line_id], pieces) for pieces in share.pieces),
        ship_to=order.ship_to or Address(),
        channel=order.channel,
        currency=order.currency,
        service_level=order.shipping.service_level,
        priority=order.priority,
        ship_by=min(filter(None, (order.ship_by, promise.cutoff_at if promise else None)), default=None),
        deliver_by=order.deliver_by or (promise.deliver_by if promise else None),
        promise=promise,
        cash_on_delivery_minor=value_of(share.pieces) - share.cards_minor if _by_cash(order) else 0,
        gift_message=order.gift_message,
        note=order.note,
        tags=order.tags,
        collect_at=order.shipping.pickup_location_id,
    )


def _line(line: OrderLine, pieces: Pieces) -> FulfilmentLine:
    return FulfilmentLine(
        line_id=pieces.line_id,
        sku=pieces.sku,
        title=line.title,
        quantity=pieces.quantity,
        weight_g=line.weight_g,
        value_minor=pieces.value_minor,
        hazmat_class=line.hazmat_class,
        hs_code=line.hs_code,
        origin_country=line.origin_country,
        gift_wrap=line.gift_wrap,
        note=line.note,
        dimensions=line.dimensions,
    )
