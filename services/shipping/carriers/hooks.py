"""Carriers that tell of parcels by themselves: who signed a webhook, and what it says."""

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from services.shipping.carriers.answers import Tracked


class SignatureError(ValueError):
    """A webhook is not signed as it has to be; nothing of it is to be believed."""


class Check(Protocol):
    """Tells whether a carrier sent a webhook."""

    def __call__(
        self, headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, path: str, now: datetime
    ) -> None:
        """See that it did, with any of these secrets, so that one can be replaced by another without a gap.

        Header names are in lower case.

        Raises:
            SignatureError: it is not signed so, not for this path, or not now.
        """


@dataclass(frozen=True, slots=True)
class CarrierHooks:
    """How the webhooks of one kind of account are taken."""

    check: Check
    heard: Callable[[bytes], Sequence[Tracked]]
    """What a webhook says of parcels; nothing: it is about something else. ValueError: it cannot be read."""


def is_any_of(made: Iterable[str], wanted: str) -> bool:
    """Whether it is one of these; it takes as long whichever it is."""
    same = sum(hmac.compare_digest(one.encode(), wanted.encode()) for one in made)
    return bool(wanted and same)


@cache
def hooks_of(kind: str) -> CarrierHooks | None:
    """How an account of this kind tells of parcels by itself; none: it does not, or signs nothing."""
    match kind:
        case "easypost":
            from services.shipping.carriers.easypost import hooks  # noqa: PLC0415  # they import this

            return CarrierHooks(hooks.check, hooks.heard)
        case "fedex":
            from services.shipping.carriers.karrio import fedex_hooks  # noqa: PLC0415  # an extra

            return CarrierHooks(fedex_hooks.check, fedex_hooks.heard)
        case "usps":
            from services.shipping.carriers.karrio import usps_hooks  # noqa: PLC0415  # likewise

            return CarrierHooks(usps_hooks.check, usps_hooks.heard)
        case _:
            return None
