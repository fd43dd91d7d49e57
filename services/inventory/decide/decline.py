"""Declined: the location that pieces are bound to does not ship them. They are still there, and promised anew."""

from datetime import datetime

from crossdock_contracts.stores import FulfilmentDeclinedV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide.common import nothing_open, promise_event, waiting, with_lines
from services.inventory.decide.release import unbind
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Reservation


def promise_declined(states: States, message: FulfilmentDeclinedV1, now: datetime) -> Decision:
    """Unbind what a location declined, and promise it again to the same order, or have it waited for."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    lines = {line.line_id: line for line in reservation.lines}
    for left in message.lines:
        line = lines.get(left.line_id)
        if line is None:
            continue
        line, freed = unbind(stocks, line, left.quantity, message.fulfilment_id)
        if not freed:
            continue
        promised = min(freed, max(0, stocks[line.sku].promisable))
        stocks.change(line.sku, reserved=promised, waiting=freed - promised)
        stocks.charge(line, promised)
        lines[left.line_id] = changed(
            line, promised=line.promised + promised, backordered=line.backordered + freed - promised
        )
    if not stocks.writes():
        return Decision.nothing()
    reservation = with_lines(reservation, lines.values(), generation=reservation.generation + 1)
    waits = [waiting(reservation, line, now) for line in reservation.lines if line.backordered]
    return Decision(writes=[*stocks.writes(), reservation, *waits], events=[promise_event(reservation, stocks, now)])
