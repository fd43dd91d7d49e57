"""One file for each way in which orders are handed in. All read the same things out of what they are handed.

A file holds the API's payloads as pydantic models, which tolerate what they do not know, and how they become an order
of the hub. What it pushes is checked for its signature before anybody reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import ClassVar, Protocol, cast, runtime_checkable

from crossdock_contracts.handed_in import OrderInput


class UnmappableError(ValueError):
    """A payload that cannot become an order; the text names the JSON path and the reason."""


class PassedOverError(UnmappableError):
    """What a channel hands in is plainly nothing to work on: it is told as ignored, and is no dead letter."""

    reason: ClassVar[str]


class NotYetError(PassedOverError):
    """An order that its channel has not done with: not paid, a draft, held there. A newer copy comes once it is."""

    reason = "not-yet"


class NoOrderError(PassedOverError):
    """What nobody has ordered anything with, and never will: a test, a draft by itself, a return by itself."""

    reason = "no-order"


class SignatureError(Exception):
    """A webhook that its channel has not signed, or not lately; the text says what is wrong with it."""


class Topic(StrEnum):
    """What a webhook brings."""

    ORDER = "order"
    """An order as it is now, whole."""
    POINTER = "pointer"
    """Only the id of an order that is new or changed: it has to be fetched."""
    OTHER = "other"
    """Nothing that the hub acts upon."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it came."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    url: str = ""
    """The public address that it was sent to; some channels sign it too."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a webhook is about."""

    topic: Topic
    order_id: str = ""
    """The channel's own id."""
    delivery_id: str = ""
    """The channel's own id of this delivery, the same when it is sent again; empty where it gives none."""
    body: bytes = b""
    """The order, as `Format.read` takes it."""


class Format(Protocol):
    """How the payloads of one kind of channel are read."""

    name: str

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload, read at the edge.

        Raises:
            UnmappableError: there is none.
        """

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            UnmappableError: it is not one.
        """

    def split(self, body: bytes) -> list[bytes]:
        """The orders in an answer of the API, which may list many, each as `read` takes it.

        Raises:
            UnmappableError: it holds no orders.
        """


@runtime_checkable
class Hooks(Protocol):
    """A kind of channel that pushes."""

    def check(self, hook: Hook, secrets: Sequence[str], now: datetime) -> None:
        """See to it that the channel sent this: signed, over the bytes as they came, with one of these secrets.

        Raises:
            SignatureError: it did not, or the signature is older than the channel's replay window.
        """

    def heard(self, hook: Hook) -> Heard:
        """What a webhook is about.

        Raises:
            UnmappableError: that cannot be told.
        """


@runtime_checkable
class Challenged(Protocol):
    """A kind of channel that asks by GET whether an address is ours, before it pushes anything there."""

    def answer(self, query: Mapping[str, str], tokens: Sequence[str], url: str) -> Mapping[str, str] | None:
        """What the channel wants to read, as JSON; none where it has asked nothing.

        ``tokens`` are what was agreed upon with the channel, the newest first; ``url`` is the address as it knows it.

        Raises:
            SignatureError: it cannot be answered without a token.
        """


def hooks_of(format_: Format) -> Hooks | None:
    """How the webhooks of a format are read; none where they are not signed, but come with the hub's own token."""
    return cast("Hooks", format_) if _pushes(type(format_)) else None


@cache
def _pushes(kind: type[Format]) -> bool:
    """Whether a format has `Hooks`: to look through its members for that costs more than to check a signature."""
    return issubclass(kind, Hooks)
