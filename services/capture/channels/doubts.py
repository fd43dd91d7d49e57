"""Whether something was told to a channel that keeps no id of ours with it: by what it shows more of than before."""

import time
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from services.capture.channels.speaking import by_hand
from services.hub.effects import TransientError

_MOST = 1_000
_SHOWS_WITHIN_S = 30.0
"""What a channel does not show after so long, it was not told."""

_CLOCKS = timedelta(minutes=10)
"""A channel's clock and ours may be so far apart."""

T = TypeVar("T")


def was_before(at: datetime | None, asked_at: datetime | None) -> bool:
    """What a channel did at that time was before something was decided, and so not for that."""
    return at is not None and asked_at is not None and at < asked_at - _CLOCKS


class Doubts(Generic[T]):
    """What a channel showed before it was told something, by our keys.

    Whoever looks up what became of it compares. After a restart there is nothing to compare with: where what the
    channel shows may be ours or not, a person has to look, and nothing is told twice. Nor is it known when it was told:
    it may have been just before, so that it is waited for as long from when it was first looked up.
    """

    def __init__(self) -> None:
        self._before: dict[str, tuple[T, float]] = {}
        self._asked: dict[str, float] = {}
        """When it was first looked up what nothing is known of."""
        self._unclear: dict[str, str] = {}

    def note(self, key: str, shown: T) -> None:
        """Keep what the channel shows, before it is told."""
        self._before[key] = shown, time.monotonic()
        if len(self._before) > _MOST:
            del self._before[next(iter(self._before))]

    def before(self, key: str) -> T | None:
        """What it showed; none where nothing was told since the start."""
        return self._before[key][0] if key in self._before else None

    def wait(self, key: str) -> None:
        """See to it that what the channel does not show has not only just been told.

        Raises:
            TransientError: it has; the channel may show it a little later.
        """
        now = time.monotonic()
        told_at = self._before[key][1] if key in self._before else self._asked.setdefault(key, now)
        if len(self._asked) > _MOST:
            del self._asked[next(iter(self._asked))]
        left = told_at + _SHOWS_WITHIN_S - now
        if left > 0:
            msg = "the channel does not show it yet"
            raise TransientError(msg, left)

    def leave(self, key: str, what: str) -> None:
        """Nothing tells whether it was told: it is not to be told again."""
        self._unclear[key] = what

    def check(self, key: str) -> None:
        """See to it that it may be told.

        Raises:
            PermanentError: it may have been, and a person has to look.
        """
        if key in self._unclear:
            raise by_hand(self._unclear.pop(key))
