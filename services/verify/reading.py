"""Reads whole streams, with their archive, in order."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.hub.archive import BUCKET, read_archive
from services.hub.objects import ObjectStore
from services.hub.wire import Calls, DisconnectedError, status

_PAGE = 1000
_READ_S = 1800.0
_ONE_S = 30.0
_AT_ONCE = 100
"""So many messages are asked for by their sequences at a time."""


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

    async def read(self, stream: str, filter_subject: str, *, archive: bool = True) -> AsyncIterator[Entry]:
        """All messages of a stream on these subjects, those in the archive first; what is in both comes once.

        The subjects are a prefix with ``>`` behind it. What is archived may be left out.

        One wildcard reads fifty times as fast as a list of them.

        Raises:
            DisconnectedError: the server did not answer.
        """
        if not await self.exists(stream):
            return
        store = ObjectStore(self._client, self._calls, BUCKET)
        archived = 0
        if archive and await self.exists(store.stream):
            async for line in read_archive(store, self._calls, stream):
                archived = line["seq"]
                if line["subject"].startswith(filter_subject.removesuffix(">")):
                    yield Entry(stream, line["seq"], line["subject"], line["headers"], orjson.dumps(line["body"]))
        async for message in self._pull(stream, filter_subject):
            seq = int(message.reply.split(".")[5])
            if seq <= archived and message.subject.split(".", 2)[1] in {"evt", "cmd"}:
                continue
            yield Entry(stream, seq, message.subject, message.headers or {}, message.data)

    async def at(self, stream: str, seqs: Collection[int]) -> AsyncIterator[Entry]:
        """The messages that have these sequences; first those in the stream, then those that only the archive has.

        Raises:
            DisconnectedError: the server did not answer.
        """
        wanted, archived = sorted(seqs), set[int]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            for seq, message in zip(some, await asyncio.gather(*(self._one(stream, seq) for seq in some)), strict=True):
                if status(message):
                    archived.add(seq)
                else:
                    headers = message.headers or {}
                    yield Entry(stream, seq, headers.get("Nats-Subject", ""), headers, message.data)
        store = ObjectStore(self._client, self._calls, BUCKET)
        if archived and await self.exists(store.stream):
            async for line in read_archive(store, self._calls, stream, archived):
                yield Entry(stream, line["seq"], line["subject"], line["headers"], orjson.dumps(line["body"]))

    async def _one(self, stream: str, seq: int) -> Msg:
        subject = f"$JS.API.DIRECT.GET.{stream}".encode()
        return await self._calls.one([], subject, b"", orjson.dumps({"seq": seq}), timeout_s=_ONE_S)

    async def _pull(self, stream: str, filter_subject: str) -> AsyncIterator[Msg]:
        """The messages of an ephemeral consumer, up to the last one that was there when it began."""
        config = {
            "filter_subject": filter_subject,
            "deliver_policy": "all",
            "ack_policy": "none",
            "mem_storage": True,
            "inactive_threshold": 30_000_000_000,
            "num_replicas": 1,
        }
        made: dict[str, Any] = await self._calls.api(
            f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": config}, timeout_s=30
        )
        if "error" in made:
            msg = f"stream {stream} cannot be read: {made['error']}"
            raise DisconnectedError(msg)
        answers: asyncio.Queue[Msg] = asyncio.Queue()

        async def receive(message: Msg) -> None:
            answers.put_nowait(message)

        subscription = await self._client.subscribe(self._client.new_inbox(), cb=receive)
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{made['name']}"
        left = made["num_pending"]
        try:
            async with asyncio.timeout(_READ_S):
                while left > 0:
                    await self._client.publish(
                        subject, orjson.dumps({"batch": _PAGE, "no_wait": True}), reply=subscription.subject
                    )
                    got = 0
                    while got < _PAGE and not status(message := await answers.get()):
                        got += 1
                        yield message
                    left = left - got if got else 0
        except TimeoutError:
            msg = f"stream {stream} could not be read in {_READ_S:g} s"
            raise DisconnectedError(msg) from None
        finally:
            await subscription.unsubscribe()
            await self._calls.api(f"CONSUMER.DELETE.{stream}.{made['name']}")

    async def pending(self, stream: str) -> dict[str, dict[str, int]]:
        """For each consumer of a stream how far it has got: up to where all is settled, and what is open."""
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
