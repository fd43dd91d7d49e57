"""Another program wants the port of what is down."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from services.cli.client import UnreachableError, connected
from services.cli.supervisor import Hub, listening
from services.hub.server import ServerError
from services.hub.settings import LAST_PORT, Settings
from tests.conftest import until
from tests.faults.test_kills import kill
from tests.nats import NatsServer, short_folder

in_the_module = pytest.mark.asyncio(loop_scope="module")


def settings_in(folder: str) -> Settings:
    return Settings(_env_file=None, data_dir=Path(folder), http_port=0, nats_url="", log_level="error")  # type: ignore[call-arg]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub() -> AsyncIterator[Hub]:
    """A hub of one process of services."""
    with short_folder() as folder:
        started = Hub(settings_in(folder), processes=1)
        await started.start()
        await started.ready()
        yield started
        await started.stop()


async def test_a_hub_never_takes_the_server_of_another_for_its_own(server: NatsServer) -> None:
    with short_folder() as folder, pytest.raises(UnreachableError):
        async with connected(settings_in(folder), [server.url]):
            pass


async def test_a_port_that_the_last_hub_has_not_left_yet_is_waited_for() -> None:
    with short_folder() as folder, listening("127.0.0.1") as last:
        hub = Hub(settings_in(folder).model_copy(update={"http_port": last.getsockname()[1]}), processes=1)
        waiting = asyncio.create_task(hub._listener(("capture",), 0))
        await asyncio.sleep(0)
        assert not waiting.done()
        last.close()
        (await waiting).close()


@pytest.mark.parametrize(
    ("host", "port", "why"),
    [
        ("192.0.2.1", 8080, "192.0.2.1:8080 cannot be listened at: .*; see to CROSSDOCK_HTTP_HOST"),  # for documents
        ("nowhere.invalid", 8080, "nowhere.invalid:8080 cannot be listened at: "),
    ],
)
async def test_what_nobody_can_listen_at_is_not_waited_for(host: str, port: int, why: str) -> None:
    with short_folder() as folder:
        hub = Hub(settings_in(folder).model_copy(update={"http_host": host, "http_port": port}), processes=1)
        with pytest.raises(ServerError, match=why):
            await asyncio.wait_for(hub._listener(("capture",), 0), 5)


async def test_the_process_after_the_last_port_has_another() -> None:
    with short_folder() as folder:
        hub = Hub(settings_in(folder).model_copy(update={"http_port": LAST_PORT}), processes=2)
        with await hub._listener(("routing",), 1) as listener:
            assert 0 < listener.getsockname()[1] < LAST_PORT


async def test_addresses_of_ipv6_are_told_in_brackets() -> None:
    with short_folder() as folder:
        hub = Hub(settings_in(folder).model_copy(update={"http_host": "::1", "http_port": 8080}), processes=1)
    assert hub.http_url == "http://[::1]:8080"


@in_the_module
async def test_services_keep_their_port_while_they_are_down_and_who_asks_meanwhile_is_answered(hub: Hub) -> None:
    (worker,) = hub.workers
    starts = worker.starts
    assert worker.process is not None
    worker.process.kill()
    await worker.process.wait()

    with pytest.raises(
        ServerError, match=f"127.0.0.1:{hub.http_port} cannot be listened at: Address already in use; set"
    ):
        listening("127.0.0.1", hub.http_port)
    async with httpx.AsyncClient(base_url=hub.http_url, timeout=60) as web:
        assert (await web.get("/health/live")).status_code == 200
    assert worker.starts == starts + 1


@in_the_module
async def test_services_follow_their_server_to_another_port(hub: Hub) -> None:
    await hub.ready()
    assert hub.server is not None
    port, starts = hub.server.port, hub.workers[0].starts

    kill(hub, "nats-server")
    other = await squat(port)
    await until(lambda: hub.server is not None and hub.server.port != port, timeout_s=20)
    await until(lambda: hub.workers[0].starts > starts, timeout_s=20)
    await hub.ready()

    async with connected(hub.settings) as client:
        assert await client.ask("inventory", "availability", skus=[]) is not None
    other.close()


async def squat(port: int) -> asyncio.Server:
    """Listen on a port as soon as it is free."""

    async def listen() -> asyncio.Server | None:
        try:
            return await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        except OSError:
            return None

    found: asyncio.Server = await until(listen)
    return found
