"""One round of a partition: load, decide, commit, acknowledge.

A round that is refused leaves no trace; it is taken again from what then stands.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from nats.aio.client import Client

from crossdock_contracts.base import Command, Event
from services.hub.commit import MOST_MESSAGES, Committer, OversizeError
from services.hub.decision import Decision, Later, NotLoadedError, States
from services.hub.documents import DocumentCache
from services.hub.failures import Failures
from services.hub.inputs import Input, MisdirectedError, NewerVersionError, OtherVersionError
from services.hub.lease import Lease
from services.hub.log import logger
from services.hub.metrics import BATCH, EVENTS, HANDLING, MESSAGES
from services.hub.outbox import Outbox
from services.hub.plan import Plan, Staged, Working, stage
from services.hub.verdicts import StorageError, Verdict
from services.hub.wire import DisconnectedError, frame, send

Watched = Mapping[type[Event], Iterable[Callable[[Any], None]]]
"""What is told of events once they are committed."""


class Again(Exception):  # noqa: N818  # no error: the round is to be taken again
    """The round did not happen, as far as is known: be sure of the lease, read anew, decide again."""


class Rounds:
    """Takes rounds for one partition."""

    def __init__(
        self,
        *,
        lease: Lease,
        client: Client,
        committer: Committer,
        cache: DocumentCache,
        outbox: Outbox,
        failures: Failures,
        watched: Watched,
    ) -> None:
        self.cache = cache
        self._watched = watched
        self._lease = lease
        self._client = client
        self._committer = committer
        self._outbox = outbox
        self._failures = failures
        self._most = MOST_DECISIONS
        self._turned_down = 0
        """Commits in a row that the server answered, and did not carry out."""
        self._guard_subject = lease.subject.decode().replace(".lease.", ".guard.")
        self._log = logger(service=outbox.service)

    async def take(self, inputs: list[Input]) -> list[Staged]:
        """Decide and commit the first of these inputs, as many as one batch takes; those that were.

        Raises:
            Again: nothing of it is known to have happened.
            StorageError: the server cannot write.
        """
        now = datetime.now(UTC)
        try:
            await self._load(inputs)
            plan = await self._plan(inputs, now)
            return await self._commit(plan, now)
        except DisconnectedError as error:
            raise Again(str(error)) from None

    async def _load(self, inputs: list[Input]) -> None:
        """Have at hand what the decisions are going to ask for, in one go."""
        wanted: list[str] = []
        for source in inputs:
            if source.fault is None:
                try:
                    wanted += self._hints(source)
                except Exception as error:  # noqa: BLE001  # as with a decision: it concerns this message alone
                    source.fault = error
        await self.cache.load(wanted)

    def _hints(self, source: Input) -> list[str]:
        handler = source.handler
        markers = [self._outbox.marker_subject(source)] if handler.remember else []
        if not source.redelivered:
            self.cache.assume_absent(markers)
            if handler.creates is not None:
                self.cache.assume_absent(handler.creates(source.message))
        return [*markers, *(handler.reads(source.message) if handler.reads is not None else ())]

    async def _plan(self, inputs: list[Input], now: datetime) -> Plan:
        plan = Plan(self.cache, self._outbox)
        working = Working(self.cache)
        spent: dict[str, list[float]] = {}
        for source in inputs:
            started = time.perf_counter()
            staged = await self._stage(source, working, now)
            spent.setdefault(source.handler.name, []).append(time.perf_counter() - started)
            if not plan.takes(staged, self._most):
                break
            plan.add(staged)
            working.apply(staged)
        for handler, seconds in spent.items():
            HANDLING.labels(self._outbox.service, handler).observe(sum(seconds) / len(seconds))
        return plan

    async def _stage(self, source: Input, working: Working, now: datetime) -> Staged:
        """The decision on one input, ready to commit; what goes wrong with it concerns it alone."""
        try:
            self._failures.check_strikes(source, self._lease.standing.strikes)
            source.check()
            self._check_place(source)
            if source.handler.prepare is not None and source.facts is None and source.outcome is None:
                source.facts = await source.handler.prepare(source.message)
            return await self._decide(source, working, now)
        except OtherVersionError:
            return Staged(source, Decision.nothing(), "skipped")
        except NewerVersionError as error:
            return self._failures.park(source, Later(str(error), delay_s=60), now)
        except DisconnectedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it makes a dead letter of this message alone
            return self._failures.dead(source, error, now)

    def _check_place(self, source: Input) -> None:
        """See that a command was sent to the partition of what it is about: senders choose the subject.

        Raises:
            MisdirectedError: it was not.
        """
        message = source.message
        if isinstance(message, Command) and message.SERVICE != "hub":
            right = self._outbox.shard(message.owner, message.entity)
            if right != self._outbox.partition:
                msg = (
                    f"{source.subject} leads to partition {self._outbox.partition}; {message.owner}/{message.entity} "
                    f"belongs to {right}: send it again on the subject that crossdock_contracts.subjects.message gives"
                )
                raise MisdirectedError(msg)

    async def _decide(self, source: Input, working: Working, now: datetime) -> Staged:
        now = source.moment(now)
        asked: set[Any] = set()
        while True:
            states = working.states()
            try:
                if source.handler.remember and await self._was_handled(source, states):
                    return stage(source, Decision.nothing(), states, self.cache, self._outbox, now)
                decision = source.decide(states, now)
            except NotLoadedError as missing:
                await self._fetch(missing, working, asked)
                continue
            if decision.later is not None:
                return self._failures.park(source, decision.later, now)
            staged = stage(source, decision, states, self.cache, self._outbox, now)
            if source.handler.remember and decision.intent is None:
                staged.mark(self._outbox.marker(source, now))
            return staged

    async def _was_handled(self, source: Input, states: States) -> bool:
        marker = self._outbox.marker_subject(source)
        await self.cache.load([marker])
        entry = self.cache.find(marker)
        if entry is None or entry.seq == 0:
            return False
        states.read.add(marker)
        return True

    async def _fetch(self, missing: NotLoadedError, working: Working, asked: set[Any]) -> None:
        wanted = {missing.below, missing.page, *missing.subjects}
        if wanted <= asked:
            msg = f"it asks again for what was loaded already: {missing}"
            raise RuntimeError(msg)
        asked |= wanted
        await working.fetch(missing)

    async def _commit(self, plan: Plan, now: datetime) -> list[Staged]:
        service = self._outbox.service
        try:
            messages = plan.batch(self._guard_subject, self._committer.max_payload)
        except OversizeError as error:
            await self._check_ahead(plan)
            return await self._blame(plan, error, now)
        verdict, first_seq, said = await self._committer.commit(self._lease, messages)
        if verdict is Verdict.DONE:
            plan.committed(messages, first_seq)
            self._most = MOST_DECISIONS
            self._turned_down = 0
            BATCH.labels(service).observe(len(plan.staged))
            await self._acknowledge(plan.staged)
            return plan.staged
        if verdict is Verdict.STORAGE:
            raise StorageError(said)
        if verdict is Verdict.REFUSED:
            return await self._blame(plan, RefusedError(said), now)
        plan.forget()
        self._log.debug("commit did not happen", verdict=verdict.name, said=said, decisions=len(plan.staged))
        if verdict is Verdict.UNKNOWN:
            raise Again(said)
        return await self._try_apart(plan, verdict, said, now)

    async def _check_ahead(self, plan: Plan) -> None:
        """One decision that read more than a batch can guard: have a part of it checked before, by a commit of its own.

        Raises:
            Again: a part was checked, or has changed; where documents are shared with other shards nothing can be.
        """
        if len(plan.staged) > 1 or self._outbox.is_sharded:
            return
        messages = plan.check_only(self._guard_subject)
        if len(messages) < MOST_MESSAGES // 2:
            return
        verdict, _, said = await self._committer.commit(self._lease, messages)
        if verdict is Verdict.DONE:
            plan.checked(len(messages))
        else:
            plan.forget()
        raise Again(said)

    async def _try_apart(self, plan: Plan, verdict: Verdict, said: str, now: datetime) -> list[Staged]:
        """Read anew and decide again; a decision that is turned down time and again comes to stand alone, and goes."""
        for staged in plan.staged:
            staged.source.redelivered = True
            staged.source.facts = None
        self._turned_down += 1
        if self._turned_down > _TOGETHER:
            self._most = max(1, len(plan.staged) // 2)
        if self._turned_down <= _ALONE or len(plan.staged) > 1:
            raise Again(said)
        self._most, self._turned_down = MOST_DECISIONS, 0
        if verdict is Verdict.INCOMPLETE and plan.staged[0].source.attempt >= _INCOMPLETE:
            return await self._blame(plan, RefusedError(said), now)
        parked = Plan(self.cache, self._outbox)
        parked.add(self._failures.park(plan.staged[0].source, Later(f"its commit is refused each time: {said}"), now))
        return await self._commit(parked, now)

    async def _blame(self, plan: Plan, error: Exception, now: datetime) -> list[Staged]:
        """Something in the batch cannot be committed: halve it until the decision at fault stands alone."""
        if len(plan.staged) > 1:
            self._most = len(plan.staged) // 2
            raise Again(str(error))  # nothing was written: what is at hand still stands
        self._most = MOST_DECISIONS
        if plan.staged[0].outcome == "dead":
            self._log.critical("a dead letter cannot be written: its message stays where it is", said=str(error))
            return plan.staged
        alone = Plan(self.cache, self._outbox)
        alone.add(self._failures.dead(plan.staged[0].source, error, now))
        return await self._commit(alone, now)

    async def _acknowledge(self, staged: list[Staged]) -> None:
        """Tell the server which inputs are settled; one whose intent is open is not."""
        service = self._outbox.service
        acks = [frame(one.source.raw.reply.encode(), b"", b"+ACK") for one in staged if one.decision.intent is None]
        acks += [reply for one in staged if (reply := one.reply()) is not None]
        for one in staged:
            one.tell()
        settled = Counter((one.source.handler.name, one.outcome) for one in staged if one.decision.intent is None)
        for (handler, outcome), count in settled.items():
            MESSAGES.labels(service, handler, outcome).inc(count)
        if self._watched:
            for event in (event for one in staged for event in one.decision.events):
                for watch in self._watched.get(type(event), ()):
                    watch(event)
        for name, count in Counter(event.NAME for one in staged for event in one.decision.events).items():
            EVENTS.labels(service, name).inc(count)
        try:
            await send(self._client, acks)
        except DisconnectedError:
            self._log.debug("not acknowledged: the server hands them out again", messages=len(acks))


MOST_DECISIONS = 400
"""Most decisions in one batch, however small they are."""
_TOGETHER = 3
"""After so many commits in a row that were turned down, batches are halved, until one decision stands alone …"""
_ALONE = 12
"""… and after so many it is laid aside: reads that were behind have caught up by then."""
_INCOMPLETE = 2
"""Parked so often for a batch that did not reach the stream whole, a message is at fault itself."""


class RefusedError(RuntimeError):
    """The server refuses to store what this decision says; the text is the server's."""
