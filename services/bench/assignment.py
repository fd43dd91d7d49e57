"""How long the best assignment of an order takes: twenty lines, thirty locations, at most three of them at once."""

import gc
import random
import time
from collections.abc import Iterator

from services.bench.figure import Better, Figure, percentile
from services.bench.options import Options
from services.routing.decide.assign import Demand, Site, best_plans

_LINES, _LOCATIONS, _MOST = 20, 30, 3
_STOCKED = (0.3, 0.4, 0.5, 0.7, 0.9)
"""Shares of the SKUs that a location has: from orders that hardly any three can serve to those that many can alone."""
_POINTS = {"split": 25.0, "most": _MOST, "keep": 5}


def instances(seed: int, count: int) -> Iterator[tuple[Demand, list[Site]]]:
    """Orders and the locations that may serve them, each with little or much in stock."""
    rng = random.Random(seed)  # noqa: S311  # the same instances for everybody
    for number in range(count):
        pieces = {f"SKU-{n}": rng.choice((1, 1, 1, 1, 2, 2, 3)) for n in range(_LINES)}
        weights = {sku: rng.randint(50, 3000) for sku in pieces}
        stocked, deep = _STOCKED[number % len(_STOCKED)], rng.choice((3, 40))
        sites = [
            Site(
                f"L{n:02}",
                rng.uniform(1, 20),
                rng.choice((0.1, 0.2, 0.25, 0.5)),
                {sku: rng.randint(1, deep) for sku in pieces if rng.random() < stocked},
                rng.uniform(0.3, 1.2),
            )
            for n in range(_LOCATIONS)
        ]
        yield Demand(pieces, weights), sites


async def measure(options: Options) -> list[Figure]:
    """Median and 99th percentile over many instances."""
    taken: list[float] = []
    gc.disable()
    try:
        for demand, sites in instances(1, options.assignments):
            begin = time.process_time()
            best_plans(demand, sites, **_POINTS)  # type: ignore[arg-type]  # numbers all
            taken.append(1000 * (time.process_time() - begin))
    finally:
        gc.enable()
    unit = f"ms of CPU for {_LINES} lines, {_LOCATIONS} locations, {_MOST} of them at once"
    note = f"{options.assignments:,} orders, each SKU at {_STOCKED[0]:.0%} to {_STOCKED[-1]:.0%} of the locations"
    return [
        Figure("assignment_ms_p50", unit, (percentile(taken, 0.5),), goal=5.0, better=Better.LOWER, note=note),
        Figure("assignment_ms_p99", unit, (percentile(taken, 0.99),), better=Better.LOWER, note=note),
    ]
