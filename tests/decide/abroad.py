"""Calls to carriers that are under way, and carriers that do a thing once for each key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.hub.decision import Decision, Done, Intent, Outcome, Refused
from services.shipping.carriers import BuyLabel, Offer, Voided
from services.shipping.carriers.answers import Shopped
from services.shipping.carriers.requests import ShopRates
from tests.builders import parcel


@dataclass(frozen=True, eq=False)
class Input:
    """A message on its way through its handler: decided first, and settled by the answer to its call."""

    decide: Callable[..., Decision]
    settle: Callable[..., Decision] | None
    message: Any


class Carriers:
    """The outside: does a thing once for each key, and remembers it."""

    def __init__(self) -> None:
        self.answers: dict[str, Outcome] = {}
        self.live: dict[str, int] = {}
        """Labels that were bought and not given back: tracking number → number of the parcel."""

    def do(self, intent: Intent) -> Outcome:
        if isinstance(intent.request, ShopRates):
            price = parcel().cost
            offers = [Offer(carrier=one.carrier, service="standard", cost=price) for one in intent.request.asked]
            return Done(Shopped(offers=tuple(offers)), key=intent.key)
        if intent.key not in self.answers:
            if isinstance(intent.request, BuyLabel):
                number = f"XD{len(self.answers)}"
                self.live[number] = intent.request.parcel
                self.answers[intent.key] = Done(parcel(number, intent.request.carrier), key=intent.key)
            else:
                number = intent.request.tracking_number
                del self.live[number]
                self.answers[intent.key] = Done(Voided(tracking_number=number), key=intent.key)
        return self.answers[intent.key]

    def refuse(self, intent: Intent) -> Outcome:
        return self.answers.setdefault(intent.key, Refused("not-served", key=intent.key))
