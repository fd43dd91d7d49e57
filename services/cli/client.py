"""The command line's side of the hub: it asks services questions, and puts commands into their inboxes."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from nats.errors import Error as NatsError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from crossdock_contracts import subjects
from crossdock_contracts.base import Command
from crossdock_contracts.envelope import Envelope
from services.hub.decision import Document
from services.hub.documents import Reader
from services.hub.inputs import REPLY_HEADER
from services.hub.settings import Settings
from services.hub.wire import Calls, DisconnectedError, HubClient, frame, send, status


class UnreachableError(ConnectionError):
    """The hub cannot be reached; the text says where it was looked for."""


class SilentError(UnreachableError):
    """The server did not answer: it may be asked again."""


class NoServiceError(RuntimeError):
    """A service does not answer: it is not running."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command."""

    events: list[dict[str, Any]]
    """What it caused."""
    refusal: str = ""
    """Why it was not carried out; empty: it was."""
    is_unknown: bool = False
    """What it names is not there."""


def read_answer(answer: dict[str, Any]) -> Answer:
    """What a service said of a command that it took."""
    events = list(answer["events"])
    refusals = [event["body"] for event in events if event["type"].endswith("-refused")]
    if answer["outcome"] == "dead":
        refusals.append({"detail": "it became a dead letter; see `crossdock dead list`"})
    if not refusals:
        return Answer(events)
    reason = str(refusals[0].get("reason", "failed"))
    return Answer(events, f"{reason}: {refusals[0].get('detail', '')}", reason.startswith("no-such-"))


def _asked_again() -> AsyncRetrying:
    """A question changes nothing, so it is asked again where the process that it reached has just ended."""
    return AsyncRetrying(retry=retry_if_exception_type(DisconnectedError), stop=stop_after_attempt(3), reraise=True)


class Client:
    """A connection to a hub."""

    def __init__(self, connection: HubClient, calls: Calls, settings: Settings) -> None:
        self.connection = connection
        self.calls = calls
        self._settings = settings

    async def ask(self, service: str, question: str, **fields: Any) -> dict[str, Any]:
        """A service's answer to a question.

        Raises:
            NoServiceError: the service is not running.
            QuestionError: it says that something is wrong with the question.
        """
        subject = f"{service}.query.{question}.v1".encode()
        async for attempt in _asked_again():
            with attempt:
                answer = await self.calls.one([], subject, b"", orjson.dumps(fields), timeout_s=5)
        if status(answer) == "503":
            msg = f"service {service} is not running"
            raise NoServiceError(msg)
        content: dict[str, Any] = orjson.loads(answer.data)
        if "error" in content:
            raise QuestionError(content["error"])
        return content

    async def pages(self, service: str, question: str, field: str, **fields: Any) -> AsyncIterator[dict[str, Any]]:
        """Everything that a question which is answered page by page brings."""
        after: int | None = 0
        while after is not None:
            page = await self.ask(service, question, after=after, limit=500, **fields)
            for one in page[field]:
                yield one
            after = page["next"]

    async def documents(self, kind: type[Document], names: Iterable[str]) -> dict[str, Any]:
        """The documents that stand under these names, straight from where they are stored: for very many of them.

        Raises:
            DisconnectedError: the server does not answer, or the service has never run.
        """
        reader = Reader(self.calls, subjects.stream(kind.SERVICE), [kind])
        entries = await reader.read(list(dict.fromkeys(names)))
        return {name: entry.document for name, entry in entries.items() if entry.body}

    def message(
        self, command: Command, *, service: str = "", reply: str = "", identity: str = "", shard: int | None = None
    ) -> tuple[bytes, bytes, bytes]:
        """A command as it goes to an inbox: subject, headers, body. ``shard``: not the one of its entity but this."""
        envelope = Envelope.of(command, message_id=identity or uuid4().hex, time=datetime.now(UTC))
        headers = envelope.to_headers() | ({REPLY_HEADER: reply} if reply else {})
        type_ = f"{service}{command.TYPE.removeprefix('hub')}" if command.SERVICE == "hub" else command.TYPE
        if shard is None:
            partition = subjects.partition(command.owner, command.entity, self._settings.partitions)
            pool = subjects.pool(command.owner, self._settings.pools)
        else:
            partition = pool = shard
        subject = subjects.message(type_, command.VERSION, partition=partition, pool=pool)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return subject.encode(), lines.encode(), command.encode()

    async def tell(self, command: Command, *, service: str = "", reply: str = "", shard: int | None = None) -> int:
        """Put a command into its service's inbox; its sequence, once it is on disk.

        Raises:
            UnreachableError: it is not certain that it was stored.
        """
        return await self.store(self.message(command, service=service, reply=reply, shard=shard))

    async def store(self, message: tuple[bytes, bytes, bytes]) -> int:
        """Have a message stored; its sequence.

        Raises:
            UnreachableError: it is not certain that it was.
        """
        try:
            answer = await self.calls.one([], *message, timeout_s=10)
        except DisconnectedError:
            msg = "the server did not answer"
            raise SilentError(msg) from None
        content = {} if status(answer) else orjson.loads(answer.data)
        if "seq" not in content:
            msg = f"not stored: {content.get('error', 'there is no inbox; has the service ever run?')}"
            raise UnreachableError(msg)
        return int(content["seq"])

    async def order(
        self, command: Command, *, service: str = "", shard: int | None = None, timeout_s: float = 20.0
    ) -> list[dict[str, Any]]:
        """Put a command into an inbox and wait until it has been carried out; the events that it caused.

        Raises:
            UnreachableError: it is not certain that it was stored.
            RefusedError: it was understood and not carried out; `UnknownError` where what it names is not there.
            NoServiceError: it is stored, but nobody carried it out in time.
            WaitingError: it is stored and waits for something.
        """
        inbox = self.connection.new_inbox()
        answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def receive(message: Any) -> None:
            answers.put_nowait(orjson.loads(message.data))

        subscription = await self.connection.subscribe(inbox, cb=receive)
        try:
            await self.tell(command, service=service, reply=inbox, shard=shard)
            async with asyncio.timeout(timeout_s):
                answer = await answers.get()
        except TimeoutError:
            msg = f"the command is stored and will be carried out; {command.SERVICE} did not answer in {timeout_s:g} s"
            raise NoServiceError(msg) from None
        finally:
            await subscription.unsubscribe()
        if answer["outcome"] == "parked":
            msg = "waits: it cannot be done for now, and is tried again by itself"
            raise WaitingError(msg)
        found = read_answer(answer)
        if found.refusal:
            raise (UnknownError if found.is_unknown else RefusedError)(found.refusal)
        return found.events

    async def send(self, messages: list[tuple[bytes, bytes, bytes]]) -> None:
        """Send messages without waiting for them to be stored."""
        await send(self.connection, [frame(*message) for message in messages])


class WaitingError(RuntimeError):
    """A command cannot be carried out for now; it is stored, and tried again by itself."""


class QuestionError(ValueError):
    """A service says that something is wrong with a question."""


class RefusedError(RuntimeError):
    """A command was understood and not carried out; the text says why."""


class UnknownError(RefusedError):
    """A command was not carried out, for what it names is not there."""


@asynccontextmanager
async def connected(
    settings: Settings, servers: list[str] | None = None, *, reconnects: int = 1
) -> AsyncIterator[Client]:
    """A connection to the hub that the settings name; once lost it is tried so often to get it back, -1: for ever.

    Raises:
        UnreachableError: there is none.
    """
    connection = HubClient(settings.server_name)
    servers = servers or settings.servers
    try:
        await connection.connect(
            servers,
            name="crossdock-cli",
            connect_timeout=3,
            allow_reconnect=True,
            max_reconnect_attempts=reconnects,
            pending_size=64 * 1024 * 1024,
            error_cb=_silent,
            user_credentials=settings.nats_credentials or None,
        )
    except (OSError, NatsError, TimeoutError):
        msg = f"no hub at {', '.join(servers)}; start one with `crossdock up`, or set CROSSDOCK_NATS_URL"
        raise UnreachableError(msg) from None
    calls = Calls(connection)
    await calls.start()
    try:
        yield Client(connection, calls, settings)
    finally:
        await connection.close()


async def _silent(_error: Exception) -> None:
    """What goes wrong with the connection comes back from the call that needed it."""
