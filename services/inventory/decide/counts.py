"""Counts: planned, opened when they are due, submitted, and believed at once or once somebody has approved."""

from datetime import datetime

from crossdock_contracts.base import Command, Event
from crossdock_contracts.inventory import StockMovedV1
from crossdock_contracts.stock import (
    ApproveCountV1,
    CountAppliedV1,
    CountOpenedV1,
    CountRejectedV1,
    CountVariance,
    CountVarianceFoundV1,
    PlanCountV1,
    RejectCountV1,
    SkippedLine,
    SubmitCountV1,
)
from services.hub.decision import Decision, States, changed
from services.inventory.audits import Count, CountDue, CountLine, CountStatus
from services.inventory.decide.reconcile import reconciled
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import Rules
from services.inventory.state import LocationStock


def _wrong_state(message: Command, count: Count | None, wanted: str) -> Decision:
    if count is None:
        return Decision.unknown(message, "count", message.entity)
    return Decision.refused(message, "wrong-state", f"count {message.entity} is {count.status}; {wanted}")


def plan(rules: Rules, states: States, message: PlanCountV1, now: datetime) -> Decision:
    """Have SKUs counted at a location, now or at a time. Where a WMS is master, it counts."""
    standing = states.get(Count, message.owner, message.count_id)
    if standing is not None:
        same = (standing.location_id, tuple(line.sku for line in standing.lines)) == _asked(message)
        return Decision.nothing() if same else _wrong_state(message, standing, "choose another id")
    if message.location_id in rules.wms:
        detail = f"the WMS of {message.location_id} is master of its stock; it counts, and sends snapshots"
        return Decision.refused(message, "not-the-master", detail)
    count = Count(
        owner=message.owner,
        count_id=message.count_id,
        location_id=message.location_id,
        lines=tuple(CountLine(sku=sku) for sku in _asked(message)[1]),
        due_at=message.due_at or now,
        planned_by=message.planned_by,
    )
    if count.due_at <= now:
        return _opened(states, count, now)
    return Decision(writes=[count, CountDue(owner=message.owner, count_id=message.count_id, due_at=count.due_at)])


def _asked(message: PlanCountV1) -> tuple[str, tuple[str, ...]]:
    return message.location_id, tuple(dict.fromkeys(message.skus))


def open_due(states: States, message: CountDue, now: datetime) -> Decision:
    """The time of a planned count has come."""
    count = states.get(Count, message.owner, message.count_id)
    if count is None or count.status is not CountStatus.PLANNED or now < count.due_at:
        return Decision.nothing()
    return _opened(states, count, now)


def _opened(states: States, count: Count, now: datetime) -> Decision:
    """From now on it is kept what moves; what another count is about is left out."""
    stocks = Stocks(states, count.owner, now)
    stocks.load(line.sku for line in count.lines)
    lines, skipped = [], []
    for line in count.lines:
        place = stocks[line.sku].locations.get(count.location_id) or LocationStock()
        if place.counting:
            skipped.append(SkippedLine(sku=line.sku, reason="being-counted"))
            continue
        stocks.put_place(line.sku, count.location_id, counting=count.count_id, recent=(), forgotten=now)
        lines.append(line)
    status = CountStatus.OPEN if lines else CountStatus.REJECTED
    count = changed(count, status=status, lines=tuple(lines))
    opened = CountOpenedV1(
        owner=count.owner,
        count_id=count.count_id,
        location_id=count.location_id,
        skus=tuple(line.sku for line in lines),
        skipped=tuple(skipped),
        opened_at=now,
    )
    return Decision(writes=[*stocks.writes(), count], events=[opened])


def submit(rules: Rules, states: States, message: SubmitCountV1, now: datetime) -> Decision:
    """What was found: believed where it is within tolerance of what there was at that moment, else somebody decides."""
    count = states.get(Count, message.owner, message.count_id)
    if count is None or count.status not in (CountStatus.OPEN, CountStatus.DISPUTED):
        return _wrong_state(message, count, "only open counts take figures")
    open_ = {line.sku for line in count.lines if not line.settled}
    strange = [line.sku for line in message.lines if line.sku not in open_]
    if strange:
        detail = f"{', '.join(strange[:20])}: not part of count {count.count_id}, or settled already"
        return Decision.refused(message, "not-asked-for", detail)
    at = message.counted_at or now
    if at > now:
        return Decision.refused(message, "from-the-future", f"it cannot have been counted at {at}")
    stocks = Stocks(states, count.owner, now)
    stocks.load(open_)
    known = {line.sku: line for line in count.lines}
    believed: list[CountLine] = []
    far: list[CountLine] = []
    for said in message.lines:
        found = reconciled(stocks, said.sku, count.location_id, said.counted, at)
        line = changed(known[said.sku], counted=said.counted, counted_at=at, expected=found.expected)
        near = found.refused or rules.stock.count.tolerates(said.counted, found.expected)
        (believed if near else far).append(line)
    count = _with(changed(count, counted_by=message.counted_by or count.counted_by), (*believed, *far))
    count, events = _applied(stocks, count, believed, "", now)
    if far:
        events.append(_variance(rules, count, far, now))
    return _closed(stocks, count, events)


def _with(count: Count, lines: tuple[CountLine, ...]) -> Count:
    fresh = {line.sku: line for line in lines}
    return changed(count, lines=tuple(fresh.get(line.sku, line) for line in count.lines))


def _told(lines: list[CountLine]) -> tuple[CountVariance, ...]:
    return tuple(CountVariance(sku=line.sku, counted=line.counted or 0, expected=line.expected) for line in lines)


def _variance(rules: Rules, count: Count, lines: list[CountLine], now: datetime) -> CountVarianceFoundV1:
    return CountVarianceFoundV1(
        owner=count.owner,
        count_id=count.count_id,
        location_id=count.location_id,
        lines=_told(lines),
        assigned_to=rules.stock.count.approver,
        counted_by=count.counted_by,
        found_at=now,
    )


def _applied(stocks: Stocks, count: Count, lines: list[CountLine], by: str, now: datetime) -> tuple[Count, list[Event]]:
    """Take figures for true, what has moved since they were counted included."""
    moves: list[StockMovedV1] = []
    done: list[CountLine] = []
    skipped: list[SkippedLine] = []
    for line in lines:
        found = reconciled(stocks, line.sku, count.location_id, line.counted or 0, line.counted_at or now)
        if found.refused:
            skipped.append(SkippedLine(sku=line.sku, reason=found.refused))
            done.append(changed(line, counted=None))  # it has to be counted again
            continue
        entry = found.book(stocks, "counted", reason="counted", reference=count.count_id, keep_account=False)
        moves += [entry] if entry else []
        stocks.put_place(line.sku, count.location_id, counting="")
        done.append(changed(line, settled=True))
    if not done:
        return count, []
    count = _with(count, tuple(done))
    applied = CountAppliedV1(
        owner=count.owner,
        count_id=count.count_id,
        location_id=count.location_id,
        lines=_told([line for line in done if line.settled]),
        skipped=tuple(skipped),
        approved_by=by,
        applied_at=now,
    )
    short = [event for move in moves for event in stocks.shortages(move.sku, move.location_id, "counted")]
    return count, [applied, *moves, *short]


def _closed(stocks: Stocks, count: Count, events: list[Event]) -> Decision:
    """The count as it stands then: settled, disputed, or still being counted."""
    if all(line.settled for line in count.lines):
        status = CountStatus.APPLIED
    elif any(line.counted is not None and not line.settled for line in count.lines):
        status = CountStatus.DISPUTED
    else:
        status = CountStatus.OPEN
    return Decision(writes=[*stocks.writes(), changed(count, status=status)], events=[*events, *stocks.freed()])


def approve(states: States, message: ApproveCountV1, now: datetime) -> Decision:
    """What was counted is right."""
    count = states.get(Count, message.owner, message.count_id)
    if count is None or count.status is not CountStatus.DISPUTED:
        return _wrong_state(message, count, "only counts that are far off are approved")
    stocks = Stocks(states, count.owner, now)
    stocks.load(line.sku for line in count.lines)
    far = [line for line in count.lines if line.counted is not None and not line.settled]
    count, events = _applied(stocks, count, far, message.approved_by or "unnamed", now)
    return _closed(stocks, count, events)


def reject(states: States, message: RejectCountV1, now: datetime) -> Decision:
    """What was counted is not believed, or is not wanted any more."""
    count = states.get(Count, message.owner, message.count_id)
    if count is None or count.has_ended:
        return _wrong_state(message, count, "only planned and open counts are rejected")
    stocks = Stocks(states, count.owner, now)
    stocks.load(line.sku for line in count.lines)
    for line in count.lines:
        place = stocks[line.sku].locations.get(count.location_id)
        if place is not None and place.counting == count.count_id:
            stocks.put_place(line.sku, count.location_id, counting="", recent=None, forgotten=None)
    rejected = CountRejectedV1(
        owner=count.owner,
        count_id=count.count_id,
        location_id=count.location_id,
        rejected_by=message.rejected_by,
        note=message.note,
        rejected_at=now,
    )
    return Decision(writes=[*stocks.writes(), changed(count, status=CountStatus.REJECTED)], events=[rejected])
