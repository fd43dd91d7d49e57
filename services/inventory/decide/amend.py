"""Amendments: what comes to an order is promised, what goes is given back, what is recalled can be placed anew."""

from datetime import datetime

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.shipping import FulfilmentStoppedV1
from crossdock_contracts.values import LineKind
from services.hub.decision import Decision, Later, States, Timer, changed
from services.inventory.decide.common import Stocks, is_closed, nothing_open, promise_event, waiting, with_lines
from services.inventory.decide.promise import is_incomplete, more_of, promise_more, unpromised
from services.inventory.decide.release import give_back, still_elsewhere
from services.inventory.state import Reservation, ReservationExpiry, ReservedLine

RECALLED = "recalled"
"""What is remembered of a fulfilment that is not to be bound any more, should routing's word of it come late."""


def amend(states: States, message: OrderAmendedV1, now: datetime) -> Decision:
    """Give back what has gone from an order, and promise what has come to it."""
    found = states.get(Reservation, message.owner, message.order_id)
    ships = message.order.policy.fulfil_by == "hub" and any(x.kind is LineKind.PHYSICAL for x in message.order.lines)
    reservation = found or unpromised(message.owner, message.order)
    if is_closed(found) or not ships or message.order.revision <= reservation.revision:
        return Decision.nothing()
    if message.order.revision > reservation.revision + 1:
        return Decision(later=Later("the order as it was before is not known here yet", 0.5))
    gone = [one for one in message.removed if one.sku]
    if still_elsewhere(reservation, gone):
        return Decision(later=Later("its pieces are bound to another fulfilment, as far as is known here", 0.5))
    stocks = Stocks(states, message.owner, now)
    more = more_of(message.order, reservation)
    stocks.load([*(line.sku for line in reservation.lines), *(line.sku for line, _ in more if line.sku)])
    lines = {line.line_id: line for line in reservation.lines}
    if found is None:  # what goes had not been promised yet
        added = [promise_more(stocks, lines, line, quantity) for line, quantity in more]
    decision = Decision()
    reservation = give_back(states, stocks, reservation, lines, gone, "amended", decision, now)
    if found is not None:
        added = [promise_more(stocks, lines, line, quantity) for line, quantity in more]
    reservation = changed(
        reservation,
        revision=message.order.revision,
        generation=reservation.generation + bool(added),
        incomplete=is_incomplete(message.order),
    )
    reservation = with_lines(reservation, lines.values())
    timers: list[Timer] = [waiting(reservation, lines[line.line_id], now) for line in added if line.backordered]
    timers += _expiry(states, message)
    decision.writes += [*stocks.writes(), reservation, *timers]
    if added:
        decision.events.append(promise_event(reservation, stocks, now))
    decision.events += stocks.freed()
    return decision


def _expiry(states: States, message: OrderAmendedV1) -> list[Timer]:
    """A promise ends when the order says so now."""
    due = message.order.reserve_until
    standing = states.get(ReservationExpiry, message.owner, message.order_id)
    if due is None or (standing is not None and standing.due_at == due):
        return []
    return [ReservationExpiry(owner=message.owner, order_id=message.order_id, due_at=due)]


def recall(states: States, message: FulfilmentStoppedV1, now: datetime) -> Decision:
    """Pieces of a fulfilment that was called back are no longer bound to its location, and still promised."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if not message.recalled or reservation is None or nothing_open(reservation):
        return Decision.nothing()
    if reservation.answered.get(message.fulfilment_id) in (RECALLED, "refused"):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now)
    lines = {line.line_id: line for line in reservation.lines}
    stocks.load(line.sku for line in reservation.lines)
    for part in message.stopped:
        line = lines.get(part.line_id)
        if line is not None:
            lines[part.line_id] = _promised_anew(stocks, line, message.fulfilment_id, part.quantity)
    reservation = with_lines(
        reservation,
        lines.values(),
        generation=reservation.generation + 1,
        answered={**reservation.answered, message.fulfilment_id: RECALLED},
    )
    return Decision(writes=[*stocks.writes(), reservation], events=[promise_event(reservation, stocks, now)])


def _promised_anew(stocks: Stocks, line: ReservedLine, fulfilment_id: str, quantity: int) -> ReservedLine:
    kept, left = [], quantity
    for bound in line.bound:
        taken = min(left, bound.quantity) if bound.fulfilment_id == fulfilment_id else 0
        left -= taken
        if taken:
            stocks.place(line.sku, bound.location_id, allocated=-taken)
            stocks.change(line.sku, reserved=taken)
        if bound.quantity > taken:
            kept.append(changed(bound, quantity=bound.quantity - taken))
    return changed(line, bound=tuple(kept), promised=line.promised + quantity - left)
