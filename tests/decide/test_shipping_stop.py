import pytest

from crossdock_contracts.labels import LabelBoughtV1
from crossdock_contracts.shipping import FulfilmentStoppedV1, ShipmentShippedV2
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision
from services.shipping.state import ShipmentStatus
from tests.builders import fulfilment, fulfilment_line, pieces
from tests.decide.dock import BOUGHT, Dock

STEPS = ("arrives", "answered", "picked", "packed", "shipped")


def after(*steps: str) -> Dock:
    """A fulfilment of two pieces, so far on its way."""
    dock = Dock()
    more = {
        "arrives": (fulfilment(fulfilment_line(quantity=2, value=1001)),),
        "answered": (BOUGHT,),
        "picked": (pieces(2),),
    }
    for step in steps:
        getattr(dock, step)(*more.get(step, ()))
    return dock


def answer(dock: Dock) -> tuple[list[int], list[int]]:
    """What the last answer says is stopped, and unstoppable."""
    last = dock.said(FulfilmentStoppedV1)[-1]
    return [part.quantity for part in last.stopped], [part.quantity for part in last.unstoppable]


@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_what_has_not_shipped_is_stopped(done: int) -> None:
    dock = after(*STEPS[:done])
    dock.stop(pieces(2))
    assert answer(dock) == ([2], [])
    assert dock.shipment.status is ShipmentStatus.STOPPED


def test_a_label_that_is_not_needed_any_more_is_given_back_by_the_same_decision() -> None:
    decision = after("arrives", "answered").stop(pieces(2))
    assert (decision.intent.operation, decision.intent.adapter) == ("void", "cheap")
    assert decision.intent.key == "void:main/web:1/1:1"
    assert after("arrives").stop(pieces(2)).intent is None


def test_shipped_beats_stopped() -> None:
    dock = after(*STEPS)
    decision = dock.stop(pieces(2))
    assert (answer(dock), decision.writes) == (([], [2]), [])
    assert dock.said(FulfilmentStoppedV1)[0].detail == "the fulfilment is shipped"


def test_some_pieces_are_stopped_and_the_others_ship_for_their_part_of_the_money() -> None:
    dock = after("arrives", "answered", "picked", "packed")
    dock.stop(pieces(1))
    dock.shipped()
    (shipped,) = dock.said(ShipmentShippedV2)
    assert (shipped.lines[0].quantity, shipped.value.amount_minor) == (1, 501)


@pytest.mark.parametrize(("asked", "stopped"), [(pieces(5), [2]), (pieces(1, 9), [])])
def test_no_more_is_stopped_than_is_there(asked: LineQuantity, stopped: list[int]) -> None:
    dock = after("arrives")
    dock.stop(asked)
    assert answer(dock) == (stopped, [])


def test_the_same_stop_twice_takes_its_pieces_once() -> None:
    dock = after("arrives", "answered")
    dock.stop(pieces(1))
    assert dock.stop(pieces(1)) == Decision()
    assert dock.quantities == {"1": 1}


def test_two_stops_take_the_pieces_of_both() -> None:
    dock = after("arrives", "answered")
    dock.stop(pieces(1))
    dock.stop(pieces(1), cancel_id="c-2")
    assert dock.shipment.status is ShipmentStatus.STOPPED


def test_a_stop_of_what_is_stopped_already_finds_nothing_and_nothing_gone() -> None:
    dock = after("arrives")
    dock.stop(pieces(2))
    dock.stop(pieces(2), cancel_id="c-2")
    assert answer(dock) == ([], [])


def test_a_stop_that_comes_before_its_fulfilment_is_kept_for_it() -> None:
    dock = Dock()
    dock.stop(pieces(1))
    assert answer(dock) == ([1], [])
    assert dock.stop(pieces(1)) == Decision()
    decision = dock.arrives(fulfilment(fulfilment_line(quantity=2)))
    assert (dock.quantities, decision.intent.operation) == ({"1": 1}, "buy")
    assert dock.stop(pieces(1)).events == []


def test_a_fulfilment_all_of_which_was_stopped_before_it_came_buys_no_label() -> None:
    dock = Dock()
    dock.stop(pieces(1))
    dock.stop(pieces(1), cancel_id="c-2")
    decision = dock.arrives(fulfilment(fulfilment_line(quantity=2)))
    assert (decision.intent, dock.shipment.status) == (None, ShipmentStatus.STOPPED)
    assert not dock.said(LabelBoughtV1)


def test_a_stop_that_is_heard_again_while_its_void_is_under_way_has_it_looked_up() -> None:
    dock = after("arrives", "answered")
    void = dock.stop(pieces(2)).intent
    again = dock.stop(pieces(2)).intent
    assert (again.key, again.resumed, again.request_hash) == (void.key, True, void.request_hash)
