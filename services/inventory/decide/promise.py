"""Promises: stock is reserved for orders, waited for, given back."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.capture import OrderCancelledV1, OrderCapturedV1, OrderRejectedV1, OrderReleasedV1
from crossdock_contracts.inventory import (
    BackorderLapsedV1,
    ReservationExpiredV1,
    ReservationReleasedV1,
    StockFreedV1,
)
from crossdock_contracts.values import LineKind, LineQuantity, Order, OrderLine
from services.hub.decision import Decision, States, Timer, changed
from services.inventory.decide import binding, dates
from services.inventory.decide.common import Stocks, nothing_open, promise_event, status_of, waiting, with_lines
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
    added = [_promise(stocks, line, quantity) for line, quantity in new]
    lines = (*(reservation.lines if reservation else ()), *added)
    reservation = Reservation(
        owner=owner,
        order_id=order.order_id,
        status=status_of(lines),
        lines=lines,
        priority=order.priority,
        ship_by=order.ship_by,
        placed_at=order.placed_at,
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
    """Pieces that were cancelled while nobody knew how many pieces one as sold is."""
    return before.get(line.line_id, 0) * line.quantity // line.ordered_quantity


def _promise(stocks: Stocks, line: OrderLine, quantity: int) -> ReservedLine:
    sku = line.sku or ""
    promised = min(quantity, max(0, stocks[sku].promisable))
    stocks.change(sku, reserved=promised, waiting=quantity - promised)
    return ReservedLine(
        line_id=line.line_id, sku=sku, quantity=quantity, promised=promised, backordered=quantity - promised
    )


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
        filled = filled if filled.backordered else changed(filled, expected_at=None)
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


def release_cancelled(states: States, message: OrderCancelledV1, now: datetime) -> Decision:
    """Give back what was promised or bound for cancelled pieces; a cancel that comes first is remembered."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        status = ReservationStatus.ENDED if message.complete else ReservationStatus.BACKORDERED
        gone = () if message.complete else message.lines
        return Decision(
            writes=[
                Reservation(
                    owner=message.owner,
                    order_id=message.order_id,
                    status=status,
                    cancels=(message.cancel_id,),
                    cancelled_before={line.line_id: line.quantity for line in gone if line.sku},
                    unnamed_before={line.line_id: line.quantity for line in gone if not line.sku},
                )
            ]
        )
    if message.cancel_id in reservation.cancels or nothing_open(reservation):
        return Decision.nothing()
    reservation = changed(
        reservation,
        cancels=(*reservation.cancels, message.cancel_id),
        incomplete=reservation.incomplete and not message.complete,
    )
    asked = [(line.line_id, line.quantity, line.fulfilment_id) for line in message.lines]
    return _release(states, reservation, asked, message.reason, now)


def release_rejected(states: States, message: OrderRejectedV1, now: datetime) -> Decision:
    """Give back everything of a rejected order."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        ended = Reservation(owner=message.owner, order_id=message.order_id, status=ReservationStatus.ENDED)
        return Decision(writes=[ended])
    if nothing_open(reservation):
        return Decision.nothing()
    asked = [(line.line_id, line.quantity, "") for line in reservation.lines]
    return _release(states, changed(reservation, incomplete=False), asked, message.reason, now)


def _release(
    states: States, reservation: Reservation, asked: list[tuple[str, int, str]], reason: str, now: datetime
) -> Decision:
    """Take pieces out of a reservation.

    First bound ones of the fulfilment that is named, then those that wait, then promised ones, then any that are bound.
    """
    stocks = Stocks(states, reservation.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    lines = {line.line_id: line for line in reservation.lines}
    unnamed = dict(reservation.unnamed_before)
    released: list[LineQuantity] = []
    decision = Decision()
    for line_id, quantity, fulfilment_id in asked:
        line = lines.get(line_id)
        if line is None:
            unnamed[line_id] = unnamed.get(line_id, 0) + quantity
            continue
        line, unbound = _unbind(stocks, line, quantity if fulfilment_id else 0, fulfilment_id)
        left = quantity - unbound
        unfilled = min(left, line.backordered)
        promised = min(left - unfilled, line.promised)
        stocks.change(line.sku, reserved=-promised, waiting=-unfilled)
        line = changed(line, backordered=line.backordered - unfilled, promised=line.promised - promised)
        if unfilled:
            _rewait(states, reservation, line, decision)
        line, more = _unbind(stocks, line, left - unfilled - promised, "")
        given = unbound + unfilled + promised + more
        if given:
            lines[line_id] = changed(line, released=line.released + given)
            released.append(LineQuantity(line_id=line_id, sku=line.sku, quantity=given))
    reservation = with_lines(reservation, lines.values(), unnamed_before=unnamed)
    decision.writes += [*stocks.writes(), reservation]
    if released:
        decision.events.append(
            ReservationReleasedV1(
                owner=reservation.owner,
                order_id=reservation.order_id,
                lines=tuple(released),
                reason=reason,
                released_at=now,
            )
        )
    decision.events += stocks.freed()
    return decision


def _rewait(states: States, reservation: Reservation, line: ReservedLine, decision: Decision) -> None:
    """Fewer pieces are waited for, or none."""
    key = (reservation.owner, line.sku, str(reservation.priority), reservation.order_id, line.line_id)
    standing = states.get(WaitingLine, *key)
    if standing is None:
        return
    if line.backordered:
        decision.writes.append(changed(standing, quantity=line.backordered))
    else:
        decision.withdrawn.append(standing)


def _unbind(stocks: Stocks, line: ReservedLine, quantity: int, fulfilment_id: str) -> tuple[ReservedLine, int]:
    """Give back up to so many bound pieces, of one fulfilment or of any."""
    left, kept = quantity, []
    for bound in line.bound:
        taken = min(left, bound.quantity) if fulfilment_id in ("", bound.fulfilment_id) else 0
        left -= taken
        if taken:
            stocks.place(line.sku, bound.location_id, allocated=-taken)
        if bound.quantity > taken:
            kept.append(binding.fewer(stocks, line.sku, bound, taken) if taken else bound)
        elif bound.lots:
            binding.fewer(stocks, line.sku, bound, taken)
    return changed(line, bound=tuple(kept)), quantity - left


def expire(states: States, message: ReservationExpiry, now: datetime) -> Decision:
    """A promise with an end has lapsed, unless its goods have been bound meanwhile."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation) or now < message.due_at:
        return Decision.nothing()
    asked = [(line.line_id, line.promised + line.backordered, "") for line in reservation.lines]
    asked = [one for one in asked if one[1]]
    if not asked:
        return Decision.nothing()
    decision = _release(states, reservation, asked, "expired", now)
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
