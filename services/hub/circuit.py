"""How an outside system may be used, and the circuit breaker that keeps calls away from one that fails every time."""

from dataclasses import dataclass
from time import monotonic

_LONGEST_ASKED_S = 300.0
"""Nobody is left alone for longer than this, whatever they ask for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How an adapter may be used."""

    timeout_s: float = 20.0
    """A call that has taken so long is not waited for; nor is a free place."""
    concurrency: int = 64
    """Calls at a time, the adapter's own: what hangs here takes no place of another."""
    rate_per_s: float = 0.0
    """0: no limit."""
    attempts: int = 3
    """Tries in place before the message is parked."""
    patience_s: float = 1.0
    """A try in place is put off for as long as the adapter asked for, if that is no longer than this."""
    breaker_failures: int = 8
    """The circuit of an operation opens after so many failures in a row …"""
    breaker_rest_s: float = 5.0
    """… and lets one call through after so long; each time that its tries in place have failed, or nobody answered it,
    the circuit rests twice as long …"""
    breaker_longest_s: float = 15.0
    """… but no longer than this: a call now and then harms nobody, and who is back is to be asked soon."""


class Circuit:
    """Keeps calls away from an operation that fails every time.

    Closed, it lets everything through. Open, it lets nothing through while it rests; then one call, the probe, goes
    out. If the probe succeeds it closes; if it fails as often as a call is tried in place, it rests again, longer: of
    an outside that fails now and then one failure says little.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures = 0
        self._openings = 0
        """How often it opened since it was last closed; 0: it is closed."""
        self._rests_until = 0.0
        self._probing = False
        self._probes_failed = 0
        """Since it has rested."""

    @property
    def is_open(self) -> bool:
        """No call is to be made now."""
        return self._openings > 0 and (self._probing or monotonic() < self._rests_until)

    @property
    def is_closed(self) -> bool:
        """Every call may be made."""
        return self._openings == 0

    @property
    def wants_probe(self) -> bool:
        """It is open and has rested, and nobody is trying whether the operation works again."""
        return self._openings > 0 and not self.is_open

    @property
    def rest_s(self) -> float:
        """How long until it is worth asking again."""
        left = self._rests_until - monotonic()
        return left if left > 0 else self._limits.breaker_rest_s

    def enter(self) -> int:
        """A call begins; in an open circuit that has rested it is the probe. To be handed back when it ends."""
        self._probing = self._openings > 0
        return self._openings

    def leave(self, entered: int, *, failed: bool | None, rest_s: float | None = None, answered: bool = True) -> bool:
        """A call ended; whether the circuit opened by that.

        ``failed`` is none where it shows nothing: the call was not made, or was only asked to come more slowly.
        ``rest_s`` is what the other side asked for. Calls that began before the circuit opened say nothing new of it.
        A probe that was not ``answered`` took long enough.
        """
        if entered != self._openings:
            return False
        self._probing = False
        if failed is None:
            return False
        if not failed:
            self._failures = self._openings = self._probes_failed = 0
            return False
        self._failures += 1
        if self._openings == 0 and self._failures < self._limits.breaker_failures:
            return False
        self._probes_failed += self._openings > 0
        if 0 < self._probes_failed < self._limits.attempts and answered and not rest_s:
            return False
        self._probes_failed = 0
        rest = min(self._limits.breaker_rest_s * 2**self._openings, self._limits.breaker_longest_s)
        self._openings += 1
        self._rests_until = monotonic() + max(rest, min(rest_s or 0.0, _LONGEST_ASKED_S))
        return True
