"""Orders from captured to labelled: real decisions in real processes, and the floor under them."""

import time
from typing import Any

from services.bench import batches, floor
from services.bench.figure import Figure, rounded
from services.bench.options import Options
from services.bench.orders import Demand
from services.bench.rig import Counter, Rig, rig
from services.bench.traffic import Traffic, heard

LABELLED = "shipping.evt.label-bought"


async def measure(options: Options) -> list[Figure]:
    """Orders a second that the spine carries, with SKUs by Zipf's law and with all alike; the floor; their ratio."""
    async with rig() as standing:
        zipf = Demand(options.skus, seed=1)
        uniform = Demand(options.skus, uniform=True, seed=2, first=10_000_000)
        await standing.stock_up(zipf.skus)
        await standing.start(*options.groups)
        await carry(standing, zipf, options.warm_up)
        async with heard(standing.client) as traffic:
            await carry(standing, zipf, options.heard)
        runs = [await carry(standing, zipf, options.orders) for _ in range(options.repeats)]
        even = [await carry(standing, uniform, options.orders) for _ in range(options.repeats)]
    bare = await floor.measure(options, traffic, wire=False)
    wired = await floor.measure(options, traffic, wire=True)
    return _figures(options, traffic, runs, even, bare, wired)


async def carry(standing: Rig, demand: Demand, count: int) -> dict[str, float]:
    """Hand in orders as captured, wait until each has its label; orders a second, and CPU used for each."""
    labels = Counter(standing.client, LABELLED)
    messages, before = demand.captured(count), await labels.count()
    cpu, started = standing.cpu_s(), time.perf_counter()
    await batches.write(standing.client.calls, messages)
    await labels.reaches(before + count)
    elapsed_s, used = time.perf_counter() - started, standing.cpu_s()
    return {
        "orders_per_s": count / elapsed_s,
        **{f"{name}_cpu_ms": 1000 * (used[name] - cpu[name]) / count for name in used},
    }


def _figures(
    options: Options,
    traffic: Traffic,
    runs: list[dict[str, float]],
    even: list[dict[str, float]],
    bare: list[dict[str, float]],
    wired: list[dict[str, float]],
) -> list[Figure]:
    def rates(of: list[dict[str, float]]) -> tuple[float, ...]:
        return tuple(run["orders_per_s"] for run in of)

    unit = "orders/s"
    processes = " | ".join("+".join(group) for group in options.groups)
    bottom = Figure("floor_orders_per_s", unit, rates(bare), detail=_costs(bare), note="bare nats-py loop")
    wire = Figure(
        "floor_wire_orders_per_s",
        unit,
        rates(wired),
        detail=_costs(wired),
        note="the same loop over the hub's own wire",
    )
    spine = Figure(
        "spine_orders_per_s", unit, rates(runs), goal=1000, floor=bottom.value,
        note=f"{options.orders} orders a run, SKUs by Zipf's law over {options.skus}; processes {processes}",
        detail=_costs(runs) | {"processes": processes, "messages": traffic.summary(options.heard)},
    )  # fmt: skip
    return [
        spine,
        Figure(
            "spine_uniform_orders_per_s", unit, rates(even), floor=bottom.value, detail=_costs(even),
            note="all SKUs alike",
        ),
        bottom,
        wire,
        Figure("spine_ratio", "", (spine.value / bottom.value,), goal=0.6, note="spine ÷ bare nats-py loop"),
        Figure("spine_wire_ratio", "", (spine.value / wire.value,), note="spine ÷ the loop over the hub's own wire"),
    ]  # fmt: skip


def _costs(runs: list[dict[str, float]]) -> dict[str, Any]:
    names = [name for name in runs[0] if name.endswith("_cpu_ms")]
    return {f"{name}_per_order": rounded(sum(run[name] for run in runs) / len(runs)) for name in names}
