"""Taking money: what the buyer pays for goods is captured when they leave, once for each fulfilment."""

from datetime import datetime

from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Decision, Failed, Outcome, States, Unsettled, changed
from services.payments.decide.charge import charge, charge_intent, charged
from services.payments.decide.common import key_of, wait
from services.payments.decide.credit import ACCOUNT, booked
from services.payments.decide.giveback import reduce, reduced_by, settle_reduced
from services.payments.decide.onward import resume, settle, then_onward
from services.payments.state import Movement, Payment, PaymentStatus


def capture_shipped(states: States, message: ShipmentShippedV2, now: datetime) -> Decision:
    """Goods have left: take what the buyer pays for them, once for each fulfilment; substitutes may be worth less.

    A price that has changed since they were placed is charged or credited with the first that leave after it.
    """
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
    fulfilment_id, value = message.fulfilment_id, message.value.amount_minor
    if fulfilment_id in payment.captures:
        if key_of("capture", payment, fulfilment_id) not in payment.intents:
            return resume(payment)
        return Decision(writes=[payment], intent=charge_intent(payment, fulfilment_id, resumed=True))
    cards = min(value, payment.cards_left_minor)
    value -= cards
    spare = payment.left_minor - value if payment.status is PaymentStatus.AUTHORISED else 0
    adjusted = max(-value, min(payment.unsettled_minor, max(0, spare)))
    if value + adjusted <= 0 and not adjusted and not cards:
        return Decision.nothing()
    decision = charge(payment, fulfilment_id, value + adjusted, now, adjusted_minor=adjusted, cards_minor=cards)
    return decision if decision.intent else then_onward(decision, now)


def _charge_account(states: States, payment: Payment, message: ShipmentShippedV2, now: datetime) -> Decision:
    """What was ordered on terms is owed from now on."""
    amount, less = message.value.amount_minor, sum(line.reduced_minor for line in message.lines)
    if message.fulfilment_id in payment.captures:
        return Decision.nothing()
    cards = min(amount, payment.cards_left_minor)
    amount -= cards
    movement = Movement(amount_minor=amount, cards_minor=cards, done=True, reference=ACCOUNT)
    payment = changed(
        payment,
        captures={**payment.captures, message.fulfilment_id: movement},
        cancelled_minor=payment.cancelled_minor + less,
    )
    return booked(states, payment, now, "shipped", ordered=-min(amount + less, payment.on_account_minor), owed=amount)


def settle_capture(states: States, message: ShipmentShippedV2, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the gateway's answer to a capture, or to a call that followed from it."""
    payment = states.get(Payment, message.owner, message.order_id)
    if payment is None:
        return Decision.nothing()
    if outcome.key not in payment.intents:
        return resume(payment)
    if isinstance(outcome, Failed | Unsettled):
        return wait(outcome)
    if outcome.key == key_of("refund", payment, reduced_by(message.fulfilment_id)):
        return settle_reduced(payment, message.fulfilment_id, outcome, now)
    if outcome.key != key_of("capture", payment, message.fulfilment_id):
        return settle(payment, outcome, now)
    return then_onward(charged(payment, message.fulfilment_id, outcome, now), now)
