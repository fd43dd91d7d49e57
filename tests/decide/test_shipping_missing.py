"""Bound goods of which inventory says that they are not there."""

from functools import partial

from crossdock_contracts.labels import LabelVoidedV1
from crossdock_contracts.shipping import FulfilmentKeptV1, ShortPickedV1
from crossdock_contracts.stock import BoundStockMissingV1
from services.hub.decision import Done
from services.shipping.decide import missing
from services.shipping.state import ShipmentStatus
from tests.builders import NOW, fulfilment, fulfilment_line, pieces
from tests.decide.dock import BOUGHT, RULES, Dock

TWO = fulfilment(fulfilment_line(quantity=2, value=2000))


def ask(quantity: int = 1, number: int = 1) -> BoundStockMissingV1:
    return BoundStockMissingV1(
        owner="main", order_id="web:1", ask_id=f"short:A:{number}", fulfilment_id="web:1/1", location_id="BER",
        lines=(pieces(quantity),), reason="counted", recorded_at=NOW,
    )  # fmt: skip


def hears(dock: Dock, message: BoundStockMissingV1) -> None:
    dock.take(partial(missing.give_up, RULES), message, NOW)


def labelled() -> Dock:
    dock = Dock()
    dock.arrives(TWO)
    dock.answered(BOUGHT)
    return dock


def test_missing_pieces_are_given_up_as_a_short_pick() -> None:
    dock = labelled()
    hears(dock, ask(1))
    (short,) = dock.said(ShortPickedV1)
    assert [(line.line_id, line.quantity) for line in short.missing] == [("1", 1)]
    left = dock.shipment.fulfilment
    assert left is not None
    assert (left.lines[0].quantity, left.lines[0].value_minor) == (1, 1000)


def test_when_nothing_is_left_the_label_is_given_back() -> None:
    dock = labelled()
    hears(dock, ask(2))
    assert dock.shipment.status is ShipmentStatus.STOPPED
    assert dock.intent is not None
    assert dock.intent.operation == "void"
    dock.take(partial(missing.settle_given_up, RULES), ask(2), NOW, Done(None))
    assert len(dock.said(LabelVoidedV1)) == 1


def test_what_has_been_picked_is_kept() -> None:
    dock = labelled()
    dock.picked(pieces(2))
    hears(dock, ask(1))
    dock.packed()
    hears(dock, ask(1, number=2))
    assert [event.status for event in dock.said(FulfilmentKeptV1)] == ["picked", "packed"]
    assert dock.said(ShortPickedV1) == []


def test_what_is_asked_twice_is_given_up_once() -> None:
    dock = labelled()
    hears(dock, ask(1))
    again = dock.take(partial(missing.give_up, RULES), ask(1), NOW)
    assert not again.events
    assert len(dock.said(ShortPickedV1)) == 1


def test_a_fulfilment_that_has_not_come_yet_is_waited_for() -> None:
    assert missing.give_up(RULES, Dock().states, ask(), NOW).later is not None
