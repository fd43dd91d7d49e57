"""Webhooks: real HTTP against capture's edge, acknowledged once the raw order is on disk."""

import asyncio
import sys
from collections.abc import Iterable
from typing import Any

import orjson

from services.bench import batches
from services.bench.figure import BenchError, Better, Figure, percentile
from services.bench.options import Options
from services.bench.orders import Demand, item, stored
from services.bench.rig import Counter, rig

_ACCEPTED = "202"


async def measure(options: Options) -> list[Figure]:
    """Webhooks a second that are acknowledged, and how long the slowest hundredth takes."""
    runs: list[dict[str, Any]] = []
    async with rig() as standing:
        demand = Demand(options.skus)
        await batches.write(standing.client.calls, (stored(item(sku)) for sku in demand.skus))
        (capture,) = await standing.start(("capture",))
        await hand_in(capture.port, demand.webhooks(options.warm_up), options.connections)
        captured = Counter(standing.client, "capture.evt.order-captured")
        total = options.warm_up
        for _ in range(options.repeats):
            runs.append(await hand_in(capture.port, demand.webhooks(options.orders), options.connections))
            total += options.orders
            await captured.reaches(total)
    note = f"{options.connections} connections kept alive; one process of capture, which also takes the orders in"
    p99 = tuple(percentile(run["latencies_ms"], 0.99) for run in runs)
    p50 = tuple(percentile(run["latencies_ms"], 0.5) for run in runs)
    rates = tuple(options.orders / run["elapsed_s"] for run in runs)
    return [
        Figure("webhooks_per_s", "webhooks/s", rates, goal=3000, note=note),
        Figure("webhooks_ms_p99", "ms", p99, goal=50, better=Better.LOWER, note="at that rate"),
        Figure("webhooks_ms_p50", "ms", p50, better=Better.LOWER),
    ]


async def hand_in(port: int, bodies: Iterable[bytes], connections: int, rate: float = 0.0) -> dict[str, Any]:
    """Have the load generator send orders; what it measured.

    Raises:
        BenchError: an order was not accepted.
    """
    generator = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.bench.load", str(port), str(connections), str(rate),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, _ = await generator.communicate(b"\n".join(bodies))
    finally:
        if generator.returncode is None:
            generator.kill()
    if generator.returncode:
        msg = f"the load generator ended with status {generator.returncode}"
        raise BenchError(msg)
    result: dict[str, Any] = orjson.loads(said)
    if set(result["statuses"]) != {_ACCEPTED}:
        msg = f"not all webhooks were accepted: {result['statuses']}"
        raise BenchError(msg)
    return result
