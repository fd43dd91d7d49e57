"""Calls to the outside: each adapter with its own time-out, concurrency, rate and circuit breaker.

A call is classed by how it failed. `TransientError`: nothing was done, try again. `PermanentError`: refused, trying
again is of no use. `UnknownError`: the answer was lost, so it is looked up, under the same idempotency key, before
anything else.
"""

import asyncio
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

from aiolimiter import AsyncLimiter
from prometheus_client import Counter, Histogram
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from services.hub.decision import Done, Failed, Intent, Later, Outcome, Refused
from services.hub.log import logger
from services.hub.metrics import CIRCUIT, EFFECT_TIME, EFFECTS


class TransientError(Exception):
    """Out of order or out of reach; it is certain that nothing was done."""

    def __init__(self, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class PermanentError(Exception):
    """Refused; the same call will be refused again."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class UnknownError(Exception):
    """Sent, but no answer came: it may have been done."""


class Adapter(Protocol):
    """One outside system, as the hub calls it."""

    name: str

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Do it, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: as their texts say.
        """

    async def look_up(self, operation: str, key: str, request: Any) -> Any | None:
        """What was answered to a call under this key; none if it never arrived.

        Raises:
            TransientError: it cannot be looked up just now.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """How an adapter may be used."""

    timeout_s: float = 20.0
    concurrency: int = 64
    rate_per_s: float = 0.0
    """0: no limit."""
    attempts: int = 3
    """Tries in place before the message is parked."""
    breaker_failures: int = 8
    """The circuit opens after so many failures in a row …"""
    breaker_rest_s: float = 5.0
    """… and lets one call through after so long."""


class Circuit:
    """Keeps calls away from an adapter that fails every time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures = 0
        self._opened_at = 0.0
        self._probing = False
        self.was_open = False
        """It was open when the last call ended."""

    @property
    def is_open(self) -> bool:
        """No call is to be made now."""
        if self._failures < self._limits.breaker_failures:
            return False
        rested = time.monotonic() - self._opened_at >= self._limits.breaker_rest_s
        return self._probing or not rested

    def enter(self) -> None:
        """A call begins; in an open circuit that has rested it is the probe."""
        self._probing = self._failures >= self._limits.breaker_failures

    def leave(self, *, failed: bool) -> None:
        """A call ended."""
        self._probing = False
        self.was_open = self._failures >= self._limits.breaker_failures
        self._failures = self._failures + 1 if failed else 0
        if failed:
            self._opened_at = time.monotonic()


class Effects:
    """Makes the calls of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._adapters: dict[str, tuple[Adapter, Limits]] = {}
        self._circuits: dict[str, Circuit] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._rates: dict[str, AsyncLimiter] = {}
        self._under_way: dict[str, asyncio.Task[Outcome | Later]] = {}
        self._log = logger(service=service)

    def add(self, adapter: Adapter, limits: Limits | None = None) -> None:
        """Let intents name this adapter."""
        limits = limits or Limits()
        self._adapters[adapter.name] = (adapter, limits)
        self._circuits[adapter.name] = Circuit(limits)
        self._places[adapter.name] = asyncio.Semaphore(limits.concurrency)
        if limits.rate_per_s:
            self._rates[adapter.name] = AsyncLimiter(
                max(1.0, limits.rate_per_s), max(1.0, limits.rate_per_s) / limits.rate_per_s
            )

    def is_open(self, adapter: str) -> bool:
        """The adapter's circuit is open: a fact that decisions may go by."""
        return adapter in self._circuits and self._circuits[adapter].is_open

    async def run(self, intent: Intent) -> Outcome | Later:
        """Carry out an intent; what is uncertain at the end waits, and is never taken for a failure."""
        if intent.adapter not in self._adapters:
            return Refused("unknown-adapter", f"no adapter {intent.adapter!r} is set up here", key=intent.key)
        started = time.perf_counter()
        outcome = await self._once(intent)
        name = type(outcome).__name__.lower()
        seconds, count = self._metrics(intent.adapter, intent.operation, name)
        seconds.observe(time.perf_counter() - started)
        count.inc()
        if not isinstance(outcome, Done):
            self._log.info("effect", adapter=intent.adapter, key=intent.key, outcome=name, detail=str(outcome))
        return outcome if isinstance(outcome, Later) else replace(outcome, key=intent.key)

    async def _once(self, intent: Intent) -> Outcome | Later:
        """Carry it out, or wait with whoever is doing so: two messages may have come to want the same call."""
        call = self._under_way.get(intent.key)
        if call is None:
            call = self._under_way[intent.key] = asyncio.create_task(self._run(intent))
            call.add_done_callback(lambda _: self._under_way.pop(intent.key, None))
        return await asyncio.shield(call)

    @cache  # noqa: B019  # one service lives as long as its process, and these are few
    def _metrics(self, adapter: str, operation: str, outcome: str) -> tuple[Histogram, Counter]:
        return (
            EFFECT_TIME.labels(self._service, adapter),
            EFFECTS.labels(self._service, adapter, operation, outcome),
        )

    async def _run(self, intent: Intent) -> Outcome | Later:  # noqa: C901  # every way that a call can end
        adapter, limits = self._adapters[intent.adapter]
        uncertain = intent.resumed

        async def attempt() -> Outcome:
            nonlocal uncertain
            if uncertain:
                answer = await self._guarded(intent, adapter.look_up)
                if answer is not None:
                    return Done(answer)
                uncertain = False
            try:
                return Done(await self._guarded(intent, adapter.call))
            except UnknownError:
                uncertain = True
                raise

        try:
            try:
                return await attempt()
            except (TransientError, UnknownError):
                if limits.attempts <= 1:
                    raise
            return await AsyncRetrying(
                retry=retry_if_exception_type((TransientError, UnknownError)),
                stop=stop_after_attempt(limits.attempts - 1),
                wait=wait_random_exponential(0.05, max=0.5),
                reraise=True,
            )(attempt)
        except PermanentError as error:
            return Refused(error.code, error.detail)
        except TransientError as error:
            if not uncertain:
                return Failed(str(error), error.retry_after_s)
            return Later(f"{intent.adapter}: whether {intent.key} was done cannot be looked up: {error}")
        except UnknownError as error:
            return Later(f"{intent.adapter}: whether {intent.key} was done is not known: {error}")

    async def _guarded(self, intent: Intent, call: Any) -> Any:
        """One call within the adapter's limits.

        Raises:
            TransientError: the circuit is open, or the call says so.
            PermanentError, UnknownError: the call says so, or its time ran out.
        """
        name = intent.adapter
        circuit, limits = self._circuits[name], self._adapters[name][1]
        if circuit.is_open:
            msg = f"{name}: circuit open"
            raise TransientError(msg, limits.breaker_rest_s)
        async with self._places[name]:
            if name in self._rates:
                await self._rates[name].acquire()
            circuit.enter()
            failed = True
            try:
                async with asyncio.timeout(limits.timeout_s):
                    answer = await call(intent.operation, intent.key, intent.request)
                failed = False
            except PermanentError:
                failed = False
                raise
            except TimeoutError:
                msg = f"{name} did not answer within {limits.timeout_s} s"
                raise UnknownError(msg) from None
            except (TransientError, UnknownError):
                raise
            except Exception as error:
                self._log.exception("an adapter failed in a way of its own", adapter=name, key=intent.key)
                msg = f"{name}: {type(error).__name__}: {error}"
                raise UnknownError(msg) from error
            finally:
                circuit.leave(failed=failed)
                if failed or circuit.was_open:
                    CIRCUIT.labels(self._service, name).set(circuit.is_open)
        return answer
