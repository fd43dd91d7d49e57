"""Cancelling: decided here while an order is held, and asked of routing once it has been let go."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from crossdock_contracts.base import Event
from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRefusedV1,
    CancelRequestedV1,
    OrderCancelledV1,
)
from crossdock_contracts.routing import CancelDecidedV1, OrderCompletedV1
from crossdock_contracts.stores import PickupExpiredV1
from crossdock_contracts.values import FulfilledQuantity, LineKind, LineQuantity, Order
from services.capture.decide.difference import counts_more, lines_of, standing_of, worth
from services.capture.decide.kits import still_told, whole
from services.capture.decide.money import part
from services.capture.state import ENDED, Cancel, Last, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

KIT_DIVIDED = "kit-divided"
"""Reason of a refusal: what is asked is no whole number of kits."""


def cancel_order(states: States, message: CancelOrderV1, now: datetime) -> Decision:
    """Somebody wants an order, or some pieces of it, cancelled. It may not have come in yet: then the cancel waits."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    number = 1 if record is None else 1 + len(record.cancels) + len(record.decided)
    before = {*record.decided, *(cancel.cancel_id for cancel in record.cancels)} if record else set()
    if message.cancel_id in before:
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
    if record.status in ENDED:
        return Decision(events=[too_late(record, cancel)])
    known = lines_of(record)
    strange = [line.line_id for line in cancel.lines if line.line_id not in known]
    if strange:
        detail = f"the order has no line {', '.join(strange)}; its lines are {', '.join(known)}; nothing is cancelled"
        refusal = _refusal(record, cancel.cancel_id, "no-such-line", detail)
        return Decision(writes=[_without(record, cancel.cancel_id)], events=[refusal])
    return decide(record, cancel, now)


def decide(record: OrderRecord, cancel: Cancel, now: datetime) -> Decision:
    """Decide here while nobody else has the order; else routing is asked, once no amendment is under way any more."""
    if record.fulfil_by == "till":
        return Decision(events=[too_late(record, cancel)])
    if record.status is OrderStatus.HELD or record.fulfil_by != "hub":
        return decide_here(record, cancel, now)
    cancel, problem = whole(record.order, cancel) if record.order else (cancel, "")
    if problem:
        return Decision(events=[_refusal(record, cancel.cancel_id, KIT_DIVIDED, problem)])
    return asked_of_routing(record, cancel)


def asked_of_routing(record: OrderRecord, cancel: Cancel) -> Decision:
    """Routing is asked, at once or after the amendment that is under way."""
    record = changed(record, cancels=(*record.cancels, cancel))
    return Decision(writes=[record], events=[] if record.amending else [ask_routing(record, cancel)])


def too_late(record: OrderRecord, cancel: Cancel) -> CancelRefusedV1:
    """Nothing can be cancelled any more."""
    if record.status in ENDED:
        return _refusal(record, cancel.cancel_id, "ended", f"the order is {record.status}")
    return _refusal(record, cancel.cancel_id, "handed-over", "the buyer has the goods; take them back as a return")


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
        revision=record.order.revision if record.order else 0,
        cancels=record.cancels_here,
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
    return asked_of_routing(record, cancel)


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
    standing = standing_of(record)
    left = standing.pieces
    asked = by_line(cancel.lines) if cancel.lines else left
    taken = tuple(
        FulfilledQuantity(
            line_id=line.line_id,
            sku=line.sku or "",
            quantity=quantity,
            value_minor=max(0, part(standing.values[line.line_id], quantity, left[line.line_id])),
        )
        for line in standing.order.lines
        if (quantity := min(asked.get(line.line_id, 0), left[line.line_id])) > 0
    )
    if not taken:
        refusal = _refusal(record, cancel.cancel_id, "nothing-left", "nothing of what was asked is left")
        return Decision(writes=[_without(record, cancel.cancel_id)], events=[refusal])
    record = changed(record, cancels_here=(*record.cancels_here, cancel.cancel_id))
    return _cancelled(record, cancel.cancel_id, taken, (), cancel.reason, "capture", now)


def by_line(lines: Iterable[LineQuantity]) -> dict[str, int]:
    """Pieces by line; a line may be named more than once."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    return found


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
            writes=[ended(record)],
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
    standing, revision = standing_of(record), record.order.revision
    gone = by_line(taken)
    values = worth(standing, gone)
    record = without_pieces(_without(record, cancel_id), gone, values)
    lines = record.order.lines if record.order else ()
    counted = [line for line in lines if line.kind is LineKind.PHYSICAL] or list(lines)
    is_all = all(record.cancelled.get(line.line_id, 0) >= line.quantity for line in counted)
    amount = max(0, standing.due_minor) if is_all else sum(values.values())
    if is_all:
        record = changed(
            record,
            status=OrderStatus.CANCELLED,
            outward=still_told(record),
            order=None,
            source=None,
            waiting=None,
            holds=(),
            cancels=(),
            cancelled_values={},
        )
    else:
        record = ended(record)
    event = OrderCancelledV1(
        owner=record.owner,
        order_id=record.order_id,
        cancel_id=cancel_id,
        lines=taken,
        kept=kept,
        complete=is_all,
        amount_minor=amount,
        adjustment_minor=sum(piece.value_minor for piece in taken) - amount,
        reason=reason,
        decided_by=by,
        cancelled_at=now,
        revision=revision,
    )
    return Decision(writes=[record], events=[event])


def without_pieces(record: OrderRecord, gone: Mapping[str, int], values: Mapping[str, int]) -> OrderRecord:
    """The record with so many pieces fewer that are left of its lines, for which the buyer would have paid this."""
    assert record.order is not None
    cancelled, given = dict(record.cancelled), dict(record.cancelled_values)
    lines = {line.line_id: line for line in record.order.lines}
    for line_id, pieces in gone.items():
        before, line = cancelled.get(line_id, 0), lines.get(line_id)
        already = given.get(line_id, part(line.paid_minor, before, line.quantity) if line else 0)
        cancelled[line_id] = before + pieces
        given[line_id] = already + values.get(line_id, 0)
    total = record.cancelled_minor + sum(values.values())
    return changed(record, cancelled=cancelled, cancelled_values=given, cancelled_minor=total)


def complete(states: States, message: OrderCompletedV1, _now: datetime) -> Decision:
    """Every piece has shipped or is cancelled: the order shrinks to what tells a duplicate from news."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or record.order is None:
        return Decision.nothing()
    return Decision(writes=[ended(changed(record, shipped=True))])


def ended(record: OrderRecord) -> OrderRecord:
    """An order of which all that was left has shipped ends once everything that was asked about it is decided."""
    last = record.source or record.order
    if not record.shipped or record.cancels or record.amending or last is None:
        return record
    assert record.order is not None
    return changed(
        record,
        status=OrderStatus.COMPLETED,
        outward=still_told(record),
        order=None,
        source=None,
        waiting=None,
        cancelled={},
        cancelled_values={},
        last=Last(
            gist=gist(last),
            total_minor=last.totals.total_minor,
            revision=record.order.revision,
            refused=counts_more(last, record.order),
        ),
    )


def gist(order: Order) -> str:
    """What tells whether the goods of two copies are the same, and go to the same place."""
    goods = [(line.line_id, line.sku, line.quantity) for line in order.lines if line.kind is LineKind.PHYSICAL]
    place = [one.model_dump_json() for one in (order.ship_to, order.shipping) if one is not None]
    return sha256(repr((order.currency, goods, place)).encode()).hexdigest()
