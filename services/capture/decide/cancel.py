"""Cancelling: decided here while an order is held, and asked of routing once it has been let go."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRefusedV1,
    CancelRequestedV1,
    OrderCancelledV1,
)
from crossdock_contracts.routing import CancelDecidedV1, OrderCompletedV1
from crossdock_contracts.stores import PickupExpiredV1
from crossdock_contracts.values import FulfilledQuantity, LineQuantity, OrderLine
from services.capture.decide.kits import whole
from services.capture.decide.money import part
from services.capture.state import ENDED, Cancel, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

KIT_DIVIDED = "kit-divided"
"""Reason of a refusal: what is asked is no whole number of kits."""


def cancel_order(states: States, message: CancelOrderV1, now: datetime) -> Decision:
    """Somebody wants an order, or some pieces of it, cancelled. It may not have come in yet: then the cancel waits."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    number = 1 if record is None else 1 + len(record.cancels) + len(record.decided)
    known = {*record.decided, *(cancel.cancel_id for cancel in record.cancels)} if record else set()
    if message.cancel_id in known:
        return Decision.nothing()
    cancel = Cancel(
        cancel_id=message.cancel_id or f"cancel-{number}",
        lines=message.lines,
        reason=message.reason,
        requested_by=message.requested_by,
    )
    if record is None or record.status is OrderStatus.EXPECTED:
        record = record or OrderRecord(owner=message.owner, order_id=message.order_id, status=OrderStatus.EXPECTED)
        return Decision(writes=[changed(record, cancels=(*record.cancels, cancel))])
    if record.status in ENDED or record.fulfil_by == "till":
        return Decision(events=[_too_late(record, cancel)])
    if record.status is OrderStatus.HELD or record.fulfil_by != "hub":
        return decide_here(record, cancel, now)
    cancel, problem = whole(record.order, cancel) if record.order else (cancel, "")
    if problem:
        return Decision(events=[_refusal(record, cancel.cancel_id, KIT_DIVIDED, problem)])
    record = changed(record, cancels=(*record.cancels, cancel))
    return Decision(writes=[record], events=[ask_routing(record, cancel)])


def _too_late(record: OrderRecord, cancel: Cancel) -> CancelRefusedV1:
    """Nothing can be cancelled any more."""
    if record.status in ENDED:
        return _refusal(record, cancel.cancel_id, "ended", f"the order is {record.status}")
    return _refusal(record, cancel.cancel_id, "handed-over", "the buyer has the goods; take them back as a return")


def cancel_by_hub(record: OrderRecord, cancel_id: str, reason: str, by: str) -> Decision:
    """The hub itself wants an order that had been let go cancelled, as far as it can be."""
    cancel = Cancel(cancel_id=cancel_id, reason=reason, requested_by=by)
    record = changed(record, cancels=(*record.cancels, cancel))
    return Decision(writes=[record], events=[ask_routing(record, cancel)])


def ask_routing(record: OrderRecord, cancel: Cancel) -> CancelRequestedV1:
    """Routing has the say, or knows who has."""
    return CancelRequestedV1(
        owner=record.owner,
        order_id=record.order_id,
        cancel_id=cancel.cancel_id,
        lines=cancel.lines,
        reason=cancel.reason,
        requested_by=cancel.requested_by,
        fulfilment_id=cancel.fulfilment_id,
    )


def ask_for_waiting(record: OrderRecord) -> Decision:
    """Cancels that came before their order, and it goes on: routing is asked for each that can be asked."""
    events: list[Event] = []
    asked: list[Cancel] = []
    refused: list[str] = []
    assert record.order is not None
    for waiting in record.cancels:
        cancel, problem = whole(record.order, waiting)
        if problem:
            refused.append(cancel.cancel_id)
            events.append(_refusal(record, cancel.cancel_id, KIT_DIVIDED, problem))
        else:
            asked.append(cancel)
            events.append(ask_routing(record, cancel))
    record = changed(record, cancels=tuple(asked), decided=(*record.decided, *refused))
    return Decision(writes=[record], events=events)


def cancel_uncollected(states: States, message: PickupExpiredV1, _now: datetime) -> Decision:
    """A buyer has not collected what waited in a store: it is cancelled, unless it was handed over meanwhile."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    cancel = Cancel(
        cancel_id=f"no-show-{message.fulfilment_id}",
        lines=message.lines,
        reason="not-collected",
        requested_by=message.location_id,
        fulfilment_id=message.fulfilment_id,
    )
    if record is None or record.order is None or record.status in ENDED:
        return Decision.nothing()
    if cancel.cancel_id in {*record.decided, *(one.cancel_id for one in record.cancels)}:
        return Decision.nothing()
    record = changed(record, cancels=(*record.cancels, cancel))
    return Decision(writes=[record], events=[ask_routing(record, cancel)])


def _refusal(record: OrderRecord, cancel_id: str, reason: str, detail: str) -> CancelRefusedV1:
    return CancelRefusedV1(
        owner=record.owner, order_id=record.order_id, cancel_id=cancel_id, reason=reason, detail=detail
    )


def decide_here(record: OrderRecord, cancel: Cancel, now: datetime) -> Decision:
    """The order has not been let go: all that is asked and still there is cancelled."""
    assert record.order is not None
    cancel, problem = whole(record.order, cancel)
    if problem:
        refusal = _refusal(record, cancel.cancel_id, KIT_DIVIDED, problem)
        return Decision(writes=[_without(record, cancel.cancel_id)], events=[refusal])
    left = {line.line_id: line.quantity - record.cancelled.get(line.line_id, 0) for line in record.order.lines}
    asked = {line.line_id: line.quantity for line in cancel.lines} if cancel.lines else left
    taken = tuple(
        FulfilledQuantity(
            line_id=line.line_id,
            sku=line.sku or "",
            quantity=quantity,
            value_minor=worth(line, record.cancelled.get(line.line_id, 0), quantity),
        )
        for line in record.order.lines
        if (quantity := min(asked.get(line.line_id, 0), left[line.line_id])) > 0
    )
    if not taken:
        refusal = _refusal(record, cancel.cancel_id, "nothing-left", "nothing of what was asked is left")
        return Decision(writes=[_without(record, cancel.cancel_id)], events=[refusal])
    return _cancelled(record, cancel.cancel_id, taken, (), cancel.reason, "capture", now)


def decide_waiting(record: OrderRecord, now: datetime) -> Decision:
    """Cancels that came before their order, and it is held: they are decided one after the other."""
    decision = Decision(writes=[record])
    while record.cancels:
        step = decide_here(record, record.cancels[0], now)
        record = next(written for written in step.writes if isinstance(written, OrderRecord))
        decision = decision.and_then(step)
    return decision


def settle_cancel(states: States, message: CancelDecidedV1, now: datetime) -> Decision:
    """Routing and shipping have answered: what could be cancelled is, and everyone hears of it."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.order is None or message.cancel_id in record.decided:
        return Decision.nothing()
    asked = next((cancel for cancel in record.cancels if cancel.cancel_id == message.cancel_id), None)
    if not message.cancelled:
        record = _without(record, message.cancel_id)
        return Decision(
            writes=[_ended(record, now)],
            events=[_refusal(record, message.cancel_id, "too-late", message.detail or "it has shipped")],
        )
    reason = asked.reason if asked else "requested"
    return _cancelled(record, message.cancel_id, message.cancelled, message.kept, reason, message.decided_by, now)


def _without(record: OrderRecord, cancel_id: str) -> OrderRecord:
    left = tuple(cancel for cancel in record.cancels if cancel.cancel_id != cancel_id)
    return changed(record, cancels=left, decided=(*record.decided, cancel_id))


def _cancelled(
    record: OrderRecord,
    cancel_id: str,
    taken: tuple[FulfilledQuantity, ...],
    kept: tuple[LineQuantity, ...],
    reason: str,
    by: str,
    now: datetime,
) -> Decision:
    assert record.order is not None
    cancelled = dict(record.cancelled)
    for piece in taken:
        cancelled[piece.line_id] = cancelled.get(piece.line_id, 0) + piece.quantity
    amount = sum(piece.value_minor for piece in taken)
    counted = [line for line in record.order.lines if line.kind == "physical"] or list(record.order.lines)
    whole = all(cancelled.get(line.line_id, 0) >= line.quantity for line in counted)
    record = changed(_without(record, cancel_id), cancelled=cancelled, cancelled_minor=record.cancelled_minor + amount)
    if whole:
        record = changed(record, status=OrderStatus.CANCELLED, order=None, holds=(), cancels=(), ended_at=now)
    else:
        record = _ended(record, now)
    event = OrderCancelledV1(
        owner=record.owner,
        order_id=record.order_id,
        cancel_id=cancel_id,
        lines=taken,
        kept=kept,
        complete=whole,
        amount_minor=amount,
        reason=reason,
        decided_by=by,
        cancelled_at=now,
    )
    return Decision(writes=[record], events=[event])


def worth(line: OrderLine, before: int, quantity: int) -> int:
    """What the buyer pays for so many more pieces of a line, when so many have been counted before.

    However a line is divided, its parts add up to what is paid for it.
    """
    return part(line.paid_minor, before + quantity, line.quantity) - part(line.paid_minor, before, line.quantity)


def complete(states: States, message: OrderCompletedV1, now: datetime) -> Decision:
    """Every piece has shipped or is cancelled: the order shrinks to what tells a duplicate from news."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or record.order is None:
        return Decision.nothing()
    return Decision(writes=[_ended(changed(record, shipped=True), now)])


def _ended(record: OrderRecord, now: datetime) -> OrderRecord:
    """An order of which all that was left has shipped ends once every cancel of it is decided."""
    if not record.shipped or record.cancels:
        return record
    return changed(record, status=OrderStatus.COMPLETED, order=None, cancelled={}, ended_at=now)
