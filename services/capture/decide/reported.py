"""What a channel has done by itself, as a copy of an order says: pieces cancelled, money paid back.

Each is told once. A cancel goes the way of any other, for the goods may have left meanwhile; a refund is a fact, which
payments enters in its books.
"""

from datetime import datetime

from crossdock_contracts.channels import ChannelRefundedV1
from crossdock_contracts.handed_in import CancelInput, OrderInput
from crossdock_contracts.values import LineQuantity, Money
from services.capture.decide.cancel import decide, too_late
from services.capture.state import ENDED, Cancel, OrderRecord, OrderStatus
from services.hub.decision import Decision, changed

_BY = "channel"


def cancels_of(record: OrderRecord, handed_in: OrderInput) -> tuple[Cancel, ...]:
    """The cancels of a copy that were not asked for before, by an earlier one or by the hub itself."""
    known = {*record.decided, *(cancel.cancel_id for cancel in record.cancels)}
    pieces = {}
    if record.order is not None:
        pieces = {line.line_id: line.quantity // line.ordered_quantity for line in record.order.lines}
    return tuple(
        Cancel(
            cancel_id=_name(cancel),
            lines=tuple(changed(line, quantity=line.quantity * pieces.get(line.line_id, 1)) for line in cancel.lines),
            reason=cancel.reason,
            requested_by=_BY,
        )
        for cancel in handed_in.cancels
        if _name(cancel) not in known and cancel.asked_as not in known and not _is_ours(record, cancel)
    )


def _is_ours(record: OrderRecord, cancel: CancelInput) -> bool:
    """As many pieces of each of its lines are cancelled here already as the channel counts."""
    units = record.outward.units if record.outward else {}
    ordered = {unit.line_id: (name, unit.pieces) for name, unit in reversed(units.items()) if unit.line_id}
    return bool(cancel.counted) and all(
        record.cancelled.get(captured, 0) // each >= cancel.counted
        for captured, each in (ordered.get(line.line_id, (line.line_id, 1)) for line in cancel.lines)
    )


def _name(cancel: CancelInput) -> str:
    return f"{_BY}:{cancel.cancel_id}"


def reported(record: OrderRecord, handed_in: OrderInput, now: datetime) -> Decision:
    """Follow what a newer copy says was cancelled and paid back."""
    record, told = refunds_of(record, handed_in, now)
    decision = Decision(writes=[record], events=list(told))
    for cancel in cancels_of(record, handed_in):
        if record.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED):
            break
        if record.status in ENDED:
            noted = changed(record, decided=(*record.decided, cancel.cancel_id))
            decision = decision.and_then(Decision(writes=[noted], events=[too_late(record, cancel)]))
        else:
            decision = decision.and_then(decide(record, cancel, now))
        record = _latest(decision, record)
    return decision


def named_anew(record: OrderRecord, handed_in: OrderInput) -> OrderRecord:
    """The record that knows the ids by which a payload that is read again tells of what was told before.

    A mended mapping may name cancels and refunds otherwise. As many of them as are not told of any more under the
    names that are known are no news under others.
    """
    said = {_name(cancel) for cancel in handed_in.cancels}
    known = {*record.decided, *(cancel.cancel_id for cancel in record.cancels)}
    lost = [name for name in known if name.startswith(f"{_BY}:") and name not in said]
    cancels = [cancel.cancel_id for cancel in cancels_of(record, handed_in)][: len(lost)]
    paid = {refund.refund_id for refund in handed_in.refunds}
    refunds = [refund.refund_id for refund in handed_in.refunds if refund.refund_id not in record.refunds]
    refunds = refunds[: len([name for name in record.refunds if name not in paid])]
    return changed(record, decided=(*record.decided, *cancels), refunds=(*record.refunds, *refunds))


def _latest(decision: Decision, record: OrderRecord) -> OrderRecord:
    return next((one for one in reversed(decision.writes) if isinstance(one, OrderRecord)), record)


def refunds_of(
    record: OrderRecord, handed_in: OrderInput, now: datetime
) -> tuple[OrderRecord, list[ChannelRefundedV1]]:
    """The refunds of a copy that were not told of before, and the record that knows them."""
    new = [refund for refund in handed_in.refunds if refund.refund_id not in record.refunds]
    with_cancel = {cancel.cancel_id: cancel.asked_as or _name(cancel) for cancel in handed_in.cancels}
    events = [
        ChannelRefundedV1(
            owner=record.owner,
            order_id=record.order_id,
            refund_id=refund.refund_id,
            amount=Money(amount_minor=refund.amount_minor, currency=handed_in.currency),
            reason=refund.reason,
            lines=tuple(LineQuantity(line_id=line.line_id, quantity=line.quantity) for line in refund.lines),
            cancel_id=with_cancel.get(refund.refund_id, ""),
            refunded_at=refund.refunded_at or now,
        )
        for refund in new
    ]
    return changed(record, refunds=(*record.refunds, *(refund.refund_id for refund in new))), events
