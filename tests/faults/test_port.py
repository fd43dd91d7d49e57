"""Another program takes the port of the server while that is down."""

import asyncio
from pathlib import Path

import pytest

from services.cli.client import UnreachableError, connected
from services.cli.supervisor import Hub
from services.hub.settings import Settings
from tests.conftest import until
from tests.faults.test_kills import kill
from tests.nats import NatsServer, short_folder


def settings_in(folder: str) -> Settings:
    return Settings(_env_file=None, data_dir=Path(folder), http_port=0, nats_url="", log_level="error")  # type: ignore[call-arg]


async def test_a_hub_never_takes_the_server_of_another_for_its_own(server: NatsServer) -> None:
    with short_folder() as folder, pytest.raises(UnreachableError):
        async with connected(settings_in(folder), [server.url]):
            pass


async def test_services_follow_their_server_to_another_port() -> None:
    with short_folder() as folder:
        hub = Hub(settings_in(folder), processes=1)
        await hub.start()
        await hub.ready()
        assert hub.server is not None
        port = hub.server.port

        kill(hub, "nats-server")
        other = await squat(port)
        await until(lambda: hub.server is not None and hub.server.port != port, timeout_s=20)
        await until(lambda: hub.workers[0].starts == 2, timeout_s=20)
        await hub.ready()

        async with connected(hub.settings) as client:
            assert await client.ask("inventory", "availability", skus=[]) is not None
        other.close()
        await hub.stop()


async def squat(port: int) -> asyncio.Server:
    """Listen on a port as soon as it is free."""

    async def listen() -> asyncio.Server | None:
        try:
            return await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        except OSError:
            return None

    found: asyncio.Server = await until(listen)
    return found
