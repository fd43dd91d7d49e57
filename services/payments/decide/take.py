"""Taking money: what the buyer pays for goods is captured when they leave, once for each fulfilment."""

from datetime import datetime

from crossdock_contracts.payments import PaymentCapturedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Decision, Done, Failed, Intent, Outcome, Refused, States, changed
from services.payments.decide.common import answered, failure, going_out, key_of, money, wait
from services.payments.decide.credit import ACCOUNT, booked
from services.payments.decide.giveback import reduce, reduced_by, settle_reduced
from services.payments.gateways import Capture
from services.payments.state import Movement, Payment


def capture_shipped(states: States, message: ShipmentShippedV2, now: datetime) -> Decision:
    """Goods have left: take what the buyer pays for them, once for each fulfilment; substitutes may be worth less."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is not None and payment.method is PaymentMethod.TERMS:
        return _charge_account(states, payment, message, now)
    if payment is None:
        return Decision.nothing()
    less = sum(line.reduced_minor for line in message.lines)
    if payment.method is not PaymentMethod.TOKEN:
        return reduce(states, payment, message.fulfilment_id, less, now) if less else Decision.nothing()
    reduced = reduce(states, payment, message.fulfilment_id, less, now) if less else Decision()
    payment = next((one for one in reduced.writes if isinstance(one, Payment)), payment)
    return reduced.and_then(_capture(payment, message, now))


def _capture(payment: Payment, message: ShipmentShippedV2, now: datetime) -> Decision:
    known = payment.captures.get(message.fulfilment_id)
    amount = message.value.amount_minor
    key = key_of("capture", payment, message.fulfilment_id)
    if (known is not None and key not in payment.intents) or amount <= 0:
        return Decision.nothing()
    request = Capture(authorisation_id=payment.authorisation_id, amount=money(payment, amount))
    intent = Intent(payment.gateway, "capture", key, request, resumed=known is not None)
    movements = {**payment.captures, message.fulfilment_id: Movement(amount_minor=amount)}
    return going_out(changed(payment, captures=movements), intent, now)


def _charge_account(states: States, payment: Payment, message: ShipmentShippedV2, now: datetime) -> Decision:
    """What was ordered on terms is owed from now on."""
    amount, less = message.value.amount_minor, sum(line.reduced_minor for line in message.lines)
    if message.fulfilment_id in payment.captures:
        return Decision.nothing()
    charged = Movement(amount_minor=amount, done=True, reference=ACCOUNT)
    payment = changed(
        payment,
        captures={**payment.captures, message.fulfilment_id: charged},
        cancelled_minor=payment.cancelled_minor + less,
    )
    return booked(states, payment, now, "shipped", ordered=-min(amount + less, payment.on_account_minor), owed=amount)


def settle_capture(states: States, message: ShipmentShippedV2, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the gateway's answer to a capture."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None or outcome.key not in payment.intents:
        return Decision.nothing()
    if isinstance(outcome, Failed):
        return wait(outcome)
    if outcome.key == key_of("refund", payment, reduced_by(message.fulfilment_id)):
        return settle_reduced(payment, message.fulfilment_id, outcome, now)
    payment = answered(payment, outcome.key)
    movement = payment.captures[message.fulfilment_id]
    if isinstance(outcome, Refused):
        failed = changed(movement, failed=outcome.code)
        payment = changed(payment, captures={**payment.captures, message.fulfilment_id: failed})
        return Decision(writes=[payment], events=[failure(payment, "capture", movement.amount_minor, outcome, now)])
    assert isinstance(outcome, Done)
    done = changed(movement, done=True, reference=outcome.response.reference)
    payment = changed(payment, captures={**payment.captures, message.fulfilment_id: done})
    captured = PaymentCapturedV1(
        owner=payment.owner,
        order_id=payment.order_id,
        fulfilment_id=message.fulfilment_id,
        amount=money(payment, movement.amount_minor),
        gateway=payment.gateway,
        capture_id=done.reference,
        captured_at=now,
    )
    return Decision(writes=[payment], events=[captured])
