"""Asks several carriers at once what a parcel would cost; those that answer in time compete.

Reads are safe to repeat, so nothing is looked up. Each carrier is asked within limits of its own, beside those of its
purchases: one that hangs is cut off at the deadline, opens its circuit, and delays nobody after that.
"""

import asyncio
from collections.abc import Awaitable, Callable

from services.hub.decision import Done, Intent, Later, Outcome, Refused
from services.hub.effects import Limits
from services.shipping.carriers.answers import Offer, Rates, Shopped
from services.shipping.carriers.requests import SHOP, GetRates, ShopRates

Run = Callable[[Intent], Awaitable[Outcome | Later]]
IsOpen = Callable[[str, str], bool]
"""Whether the circuit of an adapter's operation is open."""


def asking(account: str) -> str:
    """The name under which an account is asked for rates."""
    return f"{account}-rates"


def limits(deadline_s: float, concurrency: int = 64) -> Limits:
    """Of an account as it is asked for rates: what comes after the deadline is of no use."""
    return Limits(timeout_s=deadline_s, concurrency=concurrency, attempts=1)


class RateShop:
    """Asks them all."""

    name = SHOP

    def __init__(self, run: Run, is_open: IsOpen, deadline_s: float) -> None:
        self._run = run
        self._is_open = is_open
        self._deadline_s = deadline_s

    async def call(self, operation: str, key: str, request: ShopRates) -> Shopped:
        """What the carriers offer that answer in time; this fails never."""
        accounts: dict[str, list[str]] = {}
        for one in request.asked:
            accounts.setdefault(one.adapter, []).append(one.carrier)
        calls = {
            asyncio.create_task(self._ask(operation, key, account, tuple(carriers), request.parcel)): carriers
            for account, carriers in accounts.items()
        }
        done, late = await asyncio.wait(calls, timeout=self._deadline_s)
        for call in late:
            call.cancel()
        late_ones = [carrier for call in late for carrier in calls[call]]
        told = [call.result() for call in done]
        avoid = [carrier for account, names in accounts.items() if self._is_open(account, "buy") for carrier in names]
        return Shopped(
            offers=tuple(offer for one in told for offer in one.offers),
            silent={
                **{carrier: why for one in told for carrier, why in one.silent.items()},
                **dict.fromkeys(late_ones, f"no answer within {self._deadline_s:g} s"),
            },
            down=(*(carrier for one in told for carrier in one.down), *late_ones),
            avoid=tuple(avoid),
        )

    async def look_up(self, operation: str, key: str, request: ShopRates) -> None:
        """Nothing: they are asked again."""

    async def _ask(
        self, operation: str, key: str, account: str, carriers: tuple[str, ...], parcel: GetRates
    ) -> Shopped:
        wanted = parcel.model_copy(update={"carriers": carriers})
        outcome = await self._run(Intent(asking(account), operation, f"{key}/{account}", wanted))
        match outcome:
            case Done(response=Rates() as rates):
                offers = tuple(_named(offer, carriers) for offer in rates.offers)
                offering = {offer.carrier for offer in offers}
                said = "; ".join(rates.silent) or "no-offer"
                return Shopped(offers=offers, silent={one: said for one in carriers if one not in offering})
            case Refused(code=code, detail=detail):
                return Shopped(silent=dict.fromkeys(carriers, f"{code} {detail}".strip()))
            case _:
                why = outcome.reason if isinstance(outcome, Later) else getattr(outcome, "detail", "no rates")
                return Shopped(silent=dict.fromkeys(carriers, why), down=carriers)


def _named(offer: Offer, carriers: tuple[str, ...]) -> Offer:
    """An offer under the carrier's name here: an account that speaks for one only says so with each."""
    return offer.model_copy(update={"carrier": carriers[0]}) if len(carriers) == 1 else offer
