"""A running sandbox, and a client beside it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.sandbox.server import Running, serve


@pytest.fixture
async def sandbox() -> AsyncIterator[Running]:
    """A sandbox of the test's own, on loopback."""
    async with serve() as running:
        yield running


@pytest.fixture
async def web(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client to it."""
    async with httpx.AsyncClient(base_url=sandbox.url, timeout=10) as client:
        yield client
