"""Replicas of a service that share its partitions tell each other that they are there.

Plain messages, not stored: they only decide how many partitions each should hold. Who holds one is decided by its lease
alone, so a wrong idea of who is there costs balance, never safety.
"""

import asyncio
import time
from contextlib import suppress
from uuid import uuid4

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

_MISSED = 2.5
"""A replica that has been silent for so many of its intervals is taken to be gone."""


class Presence:
    """One replica's idea of how many there are."""

    def __init__(self, service: str, partitions: int, every_s: float) -> None:
        self._subject = f"crossdock.presence.{service}"
        self._partitions = partitions
        self._every_s = every_s
        self._name = uuid4().hex
        self._seen: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def share(self) -> int:
        """Partitions that one replica should hold."""
        if self._partitions == 1:
            return 1
        now = time.monotonic()
        others = sum(1 for at in self._seen.values() if now - at < self._every_s * _MISSED)
        return -(-self._partitions // (others + 1))

    async def start(self, client: Client) -> None:
        """Begin to listen, and to say that this replica is there; with one partition there is nothing to share."""
        if self._partitions > 1:
            await client.subscribe(self._subject, cb=self._hear)
            self._task = asyncio.create_task(self._say(client))

    async def _hear(self, message: Msg) -> None:
        said = orjson.loads(message.data)
        if said["name"] != self._name:
            if said.get("gone"):
                self._seen.pop(said["name"], None)
            else:
                self._seen[said["name"]] = time.monotonic()

    async def _say(self, client: Client) -> None:
        while True:
            with suppress(NatsError):  # while there is no server, nobody listens either
                await client.publish(self._subject, orjson.dumps({"name": self._name}))
            await asyncio.sleep(self._every_s)

    async def stop(self, client: Client) -> None:
        """Say that this replica goes."""
        if self._task is not None:
            self._task.cancel()
            await client.publish(self._subject, orjson.dumps({"name": self._name, "gone": True}))
