"""Replicas share partitions, and readiness follows what is served."""

import signal

import httpx

from services.cli.client import Client
from services.hub.metrics import LEASE
from services.hub.settings import Settings
from tests.conftest import Run, Running, until
from tests.hub import tally
from tests.hub.commands import has_pieces, pieces, receipt
from tests.hub.mortal import start
from tests.nats import NatsServer


def held(running: Running) -> set[int]:
    """The partitions that a replica holds."""
    return {shard.number for shard in running.app.runtime._shards if shard.partition.lease.held}


async def test_two_replicas_hold_half_of_the_partitions_each_and_one_holds_all(run: Run) -> None:
    first = await run(tally.service(), partitions=4)
    await until(lambda: held(first) == {0, 1, 2, 3})

    second = await run(tally.service(), partitions=4)
    await until(lambda: len(held(first)) == len(held(second)) == 2)
    assert held(first) | held(second) == {0, 1, 2, 3}

    await second.stop()
    await until(lambda: held(first) == {0, 1, 2, 3})


async def test_another_replica_takes_over_from_one_that_was_killed(
    client: Client, run: Run, settings: Settings
) -> None:
    killed = await start(settings, "never")
    await until(lambda: is_held(client))
    waiting = await run(tally.service())
    assert held(waiting) == set()

    killed.send_signal(signal.SIGKILL)
    await killed.wait()
    await client.order(receipt())

    assert held(waiting) == {0}
    assert await pieces(client) == 1


async def is_held(client: Client) -> bool:
    answer = await client.calls.one([], b"$JS.API.DIRECT.GET.INVENTORY.inventory.state.lease.0", b"", b"", timeout_s=5)
    return b"holder" in answer.data


async def test_a_service_started_before_the_server_waits_for_it(
    server: NatsServer, settings: Settings, client: Client
) -> None:
    await server.kill()
    from services.hub.app import HubApp  # noqa: PLC0415

    early = Running(HubApp(tally.service(), settings))
    await until(lambda: early.app._up is not None)
    assert not early.app.runtime.ready

    await server.start()

    await early.ready()
    await until(lambda: client.connection.is_connected)
    await client.order(receipt())
    assert await pieces(client) == 1
    await early.stop()


async def test_readiness_is_false_while_the_server_is_away_or_hangs_and_true_again(
    server: NatsServer, client: Client, run: Run
) -> None:
    running = await run(tally.service())

    server.suspend()
    await until(lambda: not running.app.runtime.ready)
    server.resume()
    await until(lambda: running.app.runtime.ready)
    await server.kill()
    await until(lambda: not running.app.runtime.ready)
    await server.start()
    await until(lambda: running.app.runtime.ready)

    await until(lambda: client.connection.is_connected)
    await client.tell(receipt())
    await until(lambda: has_pieces(client, "S", 1))


async def test_the_web_interface_tells_health_metrics_and_asyncapi(run: Run, client: Client) -> None:
    running = await run(tally.service())
    await client.order(receipt())
    transport = httpx.ASGITransport(running.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as web:
        live, ready = await web.get("/health/live"), await web.get("/health/ready")
        metrics, asyncapi = await web.get("/metrics"), await web.get("/asyncapi")

    assert (live.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"ready": True}
    assert 'crossdock_messages_total{handler="receive",outcome="decided",service="inventory"}' in metrics.text
    for name in ("batch_messages", "handler_seconds", "commit_seconds", "lag_messages", "dead_letters", "lease_held"):
        assert f"crossdock_{name}" in metrics.text
    at_hand = len(running.app.runtime._shards[0].partition.cache)
    assert at_hand > 0
    assert f'crossdock_cache_documents{{partition="0",service="inventory"}} {at_hand}.0' in metrics.text
    assert "asyncapi" in asyncapi.text.lower()
    assert LEASE.labels("inventory", "0")._value.get() == 1
