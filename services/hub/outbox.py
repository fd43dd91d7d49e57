"""What goes out with a commit: events with their envelope, documents, timers, parked messages, dead letters."""

from datetime import datetime
from functools import cache
from traceback import format_exception
from urllib.parse import quote

import orjson

from crossdock_contracts import subjects
from crossdock_contracts.base import Contract, Event
from crossdock_contracts.envelope import VERSIONS_HEADER, event_id, header, timestamp
from crossdock_contracts.operations import MessageDeadLetteredV1
from crossdock_contracts.upcasts import beside
from services.hub.commit import Message
from services.hub.decision import Awaiting, Document, Later, Timer
from services.hub.documents import TRAIL_HEADER
from services.hub.inputs import (
    ATTEMPT_HEADER,
    KEY_HEADER,
    SINCE_HEADER,
    SUBJECT_HEADER,
    WAIT_HEADER,
    WHY_HEADER,
    Input,
)
from services.hub.trace import trace_of

_TRACEBACK_CHARS = 3000
_DETAIL_CHARS = 500
_HEADER_CHARS = 8000

_SAFE = " /:,;()<>=[]{}|@#&+*!?\"'$~^`\\"
"""What stands as it is in the headers of a dead letter: all that is printed but for the sign of an escape."""


class Outbox:
    """Lays out messages of one service."""

    def __init__(self, service: str, partition: int, *, by_owner: bool, partitions: int, pools: int) -> None:
        self.service = service
        self.partition = partition
        self._by_owner = by_owner
        self._partitions = partitions
        self._pools = pools

    @property
    def is_sharded(self) -> bool:
        """Other shards of the service write to the same stream."""
        return (self._pools if self._by_owner else self._partitions) > 1

    def shard(self, owner: str, entity: str) -> int:
        """The partition of this service that an entity belongs to."""
        if self._by_owner:
            return subjects.pool(owner, self._pools)
        return subjects.partition(owner, entity, self._partitions)

    def events(self, source: Input, events: list[Event], now: datetime) -> list[Message]:
        """Events that an input caused, each in every version that is still published."""
        messages: list[Message] = []
        seen: dict[tuple[str, str], int] = {}
        for event in events:
            entity = event.entity
            number = seen.get((event.TYPE, entity), 0)
            seen[event.TYPE, entity] = number + 1
            identity = event_id(source.id, event.TYPE, f"{event.owner}/{entity}" + (f"#{number}" if number else ""))
            older = beside(event)
            copies = f"{VERSIONS_HEADER}: {','.join(str(e.VERSION) for e in (event, *older))}\r\n" if older else ""
            messages += [self._event(source, copy, identity, now, copies) for copy in (event, *older)]
        return messages

    def _event(self, source: Input, event: Contract, identity: str, now: datetime, copies: str) -> Message:
        subject = header(f"{event.owner}/{event.entity}")
        correlation = subject if event.ENTITY == "order_id" else source.correlation or subject
        trace = source.trace or trace_of(correlation)
        headers = (
            f"{_constant_headers(type(event), self.service)}{copies}ce-id: {identity}\r\nce-subject: {subject}\r\n"
            f"ce-time: {timestamp(now)}\r\nce-correlationid: {correlation}\r\nce-causationid: {header(source.id)}\r\n"
            f"traceparent: 00-{trace}-{identity[:8]}{identity[9:13]}{identity[14:18]}-01\r\n"
        )
        return Message(
            subjects.message(
                _type(type(event), self.service),
                event.VERSION,
                partition=subjects.partition(event.owner, event.entity, self._partitions),
                pool=subjects.pool(event.owner, self._pools),
            ),
            event.encode(),
            headers.encode(),
        )

    def document(self, document: Document, subject: str, expected: int | None, trail: str) -> Message:
        """A document as it stands from now on; a timer is scheduled by being written."""
        headers = f"{TRAIL_HEADER}: {trail}\r\n" if trail else ""
        if isinstance(document, Timer):
            shard = self.shard(document.owner, str(getattr(document, document.HOME)))
            key = subject.split(".", 3)[3]
            headers += (
                f"Nats-Schedule: @at {timestamp(document.due_at)}\r\n"
                f"Nats-Schedule-Target: {self.service}.due.{document.KIND}.{shard}.{key}\r\n"
                f"ce-id: {event_id(subject, 'due', timestamp(document.due_at))}\r\n"
            )
        if isinstance(document, Awaiting) and document.waits_for:
            headers += f"{WAIT_HEADER}: {','.join(document.waits_for)}\r\n"
        return Message(subject, document.encode(), headers.encode(), expected=expected, rollup=True, trail=trail)

    def parked(self, source: Input, later: Later, *, since: datetime, due_at: datetime) -> Message:
        """A message that waits in the service's own stream, and comes back to its handler by itself."""
        name = source.handler.name
        headers = _kept(source, attempt=source.attempt + 1) + (
            f"{WAIT_HEADER}: {waited_for(source, later)}\r\n{WHY_HEADER}: {header(later.reason[:_DETAIL_CHARS])}\r\n"
            f"{SINCE_HEADER}: {timestamp(since)}\r\n"
            f"Nats-Schedule: @at {timestamp(due_at)}\r\n"
            f"Nats-Schedule-Target: {self.service}.retry.{name}.{self.partition}\r\n"
        )
        subject = f"{self.service}.parked.{name}.{subjects.token(source.key)}"
        return Message(subject, source.raw.data, headers.encode(), rollup=True, room=0)

    def letter(self, source: Input, error: BaseException, now: datetime) -> Message:
        """A dead letter: the payload byte for byte, and in the headers all that is known of it."""
        trace = "".join(format_exception(error))[-_TRACEBACK_CHARS:]
        original = {
            k: v
            for k, v in (source.raw.headers or {}).items()
            if not k.lower().startswith(("nats-", "crossdock-dead", "crossdock-attempt", "crossdock-wait"))
        }
        if sum(map(len, original.values())) > _HEADER_CHARS:  # somebody's own: what is known of the message stays
            original = {k: v[:_DETAIL_CHARS] for k, v in original.items() if k.startswith(("ce-", "crossdock-"))}
        facts = {
            "crossdock-dead-error": type(error).__name__,
            "crossdock-dead-detail": str(error)[:_DETAIL_CHARS],
            "crossdock-dead-traceback": trace,
            "crossdock-dead-at": timestamp(now),
            "crossdock-dead-attempts": str(source.attempt + 1),
            "crossdock-dead-partition": str(self.partition),
            "crossdock-dead-headers": orjson.dumps(original).decode(),
        }
        lines = "".join(f"{name}: {quote(value, safe=_SAFE)}\r\n" for name, value in facts.items())
        headers = f"{KEY_HEADER}: {source.key}\r\n{SUBJECT_HEADER}: {source.subject}\r\n{lines}"
        subject = f"{self.service}.dead.{source.handler.name}.{subjects.token(source.key)}"
        return Message(subject, source.raw.data, headers.encode(), rollup=True, room=0)

    def died(self, source: Input, error: BaseException, now: datetime) -> list[Message]:
        """The event that tells of a dead letter."""
        event = MessageDeadLetteredV1(
            owner="main",
            letter_id=source.key,
            handler=source.handler.name,
            subject=source.subject,
            error=type(error).__name__,
            detail=str(error)[:_DETAIL_CHARS],
            attempts=source.attempt + 1,
            died_at=now,
        )
        return self.events(source, [event], now)

    def marker(self, source: Input, now: datetime) -> Message:
        """What remembers that an input was handled; nothing may stand there yet."""
        body = orjson.dumps({"key": source.key, "at": timestamp(now)})
        return Message(self.marker_subject(source), body, expected=0, rollup=True)

    def marker_subject(self, source: Input) -> str:
        """Where it is remembered that an input was handled."""
        return f"{self.service}.state.done.{source.handler.name}.{subjects.token(source.identity)}"


def waited_for(source: Input, later: Later) -> str:
    """The operation of the outside that a message waits for; empty: it waits for something else."""
    return later.waits_for or getattr(source.outcome, "waits_for", "")


def _type(contract: type[Contract], service: str) -> str:
    return contract.TYPE if contract.SERVICE != "hub" else f"{service}{contract.TYPE.removeprefix('hub')}"


@cache
def _constant_headers(contract: type[Contract], service: str) -> str:
    name = f"{_type(contract, service)}.v{contract.VERSION}"
    return (
        f"ce-specversion: 1.0\r\nce-type: {name}\r\nce-source: /crossdock/{service}\r\n"
        f"ce-dataschema: urn:crossdock:{contract.TYPE}.v{contract.VERSION}\r\ncontent-type: application/json\r\n"
    )


def _kept(source: Input, *, attempt: int) -> str:
    """The headers of an input as they go on with it, and where it first stood."""
    dropped = {KEY_HEADER, SUBJECT_HEADER, ATTEMPT_HEADER, WAIT_HEADER, WHY_HEADER, SINCE_HEADER}
    kept = {
        k: v for k, v in (source.raw.headers or {}).items() if not k.lower().startswith("nats-") and k not in dropped
    }
    kept |= {KEY_HEADER: source.key, SUBJECT_HEADER: source.subject, ATTEMPT_HEADER: str(attempt)}
    return "".join(f"{name}: {value}\r\n" for name, value in kept.items())
