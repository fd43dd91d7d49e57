"""On a write error of the server the service goes unready, and nothing is guessed (rule 12)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.client import Client, connected
from services.cli.supervisor import Hub
from services.hub.app import HubApp
from services.hub.settings import Settings
from tests.conftest import Running, settings_for, until
from tests.hub import tally
from tests.hub.commands import pieces, receipt
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a disk of its own takes root on Linux to mount"
)


class Disk:
    """A small disk, filled and emptied by a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no room."""
        with self._ballast.open("wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
            except OSError:
                return

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk of 64 MB."""
    with short_folder() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip(f"cannot mount a disk here: {mounted.stderr.decode().strip()}")
        yield Disk(Path(folder))
        subprocess.run(["umount", "-l", folder], check=True)


async def refuses(client: Client) -> bool:
    """A write is refused, for want of room."""
    try:
        await client.tell(receipt("refused"))
    except ConnectionError:
        return True
    return False


async def test_a_service_is_unready_while_the_disk_is_full_and_loses_nothing(disk: Disk, tmp_path: Path) -> None:
    async with NatsServer(tmp_path, store=disk.folder / "store") as server:
        settings = settings_for(server, tmp_path)
        running = await Running(HubApp(tally.service(), settings)).ready()
        async with connected(settings) as client:
            for _ in range(5):
                await client.order(receipt(quantity=2))

            disk.fill()
            await until(lambda: refuses(client))
            await until(lambda: not running.app.runtime.ready)
            disk.free()
            await server.kill()
            await server.start()
            await until(lambda: running.app.runtime.ready)

            await until(lambda: client.connection.is_connected)
            before = await pieces(client)
            await client.order(receipt(quantity=2))
            assert await pieces(client) == before + 2
            assert before >= 10
        await running.stop()


async def test_the_embedded_server_is_started_anew_and_all_goes_on_once_there_is_room(disk: Disk) -> None:
    settings = Settings(_env_file=None, data_dir=disk.folder, http_port=0, log_level="error")  # type: ignore[call-arg]
    hub = Hub(settings, processes=1)
    await hub.start()
    try:
        await hub.ready()
        assert hub.server is not None
        disk.fill()
        await until(lambda: hub.server is not None and hub.server.restarts > 0)
        disk.free()
        await until(lambda: is_ready(hub), timeout_s=60)
        async with connected(settings, [hub.nats_url]) as client:
            await client.order(receipt(quantity=2))
    finally:
        await hub.stop()


async def is_ready(hub: Hub) -> bool:
    """All services are ready, asked within a moment."""
    try:
        await hub.ready(timeout_s=1)
    except TimeoutError:
        return False
    return True
