"""Newer copies of orders that are here already: compared by version, taken over in turn, or laid before somebody."""

from datetime import datetime

from crossdock_contracts.amendments import (
    AmendmentPart,
    AmendmentReceivedV1,
    Change,
    OrderAmendedV1,
    Result,
    Stage,
)
from crossdock_contracts.capture import SubmissionIgnoredV1
from crossdock_contracts.values import PaymentMethod
from services.capture.decide.again import paid_already
from services.capture.decide.amend import amend_held, changed_at_source, ignored, take_over
from services.capture.decide.cancel import gist
from services.capture.decide.checks import CheckedAgain
from services.capture.decide.difference import difference, standing_of
from services.capture.decide.mapping import missed
from services.capture.decide.opened import closed, let_go, opened
from services.capture.decide.versions import is_older
from services.capture.state import ENDED, Copy, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

_KNOWN = 16
"""So much of a digest is kept of an earlier copy …"""
_MOST = 50
"""… and of so many of them."""


def came_before(record: OrderRecord, digest: str) -> bool:
    """A copy like this has come in, and newer ones since."""
    return digest[:_KNOWN] in record.copies


def not_news(record: OrderRecord, version: str, digest: str) -> SubmissionIgnoredV1 | None:
    """That a copy is the same as one before, or older than it; none where it is news."""
    if digest == record.digest:
        return ignored(record, "duplicate", f"first captured at {record.captured_at}")
    if came_before(record, digest):
        return ignored(record, "duplicate", "an earlier copy was sent again")
    if is_older(version, record.source_version):
        return ignored(record, "older-version", f"version {version} is older than {record.source_version}")
    return None


def newer_copy(states: States, record: OrderRecord, copy: Copy, again: CheckedAgain, now: datetime) -> Decision:
    """What a source says of an order now, as it has been looked at."""
    record = changed(
        record,
        digest=copy.digest,
        copies=record.copies if copy.digest == record.digest else (*record.copies, record.digest[:_KNOWN])[-_MOST:],
        source_version=copy.order.source_version or record.source_version,
    )
    if record.status in ENDED:
        return _late(record, copy, now)
    assert record.order is not None
    if record.status is OrderStatus.HELD:
        found = difference(standing_of(record), record.source or record.order, copy.order, held=True)
        if found.trouble:
            return opened(record, changed_at_source(record, copy, found.trouble, now))[1]
        return amend_held(states, record, copy, found, again, now)
    return _in_turn(states, record, copy, again, now)


def _in_turn(states: States, record: OrderRecord, copy: Copy, again: CheckedAgain, now: datetime) -> Decision:
    """Take a copy over, unless somebody has to look first or something else is under way; only the newest waits."""
    decision = Decision()
    if record.waiting is not None:
        needless = [hold for hold in record.holds if hold.hold_id in record.waiting.holds]
        record, decision.withdrawn = closed(states, changed(record, waiting=None), needless)
        record, decision.events = let_go(record, needless, "a newer copy", now) if needless else (record, [])
    looked_at = {(hold.reason, hold.detail) for hold in record.closed}
    holds = tuple(
        changed(hold, hold_id=f"{hold.reason}-{copy.name}", on_expiry="release")
        for hold in again.holds
        if (hold.reason, hold.detail) not in looked_at
    )
    if not holds and not record.amending and not record.cancels:
        return decision.and_then(take_over(record, copy, now))
    copy = changed(copy, holds=tuple(hold.hold_id for hold in holds))
    record, held = opened(changed(record, waiting=copy, wants=copy.wants), *holds)
    received = AmendmentReceivedV1(
        owner=record.owner,
        order_id=record.order_id,
        amendment_id=f"copy-{copy.name}",
        detail="somebody has to look" if holds else "it waits for what is under way",
        received_at=now,
    )
    return decision.and_then(held).and_then(Decision(writes=[record], events=[*missed(record, copy.wants), received]))


def _late(record: OrderRecord, copy: Copy, now: datetime) -> Decision:
    """The order has ended: a lower price is paid back, and somebody looks at everything else that goods go by."""
    last, on_terms = record.last, copy.order.payment.method is PaymentMethod.TERMS
    same = last is not None and not on_terms and last.gist == gist(copy.order)
    by = copy.order.totals.total_minor - last.total_minor if last is not None else 0
    pays_back = by < 0 and last is not None and not last.refused and not paid_already(copy, by)
    if last is not None and same and (by == 0 or pays_back):
        if by:
            return _refund_late(record, copy, now)
        return Decision(
            writes=[record], events=[ignored(record, "nothing-changed", "its goods and price are the same")]
        )
    return opened(record, changed_at_source(record, copy, f"the order is {record.status}", now))[1]


def _refund_late(record: OrderRecord, copy: Copy, now: datetime) -> Decision:
    """Every piece has shipped, and the order costs less than before: the difference is paid back."""
    last = record.last
    assert last is not None
    by = copy.order.totals.total_minor - last.total_minor
    order = changed(copy.order, revision=last.revision + 1)
    part = AmendmentPart(change=Change.AMOUNT, result=Result.APPLIED, stage=Stage.SHIPPED)
    event = OrderAmendedV1(
        owner=record.owner,
        order_id=record.order_id,
        order=order,
        holds=record.holds,
        amended_at=now,
        amendment_id=f"copy-{copy.name}",
        results=(part,),
        amount_minor=by,
        repriced_minor=by,
        adjustment_minor=by,
        requested_by=copy.requested_by,
    )
    last = changed(last, total_minor=last.total_minor + by, revision=order.revision)
    return Decision(writes=[changed(record, last=last)], events=[event])
