"""What waits for the outside comes as soon as that works again, whatever time it had been given itself."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts.inventory import CountStockV1
from services.cli import quiet
from services.cli.client import Client
from services.hub.circuit import Limits
from services.hub.decision import Awaiting, Decision, Failed, Later, Outcome, States, changed, outside
from services.hub.effects import TransientError
from tests.conftest import Run, until
from tests.hub import tally
from tests.hub.commands import adjustment, document, settled

FRAIL = Limits(timeout_s=5, attempts=1, concurrency=16, breaker_failures=1, breaker_rest_s=0.1, breaker_longest_s=0.2)
ASK = outside("desk", "ask")


class Away(tally.FileDesk):
    """An outside that is not there."""

    is_there = False
    calls = 0

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Do it, once it is there."""
        self.calls += 1
        if not self.is_there:
            msg = "connection refused"
            raise TransientError(msg)
        return await super().call(operation, key, request)


def patiently(states: States, message: CountStockV1, outcome: Outcome, now: datetime) -> Decision:
    """What could not be done is done later."""
    if isinstance(outcome, Failed):
        return Decision(later=Later(outcome.detail))
    return SETTLE(states, message, outcome, now)


SETTLE = tally.settle


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "settle", patiently)


class Nap(Awaiting, service="inventory", kind="nap", key=("sku",)):
    """Goes off in an hour, or when the desk can be asked again."""

    sku: str


def doze(states: States, message: Any, now: datetime) -> Decision:
    """Take a nap."""
    nap = Nap(
        owner=message.owner,
        sku=message.sku,
        due_at=now + timedelta(hours=1),
        waits_for=(ASK,) if message.note else (),
        why="tired",
    )
    return Decision(writes=[tally.tally(states, message), nap])


def wake(states: States, message: Nap, _now: datetime) -> Decision:
    """Count it."""
    found = tally.tally(states, message)
    return Decision(writes=[changed(found, rung=found.rung + 1)])


async def counted(client: Client, count: int) -> bool:
    found = [await document(client, f"C{number}") for number in range(count)]
    return all(one is not None and one["answers"] for one in found)


async def test_what_waits_comes_at_once_when_the_outside_is_back_and_only_one_tries_whether_it_is(
    client: Client, run: Run, tmp_path: Path
) -> None:
    desk = Away(tmp_path / "desk")
    running = await run(tally.service(desk, FRAIL), park_first_s=3600.0, park_longest_s=3600.0)
    for number in range(120):
        await client.tell(CountStockV1(owner="main", sku=f"C{number}", location_id="X", counted=number))
    await settled(client, "call")
    await until(lambda: desk.calls >= 4)
    assert desk.calls < 40, "one at a time, a while apart"
    assert (await quiet.parked(client))["inventory parked"] > 110

    desk.is_there = True

    await until(lambda: counted(client, 120))
    assert sorted(desk.asked) == sorted(f"count:C{n}:{n}" for n in range(120)), "each once"
    assert running.app.service.effects.room(ASK) == 16


async def test_timers_that_await_the_outside_go_off_with_it_and_others_do_not(
    client: Client, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tally.REASONS, "dozes", doze)
    desk = Away(tmp_path / "desk")
    service = tally.service(desk, FRAIL)
    service.documents.append(Nap)
    service.at(Nap, wake)
    await run(service, park_first_s=3600.0, park_longest_s=3600.0)
    await client.order(adjustment("dozes", sku="A", note="awaits"))
    await client.order(adjustment("dozes", sku="B"))
    await client.tell(CountStockV1(owner="main", sku="C0", location_id="X", counted=0))
    await until(lambda: desk.calls >= 1)

    desk.is_there = True

    await until(lambda: rung(client, "A"))
    await until(lambda: counted(client, 1))
    assert not await rung(client, "B")


async def rung(client: Client, sku: str) -> int:
    found = await document(client, sku)
    return int(found["rung"]) if found else 0


async def parked(client: Client, count: int) -> bool:
    return (await quiet.parked(client))["inventory parked"] == count


class Choosy(Away):
    """One that is there, but not for odd numbers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tried: Counter[str] = Counter()

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Do it, if it is even."""
        self.tried[key] += 1
        if self.is_there and int(key.rpartition(":")[2]) % 2:
            msg = "not now"
            raise TransientError(msg)
        return await super().call(operation, key, request)


async def test_what_fails_when_it_has_been_brought_forward_waits_for_its_own_time_again(
    client: Client, run: Run, tmp_path: Path
) -> None:
    desk, limits = Choosy(tmp_path / "desk"), replace(FRAIL, breaker_failures=160, concurrency=8)
    running = await run(tally.service(desk, limits), park_first_s=3600.0, park_longest_s=3600.0)
    (shard,) = running.app.runtime._shards
    for number in range(160):
        await client.tell(CountStockV1(owner="main", sku=f"C{number}", location_id="X", counted=number))
    await until(lambda: len(desk.tried) == 160)

    desk.is_there = True

    await until(lambda: len(desk.asked) == 80)
    await until(lambda: shard.partition._forward.due_in_s == float("inf"))
    await until(lambda: parked(client, 80))
    assert desk.tried.total() < 160 + 80 + 3 * 80, "each twice, and not for as long as they fail"
