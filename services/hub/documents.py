"""State documents: those at hand, and those that have to be read.

A partition keeps `(sequence, document)` of what it wrote and read. As long as it holds the lease nobody else commits
to its documents, so an entry that was part of a commit of this lease is known to be current. An entry that was only
read is not: a read may be stale. The commit guards it with its sequence, after which it is.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from nats.aio.msg import Msg

from services.hub.decision import Document
from services.hub.states import Glance, Page
from services.hub.wire import Calls, DisconnectedError

_MOST_SUBJECTS = 512
_PAGE = 500
TRAIL_HEADER = "crossdock-trail"
"""Sequences of the events that a document's decisions published; negative ones count back from the document's own."""
_LONGEST_TRAIL = 64
_ENTRY_BYTES = 400
"""What an entry takes beside its document."""
_DECODED_SHARE = 0.25
"""So much of what is at hand, counted as bytes, may be kept decoded as well."""


class UnreadableError(ValueError):
    """A stored document cannot be read; the text names its subject and sequence, and what is wrong."""


class Entry:
    """One subject as it stands in the stream: its last sequence, and the document, if there is one.

    The document is kept as bytes, and decoded besides while it is in use: decoded it takes ten times the room.
    """

    __slots__ = ("_document", "body", "kind", "seq", "subject", "trail", "verified")

    def __init__(
        self,
        subject: str,
        seq: int,
        body: bytes = b"",
        kind: type[Document] | None = None,
        *,
        document: Document | None = None,
        trail: tuple[int, ...] = (),
        verified: bool = False,
    ) -> None:
        self.subject = subject
        self.seq = seq
        self.body = body
        self.kind = kind
        self.trail = trail
        self.verified = verified
        self._document = document

    @property
    def document(self) -> Document | None:
        """The document, or none.

        Raises:
            UnreadableError: the stored bytes are not the document that stands there.
        """
        if self._document is None and self.body:
            try:
                if self.kind is None:
                    msg = "documents of this kind are not known here"
                    raise LookupError(msg)  # noqa: TRY301  # told like the others, below
                self._document = self.kind.decode(self.body)
            except (LookupError, ValueError) as error:
                msg = f"stored document {self.subject} (sequence {self.seq}) cannot be read: {error}"
                raise UnreadableError(msg) from error
        return self._document

    @property
    def is_decoded(self) -> bool:
        """The document is at hand as such."""
        return self._document is not None

    def cool(self) -> None:
        """Keep the bytes alone."""
        self._document = None


class Reader:
    """Reads documents of one service from its stream, straight and without a cache."""

    def __init__(self, calls: Calls, stream: str, kinds: Iterable[type[Document]]) -> None:
        self._calls = calls
        self._stream = stream
        self._subject = f"$JS.API.DIRECT.GET.{stream}".encode()
        self._kinds = {f"{kind.SPACE}.{kind.KIND}": kind for kind in kinds}

    def parse(self, message: Msg) -> Entry:
        """The entry that one answer tells of."""
        headers = message.headers or {}
        subject, seq = headers["Nats-Subject"], int(headers["Nats-Sequence"])
        trail = read_trail(headers.get(TRAIL_HEADER, ""), seq)
        return Entry(subject, seq, message.data, self.kind_of(subject), trail=trail)

    def kind_of(self, subject: str) -> type[Document] | None:
        """What stands at a subject, or would; none where documents of its kind are not known here."""
        space, kind = subject.split(".", 3)[1:3]
        return self._kinds.get(f"{space}.{kind}")

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
        return {(entry := self.parse(message)).subject: entry for message in await self.last(subjects)}

    async def names(self, prefix: str) -> list[str]:
        """The subjects of all documents below a prefix; the server has them at hand, and reads no document for it.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        answer: dict[str, Any] = await self._calls.api(
            f"STREAM.INFO.{self._stream}", {"subjects_filter": f"{prefix}>"}, timeout_s=10
        )
        if "error" in answer:
            msg = f"the server refused to list {prefix}>: {answer['error']}"
            raise DisconnectedError(msg)
        return list(answer["state"].get("subjects") or ())

    async def messages(self, filter_subject: str, after: int, limit: int, *, most_bytes: int = 0) -> list[Msg]:
        """Messages on a subject or wildcard in the order of the stream, from behind a sequence.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        wanted = {"seq": after + 1, "next_by_subj": filter_subject, "batch": limit}
        body = orjson.dumps(wanted | ({"max_bytes": most_bytes} if most_bytes else {}))
        return await self._calls.many(self._subject, body, timeout_s=10)

    async def page(self, glance: Glance) -> Page[Any]:
        """Documents below a prefix in the order in which they were last written, from behind a sequence.

        Raises:
            DisconnectedError: the server could not be asked.
            UnreadableError: the stored bytes of one are not the document that stands there.
        """
        prefix, after, limit = glance
        messages = await self.messages(f"{prefix}>", after, limit)
        entries = [self.parse(message) for message in messages]
        documents = tuple([entry.document for entry in entries if entry.body and entry.document is not None])
        return Page(documents, entries[-1].seq if len(entries) == limit else 0)


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
        self._decoded: dict[str, Entry] = {}
        self._decoded_size = 0
        self.find = self._entries.get
        """The entry of a subject, if it is at hand."""

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, subject: str) -> bool:
        return subject in self._entries

    def document(self, subject: str) -> Document | None:
        """The document that stands there, or none.

        Raises:
            KeyError: the subject is not at hand.
            UnreadableError: the stored bytes are not the document that stands there.
        """
        entry = self._entries[subject]
        if entry.body:
            self._use(entry)
        return entry.document

    def _use(self, entry: Entry) -> None:
        """It is decoded, and was used just now."""
        if self._decoded.pop(entry.subject, None) is None:
            self._decoded_size += len(entry.body)
        self._decoded[entry.subject] = entry

    def put(self, entry: Entry) -> None:
        """Keep an entry."""
        self._drop(entry.subject)
        self._entries[entry.subject] = entry
        self._size += len(entry.body) + _ENTRY_BYTES
        if entry.is_decoded:
            self._use(entry)

    def _drop(self, subject: str) -> None:
        old = self._entries.pop(subject, None)
        if old is not None:
            self._size -= len(old.body) + _ENTRY_BYTES
            if self._decoded.pop(subject, None) is not None:
                self._decoded_size -= len(old.body)

    def assume_absent(self, subjects: Iterable[str]) -> None:
        """Take it that nothing stands there, without asking: the commit, which expects sequence 0, will tell."""
        for subject in subjects:
            if subject not in self._entries:
                self.put(Entry(subject, 0))

    def forget(self, subjects: Iterable[str]) -> None:
        """Drop entries, so that they are read anew."""
        for subject in subjects:
            self._drop(subject)

    def clear(self) -> None:
        """Drop everything: another may have written."""
        self._entries.clear()
        self._decoded.clear()
        self._size = self._decoded_size = 0

    def trim(self) -> None:
        """Keep the bytes alone of what was not used lately, and drop the oldest; between rounds, never within one."""
        while self._decoded_size > self._limit * _DECODED_SHARE:
            subject = next(iter(self._decoded))
            entry = self._decoded.pop(subject)
            entry.cool()
            self._decoded_size -= len(entry.body)
        while self._size > self._limit:
            self._drop(next(iter(self._entries)))

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
            self.put(found.get(subject) or Entry(subject, 0))
