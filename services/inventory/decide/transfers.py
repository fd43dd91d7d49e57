"""Transfers: pieces leave a location, are nobody's to sell while they are on their way, and arrive, all or in part."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crossdock_contracts.inventory import StockMovedV1, TransferStockV1
from crossdock_contracts.lots import (
    DispatchTransferV1,
    ReceiveTransferV1,
    TransferDispatchedV1,
    TransferReceivedV1,
)
from crossdock_contracts.values import LotQuantity
from services.hub.decision import Decision, States, changed
from services.inventory.decide import arrivals, binding
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state import LocationStock
from services.inventory.state_lots import LotPieces, SentPieces, Transfer


def trouble(stocks: Stocks, message: TransferStockV1 | DispatchTransferV1) -> str:
    """Why pieces cannot go; empty: they can. Bound ones stay."""
    sku, location = message.sku, message.from_location_id
    place = stocks[sku].locations.get(location) or LocationStock()
    free, of = place.on_hand - place.allocated, sku
    if message.lot and stocks[sku].has_lots:
        lot = stocks.shelves.at(stocks[sku], location).lots.get(message.lot) or LotPieces()
        free, of = min(free, lot.free), f"lot {message.lot} of {sku}"
    if free >= message.quantity:
        return ""
    return f"{location} has {free} free pieces of {of}, {message.quantity} were asked for"


def chosen(stocks: Stocks, sku: str, location_id: str, quantity: int, lot: str) -> list[tuple[str, int]]:
    """Which pieces go: of the lot that was named, else those that expire first; lot "" where there are no lots."""
    if lot or not stocks[sku].has_lots:
        return [(lot, quantity)]
    return list(binding.choose(stocks, sku, location_id, quantity).items())


def last_day(stocks: Stocks, sku: str, location_id: str, lot: str) -> str:
    """The last day of a lot, as the location that has it knows it."""
    if not stocks[sku].has_lots:
        return ""
    found = stocks.shelves.at(stocks[sku], location_id).lots.get(lot)
    return found.expires_on if found else ""


def dispatch(states: States, message: DispatchTransferV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces leave a location: they are in transit at the one that they go to."""
    sku, source, target = message.sku, message.from_location_id, message.to_location_id
    if states.get(Transfer, message.owner, message.transfer_id, sku) is not None:
        return Decision.refused(message, "transfer-known", f"transfer {message.transfer_id} of {sku} has left already")
    if source == target:
        return Decision.refused(message, "same-location", f"{sku} is at {target} already")
    stocks = Stocks(states, message.owner, now, rules.wms)
    why = trouble(stocks, message)
    if why:
        return Decision.refused(message, "not-enough-free", why)
    decision = Decision()
    sent: dict[str, SentPieces] = {}
    about: dict[str, Any] = {"reason": "dispatched", "reference": message.transfer_id}
    for lot, quantity in chosen(stocks, sku, source, message.quantity, message.lot):
        if stocks[sku].has_lots:
            sent[lot] = SentPieces(quantity=quantity, expires_on=last_day(stocks, sku, source, lot))
        out = stocks.move(sku, source, "transferred-out", -quantity, lot=lot, **about)
        into = stocks.shift(sku, target, "transferred-in", quantity, "", "in-transit", lot=lot, **about)
        decision.events += [out, into]
    transfer = Transfer(
        owner=message.owner,
        transfer_id=message.transfer_id,
        sku=sku,
        from_location_id=source,
        to_location_id=target,
        quantity=message.quantity,
        left=message.quantity,
        lots=sent,
    )
    dispatched = TransferDispatchedV1(
        owner=message.owner,
        sku=sku,
        transfer_id=message.transfer_id,
        from_location_id=source,
        to_location_id=target,
        quantity=message.quantity,
        lots=tuple(LotQuantity(lot=lot, **dict(pieces)) for lot, pieces in sent.items()),
        dispatched_at=now,
    )
    decision.writes = [*stocks.writes(), transfer]
    decision.events += [dispatched, *stocks.shortages(sku, source, "dispatched"), *stocks.freed()]
    return decision


def receive_transfer(states: States, message: ReceiveTransferV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Pieces of a transfer arrive; what is over is taken in, what is short is gone."""
    sku = message.sku
    transfer = states.get(Transfer, message.owner, message.transfer_id, sku)
    if transfer is None:
        return Decision.unknown(message, "transfer", f"{message.transfer_id} of {sku}")
    if not transfer.left:
        return Decision.refused(message, "wrong-state", f"transfer {message.transfer_id} of {sku} is complete")
    stocks = Stocks(states, message.owner, now, rules.wms)
    arrived = min(message.quantity, transfer.left)
    over = message.quantity - arrived
    short = 0 if message.more_to_come else transfer.left - arrived
    lots = {lot: pieces.quantity for lot, pieces in transfer.lots.items()} or {"": transfer.left}
    came = binding.first(lots, arrived)
    lost = binding.first(binding.less(lots, came), short)
    rest = binding.less(binding.less(lots, came), lost)
    extra = {next(iter(lots)) if len(lots) == 1 else "": over} if over else {}
    entries = [
        *_taken_in(states, stocks, transfer, came, "transferred-in", "transfer", source="in-transit"),
        *_lost(stocks, transfer, lost),
        *_taken_in(states, stocks, transfer, extra, "found", "transfer-over"),
    ]
    transfer = changed(
        transfer,
        left=transfer.left - arrived - short,
        lots={lot: changed(pieces, quantity=rest[lot]) for lot, pieces in transfer.lots.items() if lot in rest},
    )
    received = TransferReceivedV1(
        owner=message.owner,
        sku=sku,
        transfer_id=transfer.transfer_id,
        from_location_id=transfer.from_location_id,
        to_location_id=transfer.to_location_id,
        quantity=message.quantity,
        left=transfer.left,
        short=short,
        over=over,
        received_at=now,
    )
    return Decision(writes=[*stocks.writes(), transfer], events=[*entries, received, *stocks.freed()])


def _taken_in(
    states: States,
    stocks: Stocks,
    transfer: Transfer,
    pieces: Mapping[str, int],
    kind: str,
    reason: str,
    *,
    source: str = "",
) -> list[StockMovedV1]:
    """So many pieces of each lot come in where the transfer goes."""
    return [
        arrivals.take_in(
            states,
            stocks,
            transfer.sku,
            transfer.to_location_id,
            quantity,
            kind,
            reason=reason,
            reference=transfer.transfer_id,
            source=source,
            lot=lot,
            expires_on=transfer.lots[lot].expires_on if lot else "",
        )
        for lot, quantity in pieces.items()
    ]


def _lost(stocks: Stocks, transfer: Transfer, pieces: Mapping[str, int]) -> list[StockMovedV1]:
    """So many pieces of each lot are not on their way any more, and nowhere else."""
    about: dict[str, Any] = {"reason": "transfer-short", "reference": transfer.transfer_id}
    return [
        stocks.shift(transfer.sku, transfer.to_location_id, "adjusted", quantity, "in-transit", "", lot=lot, **about)
        for lot, quantity in pieces.items()
    ]
