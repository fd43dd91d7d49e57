"""What an order costs with much in store, against what it costs with little.

What is in store is put there directly: documents that the services wrote for some real orders, again and again under
new order ids, and stock of as many SKUs. Events are not: they are archived in time, and nobody reads them twice.
"""

import asyncio
import os
from collections.abc import Iterator
from statistics import median
from typing import Any

import orjson

from crossdock_contracts import subjects
from services.bench import batches, machine
from services.bench.figure import Better, Figure, rounded
from services.bench.options import Options
from services.bench.orders import Demand
from services.bench.rig import Rig, rig
from services.bench.spine import carry
from services.hub.wire import Laid

_PATTERNS = 100
_KEPT = {"PAYMENTS": "payments.state.payment", "INVENTORY": "inventory.state.reservation",
         "ROUTING": "routing.state.route", "SHIPPING": "shipping.state.shipment"}  # fmt: skip

Patterns = dict[str, list[tuple[bytes, bytes, str]]]
"""By stream: subject, body, and order id of documents that services wrote."""


async def measure(options: Options) -> list[Figure]:
    """Cost and throughput with `Options.large` orders and SKUs in store, against `Options.small`."""
    small, patterns = await _runs(options, options.small, {})
    large, _ = await _runs(options, options.large, patterns)
    note = f"{options.large} stored orders and SKUs, against {options.small}"
    cost = [median(run["services_cpu_ms"] + run["server_cpu_ms"] for run in runs) for runs in (small, large)]
    rate = [median(run["orders_per_s"] for run in runs) for runs in (small, large)]
    detail = {"small": _summary(small), "large": _summary(large)}
    return [
        Figure("growth_cost_ratio", "", (cost[1] / cost[0],), goal=1.2, better=Better.LOWER, detail=detail,
               note=f"CPU of services and server for an order; {note}"),
        Figure("growth_time_ratio", "", (rate[0] / rate[1],), better=Better.LOWER, note=f"time for an order; {note}"),
    ]  # fmt: skip


async def _read(standing: Rig, stream: str, prefix: str) -> list[tuple[bytes, bytes, str]]:
    request = orjson.dumps({"seq": 1, "next_by_subj": f"{prefix}.>", "batch": 2 * _PATTERNS})
    messages = await standing.client.calls.many(f"$JS.API.DIRECT.GET.{stream}".encode(), request, timeout_s=10)
    return [
        ((message.headers or {})["Nats-Subject"].encode(), message.data, orjson.loads(message.data)["order_id"])
        for message in messages
    ]


def copies(patterns: list[tuple[bytes, bytes, str]], count: int) -> Iterator[Laid]:
    """So many documents, each under an order id of its own."""
    prepared = [
        (subject.split(subjects.token(order).encode()), body.split(order.encode())) for subject, body, order in patterns
    ]
    for number in range(count):
        subject, body = prepared[number % len(prepared)]
        order = f"web:stored-{number}"
        yield subjects.token(order).encode().join(subject), b"", order.encode().join(body)


async def _runs(options: Options, stored: int, patterns: Patterns) -> tuple[list[dict[str, float]], Patterns]:
    """Runs of the spine with so many orders and SKUs in store; and the patterns, made here where there are none."""
    async with rig() as standing:
        demand = Demand(stored)
        await asyncio.gather(standing.stock_up(demand.skus), _store(standing, patterns, stored))
        await standing.start(*options.groups)
        if not patterns:
            await carry(standing, demand, _PATTERNS)
            patterns = {stream: await _read(standing, stream, prefix) for stream, prefix in _KEPT.items()}
            await _store(standing, patterns, stored)
        await carry(standing, demand, options.warm_up)
        runs = [await carry(standing, demand, options.growth_orders) for _ in range(options.repeats)]
        servers = [pid for pid in machine.family(os.getpid()) if machine.program(pid) == "nats-server"]
        memory = sum(machine.rss_bytes(pid) for pid in servers) / 1e6
        return [run | {"server_memory_mb": memory} for run in runs], patterns


async def _store(standing: Rig, patterns: Patterns, count: int) -> None:
    """Put stored orders into all streams at once; the keys are none that services ever touch."""
    await asyncio.gather(*(batches.write(standing.client.calls, copies(known, count)) for known in patterns.values()))


def _summary(runs: list[dict[str, float]]) -> dict[str, Any]:
    return {name: rounded(median(run[name] for run in runs)) for name in runs[0]}
