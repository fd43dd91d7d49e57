"""A server of its own, and services in processes of their own, all of which end with the measurement."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from services.bench import batches, machine, orders
from services.bench.figure import BenchError
from services.cli.client import Client, connected
from services.cli.supervisor import Worker, listening
from services.hub import streams
from services.hub.health import is_well
from services.hub.server import Server, ServerError
from services.hub.settings import Settings, settings

_ATTEMPTS = 3
_START_S = 60.0
_POLL_S = 0.02
OWN_STREAMS = ("capture", "payments", "inventory", "products", "routing", "shipping", "returns")


def own_settings(folder: Path) -> Settings:
    """Settings of a hub in this folder: everything as delivered but for what it would share with another."""
    return settings().model_copy(
        update={"data_dir": folder, "http_port": 0, "nats_url": "", "nats_credentials": "", "log_level": "error"}
    )


class Rig:
    """An embedded server with streams, a client, and the services that were started on it."""

    def __init__(self, settings: Settings, server: Server, client: Client) -> None:
        self.settings = settings
        self.client = client
        self._server = server
        self.workers: list[Worker] = []

    @property
    def url(self) -> str:
        """The server."""
        return self._server.url

    async def provide(self) -> None:
        """Make the streams of all services, so that documents can be put there before a service runs."""
        for service in OWN_STREAMS:
            await streams.provision_stream(self.client.calls, streams.own_stream(service, streams.Layout()))

    async def stock_up(self, skus: Iterable[str]) -> None:
        """Have plenty of each SKU, as if it had been received long ago."""
        await batches.write(self.client.calls, (orders.stored(orders.stock(sku)) for sku in skus))

    async def start(self, *groups: Iterable[str]) -> list[Worker]:
        """Start services, one process for each group, and wait until they are ready.

        Raises:
            BenchError: they do not become ready.
        """
        started = [self._worker(services) for services in groups]
        self.workers += started
        await asyncio.gather(*(worker.start() for worker in started))
        try:
            async with asyncio.timeout(_START_S):
                for worker in started:
                    while not await is_ready(worker.port):  # noqa: ASYNC110  # another process cannot set our event
                        await asyncio.sleep(_POLL_S)
        except TimeoutError:
            msg = f"services did not become ready in {_START_S:g} s: {[worker.services for worker in started]}"
            raise BenchError(msg) from None
        return started

    def _worker(self, services: Iterable[str]) -> Worker:
        environment = {
            "CROSSDOCK_NATS_URL": self.url,
            "CROSSDOCK_DATA_DIR": str(self.settings.data_dir),
            "CROSSDOCK_LOG_LEVEL": self.settings.log_level,
        }
        return Worker(tuple(services), listening(self.settings.http_host), environment)

    async def stop(self) -> None:
        """Stop the services; the server goes on."""
        workers, self.workers = self.workers, []
        await asyncio.gather(*(worker.stop() for worker in workers))

    async def kill(self, worker: Worker) -> None:
        """End one process of services as a crash does."""
        self.workers.remove(worker)
        os.kill(pid_of(worker), signal.SIGKILL)
        await worker.stop()

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds that services and server have used so far."""
        mine = machine.family(os.getpid())
        servers = [pid for pid in mine if machine.program(pid) == "nats-server"]
        return {
            "services": machine.cpu_s(*(pid_of(worker) for worker in self.workers)),
            "server": machine.cpu_s(*servers),
        }


def pid_of(worker: Worker) -> int:
    """Process id of services that run."""
    assert worker.process is not None
    return worker.process.pid


@asynccontextmanager
async def rig() -> AsyncIterator[Rig]:
    """A rig, for as long as it is used."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossdock-bench-")))
        own = own_settings(folder)
        server = Server(own)
        stack.push_async_callback(server.stop)
        await _start(server)
        client = await stack.enter_async_context(connected(own, [server.url], reconnects=-1))
        found = Rig(own, server, client)
        stack.push_async_callback(found.stop)
        await found.provide()
        yield found


async def _start(server: Server) -> None:
    """Start a server; again, where another program took its port in the moment before."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await server.start()
        except ServerError:
            await server.stop()
            if attempt == _ATTEMPTS:
                raise
        else:
            return


async def is_ready(port: int) -> bool:
    """Whether services say that they are ready."""
    return await is_well(port, "/health/ready")


class Counter:
    """Counts the events of one name in a service's stream."""

    def __init__(self, client: Client, event: str) -> None:
        service, self._filter = event.partition(".")[0], f"{event}.>"
        self._stream = streams.own_stream(service, streams.Layout())["name"]
        self._client = client
        self._event = event

    async def count(self) -> int:
        """How many there are."""
        request = {"subjects_filter": self._filter}
        info = await self._client.calls.api(f"STREAM.INFO.{self._stream}", request, timeout_s=_START_S)
        state = info.get("state")
        found = state.get("subjects") if isinstance(state, dict) else None
        return sum(found.values()) if found else 0

    async def reaches(self, goal: int, *, patience_s: float = 60.0) -> int:
        """Wait until there are so many; how many there are then.

        Raises:
            BenchError: there has been no more of them for a while.
        """
        loop = asyncio.get_running_loop()
        last, moved_at = -1, loop.time()
        while (now := await self.count()) < goal:
            if now > last:
                last, moved_at = now, loop.time()
            elif loop.time() - moved_at > patience_s:
                msg = f"{now} of {goal} {self._event}, and no more for {patience_s:g} s"
                raise BenchError(msg)
            await asyncio.sleep(_POLL_S)
        return now
