"""The vocabulary of a decision: what a service reads, writes, says and wants done outside.

Pure: `decide.py` modules are written in these words and know nothing else of the hub. Documents, and the states that a
decision reads them from, are in `states.py`; they are named here so that there is one place to import from.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from crossdock_contracts.base import Contract, Event, Utc, Value
from crossdock_contracts.operations import CommandRefusedV1
from services.hub.states import Awaiting, Document, NotLoadedError, Page, Part, States, Timer, changed

__all__ = [
    "Awaiting",
    "Decision",
    "Document",
    "Done",
    "Failed",
    "Intent",
    "IntentRecord",
    "Later",
    "NotLoadedError",
    "Outcome",
    "Page",
    "Part",
    "Refused",
    "States",
    "Timer",
    "Unsettled",
    "changed",
    "outside",
]


def outside(adapter: str, operation: str) -> str:
    """An operation of an outside system, as what waits for it names it."""
    return f"{adapter}:{operation}"


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

    def begun(self, record: "IntentRecord") -> Self:
        """The same call, taken up again where it was begun: who was asked then knows of it, whoever is asked today."""
        return replace(self, adapter=record.adapter, resumed=True)

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
    unasked: bool = False
    """Its circuit is open: it was not even called."""
    waits_for: str = field(default="", kw_only=True, compare=False)
    """The operation that was out of order (`outside`); the hub fills it in."""
    key: str = field(default="", kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Whether it was done is not known, and nothing that can be asked tells: somebody has to look."""

    detail: str
    key: str = field(default="", kw_only=True, compare=False)


Outcome = Done | Refused | Failed | Unsettled


@dataclass(frozen=True, slots=True)
class Later:
    """Take this decision again after a while: the message is parked, and its neighbours go on."""

    reason: str
    delay_s: float | None = None
    """The first time, and longer each time after; none: at the hub's own pace."""
    not_before_s: float | None = None
    """What the other side asked for; the hub's own pace may be slower."""
    waits_for: str = field(default="", kw_only=True, compare=False)
    """The operation of the outside that it waits for (`outside`): once that works again, the message comes at once."""


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

    @classmethod
    def refused(cls, command: Contract, reason: str, detail: str, *, about: str = "") -> Self:
        """A command is not carried out: ``detail`` says why, and what to do.

        What it is about is the command's own entity, unless ``about`` names something within that.
        """
        refusal = CommandRefusedV1(
            owner=command.owner,
            entity_id=about or command.entity,
            command=command.TYPE,
            reason=reason,
            detail=detail,
        )
        return cls(events=[refusal])

    @classmethod
    def unknown(cls, command: Contract, what: str, name: str, detail: str = "", *, about: str = "") -> Self:
        """A command names an order, a wave, a count that is not there: the reason begins with ``no-such-``."""
        said = f"{what} {name} is not known" + (f"; {detail}" if detail else "")
        return cls.refused(command, f"no-such-{what}", said, about=about)

    def and_then(self, other: "Decision") -> Self:
        """This decision with another one's consequences behind it; a later write of a document replaces an earlier."""
        last = {document.subject: document for document in (*self.writes, *other.writes)}
        self.writes = list(last.values())
        self.events += other.events
        self.withdrawn += other.withdrawn
        self.intent = other.intent or self.intent
        self.later = other.later or self.later
        return self
