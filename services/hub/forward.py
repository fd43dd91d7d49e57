"""Bringing forward what waits for the outside: at once when it works again, and one of it to see whether it does.

Everything that waits has a time of its own, which comes later each time: without this, what waited longest would go on
waiting for minutes once the outside is back. Only times are changed. What waits was committed, and is so again, under
the lease; what has come by itself meanwhile is left alone. What fails when it has come waits for its own time again.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from nats.aio.msg import Msg

from crossdock_contracts.envelope import timestamp
from services.hub.commit import Committer, Message
from services.hub.decision import changed
from services.hub.documents import DocumentCache
from services.hub.inputs import ATTEMPT_HEADER, WAIT_HEADER, Handler
from services.hub.lease import Lease
from services.hub.outbox import Outbox
from services.hub.verdicts import Verdict
from services.hub.waits import awaiting

_PAGE, _MOST_BYTES = 500, 4 * 1024 * 1024
"""So many, and so much, is read at a time."""
_MOST = 100
"""So many are brought forward in one commit, which any of them that comes by itself meanwhile has refused."""
_PACE_S = 0.05
"""Between commits, so that those that come are seen to be under way before there are more."""
_SOON = timedelta(seconds=0.5)
"""What comes within this by itself is left alone."""
_STRAGGLERS_S = 1.0
"""So long after all of it was brought forward, what had failed before and was committed after that is, too."""
_NEVER = float("inf")


class Wish:
    """What waits for one operation is to come: all of it, or the one that has stood still the longest."""

    __slots__ = ("after", "every", "not_before", "passes", "source", "until")

    def __init__(self) -> None:
        self.every = False
        self.passes = 1
        """So often what waits is still to be gone through …"""
        self.not_before = 0.0
        self.until = 0
        """… up to here, which is where the stream ended when that began."""
        self.source = 0
        """Which of the sources is being gone through …"""
        self.after = 0
        """… and how far."""

    def begin(self, until: int) -> None:
        """Go through all of it."""
        self.source, self.after, self.until = 0, 0, until


class Forward:
    """What waits in one partition."""

    def __init__(
        self,
        *,
        lease: Lease,
        committer: Committer,
        cache: DocumentCache,
        outbox: Outbox,
        handlers: Iterable[Handler],
        room: Callable[[str], int],
    ) -> None:
        """``room`` says how many more calls could be made of an operation (`outside`)."""
        self._lease = lease
        self._committer = committer
        self._cache = cache
        self._outbox = outbox
        self._room = room
        self._timers = awaiting(handlers)
        self._sources = [f"{outbox.service}.parked.>", *(f"{outbox.service}.timer.{kind}.>" for kind in self._timers)]
        self._wishes: dict[str, Wish] = {}
        self._most = _MOST
        self._next_at = _NEVER

    def want(self, name: str, *, every: bool) -> None:
        """Have what waits for an operation (`outside`) brought forward."""
        wish = self._wishes.get(name)
        if wish is None or every:  # from the beginning: what was passed over was taken for a probe's sake
            wish = self._wishes[name] = Wish()
            wish.every, wish.passes = every, 2 if every else 1
            wish.begin(self._end)
        self._next_at = min(self._next_at, time.monotonic())

    def forget(self) -> None:
        """The partition is not held any more: whoever holds it has its own outside."""
        self._wishes.clear()
        self._next_at = _NEVER

    @property
    def _end(self) -> int:
        """Nothing that this partition has committed so far stands behind this."""
        return max(self._committer.last_seq, self._lease.standing.seq)

    @property
    def due_in_s(self) -> float:
        """How long until there is something to do; infinite if there is nothing."""
        return self._next_at - time.monotonic()

    async def step(self) -> bool:
        """Bring some forward, no more than there is room for, or look a page further; false: it was not committed.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        self._next_at = time.monotonic() + _PACE_S
        for name in [*self._wishes]:
            wish, room = self._wishes[name], self._room(name)
            if room > 0 and time.monotonic() >= wish.not_before and not await self._grant(name, wish, room):
                return False
        if not self._wishes:
            self._next_at = _NEVER
        return True

    async def _grant(self, name: str, wish: Wish, room: int) -> bool:
        """One page of what waits, so that the partition's work goes on between."""
        source = self._sources[wish.source]
        page = await self._cache.reader.messages(source, wish.after, _PAGE, most_bytes=_MOST_BYTES)
        page = [one for one in page if _seq(one) <= wish.until]
        found = [one for one in page if self._waits(one, name)][: min(room, self._most) if wish.every else 1]
        if found:
            if not await self._bring(found):
                return False
            wish.after = _seq(found[-1])
            if not wish.every:
                del self._wishes[name]
            return True
        self._next_at = time.monotonic()
        if page:
            wish.after = _seq(page[-1])
            return True
        wish.source, wish.after = wish.source + 1, 0
        if wish.source == len(self._sources):
            self._passed(name, wish)
        return True

    def _passed(self, name: str, wish: Wish) -> None:
        """All that waited for it has been gone through."""
        wish.passes -= 1
        if wish.passes:
            wish.not_before = time.monotonic() + _STRAGGLERS_S
            wish.begin(self._end)
        else:
            del self._wishes[name]

    def _waits(self, stored: Msg, name: str) -> bool:
        """It waits for this operation, belongs to this partition, and does not come by itself in a moment."""
        headers = stored.headers or {}
        target = headers.get("Nats-Schedule-Target", "").split(".")
        shard = target[-1] if target[1:2] == ["retry"] else target[3] if len(target) > 3 else ""  # noqa: PLR2004
        return (
            name in headers.get(WAIT_HEADER, "").split(",")
            and shard == str(self._outbox.partition)
            and headers.get("Nats-Schedule", "") > f"@at {timestamp(datetime.now(UTC) + _SOON)}"
        )

    async def _bring(self, found: list[Msg]) -> bool:
        """Whether they will come now."""
        now = datetime.now(UTC)
        messages = [self._at_once(one, now) for one in found]
        verdict, _, _ = await self._committer.commit(self._lease, messages)
        self._cache.forget(message.subject for message in messages)
        if verdict is Verdict.DONE:
            self._most = min(_MOST, 2 * self._most)
            return True
        self._most = max(1, self._most // 2)
        return False

    def _at_once(self, stored: Msg, now: datetime) -> Message:
        headers = stored.headers or {}
        subject, seq = headers["Nats-Subject"], int(headers["Nats-Sequence"])
        kind = self._timers.get(subject.split(".")[2])
        if kind is not None and subject.split(".")[1] == kind.SPACE:
            timer = changed(kind.decode(stored.data), due_at=now)
            return self._outbox.document(timer, subject, seq, "")
        kept = {name: value for name, value in headers.items() if not name.startswith("Nats-")}
        attempts = int(kept.get(ATTEMPT_HEADER, "1")) - 1  # it is asked to come, which is no attempt of its own
        kept[ATTEMPT_HEADER] = str(max(0, attempts))
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        schedule = f"Nats-Schedule: @at {timestamp(now)}\r\nNats-Schedule-Target: {headers['Nats-Schedule-Target']}\r\n"
        return Message(subject, stored.data, (lines + schedule).encode(), expected=seq, rollup=True, room=0)


def _seq(stored: Msg) -> int:
    return int((stored.headers or {})["Nats-Sequence"])
