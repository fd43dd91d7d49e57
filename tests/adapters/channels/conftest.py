"""Shops of a test file's format, spoken with over their web APIs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.capture.channels.speaking import WebApi
from tests.adapters.channels.speaking import Shop, shop_of, speaking
from tests.adapters.outside import Outside, outside


def account_of(name: str, location: str) -> dict[str, str]:
    """What tells whose account it is, where the format wants it."""
    return {"location": location} if name == "shopify" else {}


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with five orders of three articles, of which there are fifty each."""
    name = request.module.FORMAT.name
    async with shop_of(name, tmp_path, **account_of(name, "1")) as found:
        yield found


@pytest.fixture
async def other(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Outside, WebApi]]:
    """A server that says what it is told to, and a client to it."""
    name = request.module.FORMAT.name
    async with outside() as server, speaking(name, tmp_path, server.url, **account_of(name, "7")) as api:
        yield server, api
