"""Several carriers are asked at once what a parcel would cost; those that answer in time compete."""

import asyncio
import time
from typing import Any

from crossdock_contracts.values import Money
from services.hub.decision import Done, Intent
from services.hub.effects import Effects, Limits, PermanentError, TransientError
from services.shipping.carriers import GetRates, Offer, Rates
from services.shipping.carriers.answers import Shopped
from services.shipping.carriers.desk import AskDesk
from services.shipping.carriers.requests import SHOP, Asked, ShopRates
from services.shipping.carriers.shop import RateShop, asking, limits
from tests.adapters.parcels import WAREHOUSE
from tests.builders import BERLIN

DEADLINE_S = 0.15


def offer(carrier: str, minor: int) -> Offer:
    return Offer(carrier=carrier, service="standard", cost=Money(amount_minor=minor, currency="EUR"))


class Carrier:
    """Answers as it is told, and counts how often it was asked."""

    def __init__(self, name: str, answer: Any) -> None:
        self.name = name
        self.answer = answer
        self.asked: list[tuple[str, ...]] = []

    async def call(self, operation: str, key: str, request: object) -> Any:
        del operation, key
        assert isinstance(request, GetRates)
        self.asked.append(request.carriers)
        if self.answer == "hangs":
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def look_up(self, operation: str, key: str, request: object) -> None: ...


def house(*carriers: Carrier) -> Effects:
    effects = Effects("shipping")
    for carrier in carriers:
        effects.add(carrier, Limits(breaker_failures=1))
        effects.add(AskDesk(asking(carrier.name), carrier.call), limits(DEADLINE_S))
    effects.add(RateShop(effects.run, effects.is_open, DEADLINE_S), Limits(attempts=1))
    return effects


async def ask(effects: Effects, *asked: tuple[str, str], key: str = "k") -> Shopped:
    """Ask these carriers, each through its account."""
    parcel = GetRates(ship_from=WAREHOUSE, ship_to=BERLIN, weight_g=1200)
    wanted = ShopRates(
        parcel=parcel, asked=tuple(Asked(carrier=carrier, adapter=account) for carrier, account in asked)
    )
    outcome = await effects.run(Intent(SHOP, "rate", key, wanted))
    assert isinstance(outcome, Done)
    assert isinstance(outcome.response, Shopped)
    return outcome.response


async def test_carriers_are_asked_at_the_same_time_and_their_offers_bear_their_names_here() -> None:
    ups, dhl = Carrier("ups", Rates(offers=(offer("u", 500),))), Carrier("dhl", Rates(offers=(offer("d", 400),)))
    told = await ask(house(ups, dhl), ("ups-eu", "ups"), ("dhl-eu", "dhl"))
    assert {(one.carrier, one.cost.amount_minor) for one in told.offers} == {("ups-eu", 500), ("dhl-eu", 400)}
    assert (dict(told.silent), told.down, told.avoid) == ({}, (), ())


async def test_an_account_that_speaks_for_several_is_asked_once() -> None:
    ep = Carrier("ep", Rates(offers=(offer("usps", 500), offer("fedex", 700)), silent=("dhl: no account",)))
    told = await ask(house(ep), ("usps", "ep"), ("fedex", "ep"), ("dhl", "ep"))
    assert ep.asked == [("usps", "fedex", "dhl")]
    assert [one.carrier for one in told.offers] == ["usps", "fedex"]
    assert (dict(told.silent), told.down) == ({"dhl": "dhl: no account"}, ())


async def test_one_that_does_not_answer_by_the_deadline_does_not_compete() -> None:
    effects = house(Carrier("slow", "hangs"), Carrier("quick", Rates(offers=(offer("q", 400),))))
    started = time.monotonic()
    told = await ask(effects, ("slow", "slow"), ("quick", "quick"))
    assert time.monotonic() - started < 3 * DEADLINE_S
    assert [one.carrier for one in told.offers] == ["quick"]
    assert (told.down, told.silent["slow"]) == (("slow",), told.silent["slow"])
    assert "answer within 0.15 s" in told.silent["slow"]


async def test_one_that_hangs_time_and_again_delays_nobody_any_more() -> None:
    slow = Carrier("slow", "hangs")
    effects = house(slow)
    await asyncio.gather(*(ask(effects, ("slow", "slow"), key=f"k{n}") for n in range(8)))
    while not effects.is_open("slow-rates"):  # noqa: ASYNC110  # the last of them may be a moment behind
        await asyncio.sleep(0.01)
    before, started = len(slow.asked), time.monotonic()
    told = await ask(effects, ("slow", "slow"), key="after")
    assert time.monotonic() - started < DEADLINE_S
    assert (len(slow.asked), "circuit open" in told.silent["slow"]) == (before, True)
    assert not effects.is_open("slow", "buy"), "what does not rate may still sell"


async def test_a_refusal_is_told_and_is_no_outage() -> None:
    effects = house(Carrier("no", PermanentError("not-served", "no such place")), Carrier("out", TransientError("out")))
    told = await ask(effects, ("no", "no"), ("out", "out"), ("nobody", "nobody"))
    assert told.silent["no"] == "not-served no such place"
    assert told.silent["nobody"].startswith("unknown-adapter")
    assert told.down == ("out",)


async def test_carriers_whose_purchases_fail_are_named() -> None:
    effects = house(Carrier("ups", TransientError("out of order")))
    await effects.run(Intent("ups", "buy", "b", GetRates(ship_from=WAREHOUSE, ship_to=BERLIN, weight_g=1)))
    assert (await ask(effects, ("ups-eu", "ups"))).avoid == ("ups-eu",)
