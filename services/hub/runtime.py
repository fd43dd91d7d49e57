"""One service in this process: connected, provisioned, holding the partitions that fall to it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from nats.aio.client import Client
from nats.aio.msg import Msg

from crossdock_contracts import subjects
from services.hub import closing, streams
from services.hub.archive import BUCKET
from services.hub.chores import go_on
from services.hub.commit import LETTER_ROOM
from services.hub.effects import TransientError
from services.hub.inputs import Input, missing_handler
from services.hub.janitor import Janitor
from services.hub.lease import LeaseLostError
from services.hub.log import logger
from services.hub.metrics import CACHE, DEAD, LEASE, READY
from services.hub.objects import ObjectStore
from services.hub.presence import Presence
from services.hub.pump import Pump
from services.hub.queries import Desk
from services.hub.service import Service
from services.hub.settings import Settings
from services.hub.shard import Shard, shard_of
from services.hub.verdicts import StorageError
from services.hub.wire import Calls, DisconnectedError

RETRY = "retry"
_CLEAN_EVERY_S = 300.0


class Runtime:
    """Brings a service up, keeps it going through outages, and takes it down gracefully."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.shard_count = settings.pools if service.by_owner else settings.partitions
        for handler in closing.handlers(service.name, self._last, service.handlers):
            service.handlers.setdefault(handler.name, handler)
        self.pumps: dict[tuple[str, int], Pump] = {
            (name, shard): self._pump(name, shard)
            for shard in range(self.shard_count)
            for name in (*service.handlers, RETRY)
        }
        self._client: Client | None = None
        self._calls: Calls | None = None
        self._shards: list[Shard] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._reconnecting: set[asyncio.Task[None]] = set()
        self._opened = False
        self.stopping = False
        self._presence = Presence(service.name, self.shard_count, settings.presence_s)
        self._log = logger(service=service.name)
        READY.labels(service.name).set_function(lambda: self.ready)
        self.desk: Desk | None = None
        self.on_storage_error: Callable[[], None] = lambda: None
        """Called when the server cannot write to its disk; the service stays unready until a write succeeds again."""

    # -- names

    def _pump(self, name: str, shard: int) -> Pump:
        stream, _ = self.source(name, shard)
        return Pump(self.service.name, name, shard, stream, self.durable(name, shard), self.settings.batch)

    def source(self, name: str, shard: int) -> tuple[str, str]:
        """The stream and wildcard that feed a handler, or the retried messages, of one shard."""
        if name == RETRY:
            return subjects.stream(self.service.name), f"{self.service.name}.retry.*.{shard}"
        return self.service.source(self.service.handlers[name], shard)

    def durable(self, name: str, shard: int) -> str:
        """Name of the consumer of a handler and shard."""
        return f"{self.service.name}-{name}-{shard}"

    # -- up and down

    @property
    def ready(self) -> bool:
        """Connected, provisioned, and each partition is served, here or by another replica."""
        connected = self._opened and self._client is not None and self._client.is_connected
        return connected and all(shard.partition.lease.served for shard in self._shards)

    async def open(self, client: Client) -> None:
        """Make streams and consumers, and begin to hold partitions; waits for the server as long as it takes."""
        self._client = client
        self._calls = Calls(client)
        await self._calls.start()
        while True:
            try:
                await self._provision()
                break
            except DisconnectedError:
                await asyncio.sleep(0.2)
        self.desk = Desk(self.service, client, self._calls, self._shards)
        await self._count_letters()
        await self._presence.start(client)
        for number in range(self.shard_count):
            pumps = [pump for (_, shard), pump in self.pumps.items() if shard == number]
            self._shards.append(shard_of(self.service, self.settings, client, self._calls, number, pumps))
        self.service.effects.works_again = partial(self._bring_forward, every=True)
        self.service.effects.wants_probe = partial(self._bring_forward, every=False)
        self._tasks = [asyncio.create_task(self._hold(shard)) for shard in self._shards]
        self._opened = True

    async def _provision(self) -> None:
        calls, settings = self.calls, self.settings
        layout = streams.Layout(settings.replicas, settings.partitions, settings.pools)
        sources = {h.contract.SERVICE for h in self.service.handlers.values() if h.contract.SERVICE != "hub"}
        for name in sorted(sources | {self.service.name}):
            await streams.provision_stream(calls, streams.own_stream(name, layout))
        assert self._client is not None
        largest = self._client.max_payload - LETTER_ROOM
        sources_of_all = (self.source(name, shard) for name, shard in self.pumps)
        taken = sorted({wildcard for stream, wildcard in sources_of_all if stream == subjects.inbox(self.service.name)})
        await streams.provision_stream(calls, streams.inbox_stream(self.service.name, taken, layout, largest=largest))
        for bucket in self.service.buckets:
            assert self._client is not None
            store = ObjectStore(self._client, calls, bucket, settings.replicas)
            await store.open()
            self.service.objects[bucket] = store
        for name, shard in self.pumps:
            stream, wildcard = self.source(name, shard)
            declared = streams.consumer(
                self.durable(name, shard), wildcard, ack_wait_s=settings.ack_wait_s, replicas=settings.replicas
            )
            await streams.provision_consumer(calls, stream, declared)

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Take nothing more, finish what is in hand, give the leases up."""
        self.stopping = True
        for shard in self._shards:
            shard.partition.stop()
            await shard.close()
        if self._tasks:
            done, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            self._log.info("stopped", partitions=len(done), unfinished=len(late) or None)
            self._tasks = []
        if self._client is not None and self._client.is_connected:
            await self._presence.stop(self._client)
        self._opened = False

    def disconnected(self) -> None:
        """The connection is gone: answers that are waited for will not come."""
        if self._calls is not None:
            self._calls.disconnected()

    def reconnected(self) -> None:
        """The connection is back: requests that stood at the server have to be made anew, and what was on its way."""
        for pump in self.pumps.values():
            pump.reconnected()
        task = asyncio.create_task(self._rewind_held())
        self._reconnecting.add(task)
        task.add_done_callback(self._reconnecting.discard)

    async def _rewind_held(self) -> None:
        """Have handed out again what was sent and did not arrive, rather than when its time is up."""
        for shard in self._shards:
            if shard.partition.lease.held:
                await shard.rewind()

    # -- partitions

    async def _hold(self, shard: Shard) -> None:  # noqa: C901  # the one place that knows every way a holding ends
        """Hold a partition's lease whenever it can be had, and serve it."""
        partition, lease = shard.partition, shard.partition.lease
        gauge = LEASE.labels(self.service.name, str(shard.number))
        CACHE.labels(self.service.name, str(shard.number)).set_function(lambda: len(partition.cache))
        while not partition.stopping:
            chores: list[asyncio.Task[None]] = []
            try:
                await lease.acquire(wanted=self._may_hold_more, given_up=lambda: partition.stopping)
                if not lease.held:
                    return
                gauge.set(1)
                assert self._client is not None
                await shard.open(self._client)
                if lease.taken_over:
                    chores.append(asyncio.create_task(shard.settle_in()))
                if shard.number == 0:
                    chores.append(asyncio.create_task(self._clean()))
                    chores += [asyncio.create_task(go_on(chore, self)) for chore in self.service.chores]
                await partition.serve(self.settings.lease_s / 3, give_up=self._holds_too_many)
                await lease.release()
            except LeaseLostError as error:
                self._log.warning("lease lost", partition=shard.number, holder=str(error))
            except DisconnectedError:
                await asyncio.sleep(0.2)
            except StorageError as error:
                self._log.critical("the server cannot write", detail=str(error))
                lease.held = False  # it has to be taken anew, which is a write that shows whether the server can
                self.on_storage_error()
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001  # it is logged, and the partition is taken up anew
                self._log.exception("partition failed; it is taken up anew", partition=shard.number)
                await asyncio.sleep(0.5)
            finally:
                gauge.set(0)
                for chore in chores:
                    chore.cancel()
                await shard.close()
                partition.drop()

    def _bring_forward(self, name: str, *, every: bool) -> None:
        for shard in self._shards:
            shard.partition.bring_forward(name, every=every)

    def _held(self) -> int:
        return sum(1 for shard in self._shards if shard.partition.lease.held)

    def _may_hold_more(self) -> bool:
        return self._held() < self._presence.share

    def _holds_too_many(self) -> bool:
        return self._held() > self._presence.share

    async def _clean(self) -> None:
        """Clean the service's streams now and then, as long as its first partition is held here."""
        assert self._client is not None
        archive = ObjectStore(self._client, self.calls, BUCKET, self.settings.replicas)
        assert self.desk is not None
        janitor = Janitor(
            self.service.name, self.calls, self.desk.reader, archive, self.settings, self.service.archives
        )
        while True:
            await asyncio.sleep(_CLEAN_EVERY_S)
            try:
                await janitor.clean()
            except (DisconnectedError, TransientError, streams.ProvisionError) as error:
                self._log.warning("not cleaned; the next round goes on", detail=str(error))

    async def consume(self, name: str, shard_number: int, messages: list[Msg]) -> None:
        """Messages that a pump brought: to the partition, which returns once they are through."""
        shard = self._shards[shard_number]
        below = self.pumps[name, shard_number].suspect_below
        if name == RETRY:
            inputs = [self._retried(raw, below) for raw in messages]
        else:
            handler = self.service.handlers[name]
            inputs = [Input(handler, raw, suspect_below=below) for raw in messages]
        for source in inputs:
            source.open()
        if shard.partition.lease.held:
            await shard.partition.submit(inputs)

    def _retried(self, raw: Msg, below: int) -> Input:
        """A message that was parked, or is replayed, for the handler that its subject names."""
        name = raw.subject.split(".")[2]
        handler = self.service.handlers.get(name) or missing_handler(name, self.service.name)
        return Input(handler, raw, suspect_below=below)

    # -- reading

    @property
    def calls(self) -> Calls:
        """Requests to the server.

        Raises:
            DisconnectedError: the service has not been opened yet.
        """
        if self._calls is None:
            raise DisconnectedError
        return self._calls

    async def _last(self, of: list[str]) -> list[Msg]:
        assert self.desk is not None
        return await self.desk.reader.last(of)

    async def _count_letters(self) -> None:
        """Set the gauge of dead letters to those that are open."""
        assert self.desk is not None
        count = after = 0
        with suppress(DisconnectedError):
            while page := await self.desk.page(f"{self.service.name}.dead.>", after, 500):
                count += sum(1 for m in page if "crossdock-dead-error" in (m.headers or {}))
                after = int((page[-1].headers or {})["Nats-Sequence"])
        DEAD.labels(self.service.name).set(count)
