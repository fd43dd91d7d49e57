"""Webhooks that the sandbox sends, and what goes wrong with them."""

import asyncio
from collections import Counter
from contextlib import suppress

import aiohttp

from services.hub.connections import Connections
from services.sandbox.faults import Faults
from services.sandbox.profile import HookFault

_TIMEOUT_S = 10.0
_AT_ONCE = 32
_ATTEMPTS = 6
_FIRST_PAUSE_S = 0.2
_HELD_BACK_S = 1.0
"""A webhook that is out of order is overtaken for so long."""

Webhook = tuple[str, bytes, dict[str, str]]
"""URL, body, headers."""


class Hooks:
    """Sends webhooks, each until it is answered with 2xx, a few times at most."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._connections = Connections(_AT_ONCE, read_s=_TIMEOUT_S)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self.outcomes: Counter[str] = Counter()
        """Deliveries that were accepted, given up, or swallowed on the way."""

    def emit(self, api: str, webhook: Webhook) -> None:
        """Have a webhook sent: once, twice, late, or never."""
        fault = self._faults.next_hook(api)
        if fault is HookFault.LOST:
            self.outcomes["lost"] += 1
            return
        self._start(webhook, _HELD_BACK_S if fault is HookFault.REORDERED else 0.0)
        if fault is HookFault.DUPLICATE:
            self._start(webhook, 0.0)

    def _start(self, webhook: Webhook, after_s: float) -> None:
        task = asyncio.create_task(self._deliver(webhook, after_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, webhook: Webhook, after_s: float) -> None:
        url, body, headers = webhook
        await asyncio.sleep(after_s)
        for attempt in range(_ATTEMPTS):
            with suppress(aiohttp.ClientError):
                async with self._places:
                    answer = await self._connections.request("POST", url, content=body, headers=headers)
                if answer.is_success:
                    self.outcomes["accepted"] += 1
                    return
            await asyncio.sleep(_FIRST_PAUSE_S * 2**attempt)
        self.outcomes["given-up"] += 1

    async def close(self) -> None:
        """Send no more."""
        for task in self._tasks:
            task.cancel()
        await self._connections.close()
