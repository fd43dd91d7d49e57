"""Latency from captured to labelled, by the times at which the server stored both events."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from statistics import median
from typing import Any

import orjson

from services.bench import batches
from services.bench.figure import BenchError, Better, Figure, percentile
from services.bench.options import Options
from services.bench.orders import Demand, item, stored
from services.bench.rig import Counter, Rig, rig
from services.bench.spine import LABELLED
from services.bench.webhooks import hand_in
from services.cli.client import Client
from services.cli.supervisor import GROUPS

CAPTURED = "capture.evt.order-captured"
_PAGE = 500
_PAUSE_S = 0.15


async def measure(options: Options) -> list[Figure]:
    """Milliseconds from captured to labelled, at a steady rate and one order at a time."""
    async with rig() as standing:
        demand = Demand(options.skus)
        await batches.write(standing.client.calls, (stored(item(sku)) for sku in demand.skus))
        await standing.stock_up(demand.skus)
        await standing.start(*GROUPS)
        await _pass(standing, demand, options.warm_up, 0.0)
        busy: list[list[float]] = []
        for _ in range(options.repeats):
            await asyncio.sleep(_PAUSE_S)
            busy.append(await _pass(standing, demand, options.paced, options.rate))
        idle = [await _single(standing, demand) for _ in range(options.single)]
    each = f"{options.paced} orders by HTTP at {options.rate:g} a second; {len(GROUPS)} processes, all services"
    alone = f"{options.single} orders one at a time"
    figures = [
        Figure(f"latency_ms_p{share:.0f}", "ms", tuple(percentile(run, share / 100) for run in busy), goal=goal,
               better=Better.LOWER, note=each)
        for share, goal in ((50.0, 40.0), (99.0, 200.0))
    ]  # fmt: skip
    return [
        *figures,
        Figure("latency_idle_ms_p50", "ms", (median(idle),), better=Better.LOWER, note=alone),
        Figure("latency_idle_ms_p99", "ms", (percentile(idle, 0.99),), better=Better.LOWER, note=alone),
    ]


async def _single(standing: Rig, demand: Demand) -> float:
    """One order, on an idle hub."""
    (latency,) = await _pass(standing, demand, 1, 0.0)
    return latency


async def _pass(standing: Rig, demand: Demand, count: int, rate: float) -> list[float]:
    """Hand orders in, wait for their labels; the latency of each, in milliseconds."""
    client = standing.client
    captured_before, labelled_before = await last_seq(client, "CAPTURE"), await last_seq(client, "SHIPPING")
    labels = Counter(client, LABELLED)
    goal = await labels.count() + count
    port = next(worker.port for worker in standing.workers if "capture" in worker.services)
    if count == 1:
        await batches.publish(client.calls, demand.ingests(1))
        await asyncio.sleep(_PAUSE_S)  # a question to the server meanwhile would be in the order's way
    else:
        await hand_in(port, demand.webhooks(count), min(count, 32), rate)
    await labels.reaches(goal)
    captured = await stored_at(client, "CAPTURE", CAPTURED, captured_before)
    labelled = await stored_at(client, "SHIPPING", LABELLED, labelled_before)
    if captured.keys() != labelled.keys() or len(captured) != count:
        msg = f"{count} orders handed in, {len(captured)} captured, {len(labelled)} labelled"
        raise BenchError(msg)
    return [1000 * (labelled[order] - at) for order, at in captured.items()]


async def last_seq(client: Client, stream: str) -> int:
    """Sequence of the newest message of a stream."""
    info: dict[str, Any] = await client.calls.api(f"STREAM.INFO.{stream}")
    return int(info["state"]["last_seq"])


async def heard(client: Client, stream: str, event: str, after: int) -> AsyncIterator[tuple[str, float, bytes]]:
    """Of these events: the order, when it was stored in seconds, and the body."""
    while True:
        request = orjson.dumps({"seq": after + 1, "next_by_subj": f"{event}.>", "batch": _PAGE})
        page = await client.calls.many(f"$JS.API.DIRECT.GET.{stream}".encode(), request, timeout_s=10)
        for message in page:
            headers = message.headers or {}
            at = datetime.fromisoformat(headers["Nats-Time-Stamp"]).timestamp()
            yield headers["ce-correlationid"], at, message.data
            after = int(headers["Nats-Sequence"])
        if len(page) < _PAGE:
            return


async def stored_at(client: Client, stream: str, event: str, after: int) -> dict[str, float]:
    """When these events were stored, in seconds, by order."""
    found: dict[str, float] = {}
    async for order, at, _ in heard(client, stream, event, after):
        found.setdefault(order, at)
    return found
