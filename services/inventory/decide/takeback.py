"""Taking promises back from the orders that lose them: unbound ones at once, bound ones by asking shipping."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from crossdock_contracts.stock import BoundStockMissingV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, States, changed
from services.inventory.audits import Ask, Shortfall
from services.inventory.decide.common import promise_event, waiting, with_lines
from services.inventory.decide.inbound import dates_due
from services.inventory.decide.orders import as_many_as_read, skus_of, taken_back
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import Rules
from services.inventory.state import Reservation, ReservedLine, Stock

SLICE = 50
"""Orders that promises are taken back from by one decision."""


@dataclass(slots=True)
class Needs:
    """How many pieces of a SKU have to be taken back."""

    promised: int = 0
    bound: dict[str, int] = field(default_factory=dict)
    """By location: where the hub is master. Elsewhere the WMS knows what it has picked, and its short pick tells."""
    spared: frozenset[str] = frozenset()
    """Fulfilments that have been asked, or have been picked."""

    @classmethod
    def of(cls, rules: Rules, stock: Stock, shortfall: Shortfall) -> "Needs":
        """What is beyond what is there, and has not been asked for yet."""
        bound = {name: pieces for name, pieces in stock.bound_missing.items() if name not in rules.wms}
        for ask in shortfall.asked:
            if ask.location_id in bound:
                bound[ask.location_id] -= ask.quantity
        spared = frozenset((*shortfall.kept, *(ask.fulfilment_id for ask in shortfall.asked)))
        return cls(stock.unbound_missing, {name: n for name, n in bound.items() if n > 0}, spared)

    def may_ask(self, fulfilment_id: str) -> bool:
        """Its pieces may be asked for."""
        return fulfilment_id not in self.spared

    def __bool__(self) -> bool:
        return self.promised > 0 or any(pieces > 0 for pieces in self.bound.values())


def take_slice(states: States, shortfall: Shortfall, needs: Needs, now: datetime) -> tuple[Decision, Shortfall, bool]:
    """Take promises back from the next orders; the shortfall as it stands then, and whether more is needed.

    An order is looked at anew: it may have been bound, shipped or cancelled since it was seen.
    """
    names = [holder.order_id for holder in shortfall.holders[:SLICE]]
    found = states.get_all(Reservation, [(shortfall.owner, name) for name in names])
    turn = as_many_as_read(found)
    stocks = Stocks(states, shortfall.owner, now)
    stocks.load([shortfall.sku, *skus_of(turn)])
    decision, asks = Decision(), list(shortfall.asked)
    for reservation in turn:
        if reservation is not None and needs:
            lines = [line for line in reservation.lines if line.sku == shortfall.sku]
            _from_promised(decision, stocks, reservation, lines, needs, shortfall.reason, now)
            asked = _from_bound(reservation, needs, shortfall, now)
            decision.events += asked
            asks += [_ask(event) for event in asked]
    if decision.writes and stocks[shortfall.sku].expected:
        decision.events += dates_due(stocks, shortfall.sku, "taken-back")
    decision.writes += stocks.writes()
    shortfall = changed(shortfall, holders=shortfall.holders[len(turn) :], asked=tuple(asks))
    return decision, shortfall, bool(needs)


def _ask(event: BoundStockMissingV1) -> Ask:
    pieces = sum(line.quantity for line in event.lines)
    return Ask(fulfilment_id=event.fulfilment_id, location_id=event.location_id, quantity=pieces)


def _from_promised(
    decision: Decision,
    stocks: Stocks,
    reservation: Reservation,
    lines: Iterable[ReservedLine],
    needs: Needs,
    reason: str,
    now: datetime,
) -> None:
    """Pieces that are promised and not bound are waited for again."""
    lost: dict[str, ReservedLine] = {}
    told: list[LineQuantity] = []
    for line in lines:
        pieces = min(line.promised, needs.promised)
        if pieces > 0:
            needs.promised -= pieces
            stocks.change(line.sku, reserved=-pieces, waiting=pieces)
            stocks.charge(line, -pieces)
            lost[line.line_id] = changed(line, promised=line.promised - pieces, backordered=line.backordered + pieces)
            told.append(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=pieces))
    if lost:
        all_lines = [lost.get(line.line_id, line) for line in reservation.lines]
        reservation = with_lines(reservation, all_lines, generation=reservation.generation + 1, lost=True)
        decision.writes += [reservation, *(waiting(reservation, line, now) for line in lost.values())]
        decision.events.append(promise_event(reservation, stocks, now))
        decision.events += taken_back(reservation, told, reason, now)


def _from_bound(
    reservation: Reservation, needs: Needs, shortfall: Shortfall, now: datetime
) -> list[BoundStockMissingV1]:
    """Shipping is asked for pieces that are bound to a location that is short."""
    wanted: dict[tuple[str, str], list[LineQuantity]] = {}
    for line in reservation.lines:
        for one in line.bound:
            if (one.sku or line.sku) != shortfall.sku:
                continue
            pieces = min(one.quantity, needs.bound.get(one.location_id, 0))
            if pieces > 0 and needs.may_ask(one.fulfilment_id):
                needs.bound[one.location_id] -= pieces
                asked = LineQuantity(line_id=line.line_id, sku=shortfall.sku, quantity=pieces)
                wanted.setdefault((one.fulfilment_id, one.location_id), []).append(asked)
    return [
        BoundStockMissingV1(
            owner=reservation.owner,
            order_id=reservation.order_id,
            ask_id=f"short:{shortfall.sku}:{shortfall.search}",
            fulfilment_id=fulfilment_id,
            location_id=location_id,
            lines=tuple(missing),
            reason=shortfall.reason,
            recorded_at=now,
        )
        for (fulfilment_id, location_id), missing in wanted.items()
    ]
