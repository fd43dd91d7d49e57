"""State documents: those at hand, and those that have to be read.

A partition keeps `(sequence, document)` of what it wrote and read. As long as it holds the lease nobody else commits
to its documents, so an entry that was part of a commit of this lease is known to be current. An entry that was only
read is not: a read may be stale. The commit guards it with its sequence, after which it is.
"""

from collections.abc import Iterable

import orjson
from nats.aio.msg import Msg

from services.hub.decision import Document
from services.hub.wire import Calls

_MOST_SUBJECTS = 512
TRAIL_HEADER = "crossdock-trail"
"""Sequences of the events that a document's decisions published; negative ones count back from the document's own."""
_LONGEST_TRAIL = 64


class Entry:
    """One subject as it stands in the stream: its last sequence, and the document, if there is one."""

    __slots__ = ("document", "fault", "seq", "size", "trail", "verified")

    def __init__(
        self,
        seq: int,
        document: Document | None,
        *,
        size: int = 0,
        trail: tuple[int, ...] = (),
        verified: bool = False,
        fault: str = "",
    ) -> None:
        self.seq = seq
        self.document = document
        self.fault = fault
        self.size = size
        self.trail = trail
        self.verified = verified


class UnreadableError(ValueError):
    """A stored document cannot be read; the text names its subject and sequence, and what is wrong."""


class Reader:
    """Reads documents of one service from its stream, straight and without a cache."""

    def __init__(self, calls: Calls, stream: str, kinds: Iterable[type[Document]]) -> None:
        self._calls = calls
        self._subject = f"$JS.API.DIRECT.GET.{stream}".encode()
        self._kinds = {f"{kind.SPACE}.{kind.KIND}": kind for kind in kinds}

    def parse(self, message: Msg) -> tuple[str, Entry]:
        """Subject and entry of one answer; bytes that are not the document that stands there are its fault."""
        headers = message.headers or {}
        subject, seq = headers["Nats-Subject"], int(headers["Nats-Sequence"])
        if not message.data:
            return subject, Entry(seq, None)
        space, kind = subject.split(".", 3)[1:3]
        try:
            document = self._kinds[f"{space}.{kind}"].decode(message.data)
        except (KeyError, ValueError) as error:
            return subject, Entry(
                seq, None, fault=f"stored document {subject} (sequence {seq}) cannot be read: {error}"
            )
        return subject, Entry(
            seq, document, size=len(message.data), trail=read_trail(headers.get(TRAIL_HEADER, ""), seq)
        )

    async def last(self, subjects: list[str]) -> list[Msg]:
        """The last message of each of these subjects or wildcards, as they stand in the stream.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        found: list[Msg] = []
        for start in range(0, len(subjects), _MOST_SUBJECTS):
            body = orjson.dumps({"multi_last": subjects[start : start + _MOST_SUBJECTS]})
            found += await self._calls.many(self._subject, body, timeout_s=10)
        return found

    async def read(self, subjects: list[str]) -> dict[str, Entry]:
        """The documents that stand at these subjects or wildcards; subjects without one are left out."""
        return dict(self.parse(message) for message in await self.last(subjects))

    async def scan(self, prefix: str, limit: int = 500) -> dict[str, Entry]:
        """The first documents below a prefix, oldest write first."""
        body = orjson.dumps({"seq": 1, "next_by_subj": f"{prefix}>", "batch": limit})
        messages = await self._calls.many(self._subject, body, timeout_s=10)
        found = (self.parse(message) for message in messages)
        return {subject: entry for subject, entry in found if entry.document is not None}


def read_trail(text: str, seq: int) -> tuple[int, ...]:
    """The sequences that a document's trail names; ``seq`` is the document's own."""
    return tuple(n if n > 0 else seq + n for n in map(int, text.split())) if text else ()


def write_trail(earlier: tuple[int, ...], offsets: list[int]) -> str:
    """A trail with this batch's events, by their distance from the document, behind the earlier ones."""
    return " ".join(map(str, [*earlier, *offsets][-_LONGEST_TRAIL:]))


class DocumentCache:
    """The entries that one partition has at hand; those that were written or read the longest ago are dropped first."""

    def __init__(self, reader: Reader, limit_bytes: int) -> None:
        self.reader = reader
        self._limit = limit_bytes
        self._size = 0
        self._entries: dict[str, Entry] = {}
        self.find = self._entries.get
        """The entry of a subject, if it is at hand."""

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, subject: str) -> bool:
        return subject in self._entries

    def put(self, subject: str, entry: Entry) -> None:
        """Keep an entry."""
        old = self._entries.pop(subject, None)
        self._size += entry.size - (old.size if old else 0) + (0 if old else len(subject))
        self._entries[subject] = entry

    def assume_absent(self, subjects: Iterable[str]) -> None:
        """Take it that nothing stands there, without asking: the commit, which expects sequence 0, will tell."""
        for subject in subjects:
            if subject not in self._entries:
                self.put(subject, Entry(0, None))

    def forget(self, subjects: Iterable[str]) -> None:
        """Drop entries, so that they are read anew."""
        for subject in subjects:
            old = self._entries.pop(subject, None)
            if old:
                self._size -= old.size + len(subject)

    def clear(self) -> None:
        """Drop everything: another may have written."""
        self._entries.clear()
        self._size = 0

    def trim(self) -> None:
        """Drop the oldest until the rest fits; called between rounds, never within one."""
        while self._size > self._limit and self._entries:
            subject = next(iter(self._entries))
            self._size -= self._entries.pop(subject).size + len(subject)

    async def load(self, subjects: Iterable[str]) -> None:
        """Have these subjects at hand, absent ones included.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        missing = [subject for subject in dict.fromkeys(subjects) if subject not in self._entries]
        if not missing:
            return
        found = await self.reader.read(missing)
        for subject in missing:
            self.put(subject, found.get(subject) or Entry(0, None))

    async def scan(self, prefix: str) -> list[str]:
        """The subjects of documents below a prefix, oldest first, and the documents at hand.

        What is at hand already counts more than what was just read: it is newer or the same.
        """
        found = await self.reader.scan(prefix)
        for subject, entry in found.items():
            if subject not in self._entries:
                self.put(subject, entry)
        return list(found)
