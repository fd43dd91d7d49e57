"""Dead letters replayed by the thousand, and orders that come in meanwhile."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crossdock_contracts.capture import IngestV1
from services.bench import batches
from services.bench.figure import Better, Figure, percentile, rounded
from services.bench.latency import CAPTURED, last_seq, stored_at
from services.bench.options import Options
from services.bench.orders import Demand, item, stored
from services.bench.rig import Counter, Rig, rig
from services.bench.webhooks import hand_in
from services.cli.closing import Tally, close_all, replay_of
from services.cli.letters import Filters, letters
from services.hub.decision import Decision
from services.hub.inputs import Handler, Input
from services.hub.outbox import Outbox
from services.hub.wire import Laid

_RATE = 1000.0
"""Letters a second while orders come in."""
_INGEST = Handler("ingest", "capture", IngestV1, lambda *_: Decision.nothing())


@dataclass(frozen=True, slots=True)
class _Raw:
    """A message as it was delivered."""

    subject: str
    headers: dict[str, str]
    data: bytes
    reply: str


async def measure(options: Options) -> list[Figure]:
    """Letters a second that are replayed and handled, and what an order that comes in meanwhile waits."""
    async with rig() as standing:
        demand = Demand(options.skus)
        await batches.write(standing.client.calls, (stored(item(sku)) for sku in demand.skus))
        (capture,) = await standing.start(("capture",))
        await hand_in(capture.port, demand.webhooks(options.warm_up), options.connections)
        runs = [await _replay(standing, demand, options.letters) for _ in range(options.repeats)]
        count = max(1, round(options.rate * options.letters / _RATE))
        quiet = [await _live(standing, demand, count, options.rate) for _ in range(options.repeats)]
        busy = [await _beside(standing, demand, options, count) for _ in range(options.repeats)]
    note = f"{options.letters:,} letters a run, from the command to the captured order; one process of capture"
    live = f"{options.rate:g} orders a second by HTTP, from stored to captured"
    return [
        Figure("dead_letters_per_s", "letters/s", tuple(rate for rate, _ in runs), goal=1000, note=note,
               detail={"services_cpu_ms_per_letter": rounded(sum(cost for _, cost in runs) / len(runs))}),
        Figure("dead_letters_live_ms_p99", "ms", tuple(percentile(run, 0.99) for run, _ in busy), better=Better.LOWER,
               goal=200, note=f"{live} while {_RATE:g} letters a second are asked for, which give way",
               detail={"letters_per_s": rounded(sum(rate for _, rate in busy) / len(busy))}),
        Figure("dead_letters_quiet_ms_p99", "ms", tuple(percentile(run, 0.99) for run in quiet), better=Better.LOWER,
               note=f"{live} and nothing else"),
    ]  # fmt: skip


async def _replay(standing: Rig, demand: Demand, count: int) -> tuple[float, float]:
    """Letters a second, as fast as it goes, and CPU milliseconds of capture for each."""
    captured = Counter(standing.client, CAPTURED)
    goal = await captured.count() + count
    await batches.write(standing.client.calls, _dead(demand, count))
    cpu, started = standing.cpu_s()["services"], time.perf_counter()
    await _close(standing, rate=0.0)
    await captured.reaches(goal)
    elapsed_s = time.perf_counter() - started
    return count / elapsed_s, 1000 * (standing.cpu_s()["services"] - cpu) / count


async def _close(standing: Rig, rate: float) -> float:
    """What `crossdock dead replay --all` does; letters a second that went back."""
    tally = Tally()
    found = await letters(standing.client, Filters(service="capture"))
    await close_all(standing.client, found, lambda some: replay_of(some, by="bench", note=""), tally, rate=rate)
    return len(tally.closed) / tally.seconds


async def _beside(standing: Rig, demand: Demand, options: Options, count: int) -> tuple[list[float], float]:
    """What orders wait that come in while letters are replayed, in milliseconds; and how many letters a second go."""
    await batches.write(standing.client.calls, _dead(demand, options.letters))
    replay = asyncio.create_task(_close(standing, _RATE))
    waited = await _live(standing, demand, count, options.rate)
    return waited, await replay


async def _live(standing: Rig, demand: Demand, count: int, rate: float) -> list[float]:
    """What orders wait from stored to captured, in milliseconds."""
    client = standing.client
    inbox, events = await last_seq(client, "CAPTURE_IN"), await last_seq(client, "CAPTURE")
    port = next(worker.port for worker in standing.workers)
    await hand_in(port, demand.webhooks(count), min(count, 32), rate)
    asked = await stored_at(client, "CAPTURE_IN", "capture.cmd.ingest", inbox)
    while not asked.keys() <= (answered := await stored_at(client, "CAPTURE", CAPTURED, events)).keys():  # noqa: ASYNC110  # another process cannot set our event
        await asyncio.sleep(0.1)
    return [1000 * (answered[order] - at) for order, at in asked.items()]


def _dead(demand: Demand, count: int) -> Iterator[Laid]:
    """The next orders as dead letters of capture, as if they had died of what has been mended since."""
    outbox = Outbox("capture", 0, by_owner=False, partitions=1, pools=1)
    error = RuntimeError("what has been mended since")
    for number, (subject, headers, body) in enumerate(demand.ingests(count), start=time.time_ns() // 1000):
        pairs = (line.split(": ", 1) for line in headers.decode().splitlines())
        raw: Any = _Raw(subject.decode(), dict(pairs), body, _reply(number))
        letter = outbox.letter(Input(_INGEST, raw), error, datetime.now(UTC))
        yield letter.subject.encode(), letter.headers + b"Nats-Rollup: sub\r\n", letter.body


def _reply(seq: int) -> str:
    """The acknowledgement subject of a message that was delivered once."""
    return f"$JS.ACK.CAPTURE_IN.capture-ingest-0.1.{seq}.{seq}.0.0"
