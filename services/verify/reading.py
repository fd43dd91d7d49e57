"""Reads whole streams, with their archive, in order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.hub.archive import BUCKET, read_archive
from services.hub.objects import ObjectStore
from services.hub.wire import Calls, Disconnected

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a stream."""

    stream: str
    seq: int
    subject: str
    headers: Any
    body: bytes


class Streams:
    """The streams of one hub."""

    def __init__(self, client: Client, calls: Calls) -> None:
        self._client = client
        self._calls = calls

    async def exists(self, stream: str) -> bool:
        """There is such a stream."""
        return "error" not in await self._calls.api(f"STREAM.INFO.{stream}")

    async def read(self, stream: str, filters: list[str]) -> AsyncIterator[Entry]:
        """All messages of a stream on these subjects, those in the archive first.

        Raises:
            Disconnected: the server did not answer.
        """
        if not await self.exists(stream):
            return
        archive = ObjectStore(self._client, self._calls, BUCKET)
        if any(".evt." in one for one in filters) and await self.exists(archive.stream):
            async for line in read_archive(archive, self._calls, stream):
                yield Entry(stream, line["seq"], line["subject"], line["headers"], orjson.dumps(line["body"]))
        async for message in self._pull(stream, filters):
            seq = int(message.reply.split(".")[5])
            yield Entry(stream, seq, message.subject, message.headers or {}, message.data)

    async def _pull(self, stream: str, filters: list[str]) -> AsyncIterator[Msg]:
        """The messages of an ephemeral consumer, up to the last one that was there when it began."""
        config = {
            "filter_subjects": filters, "deliver_policy": "all", "ack_policy": "none", "mem_storage": True,
            "inactive_threshold": 30_000_000_000, "num_replicas": 1,
        }  # fmt: skip
        made: dict[str, Any] = await self._calls.api(
            f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": config}, timeout_s=30
        )
        if "error" in made:
            msg = f"stream {stream} cannot be read: {made['error']}"
            raise Disconnected(msg)
        left = made["num_pending"]
        name = made["name"]
        while left > 0:
            request = orjson.dumps({"batch": min(_PAGE, left), "no_wait": True})
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}".encode()
            got = await self._calls.page(subject, request, count=min(_PAGE, left), timeout_s=30)
            if not got:
                break
            left -= len(got)
            for message in got:
                yield message
        await self._calls.api(f"CONSUMER.DELETE.{stream}.{name}")

    async def pending(self, stream: str) -> dict[str, dict[str, int]]:
        """For each consumer of a stream how far it has got: last sequence with all before it settled, and what is open."""
        found: dict[str, dict[str, int]] = {}
        offset = 0
        while True:
            page: dict[str, Any] = await self._calls.api(f"CONSUMER.LIST.{stream}", {"offset": offset})
            for one in page.get("consumers") or []:
                found[one["name"]] = {
                    "floor": one["ack_floor"]["stream_seq"],
                    "open": one["num_ack_pending"],
                    "waiting": one["num_pending"],
                }
            offset += len(page.get("consumers") or [])
            if offset >= page.get("total", 0) or not page.get("consumers"):
                return found
