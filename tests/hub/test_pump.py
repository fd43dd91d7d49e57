"""What is ready is fetched at once, without polling; and what the hub leans on inside FastStream is there."""

import asyncio
from typing import Any

import pytest
from faststream.nats.subscriber.usecases.stream_pull_subscriber import BatchPullStreamSubscriber
from nats.aio.msg import Msg

from services.cli.client import Client
from services.hub.pump import Pump, ReadySubscriber
from tests.conftest import Run, until
from tests.hub import tally
from tests.hub.commands import has_pieces, pieces, receipt, settled
from tests.nats import NatsServer

STREAM = {"name": "PUMPED", "subjects": ["pumped"], "storage": "memory"}


class Drain:
    """Takes what a pump brings, and acknowledges it."""

    def __init__(self, client: Client, batch: int) -> None:
        self.pump = Pump("test", "pumped", 0, "PUMPED", "drain", batch)
        self.batches: list[list[bytes]] = []
        self._client = client
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        await self.pump.open(self._client.connection)
        async for messages in self.pump.ready():
            self.batches.append([message.data for message in messages])
            for message in messages:
                await message.ack()

    @property
    def bodies(self) -> list[bytes]:
        return [body for batch in self.batches for body in batch]

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.pump.close()


async def prepare(client: Client) -> None:
    await client.calls.api("STREAM.CREATE.PUMPED", STREAM)
    config = {"durable_name": "drain", "ack_policy": "explicit"}
    await client.calls.api("CONSUMER.DURABLE.CREATE.PUMPED.drain", {"stream_name": "PUMPED", "config": config})


async def requests(client: Client) -> list[Msg]:
    """Every request for messages from now on."""
    seen: list[Msg] = []

    async def note(message: Msg) -> None:
        seen.append(message)

    await client.connection.subscribe("$JS.API.CONSUMER.MSG.NEXT.>", cb=note)
    await client.connection.flush()
    return seen


async def test_a_backlog_comes_in_batches_that_are_never_larger_than_asked_for(client: Client) -> None:
    await prepare(client)
    for number in range(1000):
        await client.connection.publish("pumped", b"%d" % number)

    drain = Drain(client, batch=64)
    await until(lambda: len(drain.bodies) == 1000)

    assert drain.bodies == [b"%d" % n for n in range(1000)]
    assert max(map(len, drain.batches)) <= 64
    assert len(drain.batches) < 200, "what has arrived is handed over together"
    await drain.stop()


async def test_single_messages_are_handed_over_without_another_request(client: Client) -> None:
    await prepare(client)
    drain = Drain(client, batch=64)
    seen = await requests(client)
    for number in range(20):
        await client.connection.publish("pumped", b"%d" % number)
        await until(lambda wanted=number + 1: len(drain.bodies) == wanted)

    assert len(seen) <= 2, "one request stands at the server for all of them"
    await drain.stop()


async def test_a_pump_goes_on_after_the_connection_was_lost(server: NatsServer, client: Client, run: Run) -> None:
    await run(tally.service())
    await client.order(receipt())

    await server.kill()
    await server.start()
    await until(lambda: client.connection.is_connected)
    await client.order(receipt(), timeout_s=20)

    assert await pieces(client) == 2


async def test_what_was_on_its_way_when_the_connection_was_lost_comes_again_at_once(
    server: NatsServer, client: Client, run: Run
) -> None:
    running = await run(tally.service(), ack_wait_s=600)
    pump = running.app.runtime.pumps["receive", 0]
    await pump.close()
    await client.tell(receipt())
    thief = await client.connection.subscribe("lost")
    await client.connection.publish("$JS.API.CONSUMER.MSG.NEXT.INVENTORY_IN.inventory-receive-0", b"", reply="lost")
    await thief.next_msg(timeout=5)
    assert running.app.runtime._client is not None
    await pump.open(running.app.runtime._client)

    await server.kill()
    await server.start()

    await until(lambda: client.connection.is_connected)
    await until(lambda: has_pieces(client, "S", 1))


async def test_faststreams_subscriber_is_fed_by_the_pump(client: Client, run: Run) -> None:
    running = await run(tally.service())
    subscribers: list[Any] = [s for s in running.app._nats.subscribers if isinstance(s, ReadySubscriber)]

    assert {s.pump.durable for s in subscribers} >= {"inventory-receive-0", "inventory-retry-0"}
    await client.tell(receipt())
    await settled(client, "receive")


@pytest.mark.parametrize("name", ["_create_subscription", "process_message", "add_task"])
def test_faststream_has_what_the_pump_leans_on(name: str) -> None:
    assert callable(getattr(BatchPullStreamSubscriber, name))


async def test_what_comes_while_two_batches_are_under_way_goes_together_after_the_first_of_them(client: Client) -> None:
    await prepare(client)
    taken: list[list[bytes]] = []
    doors: list[asyncio.Event] = []
    subscriber = ReadySubscriber.__new__(ReadySubscriber)
    subscriber.pump = Pump("test", "pumped", 0, "PUMPED", "drain", 64)

    async def process(messages: list[Msg]) -> None:
        taken.append([message.data for message in messages])
        doors.append(asyncio.Event())
        await doors[-1].wait()

    subscriber.process_message = process  # type: ignore[method-assign,assignment]
    await subscriber.pump.open(client.connection)
    consuming = asyncio.create_task(subscriber._consume_pull())
    for number, wanted in enumerate((1, 2, 2, 2, 2, 2)):
        await client.connection.publish("pumped", b"%d" % number)
        await until(lambda wanted=wanted: len(taken) == wanted)
    await until(lambda: len(subscriber.pump._buffer) == 4)
    doors[0].set()
    await until(lambda: len(taken) == 3)

    assert taken == [[b"0"], [b"1"], [b"2", b"3", b"4", b"5"]]
    for door in doors:
        door.set()
    consuming.cancel()
    await asyncio.gather(consuming, return_exceptions=True)
    await subscriber.pump.close()
