"""The load generator, a process of its own: ``python -m services.bench.load PORT CONNECTIONS RATE``.

Bodies come by standard input, one a line; what was measured goes to standard output as JSON. Connections are kept
alive. With a rate of 0 each connection sends its next order once the one before is answered; otherwise orders are due
at that rate, whatever the answers take, and their time is counted from when they were due.
"""

import asyncio
import sys
import time
from collections import Counter
from typing import cast

import httptools
import orjson
import uvloop

_HEAD = (
    "POST /webhooks/web HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is none by its class

    def data_received(self, data: bytes) -> None:
        """Some of an answer has come."""
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody will answer any more."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error or ConnectionResetError("closed by the service"))

    def on_message_complete(self) -> None:
        """An answer is complete; called by the parser."""
        if self._answered is not None:
            self._answered.set_result(int(self._parser.get_status_code()))
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: bytes) -> int:
        """Send a request; the status that it is answered with."""
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered


class Load:
    """Requests that are sent over some connections, and what came of them."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        self._waiting = iter(enumerate(requests))
        self._rate = rate
        self._started = 0.0
        self.statuses: Counter[int] = Counter()
        self.latencies_ms: list[float] = []

    async def run(self, port: int, connections: int) -> float:
        """Send everything; how long it took, in seconds."""
        loop = asyncio.get_running_loop()
        opened = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(connections)]
        self._started = time.perf_counter()
        await asyncio.gather(*(self._work(connection) for connection in opened))
        return time.perf_counter() - self._started

    async def _work(self, connection: Connection) -> None:
        for number, request in self._waiting:
            due = time.perf_counter()
            if self._rate:
                due = self._started + number / self._rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.statuses[await connection.ask(request)] += 1
            self.latencies_ms.append(1000 * (time.perf_counter() - due))


def main(port: int, connections: int, rate: float) -> None:
    """Send what standard input holds, and say how it went."""
    bodies = [line.rstrip(b"\n") for line in sys.stdin.buffer]
    load = Load([_HEAD.format(size=len(body)).encode() + body for body in bodies], rate)
    elapsed_s = uvloop.run(load.run(port, connections))
    said = {
        "elapsed_s": elapsed_s,
        "statuses": {str(code): count for code, count in load.statuses.items()},
        "latencies_ms": [round(one, 3) for one in load.latencies_ms],
    }
    sys.stdout.buffer.write(orjson.dumps(said))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
