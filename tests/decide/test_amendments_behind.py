"""Amendments and cancels where a service is behind: it hears of them, or of what came before, after all others."""

from crossdock_contracts.amendments import AmendmentRequestedV1, OrderAmendedV1
from crossdock_contracts.capture import CancelOrderV1, OrderCancelledV1, OrderHeldV1, ReleaseHoldV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.payments import PaymentAuthorisedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import LineQuantity
from services.capture.state import OrderStatus
from services.inventory.state import Stock
from tests.builders import order_input
from tests.decide.sale import ABOUT, ELSEWHERE, STEP, extra, reasons, record, ships, sold, way
from tests.decide.world import World


def _split(*more: LineInput) -> World:
    """An order of three pieces, one of which ships from Berlin and two from Rotterdam, and of more that is there."""
    world = World()
    world.has("A", BER=1, ROT=2)
    world.has("B", BER=5)
    world.rest()
    world.hands_in(sold(3, *more))
    return world


def _ends_well(world: World) -> None:
    world.rest()
    ships(world)
    assert world.parked == []
    assert world.audit() == []
    assert record(world).status is OrderStatus.COMPLETED
    for stock in world.all_of(Stock):
        assert (stock.reserved, stock.waiting) == (0, 0)
        assert all(place.allocated == 0 for place in stock.locations.values())


def test_pieces_that_come_again_are_not_placed_by_the_promise_of_those_that_went() -> None:
    world = _split(extra())
    world.rest()
    world.hands_in(order_input("1", extra(), ship_to=ELSEWHERE, payment=sold().payment))  # recalled, and without A
    world.rest("inventory", OrderAmendedV1)
    world.hands_in(sold(2, extra(), ship_to=ELSEWHERE))
    world.rest("inventory", OrderAmendedV1)
    _ends_well(world)


def test_pieces_that_are_cancelled_of_a_fulfilment_before_it_is_bound_are_not_bound_to_it() -> None:
    world = _split()
    world.rest("inventory", OrderRoutedV1)
    (first, second) = world.said(OrderRoutedV1)[0].fulfilments
    world.hear(CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="1", quantity=1),)))
    world.rest("inventory", OrderRoutedV1)
    (gone,) = world.said(OrderCancelledV1)[0].lines
    assert gone.fulfilment_id == first.fulfilment_id

    world.rest()
    bound = {name: place.allocated for name, place in world.get(Stock, "main", "A").locations.items()}
    assert bound == {first.location_id: first.lines[0].quantity - 1, second.location_id: second.lines[0].quantity}
    _ends_well(world)


def test_a_cancel_of_all_that_is_left_waits_for_the_cancels_that_came_while_the_order_was_held() -> None:
    world = World()
    world.has("A", BER=5)
    world.rest()
    world.hands_in(sold(3, total_minor=1))
    world.rest()
    world.hear(CancelOrderV1(**ABOUT, lines=(LineQuantity(line_id="1", quantity=1),), cancel_id="first"))
    world.rest("routing", OrderCancelledV1)
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest("routing", OrderCancelledV1)
    world.hear(CancelOrderV1(**ABOUT, cancel_id="rest"))
    world.rest("routing", OrderCancelledV1)
    world.rest()

    assert [(one.cancel_id, one.lines[0].quantity) for one in world.said(OrderCancelledV1)] == [
        ("first", 1),
        ("rest", 2),
    ]
    assert world.audit() == []


def test_a_lower_price_is_paid_back_once_what_was_taken_has_been_taken() -> None:
    world = way("packed")
    for one in world.shipments:
        world.hear(STEP[one.status](one))
    while not [intent for _, intent in world.abroad if intent.operation == "capture"]:
        world.ready[0]()
    asked = world.abroad.pop()
    world.rest()
    world.hands_in(sold(2, discount_minor=500, total_minor=1500))
    world.rest()
    world.abroad.append(asked)
    world.rest()

    assert (world.outside.taken, world.outside.paid_back) == (2000, 500)
    assert reasons(world) == []
    assert world.audit() == []


def test_a_lower_price_of_goods_that_the_order_never_had_is_for_somebody_to_see() -> None:
    world = way("packed")
    world.hands_in(sold(2, extra()))  # too late: routing hears of it once all has shipped
    world.hear(*(STEP[one.status](one) for one in world.shipments))
    world.rest("routing", AmendmentRequestedV1)
    world.rest()
    assert reasons(world) == ["amendment-refused"]
    stock = world.get(Stock, "main", "B")

    world.hands_in(sold(2, extra(), discount_minor=100, total_minor=2400))
    world.rest()

    assert reasons(world) == ["amendment-refused", "late-arrival"]
    assert world.get(Stock, "main", "B") == stock
    assert world.outside.paid_back == 0


def test_an_order_on_terms_whose_hold_is_heard_of_after_its_release_goes_on() -> None:
    world = World()
    world.has("A", BER=5)
    world.rest()
    world.hands_in(sold(1, method="terms", total_minor=1))
    world.hands_in(sold(1, method="terms"))  # mends it
    world.rest("routing", PaymentAuthorisedV1)
    world.hands_in(sold(2, method="terms"))  # another amount: somebody has to look
    world.rest("routing", OrderHeldV1, PaymentAuthorisedV1)
    world.hear(ReleaseHoldV1(**ABOUT))
    world.rest("routing", OrderHeldV1, PaymentAuthorisedV1)
    assert [held.hold.reason for held in world.said(OrderHeldV1)] == ["changed-at-source"]
    world.rest("routing", PaymentAuthorisedV1)
    _ends_well(world)
