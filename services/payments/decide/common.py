"""What payments' rules share."""

from datetime import datetime

from crossdock_contracts.payments import PaymentFailedV1, PaymentVoidedV1
from crossdock_contracts.values import Money
from services.hub.decision import Decision, Failed, Intent, Later, Outcome, Refused, changed
from services.payments.gateways import Void
from services.payments.state import Payment, PaymentStatus


def money(payment: Payment, amount_minor: int) -> Money:
    """An amount in the currency of a payment."""
    return Money(amount_minor=amount_minor, currency=payment.currency)


def key_of(purpose: str, payment: Payment, what: str) -> str:
    """Idempotency key: purpose, entity, generation."""
    return f"{purpose}:{payment.owner}/{payment.order_id}:{what}"


def going_out(payment: Payment, intent: Intent, now: datetime) -> Decision:
    """Commit an intent, and then carry it out."""
    payment = changed(payment, intents={**payment.intents, intent.key: intent.record(now)})
    return Decision(writes=[payment], intent=intent)


def answered(payment: Payment, key: str) -> Payment:
    """The payment without an intent that has been answered."""
    return changed(payment, intents={k: v for k, v in payment.intents.items() if k != key})


def wait(outcome: Failed) -> Decision:
    """Nothing was done: the same again after a while."""
    return Decision(later=Later(outcome.detail, not_before_s=outcome.retry_after_s))


def code_of(outcome: Refused) -> str:
    """A gateway's code as a reason of ours."""
    cleaned = "".join(c if c.isalnum() else "-" for c in outcome.code.lower()).strip("-")
    return cleaned[:64] or "refused"


def failure(payment: Payment, purpose: str, amount_minor: int, outcome: Refused, now: datetime) -> PaymentFailedV1:
    """A gateway refused for good: somebody has to look."""
    return PaymentFailedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        purpose=purpose,
        amount=money(payment, amount_minor),
        gateway=payment.gateway,
        code=code_of(outcome),
        detail=outcome.detail,
        failed_at=now,
    )


def void(payment: Payment, now: datetime) -> Decision:
    """Give back what was set aside."""
    key = key_of("void", payment, payment.authorisation_id)
    return going_out(
        payment, Intent(payment.gateway, "void", key, Void(authorisation_id=payment.authorisation_id)), now
    )


def void_again(payment: Payment) -> Decision:
    """The message came before. Where a void of it is still under way, its answer is looked up."""
    key = key_of("void", payment, payment.authorisation_id)
    if key not in payment.intents:
        return Decision.nothing()
    request = Void(authorisation_id=payment.authorisation_id)
    return Decision(writes=[payment], intent=Intent(payment.gateway, "void", key, request, resumed=True))


def voided(payment: Payment, outcome: Outcome, now: datetime) -> Decision:
    """The gateway's answer to a void."""
    payment = answered(payment, outcome.key)
    if isinstance(outcome, Refused):
        return Decision(writes=[payment], events=[failure(payment, "void", payment.amount_minor, outcome, now)])
    payment = changed(payment, status=PaymentStatus.VOIDED)
    voided = PaymentVoidedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        amount=money(payment, payment.amount_minor),
        gateway=payment.gateway,
        voided_at=now,
    )
    return Decision(writes=[payment], events=[voided])
