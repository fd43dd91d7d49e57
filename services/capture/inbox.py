"""What channels hand over, kept as it came: in capture's inbox, as its edge and polls write to it, or beside it."""

from collections import defaultdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson

from crossdock_contracts.base import Command
from crossdock_contracts.capture import IngestV1
from services.capture.channels.api import Api, Order
from services.capture.rules import Channel
from services.hub.decision import changed
from services.hub.effects import TransientError
from services.hub.inbox import Inbox as HubInbox
from services.hub.inbox import InboxError
from services.hub.service import Service

__all__ = ["ORIGINALS", "HandedIn", "Inbox", "InboxError", "Keeping"]

ORIGINALS = "originals"
_INLINE_BYTES = 256 * 1024
"""Larger payloads, and those that are no text, go to the object store, and the message names them."""
_REMEMBERED = 40_000
"""So much is known of a channel: of each copy what it says, and how it is listed."""


class Keeping:
    """An API whose orders are kept as they were shown: those too large for a message in the object store."""

    def __init__(self, api: Api, owner: str, hub: Service) -> None:
        self.name = api.name
        self.batch = api.batch
        self.look_up = api.look_up
        self.close = api.close
        self._api = api
        self._owner = owner
        self._hub = hub

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Ask or tell, as the API does.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        answer = await self._api.call(operation, key, request)
        if not isinstance(answer, Order) or len(answer.body) <= _INLINE_BYTES:
            return answer
        original = f"{self._owner}/{self.name}/{sha256(answer.body).hexdigest()}"
        await self._hub.put_object(ORIGINALS, original, answer.body)
        return changed(answer, original=original)


class HandedIn:
    """Copies of orders that lie in the inbox, whether they were pushed or polled: the newest of each channel.

    A copy is known by what it says: how its JSON is spaced, and in which order its fields stand, makes no other of it.
    """

    def __init__(self) -> None:
        self._known: defaultdict[str, dict[bytes, None]] = defaultdict(dict)

    def knows(self, channel: str, body: bytes) -> bool:
        """Whether the same was handed in before."""
        known, listed = self._known[channel], sha256(body).digest()
        if listed in known:
            return True
        if _gist(body) not in known:
            return False
        self._note(channel, listed)  # it is listed again as it is, and then not read for it
        return True

    def note(self, channel: str, body: bytes) -> None:
        """It lies in the inbox."""
        self._note(channel, _gist(body))

    def _note(self, channel: str, digest: bytes) -> None:
        known = self._known[channel]
        known[digest] = None
        if len(known) > _REMEMBERED:
            del known[next(iter(known))]


def _gist(body: bytes) -> bytes:
    """Stands for what a payload says; of one that is no JSON, for its bytes."""
    try:
        said = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError):
        said = body
    return sha256(said).digest()


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
        text = _text(body) if len(body) <= _INLINE_BYTES else None
        original = ""
        if text is None:
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
            body=text or "",
            received_at=datetime.now(UTC),
            content_type=content_type,
            source=source,
        )
        return await self.put(command, identity)


def _text(body: bytes) -> str | None:
    """A payload as text; none where it is none."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
