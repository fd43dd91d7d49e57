"""Going through lists of orders that change meanwhile, and putting together those of which a list says too little."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from services.hub.http import StatusError

_REMEMBERED = 2_000
_OF_THE_ORDER = frozenset({400, 404, 410, 422})
"""What an API says that it has nothing more about."""


class Memory:
    """Orders as they were put together last: one that is listed as it was before is not asked about again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()

    async def get(self, name: str, listed: Any, compose: Callable[[Any], Awaitable[bytes]]) -> bytes:
        """The order of this id, put together of how it is listed now.

        One of which the channel does not give the rest is as it is listed, for somebody to see: it keeps none of those
        back that are listed after it, and is asked about again when it is listed again.
        """
        digest = sha256(orjson.dumps(listed)).digest()
        known = self._known.get(name)
        if known is None or known[0] != digest:
            try:
                self._known[name] = known = (digest, await compose(listed))
            except StatusError as error:
                if error.status not in _OF_THE_ORDER:
                    raise
                return orjson.dumps(listed)
        self._known.move_to_end(name)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known[1]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a list has been gone through by number that is sorted by the ids of its entries.

    An id stays what it is, so that an order which changes meanwhile keeps its place, whatever moment it changed at, and
    however many others did at the same. What comes in moves the rest down, and some is seen twice. What leaves the
    list, such as an order that is deleted, moves the rest up: so each page begins with the last entry of the one
    before, and where it begins further on, the page before is asked for again.
    """

    offset: int = 0
    last: int = 0
    """The id that the page should begin with, or with one before it."""

    @classmethod
    def of(cls, page: str) -> "Place":
        """The place that `after` wrote down; the beginning where nothing is."""
        return cls(*map(int, page.split("|"))) if page else cls()

    def after(self, ids: Sequence[int], full: int) -> str:
        """Where to go on after a page of these; empty: it was the last one. ``full`` is how many one may have."""
        if self.offset and (not ids or ids[0] > self.last):
            return f"{max(0, self.offset - full)}|{self.last}"
        return f"{self.offset + full - 1}|{ids[-1]}" if len(ids) == full else ""


@dataclass(frozen=True, slots=True)
class Until:
    """How far a list has been gone through of what changed up to a moment: entries leave it, and none comes in.

    One that changes meanwhile has left, and all behind it have moved up: as many as the list has shrunk by are asked
    for again.
    """

    until: str
    """The moment, as the API writes it."""
    offset: int = 0
    total: int = 0
    """How many there were when the last page was asked for."""

    @classmethod
    def of(cls, page: str, until: str) -> "Until":
        """The place that `after` wrote down; the beginning of the list up to a moment where nothing is."""
        if not page:
            return cls(until)
        moment, offset, total = page.split("|")
        return cls(moment, int(offset), int(total))

    def after(self, listed: int, total: int) -> str:
        """Where to go on; empty: nowhere."""
        gone = min(self.offset, max(0, self.total - total))
        onward = self.offset - gone if gone else self.offset + listed
        return f"{self.until}|{onward}|{total}" if onward < total and (listed or gone) else ""


@dataclass(frozen=True, slots=True)
class Turn:
    """Which of several lists is gone through, one after the other, and how far."""

    number: int = 0
    token: str = ""
    """Where this one goes on, in the API's words; empty: it begins."""

    @classmethod
    def of(cls, page: str) -> "Turn":
        """The turn that `after` wrote down; the first where nothing is."""
        number, _, token = page.partition("|")
        return cls(int(number or 0), token)

    def after(self, token: str, lists: int) -> str:
        """Where to go on, after a page that says that its list goes on there; empty: that was the last of them."""
        if token:
            return f"{self.number}|{token}"
        return f"{self.number + 1}|" if self.number + 1 < lists else ""
