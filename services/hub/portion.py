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
_BESIDE, _ALONE = (32, 125), (125, 250)
"""Least and greatest weight of a portion: alone it is never so small that rounds are most of the work."""
_CHANGE = 1.5
"""At most so much a portion grows or shrinks at a time: a round may have been slow for reasons of its own."""


class Portion:
    """The portion of one partition."""

    def __init__(self) -> None:
        self._rooms = {True: sum(_BESIDE) / 2, False: sum(_ALONE) / 2}
        self._beside = self._is_full = False

    def take(self, yielding: list[tuple[Input, Any]], *, beside: bool) -> list[tuple[Input, Any]]:
        """Remove from the front what goes into the next round, with others or alone; at least one, if there is any."""
        self._beside, most = beside, self._rooms[beside]
        sums = list(takewhile(lambda weight: weight <= most, accumulate(source.weight for source, _ in yielding)))
        count = max(1, len(sums))
        taken, yielding[:count] = yielding[:count], []
        self._is_full = sum(source.weight for source, _ in taken) > most / 2
        return taken

    def took(self, seconds: float) -> None:
        """So long the round took; one that was far from full says nothing."""
        if self._is_full:
            goal_s, (least, most) = (BESIDE_S, _BESIDE) if self._beside else (ALONE_S, _ALONE)
            change = min(max(goal_s / max(seconds, 0.001), 1 / _CHANGE), _CHANGE)
            self._rooms[self._beside] = min(max(self._rooms[self._beside] * change, least), most)
