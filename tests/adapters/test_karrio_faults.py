"""Whatever a carrier does, by seed: no parcel has two labels, and what was bought is known, given back, or held."""

import random
from dataclasses import replace

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from services.hub.decision import Done, Failed, Intent, Later, Outcome, Refused, Unsettled
from services.hub.effects import Effects, Limits
from services.shipping.carriers import VoidLabel
from services.shipping.carriers.karrio import Karrio
from tests.adapters.karrio_calls import ALL, BUY, REFUSED, label
from tests.adapters.karrio_house import House, carrier
from tests.adapters.outside import CLOSE, RESET, Say, answer, truncated

LOOK_UP = {
    "ups": "POST /api/labels/v1/recovery",
    "fedex": "POST /track/v1/referencenumbers",
    "dhl-express": "GET /tracking",
    "usps": "POST /labels/v3/label-reprint",
}
BROKEN: tuple[Say, ...] = (CLOSE, RESET, truncated(), answer(500), answer(502), answer(504), answer(200, b"<html>"))
"""What may come in place of an answer to something that was done. 503 says that nothing was."""
NOTHING_DONE: tuple[Say, ...] = (answer(503), answer(429, {}, Retry_After=0))
_MOST_TRIES = 20


def misbehaves(house: House, luck: random.Random) -> None:
    """What is going to go wrong with the next calls: before they are done, after, and while they are looked up."""
    name = house.carrier
    if luck.random() < 0.4:
        house.faults.setdefault(BUY[name], []).extend(luck.choices(NOTHING_DONE, k=luck.randint(1, 3)))
    if luck.random() < 0.1:
        house.faults.setdefault(BUY[name], []).append(answer(400, REFUSED[name]))
    if luck.random() < 0.6:
        house.lost.setdefault(BUY[name], []).extend(luck.choices(BROKEN, k=luck.randint(1, 2)))
    if luck.random() < 0.5:
        house.faults.setdefault(LOOK_UP[name], []).extend(luck.choices(BROKEN, k=luck.randint(1, 2)))


async def seen_through(effects: Effects, intent: Intent, adapter: Karrio, luck: random.Random) -> Outcome:
    """The call, and after it the looking up, until it is settled; now and then the process dies in between."""
    for _ in range(_MOST_TRIES):
        outcome = await effects.run(intent)
        if not isinstance(outcome, Later):
            return outcome
        intent = replace(intent, resumed=True)
        if luck.random() < 0.3:
            adapter._sold.clear()
    pytest.fail("it is never settled")


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ALL)
async def test_no_parcel_has_two_labels_whatever_the_carrier_does(name: str, seed: int) -> None:
    luck = random.Random(seed)  # to be repeated
    async with carrier(name) as (adapter, house, _):
        effects = Effects("shipping")
        effects.add(adapter, Limits(breaker_failures=1000))
        misbehaves(house, luck)
        intent = Intent(name, "buy", f"label:{seed}", label(name, formats=("zpl",)))
        outcome = await seen_through(effects, intent, adapter, luck)
        live = [number for number in house.bought if number not in house.voided]
        match outcome:
            case Done(response=sold):
                assert live == [sold.tracking_number]
                house.faults.clear()
                back = VoidLabel(carrier=name, tracking_number=sold.tracking_number, handle=sold.handle)
                assert isinstance(await effects.run(Intent(name, "void", f"void:{seed}", back)), Done)
                assert name == "dhl-express" or sold.tracking_number in house.voided
            case Refused() | Failed():
                assert live == []
            case Unsettled():
                assert name in ("fedex", "dhl-express"), "the others can tell"
                assert len(live) <= 1
