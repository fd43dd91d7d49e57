"""Conditions and lots as people find them: quality control, pieces of another lot, lots that a picker took instead."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.lots import ChangeConditionV1, CorrectLotV1, LotsPickedV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide import binding
from services.inventory.decide.arrivals import MOST_LOTS, is_recalled
from services.inventory.decide.common import nothing_open
from services.inventory.decide.expiry import expel, why_not_sold
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import LocationStock, Reservation
from services.inventory.state_lots import LotPieces

MOVES: dict[str, frozenset[str]] = {
    "sellable": frozenset({"quarantine", "damaged"}),
    "quarantine": frozenset({"sellable", "damaged", "disposed"}),
    "damaged": frozenset({"quarantine", "disposed"}),
}
"""Which condition pieces may go to from which: what is damaged goes back on sale by way of quarantine."""

_COUNTED = {"sellable": "on_hand", "quarantine": "quarantine", "damaged": "damaged"}


def change_condition(states: States, message: ChangeConditionV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces are of another condition; what is promised beyond what is left is recorded as short."""
    sku, location = message.sku, message.location_id
    source, target = message.from_condition, message.to_condition
    stocks = Stocks(states, message.owner, now, rules.wms)
    lot, reason, detail = _wrong_change(states, stocks, message)
    if reason:
        return Decision.refused(message, reason, detail)
    entry = stocks.shift(
        sku,
        location,
        "adjusted",
        message.quantity,
        source,
        "" if target == "disposed" else target,
        reason=message.reason,
        reference=message.note,
        lot=lot,
    )
    short = stocks.shortages(sku, location, message.reason) if source == "sellable" else []
    return Decision(writes=stocks.writes(), events=[entry, *short, *stocks.freed()])


def _wrong_change(states: States, stocks: Stocks, message: ChangeConditionV1) -> tuple[str, str, str]:
    """The lot that a change is about; why it cannot be carried out: reason and detail, empty where it can."""
    source, target = message.from_condition, message.to_condition
    if target not in MOVES[source]:
        return "", "not-allowed", f"{source} pieces go to {' or '.join(sorted(MOVES[source]))}, not to {target}"
    stock, lot, of = stocks[message.sku], message.lot, message.sku
    there = getattr(stock.locations.get(message.location_id, LocationStock()), _COUNTED[source])
    if stock.has_lots:
        lots = stocks.shelves.at(stock, message.location_id).lots
        pieces = {name: n for name, one in lots.items() if (n := getattr(one, _COUNTED[source])) > 0}
        if len(pieces) > 1 and not lot:
            return "", "lot-missing", f"name the lot; {message.location_id} has {source} pieces of {', '.join(pieces)}"
        lot = lot or next(iter(pieces), "")
        there, of = pieces.get(lot, 0), f"lot {lot} of {of}" if lot else of
    if there < message.quantity:
        detail = f"{message.location_id} has {there} {source} pieces of {of}, not {message.quantity}"
        return lot, "not-so-many", detail
    if target == "sellable" and stock.has_lots:
        return (lot, *_not_for_sale(states, stocks, message, lot))
    return lot, "", ""


def _not_for_sale(states: States, stocks: Stocks, message: ChangeConditionV1, lot: str) -> tuple[str, str]:
    """Why pieces of a lot may not go back on sale: reason and detail; empty: they may."""
    stock = stocks[message.sku]
    assert stock.tracking is not None
    day = stocks.shelves.at(stock, message.location_id).lots[lot].expires_on
    if is_recalled(states, message.owner, message.sku, lot):
        return "lot-recalled", f"lot {lot} of {message.sku} is recalled; lift the recall first"
    if stock.tracking.expiry and not day:
        return "expiry-not-known", f"nobody knows when lot {lot} of {message.sku} expires; say of which lot they are"
    if why_not_sold(day, stock.tracking.min_days, stocks.moment):
        days = f" and has to have {stock.tracking.min_days} days left" if stock.tracking.min_days else ""
        return "lot-expired", f"the last day of lot {lot} of {message.sku} is {day}{days}"
    return "", ""


def correct_lot(states: States, message: CorrectLotV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces are of another lot than they are counted under; those of a recalled or old one leave what is sellable."""
    sku, location, quantity = message.sku, message.location_id, message.quantity
    stocks = Stocks(states, message.owner, now, rules.wms)
    stock = stocks[sku]
    if not stock.has_lots:
        return Decision.refused(message, "no-lots", f"{sku} is not kept by lot")
    lots = stocks.shelves.at(stock, location).lots
    source, target = lots.get(message.from_lot, LotPieces()), lots.get(message.to_lot)
    kept = "on_hand" if source.on_hand >= quantity else "quarantine"
    if message.from_lot == message.to_lot or getattr(source, kept) < quantity:
        detail = (
            f"{location} has {source.on_hand} sellable pieces of lot {message.from_lot} and {source.quarantine} in "
        )
        return Decision.refused(message, "not-so-many", f"{detail}quarantine, not {quantity} of another lot")
    if target is None and len(lots) >= MOST_LOTS:
        return Decision.refused(
            message, "too-many-lots", f"{location} has {len(lots)} lots of {sku}, the most that are kept"
        )
    event = binding.correct(
        stocks,
        sku,
        location,
        message.from_lot,
        message.to_lot,
        quantity,
        why="corrected",
        reference=message.note,
        expires_on=message.expires_on,
        kept=kept,
    )
    decision = Decision(events=[event])
    if kept == "on_hand":
        decision.events += unsold(states, stocks, sku, location, message.to_lot)
    decision.writes = stocks.writes()
    return decision


def unsold(states: States, stocks: Stocks, sku: str, location_id: str, lot: str) -> list[Event]:
    """Take a lot out of what is sellable at a location if it is recalled or too old."""
    if not is_recalled(states, stocks[sku].owner, sku, lot):
        return expel(stocks, sku, location_id)
    pieces = stocks.shelves.at(stocks[sku], location_id).lots[lot]
    entry = stocks.shift(
        sku, location_id, "adjusted", pieces.on_hand, "sellable", "quarantine", reason="recalled", lot=lot
    )
    return [entry, *stocks.shortages(sku, location_id, "recalled")]


def bind_picked(states: States, message: LotsPickedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """The picker took other lots than those that were bound: these are bound instead."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now, rules.wms)
    stocks.load(line.sku for line in reservation.lines)
    lines = {line.line_id: line for line in reservation.lines}
    decision = Decision()
    for picked in message.lines:
        line = lines.get(picked.line_id)
        bound = binding.bound_of(line, message.fulfilment_id)
        lots = binding.first(binding.by_lot(picked.lots), bound.quantity)
        sku = bound.sku or line.sku if line else ""
        if line is None or sku != picked.sku or not stocks[sku].has_lots or lots == bound.lots:
            continue
        days = binding.days_of(picked.lots)
        decision.events += binding.ready(stocks, bound, sku, lots, days, "picked", message.order_id)
        left = binding.rebind(stocks, bound, sku, lots)
        lines[line.line_id] = changed(line, bound=binding.with_bound(line, left))
    decision.writes = stocks.writes()
    if decision.writes:
        decision.writes.append(changed(reservation, lines=tuple(lines.values())))
    return decision
