"""Dead letters closed: replayed or discarded by an operator's command, as one commit with its audit entry.

What is thrown away or mended stays, as it was, in that entry.
"""

import gzip
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from functools import partial

from nats.aio.msg import Msg
from pydantic import ValidationError

from crossdock_contracts.base import Contract, explain
from crossdock_contracts.operations import (
    CommandRefusedV1,
    DeadLetterDiscardedV1,
    DeadLetterReplayedV1,
    DiscardDeadLetterV1,
    LetterName,
    ReplayDeadLetterV1,
)
from services.hub.commit import Message
from services.hub.decision import Decision, States
from services.hub.edits import changes
from services.hub.inputs import KEY_HEADER, SUBJECT_HEADER, Handler
from services.hub.letters import Stored, check, letter_subject, read_letter
from services.hub.metrics import DEAD
from services.hub.plan import HubDecision

Read = Callable[[list[str]], Awaitable[list[Msg]]]
Closing = ReplayDeadLetterV1 | DiscardDeadLetterV1
Found = dict[str, Stored]
"""Open letters that a command names, by subject."""


def handlers(service: str, read: Read, known: Mapping[str, Handler]) -> list[Handler]:
    """The two handlers that every service has for its dead letters.

    ``read`` reads the last messages of subjects; ``known`` are the handlers that letters can go back to.
    """

    async def look(message: Closing) -> Found:
        found = await read([letter_subject(service, one.handler, one.letter_id) for one in _named(message)])
        open_ones = [letter for one in found if (letter := read_letter(one)) is not None]
        return {letter.stands_at: letter for letter in open_ones}

    def replay(_: States, message: ReplayDeadLetterV1, now: datetime, found: Found) -> Decision:
        decision = HubDecision()
        for letter in _opened(service, message, found, decision):
            if message.body is None:
                _replay(service, message, letter, now, decision)
            elif wrong := _unreadable(known.get(letter.handler), letter, message):
                decision.events.append(_refused(message, letter.letter_id, "payload-invalid", wrong))
            else:
                _replay(service, message, letter, now, decision)
        return _counted(service, decision)

    def discard(_: States, message: DiscardDeadLetterV1, now: datetime, found: Found) -> Decision:
        decision = HubDecision()
        for letter in _opened(service, message, found, decision):
            _discard(message, letter, now, decision)
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


def _opened(service: str, message: Closing, found: Found, decision: HubDecision) -> Iterator[Stored]:
    """Those letters of a command that are open, its owner's, and did not die again since they were looked at."""
    for name in _named(message):
        letter = found.get(letter_subject(service, name.handler, name.letter_id))
        if letter is None or letter.owner not in {"", message.owner}:
            since = ""
        elif name.seq not in {0, letter.seq}:
            since = " as it was looked at"
        else:
            yield letter
            continue
        detail = f"{service} has no open dead letter {name.letter_id} of handler {name.handler}{since}"
        decision.events.append(_refused(message, name.letter_id, "no-such-dead-letter", detail))


def _refused(message: Closing, letter_id: str, why: str, detail: str) -> CommandRefusedV1:
    return CommandRefusedV1(owner=message.owner, entity_id=letter_id, command=message.TYPE, reason=why, detail=detail)


def _unreadable(handler: Handler | None, letter: Stored, message: ReplayDeadLetterV1) -> str:
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


def _replay(service: str, message: ReplayDeadLetterV1, letter: Stored, now: datetime, decision: HubDecision) -> None:
    """The message back to its handler, a tombstone over the letter, the audit entry: all of it or none."""
    edited = message.body is not None and message.body.encode() != letter.body
    body = letter.body if message.body is None else message.body.encode()
    headers = letter.original | {KEY_HEADER: letter.letter_id, SUBJECT_HEADER: letter.subject}
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
            mended=tuple(changes(letter.body, body)) if edited else (),
            original=_kept(letter.body) if edited else "",
        )
    )
    decision.messages.append(Message(f"{service}.retry.{letter.handler}.{letter.partition}", body, lines))
    _close(letter, decision)


def _discard(message: DiscardDeadLetterV1, letter: Stored, now: datetime, decision: HubDecision) -> None:
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
            error=letter.fact("error"),
            detail=letter.fact("detail"),
            original=_kept(letter.body),
        )
    )
    _close(letter, decision)


def _kept(body: bytes) -> str:
    """Bytes as the audit entry keeps them; the same bytes make the same text."""
    return b64encode(gzip.compress(body, mtime=0)).decode()


def _close(letter: Stored, decision: HubDecision) -> None:
    """Put a tombstone over a letter, if it is still the one that was read."""
    decision.messages.append(Message(letter.stands_at, b"", expected=letter.seq, rollup=True))
