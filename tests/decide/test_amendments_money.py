"""What an amendment costs: authorised again, charged less, paid back; and no cent of it twice."""

import pytest

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.capture import CancelOrderV1, OrderHeldV1, OrderReleasedV1, ReleaseHoldV1
from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.payments import (
    PaymentAuthorisedV1,
    PaymentCapturedV1,
    PaymentDeclinedV1,
    PaymentRefundedV1,
    PaymentVoidedV1,
)
from crossdock_contracts.returns import RefundRequestedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import LineQuantity, Money, PaymentMethod, PaymentTerms
from services.capture.state import OrderStatus
from services.payments.state import PaymentStatus
from services.shipping.state import Shipment
from tests.decide.sale import (
    ABOUT,
    ELSEWHERE,
    STEP,
    extra,
    money,
    payment,
    reasons,
    record,
    results,
    ships,
    sold,
    then,
    way,
)


@pytest.mark.parametrize("stage", ["reserved", "labelled", "packed"])
def test_more_is_authorised_as_a_whole_and_the_former_authorisation_is_given_back(stage: str) -> None:
    world = then(way(stage), sold(2, extra()))
    assert money(world, PaymentAuthorisedV1) == [2000, 2500]
    assert money(world, PaymentVoidedV1) == [2000]
    assert list(world.outside.set_aside.values()) == [2500]
    world.has("A", BER=10)
    world.rest()
    ships(world)
    assert sum(money(world, PaymentCapturedV1)) == world.outside.taken == 2500


def test_what_was_taken_already_is_not_authorised_again() -> None:
    world = way("labelled", sold(2, extra(price=700)), BER=1, ROT=1)
    gone = world.shipments[0]
    for _ in range(3):
        world.deliver(STEP[gone.status](gone))
        world.rest()
        gone = world.get(Shipment, "main", gone.fulfilment_id)
    (taken,) = money(world, PaymentCapturedV1)

    world.has("B", BER=5)
    world.rest()
    then(world, sold(2, extra(quantity=3, price=700)))

    assert list(world.outside.set_aside.values())[-1] == 2000 + 3 * 700 - taken
    ships(world)
    assert world.outside.taken == 2000 + 3 * 700


def test_a_decline_holds_the_order_and_what_was_placed_before_ships_all_the_same() -> None:
    world = way("labelled")
    world.outside.most_minor = 2100
    then(world, sold(2, extra()))
    assert money(world, PaymentDeclinedV1) == [2500]
    assert reasons(world) == ["payment-declined"]
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 2}
    assert money(world, PaymentCapturedV1) == [2000]

    world.outside.most_minor = None
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest()
    ships(world)
    assert world.pieces_said(ShipmentShippedV2) == {"1": 2, "2": 1}
    assert (money(world, PaymentCapturedV1), record(world).status) == ([2000, 500], OrderStatus.COMPLETED)


def test_an_order_that_is_cancelled_after_a_decline_gives_back_what_was_set_aside_before() -> None:
    world = way("labelled")
    world.outside.most_minor = 2100
    then(world, sold(2, extra()))
    world.hear(CancelOrderV1(**ABOUT))
    world.rest()
    assert (world.outside.set_aside, payment(world).status) == ({}, PaymentStatus.VOIDED)


def test_a_lower_price_is_charged_less_and_needs_no_leave() -> None:
    world = then(way("packed"), sold(2, discount_minor=300, total_minor=1700))
    assert (results(world, "amount"), money(world, PaymentAuthorisedV1)) == ({"applied"}, [2000])
    ships(world)
    assert (money(world, PaymentCapturedV1), payment(world).due_minor) == ([1700], 1700)


def test_a_higher_price_of_what_is_placed_is_charged_with_the_next_that_leaves() -> None:
    world = then(way("packed"), sold(2, shipping_minor=490, total_minor=2490))
    ships(world)
    assert money(world, PaymentCapturedV1) == [2490]
    assert world.outside.taken == payment(world).due_minor == 2490


def test_a_lower_price_after_everything_has_left_is_paid_back_once() -> None:
    world = way("shipped")
    cheaper = sold(2, discount_minor=300, total_minor=1700)
    then(then(world, cheaper), cheaper)
    assert (money(world, PaymentCapturedV1), money(world, PaymentRefundedV1)) == ([2000], [300])
    assert world.said(PaymentRefundedV1)[0].reason == "amended"
    assert world.said(OrderHeldV1) == []
    then(world, sold(2, shipping_minor=490, total_minor=2490))
    assert [event.hold.reason for event in world.said(OrderHeldV1)] == ["late-arrival"]


def test_returned_goods_bring_back_what_is_left_of_what_was_paid() -> None:
    world = then(way("shipped"), sold(2, discount_minor=300, total_minor=1700))
    wanted = Money(amount_minor=2000, currency="EUR")
    world.hear(RefundRequestedV1(**ABOUT, return_id="R-1", amount=wanted, reason="not-wanted"))
    world.rest()
    assert money(world, PaymentRefundedV1) == [300, 1700]


def test_swapped_goods_of_the_same_price_move_no_money() -> None:
    world = then(way("labelled"), sold(1, extra(price=1000)))
    (amended,) = world.said(OrderAmendedV1)
    assert (amended.amount_minor, amended.repriced_minor) == (0, 0)
    assert (money(world, PaymentAuthorisedV1), money(world, PaymentRefundedV1)) == ([2000], [])
    ships(world)
    assert sum(money(world, PaymentCapturedV1)) == 2000


@pytest.mark.parametrize(("refund_by", "paid_back"), [("web", [1000]), ("marketplace", [])])
def test_less_of_a_prepaid_order_is_paid_back_by_whoever_refunds(refund_by: str, paid_back: list[int]) -> None:
    world = way("labelled", sold(method="prepaid"))
    if refund_by == "marketplace":
        world = type(world)()
        world.has("A", BER=5)
        world.rest()
        world.hands_in(sold(method="prepaid"), "marketplace")
        world.rest()
        world.hands_in(sold(1, method="prepaid"), "marketplace")
        world.rest()
    else:
        then(world, sold(1, method="prepaid"))
    assert money(world, PaymentRefundedV1) == paid_back


def test_a_prepaid_copy_with_another_payment_counts_as_it_is() -> None:
    anew = PaymentTerms(method=PaymentMethod.PREPAID, reference="paid-2")
    world = then(way("labelled", sold(method="prepaid")), sold(1, payment=anew))
    assert (money(world, PaymentRefundedV1), payment(world).reference) == ([], "paid-2")


def test_what_the_carrier_collects_is_right_on_the_label_that_goes_along() -> None:
    world = then(way("labelled", sold(3, method="cash-on-delivery", shipping_minor=490, total_minor=3490)),
                 sold(1, method="cash-on-delivery", shipping_minor=490, total_minor=1490))  # fmt: skip
    assert results(world, "cash") == {"re-routed"}
    assert [one.fulfilment.cash_on_delivery_minor for one in world.said(StockAllocatedV1)] == [3490, 1490]
    ships(world)
    assert [shipped.value.amount_minor for shipped in world.said(ShipmentShippedV2)] == [1490]


def test_cancelled_pieces_are_worth_what_they_cost_since_the_price_changed() -> None:
    world = way("labelled", sold(2, extra(), method="prepaid", shipping_minor=500, total_minor=3000))
    then(world, sold(2, extra(), method="prepaid"))
    world.hear(CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="1", quantity=2),)))
    world.rest()
    assert money(world, PaymentRefundedV1) == [500, 2000]
    ships(world)
    assert (payment(world).due_minor, world.audit()) == (500, [])


def test_a_held_order_simply_costs_what_its_newer_copy_says() -> None:
    world = then(way(made=sold(total_minor=9999, method="prepaid")), sold(method="prepaid"))
    assert (money(world, PaymentAuthorisedV1), money(world, PaymentRefundedV1)) == ([2000], [])
    assert len(world.said(OrderReleasedV1)) == 1
    assert payment(world).amount_minor == 2000


def test_a_new_address_costs_nothing() -> None:
    world = then(way("labelled"), sold(ship_to=ELSEWHERE))
    assert world.said(OrderAmendedV1)[0].amount_minor == 0
    assert (money(world, PaymentAuthorisedV1), money(world, PaymentVoidedV1)) == ([2000], [])
