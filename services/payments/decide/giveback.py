"""Giving money back: for cancelled pieces what was set aside or paid, for returned ones what was taken; never more."""

from datetime import datetime

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.returns import RefundRequestedV1
from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Decision, Failed, Later, Outcome, States, Unsettled, changed
from services.payments.decide.common import key_of, wait
from services.payments.decide.credit import booked
from services.payments.decide.imported import leave_to_channel
from services.payments.decide.onward import onward, resume, settle
from services.payments.decide.refund import refund, refund_intent, refunded, told
from services.payments.state import Movement, Payment, PaymentStatus

LATE = "cancel:late"
"""The refund of a prepaid order whose end was heard of before the order itself."""


def compensate_cancel(states: States, message: OrderCancelledV1, now: datetime) -> Decision:
    """Cancelled pieces: what was set aside for them is given back, or what was paid."""
    payment = states.get(Payment, message.owner, message.order_id)
    if message.revision > (payment.revision if payment else 0):
        return Decision(later=Later("an amendment of the order is not known yet", 0.5))
    if payment is None:
        ended = Payment(
            owner=message.owner,
            order_id=message.order_id,
            status=PaymentStatus.ENDED,
            is_cancelled=message.complete,
            cancelled_minor=message.amount_minor,
            cancels=(message.cancel_id,),
        )
        return Decision(writes=[ended]) if message.complete else Decision(later=Later("the order is not known yet"))
    if message.cancel_id in payment.cancels:
        return _refund_again(payment, f"cancel:{message.cancel_id}")
    owed = payment.owed_minor
    payment = changed(
        payment,
        cancels=(*payment.cancels, message.cancel_id),
        is_cancelled=payment.is_cancelled or message.complete,
        cancelled_minor=payment.cancelled_minor + message.amount_minor,
        adjusted_minor=payment.adjusted_minor + message.adjustment_minor,
    )
    return _compensate(states, payment, f"cancel:{message.cancel_id}", message.amount_minor, owed, now)


def compensate_reject(states: States, message: OrderRejectedV1, now: datetime) -> Decision:
    """A rejected order: everything is given back."""
    payment = states.get(Payment, message.owner, message.order_id)
    if message.revision > (payment.revision if payment else 0):
        return Decision(later=Later("an amendment of the order is not known yet", 0.5))
    if payment is None:
        ended = Payment(owner=message.owner, order_id=message.order_id, status=PaymentStatus.ENDED, is_cancelled=True)
        return Decision(writes=[ended])
    if payment.is_cancelled:
        return _refund_again(payment, "cancel:rejected")
    due, owed = payment.due_minor, payment.owed_minor
    payment = changed(payment, is_cancelled=True, cancelled_minor=payment.amount_minor)
    return _compensate(states, payment, "cancel:rejected", due, owed, now)


def _compensate(
    states: States, payment: Payment, refund_id: str, amount_minor: int, owed_minor: int, now: datetime
) -> Decision:
    """Void what was set aside for the whole order, pay back what was paid for these pieces, or just take note.

    ``owed_minor``: what the buyer owed before, beside gift cards; they are paid back by whoever has sold them.
    """
    nothing_asked = payment.status in (PaymentStatus.WAITING, PaymentStatus.DECLINED) and not payment.authorisation_id
    if payment.is_cancelled and nothing_asked:
        payment = changed(payment, status=PaymentStatus.ENDED)
    by_hub = payment.refund_by == "hub" and refund_id not in payment.refunds  # the channel may have paid it already
    if payment.method is PaymentMethod.PREPAID and by_hub and amount_minor > 0:
        less = amount_minor if not payment.cards_minor else min(amount_minor, owed_minor - payment.owed_minor)
        return refund(payment, refund_id, less, now)
    if payment.method is PaymentMethod.TERMS:
        return booked(states, payment, now, "cancelled", ordered=-min(amount_minor, payment.on_account_minor))
    return onward(payment, now)


def refund_returned(states: States, message: RefundRequestedV1, now: datetime) -> Decision:
    """Returned goods are paid back, once, and never more than was paid: by whoever refunds the channel's orders."""
    payment, refund_id = states.get(Payment, message.owner, message.order_id), message.refund_id
    if payment is None:
        return Decision(later=Later("the order is not known yet"))
    if refund_id in payment.refunds:
        return _refund_again(payment, refund_id)
    return _returned(states, payment, message, now)


def _returned(states: States, payment: Payment, message: RefundRequestedV1, now: datetime) -> Decision:
    refund_id = message.refund_id
    amount, room = message.amount.amount_minor, payment.captured_minor - payment.refunded_minor
    if payment.adjusted_minor < 0:  # a lower price has paid some of it back already
        amount = min(amount, max(0, room))
    if amount > room and payment.taking_minor:
        return Decision(later=Later("what is to be paid back is still being taken"))
    if payment.cards_used_minor:  # the rest goes back to the gift cards, by whoever has sold them
        amount = min(amount, max(0, room))
    if amount > room:
        return refund(payment, refund_id, amount, now)
    if payment.refund_by != "hub":
        return leave_to_channel(payment, refund_id, amount, message.reason, now)
    if payment.method is PaymentMethod.TERMS:
        return _credited(states, payment, refund_id, amount, message.reason, now)
    return refund(payment, refund_id, amount, now)


def _credited(
    states: States, payment: Payment, refund_id: str, amount_minor: int, reason: str, now: datetime
) -> Decision:
    """A customer on terms owes less."""
    note = Movement(amount_minor=amount_minor, done=True, reference=f"credit-note:{refund_id}")
    payment = changed(payment, refunds={**payment.refunds, refund_id: note})
    decision = booked(states, payment, now, "returned", owed=-note.amount_minor)
    decision.events.insert(0, told(payment, refund_id, note, reason, now))
    return decision


def _refund_again(payment: Payment, refund_id: str) -> Decision:
    """The message came before. Where a call of it is still under way, its answer is looked up."""
    if refund_id in payment.refunds and key_of("refund", payment, refund_id) in payment.intents:
        return Decision(writes=[payment], intent=refund_intent(payment, refund_id, resumed=True))
    return resume(payment)


def refund_late(payment: Payment, now: datetime) -> Decision:
    """An order came behind its own end: what was paid for it goes back, and it takes no further part."""
    if payment.method is not PaymentMethod.PREPAID or payment.refund_by != "hub" or payment.amount_minor <= 0:
        return Decision(writes=[payment])
    return refund(payment, LATE, payment.amount_minor, now)


def late_again(payment: Payment) -> Decision:
    """The order came before. Where its refund is still under way, its answer is looked up."""
    return _refund_again(payment, LATE)


def settle_late(payment: Payment, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the gateway's answer to the refund of an order that came behind its end."""
    return refunded(payment, LATE, "cancelled", outcome, now)


def reduce(states: States, payment: Payment, fulfilment_id: str, amount_minor: int, now: datetime) -> Decision:
    """What was sent in place of what was ordered is worth less: so much less is due, and what was paid goes back."""
    what = reduced_by(fulfilment_id)
    if what in payment.cancels:
        return _refund_again(payment, what) if what in payment.refunds else Decision(writes=[payment])
    owed = payment.owed_minor
    payment = changed(payment, cancels=(*payment.cancels, what), cancelled_minor=payment.cancelled_minor + amount_minor)
    if payment.method is PaymentMethod.TOKEN:  # so much less is taken with the goods
        return Decision(writes=[payment])
    return _compensate(states, payment, what, amount_minor, owed, now)


def reduced_by(fulfilment_id: str) -> str:
    """Names what is paid back for substitutes in a fulfilment."""
    return f"substituted:{fulfilment_id}"


def settle_reduced(payment: Payment, fulfilment_id: str, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the gateway's answer to the refund for substitutes."""
    return refunded(payment, reduced_by(fulfilment_id), "substituted", outcome, now)


def settle_compensation(
    states: States, message: OrderCancelledV1 | OrderRejectedV1 | RefundRequestedV1, outcome: Outcome, now: datetime
) -> Decision:
    """What follows from the gateway's answer to a void or a refund."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None:
        return Decision.nothing()
    if outcome.key not in payment.intents:
        return resume(payment)
    if isinstance(outcome, Failed | Unsettled):
        return wait(outcome)
    match message:
        case RefundRequestedV1():
            refund_id, reason = message.refund_id, message.reason
        case OrderCancelledV1():
            refund_id, reason = f"cancel:{message.cancel_id}", message.reason
        case _:
            refund_id, reason = "cancel:rejected", message.reason
    if outcome.key != key_of("refund", payment, refund_id):
        return settle(payment, outcome, now)
    return refunded(payment, refund_id, reason, outcome, now)
