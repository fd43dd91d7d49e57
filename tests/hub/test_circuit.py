"""An operation that fails every time is left alone, and nothing else is; who asks for patience gets it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from crossdock_contracts.base import Value
from services.hub import circuit as circuits
from services.hub.circuit import Circuit, Limits
from services.hub.decision import Done, Failed, Intent, Later
from services.hub.effects import Effects, PermanentError, ThrottledError, TransientError, UnknownError
from tests.builders import unique
from tests.conftest import until

FRAIL = Limits(timeout_s=5, attempts=1, breaker_failures=2, breaker_rest_s=0.1, breaker_longest_s=0.35)


class Ask(Value):
    """Anything."""


class House:
    """An outside that answers each operation as it is told to."""

    def __init__(self, name: str = "house") -> None:
        self.name = name
        self.ways: dict[str, Callable[[], Any]] = {}
        self.found: Any = None
        self.calls: list[str] = []

    async def call(self, operation: str, key: str, request: Any) -> Any:
        del request
        self.calls.append(key)
        answer = self.ways.get(operation, lambda: "done")()
        if isinstance(answer, Exception):
            raise answer
        return await answer if asyncio.iscoroutine(answer) else answer

    async def look_up(self, operation: str, key: str, request: Any) -> Any | None:
        del operation, key, request
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def effects(*houses: House, limits: Limits = FRAIL) -> Effects:
    made = Effects(unique("svc"))
    for house in houses:
        made.add(house, limits)
    return made


def intent(operation: str = "buy", house: str = "house", *, resumed: bool = False) -> Intent:
    return Intent(house, operation, unique("key"), Ask(), resumed=resumed)


def down() -> Exception:
    return TransientError("down")


async def opened(made: Effects, house: House, operation: str = "buy") -> None:
    house.ways[operation] = down
    while not made.is_open(house.name, operation):
        await made.run(intent(operation, house.name))


async def test_an_operation_that_fails_leaves_the_others_of_its_adapter_alone() -> None:
    house = House()
    made = effects(house)
    await opened(made, house, "track")
    assert made.is_open("house", "track")
    assert not made.is_open("house", "buy")
    assert made.is_open("house"), "one of its circuits is open"
    assert await made.run(intent("buy")) == Done("done")


async def test_while_it_sells_nothing_it_may_still_tell_what_it_sold() -> None:
    house = House()
    made = effects(house)
    await opened(made, house)
    house.found = "sold"
    assert await made.run(intent(resumed=True)) == Done("sold")


async def test_one_call_at_a_time_probes_an_open_circuit_and_its_success_closes_it() -> None:
    house = House()
    made = effects(house)
    await opened(made, house)
    await until(lambda: not made.is_open("house"))
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "done"

    house.ways["buy"], house.calls = slow, []
    probe = asyncio.create_task(made.run(intent()))
    await until(lambda: house.calls)
    assert made.is_open("house"), "the probe is under way"
    others = await asyncio.gather(*(made.run(intent()) for _ in range(5)))
    assert all(isinstance(other, Failed) for other in others)
    assert len(house.calls) == 1
    gate.set()
    assert await probe == Done("done")
    assert not made.is_open("house")
    assert await asyncio.gather(*(made.run(intent()) for _ in range(5))) == [Done("done")] * 5


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_probe_is_tried_as_often_as_any_call_before_it_has_failed_unless_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(circuits, "monotonic", clock)
    circuit = Circuit(Limits(breaker_failures=1, breaker_rest_s=10, attempts=3))
    circuit.leave(circuit.enter(), failed=True)
    clock.now += 10
    assert [circuit.leave(circuit.enter(), failed=True) for _ in range(3)] == [False, False, True]
    clock.now += 20
    assert circuit.leave(circuit.enter(), failed=True, answered=False), "that took long enough"
    clock.now += 20
    circuit.leave(circuit.enter(), failed=True)
    circuit.leave(circuit.enter(), failed=False)
    assert circuit.is_closed


def test_each_probe_that_fails_makes_it_rest_longer_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(circuits, "monotonic", clock)
    circuit = Circuit(Limits(breaker_failures=2, breaker_rest_s=10, breaker_longest_s=35, attempts=1))
    rests: list[float] = []
    for _ in range(2):
        circuit.leave(circuit.enter(), failed=True)
    for _ in range(4):
        rests.append(circuit.rest_s)
        clock.now += circuit.rest_s - 1
        assert circuit.is_open
        clock.now += 1
        assert not circuit.is_open
        assert circuit.leave(circuit.enter(), failed=True), "it opens again"
    assert rests == [10, 20, 35, 35]
    clock.now += 35
    circuit.leave(circuit.enter(), failed=False)
    assert circuit.is_closed
    for _ in range(2):
        circuit.leave(circuit.enter(), failed=True)
    assert circuit.rest_s == 10, "once closed, it begins anew"


def test_calls_that_began_before_it_opened_say_nothing_new_when_they_fail() -> None:
    circuit = Circuit(FRAIL)
    early = [circuit.enter() for _ in range(5)]
    assert [circuit.leave(one, failed=True) for one in early] == [False, True, False, False, False]
    assert circuit.rest_s <= 0.1


async def test_a_probe_that_is_broken_off_makes_room_for_the_next() -> None:
    circuit = Circuit(FRAIL)
    for _ in range(2):
        circuit.leave(circuit.enter(), failed=True)
    await until(lambda: not circuit.is_open)
    probe = circuit.enter()
    assert circuit.is_open
    circuit.leave(probe, failed=None)
    assert not circuit.is_open
    assert not circuit.is_closed


def test_it_rests_as_long_as_the_other_side_asks_within_bounds() -> None:
    circuit = Circuit(FRAIL)
    for _ in range(2):
        circuit.leave(circuit.enter(), failed=True, rest_s=0.25)
    assert 0.2 < circuit.rest_s <= 0.25
    asked_too_much = Circuit(FRAIL)
    for _ in range(2):
        asked_too_much.leave(asked_too_much.enter(), failed=True, rest_s=9999)
    assert asked_too_much.rest_s <= 300


async def test_being_asked_to_come_more_slowly_opens_no_circuit() -> None:
    house = House()
    house.ways["buy"] = lambda: ThrottledError("429", 30)
    made = effects(house)
    for _ in range(5):
        assert await made.run(intent()) == Failed("429", 30)
    assert not made.is_open("house")


async def test_a_short_wait_that_was_asked_for_is_kept_in_place() -> None:
    house = House()
    says = [TransientError("503", 0.3)]
    house.ways["buy"] = lambda: says.pop() if says else "done"
    started = time.monotonic()
    assert await effects(house, limits=Limits()).run(intent()) == Done("done")
    assert time.monotonic() - started >= 0.3


async def test_a_long_wait_that_was_asked_for_is_not_waited_in_place_and_handed_on() -> None:
    house = House()
    house.ways["buy"] = lambda: TransientError("503", 120)
    assert await effects(house, limits=Limits()).run(intent()) == Failed("503", 120)
    assert len(house.calls) == 1


async def test_what_is_uncertain_waits_as_long_as_was_asked_for() -> None:
    house = House()
    house.ways["buy"] = lambda: UnknownError("reset")
    house.found = TransientError("503", 120)
    outcome = await effects(house, limits=Limits()).run(intent())
    assert isinstance(outcome, Later)
    assert outcome.not_before_s == 120


async def test_a_look_up_that_is_refused_says_nothing_of_the_call() -> None:
    house = House()
    house.ways["buy"] = lambda: UnknownError("reset")
    house.found = PermanentError("not-supported")
    outcome = await effects(house, limits=Limits()).run(intent())
    assert isinstance(outcome, Later), "were it taken for a refusal, another carrier would be asked"
    assert len(house.calls) == 1


async def test_an_adapter_that_hangs_slows_no_other() -> None:
    stuck, well = House("stuck"), House("well")
    stuck.ways["buy"] = lambda: asyncio.sleep(60)
    made = effects(stuck, well, limits=Limits(timeout_s=60, concurrency=2, attempts=1))
    hanging = [asyncio.create_task(made.run(intent(house="stuck"))) for _ in range(20)]
    await until(lambda: len(stuck.calls) == 2)
    async with asyncio.timeout(2):
        assert await asyncio.gather(*(made.run(intent(house="well")) for _ in range(50))) == [Done("done")] * 50
    assert len(stuck.calls) == 2, "no more than its places"
    for task in (*hanging, *made._under_way.values()):
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_place_is_not_waited_for_any_longer_than_a_call() -> None:
    house = House()
    house.ways["buy"] = lambda: asyncio.sleep(60)
    made = effects(house, limits=Limits(timeout_s=0.3, concurrency=1, attempts=1, breaker_failures=99))
    first, *rest = await asyncio.gather(*(made.run(intent()) for _ in range(3)))
    assert isinstance(first, Later), "it was sent"
    assert any(isinstance(one, Failed) and "places were taken" in one.detail for one in rest)


async def test_openings_and_tries_in_place_are_counted() -> None:
    house = House(unique("house"))
    made = effects(house, limits=Limits(attempts=2, breaker_failures=2, breaker_rest_s=30))
    house.ways["buy"] = down
    await made.run(intent(house=house.name))
    named = {"service": made._service, "adapter": house.name, "operation": "buy"}
    assert REGISTRY.get_sample_value("crossdock_circuit_openings_total", named) == 1
    assert REGISTRY.get_sample_value("crossdock_circuit_open", named) == 1
    tried = {"adapter": house.name, "operation": "buy"}
    assert REGISTRY.get_sample_value("crossdock_retries_total", tried) == 1


async def test_connections_are_given_up_when_the_service_ends() -> None:
    class Open(House):
        closed = False

        async def close(self) -> None:
            self.closed = True

    one, other = Open("one"), House("other")
    await effects(one, other).close()
    assert one.closed
