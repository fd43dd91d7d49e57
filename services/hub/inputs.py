"""What comes in: handlers, and messages decoded for them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import unquote

from nats.aio.msg import Msg
from pydantic import ValidationError

from crossdock_contracts import upcasts
from crossdock_contracts.base import Contract, explain
from crossdock_contracts.envelope import OURS, VERSIONS_HEADER
from crossdock_contracts.operations import DiscardDeadLetterV1, ReplayDeadLetterV1
from crossdock_contracts.registry import versions
from services.hub.decision import Decision, Later, Outcome, States, Timer

Decide = Callable[..., Decision]
"""``(states, message, now) -> Decision``; with ``facts`` behind where the handler prepares some."""

KEY_HEADER = "crossdock-key"
SUBJECT_HEADER = "crossdock-subject"
ATTEMPT_HEADER = "crossdock-attempt"
WAIT_HEADER, WHY_HEADER, SINCE_HEADER = "crossdock-wait-for", "crossdock-wait-why", "crossdock-wait-since"
"""Of what is parked: the operations of the outside that it waits for, why it waits, and when that began."""
REPLY_HEADER = "crossdock-reply"
_LETTER_SHARE = 1 / 3
"""Of the work of replaying a dead letter, what its command is beside the message that goes back."""
_LONG_REPLY = 11
"""An acknowledgement subject of so many tokens carries a domain and an account, too."""


class UndecodableError(ValueError):
    """A message cannot be read as what its subject says."""


class MisdirectedError(ValueError):
    """A command stands on the subject of a partition that its entity does not belong to: it is not safe here."""


class NotForUsError(Exception):
    """This copy of a message is not for this service, or not yet."""


class NewerVersionError(NotForUsError):
    """Every version of the message is newer than the newest that is known: it waits until this service is updated."""


class OtherVersionError(NotForUsError):
    """The same message was published in a newer version that is known too: that one is taken."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What a service does on one type of message."""

    name: str
    """Stable: it is part of the names of consumers and dead letters."""
    source: str
    """The service whose stream it listens to; the service itself for timers and its inbox."""
    contract: type[Contract] | type[Timer]
    decide: Decide
    reads: Callable[[Any], Iterable[str]] | None = None
    """Documents that the decision is going to ask for: read for a whole batch at once. A hint, no more."""
    creates: Callable[[Any], Iterable[str]] | None = None
    """Those of them that stand nowhere yet, unless the message was handled before: not read at first."""
    remember: bool = False
    """The decision leaves no document that tells it was taken; the hub keeps a marker."""
    settle: Decide | None = None
    """``(states, message, outcome, now) -> Decision``: what follows from the answer to an intent."""
    prepare: Callable[[Any], Awaitable[Any]] | None = None
    """Asks the outside for facts that the decision needs; harmless to repeat."""

    @property
    def is_timer(self) -> bool:
        """It hears of timers that are due."""
        return issubclass(self.contract, Timer)


class _Missing(Timer):
    """What nothing can be decoded into: there is nobody to hand it to."""

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Refuse.

        Raises:
            UndecodableError: always.
        """
        del body
        msg = "there is no handler of this name any more, which it was parked for or is replayed to"
        raise UndecodableError(msg)


def missing_handler(name: str, service: str) -> Handler:
    """Stands in for a handler that is gone: its messages become dead letters, which a later version may replay."""
    return Handler(name, service, _Missing, lambda *_: Decision.nothing())


class Input:
    """One message on its way through a handler."""

    __slots__ = (
        "alone",
        "attempt",
        "correlation",
        "facts",
        "fault",
        "handler",
        "id",
        "identity",
        "key",
        "message",
        "outcome",
        "raw",
        "redelivered",
        "since",
        "subject",
        "suspect",
        "trace",
        "yields",
    )

    def __init__(self, handler: Handler, raw: Msg, *, suspect_below: int = 0) -> None:
        headers = raw.headers or {}
        stream, delivered, seq = origin(raw)
        self.handler = handler
        self.raw = raw
        came_back = headers.get(KEY_HEADER) if raw.subject.split(".", 2)[1] == "retry" else None
        self.key = came_back or f"{stream}-{seq}"
        """Names the message for ever: the stream and sequence at which it first came."""
        self.subject = headers.get(SUBJECT_HEADER, raw.subject) if came_back else raw.subject
        self.attempt = int(headers.get(ATTEMPT_HEADER, "0")) if came_back else 0
        """How often it has been parked."""
        since = headers.get(SINCE_HEADER) if came_back else None
        self.since = datetime.fromisoformat(since) if since else None
        """When it was parked first."""
        self.suspect = delivered > 1 or seq <= suspect_below
        """It was handed out before and not settled: handling it may have ended the process."""
        self.redelivered = self.suspect or came_back is not None
        """It may have been handled before: what it creates is not assumed to be absent."""
        self.yields = came_back is not None or handler.contract.SERVICE == "hub"
        """It has waited before, or is an operator's: it gives way to what comes in for the first time."""
        self.alone = False
        """Nothing else is handled beside it."""
        self.id = unquote(headers.get("ce-id", "")) or self.key
        source = headers.get("ce-source", "")
        self.identity = self.id if not source or source.startswith(OURS) else f"{source} {self.id}"
        """Tells the message from all others: ids are unique only for each sender."""
        self.correlation = headers.get("ce-correlationid", "")
        self.trace = headers.get("traceparent", "")[3:35]
        self.message: Any = None
        self.fault: Exception | None = None
        """Why it cannot be decided at all."""
        self.outcome: Outcome | Later | None = None
        self.facts: Any = None

    @property
    def weight(self) -> float:
        """So much work it is: 1 for a message; for a letter that a command names a part, as the rest follows."""
        if isinstance(self.message, ReplayDeadLetterV1 | DiscardDeadLetterV1):
            return max(1.0, _LETTER_SHARE * (1 + len(self.message.also)))
        return 1.0

    def open(self) -> None:
        """Read the body into the contract's newest version; what is wrong with it is kept as its fault."""
        try:
            self.message = self._decode()
        except NotForUsError as error:
            self.fault = error
        except ValidationError as error:
            self.fault = UndecodableError(explain(error))
        except UndecodableError as error:
            self.fault = error
        except (ValueError, IndexError) as error:
            self.fault = UndecodableError(str(error))

    def moment(self, now: datetime) -> datetime:
        """What time it is for this message: a timer is due when the server says so, also where our clock is behind."""
        return max(now, stored_at(self.raw)) if self.handler.is_timer else now

    def check(self) -> None:
        """See that it can be decided.

        Raises:
            NotForUsError, UndecodableError: it cannot; whatever else is its fault.
        """
        if self.fault is not None:
            raise self.fault

    def _decode(self) -> Any:
        contract = self.handler.contract
        if issubclass(contract, Timer):
            return contract.decode(self.raw.data)
        version = int(self.subject.split(".")[3].removeprefix("v"))
        known = versions(contract.TYPE)
        copies = (self.raw.headers or {}).get(VERSIONS_HEADER)
        published = {int(n) for n in copies.split(",")} if copies else {version}
        readable = published & known.keys()
        if not readable:
            msg = f"{self.subject} is version {version}; known are {sorted(known)}"
            raise NewerVersionError(msg)
        if version != max(readable):
            raise OtherVersionError(self.subject)
        return upcasts.upcast(known[version].decode(self.raw.data))

    def decide(self, states: States, now: datetime) -> Decision:
        """Take the handler's decision, or the one that follows from an intent's outcome.

        Raises:
            NotLoadedError: it needs documents that have not been read.
        """
        if isinstance(self.outcome, Later):
            return Decision(later=self.outcome)
        if self.outcome is not None:
            assert self.handler.settle is not None
            return self.handler.settle(states, self.message, self.outcome, now)
        if self.handler.prepare is not None:
            return self.handler.decide(states, self.message, now, self.facts)
        return self.handler.decide(states, self.message, now)


def origin(raw: Msg) -> tuple[str, int, int]:
    """Stream, number of this delivery, and sequence of a delivered message, from its acknowledgement subject."""
    tokens = raw.reply.split(".")
    start = 2 if len(tokens) < _LONG_REPLY else 4
    return tokens[start], int(tokens[start + 2]), int(tokens[start + 3])


def stored_at(raw: Msg) -> datetime:
    """When the server stored a delivered message, by its clock."""
    tokens = raw.reply.split(".")
    return datetime.fromtimestamp(int(tokens[7 if len(tokens) < _LONG_REPLY else 9]) / 1e9, UTC)


def pending(raw: Msg) -> int:
    """How many messages waited for the consumer when this one was delivered."""
    tokens = raw.reply.split(".")
    return int(tokens[8 if len(tokens) < _LONG_REPLY else 10])
