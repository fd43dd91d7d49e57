"""What the sandboxed carriers have in common: tokens, labels that are sold, charged, taken back and followed."""

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from services.sandbox import labels
from services.sandbox.api import Emit, now

_TOKEN_S = 3600
STEPS = ("created", "picked_up", "in_transit", "out_for_delivery", "delivered", "exception", "returned")
"""What can happen to a parcel; each carrier writes it by its own codes."""


@dataclass(slots=True)
class Parcel:
    """A label that was sold."""

    number: str
    reference: str
    service: str
    charged_minor: int
    pieces: list[str]
    """Tracking numbers, the master's first."""
    voided: bool = False
    events: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def step(self) -> str:
        """What happened last."""
        return self.events[-1][0]


def label(number: str, kind: str) -> str:
    """A label in base 64, as the APIs answer it."""
    return b64encode(labels.label(number, kind)).decode()


class Depot:
    """A carrier's books."""

    def __init__(self, number: Callable[[int], str]) -> None:
        self.emit: Emit = lambda *_: None
        self.parcels: dict[str, Parcel] = {}
        self.pickups: dict[str, bool] = {}
        """By number: whether somebody comes."""
        self.manifests: dict[str, list[str]] = {}
        """By number: the tracking numbers that stand in it."""
        self._tokens: dict[str, float] = {}
        self._numbers = count(1)
        self._number = number

    def token(self) -> str:
        """A new access token."""
        token = f"sandbox-token-{next(self._numbers)}"
        self._tokens[token] = time.monotonic() + _TOKEN_S
        return token

    def knows(self, token: str) -> bool:
        """Whether an access token is valid."""
        return self._tokens.get(token, 0.0) > time.monotonic()

    def expire_tokens(self) -> None:
        """No access token is valid any more."""
        self._tokens.clear()

    def sell(self, reference: str, service: str, charged_minor: int, pieces: int = 1) -> Parcel:
        """Sell a label for each piece, and charge for them."""
        numbers = [self._number(next(self._numbers)) for _ in range(max(1, pieces))]
        made = Parcel(numbers[0], reference, service, charged_minor, numbers, events=[("created", now())])
        self.parcels[made.number] = made
        return made

    def find(self, number: str) -> Parcel | None:
        """The shipment that one of these tracking numbers belongs to."""
        return next((one for one in self.parcels.values() if number in one.pieces), None)

    def by_reference(self, reference: str) -> list[Parcel]:
        """The shipments under a shipper's own reference."""
        return [one for one in self.parcels.values() if reference and one.reference == reference]

    def void(self, number: str) -> str:
        """Take a label back; why not, or nothing."""
        known = self.find(number)
        if known is None:
            return "unknown"
        if known.voided:
            return "voided"
        if known.step != "created":
            return "used"
        known.voided = True
        return ""

    def book(self) -> str:
        """Come for parcels; the number of the pickup."""
        number = f"P{len(self.pickups) + 1:08d}"
        self.pickups[number] = True
        return number

    def call_off(self, number: str) -> bool:
        """Do not come; whether anybody was to."""
        was_booked = self.pickups.get(number, False)
        if was_booked:
            self.pickups[number] = False
        return was_booked

    def close(self, numbers: list[str]) -> str:
        """Put parcels into a manifest; its number, or none where one of them is not there, voided, or in another."""
        known = [self.find(number) for number in numbers]
        taken = {number for closed in self.manifests.values() for number in closed}
        if not numbers or any(one is None or one.voided for one in known) or taken & set(numbers):
            return ""
        number = f"M{len(self.manifests) + 1:08d}"
        self.manifests[number] = numbers
        return number

    def state(self) -> dict[str, Any]:
        """Labels bought, taken back, and the money that they cost; double ones are open under one reference."""
        open_ = [one for one in self.parcels.values() if not one.voided]
        return {
            "labels_bought": len(self.parcels),
            "labels_voided": len(self.parcels) - len(open_),
            "labels_open": len(open_),
            "labels_double": len(open_) - len({one.reference or one.number for one in open_}),
            "charged_minor": sum(one.charged_minor for one in self.parcels.values()),
            "refunded_minor": sum(one.charged_minor for one in self.parcels.values() if one.voided),
            "pickups_booked": len(self.pickups),
            "pickups_cancelled": sum(1 for comes in self.pickups.values() if not comes),
            "manifests": [{"number": number, "pieces": pieces} for number, pieces in self.manifests.items()],
            "labels": [
                {"number": one.number, "pieces": one.pieces, "reference": one.reference, "service": one.service,
                 "charged_minor": one.charged_minor, "voided": one.voided, "step": one.step}
                for one in self.parcels.values()
            ],
        }  # fmt: skip

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """``track`` {number, step}: news of a parcel.

        ``move`` {numbers, steps}: these parcels, or all that have a label, go through that.
        """
        if "track" in wanted:
            self._move(wanted["track"]["number"], _step(wanted["track"]["step"]))
        if "move" in wanted:
            steps = [_step(step) for step in wanted["move"]["steps"]]
            for number in wanted["move"].get("numbers") or [*self.parcels]:
                for step in steps:
                    self._move(number, step)
        return {"parcels": len(self.parcels)}

    def _move(self, number: str, step: str) -> None:
        """A scan, a second after the last at least: they are told to the second."""
        known = self.find(number)
        if known is None:
            msg = f"no parcel {number}"
            raise ValueError(msg)
        known.events.append((step, max(now(), known.events[-1][1] + timedelta(seconds=1))))


def _step(wanted: str) -> str:
    if wanted not in STEPS:
        msg = f"no step {wanted}; there are: {', '.join(STEPS)}"
        raise ValueError(msg)
    return wanted


def price(service_minor: int, grams: float) -> int:
    """What a parcel costs: so much for each kilogram begun."""
    return service_minor * max(1, -(-int(grams) // 1000))


def to_grams(weight: Any, unit: str) -> float:
    """A weight in grams."""
    return float(weight or 1) * {"KG": 1000, "KGS": 1000, "LB": 453.592, "LBS": 453.592, "OZS": 28.35}.get(
        unit.upper(), 1000
    )
