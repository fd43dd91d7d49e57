"""Promises: stock is reserved for orders, waited for, and lapses."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.capture import OrderCapturedV1, OrderReleasedV1
from crossdock_contracts.inventory import (
    BackorderLapsedV1,
    ReservationExpiredV1,
    ReservationReleasedV1,
    StockFreedV1,
)
from crossdock_contracts.values import FulfilledQuantity, LineKind, Order, OrderLine
from services.hub.decision import Decision, States, Timer, changed
from services.inventory.decide.common import (
    Stocks,
    is_closed,
    nothing_open,
    promise_event,
    status_of,
    waiting,
    with_lines,
)
from services.inventory.decide.release import release
from services.inventory.state import (
    Reservation,
    ReservationExpiry,
    ReservationStatus,
    ReservedLine,
    Stock,
    WaitingLine,
)

SLICE = 100
"""Waiting lines that are filled by one decision; the rest by the next."""


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


def reserve(states: States, message: OrderCapturedV1, now: datetime) -> Decision:
    """Promise an order what is there, and have it wait for what is not. Held orders are promised too."""
    return _reserve(states, message.order, message.owner, now)


def reserve_released(states: States, message: OrderReleasedV1, now: datetime) -> Decision:
    """Promise those lines of a released order that could not be named while it was held.

    Of what is promised already it is said anew where it could come from: goods may have moved meanwhile.
    """
    decision = _reserve(states, message.order, message.owner, now)
    written = next((one for one in decision.writes if isinstance(one, Reservation)), None)
    reservation = written or states.get(Reservation, message.owner, message.order_id)
    if decision.events or reservation is None or not any(line.promised for line in reservation.lines):
        return decision
    stocks = Stocks(states, message.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    reservation = changed(reservation, generation=reservation.generation + 1)
    return Decision(writes=[reservation], events=[promise_event(reservation, stocks, now)])


def _reserve(states: States, order: Order, owner: str, now: datetime) -> Decision:
    reservation = states.get(Reservation, owner, order.order_id)
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
    added = [promise_more(stocks, lines, line, quantity) for line, quantity in new]
    known = reservation or unpromised(owner, order)
    reservation = changed(
        known,
        status=status_of(lines.values()),
        lines=tuple(lines.values()),
        generation=known.generation + 1,
        incomplete=incomplete,
    )
    timers: list[Timer] = [waiting(reservation, line, now) for line in added if line.backordered]
    if order.reserve_until is not None:
        timers.append(ReservationExpiry(owner=owner, order_id=order.order_id, due_at=order.reserve_until))
    return Decision(writes=[*stocks.writes(), reservation, *timers], events=[promise_event(reservation, stocks, now)])


def is_incomplete(order: Order) -> bool:
    """The SKU of a line is not known yet."""
    return any(line.kind is LineKind.PHYSICAL and not line.sku for line in order.lines)


def unpromised(owner: str, order: Order) -> Reservation:
    """An order of which nothing has been promised."""
    return Reservation(
        owner=owner,
        order_id=order.order_id,
        status=ReservationStatus.BACKORDERED,
        priority=order.priority,
        ship_by=order.ship_by,
        placed_at=order.placed_at,
    )


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
    """Pieces that were cancelled while nobody knew how many pieces one as sold is."""
    return before.get(line.line_id, 0) * line.quantity // line.ordered_quantity


def promise_more(stocks: Stocks, lines: dict[str, ReservedLine], line: OrderLine, quantity: int) -> ReservedLine:
    """Promise so many more pieces of a line what is there, and have them wait for what is not."""
    sku = line.sku or ""
    promised = min(quantity, max(0, stocks[sku].promisable))
    stocks.change(sku, reserved=promised, waiting=quantity - promised)
    known = lines.get(line.line_id) or ReservedLine(line_id=line.line_id, sku=sku, quantity=0)
    lines[line.line_id] = changed(
        known,
        quantity=known.quantity + quantity,
        promised=known.promised + promised,
        backordered=known.backordered + quantity - promised,
    )
    return lines[line.line_id]


def fill_waiting(states: States, message: StockFreedV1, now: datetime) -> Decision:
    """Promise free pieces to the lines that wait for them, a slice at a time: by priority, then ship-by, then age.

    Ship-by is compared among the 500 lines of a priority that have waited the longest.
    """
    owner, sku = message.owner, message.sku
    stocks = Stocks(states, owner, now)
    if stocks[sku].waiting <= 0 or stocks[sku].promisable <= 0:
        return Decision.nothing()
    turn = _next_waiting(states, owner, sku, stocks[sku].promisable)
    orders = list(dict.fromkeys(line.order_id for line in turn))
    found = states.get_all(Reservation, [(owner, order_id) for order_id in orders])
    reservations = {r.order_id: r for r in found if r is not None}
    decision = Decision()
    touched: set[str] = set()
    for line in turn:
        free = stocks[sku].promisable
        reservation = reservations.get(line.order_id)
        if free <= 0:
            break
        open_ = next((x for x in reservation.lines if x.line_id == line.line_id), None) if reservation else None
        if reservation is None or open_ is None or open_.backordered <= 0:
            decision.withdrawn.append(line)
            continue
        taken = min(free, open_.backordered)
        stocks.change(sku, reserved=taken, waiting=-taken)
        filled = changed(open_, promised=open_.promised + taken, backordered=open_.backordered - taken)
        reservations[line.order_id] = with_lines(
            reservation, (filled if x.line_id == line.line_id else x for x in reservation.lines)
        )
        touched.add(line.order_id)
        if filled.backordered:
            decision.writes.append(changed(line, quantity=filled.backordered))
        else:
            decision.withdrawn.append(line)
    for order_id in orders:
        if order_id in touched:
            reservation = changed(reservations[order_id], generation=reservations[order_id].generation + 1)
            decision.writes.append(reservation)
            decision.events.append(promise_event(reservation, stocks, now))
    decision.writes += stocks.writes()
    decision.events += stocks.freed() if turn else []
    return decision


def _next_waiting(states: States, owner: str, sku: str, free: int) -> list[WaitingLine]:
    """The lines whose turn it is, as far as the free pieces can go."""
    chosen: list[WaitingLine] = []
    for priority in range(10):
        lines = states.under(WaitingLine, owner, sku, str(priority))
        lines.sort(key=lambda line: (line.ship_by is None, line.ship_by or line.since, line.since))
        for line in lines:
            if free <= 0 or len(chosen) == SLICE:
                return chosen
            chosen.append(line)
            free -= line.quantity
    return chosen


def expire(states: States, message: ReservationExpiry, now: datetime) -> Decision:
    """A promise with an end has lapsed, unless its goods have been bound meanwhile."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation) or now < message.due_at:
        return Decision.nothing()
    asked = [
        FulfilledQuantity(line_id=line.line_id, sku=line.sku, quantity=line.promised + line.backordered)
        for line in reservation.lines
        if line.promised or line.backordered
    ]
    if not asked:
        return Decision.nothing()
    decision = release(states, reservation, asked, "expired", now, lapses=True)
    lapsed = [event for event in decision.events if isinstance(event, ReservationReleasedV1)]
    decision.events += [
        ReservationExpiredV1(owner=event.owner, order_id=event.order_id, lines=event.lines, expired_at=now)
        for event in lapsed
    ]
    return decision


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
