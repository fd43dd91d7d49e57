"""Substitutes that are kept by lot, or have serial numbers: their pieces are followed as any others are."""

from collections.abc import Callable
from functools import partial

import pytest

from crossdock_contracts.inventory import ReceiveStockV1, Substitute, SubstitutionDecidedV1
from crossdock_contracts.lots import LotsPickedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import Product, ProductChangedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import LotQuantity
from crossdock_contracts.warehouse import SubstitutionWantedV1, WantedSubstitute
from services.inventory.decide import bind, expiry, stock, substitute
from services.inventory.state import Stock
from services.inventory.state_lots import LotPieces, Lots
from services.shipping.decide import substitute as exchange
from services.shipping.rules.work import Substitution
from services.shipping.state import ShipmentStatus
from tests.builders import NOW, fulfilment, fulfilment_line, pieces, shipment_shipped
from tests.decide.bench import Bench, lot, numbers
from tests.decide.dock import BOUGHT, RULES
from tests.decide.shelf import AUTUMN, SPRING, SUMMER, Shelf

WHERE = {"owner": "main", "order_id": "web:1", "fulfilment_id": "web:1/1", "location_id": "BER"}


# -- the stock


def substituted(missing: int = 1, *, received: tuple[tuple[str, str, int], ...] = ()) -> Shelf:
    """Three pieces of A were bound, so many are missing, and A2 is wanted in their place."""
    shelf = Shelf()
    shelf.receives(2, "EARLY", SUMMER)
    shelf.receives(3, "LATE", AUTUMN)
    product = Product(sku="A2", track_lot=True, track_expiry=True, track_serial=True)
    message = ProductChangedV1(owner="main", sku="A2", product=product, changed_at=NOW)
    shelf.take(partial(expiry.learn_product, shelf.rules.shelf_life), message, NOW)
    for name, day, quantity in received or (("SOON", SPRING, 2), ("LATER", SUMMER, 4)):
        come = ReceiveStockV1(owner="main", sku="A2", location_id="BER", quantity=quantity, lot=name, expires_on=day)
        shelf.take(partial(stock.receive, rules=shelf.rules), come, NOW)
    shelf.sells(3)
    wanted = WantedSubstitute(line_id="1", sku="A", by="A2", missing=missing)
    shelf.take(substitute.substitute, SubstitutionWantedV1(**WHERE, attempt=1, lines=(wanted,)), NOW)
    return shelf


def of_a2(shelf: Shelf) -> dict[str, tuple[int, int]]:
    """Pieces of each lot of A2: on hand, bound."""
    found: dict[str, LotPieces] = shelf.get(Lots, "main", "A2", "BER").lots
    return {name: (one.on_hand, one.allocated) for name, one in sorted(found.items())}


def test_lots_of_a_substitute_are_bound_first_expired_first_and_its_pick_is_told() -> None:
    shelf = substituted()
    (answer,) = shelf.said(SubstitutionDecidedV1)
    (one,) = answer.substituted
    told = [(part.lot, part.quantity, part.expires_on) for part in one.lots]
    assert told == [("SOON", 2, SPRING), ("LATER", 1, SUMMER)]
    assert one.track_serial
    assert (of_a2(shelf), shelf.bound()) == ({"SOON": (2, 2), "LATER": (4, 1)}, {"SOON": 2, "LATER": 1})


def test_lots_of_what_was_ordered_are_free_again_but_for_the_missing_pieces() -> None:
    shelf = substituted(missing=1)
    assert (shelf.lots(), shelf.lots("allocated")) == ({"EARLY": 2, "LATE": 2}, {})
    assert (shelf.at().on_hand, shelf.at().allocated) == (4, 0)


def _ship(shelf: Shelf) -> None:
    message = shipment_shipped()
    gone = message.lines[0].model_copy(update={"sku": "A2", "quantity": 3, "ordered_sku": "A"})
    shelf.take(bind.deduct, message.model_copy(update={"lines": (gone,)}), NOW)


def _miss(shelf: Shelf) -> None:
    missing = (pieces(1, 1, "A2"),)
    shelf.take(bind.short_pick, ShortPickedV1(**WHERE, missing=missing, picked=(), picked_at=NOW), NOW)


def _cancel(shelf: Shelf) -> None:
    shelf.cancels(fulfilment(fulfilment_line(quantity=3)), 1)


@pytest.mark.parametrize(
    ("happens", "left"),
    [
        (_ship, {"LATER": (3, 0)}),
        (_miss, {"SOON": (2, 2), "LATER": (3, 0)}),
        (_cancel, {"SOON": (2, 2), "LATER": (4, 0)}),
    ],
)
def test_whatever_becomes_of_a_substitute_its_lots_follow_its_stock(
    happens: Callable[[Shelf], None], left: dict[str, tuple[int, int]]
) -> None:
    shelf = substituted()
    happens(shelf)
    assert of_a2(shelf) == left
    place = shelf.get(Stock, "main", "A2").locations["BER"]
    assert (place.on_hand, place.allocated) == tuple(map(sum, zip(*left.values(), strict=True)))
    assert (shelf.lots(), shelf.lots("allocated")) == ({"EARLY": 2, "LATE": 2}, {})


def test_what_is_too_old_is_no_substitute() -> None:
    shelf = substituted(received=(("OLD", "2026-03-01", 5),))
    (answer,) = shelf.said(SubstitutionDecidedV1)
    assert (answer.substituted, answer.refused, shelf.bound()) == ((), ("1",), {"EARLY": 2, "LATE": 1})


# -- the warehouse

A2 = Substitute(
    line_id="1", sku="A", by="A2", quantity=3, track_serial=True, lots=(LotQuantity(lot="SOON", quantity=3),)
)


def bench(*lots: LotQuantity) -> Bench:
    made = Bench(
        rules=RULES.model_copy(update={"substitutions": (Substitution(sku="A", by="A2", needs_consent=False),)})
    )
    made.comes(*lots)
    made.answered(BOUGHT)
    return made


def decided(made: Bench, *by: Substitute) -> None:
    message = SubstitutionDecidedV1(**WHERE, attempt=1, substituted=by, decided_at=NOW)
    made.take(partial(exchange.substituted, made.rules), message, NOW)


def test_a_substitute_is_picked_from_its_lots_and_ships_with_its_serial_numbers() -> None:
    made = bench(LotQuantity(lot="EARLY", quantity=3))
    made.picks(1)
    decided(made, A2)
    assert made.lots == {"SOON": 3}
    made.picks(3)
    made.packs()
    assert made.refused.reason == "serials-missing"
    made.packs(numbers("S1", "S2", "S3"))
    made.leaves()
    (line,) = made.said(ShipmentShippedV2)[0].lines
    assert (line.sku, line.ordered_sku, line.serials) == ("A2", "A", ("S1", "S2", "S3"))
    assert line.lots == A2.lots


def test_lots_that_a_picker_named_are_not_forgotten_while_substitutes_are_looked_for() -> None:
    made = bench(LotQuantity(lot="EARLY", quantity=2), LotQuantity(lot="LATE", quantity=1))
    made.picks(2, lot("LATE", 2))
    decided(made)
    assert [one.lot for event in made.said(ShortPickedV1) for one in event.lots] == ["LATE"]
    assert (made.lots, made.said(LotsPickedV1), made.shipment.status) == ({"LATE": 2}, [], ShipmentStatus.PICKED)


def test_a_pick_whose_lot_is_recalled_while_substitutes_are_looked_for_is_to_be_done_again() -> None:
    made = bench(LotQuantity(lot="EARLY", quantity=3))
    made.picks(2)
    made.recalled("EARLY")
    decided(made)
    assert made.said(CommandRefusedV1)[0].reason == "lot-recalled"
    assert (made.said(ShortPickedV1), made.shipment.status) == ([], ShipmentStatus.LABELLED)
    assert made.shipment.substituting is None
