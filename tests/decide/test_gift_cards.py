"""Gift cards: what they have paid of an order is not collected at the door again, however it ships."""

from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.capture import CancelOrderV1
from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.values import LineQuantity
from services.shipping.state import ShipmentStatus
from tests.decide.sale import ABOUT, extra, ships, sold, then, way
from tests.decide.world import World

COD = "cash-on-delivery"


def collected(world: World) -> int:
    """What is to be collected, or was, with all that ships."""
    live = [one for one in world.shipments if one.status is not ShipmentStatus.STOPPED and one.fulfilment]
    return sum(one.fulfilment.cash_on_delivery_minor for one in live if one.fulfilment)


def split_over(few: int, more: int) -> World:
    """Goods in two places."""
    world = World()
    world.has("A", BER=few, LYS=more)
    world.has("B", LYS=9)
    world.rest()
    return world


@given(
    cards=st.integers(0, 6000),
    quantity=st.integers(1, 4),
    few=st.integers(0, 4),
    shipping=st.integers(0, 700),
    gone=st.integers(0, 3),
)
def test_at_the_door_is_collected_what_the_order_costs_less_what_gift_cards_have_paid(
    cards: int, quantity: int, few: int, shipping: int, gone: int
) -> None:
    world = split_over(few, 4)
    total = 1000 * quantity + 500 + shipping
    world.hands_in(
        sold(quantity, extra(), method=COD, shipping_minor=shipping, total_minor=total, gift_cards_minor=cards)
    )
    world.rest()
    assert collected(world) == max(0, total - cards)

    before = collected(world)
    gone = min(gone, quantity - 1)
    if gone:
        world.hear(CancelOrderV1(**ABOUT, cancel_id="c", lines=(LineQuantity(line_id="1", quantity=gone),)))
        world.rest()
    ships(world)
    for one in world.shipments:
        assert one.fulfilment is None or one.fulfilment.cash_on_delivery_minor >= 0
    assert max(0, total - 1000 * gone - shipping - cards) <= collected(world) <= before


def test_pieces_that_are_placed_later_use_what_is_left_of_the_cards() -> None:
    world = way("reserved", sold(2, extra(), method=COD, gift_cards_minor=1800))
    world.has("A", BER=5)
    world.rest()
    cash = [one.fulfilment.cash_on_delivery_minor for one in world.said(StockAllocatedV1)]
    assert sum(cash) == 700


def test_a_copy_that_is_paid_with_more_cards_has_less_collected() -> None:
    world = then(way("labelled", sold(2, method=COD)), sold(2, method=COD, gift_cards_minor=1500))
    assert [part.change for part in world.said(OrderAmendedV1)[0].results] == ["cash"]
    ships(world)
    assert collected(world) == 500
