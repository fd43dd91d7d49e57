"""Capture's inbox: orders go there as they came."""

from datetime import UTC, datetime
from uuid import uuid4

from crossdock_contracts.base import Command
from crossdock_contracts.capture import IngestV1
from services.capture.rules import Channel
from services.hub.effects import TransientError
from services.hub.inbox import Inbox as HubInbox
from services.hub.inbox import InboxError

__all__ = ["ORIGINALS", "Inbox", "InboxError"]

ORIGINALS = "originals"
_INLINE_BYTES = 256 * 1024
"""Larger payloads, and those that are no text, go to the object store, and the message names them."""


class Inbox(HubInbox):
    """Stores orders, and other commands."""

    async def put(self, command: Command, identity: str = "") -> dict[str, object]:
        """Store a command; what it is about, its message id, and its sequence.

        Raises:
            InboxError: it was not stored.
        """
        return {"order_id": command.entity, **await super().put(command, identity)}

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


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
