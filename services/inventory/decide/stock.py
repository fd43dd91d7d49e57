"""What comes and goes: receipts, adjustments, counts, transfers, returned goods."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from crossdock_contracts.inventory import (
    AdjustStockV1,
    CountStockV1,
    ReceiveStockV1,
    SetSafetyStockV1,
    StockMovedV1,
    TransferStockV1,
)
from crossdock_contracts.returns import ReturnInspectedV1
from services.hub.decision import Decision, States
from services.inventory.decide import arrivals, inbound, transfers
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import Kit, LocationStock, Stock


class AboutSku(Protocol):
    """Any message about one SKU."""

    @property
    def owner(self) -> str:
        """Whose it is."""

    @property
    def sku(self) -> str:
        """Which SKU."""


def reads_stock(message: AboutSku) -> Iterable[str]:
    """What a command about stock reads."""
    return [Stock.at(message.owner, message.sku), Kit.at(message.owner, message.sku)]


def reads_one(message: AboutSku) -> Iterable[str]:
    """What a message of inventory to itself about a SKU reads."""
    return [Stock.at(message.owner, message.sku)]


def _place(stocks: Stocks, sku: str, location_id: str) -> LocationStock:
    return stocks[sku].locations.get(location_id) or LocationStock()


def receive(states: States, message: ReceiveStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces have arrived: they can be promised, first to those that wait."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    arrivals.refresh(stocks, message.sku, rules.shelf_life)
    reason, detail = arrivals.trouble(stocks, message)
    if reason:
        return Decision.refused(message, reason, detail)
    entry = arrivals.take_in(
        states,
        stocks,
        message.sku,
        message.location_id,
        message.quantity,
        "received",
        reason="received",
        reference=message.reference,
        lot=arrivals.lot_of(stocks, message),
        expires_on=message.expires_on,
    )
    decision = Decision(events=[entry])
    decision.and_then(inbound.receive_against(states, stocks, message))
    decision.writes += stocks.writes()
    decision.events += stocks.freed()
    return decision


def adjust(states: States, message: AdjustStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Correct the pieces on hand by a difference."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    on_hand = _on_hand(stocks, message)
    if on_hand + message.delta < 0:
        of = f"lot {message.lot} of {message.sku}" if message.lot else message.sku
        return Decision.refused(
            message,
            "below-zero",
            f"{message.location_id} has {on_hand} of {of}; {message.delta:+} would leave less than none",
        )
    if message.delta == 0:
        return Decision.nothing()
    entry = stocks.move(
        message.sku,
        message.location_id,
        "adjusted",
        message.delta,
        reason=message.reason,
        reference=message.note,
        lot=message.lot,
    )
    return _settled(stocks, message, entry)


def count(states: States, message: CountStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """What was counted is what is there; where a WMS is master, and during a count, it is not for this to say."""
    stocks = Stocks(states, message.owner, now)
    place = _place(stocks, message.sku, message.location_id)
    if message.location_id in rules.wms:
        detail = f"the WMS of {message.location_id} is master of its stock; it counts, and sends snapshots"
        return Decision.refused(message, "not-the-master", detail)
    if place.counting:
        detail = f"{message.sku} is part of count {place.counting} at {message.location_id}; submit it there"
        return Decision.refused(message, "being-counted", detail)
    delta = message.counted - _on_hand(stocks, message)
    if delta == 0:
        return Decision.nothing()
    entry = stocks.move(
        message.sku,
        message.location_id,
        "counted",
        delta,
        reason="counted",
        reference=message.counted_by,
        lot=message.lot,
    )
    return _settled(stocks, message, entry)


def _on_hand(stocks: Stocks, message: AdjustStockV1 | CountStockV1) -> int:
    """Sellable pieces of the lot that a command names, or of all."""
    if message.lot and stocks[message.sku].has_lots:
        found = stocks.shelves.at(stocks[message.sku], message.location_id).lots.get(message.lot)
        return found.on_hand if found else 0
    return _place(stocks, message.sku, message.location_id).on_hand


def _settled(stocks: Stocks, message: AdjustStockV1 | CountStockV1, entry: StockMovedV1) -> Decision:
    """Stock is different: shortages are recorded, waiting lines get what is free."""
    short = stocks.shortages(message.sku, message.location_id, entry.reason)
    return Decision(writes=[*stocks.writes()], events=[entry, *short, *stocks.freed()])


def transfer(states: States, message: TransferStockV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Move free pieces to another location; bound ones stay."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    trouble = transfers.trouble(stocks, message)
    if trouble:
        return Decision.refused(message, "not-enough-free", trouble)
    if message.from_location_id == message.to_location_id:
        return Decision.refused(message, "same-location", f"{message.sku} is at {message.to_location_id} already")
    way = f"{message.from_location_id} to {message.to_location_id}"
    sku, quantity = message.sku, message.quantity
    decision = Decision()
    for lot, pieces in transfers.chosen(stocks, sku, message.from_location_id, quantity, message.lot):
        day = transfers.last_day(stocks, sku, message.from_location_id, lot)
        out = stocks.move(
            sku, message.from_location_id, "transferred-out", -pieces, reason="transfer", reference=way, lot=lot
        )
        into = arrivals.take_in(
            states, stocks, sku, message.to_location_id, pieces, "transferred-in",
            reason="transfer", reference=way, lot=lot, expires_on=day,
        )  # fmt: skip
        decision.events += [out, into]
    decision.writes = stocks.writes()
    decision.events += [*stocks.shortages(sku, message.from_location_id, "transfer"), *stocks.freed()]
    return decision


def set_safety(states: States, message: SetSafetyStockV1, now: datetime) -> Decision:
    """Keep pieces back from promises, as far as they have not been promised."""
    stocks = Stocks(states, message.owner, now)
    by = message.quantity - _place(stocks, message.sku, message.location_id).safety
    stocks.place(message.sku, message.location_id, safety=by)
    if by > 0 and stocks[message.sku].promisable < 0:
        return Decision.refused(
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
        if line.disposition == "write-off":
            entry = stocks.set_aside(
                line.sku,
                message.location_id,
                line.quantity,
                reason=line.disposition,
                reference=message.return_id,
                lot=line.lot,
            )
        else:
            entry = arrivals.take_in(
                states, stocks, line.sku, message.location_id, line.quantity, "restocked",
                reason=line.disposition, reference=message.return_id, lot=line.lot, expires_on=line.expires_on,
            )  # fmt: skip
        decision.events.append(entry)
    decision.writes = stocks.writes()
    decision.events += stocks.freed()
    return decision
