"""A dead letter as it stands in its service's stream: the payload byte for byte, in the headers all that is known."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

import orjson
from nats.aio.msg import Msg
from pydantic import BaseModel

from crossdock_contracts import subjects
from crossdock_contracts.registry import versions
from services.hub.inputs import KEY_HEADER, SUBJECT_HEADER


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


BULKY = {"body", "headers", "traceback"}
"""What a letter in brief leaves out."""


class Stored:
    """A dead letter where it stands, read only as far as it is asked for: by the thousand that is most of the work."""

    __slots__ = ("_headers", "body", "original")

    def __init__(self, message: Msg) -> None:
        self._headers: Mapping[str, str] = message.headers or {}
        self.body = message.data
        self.original: dict[str, str] = orjson.loads(self.fact("headers"))
        """The headers of the message that died."""

    def fact(self, name: str) -> str:
        """One of those that the hub noted as the message died."""
        return unquote(self._headers.get(f"crossdock-dead-{name}", ""))

    @property
    def letter_id(self) -> str:
        """Where its message first came: stream and sequence."""
        return str(self._headers.get(KEY_HEADER))

    @property
    def stands_at(self) -> str:
        """The subject that it stands at itself."""
        return str(self._headers.get("Nats-Subject"))

    @property
    def handler(self) -> str:
        """The handler that failed."""
        return self.stands_at.split(".")[2]

    @property
    def subject(self) -> str:
        """On which its message first came."""
        return str(self._headers.get(SUBJECT_HEADER))

    @property
    def order(self) -> str:
        """``owner/order`` that it belongs to."""
        return unquote(self.original.get("ce-correlationid", ""))

    @property
    def owner(self) -> str:
        """Whose message it was; empty where it did not say."""
        return self.order.partition("/")[0]

    @property
    def partition(self) -> int:
        """In which it died."""
        return int(self.fact("partition"))

    @property
    def seq(self) -> int:
        """At which it stands."""
        return int(self._headers.get("Nats-Sequence", "0"))

    def shown(self, *, brief: bool = False) -> Letter:
        """All of it as operators see it; in brief without payload, headers and traceback."""
        detail = self.fact("detail")
        return Letter(
            letter_id=self.letter_id,
            handler=self.handler,
            subject=self.subject,
            error=self.fact("error"),
            detail=detail,
            traceback="" if brief else self.fact("traceback"),
            attempts=int(self.fact("attempts")),
            died_at=self.fact("at"),
            headers={} if brief else self.original,
            body="" if brief else self.body.decode("utf-8", "backslashreplace"),
            order=self.order,
            partition=self.partition,
            seq=self.seq,
            size=len(self.body),
            reason=reason(detail),
        )


def read_letter(message: Msg) -> Stored | None:
    """The dead letter that stands in a message; none where it was closed."""
    return Stored(message) if (message.headers or {}).get("crossdock-dead-error") is not None else None


_INDEX = re.compile(r"\[\d+\]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBERED = re.compile(r"(?<![\w$.\[\]])[\w.:/@-]*\d[\w.:/@-]*")
_REASON_CHARS = 160


def reason(detail: str) -> str:
    """What all letters that died of the same have in common: what was said, without numbers, ids and values."""
    first = _INDEX.sub("[#]", detail.strip().partition("\n")[0])
    return _NUMBERED.sub("#", _QUOTED.sub("'…'", first))[:_REASON_CHARS]


def letter_subject(service: str, handler: str, letter_id: str) -> str:
    """Where a dead letter stands."""
    return f"{service}.dead.{handler}.{subjects.token(letter_id)}"


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
