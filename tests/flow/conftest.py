"""A house for each file of these tests; when its tests are through, its audit has to hold."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.cli.verify import examine
from tests.conftest import settings_for
from tests.flow.house import House, house_at, rules_in
from tests.nats import NatsServer, short_folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """All services over a server of the file's own."""
    folder = tmp_path_factory.mktemp("house")
    with short_folder() as store:
        async with NatsServer(Path(store)) as server:
            settings = settings_for(server, folder, rules_dir=rules_in(folder), park_first_s=0.2)
            async with house_at(settings) as opened:
                yield opened
                await opened.rest()
                checks, _ = await examine(opened.client)
                assert [violation for check in checks for violation in check.violations] == []
