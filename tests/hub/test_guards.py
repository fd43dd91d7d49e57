"""Every input commits something, guarded on all that it read; and an input is remembered (rules 2 and 3)."""

from typing import Any

import orjson
import pytest
from nats.aio.msg import Msg

from services.cli.client import Client
from services.hub import rounds
from services.hub.wire import Calls
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import adjustment, has_pieces, pieces, put, receipt, settled


class StaleReads:
    """Reads that show documents as they once were, as those from a lagging follower do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._before: dict[str, Msg | None] = {}
        self._left: dict[str, int] = {}
        self.told = 0
        original = Calls.many

        async def many(calls: Calls, subject: bytes, body: bytes, **more: Any) -> list[Msg]:
            found = await original(calls, subject, body, **more)
            asked: list[str] = orjson.loads(body).get("multi_last", [])
            if not asked:
                return found
            standing = {(m.headers or {})["Nats-Subject"]: m for m in found}
            return [m for name in asked if (m := self._as_seen(name, standing.get(name))) is not None]

        monkeypatch.setattr(Calls, "many", many)

    def _as_seen(self, subject: str, message: Msg | None) -> Msg | None:
        if self._left.get(subject, 0):
            self.told += 1
            self._left[subject] -= 1
            return self._before[subject]
        self._before.setdefault(subject, message)
        return message

    def lie(self, times: int = 1) -> None:
        """From now on the next reads of what was read before show what was found first."""
        self._left = dict.fromkeys(self._before, times)


async def test_a_stale_read_of_what_is_written_is_noticed(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = StaleReads(monkeypatch)
    first = await run(tally.service())
    await client.order(receipt(quantity=5))  # reads that nothing is there
    await first.stop()
    await run(tally.service())

    reads.lie()
    await client.order(receipt(quantity=7))

    assert reads.told > 0
    assert await pieces(client) == 12


async def test_a_stale_read_of_what_is_only_read_is_noticed(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = StaleReads(monkeypatch)
    first = await run(tally.service())
    await client.order(adjustment("copies", sku="A", note="B"))
    await client.order(receipt("B", 5))
    await first.stop()
    await run(tally.service())

    reads.lie()
    await client.order(adjustment("copies", sku="A", note="B"))

    assert reads.told > 0
    assert await pieces(client, "A") == 5


async def test_doing_nothing_because_of_a_stale_read_is_noticed(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = StaleReads(monkeypatch)
    first = await run(tally.service())
    await client.order(receipt("B", 5))
    await first.stop()
    second = await run(tally.service())
    await client.order(adjustment("unless", sku="A", delta=3, note="B"))  # nothing: B has pieces
    await client.order(adjustment("added", sku="B", delta=-5))
    await second.stop()
    await run(tally.service())

    reads.lie()
    await client.order(adjustment("unless", sku="A", delta=3, note="B"))

    assert reads.told > 0
    assert await pieces(client, "A") == 3


async def test_a_delta_that_its_sender_repeats_counts_once(client: Client, run: Run) -> None:
    await run(tally.service())

    for _ in range(3):
        await put(client, receipt(quantity=10).encode(), headers=b"ce-id: one-and-the-same\r\n")
    await settled(client, "receive")

    assert await pieces(client) == 10


async def test_two_senders_may_use_the_same_id(client: Client, run: Run) -> None:
    await run(tally.service())

    for sender in (b"/shop", b"/till", b"/till"):
        await put(client, receipt(quantity=10).encode(), headers=b"ce-id: 1\r\nce-source: %s\r\n" % sender)
    await settled(client, "receive")

    assert await pieces(client) == 20


async def test_a_repeated_delta_counts_once_after_a_restart(client: Client, run: Run) -> None:
    first = await run(tally.service())
    await put(client, receipt(quantity=10).encode(), headers=b"ce-id: one-and-the-same\r\n")
    await settled(client, "receive")
    await first.stop()
    await run(tally.service())

    await put(client, receipt(quantity=10).encode(), headers=b"ce-id: one-and-the-same\r\n")
    await settled(client, "receive")

    assert await pieces(client) == 10
    assert len(await published(client, "INVENTORY", "inventory.evt.stock-moved.>")) == 1


async def test_a_message_whose_commit_is_refused_each_time_is_parked_and_its_neighbours_go_on(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_ALONE", 6)
    reads = StaleReads(monkeypatch)
    first = await run(tally.service())
    await client.order(receipt("A"))
    await first.stop()
    second = await run(tally.service(), park_first_s=0.1)

    reads.lie(times=8)
    await client.tell(receipt("A"))
    await client.order(receipt("B"))

    assert await pieces(client, "B") == 1
    await until(lambda: has_pieces(client, "A", 2))
    assert reads.told == 8
    assert second.app.runtime.ready
