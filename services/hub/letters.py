"""Dead letters: replayed or discarded by an operator's command, as one commit with its audit entry.

What is thrown away or mended stays, as it was, in that entry.
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from urllib.parse import unquote

import orjson
from nats.aio.msg import Msg
from pydantic import BaseModel, ValidationError

from crossdock_contracts import subjects
from crossdock_contracts.base import Contract, explain
from crossdock_contracts.operations import (
    CommandRefusedV1,
    DeadLetterDiscardedV1,
    DeadLetterReplayedV1,
    DiscardDeadLetterV1,
    LetterName,
    ReplayDeadLetterV1,
)
from crossdock_contracts.registry import versions
from services.hub.commit import Message
from services.hub.decision import Decision, States
from services.hub.edits import changes
from services.hub.inputs import KEY_HEADER, SUBJECT_HEADER, Handler
from services.hub.metrics import DEAD
from services.hub.plan import HubDecision


class Letter(BaseModel):
    """A dead letter as operators see it."""

    letter_id: str
    handler: str
    subject: str
    error: str
    detail: str
    traceback: str
    attempts: int
    died_at: str
    headers: dict[str, str]
    body: str
    """The payload; bytes that are no UTF-8 are shown as escapes."""
    order: str = ""
    """``owner/order`` that it belongs to."""
    partition: int = 0
    seq: int = 0
    size: int = 0
    """Bytes of the payload."""
    reason: str = ""
    """What it has in common with all that died of the same."""

    @property
    def owner(self) -> str:
        """Whose message it was; empty where it did not say."""
        return self.order.partition("/")[0]


def read_letter(message: Msg) -> Letter | None:
    """A dead letter from its message; none where it was closed."""
    headers = message.headers or {}
    if "crossdock-dead-error" not in headers:
        return None
    facts = {
        k.removeprefix("crossdock-dead-"): unquote(v) for k, v in headers.items() if k.startswith("crossdock-dead-")
    }
    original: dict[str, str] = orjson.loads(facts["headers"])
    return Letter(
        letter_id=headers[KEY_HEADER],
        handler=headers["Nats-Subject"].split(".")[2],
        subject=headers[SUBJECT_HEADER],
        error=facts["error"],
        detail=facts["detail"],
        traceback=facts["traceback"],
        attempts=int(facts["attempts"]),
        died_at=facts["at"],
        headers=original,
        body=message.data.decode("utf-8", "backslashreplace"),
        order=unquote(original.get("ce-correlationid", "")),
        partition=int(facts["partition"]),
        seq=int(headers["Nats-Sequence"]),
        size=len(message.data),
        reason=reason(facts["detail"]),
    )


_INDEX = re.compile(r"\[\d+\]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBERED = re.compile(r"(?<![\w$.\[\]])[\w.:/@-]*\d[\w.:/@-]*")
_REASON_CHARS = 160


def reason(detail: str) -> str:
    """What all letters that died of the same have in common: what was said, without numbers, ids and values."""
    first = _INDEX.sub("[#]", detail.strip().partition("\n")[0])
    return _NUMBERED.sub("#", _QUOTED.sub("'…'", first))[:_REASON_CHARS]


Read = Callable[[list[str]], Awaitable[list[Msg]]]
Closing = ReplayDeadLetterV1 | DiscardDeadLetterV1
Found = dict[str, Msg]
"""Letters that a command names, by subject."""


def letter_subject(service: str, handler: str, letter_id: str) -> str:
    """Where a dead letter stands."""
    return f"{service}.dead.{handler}.{subjects.token(letter_id)}"


def handlers(service: str, read: Read, known: Mapping[str, Handler]) -> list[Handler]:
    """The two handlers that every service has for its dead letters.

    ``read`` reads the last messages of subjects; ``known`` are the handlers that letters can go back to.
    """

    async def look(message: Closing) -> Found:
        found = await read([letter_subject(service, one.handler, one.letter_id) for one in _named(message)])
        return {(one.headers or {})["Nats-Subject"]: one for one in found}

    def replay(_: States, message: ReplayDeadLetterV1, now: datetime, found: Found) -> Decision:
        decision = HubDecision()
        for stored, letter in _opened(service, message, found, decision):
            if message.body is None:
                _replay(service, message, stored, letter, now, decision)
            elif wrong := _unreadable(known.get(letter.handler), letter, message):
                decision.events.append(_refused(message, letter.letter_id, "payload-invalid", wrong))
            else:
                _replay(service, message, stored, letter, now, decision)
        return _counted(service, decision)

    def discard(_: States, message: DiscardDeadLetterV1, now: datetime, found: Found) -> Decision:
        decision = HubDecision()
        for stored, letter in _opened(service, message, found, decision):
            _discard(service, message, stored, letter, now, decision)
        return _counted(service, decision)

    return [
        Handler("replay-dead-letter", service, ReplayDeadLetterV1, replay, prepare=look, remember=True),
        Handler("discard-dead-letter", service, DiscardDeadLetterV1, discard, prepare=look, remember=True),
    ]


def _counted(service: str, decision: HubDecision) -> Decision:
    closed = sum(1 for event in decision.events if not isinstance(event, CommandRefusedV1))
    decision.tell = partial(DEAD.labels(service).dec, closed)
    return decision


def _named(message: Closing) -> list[LetterName]:
    """The letters that a command names, each once."""
    first = LetterName(letter_id=message.letter_id, handler=message.handler, seq=message.seq)
    return list({(one.handler, one.letter_id): one for one in (first, *message.also)}.values())


def _opened(service: str, message: Closing, found: Found, decision: HubDecision) -> Iterator[tuple[Msg, Letter]]:
    """Those letters of a command that are open, its owner's, and did not die again since they were looked at."""
    for name in _named(message):
        stored = found.get(letter_subject(service, name.handler, name.letter_id))
        letter = read_letter(stored) if stored is not None else None
        if stored is None or letter is None or letter.owner not in {"", message.owner}:
            since = ""
        elif name.seq not in {0, letter.seq}:
            since = " as it was looked at"
        else:
            yield stored, letter
            continue
        detail = f"{service} has no open dead letter {name.letter_id} of handler {name.handler}{since}"
        decision.events.append(_refused(message, name.letter_id, "no-such-dead-letter", detail))


def _refused(message: Closing, letter_id: str, why: str, detail: str) -> CommandRefusedV1:
    return CommandRefusedV1(owner=message.owner, entity_id=letter_id, command=message.TYPE, reason=why, detail=detail)


def _unreadable(handler: Handler | None, letter: Letter, message: ReplayDeadLetterV1) -> str:
    """What is wrong with a mended payload; empty: its handler can read it."""
    assert message.body is not None
    if message.also:
        return "a mended payload is for one letter, not for several"
    if handler is None:
        return f"there is no handler {letter.handler} any more, which could take a mended payload"
    try:
        if issubclass(handler.contract, Contract):
            check(handler.contract.TYPE, letter.subject, message.body)
        else:
            handler.contract.decode(message.body.encode())
    except ValidationError as error:
        return explain(error)
    except (ValueError, LookupError) as error:
        return str(error)
    return ""


def check(type_: str, subject: str, body: str) -> None:
    """See that a payload is of the contract that its subject names.

    Raises:
        pydantic.ValidationError: it is not; the error names each field.
        LookupError: the contract is not known in this version.
    """
    version = int(subject.split(".")[3].removeprefix("v"))
    found = versions(type_).get(version)
    if found is None:
        msg = f"{type_} is not known in version {version}"
        raise LookupError(msg)
    found.decode(body)


def _replay(
    service: str, message: ReplayDeadLetterV1, stored: Msg, letter: Letter, now: datetime, decision: HubDecision
) -> None:
    """The message back to its handler, a tombstone over the letter, the audit entry: all of it or none."""
    edited = message.body is not None and message.body.encode() != stored.data
    body = stored.data if message.body is None else message.body.encode()
    headers = letter.headers | {KEY_HEADER: letter.letter_id, SUBJECT_HEADER: letter.subject}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    decision.events.append(
        DeadLetterReplayedV1(
            owner=message.owner,
            letter_id=letter.letter_id,
            handler=letter.handler,
            edited=edited,
            requested_by=message.requested_by,
            note=message.note,
            replayed_at=now,
            mended=tuple(changes(stored.data, body)) if edited else (),
            original=_kept(stored.data) if edited else "",
        )
    )
    decision.messages.append(Message(f"{service}.retry.{letter.handler}.{letter.partition}", body, lines))
    _close(service, letter, decision)


def _discard(
    service: str, message: DiscardDeadLetterV1, stored: Msg, letter: Letter, now: datetime, decision: HubDecision
) -> None:
    """A tombstone over the letter, and the audit entry, which keeps it."""
    decision.events.append(
        DeadLetterDiscardedV1(
            owner=message.owner,
            letter_id=letter.letter_id,
            handler=letter.handler,
            requested_by=message.requested_by,
            note=message.note,
            discarded_at=now,
            subject=letter.subject,
            error=letter.error,
            detail=letter.detail,
            original=_kept(stored.data),
        )
    )
    _close(service, letter, decision)


def _kept(body: bytes) -> str:
    """Bytes as the audit entry keeps them; the same bytes make the same text."""
    return b64encode(gzip.compress(body, mtime=0)).decode()


def _close(service: str, letter: Letter, decision: HubDecision) -> None:
    """Put a tombstone over a letter, if it is still the one that was read."""
    subject = letter_subject(service, letter.handler, letter.letter_id)
    decision.messages.append(Message(subject, b"", expected=letter.seq, rollup=True))
