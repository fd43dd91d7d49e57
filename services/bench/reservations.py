"""Stock reservations: one replica of inventory, nothing else at work."""

import time

from services.bench import batches
from services.bench.figure import Figure, rounded
from services.bench.options import Options
from services.bench.orders import Demand
from services.bench.rig import Counter, Rig, rig

RESERVED = "inventory.evt.stock-reserved"


async def measure(options: Options) -> list[Figure]:
    """Orders a second that are promised their stock, with SKUs by Zipf's law and with all alike."""
    async with rig() as standing:
        zipf = Demand(options.skus, seed=1)
        even = Demand(options.skus, uniform=True, seed=2, first=10_000_000)
        await standing.stock_up(zipf.skus)
        await standing.start(("inventory",))
        await _reserve(standing, zipf, options.warm_up)
        runs = [await _reserve(standing, zipf, options.orders) for _ in range(options.repeats)]
        alike = [await _reserve(standing, even, options.orders) for _ in range(options.repeats)]
    note = f"one replica, {options.orders} orders a run, SKUs by Zipf's law over {options.skus}"
    return [
        _figure("reservations_per_s", runs, 8000, note),
        _figure("reservations_uniform_per_s", alike, None, "all SKUs alike"),
    ]


def _figure(name: str, runs: list[tuple[float, float]], goal: float | None, note: str) -> Figure:
    cost = rounded(sum(cost for _, cost in runs) / len(runs))
    rates = tuple(rate for rate, _ in runs)
    return Figure(name, "orders/s", rates, goal=goal, note=note, detail={"services_cpu_ms_per_order": cost})


async def _reserve(standing: Rig, demand: Demand, count: int) -> tuple[float, float]:
    """Orders a second, and CPU milliseconds of inventory for each."""
    reserved = Counter(standing.client, RESERVED)
    messages, before = demand.captured(count), await reserved.count()
    cpu, started = standing.cpu_s()["services"], time.perf_counter()
    await batches.write(standing.client.calls, messages)
    await reserved.reaches(before + count)
    elapsed_s = time.perf_counter() - started
    return count / elapsed_s, 1000 * (standing.cpu_s()["services"] - cpu) / count
