"""The floor under the spine: the same messages moved by bare loops, nothing decoded, nothing decided.

A mover takes what its consumer has ready, publishes for each message as many messages of the same sizes as the service
did, in atomic batches that are as large as the service's were, and acknowledges. The way is the same: seven consumers
of five streams, in the same processes. What makes it cheaper is that bodies and headers are one block of bytes that
stands ready, nothing is guarded by a sequence, nothing is read, and a call to gateway or carrier is no second step.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.bench import batches, machine
from services.bench.figure import BenchError
from services.bench.mover import READY, Hop, Plan, Target
from services.bench.options import Options
from services.bench.orders import Demand
from services.bench.rig import Counter, Rig, rig
from services.bench.traffic import LABELS, Traffic
from services.hub import streams
from services.hub.commit import MOST_MESSAGES
from services.hub.wire import Laid

_WAY = (
    ("payments", "capture", "order-captured", "payment-authorised"),
    ("inventory", "capture", "order-captured", "stock-reserved"),
    ("routing", "capture", "order-captured", ""),
    ("routing", "payments", "payment-authorised", ""),
    ("routing", "inventory", "stock-reserved", "order-routed"),
    ("inventory", "routing", "order-routed", "stock-allocated"),
    ("shipping", "inventory", "stock-allocated", "label-bought"),
)
"""Who hears what from whom, and what it says then."""

_PREFIX = "floor"
_LARGEST_FETCH = 256
_NEVER_AGAIN = 1 << 40


def plans(traffic: Traffic, orders: int, groups: tuple[tuple[str, ...], ...]) -> list[Plan]:
    """What each process has to move, from what the spine was heard to move for so many orders."""
    hops = [_hop(traffic, orders, *step) for step in _WAY]
    return [Plan(hops=[hop for hop in hops if hop.service in group]) for group in groups]


def _hop(traffic: Traffic, orders: int, service: str, source: str, hears: str, says: str) -> Hop:
    inputs = sum(1 for step in _WAY if step[0] == service)
    events = [kind for of, kind in traffic.counts if of == service and kind not in {"state", "lease"}]
    own = [
        Target(f"{_PREFIX}{service}.evt.{kind}", traffic.counts[service, kind] / orders, traffic.size(service, kind))
        for kind in events
        if kind == says or (says and kind not in {step[3] for step in _WAY})
    ]
    own += _documents(traffic, orders * inputs, service)
    own.append(Target(f"{_PREFIX}{service}.state.lease", 0, traffic.size(service, "lease"), keys=1))
    groups = [own]
    if says == "label-bought":
        groups.append(_documents(traffic, orders, LABELS))
    decided = inputs * orders / max(1, traffic.batches[service])
    return Hop(
        service=service,
        stream=_stream(source),
        durable=f"{_PREFIX}-{service}-{source}-{hears}",
        filter=f"{_PREFIX}{source}.evt.{hears}.>",
        fetch=max(1, min(_LARGEST_FETCH, round(decided))),
        targets=groups,
    )


def _documents(traffic: Traffic, inputs: int, service: str) -> list[Target]:
    """Documents that are new, and those that take the place of an earlier one."""
    size, written = traffic.size(service, "state"), traffic.counts[service, "state"]
    new = min(written, len(traffic.documents[service]))
    subject = f"{_PREFIX}{service}.state"
    return [
        Target(f"{subject}.new", new / inputs, size, keys=_NEVER_AGAIN),
        Target(f"{subject}.again", (written - new) / inputs, size, keys=MOST_MESSAGES),
    ]


def _stream(service: str) -> str:
    return str(streams.own_stream(f"{_PREFIX}{service}", streams.Layout())["name"])


async def measure(options: Options, traffic: Traffic, *, wire: bool) -> list[dict[str, float]]:
    """Orders a second that bare loops would carry; with ``wire`` they write as the hub does."""
    moving = plans(traffic, options.heard, options.groups)
    async with rig() as standing:
        await _provide(standing, moving)
        async with _movers(standing, moving, wire=wire) as pids:
            await _carry(standing, pids, options.warm_up)
            return [await _carry(standing, pids, options.orders) for _ in range(options.repeats)]


async def _provide(standing: Rig, moving: list[Plan]) -> None:
    calls = standing.client.calls
    for service in ("capture", "payments", "inventory", "routing", "shipping", LABELS):
        await streams.provision_stream(calls, streams.own_stream(f"{_PREFIX}{service}", streams.Layout()))
    for hop in (hop for plan in moving for hop in plan.hops):
        declared = streams.consumer(hop.durable, hop.filter, ack_wait_s=15, replicas=1)
        await streams.provision_consumer(calls, hop.stream, declared)


@asynccontextmanager
async def _movers(standing: Rig, moving: list[Plan], *, wire: bool) -> AsyncIterator[list[int]]:
    """Movers in processes of their own, which end when their standard input closes."""
    async with AsyncExitStack() as stack:
        started: list[asyncio.subprocess.Process] = []
        for plan in moving:
            mover = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.bench.mover", standing.url, "wire" if wire else "bare",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            stack.push_async_callback(_end, mover)
            assert mover.stdin is not None
            mover.stdin.write(plan.encode() + b"\n")
            started.append(mover)
        for mover in started:
            assert mover.stdout is not None
            if (await mover.stdout.readline()).strip() != READY:
                msg = "a mover of the floor does not start"
                raise BenchError(msg)
        yield [mover.pid for mover in started]


async def _end(mover: asyncio.subprocess.Process) -> None:
    assert mover.stdin is not None
    mover.stdin.close()
    await mover.wait()


async def _carry(standing: Rig, pids: list[int], count: int) -> dict[str, float]:
    done = Counter(standing.client, f"{_PREFIX}shipping.evt.label-bought")
    messages, before = _captured(count), await done.count()
    server, movers, started = standing.cpu_s()["server"], machine.cpu_s(*pids), time.perf_counter()
    await batches.write(standing.client.calls, messages)
    await done.reaches(before + count)
    elapsed_s = time.perf_counter() - started
    return {
        "orders_per_s": count / elapsed_s,
        "services_cpu_ms": 1000 * (machine.cpu_s(*pids) - movers) / count,
        "server_cpu_ms": 1000 * (standing.cpu_s()["server"] - server) / count,
    }


def _captured(count: int) -> list[Laid]:
    """Real orders, for their size, where the floor's first hops hear them."""
    subject = f"{_PREFIX}capture.evt.order-captured.v1".encode()
    return [(subject, headers, body) for _, headers, body in Demand(100).captured(count)]
