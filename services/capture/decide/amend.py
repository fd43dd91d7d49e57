"""Amending: decided here while an order is held, asked of routing once it has been let go, one change at a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.amendments import (
    AmendmentDecidedV1,
    AmendmentPart,
    AmendmentRefusedV1,
    AmendmentRequestedV1,
    Change,
    OrderAmendedV1,
    Result,
)
from crossdock_contracts.base import Event
from crossdock_contracts.capture import SubmissionIgnoredV1
from crossdock_contracts.reasons import LATE_ARRIVAL
from crossdock_contracts.routing import CancelDecidedV1
from crossdock_contracts.values import FulfilledQuantity, Hold, Order
from services.capture.decide import cancel
from services.capture.decide.again import paid_already
from services.capture.decide.cancel import ask_routing, by_line, ended, without_pieces
from services.capture.decide.checks import UNKNOWN_LISTING, CheckedAgain
from services.capture.decide.difference import FIELDS, Difference, difference, standing_of, worth
from services.capture.decide.mapping import missed
from services.capture.decide.money import share
from services.capture.decide.opened import closed, let_go, opened
from services.capture.state import ENDED, Amending, Cancel, Copy, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

PATIENCE = timedelta(days=14)
"""What could not be done as it was asked waits so long for somebody to look."""

_GOODS_ASTRAY = {Change.ADDRESS, Change.LESS, Change.CASH}
"""Changes that somebody has to act on where they were refused for a part of the goods only."""


def take_over(record: OrderRecord, copy: Copy, now: datetime) -> Decision:
    """Carry a newer copy of an order that has been let go through, as far as it can be."""
    assert record.order is not None
    found = difference(standing_of(record), record.source or record.order, copy.order)
    trouble = found.trouble or paid_already(copy, found.amount_minor)
    if trouble:
        return opened(record, changed_at_source(record, copy, trouble, now))[1]
    if not found.changes:
        record = changed(record, source=copy.order if record.source else None)
        return Decision(writes=[record], events=[ignored(record, "nothing-changed", "what it says is known already")])
    return amend(record, f"copy-{copy.name}", found, copy.order, copy.requested_by, now)


def amend(
    record: OrderRecord, name: str, found: Difference, source: Order | None, requested_by: str, now: datetime
) -> Decision:
    """Carry a difference through: here where nobody else has the order, or nothing but its record changes."""
    assert record.order is not None
    before = record.order
    if found.is_all:
        cancelling = Cancel(cancel_id=name, reason="changed-at-source", requested_by=requested_by)
        return cancel.decide(changed(record, source=source or record.source), cancelling, now)
    order = changed(found.order, revision=before.revision + 1)
    asked = Amending(
        amendment_id=name,
        changes=found.changes,
        order=order,
        source=source,
        added=found.added,
        removed=found.removed,
        requested_by=requested_by,
    )
    if record.status is OrderStatus.HELD or set(found.changes) == {Change.RECORD}:
        parts = tuple(AmendmentPart(change=change, result=Result.APPLIED) for change in found.changes)
        record = _taken_over(record, asked, found.removed, found.repriced_minor)
        return Decision(
            writes=[record], events=[_amended(record, asked, parts, found.removed, found.repriced_minor, now)]
        )
    request = AmendmentRequestedV1(
        owner=record.owner,
        order_id=record.order_id,
        amendment_id=name,
        changes=found.changes,
        order=order,
        added=found.added,
        removed=found.removed,
        amount_minor=found.amount_minor,
        requested_by=requested_by,
    )
    return Decision(writes=[changed(record, amending=asked)], events=[request])


def _taken_over(
    record: OrderRecord, asked: Amending, removed: Iterable[FulfilledQuantity], repriced_minor: int
) -> OrderRecord:
    """The record of an order as it stands after an amendment."""
    record = changed(
        record,
        order=asked.order,
        source=asked.source or record.source or record.order,
        amending=None,
        amended=(*record.amended, asked.amendment_id),
    )
    gone = by_line(removed)
    values = worth(standing_of(record), gone)
    record = without_pieces(record, gone, values)
    by = repriced_minor - sum(one.value_minor for one in removed) + sum(values.values())
    left = standing_of(record)
    lines = [line for line in asked.order.lines if left.pieces[line.line_id] > 0 and line.kind == "physical"]
    shares = share(by, [max(0, left.values[line.line_id]) for line in lines])
    more = dict(zip((line.line_id for line in lines), shares, strict=True))
    repriced = tuple(
        changed(line, paid_minor=line.paid_minor + more.get(line.line_id, 0)) for line in asked.order.lines
    )
    return changed(record, order=changed(asked.order, lines=repriced))


def _amended(
    record: OrderRecord,
    asked: Amending,
    parts: tuple[AmendmentPart, ...],
    removed: tuple[FulfilledQuantity, ...],
    repriced_minor: int,
    now: datetime,
    *,
    adjustment_minor: int = 0,
    decided_by: str = "capture",
) -> OrderAmendedV1:
    assert record.order is not None
    for_pieces = sum(one.value_minor for one in asked.added) - sum(one.value_minor for one in removed)
    return OrderAmendedV1(
        owner=record.owner,
        order_id=record.order_id,
        order=record.order,
        holds=record.holds,
        amended_at=now,
        amendment_id=asked.amendment_id,
        results=parts,
        added=asked.added,
        removed=removed,
        amount_minor=for_pieces + repriced_minor,
        repriced_minor=repriced_minor,
        adjustment_minor=adjustment_minor,
        decided_by=decided_by,
        requested_by=asked.requested_by,
    )


def amend_held(
    states: States, record: OrderRecord, copy: Copy, found: Difference, again: CheckedAgain, now: datetime
) -> Decision:
    """A newer copy of a held order: what it mends holds it no longer, what is wrong with it does."""
    decision = Decision(writes=[record])
    if found.changes:
        decision = amend(record, f"copy-{copy.name}", found, copy.order, copy.requested_by, now)
        (record,) = (written for written in decision.writes if isinstance(written, OrderRecord))
    if record.status in ENDED:
        return decision
    wrong = {hold.reason for hold in again.holds}
    if any(line.kind == "physical" and line.sku is None for line in found.order.lines):
        wrong.add(UNKNOWN_LISTING)  # what it stands for is looked up when the hold is released
    mended = [hold for hold in record.holds if hold.reason in again.mendable and hold.reason not in wrong]
    record, decision.withdrawn = closed(states, record, mended)
    record, more = opened(record, *_more_holds(record, copy, again))
    decision = decision.and_then(more)
    wants = [want for want in copy.wants if want not in record.wants]
    record = changed(record, wants=(*record.wants, *wants))
    decision.events += missed(record, wants)
    record, released = let_go(record, mended, "a newer copy", now)
    decision.events += released
    if not decision.events:
        decision.events.append(ignored(record, "nothing-changed", "what it says is known already"))
    return decision.and_then(Decision(writes=[record]))


def _more_holds(record: OrderRecord, copy: Copy, again: CheckedAgain) -> list[Hold]:
    """What somebody has to look at for a newer copy of a held order, and has not looked at."""
    open_ = {hold.reason for hold in record.holds}
    closed_ = {hold.hold_id for hold in record.closed}
    named = [
        changed(hold, hold_id=f"{hold.reason}-{copy.name}") if hold.reason == UNKNOWN_LISTING else hold
        for hold in again.holds
        if hold.reason not in open_
    ]
    return [hold for hold in named if hold.hold_id not in closed_]


def settle_amendment(states: States, message: AmendmentDecidedV1, now: datetime) -> Decision:
    """Routing and shipping have answered: what could be changed is, and everyone hears of it."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    asked = record.amending if record else None
    if record is None or record.order is None or asked is None or asked.amendment_id != message.amendment_id:
        return Decision.nothing()
    said: Event
    if message.accepted and any(part.result != Result.REFUSED for part in message.results):
        asked = changed(asked, order=_as_it_was(asked, record.order, message.results))
        record = _taken_over(record, asked, message.removed, message.repriced_minor)
        said = _amended(
            record,
            asked,
            message.results,
            message.removed,
            message.repriced_minor,
            now,
            adjustment_minor=message.adjustment_minor,
            decided_by="routing",
        )
    else:
        source = asked.source or record.source
        record = changed(record, amending=None, amended=(*record.amended, asked.amendment_id), source=source)
        said = AmendmentRefusedV1(
            owner=record.owner,
            order_id=record.order_id,
            amendment_id=asked.amendment_id,
            results=message.results,
            requested_by=asked.requested_by,
        )
    record, held = opened(record, *_to_look_at(asked, message.results, now))
    decision = Decision(events=[said]).and_then(held)
    decision.events += [ask_routing(record, one) for one in record.cancels]  # they have waited for this
    return decision.and_then(go_on(record, now))


def _as_it_was(asked: Amending, before: Order, parts: tuple[AmendmentPart, ...]) -> Order:
    """The order as it shall be, but for what was refused everywhere."""
    refused = _refused_everywhere(parts)
    fields = {name: getattr(before, name) for name, change in FIELDS.items() if change in refused}
    return changed(asked.order, **fields)


def _refused_everywhere(parts: tuple[AmendmentPart, ...]) -> set[str]:
    done = {part.change for part in parts if part.result != Result.REFUSED}
    return {part.change for part in parts} - done


def _to_look_at(asked: Amending, parts: tuple[AmendmentPart, ...], now: datetime) -> list[Hold]:
    """A hold, where somebody has to act on what was refused."""
    nowhere = _refused_everywhere(parts)
    refused = [part for part in parts if part.result == Result.REFUSED and part.change in nowhere | set(_GOODS_ASTRAY)]
    if not refused:
        return []
    told = dict.fromkeys(" ".join(filter(None, (p.change, p.fulfilment_id, p.detail))) for p in refused)
    return [
        Hold(
            hold_id=f"amendment-refused-{asked.amendment_id}"[:512],
            reason="amendment-refused",
            about=asked.amendment_id,
            detail=f"refused: {'; '.join(told)}"[:1000],
            opened_at=now,
            expires_at=now + PATIENCE,
            on_expiry="release",
        )
    ]


def settle_cancel(states: States, message: CancelDecidedV1, now: datetime) -> Decision:
    """A cancel has been decided: a newer copy that waited for that has its turn."""
    decision = cancel.settle_cancel(states, message, now)
    before = states.get(OrderRecord, message.owner, message.order_id)
    record = next((written for written in decision.writes if isinstance(written, OrderRecord)), None)
    if record is None:
        return decision
    if before is not None and before.waiting is not None and record.status in ENDED:
        decision.events.append(ignored(record, "order-ended", "it was cancelled before the newer copy had its turn"))
    return decision.and_then(go_on(record, now))


def go_on(record: OrderRecord, now: datetime) -> Decision:
    """What waits for its turn has it, once nothing else is under way; or the order ends."""
    waiting = record.waiting
    if record.status in ENDED or record.amending or record.cancels or record.order is None:
        return Decision(writes=[record])
    if waiting is not None and not {hold.hold_id for hold in record.holds} & set(waiting.holds):
        decision = take_over(changed(record, waiting=None), waiting, now)
        (record,) = (written for written in decision.writes if isinstance(written, OrderRecord))
        return decision.and_then(Decision(writes=[ended(record)]))
    return Decision(writes=[ended(record)])


def changed_at_source(record: OrderRecord, copy: Copy, why: str, now: datetime) -> Hold:
    """The hold on an order of which a copy came in that cannot be taken over."""
    reason = LATE_ARRIVAL if record.status in ENDED else "changed-at-source"
    order = copy.order
    return Hold(
        hold_id=f"{reason}-{copy.name}",
        reason=reason,
        opened_at=now,
        expires_at=now + PATIENCE,
        on_expiry="release",
        detail=f"another copy came in: version {order.source_version or 'none'}, total "
        f"{order.totals.total_minor} {order.currency}, {len(order.lines)} lines; {why}",
    )


def ignored(record: OrderRecord, reason: str, detail: str) -> SubmissionIgnoredV1:
    """What came in about an order changes nothing."""
    return SubmissionIgnoredV1(
        owner=record.owner,
        order_id=record.order_id,
        channel=record.order_id.partition(":")[0],
        reason=reason,
        detail=detail,
    )
