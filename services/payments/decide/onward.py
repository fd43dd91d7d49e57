"""What a payment still has to ask its gateway for, one call after the other, and what follows from the answers.

Authorisations that are not needed any more are given back; a price that changed once all its goods had left is charged
or paid back by itself.
"""

from datetime import datetime

from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Decision, Intent, Outcome
from services.payments.decide.charge import charge, charge_intent, charged
from services.payments.decide.common import key_of, money, to_void, void, voided
from services.payments.decide.refund import refund, refund_intent, refunded
from services.payments.gateways import Authorise, Void
from services.payments.state import Payment, PaymentStatus

PRICE = "amend:"
"""Begins the name of money that moves for a changed price alone."""


def price_id(payment: Payment) -> str:
    """Names the next movement of money for a changed price alone."""
    known = sum(1 for name in (*payment.captures, *payment.refunds) if name.startswith(PRICE))
    return f"{PRICE}{known + 1}"


def onward(payment: Payment, now: datetime) -> Decision:
    """The payment as it stands, and the next call that it needs, if any."""
    needless = to_void(payment)
    if needless:
        return void(payment, needless, now)
    by_gateway = payment.method is PaymentMethod.TOKEN and payment.status is PaymentStatus.AUTHORISED
    left = payment.unsettled_minor if by_gateway and payment.unshipped_minor <= 0 else 0
    if payment.is_cancelled:  # nothing of it is charged any more, and only what was taken goes back
        left = max(min(0, left), payment.refunded_minor - payment.captured_minor)
    if left > 0:
        return charge(payment, price_id(payment), left, now, adjusted_minor=left)
    if left < 0 and payment.taking_minor and -left > payment.captured_minor - payment.refunded_minor:
        return Decision(writes=[payment])  # paid back once it has been taken
    if left < 0:
        return refund(payment, price_id(payment), -left, now, adjusted_minor=left)
    return Decision(writes=[payment])


def resume(payment: Payment) -> Decision:
    """The message came before. Where a call is under way that has no other message, its answer is looked up."""
    for key, record in payment.intents.items():
        what = key.removeprefix(key_of(record.operation, payment, ""))
        if record.operation == "authorise":
            request = Authorise(
                order_id=payment.order_id, token=payment.token, amount=money(payment, asked_minor(payment))
            )
            intent = Intent(payment.gateway, "authorise", key, request, resumed=True)
        elif record.operation == "void":
            intent = Intent(payment.gateway, "void", key, Void(authorisation_id=what), resumed=True)
        elif not what.startswith(PRICE):
            continue
        elif record.operation == "capture":
            intent = charge_intent(payment, what, resumed=True)
        else:
            intent = refund_intent(payment, what, resumed=True)
        return Decision(writes=[payment], intent=intent)
    return Decision.nothing()


def asked_minor(payment: Payment) -> int:
    """What the authorisation that is under way asks for."""
    return payment.asked_minor or payment.owed_minor


def settle(payment: Payment, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the answer to a void, or to a charge or refund for a changed price."""
    record = payment.intents[outcome.key]
    what = outcome.key.removeprefix(key_of(record.operation, payment, ""))
    if record.operation == "void":
        payment, said = voided(payment, outcome, now)
        return Decision(events=[said]).and_then(onward(payment, now))
    if record.operation == "capture":
        return then_onward(charged(payment, what, outcome, now), now)
    return refunded(payment, what, "amended", outcome, now)


def then_onward(decision: Decision, now: datetime) -> Decision:
    """A decision, and the next call that its payment needs."""
    (payment,) = (document for document in decision.writes if isinstance(document, Payment))
    return decision.and_then(onward(payment, now))
