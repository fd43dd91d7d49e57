"""One partition of a service, as long as this process holds its lease.

All handlers of the service share it: what they have fetched goes into one round; a batch commits all that it holds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from nats.aio.client import Client

from services.hub.decision import Intent, Later, Outcome
from services.hub.documents import DocumentCache
from services.hub.failures import Failures
from services.hub.forward import Forward
from services.hub.inputs import Input
from services.hub.lease import Lease
from services.hub.plan import Staged
from services.hub.portion import Portion
from services.hub.rounds import Again, Rounds
from services.hub.trace import TRACE, trace_of
from services.hub.wire import DisconnectedError, frame, send
from services.hub.work import Work

_MOST_PER_ROUND = 400
_SMALL = 64
_REST = 1.0
"""A batch costs the server some milliseconds whatever is in it. So after one, and for so many times as long as it took,
a small one waits for what comes; a message that finds the partition idle never does."""
_LONGEST_REST_S = 0.05
_TURNS = 12
"""Of the event loop, from a round's end until what its handlers' consumers gathered meanwhile is handed over."""
_AT_ONCE = 3
"""So many rounds in a row are taken again at once, others after a pause that grows."""

RunIntent = Callable[[Intent], Awaitable[Outcome | Later]]


class Partition:
    """Serves one partition."""

    def __init__(
        self,
        *,
        lease: Lease,
        client: Client,
        rounds: Rounds,
        failures: Failures,
        forward: Forward,
        run_intent: RunIntent,
    ) -> None:
        self.lease = lease
        self._forward = forward
        self.stopping = False
        self._client = client
        self._rounds = rounds
        self._failures = failures
        self._run_intent = run_intent
        self._waiting: list[tuple[Input, Work | None]] = []
        self._yielding: list[tuple[Input, Work | None]] = []
        """As waiting, but what is replayed, parked, or an operator's: however much it is, others do not wait for it."""
        self._portion = Portion()
        self._wake = asyncio.Event()
        self._rested_at = 0.0
        self._beat_s = 1.0
        self._abroad: dict[asyncio.Task[None], Input] = {}
        """Calls to the outside that are under way, and the inputs that wait for them."""

    @property
    def cache(self) -> DocumentCache:
        """The documents at hand."""
        return self._rounds.cache

    def stop(self) -> None:
        """Finish what is in hand, and serve no longer."""
        self.stopping = True
        self._wake.set()

    def bring_forward(self, name: str, *, every: bool) -> None:
        """An operation of the outside (`outside`) works again: all that waits for it is to come; or one, to try it."""
        if self.lease.held:
            self._forward.want(name, every=every)
            self._wake.set()

    async def submit(self, inputs: list[Input]) -> None:
        """Hand over messages; returns once each is settled, or waits for an answer from outside."""
        if inputs:
            work = Work(len(inputs))
            for source in inputs:
                (self._yielding if source.yields else self._waiting).append((source, work))
            self._wake.set()
            await work.done

    async def serve(self, beat_s: float, give_up: Callable[[], bool] = lambda: False) -> None:
        """Handle what comes until told to stop or to give up, and show meanwhile that the holder lives.

        Raises:
            LeaseLostError: another replica holds the partition now.
            StorageError: the server cannot write.
        """
        self._beat_s = beat_s
        beat_at = told_at = time.monotonic() + beat_s
        while not (self.stopping and not self._is_waiting and not self._abroad):
            await self._wait(min(beat_at - time.monotonic(), self._forward.due_in_s))
            if self._forward.due_in_s <= 0:
                await self._bring_forward()
            if self._is_waiting:
                await self._rest()
                await self._handle(self._take())
            elif time.monotonic() >= beat_at:
                if give_up() and not self._abroad:
                    return
                await self._beat()
            else:
                continue
            beat_at = time.monotonic() + beat_s
            if self._abroad and time.monotonic() >= told_at:
                await self._say_in_progress()
                told_at = time.monotonic() + beat_s

    @property
    def _is_waiting(self) -> bool:
        return bool(self._waiting or self._yielding)

    def _take(self) -> list[tuple[Input, Work | None]]:
        """The inputs of the next round."""
        taken, self._waiting = self._waiting[:_MOST_PER_ROUND], self._waiting[_MOST_PER_ROUND:]
        return taken + self._portion.take(self._yielding, beside=bool(taken))

    async def _rest(self) -> None:
        """Let a small batch grow for a moment when the one before has just ended; let in what is new beside others."""
        for _ in range(_TURNS if self._yielding else 0):
            await asyncio.sleep(0)
        rest = min(self._rested_at - time.monotonic(), _LONGEST_REST_S)
        weight = sum(source.weight for source, _ in (*self._waiting[:_SMALL], *self._yielding[:_SMALL]))
        if rest > 0 and weight < _SMALL and not self.stopping:
            await asyncio.sleep(rest)

    async def _wait(self, timeout_s: float) -> None:
        if self._is_waiting:
            return
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, timeout_s)):
                await self._wake.wait()

    async def _bring_forward(self) -> None:
        was_committed = False
        with suppress(DisconnectedError):
            was_committed = await self._forward.step()
        if not was_committed:
            await self._recover(1)

    async def _beat(self) -> None:
        try:
            await self.lease.beat()
            await self._say_in_progress()
        except DisconnectedError:
            await self._recover(1)

    async def _say_in_progress(self) -> None:
        """Keep the server from handing out again what waits for an answer from outside."""
        acks = [frame(source.raw.reply.encode(), b"", b"+WPI") for source in self._abroad.values()]
        with suppress(DisconnectedError):
            await send(self._client, acks)

    def drop(self) -> None:
        """Forget everything in hand: it was not settled, so the server hands it out again."""
        for call in self._abroad:
            call.cancel()
        self._abroad.clear()
        self._forward.forget()
        for _, work in (*self._waiting, *self._yielding):
            if work:
                work.settle()
        self._waiting.clear()
        self._yielding.clear()
        self.cache.clear()

    async def _handle(self, taken: list[tuple[Input, Work | None]]) -> None:
        started = time.monotonic()
        try:
            inputs = self._begun_once([source for source, _ in taken])
            for group in self._failures.groups(inputs, self.lease.standing.strikes):
                await self._settle(group)
            self._portion.took(time.monotonic() - started)
        finally:
            for _, work in taken:
                if work:
                    work.settle()

    def _begun_once(self, inputs: list[Input]) -> list[Input]:
        """These inputs without copies of messages whose calls are under way.

        The server hands such a message out again after it was restarted. The copy that made the call settles it; were
        another one settled before, a crash would leave nobody to see the call through.
        """
        waiting = (source for source, _ in self._waiting)
        answered = [one for one in (*inputs, *waiting) if one.outcome is not None]
        begun = {(one.handler.name, one.key) for one in (*self._abroad.values(), *answered)}
        once = []
        for one in inputs:
            name = (one.handler.name, one.key)
            if one.outcome is not None or name not in begun:
                once.append(one)
                begun.add(name)
        return once

    async def _settle(self, inputs: list[Input]) -> None:
        """Take rounds until each of these inputs is settled or waits for the outside."""
        watched = inputs[0].suspect
        if watched:
            await self._announce(inputs)
        left, failed = list(inputs), 0
        while left:
            started = time.monotonic()
            try:
                staged = await self._rounds.take(left)
            except Again:
                failed += 1
                await self._recover(failed)
                continue
            failed = 0
            self._rested_at = time.monotonic() + _REST * (time.monotonic() - started)
            left = left[len(staged) :] + await self._go_out(staged)
        if watched:
            self._failures.acquit(self.lease.standing, inputs)
        self.cache.trim()

    async def _announce(self, suspects: list[Input]) -> None:
        """Write down which inputs are about to be handled although they did not come back before."""
        for failed in range(1, 1000):
            try:
                if await self.lease.write(self._failures.on_trial(self.lease.standing, suspects)):
                    return
            except DisconnectedError:
                pass
            await self._recover(failed)

    async def _recover(self, failed: int) -> None:
        """After a conflict, an outage or an unknown outcome: be sure of the lease before anything else."""
        pause = min(0.001 * 2 ** min(failed, 10), 1.0)
        if failed > _AT_ONCE:
            await asyncio.sleep(pause)
        while True:
            try:
                await self.lease.check()
            except DisconnectedError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
            else:
                return

    async def _go_out(self, staged: list[Staged]) -> list[Input]:
        """Make the calls that were committed; an input that is handled alone waits here for its answer."""
        answered: list[Input] = []
        for one in staged:
            intent = one.decision.intent
            if intent is None:
                continue
            if one.source.alone:
                one.source.outcome = await self._see_through(one.source, intent)
                answered.append(one.source)
            else:
                call = asyncio.create_task(self._call(one.source, intent))
                self._abroad[call] = one.source
                call.add_done_callback(lambda call: self._abroad.pop(call, None))
        return answered

    async def _see_through(self, source: Input, intent: Intent) -> Outcome | Later:
        """Make a call and wait for its answer; meanwhile the holder shows that it lives."""
        call = asyncio.create_task(self._outside(source, intent))
        waiting = asyncio.create_task(_done(call))
        self._abroad[waiting] = source
        try:
            while not call.done():
                await asyncio.wait({call}, timeout=self._beat_s)
                if not call.done():
                    await self._beat()
        finally:
            self._abroad.pop(waiting, None)
            call.cancel()
            waiting.cancel()
        return call.result()

    async def _outside(self, source: Input, intent: Intent) -> Outcome | Later:
        TRACE.set(source.trace or trace_of(source.correlation))
        return await self._run_intent(intent)

    async def _call(self, source: Input, intent: Intent) -> None:
        source.outcome = await self._outside(source, intent)
        self._waiting.append((source, None))
        self._wake.set()


async def _done(call: asyncio.Future[Any]) -> None:
    """Returns when a call has ended, however it did."""
    await asyncio.wait({call})
