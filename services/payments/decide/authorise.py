"""Authorising: an order's money is made sure of when nothing holds the order, and again when it comes to cost more."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.base import AboutOrder
from crossdock_contracts.capture import OrderCapturedV1, OrderReleasedV1
from crossdock_contracts.payments import PaymentAuthorisedV1, PaymentDeclinedV1
from crossdock_contracts.reasons import OVER_LIMIT
from crossdock_contracts.values import Order, PaymentMethod
from services.hub.decision import Decision, Done, Failed, Intent, Later, Outcome, Refused, States, Unsettled, changed
from services.payments.decide.common import answered, code_of, going_out, is_unused, key_of, money, wait
from services.payments.decide.credit import ACCOUNT, booked, refusal_of
from services.payments.decide.giveback import LATE, late_again, refund_late, settle_late
from services.payments.decide.onward import asked_minor, onward, resume, settle
from services.payments.gateways import Authorise
from services.payments.state import AuthoriseTimer, Payment, PaymentStatus

DEFAULT_GATEWAY = "sandbox"
AHEAD = timedelta(days=1)
"""So long before its release date an order's money is made sure of: a decline can be mended in time."""


def creates_payment(message: OrderCapturedV1) -> Iterable[str]:
    """What a new order is the first to write."""
    return [Payment.at(message.owner, message.order_id)]


def reads_payment(message: AboutOrder) -> Iterable[str]:
    """The document of the order."""
    return [Payment.at(message.owner, message.order_id)]


def authorise(states: States, message: OrderCapturedV1, now: datetime) -> Decision:
    """Make sure of the money for a new order; a held one waits for its release."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is not None and payment.is_cancelled and not payment.currency:
        return refund_late(_ended(payment, message), now)
    if payment is not None:
        return _resumed(payment)
    payment = _payment(message.owner, message.order)
    if message.holds:
        return Decision(writes=[payment])
    return when_due(states, payment, message.order, now)


def authorise_released(states: States, message: OrderReleasedV1, now: datetime) -> Decision:
    """A released order is authorised, or tried again where it had been declined."""
    payment = states.get(Payment, message.owner, message.order_id) or _payment(message.owner, message.order)
    if payment.status not in (PaymentStatus.WAITING, PaymentStatus.DECLINED):
        return _resumed(payment)
    if payment.status is PaymentStatus.DECLINED and message.released_at < (payment.declined_at or message.released_at):
        return Decision.nothing()  # a copy of the release that was declined
    if message.order.revision > payment.revision:
        return Decision(later=Later("an amendment of the order is not known here yet", 0.5))
    looked_at = payment.status is PaymentStatus.DECLINED  # beyond the limit, and somebody let it go
    return when_due(states, payment, message.order, now, approved=looked_at)


def when_due(states: States, payment: Payment, order: Order, now: datetime, *, approved: bool = False) -> Decision:
    """Now, or shortly before the day of a pre-order or subscription: what is set aside is not kept for months."""
    asks = payment.method in (PaymentMethod.TOKEN, PaymentMethod.TERMS)
    due_at = order.release_at - AHEAD if order.release_at else now
    if not asks or due_at <= now:
        return cover(states, payment, now, approved=approved)
    timer = AuthoriseTimer(owner=payment.owner, order_id=payment.order_id, due_at=due_at)
    return Decision(writes=[payment, timer])


def authorise_due(states: States, message: AuthoriseTimer, now: datetime) -> Decision:
    """The day of a pre-order or subscription is near: its money is made sure of."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None or now < message.due_at:
        return Decision.nothing()
    if payment.status is PaymentStatus.WAITING:
        return cover(states, payment, now)
    return _resumed(payment)


def _ended(tombstone: Payment, message: OrderCapturedV1) -> Payment:
    """The payment of an order whose end was heard of first."""
    return changed(
        _payment(message.owner, message.order),
        status=PaymentStatus.ENDED,
        is_cancelled=True,
        cancels=tombstone.cancels,
        cancelled_minor=message.order.totals.total_minor,
    )


def _payment(owner: str, order: Order) -> Payment:
    by_channel = order.policy.payment_by == "channel"
    return Payment(
        owner=owner,
        order_id=order.order_id,
        status=PaymentStatus.WAITING,
        method=PaymentMethod.PREPAID if by_channel else order.payment.method,
        currency=order.currency,
        amount_minor=order.totals.total_minor,
        cards_minor=order.totals.gift_cards_minor,
        gateway=order.payment.gateway or DEFAULT_GATEWAY,
        token=order.payment.token,
        reference=order.payment.reference,
        refund_by=order.policy.refund_by,
        customer_id=order.customer.customer_id,
    )


def cover(states: States, payment: Payment, now: datetime, *, approved: bool = False) -> Decision:
    """Make sure of what is still to be taken: it is set aside already, or the whole of it is set aside anew."""
    needed = payment.owed_minor - payment.taken_minor
    if payment.method is PaymentMethod.TERMS and needed > payment.on_account_minor:
        return _on_terms(states, payment, needed - payment.on_account_minor, now, approved=approved)
    if payment.method is not PaymentMethod.TOKEN or needed <= payment.left_minor:
        payment = changed(payment, status=PaymentStatus.AUTHORISED)
        return Decision(events=[_authorised(payment, now)]).and_then(onward(payment, now))
    payment = changed(payment, status=PaymentStatus.AUTHORISING, generation=payment.generation + 1, asked_minor=needed)
    request = Authorise(order_id=payment.order_id, token=payment.token, amount=money(payment, needed))
    intent = Intent(payment.gateway, "authorise", key_of("authorise", payment, str(payment.generation)), request)
    return going_out(payment, intent, now)


def _on_terms(states: States, payment: Payment, due: int, now: datetime, *, approved: bool) -> Decision:
    """The customer's limit has room for it, or somebody let it go beyond."""
    beyond = "" if approved else refusal_of(states, payment, due)
    if beyond:
        payment = changed(payment, status=PaymentStatus.DECLINED, declined_at=now, generation=payment.generation + 1)
        return Decision(writes=[payment], events=[_declined(payment, due, Refused(OVER_LIMIT, beyond), now)])
    payment = changed(payment, status=PaymentStatus.AUTHORISED)
    decision = booked(states, payment, now, "ordered", ordered=due)
    decision.events.insert(0, _authorised(payment, now))
    return decision


def _declined(payment: Payment, amount_minor: int, outcome: Refused, now: datetime) -> PaymentDeclinedV1:
    return PaymentDeclinedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        method=payment.method,
        amount=money(payment, amount_minor),
        gateway=ACCOUNT if payment.method is PaymentMethod.TERMS else payment.gateway,
        code=code_of(outcome),
        detail=outcome.detail,
        generation=payment.generation,
        declined_at=now,
    )


def _resumed(payment: Payment) -> Decision:
    """The message came before. Where a call is still under way, its answer is looked up."""
    if LATE in payment.refunds:
        return late_again(payment)
    return resume(payment)


def _authorised(payment: Payment, now: datetime) -> PaymentAuthorisedV1:
    return PaymentAuthorisedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        method=payment.method,
        amount=money(payment, max(0, payment.due_minor)),
        gateway=payment.gateway,
        authorisation_id=payment.authorisation_id,
        expires_at=payment.authorised_until,
        authorised_at=now,
        revision=payment.revision,
    )


def settle_authorise(
    states: States,
    message: OrderCapturedV1 | OrderReleasedV1 | OrderAmendedV1 | AuthoriseTimer,
    outcome: Outcome,
    now: datetime,
) -> Decision:
    """What follows from the gateway's answer to an authorisation, or to a call that followed from it."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None or outcome.key not in payment.intents:  # another message had the same call made, and has gone on
        return resume(payment) if payment else Decision.nothing()
    if isinstance(outcome, Failed | Unsettled):
        return wait(outcome)
    if payment.intents[outcome.key].operation != "authorise":
        return settle_late(payment, outcome, now) if LATE in payment.refunds else settle(payment, outcome, now)
    return _answered(states, payment, outcome, now)


def _answered(states: States, payment: Payment, outcome: Done | Refused, now: datetime) -> Decision:
    asked = asked_minor(payment)
    payment = answered(payment, outcome.key)
    if isinstance(outcome, Refused):
        return _refused(payment, outcome, asked, now)
    answer = outcome.response
    before, set_aside = payment.authorisation_id, payment.authorised_minor
    needless = {before: set_aside} if is_unused(payment, before) else {}
    payment = changed(
        payment,
        status=PaymentStatus.AUTHORISED,
        authorisation_id=answer.authorisation_id,
        authorised_until=answer.expires_at,
        authorised_minor=asked,
        superseded={**payment.superseded, **needless},
    )
    if payment.is_cancelled:  # it was cancelled while the gateway was asked
        return onward(payment, now)
    return cover(states, payment, now)


def _refused(payment: Payment, outcome: Refused, asked: int, now: datetime) -> Decision:
    """The gateway will not set so much aside. What was set aside before stays, unless the order is cancelled."""
    if payment.is_cancelled:
        status = PaymentStatus.DECLINED if payment.authorisation_id else PaymentStatus.ENDED
        return onward(changed(payment, status=status), now)
    payment = changed(payment, status=PaymentStatus.DECLINED, declined_at=now)
    return Decision(writes=[payment], events=[_declined(payment, asked, outcome, now)])
