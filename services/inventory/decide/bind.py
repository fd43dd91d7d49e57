"""Binding: promised pieces are bound to the location that ships them, picked, shipped."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.inventory import AllocationRefusedV1, PromisedLine, StockAllocatedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, States, changed
from services.inventory.decide import binding, dates, expiry, gone
from services.inventory.decide.common import nothing_open, promise_event, waiting, with_lines
from services.inventory.decide.orders import answered, taken_back
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import Bound, Reservation, ReservationStatus, ReservedLine, Stock


def reads_routed(message: OrderRoutedV1) -> Iterable[str]:
    """What binding an order reads."""
    owner = message.owner
    skus = dict.fromkeys(line.sku for fulfilment in message.fulfilments for line in fulfilment.lines)
    return [Reservation.at(owner, message.order_id), *(Stock.at(owner, sku) for sku in skus)]


def allocate(states: States, message: OrderRoutedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Bind each fulfilment of an order to its location, or refuse it where the location no longer has the goods."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        reservation = Reservation(owner=message.owner, order_id=message.order_id, status=ReservationStatus.BACKORDERED)
    stocks = Stocks(states, message.owner, now, rules.wms)
    stocks.load(line.sku for fulfilment in message.fulfilments for line in fulfilment.lines)
    decision = Decision()
    for fulfilment in message.fulfilments:
        if fulfilment.fulfilment_id in reservation.answered or nothing_open(reservation):
            continue
        decision.events += expiry.before_binding(stocks, fulfilment)
        bound = _bind(reservation, stocks, fulfilment)
        answer = "refused" if bound is None else "allocated"
        if bound is None:
            decision.events.append(_refusal(reservation, stocks, fulfilment, now))
        else:
            reservation = bound
            told = binding.told(stocks, fulfilment, reservation.lines)
            decision.events.append(
                StockAllocatedV1(owner=message.owner, order_id=message.order_id, fulfilment=told, allocated_at=now)
            )
        stopped = {name: lines for name, lines in reservation.stopped.items() if name != fulfilment.fulfilment_id}
        given = {**reservation.answered, fulfilment.fulfilment_id: answer}
        reservation = changed(reservation, answered=given, stopped=stopped)
    if decision.events:
        decision.writes = [*stocks.writes(), reservation]
    return decision


def _bind(reservation: Reservation, stocks: Stocks, fulfilment: Fulfilment) -> Reservation | None:
    """The reservation with what is left of a fulfilment bound; none where it cannot be."""
    location = fulfilment.location_id
    wanted: dict[str, int] = {}
    lines = {line.line_id: line for line in reservation.lines}
    stopped = reservation.stopped.get(fulfilment.fulfilment_id, {})
    for asked in fulfilment.lines:
        line, quantity = lines.get(asked.line_id), asked.quantity - stopped.get(asked.line_id, 0)
        if quantity <= 0:
            continue
        if line is None or line.promised < quantity:
            return None
        wanted[asked.sku] = wanted.get(asked.sku, 0) + quantity
        bound = Bound(fulfilment_id=fulfilment.fulfilment_id, location_id=location, quantity=quantity)
        lines[asked.line_id] = changed(line, promised=line.promised - quantity, bound=(*line.bound, bound))
    if not wanted:
        return None
    for sku, quantity in wanted.items():
        place = stocks[sku].locations.get(location)
        if place is None or place.available < quantity:
            return None
    for sku, quantity in wanted.items():
        stocks.change(sku, reserved=-quantity)
        stocks.place(sku, location, allocated=quantity)
    bound_lines = binding.bind(stocks, lines, fulfilment)
    return with_lines(reservation, bound_lines.values())


def _refusal(reservation: Reservation, stocks: Stocks, fulfilment: Fulfilment, now: datetime) -> AllocationRefusedV1:
    promised = {line.line_id: line.promised for line in reservation.lines}
    still = tuple(
        PromisedLine(
            line_id=line.line_id,
            sku=line.sku,
            quantity=min(line.quantity, promised[line.line_id]),
            candidates=stocks.candidates(line.sku),
        )
        for line in fulfilment.lines
        if promised.get(line.line_id, 0) > 0
    )
    return AllocationRefusedV1(
        owner=reservation.owner,
        order_id=reservation.order_id,
        fulfilment_id=fulfilment.fulfilment_id,
        location_id=fulfilment.location_id,
        lines=still,
        reason="stock-gone" if still else "no-longer-promised",
        refused_at=now,
        generation=reservation.generation,
    )


def deduct(states: States, message: ShipmentShippedV2, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Goods have left: they are no longer on hand."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now, rules.wms)
    lines = {line.line_id: line for line in reservation.lines}
    stocks.load(line.sku for line in reservation.lines)
    decision = Decision()
    freed = False
    for shipped in message.lines:
        line = lines.get(shipped.line_id)
        bound = binding.bound_of(line, message.fulfilment_id)
        taken = min(bound.quantity, shipped.quantity)
        if line is None or not taken:
            continue
        left, said = gone.ship(stocks, line, bound, taken, shipped.lots, message)
        decision.events += said
        lines[shipped.line_id] = changed(line, bound=binding.with_bound(line, left), shipped=line.shipped + taken)
        if not bound.sku:
            stocks.charge(line, -taken)
            freed = freed or bool(line.channel)  # its channel may have more now
    if decision.events:
        decision.writes = [*stocks.writes(), with_lines(reservation, lines.values())]
        decision.events += stocks.freed() if freed else []
    return decision


def short_pick(states: States, message: ShortPickedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Bound pieces were not on the shelf: they are gone from stock, and promised anew from elsewhere, or waited for."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now, rules.wms)
    lost: list[LineQuantity] = []
    lines = {line.line_id: line for line in reservation.lines}
    stocks.load(line.sku for line in reservation.lines)
    decision = Decision()
    for missing in message.missing:
        line = lines.get(missing.line_id)
        bound = binding.bound_of(line, message.fulfilment_id)
        taken = min(bound.quantity, missing.quantity)
        if line is None or not taken:
            continue
        after, said = _lose(stocks, message, line, bound, taken)
        lines[line.line_id] = after
        decision.events += said
        if waits := after.backordered - line.backordered:
            lost.append(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=waits))
    if not lines or (not decision.events and not stocks.writes()):
        return decision
    reservation = with_lines(
        reservation, lines.values(), generation=reservation.generation + 1, lost=reservation.lost or bool(lost)
    )
    reservation, dated = dates.date_new(states, stocks, reservation, now)
    decision.writes = [
        *stocks.writes(),
        reservation,
        *(waiting(reservation, line, now) for line in reservation.lines if line.backordered),
    ]
    decision.events += [promise_event(reservation, stocks, now), *dated]
    decision.events += taken_back(reservation, lost, "short-pick", now)
    decision.writes += answered(states, message.owner, message.fulfilment_id, (line.sku for line in message.missing))
    return decision


def _lose(
    stocks: Stocks, message: ShortPickedV1, line: ReservedLine, bound: Bound, quantity: int
) -> tuple[ReservedLine, list[Event]]:
    """Bound pieces of a line are gone: it is promised others as far as there are any, and waits for the rest."""
    sku = bound.sku or line.sku
    named = binding.named_lots(stocks, message, line, sku)
    lots = binding.missing_lots(bound, named, quantity)
    said: list[Event] = [*gone.lose(stocks, sku, bound.location_id, quantity, lots, message.order_id)]
    left = binding.fewer(stocks, sku, bound, quantity, lots)
    if named:
        days = binding.days_of(message.lots)
        said += binding.ready(stocks, left, sku, named, days, "picked", message.order_id)
        left = binding.rebind(stocks, left, sku, binding.first(named, left.quantity))
    promised = min(quantity, max(0, stocks[line.sku].promisable))
    stocks.change(line.sku, reserved=promised, waiting=quantity - promised)
    stocks.charge(line, promised if bound.sku else promised - quantity)
    said += stocks.shortages(sku, bound.location_id, "short-pick")
    after = changed(
        line,
        bound=binding.with_bound(line, left),
        promised=line.promised + promised,
        backordered=line.backordered + quantity - promised,
    )
    return after, said
