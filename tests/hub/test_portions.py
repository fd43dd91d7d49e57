"""What is replayed or parked goes into rounds in portions, so that what comes in for the first time does not wait."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from nats.aio.msg import Msg

from crossdock_contracts.operations import LetterName, ReplayDeadLetterV1
from services.hub.decision import Decision
from services.hub.inputs import Handler, Input
from services.hub.partition import Partition
from services.hub.portion import ALONE_S, BESIDE_S, Portion

REPLAY = Handler("replay-dead-letter", "inventory", ReplayDeadLetterV1, lambda *_: Decision.nothing())


def waiting(count: int, weight: float = 1.0) -> list[tuple[Any, None]]:
    """So much that gives way to others."""
    return [(SimpleNamespace(weight=weight, number=number), None) for number in range(count)]


def after_rounds(portion: Portion, *, beside: bool, fixed_s: float, each_s: float) -> tuple[int, float]:
    """How many of very many go into a round after twenty of them, and what the last one took."""
    for _ in range(20):
        count = len(portion.take(waiting(1000), beside=beside))
        took = fixed_s + each_s * count
        portion.took(took)
    return count, took


def test_a_portion_grows_again_although_each_thing_in_it_is_more_than_has_room() -> None:
    portion, command = Portion(), 100 / 3
    after_rounds(portion, beside=True, fixed_s=0.01, each_s=0.01)
    counts = []
    for _ in range(10):
        counts.append(len(portion.take(waiting(10, command), beside=True)))
        portion.took(0.01)
    assert counts[0] == 1
    assert counts[-1] > 1


def test_what_comes_in_does_not_wait_for_what_is_replayed() -> None:
    """However much of it there is: a round takes all that is new, and a portion of what waited before."""
    nothing: Any = None
    partition = Partition(
        lease=nothing, client=nothing, rounds=nothing, failures=nothing, forward=nothing, run_intent=nothing
    )
    new, again = waiting(3), waiting(500)
    partition._waiting, partition._yielding = [*new], [*again]

    beside, alone = partition._take(), partition._take()

    assert beside[:3] == new
    assert beside[3:] + alone == again[: len(beside) + len(alone) - 3], "in their order"
    assert 0 < len(beside) - 3 < len(alone) < 300


async def test_what_came_in_during_a_round_goes_into_the_next_one_and_not_behind_all_that_waited() -> None:
    """Consumers hand over what they gathered once something of theirs is settled: at a round's end, and not later."""
    rounds: list[list[str]] = []
    nothing: Any = None
    partition = Partition(
        lease=SimpleNamespace(standing=SimpleNamespace(strikes={})),  # type: ignore[arg-type]  # as much as is needed
        client=nothing,
        rounds=SimpleNamespace(take=nothing, cache=SimpleNamespace(trim=lambda: None)),  # type: ignore[arg-type]
        failures=SimpleNamespace(groups=lambda inputs, _: [inputs]),  # type: ignore[arg-type]
        forward=SimpleNamespace(due_in_s=60.0),  # type: ignore[arg-type]
        run_intent=nothing,
    )

    def message(name: str, *, yields: bool) -> Any:
        return SimpleNamespace(
            handler=SimpleNamespace(name=name), key=f"{name} {len(rounds)} {id(object())}", outcome=None,
            suspect=False, weight=1.0, yields=yields,
        )  # fmt: skip

    async def take(inputs: list[Any]) -> list[Any]:
        rounds.append([one.handler.name for one in inputs])
        await asyncio.sleep(0.001)
        partition.stopping = len(rounds) >= 5
        return [SimpleNamespace(decision=SimpleNamespace(intent=None)) for _ in inputs]

    async def orders() -> None:
        while not partition.stopping:
            await partition.submit([message("new", yields=False)])
            for _ in range(5):
                await asyncio.sleep(0)

    partition._rounds.take = take  # type: ignore[method-assign]
    replayed = [message(f"replayed {n}", yields=True) for n in range(800)]
    waiting_for = asyncio.create_task(partition.submit(replayed))
    coming = asyncio.create_task(orders())
    await asyncio.sleep(0)
    await asyncio.wait([asyncio.create_task(partition.serve(1.0))])
    await asyncio.gather(waiting_for, coming)

    assert [names[0] for names in rounds[:5]] == ["new"] * 5


@pytest.mark.parametrize(("beside", "goal_s"), [(True, BESIDE_S), (False, ALONE_S)])
def test_a_portion_takes_as_long_as_others_can_wait_for(beside: bool, goal_s: float) -> None:
    _, took = after_rounds(Portion(), beside=beside, fixed_s=0.02, each_s=0.0008)

    assert took == pytest.approx(goal_s, rel=0.1)


def test_slow_handlers_have_small_portions_and_fast_ones_have_bounded_ones() -> None:
    portion = Portion()
    slow, _ = after_rounds(portion, beside=True, fixed_s=0.02, each_s=0.01)
    fast, _ = after_rounds(portion, beside=True, fixed_s=0.001, each_s=0.00001)

    alone, _ = after_rounds(portion, beside=False, fixed_s=0.02, each_s=0.01)

    assert slow == 32
    assert fast == 125
    assert alone == 125, "where nothing new waits, throughput counts"


def test_a_round_that_was_far_from_full_says_nothing_about_portions() -> None:
    portion = Portion()
    before = len(portion.take(waiting(1000), beside=True))
    portion.took(BESIDE_S)

    portion.take(waiting(5), beside=True)
    portion.took(30.0)

    assert len(portion.take(waiting(1000), beside=True)) == before


def test_a_command_about_many_letters_is_not_taken_for_one_message() -> None:
    also = tuple(LetterName(letter_id=f"INVENTORY_IN-{n}", handler="adjust") for n in range(2, 101))
    command = ReplayDeadLetterV1(owner="main", letter_id="INVENTORY_IN-1", handler="adjust", also=also)
    raw = Msg(
        None,  # type: ignore[arg-type]  # it is not answered
        subject="inventory.cmd.replay-dead-letter.v1.0.0",
        reply="$JS.ACK.INVENTORY_IN.inventory-replay-dead-letter-0.1.7.7.0.0",
        data=command.encode(),
    )
    source = Input(REPLAY, raw)
    source.open()

    portion = Portion().take([(source, None)] * 8, beside=True)

    assert 1 <= len(portion) <= 3
