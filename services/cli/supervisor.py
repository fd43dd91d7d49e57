"""Everything on one machine: the embedded server, and the services in processes that are started anew when they die."""

import asyncio
import errno
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.hub.health import is_well
from services.hub.log import logger
from services.hub.process import STORAGE_EXIT
from services.hub.server import Server, ServerError
from services.hub.settings import LAST_PORT, Settings

ALL = ("capture", "payments", "inventory", "products", "routing", "shipping", "returns")
GROUPS = (("capture", "payments", "inventory", "products"), ("routing", "shipping", "returns"))
"""Services that share a process when there are two: measured to load both about alike."""

_STABLE_S = 30.0
_PORT_PATIENCE_S = 10.0
"""So long services of a hub that was killed may take to finish, and keep their port."""


def groups(processes: int) -> list[tuple[str, ...]]:
    """The services, shared out to so many processes."""
    if processes <= 1:
        return [ALL]
    if processes == len(GROUPS):
        return list(GROUPS)
    shares: list[list[str]] = [[] for _ in range(min(processes, len(ALL)))]
    for number, name in enumerate(ALL):
        shares[number % len(shares)].append(name)
    return [tuple(share) for share in shares]


class PortTakenError(ServerError):
    """Another program has the port."""


def listening(host: str, port: int = 0) -> socket.socket:
    """A socket that listens at this port, or at any that is free where none is named.

    Raises:
        PortTakenError: another program has the port.
        ServerError: nobody can listen there.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        why = str(error.strerror).partition(" (while ")[0]  # what follows names the address once more
        cannot = f"{host}:{port} cannot be listened at: {why}"
        if error.errno == errno.EADDRINUSE:
            msg = f"{cannot}; set CROSSDOCK_HTTP_PORT to another port"
            raise PortTakenError(msg) from None
        msg = f"{cannot}; see to CROSSDOCK_HTTP_HOST and CROSSDOCK_HTTP_PORT"
        raise ServerError(msg) from None


def address(host: str, port: int) -> str:
    """Where a web interface is to be found."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Worker:
    """One process of services, and the socket that it listens at, which stays when the process is started anew.

    Nobody else can take its port meanwhile, and who connects then is not refused: the next process answers.
    """

    def __init__(self, services: Sequence[str], listener: socket.socket, environment: dict[str, str]) -> None:
        self.services = tuple(services)
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._environment = environment
        self.process: asyncio.subprocess.Process | None = None
        self.starts = 0

    async def start(self) -> None:
        """Start the process; it ends when our end of its standard input closes."""
        self.starts += 1
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.cli.main",
            "run",
            *self.services,
            "--follow-parent",
            f"--listener={self._listener.fileno()}",
            pass_fds=[self._listener.fileno()],
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment},
        )

    def move(self, nats_url: str) -> None:
        """End the process, so that it is started anew with this server."""
        self._environment["CROSSDOCK_NATS_URL"] = nats_url
        if self.process is not None and self.process.returncode is None:
            self.process.kill()  # it has lost its server, and could finish nothing

    async def stop(self) -> None:
        """Let it finish what it has in hand; nobody listens any more."""
        if self.process is not None and self.process.returncode is None:
            if self.process.stdin is not None:
                self.process.stdin.close()
            await self.process.wait()
        self._listener.close()


class Hub:
    """A whole hub: server and workers."""

    def __init__(self, settings: Settings, processes: int, environment: Mapping[str, str] | None = None) -> None:
        """``environment``: what the services are told beside what they always are."""
        self.settings = settings
        self._environment = dict(environment or {})
        self.server = Server(settings, self._follow) if not settings.nats_url else None
        self._processes = processes
        self.workers: list[Worker] = []
        self._watching: list[asyncio.Task[None]] = []
        self.http_port = settings.http_port
        self._stopping = False
        self._log = logger()

    @property
    def http_url(self) -> str:
        """Where orders come in."""
        return address(self.settings.http_host, self.http_port)

    @property
    def nats_url(self) -> str:
        """The server that the services use."""
        return self.server.url if self.server else self.settings.nats_url

    async def start(self) -> None:
        """Start the server, then the services.

        Raises:
            ServerError: the server does not start, or orders cannot come in at the address that is set.
        """
        if self.server:
            await self.server.start()
        for number, services in enumerate(groups(self._processes)):
            environment = {
                "CROSSDOCK_NATS_URL": self.nats_url,
                "CROSSDOCK_NATS_SERVER": self.settings.server_name,
                "CROSSDOCK_DATA_DIR": str(self.settings.data_dir.resolve()),
                "CROSSDOCK_LOG_LEVEL": self.settings.log_level,
                **self._environment,
                "PYTHONPATH": os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH", "")])),
            }
            worker = Worker(services, await self._listener(services, number), environment)
            self.workers.append(worker)
            self.http_port = worker.port if "capture" in services else self.http_port
            await worker.start()
            self._watching.append(asyncio.create_task(self._watch(worker), name=f"worker-{number}"))

    async def _listener(self, services: Sequence[str], number: int) -> socket.socket:
        """Orders come in at the port that is set; the other processes have the ports after it, where they are free."""
        host, port = self.settings.http_host, self.http_port
        if "capture" not in services:
            try:
                return listening(host, port + number if port + number <= LAST_PORT else 0)
            except ServerError:
                return listening(host)
        deadline = time.monotonic() + _PORT_PATIENCE_S
        while True:
            try:
                return listening(host, port)
            except PortTakenError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    def _follow(self) -> None:
        """The server has another port now: the services are started anew, with that one."""
        for worker in self.workers:
            worker.move(self.nats_url)

    async def _watch(self, worker: Worker) -> None:
        """Start a worker anew whenever it ends, less often when it keeps ending."""
        pause = 0.1
        while True:
            assert worker.process is not None
            started, restarts = time.monotonic(), self.server.restarts if self.server else 0
            status = await worker.process.wait()
            if self._stopping:
                return
            if status == STORAGE_EXIT and self.server:
                self._log.critical("the server cannot write; starting it anew")
                await self.server.restart(seen=restarts)
            pause = 0.1 if time.monotonic() - started > _STABLE_S else min(pause * 2, 10.0)
            self._log.error("services ended; starting them anew", services=worker.services, status=status)
            await asyncio.sleep(pause)
            if self._stopping:
                return
            await worker.start()

    async def ready(self, timeout_s: float = 60.0) -> None:
        """Wait until every service is ready.

        Raises:
            TimeoutError: one is not.
        """
        async with asyncio.timeout(timeout_s):
            for worker in self.workers:
                while not await _is_ready(self.settings.http_host, worker.port):  # noqa: ASYNC110  # another process cannot set our event
                    await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Stop the services, then the server."""
        self._stopping = True
        await asyncio.gather(*(worker.stop() for worker in self.workers))
        for task in self._watching:
            task.cancel()
        if self.server:
            await self.server.stop()


async def _is_ready(host: str, port: int) -> bool:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # all addresses, and one of them
    return await is_well(port, "/health/ready", host=here.get(host, host))
