"""Refunds that the channel pays: left to it, and entered in the books once it says so; never paid here."""

from datetime import datetime

from crossdock_contracts.channels import ChannelRefundedV1
from crossdock_contracts.payments import ImportRefundV1, PaymentFailedV1, PaymentRefundedV1, RefundLeftToChannelV1
from services.hub.decision import Decision, Later, States, changed
from services.payments.decide.common import money
from services.payments.state import Movement, Payment

CHANNEL = "channel"
"""What stands for a gateway where the channel has moved the money."""


def leave_to_channel(payment: Payment, refund_id: str, amount_minor: int, reason: str, now: datetime) -> Decision:
    """The channel is to pay this back."""
    movement = Movement(amount_minor=amount_minor, left_to_channel=True)
    event = RefundLeftToChannelV1(
        owner=payment.owner,
        order_id=payment.order_id,
        refund_id=refund_id,
        amount=money(payment, amount_minor),
        reason=reason,
        left_at=now,
    )
    return Decision(writes=[changed(payment, refunds={**payment.refunds, refund_id: movement})], events=[event])


def import_refund(states: States, message: ImportRefundV1, now: datetime) -> Decision:
    """Somebody says that the channel has paid a buyer back: what was left to it is done, anything else is new here."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None:
        return Decision(later=Later("the order is not known yet"))
    if any(one.done for one in _entries(payment, message)):
        return Decision.nothing()
    refund_id = _asked_for(payment, message.return_id, message.amount.amount_minor) or _reference(message)
    problem = _problem(payment, refund_id, message)
    if problem:
        return Decision.refused(message, "more-than-paid", problem)
    return _entered(payment, refund_id, message, now)


def enter_refund(states: States, message: ChannelRefundedV1, now: datetime) -> Decision:
    """The channel itself says that it has paid a buyer back. Where that cannot be, somebody has to look."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None:
        return Decision(later=Later("the order is not known yet"))
    if _entries(payment, message):
        return Decision.nothing()
    named = f"cancel:{message.cancel_id}" if message.cancel_id else ""
    if named in payment.refunds:  # it was paid back from here as well
        named = ""
    refund_id = named or _asked_for(payment, "", message.amount.amount_minor) or _reference(message)
    problem = _problem(payment, refund_id, message)
    if problem:
        failed = PaymentFailedV1(
            owner=message.owner,
            order_id=message.order_id,
            purpose="channel-refund",
            amount=message.amount,
            gateway=CHANNEL,
            code="more-than-paid",
            detail=problem,
            failed_at=now,
        )
        noted = Movement(
            amount_minor=message.amount.amount_minor, failed="more-than-paid", reference=_reference(message)
        )
        refunds = {**payment.refunds, _reference(message): noted}
        return Decision(writes=[changed(payment, refunds=refunds)], events=[failed])
    return _entered(payment, refund_id, message, now)


def _entries(payment: Payment, message: ImportRefundV1 | ChannelRefundedV1) -> list[Movement]:
    """What the books say of it already."""
    return [one for one in payment.refunds.values() if one.reference == _reference(message)]


def _problem(payment: Payment, refund_id: str, message: ImportRefundV1 | ChannelRefundedV1) -> str:
    """Why it cannot be; empty where it can."""
    amount = message.amount.amount_minor
    others = sum(m.amount_minor for name, m in payment.refunds.items() if name != refund_id and not m.failed)
    room = payment.captured_minor - others
    if message.amount.currency == payment.currency and 0 < amount <= room:
        return ""
    return (
        f"refund {message.refund_id} is {amount} {message.amount.currency}; of order {message.order_id} {room} "
        f"{payment.currency} are left of what was paid: see whether it was imported under another id"
    )


def _entered(payment: Payment, refund_id: str, message: ImportRefundV1 | ChannelRefundedV1, now: datetime) -> Decision:
    done = Movement(amount_minor=message.amount.amount_minor, done=True, reference=_reference(message))
    refunded = PaymentRefundedV1(
        owner=message.owner,
        order_id=message.order_id,
        refund_id=refund_id,
        amount=message.amount,
        gateway=CHANNEL,
        reference=message.refund_id,
        reason=message.reason,
        refunded_at=now,
    )
    return Decision(writes=[changed(payment, refunds={**payment.refunds, refund_id: done})], events=[refunded])


def _reference(message: ImportRefundV1 | ChannelRefundedV1) -> str:
    return f"{CHANNEL}:{message.refund_id}"


def _asked_for(payment: Payment, return_id: str, amount_minor: int) -> str:
    """The refund that was left to the channel and is paid with this: the one of its return, or one of its amount."""
    open_ = {name: one for name, one in payment.refunds.items() if one.left_to_channel and not one.done}
    if return_id:
        named = f"return:{return_id}"
        return named if named in open_ else ""
    return next((name for name, one in open_.items() if one.amount_minor == amount_minor), "")
