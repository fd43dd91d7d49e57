"""The fault proxy: stands before every API, and has requests fail as the profile says."""

import asyncio
import socket
import struct
import time
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from random import Random
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.sandbox.api import Api
from services.sandbox.profile import Fault, HookFault, Profile

_REFUSING = {Fault.RATE_LIMIT: 429, Fault.ERROR_500: 500, Fault.ERROR_502: 502, Fault.ERROR_503: 503,
             Fault.EXPIRED: 401, Fault.OUTAGE: 503}  # fmt: skip
_PAGE = b"<html><body><h1>Service temporarily unavailable</h1></body></html>"


class Faults:
    """What goes wrong, and what went wrong so far."""

    def __init__(self, apis: dict[str, Api], profile: Profile) -> None:
        self.apis = apis
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        """Faults by API and kind."""
        self.requests: Counter[str] = Counter()
        self.hooks: Counter[str] = Counter()
        self.down: set[str] = set()
        """APIs that were switched off."""
        self.hanging: set[str] = set()
        """APIs of which no request is answered."""
        self.script: dict[str, list[Fault | None]] = defaultdict(list)
        """What goes wrong with the very next requests, before the profile decides."""
        self.use(profile)

    def use(self, profile: Profile) -> None:
        """Behave like this from now on; the sequence of requests begins anew."""
        self.profile = profile
        self._started = time.monotonic()
        self._numbers: Counter[str] = Counter()

    def next(self, api: str) -> Fault | None:
        """What goes wrong with the next request to an API."""
        self.requests[api] += 1
        self._numbers[api] += 1
        fault = self._next(api)
        if fault is not None:
            self.counts[api][fault.value] += 1
        return fault

    def _next(self, api: str) -> Fault | None:
        if self.script[api]:
            return self.script[api].pop(0)
        elapsed_s = time.monotonic() - self._started
        if api in self.down or self.profile.is_down(list(self.apis).index(api), len(self.apis), elapsed_s):
            return Fault.OUTAGE
        if api in self.hanging:
            return Fault.HANG
        return self.profile.fault(api, self._numbers[api])

    def next_hook(self, api: str) -> HookFault | None:
        """What goes wrong with the next webhook of an API."""
        self.hooks[api] += 1
        fault = self.profile.hook_fault(api, self.hooks[api])
        if fault is not None:
            self.counts[api][fault.value] += 1
        return fault

    def counts_of(self, fault: Fault) -> int:
        """How often it went wrong like this, at all APIs."""
        return sum(kinds[fault.value] for kinds in self.counts.values())

    def describe(self) -> dict[str, Any]:
        """The profile, and all counters."""
        return {
            "profile": self.profile.model_dump(),
            "down": sorted(self.down),
            "hanging": sorted(self.hanging),
            "requests": dict(self.requests),
            "webhooks": dict(self.hooks),
            "faults": {api: dict(kinds) for api, kinds in self.counts.items()},
        }


class FaultProxy:
    """The middleware. It has to be the outermost: it resets the server's own connections."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or have it fail."""
        api = scope["path"].split("/", 2)[1] if scope["type"] == "http" else ""
        if api not in self._faults.apis:
            await self._app(scope, receive, send)
            return
        fault = self._faults.next(api)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault is Fault.LATENCY:
            number = self._faults.requests[api]
            await asyncio.sleep(self._faults.profile.latency_s * Random(number).random())  # noqa: S311  # repeatable
            await self._app(scope, receive, send)
        elif fault in _REFUSING:
            await self._refuse(fault, self._faults.apis[api], scope, receive, send)
        elif fault is Fault.RESET:
            _reset(receive)
        elif fault is Fault.HANG:
            await self._hold(receive)
        else:
            await self._spoil(fault, scope, receive, send)

    async def _refuse(self, fault: Fault, api: Api, scope: Scope, receive: Receive, send: Send) -> None:
        status = _REFUSING[fault]
        if fault is Fault.EXPIRED:
            api.expire_tokens()
        headers = {}
        if fault is Fault.RATE_LIMIT:
            headers["Retry-After"] = _later(self._faults.profile.retry_after_s, self._faults.counts_of(fault))
        if fault is Fault.ERROR_502:
            answer = Response(_PAGE, status, headers, media_type="text/html")
        else:
            answer = Response(orjson.dumps(api.refusal(status)), status, headers, media_type="application/json")
        await answer(scope, receive, send)

    async def _hold(self, receive: Receive) -> None:
        """Do not answer; then close the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._faults.profile.hang_s):
                while (await receive())["type"] != "http.disconnect":
                    pass
        _reset(receive)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the work done, and spoil the answer."""
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, keep)
        if fault is Fault.LOST_ANSWER:
            await self._hold(receive)
            return
        if fault is Fault.GARBAGE:
            start, body = {**start, "status": 200, "headers": [(b"content-type", b"text/html")]}, _PAGE
        else:
            body = body[: len(body) // 2]
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


def _later(seconds: float, number: int) -> str:
    """``Retry-After`` as servers write it: every other time as a date, which says no less than a second."""
    if number % 2 or seconds < 1:
        return f"{seconds:g}"
    return format_datetime(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=ceil(seconds)), usegmt=True)


def _reset(receive: Receive) -> None:
    """Reset the connection that a request came on, as a machine does that has lost it."""
    cycle: Any = getattr(receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        msg = "the fault proxy has to be the outermost application of uvicorn"
        raise RuntimeError(msg)
    plug = transport.get_extra_info("socket")
    if plug is not None and plug.fileno() >= 0:  # whoever called may have gone
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
