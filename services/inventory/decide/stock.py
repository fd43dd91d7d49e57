"""What comes and goes: receipts, adjustments, counts, transfers, returned goods."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from crossdock_contracts.inventory import (
    AdjustStockV1,
    CountStockV1,
    ReceiveStockV1,
    SetSafetyStockV1,
    StockFreedV1,
    StockMovedV1,
    TransferStockV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.returns import ReturnInspectedV1
from crossdock_contracts.stock import OpenStockV1
from services.hub.decision import Decision, States
from services.inventory.decide.common import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import Kit, LocationStock, Stock

StockCommand = ReceiveStockV1 | AdjustStockV1 | CountStockV1 | TransferStockV1 | SetSafetyStockV1 | OpenStockV1


def reads_stock(message: StockCommand) -> Iterable[str]:
    """What a command about stock reads."""
    return [Stock.at(message.owner, message.sku), Kit.at(message.owner, message.sku)]


def reads_freed(message: StockFreedV1) -> Iterable[str]:
    """The stock that is free."""
    return [Stock.at(message.owner, message.sku)]


def _place(stocks: Stocks, sku: str, location_id: str) -> LocationStock:
    return stocks[sku].locations.get(location_id) or LocationStock()


def _refused(message: StockCommand, reason: str, detail: str) -> Decision:
    refusal = CommandRefusedV1(
        owner=message.owner, entity_id=message.sku, command=message.TYPE, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def receive(states: States, message: ReceiveStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces have arrived: they can be promised, first to those that wait."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    entry = stocks.move(
        message.sku, message.location_id, "received", message.quantity, reason="received", reference=message.reference
    )
    return Decision(writes=[*stocks.writes()], events=[entry, *stocks.freed()])


def adjust(states: States, message: AdjustStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Correct the pieces on hand by a difference."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    on_hand = _place(stocks, message.sku, message.location_id).on_hand
    if on_hand + message.delta < 0:
        return _refused(
            message,
            "below-zero",
            f"{message.location_id} has {on_hand} of {message.sku}; {message.delta:+} would leave less than none",
        )
    if message.delta == 0:
        return Decision.nothing()
    entry = stocks.move(
        message.sku, message.location_id, "adjusted", message.delta, reason=message.reason, reference=message.note
    )
    return _settled(stocks, message, entry)


def count(states: States, message: CountStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """What was counted is what is there; where a WMS is master, and during a count, it is not for this to say."""
    stocks = Stocks(states, message.owner, now)
    place = _place(stocks, message.sku, message.location_id)
    if message.location_id in rules.wms:
        detail = f"the WMS of {message.location_id} is master of its stock; it counts, and sends snapshots"
        return _refused(message, "not-the-master", detail)
    if place.counting:
        detail = f"{message.sku} is part of count {place.counting} at {message.location_id}; submit it there"
        return _refused(message, "being-counted", detail)
    delta = message.counted - place.on_hand
    if delta == 0:
        return Decision.nothing()
    entry = stocks.move(
        message.sku, message.location_id, "counted", delta, reason="counted", reference=message.counted_by
    )
    return _settled(stocks, message, entry)


def _settled(stocks: Stocks, message: AdjustStockV1 | CountStockV1, entry: StockMovedV1) -> Decision:
    """Stock is different: shortages are recorded, waiting lines get what is free."""
    short = stocks.shortages(message.sku, message.location_id, entry.reason)
    return Decision(writes=[*stocks.writes()], events=[entry, *short, *stocks.freed()])


def transfer(states: States, message: TransferStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Move free pieces to another location; bound ones stay."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    place = _place(stocks, message.sku, message.from_location_id)
    free = place.on_hand - place.allocated
    if free < message.quantity:
        return _refused(
            message,
            "not-enough-free",
            f"{message.from_location_id} has {free} free pieces of {message.sku}, {message.quantity} were asked for",
        )
    if message.from_location_id == message.to_location_id:
        return _refused(message, "same-location", f"{message.sku} is at {message.to_location_id} already")
    way = f"{message.from_location_id} to {message.to_location_id}"
    sku, quantity = message.sku, message.quantity
    out = stocks.move(sku, message.from_location_id, "transferred-out", -quantity, reason="transfer", reference=way)
    into = stocks.move(sku, message.to_location_id, "transferred-in", quantity, reason="transfer", reference=way)
    short = stocks.shortages(sku, message.from_location_id, "transfer")
    return Decision(writes=[*stocks.writes()], events=[out, into, *short, *stocks.freed()])


def set_safety(states: States, message: SetSafetyStockV1, now: datetime) -> Decision:
    """Keep pieces back from promises, as far as they have not been promised."""
    stocks = Stocks(states, message.owner, now)
    by = message.quantity - _place(stocks, message.sku, message.location_id).safety
    stocks.place(message.sku, message.location_id, safety=by)
    if by > 0 and stocks[message.sku].promisable < 0:
        return _refused(
            message,
            "promised",
            f"{-stocks[message.sku].promisable} of the pieces of {message.sku} to keep back are promised to orders",
        )
    return Decision(writes=[*stocks.writes()], events=[*stocks.freed()])


def take_back(states: States, message: ReturnInspectedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Returned goods go back on the shelf, or are kept apart as damaged."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    stocks.load(line.sku for line in message.lines)
    decision = Decision()
    for line in message.lines:
        put = stocks.set_aside if line.disposition == "write-off" else partial(_restock, stocks)
        entry = put(line.sku, message.location_id, line.quantity, reason=line.disposition, reference=message.return_id)
        decision.events.append(entry)
    decision.writes = [*stocks.writes()]
    decision.events += stocks.freed()
    return decision


def _restock(stocks: Stocks, sku: str, location_id: str, quantity: int, *, reason: str, reference: str) -> StockMovedV1:
    return stocks.move(sku, location_id, "restocked", quantity, reason=reason, reference=reference)
