"""Charges: each is taken once."""

from datetime import datetime

from crossdock_contracts.payments import PaymentCapturedV1
from services.hub.decision import Decision, Done, Intent, Outcome, Refused, changed
from services.payments.decide.common import answered, failure, going_out, key_of, money
from services.payments.gateways import Capture
from services.payments.state import Movement, Payment


def charge(
    payment: Payment, what: str, amount_minor: int, now: datetime, *, adjusted_minor: int, cards_minor: int = 0
) -> Decision:
    """Set out to take so much; nothing is asked for where a credit or gift cards cover all of it."""
    movement = Movement(
        amount_minor=amount_minor,
        adjusted_minor=adjusted_minor,
        cards_minor=cards_minor,
        authorisation_id=payment.authorisation_id,
        done=not amount_minor,
    )
    payment = changed(payment, captures={**payment.captures, what: movement})
    if not amount_minor:
        return Decision(writes=[payment])
    return going_out(payment, charge_intent(payment, what), now)


def charge_intent(payment: Payment, what: str, *, resumed: bool = False) -> Intent:
    """The call that takes it."""
    movement = payment.captures[what]
    authorisation_id = movement.authorisation_id or payment.authorisation_id
    request = Capture(authorisation_id=authorisation_id, amount=money(payment, movement.amount_minor))
    return Intent(payment.gateway, "capture", key_of("capture", payment, what), request, resumed=resumed)


def charged(payment: Payment, what: str, outcome: Outcome, now: datetime) -> Decision:
    """The gateway's answer to a capture."""
    payment = answered(payment, outcome.key)
    movement = payment.captures[what]
    if isinstance(outcome, Refused):
        failed = changed(movement, failed=outcome.code)
        payment = changed(payment, captures={**payment.captures, what: failed})
        return Decision(writes=[payment], events=[failure(payment, "capture", movement.amount_minor, outcome, now)])
    assert isinstance(outcome, Done)
    done = changed(movement, done=True, reference=outcome.response.reference)
    payment = changed(payment, captures={**payment.captures, what: done})
    captured = PaymentCapturedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        fulfilment_id=what,
        amount=money(payment, movement.amount_minor),
        gateway=payment.gateway,
        capture_id=done.reference,
        captured_at=now,
    )
    return Decision(writes=[payment], events=[captured])
