"""A service's inbox, as the hub's own edges and polls write to it: what is stored there is on disk."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson

from crossdock_contracts import subjects
from crossdock_contracts.base import Command
from crossdock_contracts.envelope import Envelope
from services.hub.runtime import Runtime
from services.hub.settings import Settings
from services.hub.wire import DisconnectedError, status

_TIMEOUT_S = 5.0
_NO_ANSWER = "the message server did not answer"


class InboxError(Exception):
    """Nothing was stored, as far as is known; the text says why."""


class Inbox:
    """Stores commands, each in the inbox of the service that it is for."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        self._runtime = runtime
        self._settings = settings

    async def put(self, command: Command, identity: str = "") -> dict[str, object]:
        """Store a command; its message id, and its sequence. Where it has no id of its own it gets one.

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
        except DisconnectedError:
            raise InboxError(_NO_ANSWER) from None
        content = {} if status(answer) else orjson.loads(answer.data)
        if "seq" not in content:
            raise InboxError(str(content.get("error", "the message server has no inbox for it yet")))
        return {"message_id": identity, "sequence": int(content["seq"])}
