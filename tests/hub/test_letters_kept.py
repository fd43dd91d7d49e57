"""Nothing of a dead letter is lost, and nothing is done twice, whoever dies while letters are replayed."""

import asyncio
import gzip
import os
import signal
import sys
from base64 import b64decode
from pathlib import Path

import orjson
import pytest

from crossdock_contracts.inventory import AdjustStockV1
from crossdock_contracts.operations import ReplayDeadLetterV1
from services.cli.client import Client
from services.cli.closing import Tally, close_all, replay_of, see_through, together
from services.cli.letters import Filters, groups
from services.cli.letters import letters as found_letters
from services.hub.decision import Decision, Later, States
from services.hub.service import Service
from services.hub.settings import ROOT, Settings
from tests.conftest import Run, published, until
from tests.hub import mortal, tally
from tests.hub.commands import adjustment, has_pieces, letters, pieces, settled
from tests.hub.test_letters import RAW, put, two_handlers

MANY = 300


async def dead(client: Client, run: Run, count: int) -> None:
    """Receipts that one of two handlers died of."""
    first = await run(two_handlers(healthy=False))
    await asyncio.gather(*(put(client, RAW) for _ in range(count)))
    await settled(client, "receive", "other")
    await first.stop()


async def audited(client: Client) -> list[str]:
    """Letters that were replayed, one entry for each time."""
    entries = await published(client, "INVENTORY", "inventory.evt.dead-letter-replayed.>")
    return [orjson.loads(entry.data)["letter_id"] for entry in entries]


@pytest.mark.parametrize("step", ["before commit", "half sent", "after commit", "after acknowledgement"])
async def test_a_mended_letter_is_replayed_once_wherever_the_process_is_killed(
    client: Client, run: Run, settings: Settings, step: str
) -> None:
    first = await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")
    (letter,) = await letters(client)
    await first.stop()
    command = ReplayDeadLetterV1(
        owner="main",
        letter_id=letter["letter_id"],
        handler="adjust",
        body=adjustment("added", delta=7).encode().decode(),
    )

    await client.tell(command, service="inventory")
    await mortal.dies(settings, step)
    await run(tally.service())

    await until(lambda: has_pieces(client, "S", 7))
    await settled(client, "replay-dead-letter")
    assert await letters(client) == []
    assert await pieces(client) == 7
    (entry,) = await published(client, "INVENTORY", "inventory.evt.dead-letter-replayed.>")
    assert gzip.decompress(b64decode(orjson.loads(entry.data)["original"])) == adjustment("fails").encode()


async def test_letters_of_a_kind_are_replayed_in_their_order_and_counted(client: Client, run: Run) -> None:
    await dead(client, run, 40)
    await run(two_handlers(healthy=True))
    found = await found_letters(client, Filters(service="inventory", handler="other", reason="a bug"))
    done = Tally()

    await close_all(client, found, lambda some: replay_of(some, by="desk 1", note=""), done)
    await see_through(client, done)

    assert len(done.closed) == len(found) == 40
    assert (done.gone, done.refused, done.failed_again, done.waiting, done.under_way) == (0, {}, [], 0, 0)
    assert await audited(client) == [one["letter_id"] for one in found]
    assert await pieces(client, "OTHER") == 80


async def test_what_fails_again_or_waits_is_told_apart(client: Client, run: Run, tmp_path: Path) -> None:
    door = tmp_path / "door"
    door.write_text("open")
    first = await run(two_doors(door))
    for number in range(6):
        await client.tell(adjustment("added", sku=f"S{number}", note="waits" if number < 2 else ""))
    await settled(client, "adjust")
    await first.stop()
    door.write_text("shut")
    await run(two_doors(door))
    found = await found_letters(client, Filters(service="inventory"))
    done = Tally()

    await close_all(client, found, lambda some: replay_of(some, by="", note=""), done)
    await see_through(client, done)

    assert [one["letter_id"] for one in done.failed_again] == [one["letter_id"] for one in found[2:]]
    assert done.waiting == 2
    assert [one["reason"] for one in groups(done.failed_again)] == ["a bug"]


def two_doors(door: Path) -> Service:
    """A service whose adjustments fail; with the door shut, some of them wait instead."""

    def adjust(_states: States, message: AdjustStockV1, _now: object) -> Decision:
        if message.note and door.read_text() == "shut":
            return Decision(later=Later("the door is shut", delay_s=60))
        msg = "a bug"
        raise RuntimeError(msg)

    hub = Service("inventory", documents=(tally.Tally,))
    hub.on(AdjustStockV1, adjust, name="adjust", remember=True)
    return hub


async def test_letters_are_found_where_their_service_does_not_run(client: Client, run: Run) -> None:
    await dead(client, run, 3)

    found = await found_letters(client, Filters(service="inventory"))
    (whole,) = await found_letters(client, Filters(service="inventory"), letter_id=found[0]["letter_id"], whole=True)

    assert [one["letter_id"] for one in found] == ["INVENTORY_IN-1", "INVENTORY_IN-2", "INVENTORY_IN-3"]
    assert {"body", "headers", "traceback"}.isdisjoint(found[0])
    assert whole["body"] == RAW.decode()
    assert whole["traceback"].startswith("Traceback")


def test_letters_of_several_partitions_and_owners_go_together_in_their_order() -> None:
    found = [
        {"service": "capture", "partition": n % 2, "order": f"{'ab'[n % 3 == 0]}/web:{n}", "size": 1000, "seq": n}
        for n in range(600)
    ]

    batches = list(together(found))

    assert sorted(one["seq"] for batch in batches for one in batch) == list(range(600))
    assert len(batches) <= 8, "each is as full as it can be, however they are mixed"
    for key in {(one["partition"], one["order"][0]) for one in found}:
        of_key = [one["seq"] for b in batches for one in b if (one["partition"], one["order"][0]) == key]
        assert of_key == sorted(of_key)
        assert any(len(b) == len(of_key) or len(b) == 100 for b in batches if b[0]["seq"] in of_key)
    assert {len(batch) for batch in together(found[::6], rate=50)} == {5}
    assert [len(batch) for batch in together([one | {"size": 200_000} for one in found[:6:2]])] == [1, 1, 1]


async def test_a_rate_is_kept(client: Client, run: Run) -> None:
    await dead(client, run, 60)
    await run(two_handlers(healthy=True))
    done = Tally()

    await close_all(
        client,
        await found_letters(client, Filters(service="inventory")),
        lambda some: replay_of(some, by="", note=""),
        done,
        rate=100,
    )

    assert len(done.closed) == 60
    assert done.seconds >= 0.2


async def test_a_replay_that_is_killed_goes_on_where_it_was(client: Client, run: Run, settings: Settings) -> None:
    await dead(client, run, MANY)
    await run(two_handlers(healthy=True))

    first = await replay_all(settings, rate=150)
    await until(lambda: audited_some(client))
    os.kill(first.pid, signal.SIGKILL)
    await first.wait()
    second = await replay_all(settings, rate=0)
    async with asyncio.timeout(60):
        said, _ = await second.communicate()

    figures = orjson.loads(said)
    assert second.returncode == 0
    assert 0 < figures["replayed"] < MANY
    await until(lambda: has_pieces(client, "OTHER", 2 * MANY))
    assert len(set(await audited(client))) == len(await audited(client)) == MANY
    assert await letters(client) == []


async def test_a_replay_that_is_interrupted_says_how_to_go_on(client: Client, run: Run, settings: Settings) -> None:
    await dead(client, run, MANY)
    await run(two_handlers(healthy=True))

    running = await replay_all(settings, rate=50)
    await until(lambda: audited_some(client))
    running.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        _, said = await running.communicate()

    assert running.returncode == 1
    assert f"of {MANY} replayed" in said.decode().replace("\n", " ")
    assert "--before 20" in said.decode().replace("\n", " ")
    assert await letters(client)


async def replay_all(settings: Settings, rate: float) -> asyncio.subprocess.Process:
    """`crossdock dead replay --all`, in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSDOCK_")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli.main", "dead", "replay", "--all", "--rate", str(rate), "--json",
        cwd=ROOT, env=kept | {"CROSSDOCK_NATS_URL": settings.nats_url, "COLUMNS": "300"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def audited_some(client: Client) -> bool:
    """Some letters have been replayed."""
    return len(await audited(client)) > 5
