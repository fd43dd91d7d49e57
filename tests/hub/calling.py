"""A client of web APIs, and the server that it calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import REGISTRY

from services.hub.http import Http, Timeouts
from tests.adapters.outside import Outside, Say, outside
from tests.builders import unique

QUICK = Timeouts(connect_s=0.5, read_s=0.2, pool_s=0.2, total_s=1.0)


@asynccontextmanager
async def client(*says: Say, **how: Any) -> AsyncIterator[tuple[Http, Outside]]:
    """A client, and the server that it calls."""
    always = how.pop("always", None)
    async with outside(*says, always=always) as server:
        made = Http(how.pop("adapter", unique("shop")), server.url, timeouts=how.pop("timeouts", QUICK), **how)
        try:
            yield made, server
        finally:
            await made.close()


def counted(name: str, adapter: str, **labels: str) -> float:
    """What a counter of an adapter stands at."""
    return REGISTRY.get_sample_value(name, {"adapter": adapter, **labels}) or 0.0
