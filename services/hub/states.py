"""Documents, and the states of them that a decision reads.

Part of the vocabulary of decisions (see `decision.py`), and as pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from crossdock_contracts import subjects
from crossdock_contracts.base import Owner, Utc

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
            cls.HOME = kwargs.get("home", cls.KEY[:2][-1])

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


class Awaiting(Timer):
    """A timer that goes off sooner, as soon as one of the operations works again that it waits for."""

    waits_for: tuple[str, ...] = ()
    """As `outside` names them."""
    why: str = ""
    """What has to be told to somebody who looks what waits."""


@dataclass(frozen=True, slots=True)
class Page(Generic[AnyDocument]):
    """Some documents of a kind in the order in which they were last written, and where the next of them begin."""

    documents: tuple[AnyDocument, ...] = ()
    next: int = 0
    """0: there are no more."""


Glance = tuple[str, int, int]
"""What a page is of: prefix, the position that it begins behind, most documents."""


class NotLoadedError(LookupError):
    """A decision asked for documents that have not been loaded; the hub loads them and decides again."""

    def __init__(self, subjects: list[str], *, below: str = "", page: Glance | None = None) -> None:
        super().__init__(below or str(page or ", ".join(subjects)))
        self.subjects = subjects
        self.below = below
        """Not empty: the names of all documents below this prefix are asked for."""
        self.page = page
        """Not none: a page is asked for."""


class States:
    """The documents that a decision may read, by subject; remembers which it did read."""

    __slots__ = ("_documents", "_pages", "_scans", "_strict", "read")

    def __init__(
        self,
        documents: dict[str, Document | None],
        scans: dict[str, list[str]] | None = None,
        pages: dict[Glance, Page[Any]] | None = None,
        *,
        strict: bool = True,
    ) -> None:
        self._documents = documents
        self._scans = scans
        self._pages = pages or {}
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

    def under(self, kind: type[AnyDocument], *prefix: str, after: str = "", limit: int = 500) -> list[AnyDocument]:
        """The documents of this kind whose key starts so, in the order of their keys, the first of them.

        Those behind the document with the subject ``after``, where one is named.

        Raises:
            NotLoadedError: nobody has looked yet which there are, or what stands in them.
        """
        start = kind.at(*prefix) + "."
        if not self._strict:
            names = [subject for subject in self._documents if subject.startswith(start)]
        elif self._scans is None or start not in self._scans:
            raise NotLoadedError([], below=start)
        else:
            names = self._scans[start]
        wanted = sorted(name for name in names if name > after)[:limit]
        missing: list[str] = []
        found: list[AnyDocument] = []
        for subject in wanted:
            self.read.add(subject)
            try:
                document = self._documents[subject]
            except KeyError:
                missing.append(subject)
            else:
                found += [document] if document is not None else []  # type: ignore[list-item]  # of this kind only
        if missing:
            raise NotLoadedError(missing)
        return found

    def page(self, kind: type[AnyDocument], *prefix: str, after: int = 0, limit: int = 1000) -> Page[AnyDocument]:
        """A glance at documents of this kind whose key starts so, in the order in which they were last written.

        For going through many of them, page by page. One that is written meanwhile moves to the end, so none is passed
        over. What is glanced at is not guarded: before a decision goes by a document it has to `get` it.

        Raises:
            NotLoadedError: nobody has looked yet.
        """
        glance = (kind.at(*prefix) + ".", after, limit)
        if self._strict:
            if glance not in self._pages:
                raise NotLoadedError([], page=glance)
            return self._pages[glance]
        found = [document for subject, document in self._documents.items() if subject.startswith(glance[0])]
        last = after + limit
        return Page(tuple(found[after:last]), last if last < len(found) else 0)  # type: ignore[arg-type]  # as above


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
