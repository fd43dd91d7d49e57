"""Amendments: more is authorised again, less is charged less or paid back."""

from datetime import datetime

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.values import Order, PaymentMethod
from services.hub.decision import Decision, Later, States, changed
from services.payments.decide.authorise import cover, when_due
from services.payments.decide.onward import onward, price_id, resume
from services.payments.decide.refund import refund
from services.payments.state import Payment, PaymentStatus


def amend(states: States, message: OrderAmendedV1, now: datetime) -> Decision:
    """The buyer pays more or less than before, or with something else."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None or message.order.revision > payment.revision + 1:
        return Decision(later=Later("the order as it was before is not known here yet"))
    if payment.is_cancelled or message.order.revision <= payment.revision:
        return resume(payment)
    by, reference, owed = message.amount_minor, payment.reference, payment.owed_minor
    fewer_cards = payment.cards_minor > message.order.totals.gift_cards_minor
    waits = payment.status is PaymentStatus.WAITING  # nothing has been asked for: the new amount is simply the amount
    payment = changed(
        _with_terms(payment, message.order),
        revision=message.order.revision,
        cards_minor=message.order.totals.gift_cards_minor,
        amount_minor=payment.amount_minor + (by if waits else max(0, by)),
        cancelled_minor=payment.cancelled_minor + (0 if waits else max(0, -by)),
        adjusted_minor=payment.adjusted_minor + message.adjustment_minor,
    )
    paid_anew = message.order.payment.reference not in ("", reference)
    if waits and not message.holds:  # its day may be another
        return when_due(states, payment, message.order, now)
    if waits or payment.status in (PaymentStatus.AUTHORISING, PaymentStatus.DECLINED):
        return Decision(writes=[payment])
    if by > 0 or (fewer_cards and payment.is_taken_here):
        return cover(states, payment, now)
    return _moved(payment, by, owed - payment.owed_minor, now, paid_anew=paid_anew)


def _moved(payment: Payment, by: int, less: int, now: datetime, *, paid_anew: bool) -> Decision:
    """What was made sure of is enough; ``less``: what the buyer owes less than before, beside gift cards."""
    if by < 0 and payment.method is PaymentMethod.PREPAID and payment.refund_by == "hub" and not paid_anew:
        return refund(payment, price_id(payment), min(-by, max(0, less)), now, adjusted_minor=by)
    return onward(payment, now)


def _with_terms(payment: Payment, order: Order) -> Payment:
    """What is paid with: for what has not been asked for yet, and, with the same method, from now on."""
    terms = order.payment
    if payment.status is PaymentStatus.WAITING:
        by_channel = order.policy.payment_by == "channel"
        payment = changed(payment, method=PaymentMethod.PREPAID if by_channel else terms.method)
    return changed(
        payment,
        gateway=terms.gateway or payment.gateway,
        token=terms.token or payment.token,
        reference=terms.reference or payment.reference,
    )
