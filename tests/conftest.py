"""What tests of running parts share: a server of their own, settings that point to it, services, a client."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import hypothesis
import orjson
import pytest
import structlog
from nats.aio.msg import Msg
from xdist.scheduler import LoadScopeScheduling

from services.cli.client import Client, connected
from services.hub import log
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings
from tests.nats import NatsServer, short_folder

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Real orders and payloads, where they lie beside the project."""

LONGEST = (
    "tests/cli/test_bench.py",
    "tests/faults/test_kills.py",
    "tests/cli",
    "tests/cli/test_demo.py",
    "tests/flow/test_imports.py",
    "tests/faults",
    "tests/flow",
    "tests/hub",
    "tests/orders",
)
"""What takes longest is begun first: begun last, it would keep one worker busy while the others have nothing to do."""


def part_of(nodeid: str) -> str:
    """What one worker runs through: a file; and the tests of the command line together, for they share a hub."""
    file = nodeid.partition("::")[0]
    return "tests/cli" if file.startswith("tests/cli/") and file not in LONGEST else file


class Parts(LoadScopeScheduling):
    """Hands the parts out in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Parts | None:
    """With ``--dist loadfile`` parts are handed out, not files by their number of tests."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Parts(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""

    def turn(item: pytest.Item) -> int:
        part = part_of(item.nodeid)
        folder = part.rpartition("/")[0]
        return next((n for n, name in enumerate(LONGEST) if name in {part, folder}), len(LONGEST))

    items.sort(key=turn)


hypothesis.settings.register_profile("crossdock", deadline=None)  # how fast an example is says how busy the machine is
hypothesis.settings.load_profile("crossdock")


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    """Errors that a test provokes are not printed, unless it fails."""
    log.configure(Settings(log_level="info", log_format="json"))
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stdout), cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


@pytest.fixture
async def server() -> AsyncIterator[NatsServer]:
    """A nats-server of the test's own."""
    with short_folder() as folder:
        async with NatsServer(Path(folder)) as started:
            yield started


@pytest.fixture
def settings(server: NatsServer, tmp_path: Path) -> Settings:
    """Settings for that server, quick to notice that a holder is gone."""
    return settings_for(server, tmp_path)


def settings_for(server: NatsServer, folder: Path, **more: Any) -> Settings:
    """Settings for a server, quick to notice that a holder is gone."""
    fields = {"nats_url": server.url, "data_dir": folder, "http_port": 0, "lease_s": 0.6, "presence_s": 0.2}
    return Settings(_env_file=None, **{**fields, **more})  # type: ignore[call-arg, arg-type]  # pydantic-settings' own


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    """The command line's client."""
    async with connected(settings) as opened:
        yield opened


class Running:
    """A service in this process, in a task of its own, until it is stopped."""

    def __init__(self, app: HubApp) -> None:
        self.app = app
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        async with self.app.start_lifespan_context():
            await self._stop.wait()

    async def ready(self) -> Self:
        """Wait until it is ready."""
        await until(lambda: self.app.runtime.ready or self._task.done())
        assert not self._task.done(), self._task
        return self

    async def stop(self) -> None:
        """Stop it gracefully."""
        self._stop.set()
        await self._task


Run = Callable[..., Awaitable[Running]]


@pytest.fixture
async def run(settings: Settings) -> AsyncIterator[Run]:
    """Runs services in this process until the test ends: ``running = await run(service, **settings)``."""
    started: list[Running] = []

    async def start(service: Service, **more: Any) -> Running:
        started.append(Running(HubApp(service, settings.model_copy(update=more))))
        return await started[-1].ready()

    yield start
    await asyncio.gather(*(running.stop() for running in started))


async def until(holds: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    """Wait until a condition holds, asked as a function or a coroutine function; what it answered."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.01)


async def published(client: Client, stream: str, subject: str) -> list[Msg]:
    """Every message of a stream on a subject or wildcard, oldest first."""
    request = orjson.dumps({"seq": 1, "next_by_subj": subject, "batch": 100_000})
    return await client.calls.many(f"$JS.API.DIRECT.GET.{stream}".encode(), request, timeout_s=20)
