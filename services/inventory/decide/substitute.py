"""Substitutes: what is short on the shelf is replaced by what lies beside it, if that is free."""

from datetime import datetime

from crossdock_contracts.inventory import Substitute, SubstitutionDecidedV1
from crossdock_contracts.warehouse import SubstitutionWantedV1, WantedSubstitute
from services.hub.decision import Decision, States, changed
from services.inventory.decide import binding, expiry, gone
from services.inventory.decide.common import with_lines
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import Reservation, ReservedLine


def substitute(states: States, message: SubstitutionWantedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Bind what is sent in place of short lines, all pieces of a line or none; the missing ones are gone from stock."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    stocks = Stocks(states, message.owner, now, rules.wms)
    lines = {line.line_id: line for line in reservation.lines} if reservation else {}
    decision = Decision()
    done: list[Substitute] = []
    for wanted in message.lines:
        line = lines.get(wanted.line_id)
        if stocks[wanted.by].has_lots:
            decision.events += expiry.expel(stocks, wanted.by, message.location_id)
        quantity = _bound(line, message.fulfilment_id) if line else 0
        if line is None or not quantity or not _is_free(stocks, wanted.by, message.location_id, quantity):
            continue
        lines[wanted.line_id] = _exchange(stocks, line, wanted, message, quantity, decision)
        done.append(_told(stocks, lines[wanted.line_id], wanted, message))
    taken = {one.line_id for one in done}
    decision.writes = stocks.writes()
    if reservation is not None and done:
        decision.writes.append(with_lines(reservation, lines.values()))
    decision.events.append(
        SubstitutionDecidedV1(
            owner=message.owner,
            order_id=message.order_id,
            fulfilment_id=message.fulfilment_id,
            location_id=message.location_id,
            attempt=message.attempt,
            substituted=tuple(done),
            refused=tuple(one.line_id for one in message.lines if one.line_id not in taken),
            decided_at=now,
        )
    )
    decision.events += stocks.freed()
    return decision


def _bound(line: ReservedLine, fulfilment_id: str) -> int:
    """Pieces of the line's own SKU that are bound to a fulfilment; nothing is sent in place of a substitute."""
    return sum(one.quantity for one in line.bound if one.fulfilment_id == fulfilment_id and not one.sku)


def _is_free(stocks: Stocks, sku: str, location_id: str, quantity: int) -> bool:
    """There is enough at the location, and none of it is promised to somebody else."""
    place = stocks[sku].locations.get(location_id)
    return place is not None and place.available >= quantity and stocks[sku].promisable >= quantity


def _exchange(
    stocks: Stocks,
    line: ReservedLine,
    wanted: WantedSubstitute,
    message: SubstitutionWantedV1,
    quantity: int,
    decision: Decision,
) -> ReservedLine:
    bound, location_id = binding.bound_of(line, message.fulfilment_id), message.location_id
    missing = min(wanted.missing, quantity)
    lots = binding.missing_lots(bound, {}, missing)
    lost = gone.lose(stocks, line.sku, location_id, missing, lots, message.order_id)
    stocks.place(line.sku, location_id, allocated=missing - quantity)
    binding.rebind(stocks, bound, line.sku, {})
    decision.events += [*lost, *stocks.shortages(line.sku, location_id, "short-pick")]
    stocks.place(wanted.by, location_id, allocated=quantity)
    stocks.charge(line, -quantity)
    instead = changed(bound, sku=wanted.by, lots={})
    if stocks[wanted.by].has_lots:
        chosen = binding.choose(stocks, wanted.by, location_id, quantity)
        instead = binding.rebind(stocks, instead, wanted.by, chosen)
    return changed(line, bound=binding.with_bound(line, instead))


def _told(stocks: Stocks, line: ReservedLine, wanted: WantedSubstitute, message: SubstitutionWantedV1) -> Substitute:
    """What is bound in place of a line, with what its pick has to know."""
    bound, tracking = binding.bound_of(line, message.fulfilment_id), stocks[wanted.by].tracking
    return Substitute(
        line_id=line.line_id,
        sku=line.sku,
        by=wanted.by,
        quantity=bound.quantity,
        lots=binding.named(stocks, wanted.by, bound.location_id, bound.lots),
        track_serial=tracking is not None and tracking.serial,
    )
