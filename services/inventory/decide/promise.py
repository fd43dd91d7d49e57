"""Promises: stock is reserved for orders, waited for, and lapses."""

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
    is_closed,
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
    ReservationStatus,
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
    """Promise those lines of a released order that could not be named while it was held, and what has lapsed again.

    Of what is promised already it is said anew where it could come from: goods may have moved meanwhile.
    """
    decision = _reserve(rules, states, message.order, message.owner, now, anew=True)
    written = next((one for one in decision.writes if isinstance(one, Reservation)), None)
    reservation = written or states.get(Reservation, message.owner, message.order_id)
    if decision.events or reservation is None or not any(line.promised for line in reservation.lines):
        return decision
    stocks = Stocks(states, message.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    reservation = changed(reservation, generation=reservation.generation + 1)
    return Decision(writes=[reservation], events=[promise_event(reservation, stocks, now)])


def _reserve(rules: Rules, states: States, order: Order, owner: str, now: datetime, *, anew: bool = False) -> Decision:
    found = states.get(Reservation, owner, order.order_id)
    reservation = _without_lapsed(found) if anew else found
    had_lapsed = reservation is not found
    if is_closed(reservation) or order.policy.fulfil_by != "hub":
        return Decision.nothing()
    new = more_of(order, reservation)
    incomplete = is_incomplete(order)
    if not new:
        if reservation is None or not reservation.incomplete or incomplete:
            return Decision.nothing()
        return Decision(writes=[with_lines(changed(reservation, incomplete=False), reservation.lines)])
    stocks = Stocks(states, owner, now)
    stocks.load(line.sku for line, _ in new if line.sku)
    lines = {line.line_id: line for line in reservation.lines} if reservation else {}
    added = [promise_more(rules, stocks, lines, line, quantity, order.channel) for line, quantity in new]
    known = unpromised(owner, order, reservation)
    reservation = changed(
        known,
        status=status_of(lines.values()),
        lines=tuple(lines.values()),
        generation=known.generation + 1,
        incomplete=incomplete,
    )
    timers: list[Timer] = [waiting(reservation, line, now) for line in added if line.backordered]
    if order.reserve_until is not None and not had_lapsed:  # who releases what has lapsed keeps it for good
        timers.append(ReservationExpiry(owner=owner, order_id=order.order_id, due_at=order.reserve_until))
    reservation, dated = dates.date_new(states, stocks, reservation, now)
    events = [promise_event(reservation, stocks, now), *dated]
    return Decision(writes=[*stocks.writes(), reservation, *timers], events=events)


def _without_lapsed(reservation: Reservation | None) -> Reservation | None:
    """The reservation as if what has lapsed had never been promised."""
    if reservation is None or not any(line.lapsed for line in reservation.lines):
        return reservation
    lines = [
        changed(line, quantity=line.quantity - line.lapsed, released=line.released - line.lapsed, lapsed=0)
        for line in reservation.lines
    ]
    return changed(reservation, lines=tuple(lines))


def is_incomplete(order: Order) -> bool:
    """The SKU of a line is not known yet."""
    return any(line.kind is LineKind.PHYSICAL and not line.sku for line in order.lines)


def unpromised(owner: str, order: Order, reservation: Reservation | None) -> Reservation:
    """What is known of an order before more of it is promised."""
    known = reservation or Reservation(owner=owner, order_id=order.order_id, status=ReservationStatus.BACKORDERED)
    if known.placed_at is not None:
        return known
    return changed(known, placed_at=order.placed_at, **turn_of(order))


def turn_of(order: Order) -> dict[str, object]:
    """What of an order says when its turn is, as fields of its reservation."""
    return {"priority": order.priority, "ship_by": order.ship_by, "release_at": order.release_at}


def more_of(order: Order, reservation: Reservation | None) -> list[tuple[OrderLine, int]]:
    """Lines of an order that are to be promised, and how many pieces more than are counted in its reservation.

    The lines of an order count all that was ever ordered, so it does not matter in which order its copies come.
    """
    known = {line.line_id: line.quantity for line in reservation.lines} if reservation else {}
    before = reservation.cancelled_before if reservation else {}
    unnamed = reservation.unnamed_before if reservation else {}
    return [
        (line, quantity - counted)
        for line in order.lines
        if line.kind is LineKind.PHYSICAL and line.sku
        if (quantity := line.quantity - before.get(line.line_id, 0) - _unnamed(unnamed, line))
        > (counted := known.get(line.line_id, 0))
    ]


def _unnamed(before: dict[str, int], line: OrderLine) -> int:
    """Pieces that were cancelled while nobody knew how many pieces one as sold is, or that it is a kit."""
    sold = before.get(line.line_id, 0) or (before.get(line.kit_line_id, 0) if line.kit_line_id else 0)
    return sold * line.quantity // line.ordered_quantity


def promise_more(
    rules: Rules, stocks: Stocks, lines: dict[str, ReservedLine], line: OrderLine, quantity: int, channel: str
) -> ReservedLine:
    """Promise so many more pieces of a line what is there, and have them wait for what is not."""
    sku = line.sku or ""
    limit = rules.limit(stocks[sku], channel)
    promised = min(quantity, open_to(stocks[sku], channel, limit))
    stocks.change(sku, reserved=promised, waiting=quantity - promised)
    known = lines.get(line.line_id) or ReservedLine(
        line_id=line.line_id,
        sku=sku,
        quantity=0,
        channel=channel if limit else "",
        kit_line_id=line.kit_line_id,
        in_one=line.quantity // line.ordered_quantity,
    )
    made = changed(
        known,
        quantity=known.quantity + quantity,
        promised=known.promised + promised,
        backordered=known.backordered + quantity - promised,
    )
    stocks.charge(made, promised)
    lines[line.line_id] = made
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
