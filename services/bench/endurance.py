"""Everything at once, as ``crossdock up`` runs it: memory with many orders behind it, idle CPU, a kill of it all."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from crossdock_contracts.base import Command
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import Product, UpsertProductV1
from services.bench import batches, machine
from services.bench.figure import BenchError, Better, Figure
from services.bench.options import Options
from services.bench.orders import OWNER, Demand, as_message, stock
from services.bench.rig import Counter, own_settings
from services.bench.spine import LABELLED
from services.cli import quiet
from services.cli.client import Client, connected

_UP = b"Crossdock is up."
_START_S = 300.0
_END_S = 30.0
_SETTLE_S = 2.0
_UNDER_WAY = 200
"""Orders that are handed in right before the kill."""


class Whole:
    """``crossdock up`` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.client_settings = own_settings(folder)

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        assert self._process is not None
        return machine.family(self._process.pid)

    async def start(self) -> float:
        """Start it; the seconds until it says that every service is ready.

        Raises:
            BenchError: it ended before.
            TimeoutError: it does not become ready.
        """
        environment = {
            "CROSSDOCK_DATA_DIR": str(self._folder),
            "CROSSDOCK_HTTP_PORT": "0",
            "CROSSDOCK_NATS_URL": "",
            "CROSSDOCK_LOG_LEVEL": "error",
        }
        started = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli.main", "up",
            env={**os.environ, **environment}, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(_START_S):
            while _UP not in (line := await self._process.stdout.readline()):
                if not line:
                    msg = f"crossdock up ended with status {await self._process.wait()}"
                    raise BenchError(msg)
        return time.perf_counter() - started

    async def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        if self._process is None:
            return
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> None:
        """Have it end in order, or else without."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            await self.kill()


@asynccontextmanager
async def whole() -> AsyncIterator[Whole]:
    """All of it, for as long as it is used."""
    with tempfile.TemporaryDirectory(prefix="crossdock-bench-", ignore_cleanup_errors=True) as folder:
        found = Whole(Path(folder))
        try:
            await found.start()
            yield found
        finally:
            await found.stop()


async def measure(options: Options) -> list[Figure]:
    """Memory, idle CPU, and the time from a kill of everything until all services are ready again."""
    async with whole() as standing:
        demand = Demand(options.skus)
        async with connected(standing.client_settings) as client:
            await _prepare(client, demand)
            await _labelled(client, demand, options.stored)
            await quiet.wait(client)
        await asyncio.sleep(_SETTLE_S)
        memory = {f"{machine.program(pid)} ({pid})": machine.rss_bytes(pid) / 1e6 for pid in standing.pids}
        idle = await _idle_percent(standing.pids, options.idle_s)
        restarts = [await _restart(standing, demand) for _ in range(options.repeats)]
    at = f"`crossdock up` after {options.stored} orders"
    return [
        Figure("memory_mb", "MB", (sum(memory.values()),), goal=700, better=Better.LOWER,
               note=at,
               detail={name: round(size, 1) for name, size in memory.items()}),
        Figure("idle_cpu_percent", "% of a core", (idle,), goal=3, better=Better.LOWER, note=at),
        Figure("restart_s", "s", tuple(restarts), goal=5, better=Better.LOWER,
               note=f"kill -9 of everything with {options.stored} orders stored, until all services are ready"),
    ]  # fmt: skip


async def _prepare(client: Client, demand: Demand) -> None:
    """Products and plenty of stock, by the usual commands."""
    wanted: list[Command] = []
    for sku in demand.skus:
        wanted.append(UpsertProductV1(owner=OWNER, sku=sku, product=Product(sku=sku, title=sku, weight_g=350)))
        places = stock(sku).locations.items()
        wanted += [ReceiveStockV1(owner=OWNER, sku=sku, location_id=at, quantity=p.on_hand) for at, p in places]
    await batches.publish(client.calls, (as_message(command) for command in wanted))
    await quiet.wait(client)


async def _labelled(client: Client, demand: Demand, count: int) -> None:
    """Put raw orders into capture's inbox, as its edge does, and wait for the labels."""
    labels = Counter(client, LABELLED)
    goal = await labels.count() + count
    await batches.publish(client.calls, demand.ingests(count))
    await labels.reaches(goal)


async def _idle_percent(pids: list[int], during_s: float) -> float:
    before = machine.cpu_s(*pids)
    await asyncio.sleep(during_s)
    return 100 * (machine.cpu_s(*pids) - before) / during_s


async def _restart(standing: Whole, demand: Demand) -> float:
    """Kill everything while orders are under way; the seconds until it is ready. Then each order gets its label."""
    async with connected(standing.client_settings) as client:
        goal = await Counter(client, LABELLED).count() + _UNDER_WAY
        await batches.publish(client.calls, demand.ingests(_UNDER_WAY))
    await standing.kill()  # our own connection is closed: cut off, nats-py would cancel this task
    elapsed_s = await standing.start()
    async with connected(standing.client_settings) as client:
        await Counter(client, LABELLED).reaches(goal)
        await quiet.wait(client)
    return elapsed_s
