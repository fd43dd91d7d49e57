"""Many messages in one write to the server.

A commit is some hundred messages at once. `nats-py` builds each from a dictionary of headers (about 12 µs); here they
are laid out as bytes and handed to the client's send buffer together (about 2 µs a message). This leans on two of its
internals, `_send_command` and `_flush_pending`, and `HubClient` on a third, `_process_headers`; its version is pinned
and `tests/hub/test_wire.py` holds it to them.
"""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from uuid import uuid4

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

_LINE = b"NATS/1.0\r\n"
_STATUS_AT = len("NATS/1.0")

Laid = tuple[bytes, bytes, bytes]
"""A message as it goes out: subject, header lines, body."""


class DisconnectedError(ConnectionError):
    """There is no server just now, or no answer came; whether the request was carried out is unknown."""


def frame(subject: bytes, headers: bytes, body: bytes, reply: bytes = b"") -> bytes:
    """One message as the protocol writes it; ``headers`` are ``Name: value`` lines, each ended by CR LF."""
    if not headers:
        return b"PUB %s %s %d\r\n%s\r\n" % (subject, reply, len(body), body)
    size = len(_LINE) + len(headers) + 2
    return b"HPUB %s %s %d %d\r\n%s%s\r\n%s\r\n" % (
        subject,
        reply,
        size,
        size + len(body),
        _LINE,
        headers,
        body,
    )


async def send(client: Client, frames: list[bytes]) -> None:
    """Write frames in one go.

    Raises:
        DisconnectedError: there is no server just now; nothing was written.
    """
    if not client.is_connected:
        raise DisconnectedError
    await client._send_command(b"".join(frames))  # noqa: SLF001  # see the module's text
    await client._flush_pending()  # noqa: SLF001


def status(message: Msg) -> str:
    """Status of an answer that is no message but a word of the server: ``404``, ``204`` …; empty for a message."""
    return str((message.headers or {}).get("Status", "")) if not message.data else ""


class Headers(Mapping[str, str]):
    """Headers of a message, taken apart only when more than single ones of them are asked for."""

    __slots__ = ("_parsed", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parsed: dict[str, str] | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """One header, or the default; looked for where it stands."""
        if self._parsed is not None:
            return self._parsed.get(name, default)
        start = self._raw.find(b"\r\n%s:" % name.encode())
        if start < 0:
            return default
        start += len(name) + 3
        return self._raw[start : self._raw.index(b"\r\n", start)].decode("utf-8", "replace").strip()

    @property
    def parsed(self) -> dict[str, str]:
        """All of them, and the status of an answer of the server: ``NATS/1.0 404 Message Not Found``."""
        if self._parsed is None:
            first, *lines = self._raw.decode("utf-8", "replace").split("\r\n")
            parts = (line.partition(":") for line in lines)
            self._parsed = {name: value.strip() for name, colon, value in parts if colon}
            if said := first[_STATUS_AT:].strip():
                self._parsed["Status"], _, self._parsed["Description"] = said.partition(" ")
        return self._parsed

    def __getitem__(self, name: str) -> str:
        return self.parsed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parsed)

    def __len__(self) -> int:
        return len(self.parsed)

    def __bool__(self) -> bool:
        return True


class HubClient(Client):
    """nats-py's client, taking headers apart only as far as they are asked for.

    It also keeps the package fast-mail-parser, which nats-py would use wherever it is installed, out of the way: with
    it, header values are lists.

    Where a name is given, it keeps to the server that has it: when a server ends, another hub's may take its port.
    """

    def __init__(self, server_name: str = "") -> None:
        super().__init__()
        self._server_name = server_name

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT002  # as in nats-py
        found = info.get("server_name", "")
        if initial_connection and self._server_name and found != self._server_name:
            msg = f"the server there is {found}, and not the one of this hub, {self._server_name}"
            raise NatsError(msg)
        await super()._process_info(info, initial_connection)

    async def _process_headers(self, headers: bytes) -> Any:
        if not headers:
            return None
        found = Headers(headers)
        if headers[_STATUS_AT : _STATUS_AT + 1] == b" ":
            len(found)  # a word of the server is looked at in any case
        return found


def _present(answer: Msg | None) -> Msg:
    if answer is None:
        raise DisconnectedError
    return answer


class Calls:
    """Requests whose answers come back to one subscription, one answer each or many."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._prefix = client.new_inbox().encode()
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Queue[Msg | None]] = {}
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Listen for answers."""
        self._subscription = await self._client.subscribe(f"{self._prefix.decode()}.*", cb=self._answer)

    async def _answer(self, message: Msg) -> None:
        waiting = self._waiting.get(message.subject.rpartition(".")[2])
        if waiting is not None:
            waiting.put_nowait(message)

    def disconnected(self) -> None:
        """The connection is gone: nobody will answer what was asked before."""
        for waiting in self._waiting.values():
            waiting.put_nowait(None)

    async def one(self, frames: list[bytes], subject: bytes, headers: bytes, body: bytes, *, timeout_s: float) -> Msg:
        """Send frames and after them a request; its answer.

        Raises:
            DisconnectedError: there is no server, or it did not answer in time: the outcome is unknown.
        """
        number = str(next(self._numbers))
        answers = self._waiting[number] = asyncio.Queue()
        reply = b"%s.%s" % (self._prefix, number.encode())
        try:
            async with asyncio.timeout(timeout_s):
                await send(self._client, [*frames, frame(subject, headers, body, reply)])
                return _present(await answers.get())
        except TimeoutError:
            raise DisconnectedError from None
        finally:
            del self._waiting[number]

    async def batch(self, messages: list[Laid], *, timeout_s: float) -> Msg:
        """Send messages to one stream as an atomic batch; the server's answer to the last of them.

        Raises:
            DisconnectedError: there is no server, or it did not answer in time: the outcome is unknown.
        """
        name = uuid4().hex.encode()
        laid = [
            (subject, b"Nats-Batch-Id: %s\r\nNats-Batch-Sequence: %d\r\n%s" % (name, number, headers), body)
            for number, (subject, headers, body) in enumerate(messages, start=1)
        ]
        subject, headers, body = laid.pop()
        headers += b"Nats-Batch-Commit: 1\r\n"
        return await self.one([frame(*parts) for parts in laid], subject, headers, body, timeout_s=timeout_s)

    async def many(self, subject: bytes, body: bytes, *, timeout_s: float) -> list[Msg]:
        """Send a request that is answered by several messages and a status; the messages.

        Raises:
            DisconnectedError: there is no server, or it did not finish its answer in time, or refused to read.
        """
        number = str(next(self._numbers))
        answers = self._waiting[number] = asyncio.Queue()
        found: list[Msg] = []
        try:
            async with asyncio.timeout(timeout_s):
                await send(self._client, [frame(subject, b"", body, b"%s.%s" % (self._prefix, number.encode()))])
                while not status(message := _present(await answers.get())):
                    found.append(message)
        except TimeoutError:
            raise DisconnectedError from None
        finally:
            del self._waiting[number]
        if status(message) not in {"204", "404"}:
            msg = f"the server refused to read: {dict(message.headers or {})}"
            raise DisconnectedError(msg)
        return found

    async def api(self, subject: str, request: object = None, *, timeout_s: float = 5.0) -> dict[str, object]:
        """Ask JetStream's API; its answer, errors included under ``error``.

        Raises:
            DisconnectedError: there is no server, no JetStream, or no answer in time.
        """
        body = orjson.dumps(request) if request is not None else b""
        answer = await self.one([], f"$JS.API.{subject}".encode(), b"", body, timeout_s=timeout_s)
        if status(answer) == "503":
            raise DisconnectedError
        return dict(orjson.loads(answer.data))
