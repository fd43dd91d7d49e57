"""One committer for each stream and partition (rule 1)."""

import os
import signal
from pathlib import Path

from services.cli.client import Client, connected
from services.hub.commit import Committer, Message
from services.hub.lease import Lease
from services.hub.settings import Settings
from services.hub.verdicts import Verdict
from tests.conftest import Run, Running, published, until
from tests.hub import tally
from tests.hub.commands import pieces, receipt, settled
from tests.hub.mortal import start


def held(running: Running) -> bool:
    return running.app.runtime._shards[0].partition.lease.held


async def test_a_second_replica_waits_and_is_ready_while_the_first_serves(client: Client, run: Run) -> None:
    first = await run(tally.service())
    second = await run(tally.service())

    await client.order(receipt())

    assert (held(first), held(second)) == (True, False)
    assert second.app.runtime.ready


async def test_a_lease_that_was_given_up_is_taken_before_its_term_ends(client: Client, run: Run) -> None:
    first = await run(tally.service(), lease_s=4)
    second = await run(tally.service(), lease_s=4)

    await first.stop()

    await until(lambda: held(second), timeout_s=3)
    await client.order(receipt())
    assert await pieces(client) == 1


async def test_a_writer_that_lost_the_lease_cannot_commit(client: Client, run: Run, settings: Settings) -> None:
    await (await run(tally.service())).stop()
    old = Lease(client.calls, "inventory", "INVENTORY", 0, 0.2)
    new = Lease(client.calls, "inventory", "INVENTORY", 0, 0.2)
    await old.acquire(wanted=lambda: True, given_up=lambda: False)
    await new.acquire(wanted=lambda: True, given_up=lambda: False)

    async with connected(settings) as other:
        committer = Committer("inventory", other.connection, other.calls)
        verdict, _, _ = await committer.commit(old, [Message("inventory.state.tally.main.S", b"{}", expected=0)])

    assert verdict is Verdict.CONFLICT
    assert await published(client, "INVENTORY", "inventory.state.tally.>") == []


async def test_a_holder_suspended_within_a_batch_comes_back_after_the_take_over_and_changes_nothing(
    settings: Settings, client: Client, run: Run
) -> None:
    await (await run(tally.service())).stop()
    for number in range(30):
        await client.tell(receipt(f"S{number % 2}", number + 1))
    process = await start(settings, "suspended within a batch")
    await until(lambda: is_stopped(process.pid))

    await run(tally.service())
    await settled(client, "receive")
    os.kill(process.pid, signal.SIGCONT)
    lost = await client.calls.api("STREAM.INFO.INVENTORY")
    await until(lambda: has_moved(client, lost["state"]["last_seq"] + 3))  # heartbeats of the holder: time has passed
    process.kill()
    await process.wait()

    assert [await pieces(client, f"S{n}") for n in range(2)] == [225, 240]
    assert len(await published(client, "INVENTORY", "inventory.evt.stock-moved.>")) == 30


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


async def has_moved(client: Client, seq: int) -> bool:
    info = await client.calls.api("STREAM.INFO.INVENTORY")
    return bool(info["state"]["last_seq"] >= seq)
