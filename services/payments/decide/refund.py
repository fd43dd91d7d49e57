"""Refunds: each is paid once, and never more than was paid."""

from datetime import datetime

from crossdock_contracts.payments import PaymentRefundedV1
from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Decision, Done, Intent, Outcome, Refused, changed
from services.payments.decide.common import answered, failure, going_out, key_of, money
from services.payments.decide.credit import ACCOUNT
from services.payments.gateways import Refund
from services.payments.state import Movement, Payment


def refund(payment: Payment, refund_id: str, amount_minor: int, now: datetime, *, adjusted_minor: int = 0) -> Decision:
    """Set out to pay back so much; after a price was lowered, as much of it as is left of what was paid.

    Of what gift cards have paid a part of, too: the rest goes back to them, by whoever has sold them.
    """
    room = payment.captured_minor - payment.refunded_minor
    if (payment.adjusted_minor < 0 and not adjusted_minor) or payment.cards_used_minor:
        amount_minor = min(amount_minor, max(0, room))
    movement = Movement(amount_minor=amount_minor, adjusted_minor=adjusted_minor)
    if amount_minor > room:
        refused = Refused("more-than-paid", f"{amount_minor} is to be paid back, {room} is left of what was paid")
        movement = changed(movement, failed=refused.code)
        payment = changed(payment, refunds={**payment.refunds, refund_id: movement})
        return Decision(writes=[payment], events=[failure(payment, "refund", amount_minor, refused, now)])
    payment = changed(payment, refunds={**payment.refunds, refund_id: movement})
    if not amount_minor:  # the lower price has paid it back already, or gift cards had paid it
        return _done(payment, refund_id, "", "amended", now)
    return going_out(payment, refund_intent(payment, refund_id), now)


def refund_intent(payment: Payment, refund_id: str, *, resumed: bool = False) -> Intent:
    """The call that pays it back."""
    paid = next(
        (m.reference for m in payment.captures.values() if m.done), payment.reference or payment.authorisation_id
    )
    request = Refund(reference=paid, amount=money(payment, payment.refunds[refund_id].amount_minor))
    return Intent(payment.gateway, "refund", key_of("refund", payment, refund_id), request, resumed=resumed)


def refunded(payment: Payment, refund_id: str, reason: str, outcome: Outcome, now: datetime) -> Decision:
    """The gateway's answer to a refund."""
    payment = answered(payment, outcome.key)
    movement = payment.refunds[refund_id]
    if isinstance(outcome, Refused):
        payment = changed(payment, refunds={**payment.refunds, refund_id: changed(movement, failed=outcome.code)})
        return Decision(writes=[payment], events=[failure(payment, "refund", movement.amount_minor, outcome, now)])
    assert isinstance(outcome, Done)
    return _done(payment, refund_id, outcome.response.reference, reason, now)


def _done(payment: Payment, refund_id: str, reference: str, reason: str, now: datetime) -> Decision:
    done = changed(payment.refunds[refund_id], done=True, reference=reference)
    payment = changed(payment, refunds={**payment.refunds, refund_id: done})
    return Decision(writes=[payment], events=[told(payment, refund_id, done, reason, now)])


def told(payment: Payment, refund_id: str, done: Movement, reason: str, now: datetime) -> PaymentRefundedV1:
    """That money went back."""
    return PaymentRefundedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        refund_id=refund_id,
        amount=money(payment, done.amount_minor),
        gateway=ACCOUNT if payment.method is PaymentMethod.TERMS else payment.gateway,
        reference=done.reference,
        reason=reason,
        refunded_at=now,
    )
