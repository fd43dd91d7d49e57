import pytest

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.payments import (
    PaymentAuthorisedV1,
    PaymentCapturedV1,
    PaymentDeclinedV1,
    PaymentFailedV1,
    PaymentRefundedV1,
    PaymentVoidedV1,
)
from crossdock_contracts.returns import RefundRequestedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.values import ChannelPolicy, FulfilledQuantity, Money
from services.hub.decision import Decision, Done, Failed, Refused
from services.payments.decide import authorise, giveback, take
from services.payments.gateways import Authorised, Moved
from services.payments.state import Payment, PaymentStatus
from tests.builders import NOW, captured, hold, line, order, released
from tests.decide.ledger import Ledger

YES = Done(Authorised(authorisation_id="auth_1"))
MOVED = Done(Moved(reference="moved_1"))
NO = Refused("card-declined", "no funds")
AWAY = Failed("out of order", 3.0)


def payment(ledger: Ledger) -> Payment:
    return ledger.get(Payment, "main", "web:1")


def paid(method: str = "token", **fields) -> Ledger:
    """An order whose money is certain."""
    ledger = Ledger()
    message = captured(line(price=1000), method=method, **fields)
    decision = ledger.take(authorise.authorise, message, NOW)
    if decision.intent is not None:
        ledger.take(authorise.settle_authorise, message, NOW, YES)
    return ledger


def shipped(value: int = 1000, fulfilment_id: str = "web:1/1") -> ShipmentShippedV2:
    return ShipmentShippedV2(
        owner="main", order_id="web:1", fulfilment_id=fulfilment_id, location_id="BER",
        lines=(ShippedLine(line_id="1", sku="A", quantity=1, value_minor=value),),
        parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
        value=Money(amount_minor=value, currency="EUR"), shipped_at=NOW,
    )  # fmt: skip


def cancelled(amount: int = 1000, *, complete: bool = True, cancel_id: str = "c-1") -> OrderCancelledV1:
    return OrderCancelledV1(
        owner="main", order_id="web:1", cancel_id=cancel_id, lines=(FulfilledQuantity(line_id="1", quantity=1),),
        complete=complete, amount_minor=amount, reason="requested", decided_by="routing", cancelled_at=NOW,
    )  # fmt: skip


def refund(amount: int = 1000, return_id: str = "R-1") -> RefundRequestedV1:
    money = Money(amount_minor=amount, currency="EUR")
    return RefundRequestedV1(owner="main", order_id="web:1", return_id=return_id, amount=money, reason="not-wanted")


@pytest.mark.parametrize("method", ["prepaid", "cash-on-delivery", "terms"])
def test_what_needs_no_gateway_is_certain_at_once(method):
    ledger = paid(method)
    assert len(ledger.said(PaymentAuthorisedV1)) == 1
    assert payment(ledger).status is PaymentStatus.AUTHORISED


def test_a_token_is_authorised_by_an_intent_that_is_written_down_first():
    ledger = Ledger()
    decision = ledger.take(authorise.authorise, captured(method="token"), NOW)
    assert decision.intent is not None
    assert decision.intent.key == "authorise:main/web:1:1"
    record = payment(ledger).intents[decision.intent.key]
    assert record.request_hash == decision.intent.request_hash
    assert not decision.events


def test_a_decision_that_is_taken_again_names_the_same_key_and_has_it_looked_up():
    ledger = Ledger()
    first = ledger.take(authorise.authorise, captured(method="token"), NOW)
    again = ledger.take(authorise.authorise, captured(method="token"), NOW)
    assert again.intent is not None
    assert (again.intent.key, again.intent.resumed) == (first.intent.key, True)
    assert again.intent.request_hash == first.intent.request_hash
    ledger.take(authorise.settle_authorise, captured(method="token"), NOW, YES)
    assert ledger.take(authorise.authorise, captured(method="token"), NOW) == Decision()


def test_a_decline_is_an_event_and_a_release_tries_again_under_a_new_key():
    ledger = Ledger()
    message = captured(method="token")
    ledger.take(authorise.authorise, message, NOW)
    ledger.take(authorise.settle_authorise, message, NOW, NO)
    assert ledger.said(PaymentDeclinedV1)[0].code == "card-declined"
    again = ledger.take(authorise.authorise_released, released(order(method="token")), NOW)
    assert again.intent.key == "authorise:main/web:1:2"


def test_a_gateway_that_is_out_of_order_is_waited_for_as_long_as_it_asks():
    ledger = Ledger()
    ledger.take(authorise.authorise, captured(method="token"), NOW)
    decision = ledger.take(authorise.settle_authorise, captured(method="token"), NOW, AWAY)
    assert (decision.later.not_before_s, payment(ledger).status) == (3.0, PaymentStatus.AUTHORISING)


def test_a_held_order_is_not_authorised_before_its_release():
    ledger = Ledger()
    assert ledger.take(authorise.authorise, captured(method="token", holds=(hold(),)), NOW).intent is None
    assert ledger.take(authorise.authorise_released, released(order(method="token")), NOW).intent is not None


def test_the_channel_takes_the_payment_where_its_policy_says_so():
    ledger = Ledger()
    decision = ledger.take(
        authorise.authorise, captured(method="token", policy=ChannelPolicy(payment_by="channel")), NOW
    )
    assert decision.intent is None
    assert len(ledger.said(PaymentAuthorisedV1)) == 1


def test_money_is_taken_once_for_each_fulfilment_as_it_ships():
    ledger = paid()
    decision = ledger.take(take.capture_shipped, shipped(600), NOW)
    assert decision.intent.request.amount.amount_minor == 600
    ledger.take(take.settle_capture, shipped(600), NOW, MOVED)
    assert ledger.take(take.capture_shipped, shipped(600), NOW).intent is None
    ledger.take(take.capture_shipped, shipped(400, "web:1/2"), NOW)
    ledger.take(take.settle_capture, shipped(400, "web:1/2"), NOW, MOVED)
    assert [event.amount.amount_minor for event in ledger.said(PaymentCapturedV1)] == [600, 400]
    assert payment(ledger).captured_minor == 1000


def test_prepaid_goods_are_not_charged_again():
    assert paid("prepaid").take(take.capture_shipped, shipped(), NOW).intent is None


def test_a_refused_capture_is_said_so_that_somebody_looks():
    ledger = paid()
    ledger.take(take.capture_shipped, shipped(), NOW)
    ledger.take(take.settle_capture, shipped(), NOW, Refused("expired", "too late"))
    assert ledger.said(PaymentFailedV1)[0].purpose == "capture"


def test_a_cancelled_order_gets_its_authorisation_back():
    ledger = paid()
    decision = ledger.take(giveback.compensate_cancel, cancelled(), NOW)
    assert decision.intent.operation == "void"
    ledger.take(giveback.settle_compensation, cancelled(), NOW, MOVED)
    assert len(ledger.said(PaymentVoidedV1)) == 1
    assert ledger.take(giveback.compensate_cancel, cancelled(), NOW).intent is None


def test_an_order_that_is_cancelled_while_the_gateway_is_asked_is_voided_when_it_answers():
    ledger = Ledger()
    message = captured(method="token")
    ledger.take(authorise.authorise, message, NOW)
    assert ledger.take(giveback.compensate_cancel, cancelled(), NOW).intent is None
    decision = ledger.take(authorise.settle_authorise, message, NOW, YES)
    assert decision.intent.operation == "void"
    assert not ledger.said(PaymentAuthorisedV1)
    ledger.take(authorise.settle_authorise, message, NOW, MOVED)
    assert payment(ledger).status is PaymentStatus.VOIDED


def test_a_partly_cancelled_order_keeps_its_authorisation_and_charges_less():
    ledger = paid()
    assert ledger.take(giveback.compensate_cancel, cancelled(400, complete=False), NOW).intent is None
    assert payment(ledger).cancelled_minor == 400


def test_cancelled_pieces_of_a_prepaid_order_are_paid_back_once():
    ledger = paid("prepaid")
    decision = ledger.take(giveback.compensate_cancel, cancelled(300, complete=False), NOW)
    assert (decision.intent.operation, decision.intent.request.amount.amount_minor) == ("refund", 300)
    again = ledger.take(giveback.compensate_cancel, cancelled(300, complete=False), NOW)
    assert (again.intent.key, again.intent.resumed) == (decision.intent.key, True)
    ledger.take(giveback.settle_compensation, cancelled(300, complete=False), NOW, MOVED)
    assert ledger.said(PaymentRefundedV1)[0].amount.amount_minor == 300
    assert ledger.take(giveback.compensate_cancel, cancelled(300, complete=False), NOW).intent is None


def test_what_the_channel_refunds_is_not_refunded_here():
    policy = ChannelPolicy(payment_by="channel", refund_by="channel")
    ledger = Ledger()
    ledger.take(authorise.authorise, captured(method="token", policy=policy), NOW)
    assert ledger.take(giveback.compensate_cancel, cancelled(), NOW).intent is None


def test_a_cancel_that_comes_before_its_order_leaves_nothing_to_authorise():
    ledger = Ledger()
    ledger.take(giveback.compensate_cancel, cancelled(), NOW)
    assert ledger.take(authorise.authorise, captured(method="token"), NOW).intent is None


def test_a_rejected_order_is_given_everything_back():
    ledger = paid("prepaid")
    rejected = OrderRejectedV1(owner="main", order_id="web:1", reason="fraud", lines=(), rejected_at=NOW)
    decision = ledger.take(giveback.compensate_reject, rejected, NOW)
    assert decision.intent.request.amount.amount_minor == 1000


def test_returned_goods_are_paid_back_once_and_never_more_than_was_paid():
    ledger = paid()
    ledger.take(take.capture_shipped, shipped(), NOW)
    ledger.take(take.settle_capture, shipped(), NOW, MOVED)
    ledger.take(giveback.refund_returned, refund(700), NOW)
    ledger.take(giveback.settle_compensation, refund(700), NOW, MOVED)
    assert ledger.take(giveback.refund_returned, refund(700), NOW).intent is None
    ledger.take(giveback.refund_returned, refund(400, "R-2"), NOW)
    assert ledger.said(PaymentFailedV1)[0].code == "more-than-paid"
    assert payment(ledger).refunded_minor == 700


def test_a_void_that_is_under_way_when_its_message_comes_again_is_looked_up():
    ledger = Ledger()
    message = captured(method="token")
    ledger.take(authorise.authorise, message, NOW)
    ledger.take(giveback.compensate_cancel, cancelled(), NOW)
    first = ledger.take(authorise.settle_authorise, message, NOW, YES).intent

    again = ledger.take(authorise.authorise, message, NOW).intent

    assert (again.key, again.operation, again.resumed) == (first.key, "void", True)
    ledger.take(authorise.settle_authorise, message, NOW, MOVED)
    assert payment(ledger).status is PaymentStatus.VOIDED


@pytest.mark.parametrize("ends", [OrderCancelledV1, OrderRejectedV1])
def test_a_prepaid_order_that_comes_behind_its_end_is_refunded_once(ends):
    ledger = Ledger()
    if ends is OrderCancelledV1:
        ledger.take(giveback.compensate_cancel, cancelled(), NOW)
    else:
        rejected = OrderRejectedV1(owner="main", order_id="web:1", reason="fraud", lines=(), rejected_at=NOW)
        ledger.take(giveback.compensate_reject, rejected, NOW)
    message = captured(line(price=1000))

    decision = ledger.take(authorise.authorise, message, NOW)
    assert decision.intent.request.amount.amount_minor == 1000
    assert ledger.take(authorise.authorise, message, NOW).intent.resumed
    ledger.take(authorise.settle_authorise, message, NOW, MOVED)

    assert [event.amount.amount_minor for event in ledger.said(PaymentRefundedV1)] == [1000]
    assert ledger.take(authorise.authorise, message, NOW) == Decision.nothing()


def test_an_unpaid_order_that_comes_behind_its_end_takes_no_money():
    ledger = Ledger()
    ledger.take(giveback.compensate_cancel, cancelled(), NOW)
    decision = ledger.take(authorise.authorise, captured(method="token"), NOW)
    assert decision.intent is None
    assert payment(ledger).status is PaymentStatus.ENDED
