"""The sandbox as a web server on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from services.sandbox.app import Sandbox
from services.sandbox.profile import PROFILES, Profile

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """uvicorn, but for signals: whoever runs it ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


class Running:
    """A sandbox that listens."""

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox = sandbox
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens; an API is below it, under its name."""
        return f"http://{HOST}:{self.port}"


@asynccontextmanager
async def serve(port: int = 0, profile: Profile = PROFILES["none"]) -> AsyncIterator[Running]:  # frozen
    """Listen on a port of loopback, on any free one for 0, as long as this is entered.

    Raises:
        OSError: the port is taken.
    """
    sandbox = Sandbox(profile)
    plug = socket.create_server((HOST, port))
    config = uvicorn.Config(
        sandbox.asgi, log_level="critical", access_log=False, lifespan="on", loop="none", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[plug]))
    try:
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.005)
        yield Running(sandbox, plug.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        plug.close()
