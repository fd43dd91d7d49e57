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
from crossdock_contracts.labels import LabelRefusedV1
from crossdock_contracts.payments import PaymentDeclinedV1, PaymentFailedV1
from crossdock_contracts.reasons import NO_LABEL, OVER_LIMIT, STEP_FAILED
from crossdock_contracts.routing import OrderUnroutableV1
from crossdock_contracts.stock import PromiseRestoredV1, PromiseTakenBackV1
from crossdock_contracts.values import Hold, LineQuantity
from crossdock_contracts.warehouse import StepFailedV1
from services.capture.decide.amend import go_on, ignored
from services.capture.decide.cancel import decide
from services.capture.decide.checks import UNKNOWN_LISTING
from services.capture.decide.elsewhere import hand_over
from services.capture.decide.kits import still_told
from services.capture.decide.mapping import Remapped, missed, remapped, waiting_named
from services.capture.decide.opened import closed, let_go, opened
from services.capture.rules import Channels
from services.capture.state import ENDED, Cancel, HoldExpiry, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

PATIENCE = timedelta(days=3)
"""A hold for which nothing else is said ends after so long."""


def place_hold(states: States, message: PlaceHoldV1, now: datetime) -> Decision:
    """Somebody wants to look at an order before it goes on."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return Decision.unknown(message, "order", message.order_id)
    if record.status in ENDED or record.order is None:
        return Decision.refused(message, "no-open-order", f"order {message.order_id} is {record.status}")
    hold = Hold(
        hold_id=f"{message.reason}-{len(record.holds) + len(record.closed) + 1}",
        reason=message.reason,
        detail=message.detail,
        opened_at=now,
        expires_at=message.expires_at or now + PATIENCE,
        on_expiry="release",
        opened_by=message.placed_by,
    )
    return opened(record, hold)[1]


def hold_on_trouble(states: States, message: AboutOrder, now: datetime) -> Decision:
    """Payments, inventory, routing or shipping cannot go on with an order: somebody has to look."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or record.order is None:
        return Decision.nothing()
    reason, key, detail = _what(message)
    hold_id, about = (
        f"{reason}-{key}",
        message.fulfilment_id if isinstance(message, LabelRefusedV1 | StepFailedV1) else "",
    )
    if any(hold.hold_id == hold_id for hold in (*record.holds, *record.closed)):
        return Decision.nothing()
    if isinstance(message, LabelRefusedV1) and message.looks and any(h.about == about for h in record.holds):
        return Decision.nothing()  # nothing can tell still, and the hold that says so has not been closed
    hold = Hold(
        hold_id=hold_id,
        reason=reason,
        about=about,
        detail=detail,
        assigned_to=_ROLES.get(reason, "operations"),
        opened_at=now,
        expires_at=now + PATIENCE,
    )
    return opened(record, hold)[1]


_ROLES = {OVER_LIMIT: "credit"}
"""Who has to act on trouble that is not for operations."""


def _what(message: AboutOrder) -> tuple[str, str, str]:
    """Reason, what tells this trouble from another of its kind, and detail."""
    match message:
        case PaymentDeclinedV1():
            reason = OVER_LIMIT if message.code == OVER_LIMIT else "payment-declined"
            what = reason, str(message.generation), f"{message.gateway}: {message.code} {message.detail}"
        case PaymentFailedV1():
            what = (
                "payment-failed",
                f"{message.purpose}-{message.failed_at:%Y%m%d%H%M%S}",
                f"{message.gateway}: {message.code} {message.detail}",
            )
        case OrderUnroutableV1():
            what = "unroutable", str(message.attempt), f"{message.reason}: {message.detail}"
        case ReservationExpiredV1():
            what = "reservation-expired", "1", "the stock promise lapsed before the order was allocated"
        case BackorderLapsedV1():
            waited = f"{message.quantity} of {message.sku} since {message.waiting_since:%Y-%m-%d}"
            what = "backorder-lapsed", f"{message.line_id}-{message.waiting_since:%Y%m%d}", waited
        case LabelRefusedV1():
            key = f"{message.fulfilment_id}-{message.attempt}" + (f"-{message.looks}" if message.looks else "")
            what = NO_LABEL, key, f"{message.reason}: {message.detail}"
        case StepFailedV1():
            key = f"{message.fulfilment_id}-{message.step}-{message.attempt}"
            what = (
                STEP_FAILED,
                key,
                f"{message.step} at {message.location_id}: {message.note or 'nothing is said of why'}",
            )
        case _:
            msg = f"no hold is known for {type(message).__name__}"
            raise TypeError(msg)
    return what


def release_hold(states: States, message: ReleaseHoldV1, now: datetime) -> Decision:
    """Close one hold or all of them; with the last one the order goes on, if what was wrong has been mended."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return Decision.unknown(message, "order", message.order_id)
    wanted = [h for h in record.holds if message.hold_id in ("", h.hold_id)]
    if not wanted and message.hold_id not in ("", *(h.hold_id for h in record.closed)):
        detail = f"order {message.order_id} has the open holds: {', '.join(h.hold_id for h in record.holds) or 'none'}"
        return Decision.unknown(message, "hold", message.hold_id, detail)
    if not wanted:
        which = f"; hold {message.hold_id} is closed" if message.hold_id else ""
        return Decision.refused(message, "no-open-hold", f"order {message.order_id} has no open hold{which}")
    if not message.released_by and any(hold.approval for hold in wanted):
        return Decision.refused(message, "no-name", "an approval names who gives it: say who releases the hold")
    if any(hold.reason == UNKNOWN_LISTING for hold in wanted) and record.order is not None:
        found = waiting_named(states, record)
        if found.reason:
            return Decision.refused(message, found.reason, found.detail)
        record = found.record
    return close(states, record, wanted, message.released_by, now)


def close(states: States, record: OrderRecord, wanted: list[Hold], by: str, now: datetime) -> Decision:
    """Close these holds; with the last one the order goes on, as far as all that was sold is known."""
    record, timers = closed(states, record, wanted)
    decision = Decision(writes=[record], withdrawn=timers)
    if record.order is None or record.status in ENDED:
        return decision
    if record.holds:
        return decision.and_then(go_on(record, now))
    found = remapped(states, record)
    if found.reason and record.fulfil_by != "till":  # a sale over the counter is not undone
        return decision.and_then(_held_again(found, now))
    record, decision.events = let_go(found.record, wanted, by, now)
    if record.fulfil_by == "till":
        return decision.and_then(hand_over(record, now, "its goods are known now"))
    return decision.and_then(go_on(record, now))


def _held_again(found: Remapped, now: datetime) -> Decision:
    """A listing was mapped anew, to what is not known, while something else held the order: it is held for that."""
    record = changed(found.record, wants=found.wants)
    hold = Hold(
        hold_id=f"{UNKNOWN_LISTING}-{len(record.holds) + len(record.closed) + 1}",
        reason=UNKNOWN_LISTING,
        detail=found.detail,
        opened_at=now,
        expires_at=now + PATIENCE,
    )
    return opened(record, hold)[1].and_then(Decision(events=[*missed(record, found.wants)]))


def reject_order(states: States, message: RejectOrderV1, now: datetime) -> Decision:
    """End a held order. One that had been let go before is cancelled as far as it can be."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return Decision.unknown(message, "order", message.order_id)
    if record.status in ENDED or not record.holds:
        return Decision.refused(
            message, "not-held", f"order {message.order_id} is {record.status}; only held orders are rejected"
        )
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
        record,
        status=OrderStatus.REJECTED,
        outward=still_told(record),
        holds=(),
        closed=(*record.closed, *record.holds),
        order=None,
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
        return decision.and_then(close(states, changed(record, waiting=None), [hold], "expiry", now))
    return close(states, record, [hold], "expiry", now)


SHORT = "stock-lost"
"""Reason of a hold on an order that has lost its stock, and whose channel does not let it wait."""


def hold_short(channels: Channels, states: States, message: PromiseTakenBackV1, now: datetime) -> Decision:
    """An order has lost its stock: where its channel does not let it wait for other pieces, somebody has to act."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status in ENDED or record.order is None or record.order.channel not in channels.names:
        return Decision.nothing()
    config = channels[record.order.channel].config
    if not config.urgent_when_short or any(hold.reason == SHORT for hold in record.holds):
        return Decision.nothing()
    hold_id = f"{SHORT}-{message.taken_at:%Y%m%dT%H%M%S%f}"
    if any(hold.hold_id == hold_id for hold in record.closed):
        return Decision.nothing()
    hold = Hold(
        hold_id=hold_id,
        reason=SHORT,
        detail=f"{message.reason}: {', '.join(f'{one.quantity} of {one.sku}' for one in message.lines[:20])}",
        assigned_to=config.urgent_role,
        opened_at=now,
        expires_at=now + timedelta(hours=config.urgent_hours),
        on_expiry="release",
    )
    return opened(record, hold)[1]


def close_short(states: States, message: PromiseRestoredV1, now: datetime) -> Decision:
    """An order has its stock again: nobody has to act any more."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    holds = [hold for hold in record.holds if hold.reason == SHORT] if record else []
    if record is None or record.status in ENDED or not holds:
        return Decision.nothing()
    return close(states, record, holds, "inventory", now)
