"""Effects have intents, and an attempt is given up only once it is proven failed (rule 6)."""

from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts.inventory import CountStockV1
from services.cli.client import Client
from services.hub.decision import Done, Failed, Intent, Later, Refused, Unsettled
from services.hub.effects import Effects, Limits, PermanentError, TransientError, UnknownError
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import document, settled

QUICK = Limits(timeout_s=0.2, attempts=2, breaker_failures=3, breaker_rest_s=0.3)


class Moody(tally.FileDesk):
    """An outside that does, at each call, what it was told to."""

    def __init__(self, file: Path, *moods: str) -> None:
        super().__init__(file)
        self.moods = list(moods)
        self.looks = 0

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Do it, or fail in the next mood."""
        mood = self.moods.pop(0) if self.moods else "fine"
        if mood == "down":
            msg = "connection refused"
            raise TransientError(msg)
        if mood == "refuses":
            code = "no-such-street"
            raise PermanentError(code, "the street is unknown")
        answer = await super().call(operation, key, request)
        if mood == "answer lost":
            msg = "connection reset"
            raise UnknownError(msg)
        if mood == "has a bug":
            raise KeyError(key)
        if mood == "hangs":
            await until(lambda: False)
        return answer

    async def look_up(self, operation: str, key: str, request: Any) -> Any | None:
        """The answer under this key, unless it cannot be looked up now."""
        self.looks += 1
        if self.moods and self.moods[0] == "no look-up":
            self.moods.pop(0)
            msg = "connection refused"
            raise TransientError(msg)
        return await super().look_up(operation, key, request)


def effects(desk: Moody, limits: Limits = QUICK) -> Effects:
    made = Effects("inventory")
    made.add(desk, limits)
    return made


def intent(*, resumed: bool = False, adapter: str = "desk") -> Intent:
    return Intent(adapter, "ask", "count:S:1", tally.Call(sku="S"), resumed=resumed)


async def test_an_answer_is_done(tmp_path: Path) -> None:
    assert await effects(Moody(tmp_path / "desk")).run(intent()) == Done("answer-1")


async def test_what_was_not_done_is_tried_again_in_place(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk", "down")
    assert await effects(desk).run(intent()) == Done("answer-1")


async def test_what_is_down_each_time_is_proven_failed(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk", "down", "down")
    assert await effects(desk).run(intent()) == Failed("connection refused")
    assert desk.asked == []


async def test_a_refusal_is_final(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk", "refuses")
    assert await effects(desk).run(intent()) == Refused("no-such-street", "the street is unknown")


@pytest.mark.parametrize("mood", ["answer lost", "hangs", "has a bug"])
async def test_a_lost_answer_is_looked_up_and_the_call_is_not_made_again(mood: str, tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk", mood)
    assert await effects(desk).run(intent()) == Done("answer-1")
    assert desk.asked == ["count:S:1"]


async def test_a_lost_answer_that_cannot_be_looked_up_waits_and_is_no_failure(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk", "answer lost", "no look-up")
    outcome = await effects(desk).run(intent())
    assert isinstance(outcome, Later)
    assert "cannot be looked up" in outcome.reason


async def test_a_call_that_may_have_been_made_before_is_looked_up_first(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk")
    await desk.call("ask", "count:S:1", None)
    assert await effects(desk).run(intent(resumed=True)) == Done("answer-1")
    assert desk.asked == ["count:S:1"]


async def test_a_call_that_never_arrived_is_made(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk")
    assert await effects(desk).run(intent(resumed=True)) == Done("answer-1")
    assert desk.looks == 1


async def test_an_unknown_adapter_is_a_refusal(tmp_path: Path) -> None:
    outcome = await effects(Moody(tmp_path / "desk")).run(intent(adapter="pigeon"))
    assert isinstance(outcome, Refused)
    assert outcome.code == "unknown-adapter"


async def test_a_call_that_an_adapter_may_have_made_which_is_gone_is_no_refusal(tmp_path: Path) -> None:
    outcome = await effects(Moody(tmp_path / "desk")).run(intent(adapter="pigeon", resumed=True))
    assert isinstance(outcome, Unsettled)
    assert outcome.key == intent().key


async def test_the_circuit_opens_after_failures_in_a_row_and_lets_one_call_probe(tmp_path: Path) -> None:
    desk = Moody(tmp_path / "desk", *["down"] * 4)
    made = effects(desk, Limits(attempts=1, breaker_failures=3, breaker_rest_s=0.2))
    for _ in range(3):
        await made.run(intent())

    assert made.is_open("desk")
    refused = await made.run(intent())
    assert isinstance(refused, Failed)
    assert refused.detail == "desk: circuit open"
    assert refused.retry_after_s is not None
    assert 0 < refused.retry_after_s <= 0.2, "it is worth asking again once the circuit has rested"
    assert desk.moods == ["down"], "no call reached it"

    await until(lambda: not made.is_open("desk"))
    assert await made.run(intent()) == Failed("connection refused")
    assert made.is_open("desk"), "the probe failed"
    await until(lambda: not made.is_open("desk"))
    assert await made.run(intent()) == Done("answer-1")
    assert not made.is_open("desk")


async def test_a_refusal_does_not_open_the_circuit(tmp_path: Path) -> None:
    made = effects(Moody(tmp_path / "desk", *["refuses"] * 9))
    for _ in range(9):
        await made.run(intent())
    assert not made.is_open("desk")


def count(number: int, sku: str = "S") -> CountStockV1:
    return CountStockV1(owner="main", sku=sku, location_id="X", counted=number)


async def test_a_call_whose_answer_is_lost_for_long_is_parked_and_made_once(
    client: Client, run: Run, tmp_path: Path
) -> None:
    desk = Moody(tmp_path / "desk", "answer lost", "no look-up", "no look-up", "no look-up")
    await run(tally.service(desk, QUICK), park_first_s=0.05)

    await client.tell(count(1))

    await until(lambda: answers(client))
    assert desk.asked == ["count:S:1"]
    assert await answers(client) == {"count:S:1": "answer-1"}


async def test_a_slow_call_does_not_hold_up_its_neighbours_nor_is_its_message_handed_out_again(
    client: Client, run: Run, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    desk = Slow(tmp_path / "desk", gate)
    await run(tally.service(desk, Limits(timeout_s=30)), ack_wait_s=1.0)

    await client.tell(count(1, "SLOW"))
    await until(lambda: desk.waiting)
    await client.tell(count(1, "QUICK"))
    await until(lambda: answers(client, "QUICK"))
    started = await last_seq(client)
    await until(lambda: has_grown(client, started, 8))  # heartbeats of the lease: longer than ack_wait
    gate.touch()
    await until(lambda: answers(client, "SLOW"))

    assert desk.asked.count("count:SLOW:1") == 1
    info = await client.calls.api("CONSUMER.INFO.INVENTORY_IN.inventory-call-0")
    assert info["num_redelivered"] == 0
    await settled(client, "call")


class Slow(tally.FileDesk):
    """An outside that answers about one SKU only once a file is there."""

    def __init__(self, file: Path, gate: Path) -> None:
        super().__init__(file)
        self.gate = gate
        self.waiting = False

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Wait for the gate, or answer at once."""
        if "SLOW" in key:
            self.waiting = True
            await until(self.gate.exists)
        return await super().call(operation, key, request)


async def last_seq(client: Client) -> int:
    info: dict[str, Any] = await client.calls.api("STREAM.INFO.INVENTORY")
    return int(info["state"]["last_seq"])


async def has_grown(client: Client, since: int, by: int) -> bool:
    return await last_seq(client) >= since + by


async def answers(client: Client, sku: str = "S") -> dict[str, str] | None:
    found = await document(client, sku)
    return found["answers"] if found else None


async def test_a_message_that_comes_once_more_while_its_call_is_under_way_is_settled_once(
    client: Client, run: Run, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    desk = Slow(tmp_path / "desk", gate)
    await run(tally.service(desk, Limits(timeout_s=30)))
    await client.tell(count(1, "SLOW"))
    await until(lambda: desk.waiting)

    await client.calls.api("CONSUMER.RESET.INVENTORY_IN.inventory-call-0")  # as after a restart of the server
    await client.tell(count(1, "QUICK"))
    await until(lambda: answers(client, "QUICK"))
    gate.touch()
    await settled(client, "call")

    assert desk.asked.count("count:SLOW:1") == 1
    assert len(await published(client, "INVENTORY", "inventory.evt.stock-moved.>")) == 2
