"""Promises: stock is reserved for orders, waited for, given back."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.capture import OrderCapturedV1, OrderReleasedV1
from crossdock_contracts.inventory import (
    BackorderLapsedV1,
)
from crossdock_contracts.values import LineKind, Order, OrderLine
from services.hub.decision import Decision, States, Timer, changed
from services.inventory.decide import dates
from services.inventory.decide.common import (
    nothing_open,
    promise_event,
    status_of,
    waiting,
    with_lines,
)
from services.inventory.decide.limits import open_to
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import (
    Reservation,
    ReservationExpiry,
    ReservedLine,
    Stock,
    WaitingLine,
)


def reads_order(message: OrderCapturedV1 | OrderReleasedV1) -> Iterable[str]:
    """What reserving for an order reads."""
    owner = message.owner
    return [
        Reservation.at(owner, message.order_id),
        *(Stock.at(owner, line.sku) for line in message.order.lines if line.sku is not None),
    ]


def creates_reservation(message: OrderCapturedV1) -> Iterable[str]:
    """What a new order is the first to write."""
    return [Reservation.at(message.owner, message.order_id)]


def reserve(states: States, message: OrderCapturedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Promise an order what is there, and have it wait for what is not. Held orders are promised too."""
    return _reserve(rules, states, message.order, message.owner, now)


def reserve_released(states: States, message: OrderReleasedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Promise those lines of a released order that could not be named while it was held.

    Of what is promised already it is said anew where it could come from: goods may have moved meanwhile.
    """
    decision = _reserve(rules, states, message.order, message.owner, now)
    written = next((one for one in decision.writes if isinstance(one, Reservation)), None)
    reservation = written or states.get(Reservation, message.owner, message.order_id)
    if decision.events or reservation is None or not any(line.promised for line in reservation.lines):
        return decision
    stocks = Stocks(states, message.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    reservation = changed(reservation, generation=reservation.generation + 1)
    return Decision(writes=[reservation], events=[promise_event(reservation, stocks, now)])


def _reserve(rules: Rules, states: States, order: Order, owner: str, now: datetime) -> Decision:
    reservation = states.get(Reservation, owner, order.order_id)
    if nothing_open(reservation) or order.policy.fulfil_by != "hub":
        return Decision.nothing()
    known = {line.line_id for line in reservation.lines} if reservation else set()
    before = reservation.cancelled_before if reservation else {}
    unnamed = reservation.unnamed_before if reservation else {}
    new = [
        (line, quantity)
        for line in order.lines
        if line.kind is LineKind.PHYSICAL and line.sku and line.line_id not in known
        if (quantity := line.quantity - before.get(line.line_id, 0) - _unnamed(unnamed, line)) > 0
    ]
    incomplete = any(line.kind is LineKind.PHYSICAL and not line.sku for line in order.lines)
    if not new:
        if reservation is None or not reservation.incomplete or incomplete:
            return Decision.nothing()
        return Decision(writes=[with_lines(changed(reservation, incomplete=False), reservation.lines)])
    stocks = Stocks(states, owner, now)
    stocks.load(line.sku for line, _ in new if line.sku)
    added = [_promise(rules, stocks, line, quantity, order.channel) for line, quantity in new]
    lines = (*(reservation.lines if reservation else ()), *added)
    reservation = Reservation(
        owner=owner,
        order_id=order.order_id,
        status=status_of(lines),
        lines=lines,
        priority=order.priority,
        ship_by=order.ship_by,
        placed_at=order.placed_at,
        release_at=order.release_at,
        generation=reservation.generation + 1 if reservation else 1,
        cancels=reservation.cancels if reservation else (),
        cancelled_before=before,
        unnamed_before=unnamed,
        incomplete=incomplete,
    )
    timers: list[Timer] = [waiting(reservation, line, now) for line in added if line.backordered]
    if order.reserve_until is not None:
        timers.append(ReservationExpiry(owner=owner, order_id=order.order_id, due_at=order.reserve_until))
    reservation, dated = dates.date_new(states, stocks, reservation, now)
    events = [promise_event(reservation, stocks, now), *dated]
    return Decision(writes=[*stocks.writes(), reservation, *timers], events=events)


def _unnamed(before: dict[str, int], line: OrderLine) -> int:
    """Pieces that were cancelled while nobody knew how many pieces one as sold is, or that it is a kit."""
    sold = before.get(line.line_id, 0) or (before.get(line.kit_line_id, 0) if line.kit_line_id else 0)
    return sold * line.quantity // line.ordered_quantity


def _promise(rules: Rules, stocks: Stocks, line: OrderLine, quantity: int, channel: str) -> ReservedLine:
    sku = line.sku or ""
    limit = rules.limit(stocks[sku], channel)
    promised = min(quantity, open_to(stocks[sku], channel, limit))
    stocks.change(sku, reserved=promised, waiting=quantity - promised)
    made = ReservedLine(
        line_id=line.line_id,
        sku=sku,
        quantity=quantity,
        promised=promised,
        backordered=quantity - promised,
        channel=channel if limit else "",
        kit_line_id=line.kit_line_id,
        in_one=line.quantity // line.ordered_quantity,
    )
    stocks.charge(made, promised)
    return made


def remind(states: States, message: WaitingLine, now: datetime) -> Decision:
    """A line has waited too long: somebody is told, and it goes on waiting."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    lines = reservation.lines if reservation else ()
    line = next((line for line in lines if line.line_id == message.line_id), None)
    if reservation is None or line is None or line.backordered <= 0:
        return Decision.nothing()
    return Decision(
        writes=[waiting(reservation, line, now)],
        events=[
            BackorderLapsedV1(
                owner=message.owner,
                order_id=message.order_id,
                line_id=line.line_id,
                sku=line.sku,
                quantity=line.backordered,
                waiting_since=message.since,
            )
        ],
    )
