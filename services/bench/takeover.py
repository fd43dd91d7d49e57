"""How long a partition stands still when the process that holds it is killed, with another replica beside it."""

import time

from services.bench import batches
from services.bench.figure import Better, Figure
from services.bench.options import Options
from services.bench.orders import Demand
from services.bench.reservations import RESERVED
from services.bench.rig import Counter, rig


async def measure(options: Options) -> list[Figure]:
    """Seconds from the kill of inventory's holder until the other replica has reserved an order that came then."""
    gaps: list[float] = []
    async with rig() as standing:
        demand = Demand(options.skus)
        await standing.stock_up(demand.skus)
        reserved = Counter(standing.client, RESERVED)
        (holder,) = await standing.start(("inventory",))
        for _ in range(options.repeats):
            (other,) = await standing.start(("inventory",))
            count = await reserved.count() + 1
            await batches.write(standing.client.calls, demand.captured(1))
            await reserved.reaches(count)
            await standing.kill(holder)
            started = time.perf_counter()
            await batches.write(standing.client.calls, demand.captured(1))
            await reserved.reaches(count + 1)
            gaps.append(time.perf_counter() - started)
            holder = other
    return [Figure("lease_takeover_s", "s", tuple(gaps), goal=3, better=Better.LOWER, note="kill -9 of the holder")]
