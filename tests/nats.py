"""A real nats-server for tests: its own port and folder, killed or suspended as a test likes."""

import asyncio
import os
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from services.hub.server import binary, free_port

CONFIG = """
server_name: {name}
host: 127.0.0.1
port: {port}
http: 127.0.0.1:{monitor}
max_payload: {max_payload}
max_pending: 256MB
jetstream {{ store_dir: {store!r}, sync_interval: {sync} }}
{more}
"""


class NatsServer:
    """One server. ``async with NatsServer(folder) as server`` starts it and ends it."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "test",
        max_payload: str = "2MB",
        sync: str = "always",
        more: str = "",
        store: Path | None = None,
    ) -> None:
        self.folder = folder
        self.name = name
        self.port = free_port()
        self.monitor = free_port()
        self._store = store or folder / "jetstream"
        self._config = folder / f"{name}.conf"
        self._fields = {"name": name, "max_payload": max_payload, "sync": sync, "more": more}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where to connect to."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        """Start, and wait until JetStream answers; with another monitor where that port was taken meanwhile."""
        log = self.folder / f"{self.name}.log"
        async with asyncio.timeout(60):
            while not await self._spawn(log):
                assert "monitor port" in (said := log.read_text()), said
                log.unlink()
                self.monitor = free_port()

    async def _spawn(self, log: Path) -> bool:
        """Start, and wait until it is healthy; false if it ended."""
        self._config.write_text(
            CONFIG.format(port=self.port, monitor=self.monitor, store=str(self._store), **self._fields)
        )
        self._process = subprocess.Popen(  # noqa: ASYNC220  # it returns at once
            [str(binary()), "-c", str(self._config), "-l", str(log)]
        )
        while not await asyncio.to_thread(self._is_healthy):
            if self._process.poll() is not None:
                return False
            await asyncio.sleep(0.01)
        return True

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    def suspend(self) -> None:
        """Have it hang: it keeps its connections and answers nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.resume()
            await self.kill()


def short_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of its own for a server's data."""
    return tempfile.TemporaryDirectory(prefix="crossdock-test-")
