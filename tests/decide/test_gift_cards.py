"""Gift cards: what they have paid of an order is asked for again, however it ships."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.amendments import OrderAmendedV1
from crossdock_contracts.capture import CancelOrderV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.payments import AccountChangedV1, PaymentFailedV1
from crossdock_contracts.returns import RefundRequestedV1
from crossdock_contracts.values import Customer, LineQuantity, Money
from services.shipping.state import ShipmentStatus
from tests.decide.sale import ABOUT, extra, ships, sold, then, way
from tests.decide.world import World

COD = "cash-on-delivery"
CUSTOMER = Customer(customer_id="C-1", email="c@example.com")


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


@given(cards=st.integers(0, 6000), quantity=st.integers(1, 4), few=st.integers(0, 4), gone=st.integers(0, 3))
def test_a_card_is_charged_what_gift_cards_have_not_paid(cards: int, quantity: int, few: int, gone: int) -> None:
    world = split_over(few, 4)
    world.hands_in(sold(quantity, extra(), gift_cards_minor=cards))
    world.rest()
    total, gone = 1000 * quantity + 500, min(gone, quantity - 1)
    assert sum(world.outside.set_aside.values()) == max(0, total - cards)
    if gone:
        world.hear(CancelOrderV1(**ABOUT, cancel_id="c", lines=(LineQuantity(line_id="1", quantity=gone),)))
        world.rest()
    ships(world)
    assert world.outside.taken == max(0, total - 1000 * gone - cards)
    assert world.audit() == []


def test_a_customer_on_terms_owes_what_gift_cards_have_not_paid() -> None:
    world = way(made=sold(3, method="terms", gift_cards_minor=1800, customer_po="P", customer=CUSTOMER))
    ships(world)
    (*_, last) = world.said(AccountChangedV1)
    assert (last.ordered_minor, last.owed_minor) == (0, 1200)


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


@pytest.mark.parametrize(("before", "after"), [(500, 1500), (1500, 500), (1500, 0)])
def test_a_copy_that_is_paid_with_more_or_fewer_cards_has_the_rest_charged(before: int, after: int) -> None:
    world = then(way("labelled", sold(2, gift_cards_minor=before)), sold(2, gift_cards_minor=after))
    ships(world)
    assert (world.outside.taken, world.audit()) == (2000 - after, [])


def test_of_what_comes_back_the_card_gets_what_it_was_charged_and_no_more() -> None:
    world = way(made=sold(2, gift_cards_minor=1500))
    ships(world)
    asked = Money(amount_minor=2000, currency="EUR")
    world.hear(RefundRequestedV1(**ABOUT, return_id="1", amount=asked, reason="return"))
    world.rest()
    assert (world.outside.taken, world.outside.paid_back, world.said(PaymentFailedV1)) == (500, 500, [])


def elsewhere(total: int, cards: int) -> OrderInput:
    """Two pieces, paid at the shop; what goes back the hub pays."""
    line = LineInput(line_id="1", sku="A", quantity=2, unit_price_minor=total // 2)
    made = sold(2, method="prepaid", gift_cards_minor=cards)
    return made.model_copy(update={"lines": (line,), "total_minor": total})


@pytest.mark.parametrize("cards", [0, 1600, 2000])
def test_of_what_was_paid_elsewhere_no_more_goes_back_than_gift_cards_have_not_paid(cards: int) -> None:
    money = 2000 - cards
    for pieces in (1, 2):
        world = way("reserved", elsewhere(2000, cards))
        world.hear(CancelOrderV1(**ABOUT, cancel_id="c", lines=(LineQuantity(line_id="1", quantity=pieces),)))
        world.rest()
        ships(world)
        left = 2000 - 1000 * pieces
        assert (world.outside.paid_back, world.audit()) == (money - max(0, left - cards), [])
    world = way(made=elsewhere(2000, cards))
    ships(world)
    asked = Money(amount_minor=2000, currency="EUR")
    world.hear(RefundRequestedV1(**ABOUT, return_id="1", amount=asked, reason="return"))
    world.rest()
    assert (world.outside.paid_back, world.said(PaymentFailedV1)) == (money, [])


@pytest.mark.parametrize("stage", ["labelled", "shipped"])
@pytest.mark.parametrize(
    ("before", "after", "back"),
    [((2000, 1600), (1000, 1600), 400), ((2000, 1600), (1000, 1000), 400), ((2000, 600), (1000, 200), 600)],
)
def test_a_lower_price_gives_back_what_the_buyer_owes_less_beside_gift_cards(
    stage: str, before: tuple[int, int], after: tuple[int, int], back: int
) -> None:
    world = then(way(stage, elsewhere(*before)), elsewhere(*after))
    ships(world)
    assert (world.outside.paid_back, world.audit()) == (back, [])
