"""Kits have no stock of their own: what there is of them is what their components allow."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.inventory import (
    AdjustStockV1,
    CountStockV1,
    ReceiveStockV1,
    SetSafetyStockV1,
    TransferStockV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import KitComponent, Product, ProductChangedV1
from crossdock_contracts.values import FulfilledQuantity
from services.inventory.decide import kits, promise, release, stock
from services.inventory.decide.answers import Availability, AvailabilityQuestion, availability
from services.inventory.rules import NO_RULES
from services.inventory.state import Kit, LocationStock, Reservation, Stock
from tests.builders import NOW, captured, line, order, released
from tests.decide.ledger import Ledger

KIT = Kit(sku="K", components=(KitComponent(sku="A", quantity=1), KitComponent(sku="B", quantity=2)), changed_at=NOW)


def shelf(sku: str, reserved: int = 0, **places: int) -> Stock:
    there = {name: LocationStock(on_hand=pieces) for name, pieces in places.items()}
    return Stock(sku=sku, locations=there, reserved=reserved)


def told(sku: str = "K", *parts: str, at: Any = NOW) -> ProductChangedV1:
    components = tuple(KitComponent(sku=part, quantity=2) for part in parts)
    return ProductChangedV1(owner="main", sku=sku, product=Product(sku=sku, components=components), changed_at=at)


def asked(ledger: Ledger, *skus: str) -> list[Availability]:
    return availability(NO_RULES, ledger.states, AvailabilityQuestion(skus=list(skus)), NOW)


def test_a_kit_is_as_available_as_its_scarcest_component() -> None:
    ledger = Ledger(KIT, shelf("A", BER=5, ROT=1), shelf("B", BER=4, LYS=9, reserved=2))
    (found,) = asked(ledger, "K")
    assert (found.promisable, found.on_hand) == (5, 0)
    assert {place.location_id: place.available for place in found.locations} == {"BER": 2, "ROT": 0, "LYS": 0}
    assert [(part.sku, part.quantity, part.promisable) for part in found.components] == [("A", 1, 6), ("B", 2, 11)]


def test_a_kit_of_which_a_component_was_never_in_stock_is_not_available() -> None:
    assert asked(Ledger(KIT, shelf("A", BER=5)), "K")[0].promisable == 0


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(-3, 20)), st.lists(st.integers(1, 4), min_size=3, max_size=3)
)
def test_so_many_kits_can_be_promised_and_not_one_more(free: dict[str, int], each: list[int]) -> None:
    parts = dict(zip("ABC", each, strict=True))
    kit = Kit(sku="K", components=tuple(KitComponent(sku=s, quantity=n) for s, n in parts.items()), changed_at=NOW)
    shelves = [shelf(sku, reserved=max(0, -pieces), BER=max(0, pieces)) for sku, pieces in free.items()]
    count = asked(Ledger(kit, *shelves), "K")[0].promisable

    def enough(kits_: int) -> bool:
        return all(kits_ * n <= max(0, free.get(sku, 0)) for sku, n in parts.items())

    assert enough(count)
    assert not enough(count + 1)


def test_kits_and_goods_are_told_in_the_order_asked_and_what_is_not_known_is_left_out() -> None:
    ledger = Ledger(KIT, shelf("A", BER=5))
    assert [one.sku for one in asked(ledger, "A", "none", "K")] == ["A", "K"]


def test_only_kits_are_kept() -> None:
    ledger = Ledger()
    assert not ledger.take(kits.learn_kit, told("A"), NOW).writes
    ledger.take(kits.learn_kit, told("K", "A"), NOW)
    assert ledger.get(Kit, "main", "K").components == (KitComponent(sku="A", quantity=2),)
    assert not ledger.take(kits.learn_kit, told("K", "A"), NOW).writes


def test_what_is_a_kit_no_longer_has_stock_again_and_an_older_word_does_not_change_that() -> None:
    ledger = Ledger(shelf("K", BER=3))
    ledger.take(kits.learn_kit, told("K", "A"), NOW)
    assert asked(ledger, "K")[0].promisable == 0
    ledger.take(kits.learn_kit, told("K", at=NOW + timedelta(minutes=1)), NOW)
    ledger.take(kits.learn_kit, told("K", "B"), NOW)
    assert asked(ledger, "K")[0].promisable == 3


@pytest.mark.parametrize(
    ("decide", "message"),
    [
        (stock.receive, ReceiveStockV1(owner="main", sku="K", location_id="BER", quantity=1)),
        (stock.adjust, AdjustStockV1(owner="main", sku="K", location_id="BER", delta=1, reason="found")),
        (stock.count, CountStockV1(owner="main", sku="K", location_id="BER", counted=1)),
        (stock.set_safety, SetSafetyStockV1(owner="main", sku="K", location_id="BER", quantity=1)),
        (
            stock.transfer,
            TransferStockV1(owner="main", sku="K", from_location_id="BER", to_location_id="ROT", quantity=1),
        ),
    ],
)
def test_commands_about_the_stock_of_a_kit_are_refused_and_name_its_components(decide: Any, message: Any) -> None:
    ledger = Ledger(KIT)
    decision = ledger.take(kits.of_goods(decide), message, NOW)
    (refused,) = ledger.said(CommandRefusedV1)
    assert (refused.reason, refused.entity_id, decision.writes) == ("is-kit", "K", [])
    assert "name its components instead: 1 × A, 2 × B" in refused.detail


def test_commands_about_goods_are_carried_out_as_before() -> None:
    ledger = Ledger(KIT)
    message = ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=1)
    ledger.take(kits.of_goods(stock.receive), message, NOW)
    assert ledger.get(Stock, "main", "A").promisable == 1


@pytest.mark.parametrize("turn", [*permutations(range(3))])
def test_kits_that_were_cancelled_before_anybody_knew_that_they_are_kits_are_not_reserved(
    turn: tuple[int, ...],
) -> None:
    """Three of a listing, one of them cancelled; then it is mapped to two kits of one A and two B: four are left."""
    unnamed = line(1, sku=None, quantity=3)
    parts = (
        line(1, sku="A", quantity=3, line_id="1/1", kit_line_id="1").model_copy(update={"quantity": 6}),
        line(1, sku="B", quantity=3, line_id="1/2", kit_line_id="1").model_copy(update={"quantity": 12}),
    )
    cancelled = OrderCancelledV1(
        owner="main", order_id="web:1", cancel_id="c", lines=(FulfilledQuantity(line_id="1", quantity=1),),
        complete=False, amount_minor=1000, reason="requested", decided_by="capture", cancelled_at=NOW,
    )  # fmt: skip
    steps = [
        (promise.reserve, captured(unnamed)),
        (release.release_cancelled, cancelled),
        (promise.reserve_released, released(order(*parts))),
    ]
    ledger = Ledger(shelf("A", BER=20), shelf("B", BER=20))
    for number in turn:
        ledger.take(*steps[number], NOW)
    promised = {one.line_id: one.promised for one in ledger.get(Reservation, "main", "web:1").lines}
    assert promised == {"1/1": 4, "1/2": 8}
    assert (ledger.get(Stock, "main", "A").reserved, ledger.get(Stock, "main", "B").reserved) == (4, 8)


def test_a_pack_that_was_cancelled_before_it_was_named_gives_all_its_pieces_back_however_late_that_is_heard() -> None:
    ledger = Ledger(shelf("A", BER=20))
    six = line(1, sku="A", quantity=3).model_copy(update={"quantity": 18})
    cancelled = OrderCancelledV1(
        owner="main", order_id="web:1", cancel_id="c", lines=(FulfilledQuantity(line_id="1", quantity=1),),
        complete=False, amount_minor=1000, reason="requested", decided_by="capture", cancelled_at=NOW,
    )  # fmt: skip
    ledger.take(promise.reserve_released, released(order(six)), NOW)
    ledger.take(release.release_cancelled, cancelled, NOW)
    assert ledger.get(Stock, "main", "A").reserved == 12
