"""Dead letters: replayed or discarded by an operator's command, as one commit with its audit entry.

What is thrown away or mended stays, as it was, in that entry.
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
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


ReadRaw = Callable[[str], Awaitable[Msg | None]]
Closing = ReplayDeadLetterV1 | DiscardDeadLetterV1


class _ClosedError(LookupError):
    """The letter that a command names is not open."""


def letter_subject(service: str, handler: str, letter_id: str) -> str:
    """Where a dead letter stands."""
    return f"{service}.dead.{handler}.{subjects.token(letter_id)}"


def handlers(service: str, read_raw: ReadRaw, known: Mapping[str, Handler]) -> list[Handler]:
    """The two handlers that every service has for its dead letters.

    ``read_raw`` reads a subject's last message; ``known`` are the handlers that letters can go back to.
    """

    async def read(message: Closing) -> Msg | None:
        return await read_raw(letter_subject(service, message.handler, message.letter_id))

    def replay(_: States, message: ReplayDeadLetterV1, now: datetime, found: Msg | None) -> Decision:
        try:
            stored, letter = _opened(message, found)
        except _ClosedError:
            return _missing(service, message)
        if message.body is not None and (wrong := _unreadable(known.get(letter.handler), letter, message.body)):
            return _refused(message, "payload-invalid", wrong)
        return _replayed(service, message, stored, letter, now)

    def discard(_: States, message: DiscardDeadLetterV1, now: datetime, found: Msg | None) -> Decision:
        try:
            stored, letter = _opened(message, found)
        except _ClosedError:
            return _missing(service, message)
        event = DeadLetterDiscardedV1(
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
        return HubDecision(tell=DEAD.labels(service).dec, events=[event], messages=[_tombstone(service, letter)])

    return [
        Handler("replay-dead-letter", service, ReplayDeadLetterV1, replay, prepare=read, remember=True, together=True),
        Handler(
            "discard-dead-letter", service, DiscardDeadLetterV1, discard, prepare=read, remember=True, together=True
        ),
    ]


def _opened(message: Closing, found: Msg | None) -> tuple[Msg, Letter]:
    """The letter that a command names.

    Raises:
        _ClosedError: it is not open, is somebody else's, or died again since it was looked at.
    """
    letter = read_letter(found) if found is not None else None
    if found is None or letter is None or letter.owner not in {"", message.owner}:
        raise _ClosedError
    if message.seq not in {0, letter.seq}:
        raise _ClosedError
    return found, letter


def _missing(service: str, message: Closing) -> Decision:
    since = " as it was looked at" if message.seq else ""
    return _refused(
        message,
        "no-such-dead-letter",
        f"{service} has no open dead letter {message.letter_id} of handler {message.handler}{since}",
    )


def _refused(message: Closing, why: str, detail: str) -> Decision:
    refusal = CommandRefusedV1(
        owner=message.owner, entity_id=message.letter_id, command=message.TYPE, reason=why, detail=detail
    )
    return Decision(events=[refusal])


def _unreadable(handler: Handler | None, letter: Letter, body: str) -> str:
    """What is wrong with a mended payload; empty: its handler can read it."""
    if handler is None:
        return f"there is no handler {letter.handler} any more, which could take a mended payload"
    try:
        if issubclass(handler.contract, Contract):
            check(handler.contract.TYPE, letter.subject, body)
        else:
            handler.contract.decode(body.encode())
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


def _replayed(service: str, message: ReplayDeadLetterV1, stored: Msg, letter: Letter, now: datetime) -> Decision:
    """The message back to its handler, a tombstone over the letter, the audit entry: all of it or none."""
    edited = message.body is not None and message.body.encode() != stored.data
    body = stored.data if message.body is None else message.body.encode()
    headers = letter.headers | {KEY_HEADER: letter.letter_id, SUBJECT_HEADER: letter.subject}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    event = DeadLetterReplayedV1(
        owner=message.owner,
        letter_id=letter.letter_id,
        handler=letter.handler,
        edited=edited,
        requested_by=message.requested_by,
        note=message.note,
        replayed_at=now,
        changes=tuple(changes(stored.data, body)) if edited else (),
        original=_kept(stored.data) if edited else "",
    )
    again = Message(f"{service}.retry.{letter.handler}.{letter.partition}", body, lines)
    return HubDecision(tell=DEAD.labels(service).dec, events=[event], messages=[again, _tombstone(service, letter)])


def _kept(body: bytes) -> str:
    """Bytes as the audit entry keeps them; the same bytes make the same text."""
    return b64encode(gzip.compress(body, mtime=0)).decode()


def _tombstone(service: str, letter: Letter) -> Message:
    """Closes a letter, if it is still the one that was read."""
    return Message(letter_subject(service, letter.handler, letter.letter_id), b"", expected=letter.seq, rollup=True)
