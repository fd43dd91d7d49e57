"""CloudEvents 1.0 in binary mode: what stands in the headers of every message.

Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import Self
from urllib.parse import quote, unquote
from uuid import UUID

from pydantic import ValidationError

from crossdock_contracts.base import Contract, Id, Utc, Value

NAMESPACE = UUID("6f0f8f0e-6f0b-5c1e-9d8a-3b0a7a1c5d42")
"""Namespace of event ids."""
_NAMESPACE_BYTES = NAMESPACE.bytes

VERSIONS_HEADER = "crossdock-versions"
"""All major versions in which this same message was published, comma-separated; absent where there is only one."""

OURS = "/crossdock/"
"""What the source of every message that the hub itself sends begins with."""

_SAFE = "/:@!$&'()*+,;=-._~ "


class EnvelopeError(ValueError):
    """The headers do not hold a CloudEvents envelope."""


def event_id(cause: str, type_: str, entity: str) -> str:
    """Id of the event of this type about this entity that this message caused: a UUID of version 5 (RFC 9562).

    Deterministic, and without the version, so that a decision that is taken twice names its events alike.
    """
    digest = sha1(_NAMESPACE_BYTES + f"{cause}\n{type_}\n{entity}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def header(text: str) -> str:
    """Text as a header value: characters that a header cannot carry are percent-encoded."""
    if text.isascii() and text.isprintable() and "%" not in text and text == text.strip():
        return text
    return quote(text, safe=_SAFE if text == text.strip() else _SAFE.rstrip())


@lru_cache(maxsize=64)
def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, for instance ``2026-02-03T04:05:06.000007Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class Envelope(Value):
    """Who said what about which entity, when, and because of which message."""

    id: Id
    type: Id
    """Subject prefix with version, for instance ``capture.evt.order-captured.v1``."""
    source: Id
    subject: str
    """``owner/entity``."""
    time: Utc
    correlation_id: str
    """``owner/order`` that the message belongs to, or its own subject."""
    causation_id: str = ""
    """Id of the message that caused this one; empty for what came from outside."""
    traceparent: str = ""
    """W3C trace context."""

    @classmethod
    def of(cls, contract: Contract, *, message_id: str, time: datetime, cause: str = "", correlation: str = "") -> Self:
        """The envelope of a message that is about to be published."""
        subject = f"{contract.owner}/{contract.entity}"
        return cls(
            id=message_id,
            type=f"{contract.TYPE}.v{contract.VERSION}",
            source=f"/crossdock/{contract.SERVICE}",
            subject=subject,
            time=time,
            correlation_id=correlation or subject,
            causation_id=cause,
        )

    def to_headers(self) -> dict[str, str]:
        """The headers to publish with."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": header(self.id),
            "ce-type": self.type,
            "ce-source": header(self.source),
            "ce-subject": header(self.subject),
            "ce-time": timestamp(self.time),
            "ce-dataschema": f"urn:crossdock:{self.type}",
            "ce-correlationid": header(self.correlation_id),
            "content-type": "application/json",
        }
        if self.causation_id:
            headers["ce-causationid"] = header(self.causation_id)
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers

    @classmethod
    def from_headers(cls, headers: Mapping[str, str] | None) -> Self:
        """Read the envelope of a message.

        Raises:
            EnvelopeError: a required attribute is missing or malformed; the text names it.
        """
        found = {name.lower(): unquote(value) for name, value in (headers or {}).items()}
        try:
            return cls(
                id=found.get("ce-id", ""),
                type=found.get("ce-type", ""),
                source=found.get("ce-source", ""),
                subject=found.get("ce-subject", ""),
                time=found.get("ce-time", ""),
                correlation_id=found.get("ce-correlationid", ""),
                causation_id=found.get("ce-causationid", ""),
                traceparent=found.get("traceparent", ""),
            )
        except ValidationError as error:
            wrong = ", ".join(f"ce-{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
            msg = f"not a CloudEvents envelope: {wrong}"
            raise EnvelopeError(msg) from None
