"""Calls to the outside: each adapter with its own time-out, concurrency and rate, each operation with its own circuit.

A call is classed by how it failed. `TransientError`: nothing was done, try again. `PermanentError`: refused, trying
again is of no use. `UnknownError`: the answer was lost, so it is looked up, under the same idempotency key, before
anything else.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from aiolimiter import AsyncLimiter
from prometheus_client import Counter, Gauge, Histogram

from services.hub.circuit import Circuit, Limits
from services.hub.decision import Done, Failed, Intent, Later, Outcome, Refused, Unsettled
from services.hub.log import logger
from services.hub.metrics import CIRCUIT, EFFECT_TIME, EFFECTS, OPENINGS, RETRIES
from services.hub.retry import repeated

__all__ = [
    "Adapter",
    "Circuit",
    "Effects",
    "Limits",
    "LostError",
    "PermanentError",
    "ThrottledError",
    "TransientError",
    "UnknownError",
]

LOOK_UP = "look-up"
"""Look-ups have a circuit of their own: what does not sell may still tell what it has sold."""


class TransientError(Exception):
    """Out of order or out of reach; it is certain that nothing was done."""

    def __init__(self, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class ThrottledError(TransientError):
    """Asked to come more slowly, or about to be: it is not out of order, and its circuit stays as it is."""


class PermanentError(Exception):
    """Refused; the same call will be refused again."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class UnknownError(Exception):
    """Sent, but no answer came: it may have been done."""


class LostError(UnknownError):
    """Sent, but no answer came, and nothing that the adapter can ask tells what became of it: somebody has to look."""


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
            UnknownError: it was done, and what it brought cannot be had just now.
            LostError: nothing can tell.
        """


class Effects:
    """Makes the calls of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._adapters: dict[str, tuple[Adapter, Limits]] = {}
        self._circuits: dict[tuple[str, str], Circuit] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._rates: dict[str, AsyncLimiter] = {}
        self._under_way: dict[str, asyncio.Task[Outcome | Later]] = {}
        self._log = logger(service=service)

    def add(self, adapter: Adapter, limits: Limits | None = None) -> None:
        """Let intents name this adapter."""
        limits = limits or Limits()
        self._adapters[adapter.name] = (adapter, limits)
        self._places[adapter.name] = asyncio.Semaphore(limits.concurrency)
        if limits.rate_per_s:
            self._rates[adapter.name] = AsyncLimiter(
                max(1.0, limits.rate_per_s), max(1.0, limits.rate_per_s) / limits.rate_per_s
            )

    async def close(self) -> None:
        """Have adapters that hold connections give them up."""
        for adapter, _ in self._adapters.values():
            close = getattr(adapter, "close", None)
            if close is not None:
                await close()

    def is_open(self, adapter: str, operation: str = "") -> bool:
        """The circuit of an adapter's operation is open, or of any where none is named: decisions may go by it."""
        return any(
            circuit.is_open
            for (name, what), circuit in self._circuits.items()
            if name == adapter and operation in ("", what)
        )

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

    async def _run(self, intent: Intent) -> Outcome | Later:
        adapter, limits = self._adapters[intent.adapter]
        uncertain = intent.resumed

        async def attempt() -> Outcome:
            nonlocal uncertain
            if uncertain:
                answer = await self._guarded(intent, adapter.look_up, f"{intent.operation} {LOOK_UP}")
                if answer is not None:
                    return Done(answer)
                uncertain = False
            try:
                return Done(await self._guarded(intent, adapter.call, intent.operation))
            except UnknownError:
                uncertain = True
                raise

        try:
            return await repeated(
                attempt,
                attempts=limits.attempts,
                worth=lambda error: _worth_another(error, limits),
                again=RETRIES.labels(intent.adapter, intent.operation).inc,
            )
        except (PermanentError, TransientError) as error:
            wait_s = getattr(error, "retry_after_s", None)
            if uncertain:  # it is the look-up that failed or was refused, and says nothing of the call
                why = f"{intent.adapter}: whether {intent.key} was done cannot be looked up: {error}"
                return Later(why, not_before_s=wait_s)
            return (
                Refused(error.code, error.detail) if isinstance(error, PermanentError) else Failed(str(error), wait_s)
            )
        except LostError as error:
            return Unsettled(str(error))
        except UnknownError as error:
            return Later(f"{intent.adapter}: whether {intent.key} was done is not known: {error}")

    async def _guarded(self, intent: Intent, call: Any, what: str) -> Any:
        """One call within the adapter's limits; ``what`` names the circuit.

        Raises:
            TransientError: the circuit is open, there is no free place, or the call says so.
            PermanentError, UnknownError: the call says so, or its time ran out.
        """
        name = intent.adapter
        limits = self._adapters[name][1]
        circuit = self._circuits.setdefault((name, what), Circuit(limits))
        _check(circuit, name)
        async with self._place(name, limits):
            if name in self._rates:
                await self._rates[name].acquire()
            _check(circuit, name)  # it may have opened while this one waited
            entered = circuit.enter()
            failed: bool | None = None
            rest_s: float | None = None
            try:
                async with asyncio.timeout(limits.timeout_s):
                    answer = await call(intent.operation, intent.key, intent.request)
                failed = False
            except (PermanentError, LostError):
                failed = False
                raise
            except ThrottledError:
                raise
            except TimeoutError:
                failed = True
                msg = f"{name} did not answer within {limits.timeout_s} s"
                raise UnknownError(msg) from None
            except (TransientError, UnknownError) as error:
                failed, rest_s = True, getattr(error, "retry_after_s", None)
                raise
            except Exception as error:
                failed = True
                self._log.exception("an adapter failed in a way of its own", adapter=name, key=intent.key)
                msg = f"{name}: {type(error).__name__}: {error}"
                raise UnknownError(msg) from error
            finally:
                self._left(circuit, name, what, opened=circuit.leave(entered, failed=failed, rest_s=rest_s))
        return answer

    @asynccontextmanager
    async def _place(self, name: str, limits: Limits) -> AsyncIterator[None]:
        """One of the adapter's places.

        Raises:
            TransientError: none came free while a call would have taken; nothing was sent.
        """
        places = self._places[name]
        try:
            async with asyncio.timeout(limits.timeout_s):
                await places.acquire()
        except TimeoutError:
            msg = f"{name}: all {limits.concurrency} places were taken for {limits.timeout_s} s"
            raise ThrottledError(msg, limits.breaker_rest_s) from None
        try:
            yield
        finally:
            places.release()

    def _left(self, circuit: Circuit, name: str, what: str, *, opened: bool) -> None:
        gauge = self._gauge(name, what)
        if opened:
            OPENINGS.labels(self._service, name, what).inc()
            self._log.warning("circuit open", adapter=name, operation=what, rest_s=round(circuit.rest_s, 1))
            gauge.set(1)
        elif circuit.is_closed:
            gauge.set(0)

    @cache  # noqa: B019  # as above
    def _gauge(self, adapter: str, what: str) -> Gauge:
        return CIRCUIT.labels(self._service, adapter, what)


def _check(circuit: Circuit, name: str) -> None:
    if circuit.is_open:
        msg = f"{name}: circuit open"
        raise TransientError(msg, circuit.rest_s)


def _worth_another(error: BaseException, limits: Limits) -> bool:
    """Whether it is tried again in place, rather than later."""
    if isinstance(error, TransientError):
        return (error.retry_after_s or 0.0) <= limits.patience_s
    return isinstance(error, UnknownError) and not isinstance(error, LostError)
