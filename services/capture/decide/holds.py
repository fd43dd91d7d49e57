"""Holds: opened by rules and by people, closed, expired. A held order keeps its stock."""

from datetime import datetime, timedelta

from crossdock_contracts.base import AboutOrder
from crossdock_contracts.capture import (
    OrderRejectedV1,
    PlaceHoldV1,
    RejectOrderV1,
    ReleaseHoldV1,
)
from crossdock_contracts.inventory import BackorderLapsedV1, ReservationExpiredV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import PaymentDeclinedV1, PaymentFailedV1
from crossdock_contracts.routing import OrderUnroutableV1
from crossdock_contracts.shipping import LabelRefusedV1
from crossdock_contracts.values import NO_LABEL, Hold, LineQuantity
from services.capture.decide.amend import go_on, ignored
from services.capture.decide.cancel import decide
from services.capture.decide.opened import UNKNOWN_LISTING, closed, let_go, opened
from services.capture.state import ENDED, Cancel, HoldExpiry, Item, Listing, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

PATIENCE = timedelta(days=3)
"""A hold for which nothing else is said ends after so long."""


def place_hold(states: States, message: PlaceHoldV1, now: datetime) -> Decision:
    """Somebody wants to look at an order before it goes on."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or record.order is None:
        state = record.status if record else "not known"
        return _refused(message, "no-open-order", f"order {message.order_id} is {state}")
    hold = Hold(
        hold_id=f"{message.reason}-{len(record.holds) + len(record.closed) + 1}",
        reason=message.reason,
        detail=message.detail,
        opened_at=now,
        expires_at=message.expires_at or now + PATIENCE,
        on_expiry="release",
    )
    return opened(record, hold)[1]


def _refused(message: PlaceHoldV1 | ReleaseHoldV1 | RejectOrderV1, reason: str, detail: str) -> Decision:
    refusal = CommandRefusedV1(
        owner=message.owner, entity_id=message.order_id, command=message.TYPE, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def hold_on_trouble(states: States, message: AboutOrder, now: datetime) -> Decision:
    """Payments, inventory, routing or shipping cannot go on with an order: somebody has to look."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or record.order is None:
        return Decision.nothing()
    reason, key, detail = _what(message)
    hold_id, about = f"{reason}-{key}", message.fulfilment_id if isinstance(message, LabelRefusedV1) else ""
    if any(hold.hold_id == hold_id for hold in (*record.holds, *record.closed)):
        return Decision.nothing()
    expires = now + PATIENCE
    hold = Hold(hold_id=hold_id, reason=reason, about=about, detail=detail, opened_at=now, expires_at=expires)
    return opened(record, hold)[1]


def _what(message: AboutOrder) -> tuple[str, str, str]:
    """Reason, what tells this trouble from another of its kind, and detail."""
    match message:
        case PaymentDeclinedV1():
            return "payment-declined", str(message.generation), f"{message.gateway}: {message.code} {message.detail}"
        case PaymentFailedV1():
            return (
                "payment-failed",
                f"{message.purpose}-{message.failed_at:%Y%m%d%H%M%S}",
                f"{message.gateway}: {message.code} {message.detail}",
            )
        case OrderUnroutableV1():
            return "unroutable", str(message.attempt), f"{message.reason}: {message.detail}"
        case ReservationExpiredV1():
            return "reservation-expired", "1", "the stock promise lapsed before the order was allocated"
        case BackorderLapsedV1():
            waited = f"{message.quantity} of {message.sku} since {message.waiting_since:%Y-%m-%d}"
            return "backorder-lapsed", f"{message.line_id}-{message.waiting_since:%Y%m%d}", waited
        case LabelRefusedV1():
            key = f"{message.fulfilment_id}-{message.attempt}"
            return NO_LABEL, key, f"{message.reason}: {message.detail}"
    msg = f"no hold is known for {type(message).__name__}"
    raise TypeError(msg)


def release_hold(states: States, message: ReleaseHoldV1, now: datetime) -> Decision:
    """Close one hold or all of them; with the last one the order goes on, if what was wrong has been mended."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    wanted = [h for h in record.holds if message.hold_id in ("", h.hold_id)] if record else []
    if record is None or not wanted:
        which = f"hold {message.hold_id}" if message.hold_id else "open hold"
        return _refused(message, "no-such-hold", f"order {message.order_id} has no {which}")
    mapped, unknown = _mapped_again(states, record) if record.order else (record, [])
    mapped, unnamed = _waiting_mapped(states, mapped)
    unknown += unnamed
    if unknown and any(hold.reason == UNKNOWN_LISTING for hold in wanted):
        return _refused(message, "still-unknown", f"nothing is known yet of {', '.join(unknown[:20])}")
    return _closed(states, mapped, wanted, message.released_by, now)


def _mapped_again(states: States, record: OrderRecord) -> tuple[OrderRecord, list[str]]:
    """The record with those lines named and counted whose listings have been mapped since, and what is unknown yet."""
    assert record.order is not None
    unknown, lines = [], []
    for line in record.order.lines:
        if line.sku is None and line.kind == "physical":
            listing = (
                states.get(Listing, record.owner, record.order.channel, line.listing_id) if line.listing_id else None
            )
            sku = listing.sku if listing else line.listing_id
            item = states.get(Item, record.owner, sku) if sku else None
            if item is None:
                unknown.append(line.listing_id or line.title)
            else:
                pieces = listing.quantity if listing else 1
                line = changed(  # noqa: PLW2901  # the same line, named
                    line,
                    sku=item.sku,
                    quantity=line.ordered_quantity * pieces,
                    weight_g=item.weight_g,
                    hazmat_class=item.hazmat_class,
                    title=line.title or item.title,
                )
        lines.append(line)
    was = {line.line_id: line.quantity for line in record.order.lines}
    cancelled = {
        line.line_id: record.cancelled[line.line_id] * line.quantity // was[line.line_id]
        for line in lines
        if line.line_id in record.cancelled
    }
    return changed(record, order=changed(record.order, lines=tuple(lines)), cancelled=cancelled), unknown


def _waiting_mapped(states: States, record: OrderRecord) -> tuple[OrderRecord, list[str]]:
    """Likewise the newer copy that waits for a hold."""
    if record.waiting is None:
        return record, []
    named, unknown = _mapped_again(states, changed(record, order=record.waiting.order, cancelled={}))
    return changed(record, waiting=changed(record.waiting, order=named.order)), unknown


def _closed(states: States, record: OrderRecord, wanted: list[Hold], by: str, now: datetime) -> Decision:
    record, timers = closed(states, record, wanted)
    decision = Decision(writes=[record], withdrawn=timers)
    if record.order is None or record.status in ENDED:
        return decision
    record, decision.events = let_go(record, wanted, by, now)
    return decision.and_then(go_on(record, now))


def reject_order(states: States, message: RejectOrderV1, now: datetime) -> Decision:
    """End a held order. One that had been let go before is cancelled as far as it can be."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or not record.holds:
        state = record.status if record else "not known"
        return _refused(message, "not-held", f"order {message.order_id} is {state}; only held orders are rejected")
    return _rejected(states, record, message.reason, message.rejected_by, now)


def _rejected(states: States, record: OrderRecord, reason: str, by: str, now: datetime) -> Decision:
    if record.status is not OrderStatus.HELD:
        number = len(record.decided) + len(record.cancels) + 1
        return decide(record, Cancel(cancel_id=f"reject-{number}", reason=reason, requested_by=by), now)
    assert record.order is not None
    timers = [states.get(HoldExpiry, record.owner, record.order_id, hold.hold_id) for hold in record.holds]
    lines = tuple(
        LineQuantity(line_id=line.line_id, sku=line.sku or "", quantity=line.quantity) for line in record.order.lines
    )
    ended = changed(
        record, status=OrderStatus.REJECTED, holds=(), closed=(*record.closed, *record.holds), order=None, ended_at=now
    )
    rejected = OrderRejectedV1(
        owner=record.owner,
        order_id=record.order_id,
        reason=reason,
        lines=lines,
        rejected_by=by,
        rejected_at=now,
        revision=record.order.revision,
    )
    return Decision(writes=[ended], events=[rejected], withdrawn=[timer for timer in timers if timer is not None])


def expire_hold(states: States, message: HoldExpiry, now: datetime) -> Decision:
    """Nobody acted on a hold in time: what was laid down for that happens."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    hold = next((h for h in record.holds if h.hold_id == message.hold_id), None) if record else None
    if record is None or hold is None or now < hold.expires_at:
        return Decision.nothing()
    if hold.on_expiry == "reject" and record.status not in ENDED:
        return _rejected(states, record, "hold-expired", "expiry", now)
    if record.waiting is not None and hold.hold_id in record.waiting.holds:  # nobody has looked: it stays as it was
        decision = Decision(events=[ignored(record, "held-too-long", hold.detail)])
        return decision.and_then(_closed(states, changed(record, waiting=None), [hold], "expiry", now))
    return _closed(states, record, [hold], "expiry", now)
