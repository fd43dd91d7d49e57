"""The sandbox, in a process of its own, and its administrator."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.bench import machine

SHOPS = ("shopify", "woocommerce", "amazon")
"""Channels and shops have the same names."""
ACCOUNTS = ("easypost", "easypost2", "easypost3")
"""Accounts with carriers, likewise."""
_PATIENCE_S = 60.0
_SPEED = 1000
"""The shops' limits are so many times as wide: one of them alone has the orders of all."""
_AT_ONCE = 10
"""Orders that are placed at a time: a shop dates those before the last one back, a second each."""


class OutsideError(RuntimeError):
    """The sandbox does not do what it is asked for."""


class Outside:
    """A sandbox that runs."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, web: httpx.AsyncClient) -> None:
        self._process = process
        self._web = web
        self.url = url

    @property
    def cpu_s(self) -> float:
        """CPU seconds that it has used so far."""
        return machine.cpu_s(self._process.pid)

    async def _ask(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        answer = await self._web.request(method, f"{self.url}/sandbox/{path}", json=content)
        if answer.is_error:
            msg = f"{method} {path}: {answer.status_code} {answer.text}"
            raise OutsideError(msg)
        found: dict[str, Any] = answer.json()
        return found

    async def state(self, api: str) -> dict[str, Any]:
        """What an API believes."""
        return await self._ask("GET", f"{api}/state")

    async def states(self, apis: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What several APIs believe."""
        return {api: await self.state(api) for api in apis}

    async def faults(self, **wanted: Any) -> dict[str, Any]:
        """What went wrong so far; where something is wanted, from now on it goes wrong like that."""
        return await self._ask("PUT" if wanted else "GET", "faults", wanted or None)

    async def set_up(self, api: str, **wanted: Any) -> dict[str, Any]:
        """Have a shop or a carrier do something."""
        return await self._ask("POST", api, wanted)

    async def open_shop(self, shop: str, skus: list[str], hub_url: str, secret: str) -> dict[str, Any]:
        """A shop sells these from now on, of which it has none until it is told, and tells the hub of its orders."""
        webhook = {"url": f"{hub_url}/webhooks/{shop}", "secret": secret}
        return await self.set_up(shop, skus=skus, stock=0, webhook=webhook, speed=_SPEED)

    async def place(self, shop: str, orders: int, seed: int) -> None:
        """Buyers place orders."""
        for start in range(0, orders, _AT_ONCE):
            await self.set_up(shop, orders=min(_AT_ONCE, orders - start), seed=seed)


@asynccontextmanager
async def outside(faults: str, seed: int) -> AsyncIterator[Outside]:
    """A sandbox, for as long as it is used; it ends with us, however we end.

    Raises:
        OutsideError: it does not start.
    """
    command = ("-m", "services.cli.main", "sandbox", "up", "--port", "0", "--faults", faults, "--seed", str(seed))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        "--follow-parent",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said = (await process.stdout.readline()).decode().split()
        if not said:
            msg = "the sandbox has ended as soon as it was started"
            raise OutsideError(msg)
        async with httpx.AsyncClient(timeout=_PATIENCE_S) as web:
            yield Outside(process, said[-1].rsplit("/", 1)[0], web)
    finally:
        process.stdin.close()
        await process.wait()
