"""Questions that every service answers: its documents, the events behind one, its dead letters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from crossdock_contracts import subjects
from crossdock_contracts.base import explain
from services.hub.decision import NotLoadedError
from services.hub.documents import DocumentCache, Entry, Reader
from services.hub.letters import BULKY, read_letter
from services.hub.plan import Working
from services.hub.service import Question, Service
from services.hub.shard import Shard
from services.hub.waits import PARKED, awaiting, read_waiting
from services.hub.wire import Calls, status

_MOST = 500
_MOST_BYTES, _MOST_BRIEF_BYTES = 256 * 1024, 8 * 1024 * 1024
"""So much is read for one answer, which has to fit into a message itself: letters whole, and without what is bulky."""


class DocumentsQuestion(Question):
    """Documents of one kind, a page at a time."""

    kind: str
    key: tuple[str, ...] = ()
    """What the key, behind the owner, begins with."""
    after: int = 0
    """Sequence of the last document of the page before."""
    limit: int = 100


class TimelineQuestion(Question):
    """One document, and the events that its decisions published."""

    kind: str
    key: list[str]


class LettersQuestion(Question):
    """Open dead letters of one owner."""

    every_owner: bool = False
    """Those of all owners, and those that belong to none: what only an operator of the hub may ask for."""
    letter_id: str = ""
    """One letter; empty: all."""
    order: str = ""
    """Those about ``owner/order``."""
    brief: bool = False
    """Without payload, headers and traceback: for very many of them."""
    after: int = 0
    limit: int = 100


class WaitingQuestion(Question):
    """What waits for the outside."""

    every_owner: bool = False
    """Of all owners, and what belongs to none."""
    system: str = ""
    """What waits for this adapter; empty: everything that waits to be tried again."""
    kind: str = ""
    """Timers of this kind, one of those that ``kinds`` of the answer names; empty: messages that are parked."""
    after: int = 0
    limit: int = 100


class Desk:
    """Answers questions to one service, from its stream."""

    def __init__(self, service: Service, client: Client, calls: Calls, shards: Sequence[Shard] = ()) -> None:
        self._service = service
        self._client = client
        self._calls = calls
        self._shards = shards
        self._stream = subjects.stream(service.name)
        self.reader = Reader(calls, self._stream, service.documents)

    async def answer(self, name: str, body: bytes) -> dict[str, Any]:
        """The answer to a question, or ``error`` with what is wrong with it."""
        known: dict[str, tuple[type[Question], Any]] = {
            "documents": (DocumentsQuestion, self._documents),
            "timeline": (TimelineQuestion, self._timeline),
            "letters": (LettersQuestion, self._letters),
            "waiting": (WaitingQuestion, self._waiting),
        }
        own = set(known)
        known |= {query.name: (query.question, query.answer) for query in self._service.queries}
        kind, find = known[name]
        try:
            question = kind.model_validate_json(body or b"{}")
        except ValidationError as error:
            return {"error": explain(error)}
        if name in own:
            return dict(await find(question))
        return {"answer": await self._decided(find, question)}

    async def _decided(self, find: Any, question: Question) -> Any:
        """The answer of a service's own, from the documents at hand here, and from the stream as to the others."""
        working = Working(DocumentCache(self.reader, limit_bytes=1 << 30))
        while True:
            try:
                return find(working.states(), question, datetime.now(UTC))
            except NotLoadedError as missing:
                for subject in missing.subjects:
                    for entry in filter(None, (shard.at_hand(subject) for shard in self._shards)):
                        working.cache.put(Entry(subject, entry.seq, entry.body, entry.kind))
                await working.fetch(missing)

    def _prefix(self, kind: str, *key: str) -> str:
        found = next((d for d in self._service.documents if kind == d.KIND), None)
        if found is None:
            kinds = ", ".join(sorted(d.KIND for d in self._service.documents))
            msg = f"{self._service.name} keeps no documents of kind {kind!r}; it keeps: {kinds}"
            raise UnknownKindError(msg)
        return found.at(*key)

    async def _documents(self, question: DocumentsQuestion) -> dict[str, Any]:
        try:
            prefix = self._prefix(question.kind, question.owner, *question.key)
        except UnknownKindError as error:
            return {"error": str(error)}
        messages = await self.page(f"{prefix}.>", question.after, min(question.limit, _MOST))
        last = int((messages[-1].headers or {})["Nats-Sequence"]) if messages else question.after
        more = len(messages) == min(question.limit, _MOST)
        documents = [orjson.loads(m.data) for m in messages if m.data]
        return {"documents": documents, "next": last if more else None, "last": last}

    async def page(self, filter_subject: str, after: int, limit: int, *, most_bytes: int = 0) -> list[Msg]:
        """Messages on a subject or wildcard in the order of the stream, from behind a sequence."""
        return await self.reader.messages(filter_subject, after, limit, most_bytes=most_bytes)

    async def _timeline(self, question: TimelineQuestion) -> dict[str, Any]:
        try:
            subject = self._prefix(question.kind, question.owner, *question.key)
        except UnknownKindError as error:
            return {"error": str(error)}
        messages = await self.reader.last([subject])
        if not messages or not messages[0].data:
            return {"document": None, "events": []}
        entry = self.reader.parse(messages[0])
        events = [event for seq in dict.fromkeys(entry.trail) if (event := await self._event(seq)) is not None]
        return {"document": orjson.loads(messages[0].data), "events": events}

    async def _event(self, seq: int) -> dict[str, Any] | None:
        request = orjson.dumps({"seq": seq})
        found = await self._calls.one([], f"$JS.API.DIRECT.GET.{self._stream}".encode(), b"", request, timeout_s=5)
        if status(found) or ".evt." not in (found.headers or {}).get("Nats-Subject", ""):
            return None
        headers = {k: v for k, v in (found.headers or {}).items() if not k.startswith(("Nats-Batch", "Nats-Expected"))}
        return {
            "seq": seq,
            "subject": headers.pop("Nats-Subject"),
            "headers": headers,
            "body": orjson.loads(found.data),
        }

    async def _letters(self, question: LettersQuestion) -> dict[str, Any]:
        name = subjects.token(question.letter_id) if question.letter_id else "*"
        messages = await self.page(
            f"{self._service.name}.dead.*.{name}",
            question.after,
            min(question.limit, _MOST),
            most_bytes=_MOST_BRIEF_BYTES if question.brief else _MOST_BYTES,
        )
        letters = [letter for m in messages if (letter := read_letter(m)) is not None]
        return {
            "letters": [
                one.shown(brief=question.brief).model_dump(exclude=BULKY if question.brief else set())
                for one in letters
                if question.order in ("", one.order) and (question.every_owner or one.owner == question.owner)
            ],
            "next": int((messages[-1].headers or {})["Nats-Sequence"]) if messages else None,
        }

    async def _waiting(self, question: WaitingQuestion) -> dict[str, Any]:
        kinds = awaiting(self._service.handlers.values())
        if question.kind and question.kind not in kinds:
            return {"error": f"{self._service.name} has no timers {question.kind} that await the outside"}
        space = f"timer.{question.kind}" if question.kind else PARKED
        subject, limit = f"{self._service.name}.{space}.>", min(question.limit, _MOST)
        messages = await self.page(subject, question.after, limit, most_bytes=_MOST_BRIEF_BYTES)
        found = [one for m in messages if (one := read_waiting(m, kinds)) is not None]
        return {
            "waiting": [
                one.model_dump()
                for one in found
                if question.system in ("", *one.adapters) and (question.every_owner or one.owner == question.owner)
            ],
            "kinds": sorted(kinds),
            "next": int((messages[-1].headers or {})["Nats-Sequence"]) if messages else None,
        }


class UnknownKindError(LookupError):
    """A question about documents that the service does not keep."""
