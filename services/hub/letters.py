"""Dead letters: replayed or discarded by an operator's command, as one commit with its audit entry."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import unquote

import orjson
from nats.aio.msg import Msg
from pydantic import BaseModel

from crossdock_contracts import subjects
from crossdock_contracts.operations import (
    DeadLetterDiscardedV1,
    DeadLetterReplayedV1,
    DiscardDeadLetterV1,
    ReplayDeadLetterV1,
)
from services.hub.commit import Message
from services.hub.decision import Decision, States
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
    )


ReadRaw = Callable[[str], Awaitable[Msg | None]]


def letter_subject(service: str, handler: str, letter_id: str) -> str:
    """Where a dead letter stands."""
    return f"{service}.dead.{handler}.{subjects.token(letter_id)}"


def handlers(service: str, read_raw: ReadRaw) -> list[Handler]:
    """The two handlers that every service has for its dead letters; ``read_raw`` reads a subject's last message."""

    async def read(message: ReplayDeadLetterV1 | DiscardDeadLetterV1) -> Msg | None:
        return await read_raw(letter_subject(service, message.handler, message.letter_id))

    def missing(message: ReplayDeadLetterV1 | DiscardDeadLetterV1) -> Decision:
        detail = f"{service} has no open dead letter {message.letter_id} of handler {message.handler}"
        return Decision.refused(message, "no-such-dead-letter", detail)

    def opened(message: ReplayDeadLetterV1 | DiscardDeadLetterV1, found: Msg | None) -> Letter | None:
        letter = read_letter(found) if found is not None else None
        return letter if letter is not None and letter.owner in {"", message.owner} else None

    def replay(_: States, message: ReplayDeadLetterV1, now: datetime, found: Msg | None) -> Decision:
        letter = opened(message, found)
        if found is None or letter is None:
            return missing(message)
        body = found.data if message.body is None else message.body.encode()
        headers = letter.headers | {KEY_HEADER: letter.letter_id, SUBJECT_HEADER: letter.subject}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        return HubDecision(
            tell=DEAD.labels(service).dec,
            events=[
                DeadLetterReplayedV1(
                    owner=message.owner,
                    letter_id=letter.letter_id,
                    handler=letter.handler,
                    edited=message.body is not None,
                    requested_by=message.requested_by,
                    note=message.note,
                    replayed_at=now,
                )
            ],
            messages=[
                Message(f"{service}.retry.{letter.handler}.{letter.partition}", body, lines),
                _tombstone(service, letter),
            ],
        )

    def discard(_: States, message: DiscardDeadLetterV1, now: datetime, found: Msg | None) -> Decision:
        letter = opened(message, found)
        if letter is None:
            return missing(message)
        return HubDecision(
            tell=DEAD.labels(service).dec,
            events=[
                DeadLetterDiscardedV1(
                    owner=message.owner,
                    letter_id=letter.letter_id,
                    handler=letter.handler,
                    requested_by=message.requested_by,
                    note=message.note,
                    discarded_at=now,
                )
            ],
            messages=[_tombstone(service, letter)],
        )

    return [
        Handler("replay-dead-letter", service, ReplayDeadLetterV1, replay, prepare=read, remember=True),
        Handler("discard-dead-letter", service, DiscardDeadLetterV1, discard, prepare=read, remember=True),
    ]


def _tombstone(service: str, letter: Letter) -> Message:
    """Closes a letter, if it is still the one that was read."""
    return Message(letter_subject(service, letter.handler, letter.letter_id), b"", expected=letter.seq, rollup=True)
