"""All measurements, by name, one after the other."""

from collections.abc import Awaitable, Callable, Iterable

from services.bench import (
    assignment,
    edges,
    endurance,
    growth,
    latency,
    letters,
    reservations,
    spine,
    takeover,
    webhooks,
)
from services.bench.figure import Figure
from services.bench.options import Options

Measure = Callable[[Options], Awaitable[list[Figure]]]

MEASUREMENTS: dict[str, Measure] = {
    "spine": spine.measure,
    "reservations": reservations.measure,
    "webhooks": webhooks.measure,
    "latency": latency.measure,
    "dead-letters": letters.measure,
    "endurance": endurance.measure,
    "takeover": takeover.measure,
    "growth": growth.measure,
    "assignment": assignment.measure,
    "edges": edges.measure,
}
"""By the names of `services.bench.options.NAMES`."""


async def run(options: Options, names: Iterable[str], begin: Callable[[str], None]) -> list[Figure]:
    """Take measurements; ``begin`` is told the name of each before it is taken.

    Raises:
        BenchError: one cannot be taken.
    """
    found: list[Figure] = []
    for name in names:
        begin(name)
        found += await MEASUREMENTS[name](options)
    return found
