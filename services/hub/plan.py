"""From decisions to a batch: which documents are written, which are guarded, where a batch is cut.

A batch is cut only between decisions, and carries each document as the last of its decisions left it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from services.hub.commit import MOST_MESSAGES, Guard, Message, OversizeError, check_size
from services.hub.decision import Decision, Document, NotLoadedError, Page, States, Timer
from services.hub.documents import DocumentCache, Entry, read_trail, write_trail
from services.hub.inputs import REPLY_HEADER, Input
from services.hub.outbox import Outbox
from services.hub.states import Glance
from services.hub.wire import frame


class UnreadWriteError(RuntimeError):
    """A decision writes a document that it did not read: a bug in it."""


class Working(dict[str, Document | None]):
    """Documents as the decisions of this round have left them, over those at hand."""

    def __init__(self, cache: DocumentCache) -> None:
        super().__init__()
        self.cache = cache
        self.scans: dict[str, list[str]] = {}
        self.pages: dict[Glance, Page[Any]] = {}

    def __missing__(self, subject: str) -> Document | None:
        return self.cache.document(subject)

    def states(self) -> States:
        """What a decision may read."""
        return States(self, self.scans, self.pages)

    async def fetch(self, missing: NotLoadedError) -> None:
        """Have at hand what a decision asked for.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        if missing.below:
            self.scans[missing.below] = await self.cache.reader.names(missing.below)
        elif missing.page is not None:
            self.pages[missing.page] = await self.cache.reader.page(missing.page)
        else:
            await self.cache.load(missing.subjects)

    def apply(self, staged: "Staged") -> None:
        """Let the decisions behind this one see what it decided."""
        for subject, document in staged.writes.items():
            self[subject] = document
            if self.scans:
                self._join_scans(subject)
        for subject in staged.withdrawn:
            self[subject] = None

    def _join_scans(self, subject: str) -> None:
        """A document that was written during the round belongs to what was found below its prefixes."""
        end = subject.find(".")
        while end > 0:
            found = self.scans.get(subject[: end + 1])
            if found is not None and subject not in found:
                found.append(subject)
            end = subject.find(".", end + 1)


def _nothing() -> None:
    """Nothing is to be told."""


@dataclass(slots=True)
class Staged:
    """A decision that is ready to be committed."""

    source: Input
    decision: Decision
    outcome: str
    """For the metrics: ``decided``, ``parked``, ``dead`` …"""
    read: set[str] = field(default_factory=set)
    unsure: list[str] = field(default_factory=list)
    """Of what it read, that which may not be what stands there: the commit has to guard it."""
    writes: dict[str, Document] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)
    extra: list[Message] = field(default_factory=list)
    """Messages of the hub's own: parked messages, dead letters, the marker."""
    tell: Callable[[], None] = _nothing
    """Counts and logs it, once it is committed."""
    marker: str = ""
    """Subject of the marker that remembers the input, where nothing else does."""

    def mark(self, marker: Message) -> None:
        """Have the input remembered."""
        self.extra.append(marker)
        self.marker = marker.subject

    @property
    def weight(self) -> int:
        """Most messages that it can take in a batch."""
        return len(self.writes) + len(self.events) + len(self.extra) + len(self.withdrawn) + len(self.unsure)

    def reply(self) -> bytes | None:
        """What whoever sent a command is told, if they asked: how it ended, and what it caused."""
        inbox = (self.source.raw.headers or {}).get(REPLY_HEADER, "")
        if not inbox.startswith("_INBOX.") or self.decision.intent is not None:
            return None
        events = [
            {"type": event.TYPE, "body": orjson.Fragment(event.model_dump_json())} for event in self.decision.events
        ]
        return frame(inbox.encode(), b"", orjson.dumps({"outcome": self.outcome, "events": events}))


@dataclass(slots=True)
class HubDecision(Decision):
    """A decision of the hub itself: it may write messages that are neither events nor documents."""

    messages: list[Message] = field(default_factory=list)
    tell: Callable[[], None] = _nothing


def stage(
    source: Input, decision: Decision, states: States, cache: DocumentCache, outbox: Outbox, now: datetime
) -> Staged:
    """Lay out a decision.

    Raises:
        UnreadWriteError: it writes a document, other than a timer, that it did not read.
    """
    writes = {document.subject: document for document in decision.writes}
    for subject, document in writes.items():
        if subject not in states.read and not isinstance(document, Timer):
            msg = f"handler {source.handler.name} writes {subject} without having read it"
            raise UnreadWriteError(msg)
    return Staged(
        source=source,
        decision=decision,
        outcome="decided" if source.outcome is None else "settled",
        read=states.read,
        unsure=[subject for subject in states.read if _is_unsure(cache, subject, sharded=outbox.is_sharded)],
        writes=writes,
        withdrawn=[timer.subject for timer in decision.withdrawn],
        events=outbox.events(source, decision.events, now),
        extra=list(decision.messages) if isinstance(decision, HubDecision) else [],
        tell=decision.tell if isinstance(decision, HubDecision) else _nothing,
    )


def _is_unsure(cache: DocumentCache, subject: str, *, sharded: bool) -> bool:
    entry = cache.find(subject)
    if entry is None:  # written by an earlier decision of this round
        return False
    if not entry.verified or not sharded:
        return not entry.verified
    kind = entry.kind or cache.reader.kind_of(subject)  # where nothing stands, another shard may have put something
    return kind is not None and kind.SHARED


class Plan:
    """Decisions that go into one batch, in order."""

    def __init__(self, cache: DocumentCache, outbox: Outbox) -> None:
        self._cache = cache
        self._outbox = outbox
        self.staged: list[Staged] = []
        self.writes: dict[str, Document] = {}
        self.withdrawn: set[str] = set()
        self._read: set[str] = set()
        self._guarded: dict[str, None] = {}
        self._weight = 0
        self._positions: dict[str, int] = {}
        self._marked: set[str] = set()
        self._markers: dict[str, int] = {}

    def takes(self, staged: Staged, limit: int) -> bool:
        """Whether this decision still fits into the batch."""
        if not self.staged:
            return True
        if len(self.staged) >= limit:
            return False
        if staged.marker and staged.marker in self._marked:
            return False  # a copy of a message that is among them: it has to find its marker
        if staged.withdrawn and any(subject in self.writes for subject in staged.withdrawn):
            return False
        if self.withdrawn and any(subject in self.withdrawn for subject in staged.writes):
            return False
        return 1 + self._weight + staged.weight <= MOST_MESSAGES

    def add(self, staged: Staged) -> None:
        """Put a decision behind the others."""
        self.staged.append(staged)
        self._weight += staged.weight - sum(1 for subject in staged.writes if subject in self.writes)
        self.writes.update(staged.writes)
        self.withdrawn.update(staged.withdrawn)
        self._read |= staged.read
        self._guarded.update(dict.fromkeys(staged.unsure))
        if staged.marker:
            self._marked.add(staged.marker)

    def batch(self, guard_subject: str, max_payload: int) -> list[Message]:
        """The messages to commit: guards and events, the hub's own, documents.

        Raises:
            OversizeError: one of them, or all of them together, are more than the server takes.
        """
        carriers = [message for staged in self.staged for message in staged.events]
        guards = self._guards()
        notes = [Message(f"{guard_subject}.{i}", b"", rollup=True) for i in range(len(guards) - len(carriers))]
        messages = [*notes, *carriers, *(message for staged in self.staged for message in staged.extra)]
        for guard, carrier in zip(guards, messages, strict=False):
            carrier.carry(guard)
        self._markers = {m.subject: position for position, m in enumerate(messages) if m.subject in self._marked}
        trails = self._trails(first=len(notes))
        for subject, document in self.writes.items():
            entry = self._cache.find(subject)
            offsets = [event - len(messages) for event in trails.get(subject, ())]
            trail = write_trail(entry.trail if entry else (), offsets) if document.TRACED else ""
            self._positions[subject] = len(messages)
            messages.append(self._outbox.document(document, subject, entry.seq if entry else None, trail))
        if len(messages) + 1 > MOST_MESSAGES:
            msg = f"one decision takes {len(messages) + 1} messages; an atomic batch takes {MOST_MESSAGES}"
            raise OversizeError(msg)
        for message in messages:
            check_size(message, max_payload)
        return messages

    def check_only(self, guard_subject: str) -> list[Message]:
        """Messages that guard what was read and change nothing, as many as one batch takes."""
        guards = [Guard(subject, self._seq(subject)) for subject in self._guarded][: MOST_MESSAGES // 2]
        notes = [Message(f"{guard_subject}.{i}", b"", rollup=True) for i in range(len(guards))]
        for guard, note in zip(guards, notes, strict=True):
            note.carry(guard)
        return notes

    def checked(self, count: int) -> None:
        """So many of the guards of `check_only` held."""
        for subject in [*self._guarded][:count]:
            if (entry := self._cache.find(subject)) is not None:
                entry.verified = True

    def _guards(self) -> list[Guard]:
        read_only = self._guarded.keys() - self.writes.keys() - self.withdrawn
        guards = [Guard(s, self._seq(s), withdraw=True) for s in self.withdrawn if self._seq(s)]
        return guards + [Guard(s, self._seq(s)) for s in read_only]

    def _seq(self, subject: str) -> int:
        entry = self._cache.find(subject)
        return entry.seq if entry else 0

    def _trails(self, first: int) -> dict[str, list[int]]:
        """For each traced document, where in the batch the events of its decisions stand."""
        trails: dict[str, list[int]] = {}
        for staged in self.staged:
            events = range(first, first + len(staged.events))
            first += len(staged.events)
            for subject, document in staged.writes.items():
                if document.TRACED:
                    trails.setdefault(subject, []).extend(events)
        return trails

    def committed(self, messages: list[Message], first_seq: int) -> None:
        """Bring what is at hand to what now stands in the stream; ``first_seq`` is that of the first message."""
        for subject in self._read:
            if (entry := self._cache.find(subject)) is not None:
                entry.verified = True
        for subject in self.withdrawn:
            self._cache.put(Entry(subject, 0, verified=True))
        for subject, position in self._markers.items():
            self._cache.put(Entry(subject, first_seq + position, verified=True))
        for subject, position in self._positions.items():
            seq = first_seq + position
            message = messages[position]
            trail = read_trail(message.trail, seq)
            document = self.writes[subject]
            self._cache.put(
                Entry(subject, seq, message.body, type(document), document=document, trail=trail, verified=True)
            )

    def forget(self) -> None:
        """Have all that it read and wrote read anew: the commit did not happen, or nobody knows."""
        self._cache.forget({*self._read, *self.writes, *self.withdrawn, *self._marked})
