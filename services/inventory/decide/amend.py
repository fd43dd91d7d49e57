"""Amendments: what comes to an order is promised, what goes is given back, what is recalled can be placed anew."""

from datetime import datetime

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.shipping import FulfilmentStoppedV1
from crossdock_contracts.values import LineKind
from services.hub.decision import Decision, Later, States, Timer, changed
from services.inventory.decide import dates
from services.inventory.decide.common import is_closed, nothing_open, promise_event, waiting, waiting_key, with_lines
from services.inventory.decide.promise import is_incomplete, more_of, promise_more, turn_of, unpromised
from services.inventory.decide.release import give_back, still_elsewhere, unbind
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import Reservation, ReservationExpiry, ReservationStatus, WaitingLine

RECALLED = "recalled"
"""What is remembered of a fulfilment that is not to be bound any more, should routing's word of it come late."""


def amend(states: States, message: OrderAmendedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Give back what has gone from an order, and promise what has come to it; its turn may be another now."""
    order = message.order
    found = states.get(Reservation, message.owner, message.order_id)
    ships = order.policy.fulfil_by == "hub" and any(x.kind is LineKind.PHYSICAL for x in order.lines)
    before = unpromised(message.owner, order, found)
    if is_closed(found) or not ships or order.revision <= before.revision:
        return Decision.nothing()
    if order.revision > before.revision + 1:
        return Decision(later=Later("the order as it was before is not known here yet", 0.5))
    gone = [one for one in message.removed if one.sku]
    if still_elsewhere(before, gone):
        return Decision(later=Later("its pieces are bound to another fulfilment, as far as is known here", 0.5))
    stocks = Stocks(states, message.owner, now)
    more = more_of(order, before)
    stocks.load([*(line.sku for line in before.lines), *(line.sku for line, _ in more if line.sku)])
    lines = {line.line_id: line for line in before.lines}
    if found is None:  # what goes had not been promised yet
        added = [promise_more(rules, stocks, lines, line, quantity, order.channel) for line, quantity in more]
    decision = Decision()
    reservation = give_back(states, stocks, before, lines, gone, "amended", decision, now)
    if found is not None:
        added = [promise_more(rules, stocks, lines, line, quantity, order.channel) for line, quantity in more]
    reservation = changed(reservation, revision=order.revision, incomplete=is_incomplete(order), **turn_of(order))
    reservation = with_lines(reservation, lines.values())
    waited = before.status is ReservationStatus.BACKORDERED
    is_news = bool(added or message.added) or (waited and reservation.status is ReservationStatus.RESERVED)
    reservation = changed(reservation, generation=reservation.generation + is_news)
    reservation, dated = dates.date_new(states, stocks, reservation, now)
    decision.writes += [*stocks.writes(), reservation, *_expiry(states, message)]
    _wait_anew(states, before, reservation, {line.line_id for line in added}, decision, now)
    if is_news:
        decision.events.append(promise_event(reservation, stocks, now))
    decision.events += [*dated, *stocks.freed()]
    return decision


def _wait_anew(
    states: States, before: Reservation, reservation: Reservation, added: set[str], decision: Decision, now: datetime
) -> None:
    """Lines that wait stand where their turn is: those that pieces came to, and all where the turn is another."""
    anew = (before.priority, before.ship_by) != (reservation.priority, reservation.ship_by)
    if anew:
        old = [states.get(WaitingLine, *waiting_key(before, line, now)) for line in before.lines if line.backordered]
        decision.writes = [written for written in decision.writes if not isinstance(written, WaitingLine)]
        decision.withdrawn = [one for one in decision.withdrawn if not isinstance(one, WaitingLine)]
        decision.withdrawn += [one for one in old if one is not None]
    waits = [line for line in reservation.lines if line.backordered and (anew or line.line_id in added)]
    decision.writes += [waiting(reservation, line, now) for line in waits]


def _expiry(states: States, message: OrderAmendedV1) -> list[Timer]:
    """A promise ends when the order says so now."""
    due = message.order.reserve_until
    standing = states.get(ReservationExpiry, message.owner, message.order_id)
    if due is None or (standing is not None and standing.due_at == due):
        return []
    return [ReservationExpiry(owner=message.owner, order_id=message.order_id, due_at=due)]


def recall(states: States, message: FulfilmentStoppedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces of a fulfilment that was called back are bound to its location no longer, and promised anew."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if not message.recalled or reservation is None or nothing_open(reservation):
        return Decision.nothing()
    if reservation.answered.get(message.fulfilment_id) in (RECALLED, "refused"):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now, rules.wms)
    lines = {line.line_id: line for line in reservation.lines}
    stocks.load(line.sku for line in reservation.lines)
    for part in message.stopped:
        line = lines.get(part.line_id)
        if line is None:
            continue
        line, freed = unbind(stocks, line, part.quantity, message.fulfilment_id)
        promised = min(freed, max(0, stocks[line.sku].promisable))
        stocks.change(line.sku, reserved=promised, waiting=freed - promised)
        stocks.charge(line, promised)
        lines[part.line_id] = changed(
            line, promised=line.promised + promised, backordered=line.backordered + freed - promised
        )
    reservation = with_lines(
        reservation,
        lines.values(),
        generation=reservation.generation + 1,
        answered={**reservation.answered, message.fulfilment_id: RECALLED},
    )
    waits = [waiting(reservation, line, now) for line in reservation.lines if line.backordered]
    return Decision(writes=[*stocks.writes(), reservation, *waits], events=[promise_event(reservation, stocks, now)])
