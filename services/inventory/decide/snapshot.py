"""Snapshots: what the WMS of a location says it has, reconciled with what has moved since.

What came and went after the moment of a snapshot is added to it; what had left before and is confirmed only later is
not taken off again (see `bind.deduct`). Each SKU remembers of when it was last believed, so parts may come in any
order, and which SKUs a complete snapshot did not mention is seen by their older moment.
"""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.inventory import StockMovedV1
from crossdock_contracts.stock import SkippedLine, SnapshotAppliedV1, SnapshotStockV1, SnapshotSweptV1
from services.hub.decision import Decision, States, changed
from services.inventory.audits import SnapshotRecord
from services.inventory.decide.reconcile import reconciled
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import Rules
from services.inventory.state import Stock

PAGE = 150
"""SKUs that one decision compares with a complete snapshot."""


def reads_snapshot(message: SnapshotStockV1) -> Iterable[str]:
    """What a snapshot reads."""
    record = SnapshotRecord.at(message.owner, message.location_id)
    return [record, *(Stock.at(message.owner, line.sku) for line in message.lines)]


def snapshot(rules: Rules, states: States, message: SnapshotStockV1, now: datetime) -> Decision:
    """Believe what a WMS says, as of when it says so; refuse what is older than what is known."""
    record = states.get(SnapshotRecord, message.owner, message.location_id)
    same = record is not None and record.snapshot_id == message.snapshot_id
    if record is not None and same and message.part in record.received:
        return Decision.nothing()
    if trouble := _trouble(rules, record, message, now):
        return Decision.refused(message, *trouble)
    if record is None or not same:
        record = SnapshotRecord(
            owner=message.owner,
            location_id=message.location_id,
            snapshot_id=message.snapshot_id,
            as_of=message.as_of,
            sequence=message.sequence,
            complete=message.complete,
            part_count=message.part_count,
        )
    record = changed(record, received=(*record.received, message.part))
    stocks = Stocks(states, message.owner, now, rules.wms)
    stocks.load(line.sku for line in message.lines)
    moves, skipped = _applied(stocks, message)
    applied = SnapshotAppliedV1(
        owner=message.owner,
        location_id=message.location_id,
        snapshot_id=message.snapshot_id,
        as_of=message.as_of,
        part=message.part,
        part_count=message.part_count,
        applied=len(message.lines) - len(skipped),
        changed=len(moves),
        skipped=tuple(skipped),
    )
    decision = Decision(writes=[*stocks.writes()], events=[*moves, *_short(stocks, moves), *stocks.freed(), applied])
    if record.complete and len(record.received) == record.part_count:
        return decision.and_then(_on(record))
    return decision.and_then(Decision(writes=[record]))


def _trouble(
    rules: Rules, record: SnapshotRecord | None, message: SnapshotStockV1, now: datetime
) -> tuple[str, str] | None:
    """Why a snapshot is not believed: reason and detail."""
    place = message.location_id
    if place not in rules.locations:
        return "unknown-location", f"there is no location {place} in locations.toml"
    if place not in rules.wms:
        return "not-the-master", f"the hub is master of {place}'s stock; count there, or set its stock_master to wms"
    if message.as_of > now:
        return "from-the-future", f"it is of {message.as_of:%Y-%m-%d %H:%M:%S}, and that is still to come"
    if message.part > message.part_count:
        return "not-a-part", f"part {message.part} of {message.part_count}"
    return _not_newer(record, message) if record else None


def _not_newer(record: SnapshotRecord, message: SnapshotStockV1) -> tuple[str, str] | None:
    """Why a snapshot says nothing new beside the newest that was believed."""
    if record.snapshot_id == message.snapshot_id:
        said = (record.as_of, record.complete, record.part_count)
        differs = said != (message.as_of, message.complete, message.part_count)
        return ("differs", "its parts do not say the same of the whole") if differs else None
    if (message.as_of, message.sequence) <= (record.as_of, record.sequence):
        newest = f"{record.snapshot_id} of {record.as_of:%Y-%m-%d %H:%M:%S}, sequence {record.sequence}"
        return "stale", f"{record.location_id} has been believed as of {newest} already"
    return None


def _applied(stocks: Stocks, message: SnapshotStockV1) -> tuple[list[StockMovedV1], list[SkippedLine]]:
    """Entries of the ledger for what differs, and what could not be believed."""
    moves: list[StockMovedV1] = []
    skipped: list[SkippedLine] = []
    for line in message.lines:
        said = line.on_hand + line.picked
        found = reconciled(stocks, line.sku, message.location_id, said, message.as_of)
        if found.refused:
            skipped.append(SkippedLine(sku=line.sku, reason=found.refused))
            continue
        entry = found.book(stocks, "counted", reason="snapshot", reference=message.snapshot_id)
        moves += [entry] if entry else []
    return moves, skipped


def _short(stocks: Stocks, moves: list[StockMovedV1]) -> list[Event]:
    return [short for move in moves for short in stocks.shortages(move.sku, move.location_id, "snapshot")]


def _on(record: SnapshotRecord, *, done: bool = False) -> Decision:
    swept = SnapshotSweptV1(
        owner=record.owner,
        location_id=record.location_id,
        snapshot_id=record.snapshot_id,
        step=record.step,
        zeroed=record.zeroed,
        done=done,
    )
    return Decision(writes=[record], events=[swept])


def sweep(rules: Rules, states: States, message: SnapshotSweptV1, now: datetime) -> Decision:
    """Of a complete snapshot: what it does not mention is not there, but for what has come since."""
    record = states.get(SnapshotRecord, message.owner, message.location_id)
    if message.done or record is None or record.swept:
        return Decision.nothing()
    if (record.snapshot_id, record.step) != (message.snapshot_id, message.step):
        return Decision.nothing()  # it came before, or a newer snapshot says more
    page = states.page(Stock, record.owner, after=record.cursor, limit=PAGE)
    unmentioned = [stock.sku for stock in page.documents if _is_older(stock, record)]
    stocks = Stocks(states, record.owner, now, rules.wms)
    stocks.load(unmentioned)
    moves: list[StockMovedV1] = []
    for sku in unmentioned:
        found = reconciled(stocks, sku, record.location_id, 0, record.as_of)
        if not found.refused:
            entry = found.book(stocks, "counted", reason="snapshot", reference=record.snapshot_id)
            moves += [entry] if entry else []
    done = not page.next
    record = changed(record, step=record.step + 1, cursor=page.next, zeroed=record.zeroed + len(moves), swept=done)
    decision = Decision(writes=[*stocks.writes()], events=[*moves, *_short(stocks, moves), *stocks.freed()])
    return decision.and_then(_on(record, done=done))


def _is_older(stock: Stock, record: SnapshotRecord) -> bool:
    """There is a figure for it at the location, which the snapshot did not mention."""
    place = stock.locations.get(record.location_id)
    return place is not None and place.on_hand > 0 and (place.as_of is None or place.as_of < record.as_of)
