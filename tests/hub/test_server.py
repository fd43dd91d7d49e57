"""The embedded server: watched, restarted, and ended with its parent whatever happens to it."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from services.cli.client import connected
from services.hub.server import Server, ServerError
from services.hub.settings import Settings
from tests.conftest import until
from tests.nats import short_folder

PARENT = """
import asyncio, sys
from pathlib import Path
from services.hub.server import Server
from services.hub.settings import Settings

async def main():
    server = Server(Settings(_env_file=None, data_dir=Path(sys.argv[1])))
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def settings_in(folder: str) -> Settings:
    return Settings(_env_file=None, data_dir=Path(folder))  # type: ignore[call-arg]  # pydantic-settings' own


def servers_of(folder: str) -> list[int]:
    """Processes of nats-server whose configuration lies in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if words[0].endswith(b"nats-server") and folder.encode() in words[2]:
                    found.append(int(entry.name))
    return found


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


async def test_the_server_ends_with_a_parent_that_was_killed() -> None:
    with short_folder() as folder:
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PARENT, folder, stdout=asyncio.subprocess.PIPE
        )
        assert parent.stdout is not None
        async with asyncio.timeout(30):
            await parent.stdout.readline()
        assert len(servers_of(folder)) == 1

        parent.send_signal(signal.SIGKILL)
        await parent.wait()

        await until(lambda: not servers_of(folder))


async def test_a_server_that_dies_is_started_again_on_the_same_port_with_its_data() -> None:
    with short_folder() as folder:
        server = Server(settings_in(folder))
        await server.start()
        async with connected(settings_in(folder), [server.url]) as client:
            await client.calls.api("STREAM.CREATE.KEPT", {"name": "KEPT", "subjects": ["kept"], "storage": "file"})
            await client.calls.one([], b"kept", b"", b"1", timeout_s=5)
        port = server.port
        (pid,) = servers_of(folder)

        os.kill(pid, signal.SIGKILL)

        await until(lambda: server.restarts == 1 and servers_of(folder) not in ([], [pid]))
        await until(lambda: answers(server.url, folder))
        assert server.port == port
        await server.stop()
        assert servers_of(folder) == []


async def answers(url: str, folder: str) -> bool:
    """The stream is there with its message."""
    try:
        async with connected(settings_in(folder), [url]) as client:
            info = await client.calls.api("STREAM.INFO.KEPT")
            return info.get("state", {}).get("messages") == 1  # type: ignore[attr-defined, no-any-return]  # JSON
    except ConnectionError:
        return False


async def test_it_listens_on_loopback_only_and_syncs_each_write() -> None:
    with short_folder() as folder:
        server = Server(settings_in(folder))
        await server.start()
        config = (Path(folder) / "nats" / "nats.conf").read_text()
        await server.stop()
    assert "host: 127.0.0.1" in config
    assert "http: 127.0.0.1:" in config
    assert "sync_interval: always" in config


async def test_a_server_that_cannot_start_says_where_its_log_is() -> None:
    with short_folder() as folder:
        (Path(folder) / "nats").mkdir()
        (Path(folder) / "nats" / "jetstream").write_text("a file where a folder should be")
        server = Server(settings_in(folder))
        with pytest.raises(ServerError, match=r"nats\.log"):
            await server.start()
        await server.stop()


async def test_a_second_hub_in_the_same_folder_is_told_so() -> None:
    with short_folder() as folder:
        first, second = Server(settings_in(folder)), Server(settings_in(folder))
        await first.start()
        with pytest.raises(ServerError, match="another crossdock serves"):
            await second.start()
        await second.stop()
        assert len(servers_of(folder)) == 1
        await first.stop()


async def test_hubs_that_start_at_once_do_not_keep_each_other_from_starting() -> None:
    with short_folder() as one, short_folder() as another:
        servers = [Server(settings_in(folder)) for folder in (one, another)]
        await asyncio.gather(*(server.start() for server in servers))
        assert servers[0].port != servers[1].port
        for server in servers:
            await server.stop()


async def test_two_who_see_the_same_trouble_restart_the_server_once() -> None:
    with short_folder() as folder:
        server = Server(settings_in(folder))
        await server.start()
        seen = server.restarts
        await asyncio.gather(server.restart(seen=seen), server.restart(seen=seen))
        assert server.restarts == seen + 1
        await server.stop()
        assert servers_of(folder) == []
