"""A real HTTP server that misbehaves as it is told to, one answer after the other."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG, RESET, CLOSE, DRIP = "hang", "reset", "close", "drip"


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int = 200, body: Any = None, /, **headers: Any) -> bytes:
    """A whole answer; header names are given with ``_`` for ``-``."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def truncated(status: int = 200, body: Any = None) -> bytes:
    """An answer of which the last bytes never come."""
    whole = answer(status, body if body is not None else {"a": "b" * 100})
    return whole[:-20]


Say = bytes | str


@dataclass
class Outside:
    """The server: ``says`` is taken from the front, then ``always``."""

    says: list[Say] = field(default_factory=list)
    always: Say | Callable[[Request], Say] = field(default_factory=lambda: answer(200, {}))
    heard: list[Request] = field(default_factory=list)
    url: str = ""
    at_once: int = 0
    most_at_once: int = 0

    @property
    def called(self) -> list[str]:
        """Methods and paths, in order."""
        return [f"{one.method} {one.path}" for one in self.heard]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method, path, headers, body)
        self.heard.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            say = self.says.pop(0) if self.says else self.always
            said = say(request) if callable(say) else say
            if said == HANG:
                await reader.read()  # until the other side gives up
                return False
            if said == RESET:
                writer.transport.abort()
                return False
            if said == CLOSE:
                return False
            if said == DRIP:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                while not writer.is_closing():
                    writer.write(b" ")
                    await asyncio.sleep(0.02)
                return False
            assert isinstance(said, bytes)
            writer.write(said)
            await writer.drain()
            length = int(said.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return len(said.split(b"\r\n\r\n", 1)[1]) == length
        finally:
            self.at_once -= 1


@asynccontextmanager
async def outside(*says: Say, always: Say | Callable[[Request], Say] | None = None) -> AsyncIterator[Outside]:
    """A server that says this."""
    made = Outside(list(says))
    if always is not None:
        made.always = always
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(made.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports close at the loop's next turn
        await server.wait_closed()
