"""The lease of a partition: one replica at a time may commit to it.

The lease is a document in the partition's own stream. Every batch begins by writing it anew under the sequence that it
had, so that a commit succeeds only while nobody else has taken it: a writer that lost it cannot commit, whatever it
believes. Writing it is also the heartbeat. Whoever sees it stand still for `lease_s`, by its own clock, takes it over.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import orjson
from nats.aio.msg import Msg

from services.hub.log import logger
from services.hub.verdicts import StorageError, Verdict, verdict_of
from services.hub.wire import Calls, DisconnectedError, status

_PATIENCE_S = 5.0
_NONE = "404"


@dataclass(slots=True)
class Standing:
    """What the lease says: who holds it, and which inputs that holder was handling under suspicion."""

    seq: int = 0
    holder: str = ""
    running: list[str] = field(default_factory=list)
    """Inputs that are being handled although an earlier attempt at them did not come back."""
    strikes: dict[str, int] = field(default_factory=dict)
    """How often the process died while it handled this input alone."""

    def encode(self) -> bytes:
        """The lease as JSON."""
        content: dict[str, object] = {"holder": self.holder}
        if self.running or self.strikes:
            content |= {"running": self.running, "strikes": self.strikes}
        return orjson.dumps(content)


class Lease:
    """One replica's side of the lease of one partition."""

    def __init__(self, calls: Calls, service: str, stream: str, partition: int, lease_s: float) -> None:
        self.subject = f"{service}.state.lease.{partition}".encode()
        self.holder = f"{service}-{partition}-{uuid4().hex[:12]}"
        self.standing = Standing()
        self.held = False
        self.taken_over = False
        """The holder before did not give it up: what it had in hand may have killed it."""
        self._calls = calls
        self._read_subject = b"$JS.API.DIRECT.GET.%s.%s" % (stream.encode(), self.subject)
        self._lease_s = lease_s
        self._in_reach = False
        self._seen_seq = -1
        self._seen_at = 0.0
        self._seen_moving = False
        self._log = logger(service=service, partition=partition)

    @property
    def served(self) -> bool:
        """Its stream can be reached, and this replica or another serves the partition."""
        return self._in_reach and (self.held or self._seen_moving)

    async def _ask(self, subject: bytes, headers: bytes, body: bytes) -> Msg:
        try:
            answer = await self._calls.one([], subject, headers, body, timeout_s=_PATIENCE_S)
        except DisconnectedError:
            self._in_reach = False
            raise
        if status(answer) not in {"", _NONE}:
            self._in_reach = False
            raise DisconnectedError
        return answer

    async def read(self) -> Standing:
        """The lease as it stands in the stream, as far as this read is current.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        answer = await self._ask(self._read_subject, b"", b"")
        self._in_reach |= not self.held  # a server that cannot write still answers: the holder goes by its writes
        if status(answer) == _NONE:
            return Standing()
        content = orjson.loads(answer.data)
        return Standing(
            seq=int((answer.headers or {})["Nats-Sequence"]),
            holder=content["holder"],
            running=content.get("running", []),
            strikes=content.get("strikes", {}),
        )

    def is_free(self, standing: Standing) -> bool:
        """Nobody holds it, or it has stood still for the whole of its term."""
        if not standing.holder:
            return True
        now = time.monotonic()
        if standing.seq != self._seen_seq:
            self._seen_moving = self._seen_seq >= 0
            self._seen_seq, self._seen_at = standing.seq, now
            return False
        if now - self._seen_at < self._lease_s:
            return False
        self._seen_moving = False
        return True

    async def acquire(self, *, wanted: Callable[[], bool], given_up: Callable[[], bool]) -> None:
        """Wait until the lease is free and wanted, and take it, unless this is given up meanwhile.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        while not self.held and not given_up():
            standing = await self.read()
            if self.is_free(standing) and wanted():
                await self._take(standing)
            if not self.held:
                await asyncio.sleep(self._lease_s / 4)

    async def _take(self, standing: Standing) -> None:
        suspects = dict(standing.strikes)
        if len(standing.running) == 1:
            suspects[standing.running[0]] = suspects.get(standing.running[0], 0) + 1
        else:
            suspects |= {key: 0 for key in standing.running if key not in suspects}
        wanted = Standing(standing.seq, self.holder, strikes=suspects)
        if await self.write(wanted):
            self.held = True
            self.taken_over = bool(standing.holder)
            self._log.info("lease taken", before=standing.holder or None, suspects=len(suspects) or None)

    async def write(self, wanted: Standing) -> bool:
        """Write the lease under the sequence that ``wanted`` knows; false where it has moved on.

        Raises:
            DisconnectedError: the outcome is unknown.
            StorageError: the server cannot write.
        """
        headers = b"Nats-Expected-Last-Subject-Sequence: %d\r\nNats-Rollup: sub\r\n" % wanted.seq
        answer = await self._ask(self.subject, headers, wanted.encode())
        content = orjson.loads(answer.data)
        if error := content.get("error"):
            verdict = verdict_of(error)
            self._in_reach = verdict is Verdict.CONFLICT
            if verdict is Verdict.CONFLICT:
                return False
            raise StorageError(str(error)) if verdict is Verdict.STORAGE else DisconnectedError(str(error))
        self._in_reach = True
        wanted.seq = content["seq"]
        self.standing = wanted
        return True

    async def beat(self) -> None:
        """Show that the holder lives.

        Raises:
            LeaseLostError: another holds it now.
            DisconnectedError: the outcome is unknown.
        """
        if not await self.write(self.standing):
            await self.check()

    async def check(self) -> None:
        """After a refused or unanswered commit: go on from where the lease stands, if it is still ours.

        Raises:
            LeaseLostError: another holds it now.
            DisconnectedError: the server could not be asked.
        """
        for _ in range(40):
            standing = await self.read()
            if standing.holder != self.holder and standing.seq >= self.standing.seq:
                self.held = False
                raise LeaseLostError(standing.holder)
            if standing.seq > self.standing.seq:
                self.standing = standing
                self._in_reach = True
                return
            if await self.write(Standing(self.standing.seq, self.holder, self.standing.running, self.standing.strikes)):
                return
            await asyncio.sleep(0.05)  # the read was behind the guard: a follower answered it
        raise DisconnectedError

    async def release(self) -> None:
        """Give the lease up, so that another need not wait for its term to end."""
        if self.held:
            self.held = False
            await self.write(Standing(self.standing.seq, "", strikes=self.standing.strikes))


class LeaseLostError(RuntimeError):
    """Another replica holds the partition now; nothing more may be committed."""
