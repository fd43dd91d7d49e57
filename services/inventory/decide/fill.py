"""Waiting lines: filled as pieces come free, by priority, then ship-by, then age."""

from datetime import datetime

from crossdock_contracts.inventory import StockFreedV1
from crossdock_contracts.stock import PromiseRestoredV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide.common import promise_event, with_lines
from services.inventory.decide.limits import open_to
from services.inventory.decide.orders import as_many_as_read, skus_of
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import Reservation, WaitingLine

SLICE = 100
"""Waiting lines that are looked at by one decision; the rest by the next."""


def fill_waiting(states: States, message: StockFreedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Promise free pieces to the lines that wait for them, a slice at a time: by priority, then ship-by, then age.

    A line whose channel may have no more is passed over; then the next slice begins behind it, and otherwise with the
    first line, for a more urgent one may have come.
    """
    filling = Filling(states, message, now, rules)
    stock = filling.stocks[message.sku]
    if stock.waiting <= 0 or stock.promisable <= 0:
        return Decision.nothing()
    most = min(SLICE, stock.promisable)  # each line takes a piece at least
    turn = filling.load(states.under(WaitingLine, message.owner, message.sku, after=message.after, limit=most))
    passed = [line for line in turn if not filling.fill(line)]
    decision = filling.decision()
    stock = filling.stocks[message.sku]
    if turn and stock.waiting > 0 and stock.promisable > 0 and (not passed or filling.has_more(most)):
        after = turn[-1].subject if passed else ""
        decision.events.append(StockFreedV1(owner=message.owner, sku=message.sku, waiting=stock.waiting, after=after))
    return decision


class Filling:
    """Lines of one SKU that are filled by one decision."""

    def __init__(self, states: States, message: StockFreedV1, now: datetime, rules: Rules) -> None:
        self._states = states
        self._owner, self._sku = message.owner, message.sku
        self._now = now
        self._rules = rules
        self.stocks = Stocks(states, message.owner, now)
        self._reservations: dict[str, Reservation] = {}
        self._touched: dict[str, None] = {}
        self._seen = 0
        self._decision = Decision()

    def load(self, lines: list[WaitingLine]) -> list[WaitingLine]:
        """Ask for the orders of these lines, and for the stock of all that is in them; the lines whose turn it is."""
        names = list(dict.fromkeys(line.order_id for line in lines))
        found = as_many_as_read(self._states.get_all(Reservation, [(self._owner, name) for name in names]))
        self.stocks.load([self._sku, *skus_of(found)])
        self._reservations = {one.order_id: one for one in found if one is not None}
        self._seen = len(lines)
        taken = {*names[: len(found)]}
        return [line for line in lines if line.order_id in taken]

    def has_more(self, most: int) -> bool:
        """There may be lines behind those that were loaded."""
        return self._seen == most

    def fill(self, waiting: WaitingLine) -> bool:
        """Promise a line what it waits for, as far as it goes; false where it may have nothing of what is free."""
        reservation = self._reservations.get(waiting.order_id)
        lines = reservation.lines if reservation else ()
        line = next((one for one in lines if one.line_id == waiting.line_id), None)
        if reservation is None or line is None or line.backordered <= 0:
            self._decision.withdrawn.append(waiting)
            return True
        stock = self.stocks[self._sku]
        limit = self._rules.limit(stock, line.channel) if line.channel else None
        taken = min(open_to(stock, line.channel, limit), line.backordered)
        if not taken:
            return stock.promisable <= 0
        self.stocks.change(self._sku, reserved=taken, waiting=-taken)
        self.stocks.charge(line, taken)
        filled = changed(line, promised=line.promised + taken, backordered=line.backordered - taken)
        filled = filled if filled.backordered else changed(filled, expected_at=None)
        self._reservations[waiting.order_id] = with_lines(
            reservation, (filled if one.line_id == line.line_id else one for one in reservation.lines)
        )
        self._touched[waiting.order_id] = None
        if filled.backordered:
            self._decision.writes.append(changed(waiting, quantity=filled.backordered))
        else:
            self._decision.withdrawn.append(waiting)
        return True

    def decision(self) -> Decision:
        """What follows: the orders hear of their promises."""
        decision = self._decision
        for order_id in self._touched:
            reservation = self._reservations[order_id]
            whole = not any(line.backordered for line in reservation.lines)
            restored = reservation.lost and whole
            reservation = changed(
                reservation, generation=reservation.generation + 1, lost=reservation.lost and not whole
            )
            decision.writes.append(reservation)
            decision.events.append(promise_event(reservation, self.stocks, self._now))
            if restored:
                decision.events.append(PromiseRestoredV1(owner=self._owner, order_id=order_id, restored_at=self._now))
        decision.writes += self.stocks.writes()
        return decision
