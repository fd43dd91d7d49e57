"""Waves: fulfilments that are picked in one go, in the order of the bins, each in one wave at most."""

from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock_contracts.fulfilments import Fulfilment, FulfilmentLine
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import ConfirmPickedV1, FulfilmentPickedV1
from crossdock_contracts.values import LineQuantity
from crossdock_contracts.warehouse import (
    AssignBinsV1,
    BinsAssignedV1,
    CloseWaveV1,
    PlanWaveV1,
    ReleaseWaveV1,
    WaveClosedV1,
    WavePlannedV1,
    WaveReleasedV1,
)
from services.hub.decision import Decision
from services.shipping.decide import bins, label, waves, work
from services.shipping.decide.answers import PickListQuestion, WaveQuestion, list_picks, next_wave
from services.shipping.decide.bins import on_the_way
from services.shipping.decide.picklist import PickList
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state_work import PICK, Task
from tests.builders import BERLIN, NOW, allocated, fulfilment, fulfilment_line, later
from tests.decide.dock import RULES
from tests.decide.ledger import Ledger

AT = {"owner": "main", "location_id": "BER"}


def floor(**fields: Any) -> Rules:
    """The dock's rules, Berlin working with the hub and labelling at pack."""
    berlin = ShipFrom(address=BERLIN, **{"work": "hub", "label_at": "pack", **fields})
    return RULES.model_copy(update={"locations": {**RULES.locations, "BER": berlin}})


class Floor(Ledger):
    """Shipping's decisions about the fulfilments of Berlin."""

    def __init__(self, rules: Rules | None = None) -> None:
        super().__init__()
        self.rules = rules or floor()

    def waits(self, order_id: str, *lines: FulfilmentLine, hours: float = 0, **fields: Any) -> str:
        """A fulfilment comes to be picked; its id."""
        made: Fulfilment = fulfilment(*lines, order_id=order_id).model_copy(update=fields)
        message = allocated(made).model_copy(update={"allocated_at": later(hours=hours)})
        self.take(partial(label.ship, self.rules, lambda _: False), message, NOW)
        return made.fulfilment_id

    def next_wave(self, **fields: Any) -> list[str]:
        return next_wave(self.rules, self.states, WaveQuestion(location_id="BER", **fields), NOW)

    def plan(self, wave: str, *fulfilments: str) -> Decision:
        message = PlanWaveV1(**AT, wave_id=wave, fulfilments=fulfilments or tuple(self.next_wave()))
        return self.take(partial(waves.plan_wave, self.rules), message, NOW)

    def picks(self, name: str, *quantities: int) -> Decision:
        lines = tuple(LineQuantity(line_id=str(n), quantity=q) for n, q in enumerate(quantities or (1,), start=1) if q)
        about = {"owner": "main", "order_id": name.rpartition("/")[0], "fulfilment_id": name}
        return self.take(partial(work.confirm_picked, self.rules), ConfirmPickedV1(**about, lines=lines), NOW)

    def lies(self, sku: str, *where: str) -> Decision:
        return self.take(bins.assign_bins, AssignBinsV1(**AT, sku=sku, bins=where), NOW)

    def pick_list(self, wave: str) -> PickList:
        found = list_picks(self.rules, self.states, PickListQuestion(location_id="BER", wave_id=wave), NOW)
        assert found is not None
        return found

    def members(self, wave: str) -> list[tuple[str, int, str]]:
        """Who is in a wave: fulfilment, position, in whose parcel."""
        (planned,) = (event for event in self.said(WavePlannedV1) if event.wave_id == wave)
        return [(one.fulfilment_id, one.position, one.packed_with) for one in planned.members]


def test_a_wave_takes_the_most_urgent_first_and_no_more_than_it_should() -> None:
    floor = Floor()
    names = [floor.waits(f"web:{n}", priority=priority) for n, priority in enumerate((5, 3, 5, 1), start=1)]
    assert floor.next_wave(most=2) == [names[3], names[1]]
    assert floor.next_wave(priority=3) == [names[3], names[1]]
    express = floor.waits("web:9", service_level="express")
    assert floor.next_wave(service_level="express") == [express]


def test_a_fulfilment_is_in_one_wave_at_most() -> None:
    floor = Floor()
    first, second = floor.waits("web:1"), floor.waits("web:2")
    floor.plan("w1", first)
    assert floor.next_wave() == [second]

    floor.plan("w2", first, second, "web:9/1")

    assert [name for name, *_ in floor.members("w2")] == [second]
    assert floor.said(WavePlannedV1)[-1].left_out == (first, "web:9/1")
    assert floor.plan("w3", first, second).writes == []
    assert "is to be picked at BER and in no wave yet" in floor.said(CommandRefusedV1)[0].detail


def test_a_wave_that_is_planned_twice_is_planned_once() -> None:
    floor = Floor()
    name = floor.waits("web:1")
    floor.plan("w1", name)
    assert floor.plan("w1", name) == Decision()


def test_what_a_closed_wave_did_not_pick_goes_into_the_next() -> None:
    floor = Floor()
    first, second = floor.waits("web:1"), floor.waits("web:2")
    floor.plan("w1")
    floor.take(waves.release_wave, ReleaseWaveV1(**AT, wave_id="w1"), NOW)
    assert floor.take(waves.release_wave, ReleaseWaveV1(**AT, wave_id="w1"), NOW) == Decision()
    floor.picks(first)
    floor.take(waves.close_wave, CloseWaveV1(**AT, wave_id="w1"), NOW)
    assert floor.take(waves.close_wave, CloseWaveV1(**AT, wave_id="w1"), NOW) == Decision()

    assert len(floor.said(WaveReleasedV1)) == 1
    assert [event.left for event in floor.said(WaveClosedV1)] == [(second,)]
    assert [event.wave_id for event in floor.said(FulfilmentPickedV1)] == ["w1"]
    assert floor.next_wave() == [second]


@pytest.mark.parametrize("command", [ReleaseWaveV1, CloseWaveV1])
def test_a_wave_that_there_is_not_is_refused(command: Any) -> None:
    floor = Floor()
    decide = waves.release_wave if command is ReleaseWaveV1 else waves.close_wave
    floor.take(decide, command(**AT, wave_id="w9"), NOW)
    assert "wave w9 of BER is not known" in floor.said(CommandRefusedV1)[0].detail


def test_a_pick_list_goes_by_each_bin_once_and_says_for_whom_the_pieces_are() -> None:
    floor = Floor()
    first = floor.waits("web:1", fulfilment_line(1, "A", 2), fulfilment_line(2, "B", 1))
    second = floor.waits("web:2", fulfilment_line(1, "A", 3), fulfilment_line(2, "C", 1), hours=1)
    floor.lies("A", "A-10-1", "Z-1")
    floor.lies("B", "A-2-1")
    floor.plan("w1")

    walk = floor.pick_list("w1").fetches

    assert [(one.bin, one.sku, one.quantity) for one in walk] == [("A-2-1", "B", 1), ("A-10-1", "A", 5), ("", "C", 1)]
    assert [(put.position, put.fulfilment_id, put.quantity) for put in walk[1].puts] == [(1, first, 2), (2, second, 3)]
    assert walk[1].other_bins == ("Z-1",)


def test_what_has_been_picked_is_not_on_the_list_any_more() -> None:
    floor = Floor()
    first, second = floor.waits("web:1"), floor.waits("web:2", hours=1)
    floor.plan("w1")
    floor.picks(first)
    assert [place.fulfilments for place in floor.pick_list("w1").places] == [[second]]
    assert [one.quantity for one in floor.pick_list("w1").fetches] == [1]


def test_bins_are_walked_zone_by_zone_and_counted_as_people_do() -> None:
    names = ["B-1-1", "A-10-2", "C-1", "A-9-10", "A-9-2", "", "a-9-2b"]
    walked = sorted(names, key=partial(on_the_way, ("C", "A")))
    assert walked == ["C-1", "A-9-2", "A-9-10", "A-10-2", "a-9-2b", "B-1-1", ""]


def test_bins_that_are_assigned_again_are_no_news() -> None:
    floor = Floor()
    floor.lies("A", "A-1")
    assert floor.lies("A", "A-1") == Decision()
    floor.lies("A")
    assert [event.bins for event in floor.said(BinsAssignedV1)] == [("A-1",), ()]


def test_one_recipients_fulfilments_share_a_position_and_a_parcel() -> None:
    floor_ = Floor(floor(consolidate=True))
    shouting = BERLIN.model_copy(update={"line1": " STREET  1 "})
    other = BERLIN.model_copy(update={"line1": "Street 2"})
    first = floor_.waits("web:1")
    elsewhere = floor_.waits("web:2", ship_to=other, hours=1)
    second = floor_.waits("web:3", ship_to=shouting, hours=2)
    third = floor_.waits("web:4", service_level="express", hours=3)
    floor_.plan("w1")

    assert floor_.members("w1") == [(first, 1, ""), (second, 1, first), (elsewhere, 2, ""), (third, 3, "")]
    assert floor_.pick_list("w1").places[0].fulfilments == [first, second]


@pytest.mark.parametrize(
    "fields",
    [
        {"cash_on_delivery_minor": 1000},
        {"gift_message": "Happy birthday"},
        {"lines": (fulfilment_line().model_copy(update={"hazmat_class": "3"}),)},
        {"hours": 25},
    ],
)
def test_what_is_paid_at_the_door_or_hazardous_or_a_gift_or_late_goes_alone(fields: dict[str, Any]) -> None:
    floor_ = Floor(floor(consolidate=True))
    floor_.waits("web:1")
    floor_.waits("web:2", **fields)
    floor_.plan("w1")
    assert [packed_with for _, _, packed_with in floor_.members("w1")] == ["", ""]


def test_where_a_location_does_not_consolidate_each_goes_alone() -> None:
    floor = Floor()
    floor.waits("web:1")
    floor.waits("web:2")
    floor.plan("w1")
    assert [packed_with for _, _, packed_with in floor.members("w1")] == ["", ""]


def test_a_location_that_labels_at_release_cannot_consolidate() -> None:
    with pytest.raises(ValidationError, match="one label for all"):
        floor(consolidate=True, label_at="release")


def test_what_shares_a_parcel_comes_into_the_same_wave() -> None:
    floor_ = Floor(floor(consolidate=True))
    urgent = floor_.waits("web:1", priority=1)
    other = BERLIN.model_copy(update={"line1": "Street 2"})
    floor_.waits("web:2", ship_to=other)
    beside = floor_.waits("web:3", priority=9)
    assert floor_.next_wave(most=1) == [urgent, beside]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 60), st.booleans()), min_size=1, max_size=12
    )
)
def test_waves_take_every_waiting_fulfilment_once_and_in_turn(
    waiting: list[tuple[int, int, int, bool]],
) -> None:
    floor_ = Floor(floor(consolidate=True))
    for number, (priority, street, hours, due) in enumerate(waiting):
        to = BERLIN.model_copy(update={"line1": f"Street {street}"})
        ship_by = later(hours=hours) if due else None
        floor_.waits(f"web:{number}", ship_to=to, priority=priority, ship_by=ship_by, hours=hours)
    planned: list[str] = []
    number = 0
    while found := floor_.next_wave(most=3):
        floor_.plan(f"w{number}", *found)
        members = floor_.members(f"w{number}")
        leads = [name for name, _, packed_with in members if not packed_with]
        tasks = {name: floor_.get(Task, "main", "BER", PICK, name) for name in leads}
        in_turn = [waves.in_turn(tasks[name]) for name in leads]
        assert all(one <= other for one, other in pairwise(in_turn))
        planned += [name for name, *_ in members]
        number += 1
    assert sorted(planned) == sorted(f"web:{n}/1" for n in range(len(waiting)))
