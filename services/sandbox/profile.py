"""How badly the outside behaves."""

from enum import StrEnum
from random import Random

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat


class Fault(StrEnum):
    """What goes wrong with a request."""

    LATENCY = "latency"
    """The answer is right, and late."""
    RATE_LIMIT = "429"
    """Refused with Retry-After; nothing was done."""
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_503 = "503"
    HANG = "hang"
    """No answer, and nothing was done."""
    RESET = "reset"
    """The connection is reset before anything was done."""
    LOST_ANSWER = "lost-answer"
    """The work was done, and the answer never comes."""
    TRUNCATED = "truncated"
    """The work was done, and the answer is cut in the middle."""
    GARBAGE = "garbage"
    """The work was done, and the answer is a proxy's page with status 200."""
    EXPIRED = "expired"
    """The access token is not valid any more; nothing was done."""
    OUTAGE = "outage"
    """Everything is down for a while; nothing was done."""


class HookFault(StrEnum):
    """What goes wrong with a webhook."""

    DUPLICATE = "webhook-duplicate"
    REORDERED = "webhook-reordered"
    LOST = "webhook-lost"


_MIX: dict[Fault, int] = {
    Fault.LATENCY: 20, Fault.RATE_LIMIT: 20, Fault.ERROR_500: 8, Fault.ERROR_502: 8, Fault.ERROR_503: 12,
    Fault.HANG: 5, Fault.RESET: 8, Fault.LOST_ANSWER: 7, Fault.TRUNCATED: 5, Fault.GARBAGE: 4, Fault.EXPIRED: 3,
}  # fmt: skip
"""Of a hundred requests that fail, so many fail so."""


class Profile(BaseModel):
    """How much goes wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "none"
    seed: int = 1
    share: NonNegativeFloat = 0.0
    """Of all requests, and of all webhooks."""
    hang_s: PositiveFloat = 20.0
    """How long a request that is not answered is held."""
    latency_s: PositiveFloat = 1.0
    """Most that an answer is late."""
    retry_after_s: PositiveFloat = 1.0
    outage_every_s: NonNegativeFloat = 0.0
    """Each API in its turn is down once in so many seconds; 0: none is."""
    outage_s: NonNegativeFloat = 0.0
    """For so long."""

    def fault(self, api: str, number: int) -> Fault | None:
        """What goes wrong with the n-th request to an API; the same for the same seed."""
        if not self.share:
            return None
        rng = Random(f"{self.seed}:{api}:{number}")  # noqa: S311  # repeatable, not secret
        if rng.random() >= self.share:
            return None
        return rng.choices(list(_MIX), weights=list(_MIX.values()))[0]

    def hook_fault(self, api: str, number: int) -> HookFault | None:
        """What goes wrong with the n-th webhook of an API; the same for the same seed."""
        if not self.share:
            return None
        rng = Random(f"{self.seed}:{api}:hook:{number}")  # noqa: S311  # repeatable, not secret
        return rng.choice(list(HookFault)) if rng.random() < self.share else None

    def is_down(self, place: int, of: int, elapsed_s: float) -> bool:
        """Whether the API at this place among so many is down, so long after the start: one after the other."""
        if not self.outage_every_s:
            return False
        begins_s = self.outage_every_s * (place + 0.5) / max(1, of)
        return 0 <= (elapsed_s - begins_s) % self.outage_every_s < self.outage_s


PROFILES: dict[str, Profile] = {
    "none": Profile(),
    "flaky": Profile(name="flaky", share=0.05),
    "storm": Profile(name="storm", share=0.4, outage_every_s=30.0, outage_s=5.0),
}
"""By name."""
