"""The vocabulary of a decision: what a service reads, writes, says and wants done outside.

Pure: `decide.py` modules are written in these words and know nothing else of the hub.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from crossdock_contracts import subjects
from crossdock_contracts.base import Event, Owner, Utc, Value

AnyDocument = TypeVar("AnyDocument", bound="Document")


class Part(BaseModel):
    """A part of a document; like the document, it keeps fields that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Document(Part):
    """A state document: one entity's latest state. Fields that this version does not know are kept."""

    SERVICE: ClassVar[str] = ""
    KIND: ClassVar[str] = ""
    KEY: ClassVar[tuple[str, ...]] = ()
    SPACE: ClassVar[str] = "state"
    SHARED: ClassVar[bool] = False
    """Read by all partitions of its service, not by one alone; so it is guarded at every read."""
    HOME: ClassVar[str] = ""
    """Of a timer: the field whose value names the entity, and so the partition, that hears of it."""
    TRACED: ClassVar[bool] = False
    """The hub remembers, with the document, which events its decisions published: an order's timeline."""

    owner: Owner = "main"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()  # the name of the document is taken once pydantic has built the class, below

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__()
        if kwargs:
            cls.SERVICE, cls.KIND, cls.KEY = kwargs["service"], kwargs["kind"], ("owner", *kwargs["key"])
            cls.SHARED, cls.TRACED = kwargs.get("shared", False), kwargs.get("traced", False)
            cls.HOME = kwargs.get("home", cls.KEY[1])

    @classmethod
    def at(cls, *key: str) -> str:
        """Subject of the document with this key, the owner first."""
        return _subject(cls, key)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a stored document.

        Raises:
            pydantic.ValidationError: the stored bytes are not this document.
        """
        document: Self = cls.__pydantic_validator__.validate_json(body)
        return document

    def encode(self) -> bytes:
        """The document as JSON: unknown fields included, fields that have their default left out."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    @property
    def has_ended(self) -> bool:
        """All that will ever happen to it has; it only tells late copies from news, until it is old enough to go."""
        return False

    @property
    def subject(self) -> str:
        """Where this document stands."""
        return _subject(type(self), tuple([str(getattr(self, name)) for name in self.KEY]))


@lru_cache(maxsize=32_768)
def _subject(kind: type[Document], key: tuple[str, ...]) -> str:
    return f"{kind.SERVICE}.{kind.SPACE}.{kind.KIND}.{subjects.key(*key)}"


class Timer(Document):
    """A document that fires: at ``due_at`` its service hears of it, unless it was withdrawn before.

    A hint only: it may fire twice or late, so what is due is checked against state.
    """

    SPACE: ClassVar[str] = "timer"
    due_at: Utc


class NotLoadedError(LookupError):
    """A decision asked for documents that have not been loaded; the hub loads them and decides again."""

    def __init__(self, subjects: list[str], *, below: str = "", most: int = 0) -> None:
        super().__init__(below or ", ".join(subjects))
        self.subjects = subjects
        self.below = below
        """Not empty: all documents below this prefix are asked for …"""
        self.most = most
        """… but no more than so many."""


class States:
    """The documents that a decision may read, by subject; remembers which it did read."""

    __slots__ = ("_documents", "_scans", "_strict", "read")

    def __init__(
        self,
        documents: dict[str, Document | None],
        scans: dict[str, list[str]] | None = None,
        *,
        strict: bool = True,
    ) -> None:
        self._documents = documents
        self._scans = scans
        self._strict = strict
        self.read: set[str] = set()

    @classmethod
    def of(cls, *documents: Document) -> Self:
        """These documents and nothing else: for decisions taken outside the hub, as in tests."""
        return cls({document.subject: document for document in documents}, strict=False)

    def get(self, kind: type[AnyDocument], *key: str) -> AnyDocument | None:
        """The document of this kind and key, or none.

        Raises:
            NotLoadedError: nobody has looked yet whether it exists.
        """
        subject = kind.at(*key)
        self.read.add(subject)
        try:
            return self._documents[subject]  # type: ignore[return-value]  # the subject holds this kind only
        except KeyError:
            if self._strict:
                raise NotLoadedError([subject]) from None
            return None

    def get_all(self, kind: type[AnyDocument], keys: Iterable[tuple[str, ...]]) -> list[AnyDocument | None]:
        """The documents of this kind with these keys, asked for all at once.

        Raises:
            NotLoadedError: nobody has looked yet whether some of them exist.
        """
        found: list[AnyDocument | None] = []
        missing: list[str] = []
        for key in keys:
            try:
                found.append(self.get(kind, *key))
            except NotLoadedError as error:
                missing += error.subjects
        if missing:
            raise NotLoadedError(missing)
        return found

    def under(self, kind: type[AnyDocument], *prefix: str, most: int = 500) -> list[AnyDocument]:
        """The documents of this kind whose key starts so, oldest first, so many of them at most.

        Each that a decision reads so is guarded by its commit: only the answer to a question may ask for thousands.

        Raises:
            NotLoadedError: nobody has looked yet which there are.
        """
        start = kind.at(*prefix) + "."
        if not self._strict:
            found = [subject for subject in self._documents if subject.startswith(start)]
        elif self._scans is None or start not in self._scans:
            raise NotLoadedError([], below=start, most=most)
        else:
            found = self._scans[start]
        documents = [(subject, self._documents[subject]) for subject in found]
        self.read.update(subject for subject, document in documents if document is not None)
        return [document for _, document in documents if document is not None]  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Intent:
    """A call to the outside that is to be made once this decision is committed.

    ``key`` is the idempotency key: purpose, entity, generation. A decision that is taken again names the same key, and
    says by ``resumed`` that the call may have been made already.
    """

    adapter: str
    operation: str
    key: str
    request: Value
    resumed: bool = False

    @property
    def request_hash(self) -> str:
        """SHA-256 of the request, to tell whether a call under the same key asks for the same."""
        return sha256(self.request.model_dump_json().encode()).hexdigest()

    def record(self, now: datetime) -> "IntentRecord":
        """What a document keeps of this intent."""
        return IntentRecord(
            adapter=self.adapter, operation=self.operation, key=self.key, request_hash=self.request_hash, opened_at=now
        )


class IntentRecord(Value):
    """An intent as a document keeps it, from before the call until its result is a fact."""

    adapter: str
    operation: str
    key: str
    request_hash: str
    opened_at: Utc


@dataclass(frozen=True, slots=True)
class Done:
    """The outside did what the intent asked, and answered this."""

    response: Any
    key: str = field(default="", kw_only=True, compare=False)
    """Of the intent that this answers; the hub fills it in."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The outside refused for good; nothing was done."""

    code: str
    detail: str = ""
    key: str = field(default="", kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The outside could not be reached or was out of order; it is certain that nothing was done."""

    detail: str
    retry_after_s: float | None = None
    key: str = field(default="", kw_only=True, compare=False)


Outcome = Done | Refused | Failed


@dataclass(frozen=True, slots=True)
class Later:
    """Take this decision again after a while: the message is parked, and its neighbours go on."""

    reason: str
    delay_s: float | None = None
    """None: the hub's own pace, slower each time."""
    not_before_s: float | None = None
    """What the other side asked for; the hub's own pace may be slower."""


@dataclass(slots=True)
class Decision:
    """All that follows from one message. Committed whole or not at all."""

    writes: list[Document] = field(default_factory=list)
    """Documents as they stand from now on, timers among them."""
    events: list[Event] = field(default_factory=list)
    withdrawn: list[Timer] = field(default_factory=list)
    """Timers that shall not fire any more."""
    intent: Intent | None = None
    """What is to be done outside. The writes must hold its record."""
    later: Later | None = None

    @classmethod
    def nothing(cls) -> Self:
        """What was asked has been done already, or does not matter any more."""
        return cls()

    def and_then(self, other: "Decision") -> Self:
        """This decision with another one's consequences behind it; a later write of a document replaces an earlier."""
        last = {document.subject: document for document in (*self.writes, *other.writes)}
        self.writes = list(last.values())
        self.events += other.events
        self.withdrawn += other.withdrawn
        self.intent = other.intent or self.intent
        self.later = other.later or self.later
        return self


AnyPart = TypeVar("AnyPart", bound=BaseModel)


def changed(part: AnyPart, **fields: Any) -> AnyPart:
    """A copy of a document, part or value with these fields different; what it does not know is kept.

    The fields are taken as they are. The same as pydantic's `model_copy(update=...)` at a third of its cost, but for
    `model_fields_set`, which nothing here goes by.
    """
    copy = object.__new__(type(part))
    object.__setattr__(copy, "__dict__", {**part.__dict__, **fields})
    object.__setattr__(copy, "__pydantic_fields_set__", part.__pydantic_fields_set__)
    object.__setattr__(copy, "__pydantic_extra__", part.__pydantic_extra__)
    object.__setattr__(copy, "__pydantic_private__", None)
    return copy
