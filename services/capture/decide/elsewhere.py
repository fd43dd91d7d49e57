"""Orders that the hub does not fulfil: recorded, and closed once the buyer has the goods.

What a marketplace ships from its own warehouse closes when the channel says so, or after as long as it is configured.
A sale over the counter closes at once: the goods are gone, whatever else is found out about it.
"""

from datetime import datetime, timedelta

from crossdock_contracts.capture import (
    CancelRefusedV1,
    GoodsHandedOverV1,
    IngestV1,
    ReportFulfilledV1,
    SubmissionIgnoredV1,
)
from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import ChannelPolicy, FulfilledQuantity, LineKind
from services.capture.channels import UnmappableError
from services.capture.decide.cancel import decide_waiting
from services.capture.decide.difference import standing_of
from services.capture.rules import FULFILLERS, Channel
from services.capture.state import ENDED, OrderRecord, OrderStatus, RecordedUntil
from services.hub.decision import Decision, States, changed


def policy_of(channel: Channel, handed_in: OrderInput) -> ChannelPolicy:
    """Who does what for this order. Whoever fulfils it has taken its money, and pays it back.

    Raises:
        UnmappableError: it names nobody who could fulfil it, or no place that the goods were handed over at.
    """
    policy = channel.config.policy
    fulfil_by = handed_in.fulfil_by or policy.fulfil_by
    if fulfil_by not in FULFILLERS:
        msg = f"$.fulfil_by: {fulfil_by!r} is none of {', '.join(FULFILLERS)}"
        raise UnmappableError(msg)
    if fulfil_by == "till" and not (handed_in.sold_at or channel.config.location):
        msg = f"$.sold_at: a sale over the counter names its shop, or channels.toml does: {channel.name}.location"
        raise UnmappableError(msg)
    if fulfil_by == "hub":
        return changed(policy, fulfil_by="hub")
    return changed(policy, fulfil_by=fulfil_by, payment_by="channel", refund_by="channel")


def record_order(record: OrderRecord, channel: Channel, handed_in: OrderInput, now: datetime) -> Decision:
    """A new order that the hub does not fulfil; ``record`` is how it was captured."""
    if record.fulfil_by == "till":
        refused = [_gone(record, cancel.cancel_id) for cancel in record.cancels]
        record = changed(record, cancels=(), decided=tuple(cancel.cancel_id for cancel in record.cancels))
        decision = Decision(events=[*refused])
        return decision.and_then(hand_over(record, now, "sold over the counter", keep_open=bool(record.holds)))
    if handed_in.fulfilled_at is not None and not record.cancels:
        return hand_over(record, now, "the channel said so with the order")
    due_at = now + timedelta(days=channel.config.recorded_days)
    timer = RecordedUntil(owner=record.owner, order_id=record.order_id, due_at=due_at)
    return Decision(writes=[timer]).and_then(decide_waiting(record, now))


def _gone(record: OrderRecord, cancel_id: str) -> CancelRefusedV1:
    return CancelRefusedV1(
        owner=record.owner,
        order_id=record.order_id,
        cancel_id=cancel_id,
        reason="handed-over",
        detail="the buyer has the goods; take them back as a return",
    )


def hand_over(record: OrderRecord, now: datetime, detail: str, *, keep_open: bool = False) -> Decision:
    """The buyer has what is left of an order: it is told, once for each line that is named, and the order closes."""
    order = record.order
    assert order is not None
    lines = _left(record)
    number = len(record.handed_over) + 1
    events = [
        GoodsHandedOverV1(
            owner=record.owner,
            order_id=record.order_id,
            handover_id=f"{record.order_id}/{record.fulfil_by}-{number}",
            fulfilled_by=record.fulfil_by,
            location_id=order.sold_at,
            lines=lines,
            currency=order.currency,
            detail=detail,
            handed_over_at=now,
        )
    ]
    record = changed(record, handed_over=(*record.handed_over, *(line.line_id for line in lines)))
    if not keep_open:
        record = changed(record, status=OrderStatus.COMPLETED, order=None, cancelled={}, cancels=())
    return Decision(writes=[record], events=[*events] if lines or not keep_open else [])


def _left(record: OrderRecord) -> tuple[FulfilledQuantity, ...]:
    left = standing_of(record)
    return tuple(
        FulfilledQuantity(
            line_id=line.line_id,
            sku=line.sku,
            quantity=quantity,
            value_minor=max(0, left.values[line.line_id]),
        )
        for line in left.order.lines
        if line.kind is LineKind.PHYSICAL and line.sku and line.line_id not in record.handed_over
        if (quantity := left.pieces[line.line_id]) > 0
    )


def recorded_again(
    states: States, record: OrderRecord, message: IngestV1, handed_in: OrderInput, digest: str, now: datetime
) -> Decision:
    """Another copy of an order that is only recorded: of interest if it says that the goods are on their way."""
    record = changed(record, digest=digest, source_version=handed_in.source_version)
    if handed_in.fulfilled_at is not None and record.fulfil_by == "channel" and record.status not in ENDED:
        return _closing(states, record, now, "the channel said so with a newer copy")
    ignored = SubmissionIgnoredV1(
        owner=message.owner,
        order_id=message.order_id,
        channel=message.channel,
        reason="recorded",
        detail=f"fulfilled by {record.fulfil_by}: nothing here depends on what a newer copy says",
    )
    return Decision(writes=[record], events=[ignored])


def _closing(states: States, record: OrderRecord, now: datetime, detail: str) -> Decision:
    timer = states.get(RecordedUntil, record.owner, record.order_id)
    return Decision(withdrawn=[timer] if timer else []).and_then(hand_over(record, now, detail))


def report_fulfilled(states: States, message: ReportFulfilledV1, now: datetime) -> Decision:
    """The channel has shipped an order that it fulfils."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return Decision.unknown(message, "order", message.order_id)
    if record.fulfil_by == "channel" and record.status is OrderStatus.COMPLETED:
        return Decision.nothing()
    if record.order is None or record.fulfil_by != "channel":
        stands = f"{record.status}, and {record.fulfil_by} fulfils it"
        detail = f"order {message.order_id} is {stands}; only open orders that their channel fulfils are reported"
        return Decision.refused(message, "not-the-channels", detail)
    by = f" by {message.reported_by}" if message.reported_by else ""
    return _closing(states, record, message.fulfilled_at or now, f"reported{by}")


def recorded_long_enough(states: States, message: RecordedUntil, now: datetime) -> Decision:
    """The channel has said nothing against it for so long that an order that it fulfils is taken for fulfilled."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.order is None or record.status in ENDED or now < message.due_at:
        return Decision.nothing()
    return hand_over(record, now, "nothing else was heard of it")
