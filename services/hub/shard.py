"""One partition of a service in this process: made of its parts, with the pumps that feed it."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nats.aio.client import Client

from crossdock_contracts import subjects
from services.hub.commit import Committer
from services.hub.documents import DocumentCache, Entry, Reader
from services.hub.failures import Failures
from services.hub.forward import Forward
from services.hub.lease import Lease
from services.hub.outbox import Outbox
from services.hub.partition import Partition
from services.hub.pump import REQUEST_S, Pump
from services.hub.rounds import Rounds
from services.hub.settings import Settings
from services.hub.wire import Calls, DisconnectedError

if TYPE_CHECKING:
    from services.hub.service import Service


class Shard:
    """A partition and its pumps, which are open while its lease is held here."""

    def __init__(self, number: int, partition: Partition, pumps: list[Pump], calls: Calls) -> None:
        self.number = number
        self.partition = partition
        self.pumps = pumps
        self._calls = calls

    def at_hand(self, subject: str) -> Entry | None:
        """What stands there, where it is known for certain: it was part of a commit, and nobody else may commit."""
        cache = self.partition.cache
        kind = cache.reader.kind_of(subject)
        if not self.partition.lease.held or (kind is not None and kind.SHARED):
            return None
        entry = cache.find(subject)
        return entry if entry is not None and entry.verified else None

    async def open(self, client: Client) -> None:
        """Begin to pull; what a holder before had in hand comes first, if it did not give the lease up.

        Raises:
            DisconnectedError: the server could not be asked.
        """
        for pump in self.pumps:
            pump.suspect_below = await self._rewind(pump) if self.partition.lease.taken_over else 0
            await pump.open(client)

    async def close(self) -> None:
        """Stop pulling."""
        for pump in self.pumps:
            await pump.close()

    async def rewind(self) -> None:
        """Have what was handed out and not settled handed out again at once, rather than when its time is up."""
        with suppress(DisconnectedError):
            for pump in self.pumps:
                pump.suspect_below = await self._rewind(pump) or pump.suspect_below

    async def _rewind(self, pump: Pump) -> int:
        """Rewind one consumer; the sequence up to which messages are handed out again."""
        info: dict[str, Any] = await self._calls.api(f"CONSUMER.INFO.{pump.stream}.{pump.durable}")
        if not info.get("num_ack_pending"):
            return 0
        await self._calls.api(f"CONSUMER.RESET.{pump.stream}.{pump.durable}")
        return int(info["delivered"]["stream_seq"])

    async def settle_in(self) -> None:
        """After an unclean take-over: rewind once more when the requests of the holder before have ended.

        A holder that hangs leaves them at the server, where they swallow messages. What it handled under suspicion and
        has not come again after that had been settled.
        """
        await asyncio.sleep(REQUEST_S + 0.5)
        await self.rewind()
        await asyncio.sleep(REQUEST_S)
        strikes = self.partition.lease.standing.strikes
        for key in [key for key, count in strikes.items() if not count]:
            del strikes[key]


def shard_of(
    service: "Service", settings: Settings, client: Client, calls: Calls, number: int, pumps: list[Pump]
) -> Shard:
    """A partition of a service, put together."""
    stream = subjects.stream(service.name)
    outbox = Outbox(
        service.name, number, by_owner=service.by_owner, partitions=settings.partitions, pools=settings.pools
    )
    lease = Lease(calls, service.name, stream, number, settings.lease_s)
    failures = Failures(outbox, settings)
    committer = Committer(service.name, client, calls)
    cache = DocumentCache(Reader(calls, stream, service.documents), settings.cache_bytes)
    rounds = Rounds(
        lease=lease,
        client=client,
        committer=committer,
        cache=cache,
        outbox=outbox,
        failures=failures,
        watched=service.watched,
    )
    forward = Forward(
        lease=lease,
        committer=committer,
        cache=cache,
        outbox=outbox,
        handlers=service.handlers.values(),
        room=service.effects.room,
    )
    partition = Partition(
        lease=lease,
        client=client,
        rounds=rounds,
        failures=failures,
        forward=forward,
        run_intent=service.effects.run,
    )
    return Shard(number, partition, pumps, calls)
