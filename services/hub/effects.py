"""Calls to the outside: each adapter with its own time-out, concurrency and rate, each operation with its own circuit.

A call is classed by how it failed. `TransientError`: nothing was done, try again. `PermanentError`: refused, trying
again is of no use. `UnknownError`: the answer was lost, so it is looked up, under the same idempotency key, before
anything else.
"""

import asyncio
import time
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from aiolimiter import AsyncLimiter
from prometheus_client import Counter, Gauge, Histogram

from services.hub.adapter import (
    Adapter,
    CircuitOpenError,
    LostError,
    PermanentError,
    ThrottledError,
    TransientError,
    UnknownError,
)
from services.hub.circuit import Circuit, Limits
from services.hub.decision import Done, Failed, Intent, Later, Outcome, Refused, Unsettled, outside
from services.hub.log import logger
from services.hub.metrics import CIRCUIT, EFFECT_TIME, EFFECTS, OPENINGS, RETRIES
from services.hub.retry import repeated

__all__ = [
    "Adapter",
    "Circuit",
    "CircuitOpenError",
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
_ROOM = 64
_AFTER_S = 0.05
_SELDOM_S = 60.0
"""So often somebody is asked to try what nobody seems to wait for."""


class Effects:
    """Makes the calls of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._adapters: dict[str, tuple[Adapter, Limits]] = {}
        self._circuits: dict[tuple[str, str], Circuit] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._rates: dict[str, AsyncLimiter] = {}
        self._under_way: dict[str, asyncio.Task[Outcome | Later]] = {}
        self._inside: Tally[str] = Tally()
        """Calls of each adapter that are under way, or wait for a place."""
        self._draws: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self.works_again: Callable[[str], None] = lambda _name: None
        """Told of an operation (`outside`) whose circuit has closed."""
        self.wants_probe: Callable[[str], None] = lambda _name: None
        """Told of one whose circuit has rested, and which nobody has tried since."""
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
        for draw in self._draws.values():
            draw.cancel()
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

    def room(self, name: str) -> int:
        """How many more calls of an operation (`outside`) could be made; where its circuit is open, only the probe."""
        adapter, _, operation = name.partition(":")
        if adapter not in self._adapters:
            return _ROOM
        circuit = self._circuits.get((adapter, operation))
        if circuit is not None and not circuit.is_closed:
            return int(circuit.wants_probe)
        return max(0, self._adapters[adapter][1].concurrency - self._inside[adapter])

    async def run(self, intent: Intent) -> Outcome | Later:
        """Carry out an intent; what is uncertain at the end waits, and is never taken for a failure."""
        if intent.adapter not in self._adapters:
            said = f"no adapter {intent.adapter!r} is set up here"
            if intent.resumed:
                return Unsettled(f"{said}; it may have done {intent.key} when it was", key=intent.key)
            return Refused("unknown-adapter", said, key=intent.key)
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
        uncertain, what = intent.resumed, intent.operation

        async def attempt() -> Outcome:
            nonlocal uncertain, what
            if uncertain:
                what = f"{intent.operation} {LOOK_UP}"
                answer = await self._guarded(intent, adapter.look_up, what)
                if answer is not None:
                    return Done(answer)
                uncertain = False
            what = intent.operation
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
                return Later(why, not_before_s=wait_s, waits_for=outside(intent.adapter, what))
            if isinstance(error, PermanentError):
                return Refused(error.code, error.detail)
            unasked = isinstance(error, CircuitOpenError)
            return Failed(str(error), wait_s, unasked, waits_for=outside(intent.adapter, what))
        except LostError as error:
            return Unsettled(str(error))
        except UnknownError as error:
            why = f"{intent.adapter}: whether {intent.key} was done is not known: {error}"
            return Later(why, waits_for=outside(intent.adapter, f"{intent.operation} {LOOK_UP}"))

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
            answered = True
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
                failed, answered = True, False
                msg = f"{name} did not answer within {limits.timeout_s} s"
                raise UnknownError(msg) from None
            except (TransientError, UnknownError) as error:
                failed, rest_s = True, getattr(error, "retry_after_s", None)
                answered = isinstance(error, TransientError)
                raise
            except Exception as error:
                failed = True
                self._log.exception("an adapter failed in a way of its own", adapter=name, key=intent.key)
                msg = f"{name}: {type(error).__name__}: {error}"
                raise UnknownError(msg) from error
            finally:
                opened = circuit.leave(entered, failed=failed, rest_s=rest_s, answered=answered)
                self._left(circuit, name, what, opened=opened, was_open=entered > 0)
        return answer

    @asynccontextmanager
    async def _place(self, name: str, limits: Limits) -> AsyncIterator[None]:
        """One of the adapter's places.

        Raises:
            TransientError: none came free while a call would have taken; nothing was sent.
        """
        places = self._places[name]
        self._inside[name] += 1
        try:
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
        finally:
            self._inside[name] -= 1

    def _left(self, circuit: Circuit, name: str, what: str, *, opened: bool, was_open: bool) -> None:
        gauge = self._gauge(name, what)
        if opened:
            OPENINGS.labels(self._service, name, what).inc()
            self._log.warning("circuit open", adapter=name, operation=what, rest_s=round(circuit.rest_s, 1))
            gauge.set(1)
            self._draw_later(circuit, name, what, circuit.rest_s)
        elif circuit.is_closed:
            gauge.set(0)
            if was_open:
                self._log.info("circuit closed", adapter=name, operation=what)
                self.works_again(outside(name, what))

    def _draw_later(self, circuit: Circuit, name: str, what: str, after_s: float) -> None:
        """Once it has rested, have one of those that wait try it; and another one later, should none have done so."""
        before = self._draws.pop((name, what), None)
        if before is not None:
            before.cancel()

        def draw() -> None:
            if circuit.is_closed:
                return
            if circuit.wants_probe:
                self.wants_probe(outside(name, what))
                self._draw_later(circuit, name, what, min(2 * after_s, _SELDOM_S))
            else:
                self._draw_later(circuit, name, what, circuit.rest_s)

        self._draws[name, what] = asyncio.get_running_loop().call_later(after_s + _AFTER_S, draw)

    @cache  # noqa: B019  # as above
    def _gauge(self, adapter: str, what: str) -> Gauge:
        return CIRCUIT.labels(self._service, adapter, what)


def _check(circuit: Circuit, name: str) -> None:
    if circuit.is_open:
        msg = f"{name}: circuit open"
        raise CircuitOpenError(msg, circuit.rest_s)


def _worth_another(error: BaseException, limits: Limits) -> bool:
    """Whether it is tried again in place, rather than later."""
    if isinstance(error, TransientError):
        return (error.retry_after_s or 0.0) <= limits.patience_s
    return isinstance(error, UnknownError) and not isinstance(error, LostError)
