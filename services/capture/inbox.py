"""Capture's inbox, as its own edge and polls write to it: what is stored there is on disk."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson

from crossdock_contracts import subjects
from crossdock_contracts.base import Command
from crossdock_contracts.capture import IngestV1
from crossdock_contracts.envelope import Envelope
from services.capture.rules import Channel
from services.hub.effects import TransientError
from services.hub.runtime import Runtime
from services.hub.settings import Settings
from services.hub.wire import DisconnectedError, status

ORIGINALS = "originals"
_INLINE_BYTES = 256 * 1024
"""Larger payloads, and those that are no text, go to the object store, and the message names them."""
_TIMEOUT_S = 5.0
_NO_ANSWER = "the message server did not answer"


class InboxError(Exception):
    """Nothing was stored, as far as is known; the text says why."""


class Inbox:
    """Stores commands to capture."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        self._runtime = runtime
        self._settings = settings

    async def ingest(
        self, channel: Channel, order_id: str, body: bytes, source: str, content_type: str
    ) -> dict[str, object]:
        """Store an order as it came; what it was stored as.

        Raises:
            InboxError: it was not stored.
        """
        identity = uuid4().hex
        original = ""
        if len(body) > _INLINE_BYTES or not _is_text(body):
            original = f"{channel.config.owner}/{channel.name}/{identity}"
            try:
                await self._runtime.service.put_object(ORIGINALS, original, body)
            except TransientError as error:
                raise InboxError(str(error)) from None
        command = IngestV1(
            owner=channel.config.owner,
            channel=channel.name,
            order_id=order_id,
            original=original,
            body="" if original else body.decode(),
            received_at=datetime.now(UTC),
            content_type=content_type,
            source=source,
        )
        return await self.put(command, identity)

    async def put(self, command: Command, identity: str = "") -> dict[str, object]:
        """Store a command; what it is about, its message id, and its sequence.

        Raises:
            InboxError: it was not stored.
        """
        identity = identity or uuid4().hex
        envelope = Envelope.of(command, message_id=identity, time=datetime.now(UTC))
        headers = "".join(f"{name}: {value}\r\n" for name, value in envelope.to_headers().items())
        subject = subjects.message(
            command.TYPE,
            command.VERSION,
            partition=subjects.partition(command.owner, command.entity, self._settings.partitions),
            pool=subjects.pool(command.owner, self._settings.pools),
        )
        try:
            answer = await self._runtime.calls.one(
                [], subject.encode(), headers.encode(), command.encode(), timeout_s=_TIMEOUT_S
            )
        except (DisconnectedError, AssertionError):
            raise InboxError(_NO_ANSWER) from None
        content = {} if status(answer) else orjson.loads(answer.data)
        if "seq" not in content:
            raise InboxError(str(content.get("error", "the message server has no inbox for it yet")))
        return {"order_id": command.entity, "message_id": identity, "sequence": int(content["seq"])}


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
