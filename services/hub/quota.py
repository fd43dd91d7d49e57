"""How many calls an outside system still takes, as its answers say: callers are slowed before they are refused.

Each API tells it in headers of its own. A reader of headers makes an `Allowance` of them; a `Quota` keeps what was said
last and has callers wait for their turn.
"""

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from services.hub.effects import ThrottledError
from services.hub.metrics import SLOWED

LONGEST_S = 900.0
"""Nobody is waited for longer than this, whatever they ask: then they are asked again."""
_EPOCH = 1e9
"""A reset beyond this is a moment, in seconds since 1970; below it, seconds from now."""

Headers = Mapping[str, str]
"""Of an answer; names are found in any case."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an answer says of the limit that the call counted against; none where it does not say."""

    remaining: float | None = None
    """Calls left."""
    limit: float | None = None
    """Calls at most."""
    renews_in_s: float | None = None
    """All of them are there again after so long."""
    rate_per_s: float | None = None
    """They come back one by one, so many a second."""


ReadHeaders = Callable[[Headers], Allowance | None]


def asked_to_wait(headers: Headers) -> float | None:
    """``Retry-After`` in seconds, whether it gives seconds or a date (RFC 9110, 10.2.3); none if it says nothing.

    A date is taken relative to the answer's own ``Date``, so that clocks need not agree.
    """
    said = headers.get("retry-after", "").strip()
    seconds = _number(said)
    if seconds is None and said:
        until, now = _moment(said), _moment(headers.get("date", "")) or datetime.now(UTC)
        seconds = (until - now).total_seconds() if until else None
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_S)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def by_names(remaining: str, limit: str = "", renews: str = "", unit_s: float = 1.0) -> ReadHeaders:
    """Reads three headers; what renews is given in units of so many seconds from now, or as a moment since 1970."""

    def read(headers: Headers) -> Allowance | None:
        left = _number(headers.get(remaining, ""))
        if left is None:
            return None
        until = _number(headers.get(renews, ""))
        if until is not None:
            until = until * unit_s - time.time() if until * unit_s > _EPOCH else until * unit_s
        return Allowance(left, _number(headers.get(limit, "")), until)

    return read


def used_of(name: str, empties_in_s: float) -> ReadHeaders:
    """Reads ``32/40``: 32 of 40 places of a bucket are taken, which empties within so long."""

    def read(headers: Headers) -> Allowance | None:
        used, _, size = headers.get(name, "").partition("/")
        taken, limit = _number(used), _number(size)
        if taken is None or not limit:
            return None
        return Allowance(limit - taken, limit, rate_per_s=limit / empties_in_s)

    return read


def steady(name: str) -> ReadHeaders:
    """Reads a rate in calls a second."""

    def read(headers: Headers) -> Allowance | None:
        rate = _number(headers.get(name, ""))
        return Allowance(rate_per_s=rate) if rate else None

    return read


_PART = re.compile(r"(?:^|[;,\s])(limit|remaining|reset|q|r|t|w)\s*=\s*(\d+)")


def ietf(headers: Headers) -> Allowance | None:
    """Reads ``RateLimit`` (the IETF's draft, in its old and its new form), else ``RateLimit-…`` or ``X-RateLimit-…``.

    Of several limits the one that has the fewest calls left counts.
    """
    said = headers.get("ratelimit", "")
    if not said:
        return _RATELIMIT(headers) or _X_RATELIMIT(headers)
    found: list[Allowance] = []
    for item in said.split(",") if '"' in said else [said]:
        parts = {name: float(number) for name, number in _PART.findall(item)}
        left = parts.get("remaining", parts.get("r"))
        if left is not None:
            found.append(Allowance(left, parts.get("limit"), parts.get("reset", parts.get("t"))))
    return min(found, key=lambda one: one.remaining or 0.0, default=None)


_RATELIMIT = by_names("ratelimit-remaining", "ratelimit-limit", "ratelimit-reset")
_X_RATELIMIT = by_names("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset")


@dataclass(slots=True)
class _Bucket:
    """Calls that may be made now, as far as is known."""

    left: float = math.inf
    limit: float = math.inf
    rate_per_s: float = 0.0
    renews_at: float = math.inf
    closed_until: float = 0.0
    under_way: int = 0
    at: float = field(default_factory=time.monotonic)

    def wait_s(self) -> float:
        """How long until the next call may go out."""
        now = time.monotonic()
        if self.rate_per_s:
            self.left = min(self.limit, self.left + self.rate_per_s * (now - self.at))
        if now >= self.renews_at:
            self.left, self.renews_at = self.limit, math.inf
        self.at = now
        wait = max(0.0, self.closed_until - now)
        if self.left >= 1:
            return wait
        if self.rate_per_s:
            return max(wait, (1 - self.left) / self.rate_per_s)
        return wait if self.renews_at == math.inf else max(wait, self.renews_at - now)

    def learn(self, said: Allowance) -> None:
        """Take what an answer says for what is so, less the calls whose answers are still to come."""
        now = time.monotonic()
        if said.limit is not None:
            self.limit = said.limit
        if said.rate_per_s is not None:
            self.rate_per_s = said.rate_per_s
            if self.limit == math.inf:
                self.limit = self.left = max(1.0, said.rate_per_s)
        if said.remaining is not None:
            self.left, self.at = said.remaining - self.under_way, now
            self.renews_at = math.inf if said.renews_in_s is None else now + min(max(0.0, said.renews_in_s), LONGEST_S)


class Quota:
    """The limits of one outside system, or of each of its operations."""

    def __init__(
        self, read: ReadHeaders = ietf, *, per_operation: bool = False, rate_per_s: float = 0.0, patience_s: float = 2.0
    ) -> None:
        """``rate_per_s`` is what is known beforehand; a turn that is further off than ``patience_s`` is refused."""
        self._read = read
        self._per_operation = per_operation
        self._known = Allowance(rate_per_s=rate_per_s or None)
        self._patience_s = patience_s
        self._buckets: dict[str, _Bucket] = {}

    def _bucket(self, operation: str) -> _Bucket:
        name = operation if self._per_operation else ""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket()
            bucket.learn(self._known)
        return bucket

    @asynccontextmanager
    async def turn(self, adapter: str, operation: str) -> AsyncIterator[None]:
        """Wait for a call's turn, and have it.

        Raises:
            ThrottledError: that would take too long.
        """
        bucket = self._bucket(operation)
        patient_until = time.monotonic() + self._patience_s
        while (wait := bucket.wait_s()) > 0:
            if time.monotonic() + wait > patient_until:
                msg = f"{adapter}: its limit for {operation} is used up"
                raise ThrottledError(msg, wait)
            SLOWED.labels(adapter).inc(wait)
            await asyncio.sleep(wait)
        bucket.left -= 1
        bucket.under_way += 1
        try:
            yield
        finally:
            bucket.under_way -= 1

    def heard(self, operation: str, headers: Headers) -> None:
        """Learn from the headers of an answer. Its own turn is still under way."""
        said = self._read(headers)
        if said is not None:
            self.told(operation, said)

    def told(self, operation: str, said: Allowance) -> None:
        """Learn what was said elsewhere, for instance in an answer's body."""
        bucket = self._bucket(operation)
        bucket.under_way -= 1  # the call that brought this has been counted by whoever says it
        bucket.learn(said)
        bucket.under_way += 1

    def close(self, operation: str, seconds: float) -> None:
        """Let nothing out for so long."""
        bucket = self._bucket(operation)
        bucket.closed_until = max(bucket.closed_until, time.monotonic() + seconds)
