"""What payments' rules share."""

from datetime import datetime

from crossdock_contracts.payments import PaymentFailedV1, PaymentVoidedV1
from crossdock_contracts.values import Money
from services.hub.decision import Decision, Failed, Intent, Later, Outcome, Refused, Unsettled, changed
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


def wait(outcome: Failed | Unsettled) -> Decision:
    """Nothing was done, or it is not known: the same again after a while, under the same key."""
    return Decision(later=Later(outcome.detail, not_before_s=getattr(outcome, "retry_after_s", None)))


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


def void(payment: Payment, authorisation_id: str, now: datetime) -> Decision:
    """Give back what was set aside."""
    key = key_of("void", payment, authorisation_id)
    return going_out(payment, Intent(payment.gateway, "void", key, Void(authorisation_id=authorisation_id)), now)


def is_unused(payment: Payment, authorisation_id: str) -> bool:
    """Nothing has been taken from an authorisation, or is being taken."""
    used = (m.authorisation_id or payment.authorisation_id for m in payment.captures.values() if not m.failed)
    return bool(authorisation_id) and authorisation_id not in set(used)


def to_void(payment: Payment) -> str:
    """An authorisation that nobody needs any more and that is not being given back yet; empty: there is none."""
    current = payment.authorisation_id
    over = payment.status in (PaymentStatus.AUTHORISED, PaymentStatus.DECLINED) and payment.is_cancelled
    needless = [*payment.superseded, *([current] if over and is_unused(payment, current) else [])]
    return next((one for one in needless if key_of("void", payment, one) not in payment.intents), "")


def voided(payment: Payment, outcome: Outcome, now: datetime) -> tuple[Payment, PaymentVoidedV1 | PaymentFailedV1]:
    """The gateway's answer to a void: the payment, and what is to be said."""
    which = outcome.key.removeprefix(key_of("void", payment, ""))
    payment = answered(payment, outcome.key)
    amount = payment.authorised_minor or payment.amount_minor
    if which in payment.superseded:
        amount = payment.superseded[which]
        payment = changed(payment, superseded={k: v for k, v in payment.superseded.items() if k != which})
    elif isinstance(outcome, Refused):
        payment = changed(payment, status=PaymentStatus.ENDED)
    else:
        payment = changed(payment, status=PaymentStatus.VOIDED)
    if isinstance(outcome, Refused):
        return payment, failure(payment, "void", amount, outcome, now)
    return payment, PaymentVoidedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        amount=money(payment, amount),
        gateway=payment.gateway,
        voided_at=now,
    )
