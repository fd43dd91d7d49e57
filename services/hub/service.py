"""A service: what it hears, keeps, says and answers, in one declaration; and the application made of it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from crossdock_contracts import subjects
from crossdock_contracts.base import Command, Contract, Event, Owner
from services.hub.decision import Document, States, Timer
from services.hub.effects import Adapter, Effects, Limits, TransientError
from services.hub.inputs import Decide, Handler
from services.hub.objects import ObjectStore

if TYPE_CHECKING:
    from services.hub.runtime import Runtime


class Question(BaseModel):
    """A request to a service, over plain request and reply."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    owner: Owner = "main"


Answer = Callable[[States, Any, datetime], Any]
"""``(states, question, now) -> answer``, pure, as a decision is."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question that a service answers."""

    name: str
    question: type[Question]
    answer: Answer


class Service:
    """One service. `app.py` fills it in; nothing else subscribes, publishes or declares streams."""

    def __init__(
        self,
        name: str,
        *,
        documents: Iterable[type[Document]] = (),
        says: Iterable[type[Event]] = (),
        buckets: Iterable[str] = (),
        archives: Iterable[type[Command]] = (),
        by_owner: bool = False,
    ) -> None:
        self.name = name
        self.documents = list(documents)
        self.says = list(says)
        self.by_owner = by_owner
        """Sharded by owner into pools, as inventory is; otherwise by entity into partitions."""
        self.handlers: dict[str, Handler] = {}
        self.queries: list[Query] = []
        self.effects = Effects(name)
        self.buckets = list(buckets)
        """Buckets of the object store that it puts things into."""
        self.archives = list(archives)
        """Commands that are archived before they are purged, as events are."""
        self.chores: list[Callable[[Runtime], Awaitable[None]]] = []
        self.watched: dict[type[Event], list[Callable[[Any], None]]] = {}
        self.objects: dict[str, ObjectStore] = {}
        """The same, once the service is connected."""

    def on(
        self,
        contract: type[Contract],
        decide: Decide,
        *,
        name: str = "",
        reads: Callable[[Any], Iterable[str]] | None = None,
        creates: Callable[[Any], Iterable[str]] | None = None,
        remember: bool = False,
        settle: Decide | None = None,
        prepare: Callable[[Any], Awaitable[Any]] | None = None,
    ) -> None:
        """Take this decision on each message of this contract: an event of any service, or a command to this one."""
        self._add(
            Handler(
                name or _name(decide), contract.SERVICE, contract, decide, reads, creates, remember, settle, prepare
            )
        )

    def at(
        self,
        timer: type[Timer],
        decide: Decide,
        *,
        name: str = "",
        reads: Callable[[Any], Iterable[str]] | None = None,
        settle: Decide | None = None,
    ) -> None:
        """Take this decision when a timer of this kind is due."""
        self._add(Handler(name or _name(decide), self.name, timer, decide, reads=reads, settle=settle))

    def wrap(self, around: Callable[[Decide], Decide]) -> None:
        """Put this around every decision that stands here by now, and around what follows from answers to intents."""
        for name, handler in self.handlers.items():
            settle = around(handler.settle) if handler.settle is not None else None
            self.handlers[name] = replace(handler, decide=around(handler.decide), settle=settle)

    def answers(self, name: str, question: type[Question], answer: Answer) -> None:
        """Answer this question on ``<service>.query.<name>.v1``."""
        self.queries.append(Query(name, question, answer))

    def adapter(self, adapter: Adapter, limits: Limits | None = None) -> None:
        """Let intents of this service go through this adapter."""
        self.effects.add(adapter, limits)

    def counts(self, event: type[Event], count: Callable[[Any], None]) -> None:
        """Have this called with each such event once it is committed: for metrics, no more."""
        self.watched.setdefault(event, []).append(count)

    def beside(self, chore: Callable[["Runtime"], Awaitable[None]]) -> None:
        """Have this go on beside the decisions, in the one process that holds the service's first partition.

        It is begun anew if it fails, and may be ended at any moment.
        """
        self.chores.append(chore)

    async def put_object(self, bucket: str, name: str, content: bytes) -> str:
        """Store an object in one of the service's buckets; its SHA-256 as hexadecimal digits.

        Raises:
            TransientError: it was not stored, as far as is known; it may be put again.
        """
        if bucket not in self.objects:
            msg = f"bucket {bucket} is not open yet"
            raise TransientError(msg)
        return await self.objects[bucket].put(name, content)

    def _add(self, handler: Handler) -> None:
        if handler.name in self.handlers:
            msg = f"{self.name} has two handlers named {handler.name}"
            raise ValueError(msg)
        self.handlers[handler.name] = handler

    def source(self, handler: Handler, shard: int) -> tuple[str, str]:
        """The stream that a handler listens to, and the wildcard for what of it belongs to one of its shards."""
        where = f"*.{shard}" if self.by_owner else f"{shard}.*"
        if handler.is_timer:
            return subjects.stream(self.name), f"{self.name}.due.{handler.contract.KIND}.{shard}.>"
        contract = handler.contract
        assert issubclass(contract, Contract)
        type_ = contract.TYPE.replace("hub.", f"{self.name}.", 1) if contract.SERVICE == "hub" else contract.TYPE
        source = self.name if contract.SERVICE == "hub" else contract.SERVICE
        stream = subjects.inbox(source) if contract.KIND == "cmd" else subjects.stream(source)
        return stream, f"{type_}.*.{where}"


def _name(decide: Decide) -> str:
    function = getattr(decide, "func", decide)  # a partial keeps its function there
    return str(function.__name__).replace("_", "-")
