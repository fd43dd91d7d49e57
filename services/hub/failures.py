"""What becomes of a message that cannot be handled now, or at all."""

import random
from datetime import datetime, timedelta

from services.hub.decision import Decision, Later
from services.hub.inputs import Input
from services.hub.lease import Standing
from services.hub.log import logger
from services.hub.metrics import DEAD, DIED, PARKED
from services.hub.outbox import Outbox
from services.hub.plan import Staged
from services.hub.settings import Settings

STRIKES = 3
"""A message in whose handling, alone, the process died so often becomes a dead letter without another attempt."""
_WITHIN_S, _WITHIN_SHARE = 15.0, 0.1
"""What waits for the hub itself, for an order that is not known here yet, is left alone for so long at most, or for
that share of the time that it has waited: what it waits for comes unannounced. The outside, and a version that is not
known yet, are left alone for longer."""
_MOST_DOUBLINGS = 30


class GaveUpError(RuntimeError):
    """A message was parked as often as the settings allow, and still cannot be handled."""


class CrashedError(RuntimeError):
    """The process died each time it handled this message alone."""


class Failures:
    """Parks messages, writes dead letters, and keeps watch on those that may kill the process."""

    def __init__(self, outbox: Outbox, settings: Settings) -> None:
        self._outbox = outbox
        self._settings = settings
        self._log = logger(service=outbox.service)

    def groups(self, inputs: list[Input], strikes: dict[str, int]) -> list[list[Input]]:
        """Inputs as they are to be handled together: the unsuspected, the suspects, and each known culprit alone."""
        usual = [source for source in inputs if not source.suspect]
        suspects = [source for source in inputs if source.suspect and source.key not in strikes]
        alone = [source for source in inputs if source.suspect and source.key in strikes]
        for source in alone:
            source.alone = True
        return [group for group in (usual, suspects, *([source] for source in alone)) if group]

    def on_trial(self, standing: Standing, inputs: list[Input]) -> Standing:
        """What the lease is to say while suspects are handled."""
        return Standing(standing.seq, standing.holder, [source.key for source in inputs], standing.strikes)

    def acquit(self, standing: Standing, inputs: list[Input]) -> None:
        """These came back: the next commit says so."""
        standing.running = []
        for source in inputs:
            standing.strikes.pop(source.key, None)

    def check_strikes(self, source: Input, strikes: dict[str, int]) -> None:
        """See that handling this input has not ended the process too often.

        Raises:
            CrashedError: it has.
        """
        if source.alone and strikes.get(source.key, 0) >= STRIKES:
            msg = f"the process died {STRIKES} times while it handled this message alone"
            raise CrashedError(msg)

    def park(self, source: Input, later: Later, now: datetime) -> Staged:
        """Have the message come again after a while; after very many times it becomes a dead letter."""
        since, first = source.since or now, self._settings.park_first_s if later.delay_s is None else later.delay_s
        if source.attempt >= self._settings.park_attempts and now - since >= self._patience(first):
            return self.dead(source, GaveUpError(f"after {source.attempt} attempts: {later.reason}"), now)
        delay = self._pause_s(first, source.attempt)
        if source.outcome is None and source.fault is None:
            delay = min(delay, max(first, _WITHIN_S, _WITHIN_SHARE * (now - since).total_seconds()))
        delay = max(delay, later.not_before_s or 0.0)
        delay *= random.uniform(1.0, 1.4)  # noqa: S311  # spreads retries, keeps no secret
        parked = self._outbox.parked(source, later, since=since, due_at=now + timedelta(seconds=delay))

        def tell() -> None:
            PARKED.labels(self._outbox.service, source.handler.name).inc()
            self._log.info(
                "parked",
                handler=source.handler.name,
                message=source.key,
                order=source.correlation,
                reason=later.reason,
                delay_s=round(delay, 1),
                attempt=source.attempt + 1,
            )

        return Staged(source, Decision.nothing(), "parked", extra=[parked], tell=tell)

    def _pause_s(self, first: float, attempt: int) -> float:
        """How long the outside is left alone after so many attempts."""
        return min(first * 2.0 ** min(attempt, _MOST_DOUBLINGS), max(first, self._settings.park_longest_s))

    def _patience(self, first: float) -> timedelta:
        """How long all attempts take at that pace: nothing gives up sooner for being tried more often."""
        return timedelta(seconds=sum(self._pause_s(first, attempt) for attempt in range(self._settings.park_attempts)))

    def dead(self, source: Input, error: BaseException, now: datetime) -> Staged:
        """Lay the message aside for an operator, with all that is known of it."""

        def tell() -> None:
            DIED.labels(self._outbox.service, source.handler.name, type(error).__name__).inc()
            DEAD.labels(self._outbox.service).inc()
            self._log.error(
                "dead letter",
                handler=source.handler.name,
                message=source.key,
                order=source.correlation,
                error=type(error).__name__,
                detail=str(error)[:300],
            )

        return Staged(
            source,
            Decision.nothing(),
            "dead",
            events=self._outbox.died(source, error, now),
            extra=[self._outbox.letter(source, error, now)],
            tell=tell,
        )
