"""Services in one process: one event loop, one web server, one end."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any

import orjson
import uvicorn
from prometheus_client import make_asgi_app
from starlette.types import ASGIApp, Receive, Scope, Send

from services.hub.app import HubApp
from services.hub.log import logger

STORAGE_EXIT = 75
"""Exit status of a process that a supervisor runs beside its server, when that server cannot write."""

_JSON = b"application/json"
_PROBLEM = b"application/problem+json"


class Web:
    """The web interface of a process: its health, its metrics, each service's AsyncAPI, and what services offer."""

    def __init__(self, apps: list[HubApp], mounts: Mapping[str, ASGIApp] | None = None) -> None:
        """``mounts`` answer what is below a path, beside the services that offer something themselves."""
        self._apps = apps
        self._metrics = make_asgi_app()
        offered = {app.below: app.http for app in apps if app.http is not None}
        self._http = sorted(({**(mounts or {}), **offered}).items(), reverse=True)  # the longest path first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == "/health/live":
            await _answer(send, 200, b'{"live": true}')
        elif path == "/health/ready":
            waiting = [app.service.name for app in self._apps if not app.runtime.ready]
            body = b'{"ready": %s, "waiting": [%s]}' % (
                b"false" if waiting else b"true",
                ", ".join(f'"{name}"' for name in waiting).encode(),
            )
            await _answer(send, 503 if waiting else 200, body)
        elif path in {"/metrics", "/metrics/"}:
            await self._metrics(scope, receive, send)
        elif path.startswith("/asyncapi/"):
            await self._asyncapi(path.removeprefix("/asyncapi/"), {**scope, "path": "/asyncapi"}, receive, send)
        elif (http := next((http for below, http in self._http if path.startswith(below)), None)) is not None:
            await http(scope, receive, send)
        else:
            await _not_found(send, "see /health/ready, /metrics, /asyncapi/<service>")

    async def _asyncapi(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        app = next((app for app in self._apps if app.service.name == name), None)
        if app is None:
            await _not_found(send, "no such service in this process")
        else:
            await app(scope, receive, send)


async def _answer(send: Send, status: int, body: bytes, media_type: bytes = _JSON) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", media_type)]})
    await send({"type": "http.response.body", "body": body})


async def _not_found(send: Send, detail: str) -> None:
    """There is nothing at this address, as RFC 9457 has it."""
    body = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": detail}
    await _answer(send, 404, orjson.dumps(body), _PROBLEM)


def tune_memory() -> None:
    """Look for garbage cycles less often: decisions make many objects, and hardly any cycles.

    With the interpreter's own thresholds a fifth of the time went into looking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


class _Server(uvicorn.Server):
    """uvicorn, but for signals: it raises them again once it has stopped, and the services have to stop after it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take a signal for the wish to stop, while serving and while the services stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.end)
        yield

    def end(self) -> None:
        """Stop taking requests, and return."""
        self.should_exit = True


async def serve(
    apps: list[HubApp],
    listener: socket.socket,
    *,
    follow_parent: bool = False,
    mounts: Mapping[str, ASGIApp] | None = None,
) -> int:
    """Run services, and their web interface at this socket, until they are told to stop; the exit status.

    With ``follow_parent`` the end of standard input means the end, too, and the parent is told by `STORAGE_EXIT` when
    the server cannot write to its disk.
    """
    config = uvicorn.Config(
        Web(apps, mounts),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
        loop="none",
    )
    server = _Server(config)
    failed: list[BaseException] = []

    def give_up(error: BaseException) -> None:
        failed.append(error)
        server.end()

    async with AsyncExitStack() as stack:
        for app in apps:
            app.on_failure = give_up
            if follow_parent:
                app.runtime.on_storage_error = partial(os._exit, STORAGE_EXIT)
            await stack.enter_async_context(app.start_lifespan_context())
        tune_memory()
        watching = asyncio.create_task(until_parent_ends(server.end)) if follow_parent else None
        await server.serve([listener])
        if watching is not None:
            watching.cancel()
        await asyncio.gather(*(app.runtime.stop() for app in apps))
    logger().info("bye", failed=len(failed) or None)
    return 1 if failed else 0


async def until_parent_ends(end: Callable[[], None]) -> None:
    """The parent holds a pipe to our standard input; when it closes, the parent is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    end()


def run(coroutine: Any) -> Any:
    """Run to the end on uvloop, or on asyncio where that is not to be had."""
    try:
        import uvloop  # noqa: PLC0415  # there is none for Windows
    except ImportError:
        return asyncio.run(coroutine)
    return uvloop.run(coroutine)
