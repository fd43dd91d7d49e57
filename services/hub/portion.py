"""How much of what gives way to others goes into one round: as much as takes a while that others can wait for.

What is replayed or parked comes by the thousand, and costs whatever its handlers cost on this machine. So the portion
follows what the rounds before took, rather than being a number.
"""

from itertools import accumulate, takewhile
from typing import Any

from services.hub.inputs import Input

BESIDE_S, ALONE_S = 0.06, 0.12
"""So long a round may take with something in it that is new, and with nothing: what comes in waits for one round, and
has one of its own."""
_LEAST, _FIRST, _MOST = 32, 75, 125
"""Weight of a portion beside others; alone it may be twice that."""
_CHANGE = 1.5
"""At most so much a portion grows or shrinks at a time: a round may have been slow for reasons of its own."""


class Portion:
    """The portion of one partition."""

    def __init__(self) -> None:
        self._room = float(_FIRST)
        self._goal_s = 0.0
        self._is_full = False

    def take(self, yielding: list[tuple[Input, Any]], *, beside: bool) -> list[tuple[Input, Any]]:
        """Remove from the front what goes into the next round, with others or alone; at least one, if there is any."""
        self._goal_s, most = (BESIDE_S, self._room) if beside else (ALONE_S, 2 * self._room)
        sums = list(takewhile(lambda weight: weight <= most, accumulate(source.weight for source, _ in yielding)))
        self._is_full = bool(sums) and sums[-1] > most / 2
        count = max(1, len(sums))
        taken, yielding[:count] = yielding[:count], []
        return taken

    def took(self, seconds: float) -> None:
        """So long the round took; one that was far from full says nothing."""
        if self._is_full:
            change = min(max(self._goal_s / max(seconds, 0.001), 1 / _CHANGE), _CHANGE)
            self._room = min(max(self._room * change, _LEAST), _MOST)
