"""Going through lists of orders that change meanwhile, and putting together those of which a list says too little."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
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
        back that are listed after it.
        """
        digest = sha256(orjson.dumps(listed)).digest()
        known = self._known.get(name)
        if known is None or known[0] != digest:
            self._known[name] = known = (digest, await self._whole(listed, compose))
        self._known.move_to_end(name)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known[1]

    async def _whole(self, listed: Any, compose: Callable[[Any], Awaitable[bytes]]) -> bytes:
        try:
            return await compose(listed)
        except StatusError as error:
            if error.status not in _OF_THE_ORDER:
                raise
            return orjson.dumps(listed)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a list has been gone through that is sorted by when its entries changed, the oldest first.

    Pages are not counted on from the beginning: an order that changes meanwhile goes to the end, and all that follow
    move up. The next page begins at the moment that the last one ended with; only what changed at the very same moment
    is counted.
    """

    since: str
    """As the API writes moments, in an order that is theirs."""
    number: int = 1
    """The page, from that moment on."""

    @classmethod
    def of(cls, page: str, since: str) -> "Place":
        """The place that `after` wrote down; ``since`` where nothing is."""
        moment, _, number = page.rpartition("|")
        return cls(moment, int(number)) if moment else cls(since)

    def after(self, last: str) -> str:
        """Where to go on after a full page whose last entry changed at this moment."""
        return f"{last}|1" if last > self.since else f"{self.since}|{self.number + 1}"
