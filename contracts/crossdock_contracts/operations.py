"""What every service takes and says about its own running: dead letters, refused commands.

The type names ``hub``; on the wire the service stands in its place: ``inventory.cmd.replay-dead-letter.v1``.
"""

from typing import Annotated

from pydantic import Field

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code


class LetterName(Value):
    """One dead letter."""

    letter_id: Id
    handler: Id
    seq: int = 0
    """Of the letter that was looked at: one that died again since is not touched. 0: whichever is open."""


class ReplayDeadLetterV1(Command, service="hub", name="replay-dead-letter", version=1, entity="letter_id"):
    """Hand a dead letter to its handler once more."""

    letter_id: Id
    handler: Id
    body: str | None = None
    """A mended payload to hand over in place of the original; none: the original, byte for byte."""
    requested_by: str = ""
    note: str = ""
    seq: int = 0
    """Of the letter that was looked at: one that died again since is not touched. 0: whichever is open."""
    also: Annotated[tuple[LetterName, ...], Field(max_length=100)] = ()
    """More letters of the same owner, at most a hundred, that are replayed with it, as they are."""


class DiscardDeadLetterV1(Command, service="hub", name="discard-dead-letter", version=1, entity="letter_id"):
    """Close a dead letter without handling it."""

    letter_id: Id
    handler: Id
    requested_by: str = ""
    note: str
    seq: int = 0
    """Of the letter that was looked at: one that died again since is not touched. 0: whichever is open."""
    also: Annotated[tuple[LetterName, ...], Field(max_length=100)] = ()
    """More letters of the same owner, at most a hundred, that are closed with it."""


class PayloadChange(Value):
    """One place of a payload that was mended."""

    path: str
    """Such as ``$.body.lines[0].sku``; a string that holds JSON is gone into."""
    before: str
    """What stood there, as JSON, the beginning where it is long; empty: nothing."""
    after: str


class MessageDeadLetteredV1(Event, service="hub", name="message-dead-lettered", version=1, entity="letter_id"):
    """A message could not be processed and waits for an operator."""

    letter_id: Id
    handler: Id
    subject: str
    error: str
    """Class of the error."""
    detail: str
    attempts: int
    died_at: Utc


class DeadLetterReplayedV1(Event, service="hub", name="dead-letter-replayed", version=1, entity="letter_id"):
    """A dead letter went back to its handler: the audit entry."""

    letter_id: Id
    handler: Id
    edited: bool
    requested_by: str
    note: str
    replayed_at: Utc
    mended: tuple[PayloadChange, ...] = ()
    """What was mended, the first hundred places."""
    original: str = ""
    """Where it was mended: the payload as it had died, byte for byte, gzipped and in base 64."""


class DeadLetterDiscardedV1(Event, service="hub", name="dead-letter-discarded", version=1, entity="letter_id"):
    """A dead letter was closed unhandled: the audit entry."""

    letter_id: Id
    handler: Id
    requested_by: str
    note: str
    discarded_at: Utc
    subject: str = ""
    """On which the message stood."""
    error: str = ""
    detail: str = ""
    original: str = ""
    """The payload, byte for byte, gzipped and in base 64."""


class CommandRefusedV1(Event, service="hub", name="command-refused", version=1, entity="entity_id"):
    """A command was understood and not carried out."""

    entity_id: Id
    command: str
    """Type of the command."""
    reason: Code
    detail: str
