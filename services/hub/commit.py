"""One atomic batch: the lease, guards, events, documents. All of it happens, or none.

The order inside a batch matters to the server: a guard on a subject has to come before any write of it.
"""

import time
from dataclasses import dataclass

import orjson
from nats.aio.client import Client

from services.hub.lease import Lease
from services.hub.metrics import COMMIT, COMMITS, CONFLICTS
from services.hub.verdicts import Verdict, verdict_of
from services.hub.wire import Calls, DisconnectedError, Laid, status

MOST_MESSAGES = 1000
"""The server's limit of one atomic batch."""
_HEADER_ROOM = 1024
LETTER_ROOM = 96 * 1024
"""What a dead letter or parked message may take beyond the message itself: no other message may come closer."""
_LONGEST_SUBJECT = 1024


@dataclass(slots=True)
class Guard:
    """A subject that was only read must still stand at this sequence; a timer may be withdrawn with it."""

    subject: str
    seq: int
    withdraw: bool = False


@dataclass(slots=True)
class Message:
    """One message of a batch."""

    subject: str
    body: bytes
    headers: bytes = b""
    expected: int | None = None
    """Its subject's last sequence must be this; 0: nothing may stand there."""
    rollup: bool = False
    room: int = LETTER_ROOM
    """So much less than the server takes it may have."""
    trail: str = ""
    """Of a document: the events that its decisions published."""

    def carry(self, guard: Guard) -> None:
        """Guard another subject with this message, which needs no guard of its own."""
        subject = guard.subject.encode()
        self.headers += (
            b"Nats-Expected-Last-Subject-Sequence: %d\r\nNats-Expected-Last-Subject-Sequence-Subject: %s\r\n"
            % (guard.seq, subject)
        )
        if guard.withdraw:
            self.headers += b"Nats-Schedule-Next: purge\r\nNats-Scheduler: %s\r\n" % subject


class OversizeError(ValueError):
    """A message is larger than the server takes, or its subject is; the text says which and by how much."""


def check_size(message: Message, max_payload: int) -> None:
    """See that the server will take this message: one that is too large closes the connection for good.

    Raises:
        OversizeError: it will not.
    """
    size = len(message.headers) + len(message.body) + _HEADER_ROOM
    if size > max_payload - message.room:
        most = max_payload - message.room
        msg = f"message on {message.subject[:200]} has {size} bytes with headers; it may have {most}"
        raise OversizeError(msg)
    if len(message.subject) > _LONGEST_SUBJECT:
        msg = f"subject of {len(message.subject)} bytes is longer than {_LONGEST_SUBJECT}: {message.subject[:200]}…"
        raise OversizeError(msg)


class Committer:
    """Sends batches to one stream."""

    def __init__(self, service: str, client: Client, calls: Calls) -> None:
        self._client = client
        self._calls = calls
        self.last_seq = 0
        """Of the last message that was committed here."""
        self._time = COMMIT.labels(service)
        self._conflicts = CONFLICTS.labels(service)
        self._counts = {verdict: COMMITS.labels(service, verdict.name.lower()) for verdict in Verdict}

    @property
    def max_payload(self) -> int:
        """Largest message that the server takes, headers included."""
        return self._client.max_payload

    async def commit(
        self, lease: Lease, messages: list[Message], *, timeout_s: float = 10.0
    ) -> tuple[Verdict, int, str]:
        """Commit messages under the lease: the verdict, the sequence of the first of them, and what the server said."""
        started = time.perf_counter()
        verdict, first, said = await self._send(lease, messages, timeout_s)
        self._time.observe(time.perf_counter() - started)
        self._counts[verdict].inc()
        if verdict is Verdict.CONFLICT:
            self._conflicts.inc()
        return verdict, first, said

    async def _send(self, lease: Lease, messages: list[Message], timeout_s: float) -> tuple[Verdict, int, str]:
        opening = Message(lease.subject.decode(), lease.standing.encode(), expected=lease.standing.seq, rollup=True)
        laid = [_lay_out(message) for message in (opening, *messages)]
        try:
            answer = await self._calls.batch(laid, timeout_s=timeout_s)
        except DisconnectedError as error:
            return Verdict.UNKNOWN, 0, str(error) or "no answer"
        if status(answer):
            return Verdict.UNKNOWN, 0, f"status {status(answer)}"
        content = orjson.loads(answer.data)
        if refusal := content.get("error"):
            return verdict_of(refusal), 0, f"{refusal.get('err_code')}: {refusal.get('description')}"
        last, count = content["seq"], len(messages) + 1
        lease.standing.seq = last - count + 1
        self.last_seq = last
        return Verdict.DONE, last - count + 2, ""


def _lay_out(message: Message) -> Laid:
    headers = message.headers
    if message.expected is not None:
        headers += b"Nats-Expected-Last-Subject-Sequence: %d\r\n" % message.expected
    if message.rollup:
        headers += b"Nats-Rollup: sub\r\n"
    return message.subject.encode(), headers, message.body
