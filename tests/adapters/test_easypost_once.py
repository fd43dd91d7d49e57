"""EasyPost: no label is bought twice, whatever becomes of the answers."""

import asyncio
import random
from typing import Any

import pytest

from services.hub.decision import Done, Failed, Intent, Later, Refused
from services.hub.effects import Effects, Limits, UnknownError
from services.shipping.carriers import (
    Label,
)
from services.shipping.carriers.easypost import EasyPost, build
from tests.adapters.easypost_house import House, easypost, label
from tests.adapters.outside import CLOSE, HANG, RESET, Say, answer, truncated
from tests.builders import unique

# -- never twice


LOST: list[Say] = [
    RESET,
    CLOSE,
    HANG,
    truncated(200, {"id": "shp_1", "a": "b" * 100}),
    answer(200, b'{"id": 1'),
    answer(500),
    answer(502),
    answer(504),
]
IDS = ["reset", "closed", "hangs", "truncated", "no JSON", "500", "502", "504"]


async def run(carrier: Any, *, resumed: bool = False, key: str = "k") -> Any:
    effects = Effects(unique("shipping"))
    effects.add(carrier, Limits(timeout_s=5))
    return await effects.run(Intent("easypost", "buy", key, label(), resumed=resumed))


@pytest.mark.parametrize("said", LOST, ids=IDS)
@pytest.mark.parametrize("step", ["POST /shipments", "POST /shipments/*/buy"])
async def test_a_label_whose_answer_is_lost_is_bought_once(step: str, said: Say) -> None:
    async with easypost() as (carrier, house, _):
        house.lost[step] = [said]
        outcome = await run(carrier)
        assert isinstance(outcome, Done)
        assert outcome.response.tracking_number == "9400-shp_1"
        assert house.bought == ["shp_1"]


@pytest.mark.parametrize("said", LOST, ids=IDS)
@pytest.mark.parametrize("step", ["POST /shipments", "POST /shipments/*/buy"])
async def test_a_label_that_did_not_get_through_is_bought_once(step: str, said: Say) -> None:
    async with easypost() as (carrier, house, _):
        house.faults[step] = [said]
        assert isinstance(await run(carrier), Done)
        assert len(house.bought) == 1


@pytest.mark.parametrize("step", ["GET /files/*", "GET /shipments/*/label"])
async def test_a_label_whose_document_cannot_be_fetched_is_not_failed_over(step: str) -> None:
    async with easypost() as (carrier, house, _):
        house.faults[step] = [answer(404)] * 9
        request = label(formats=("pdf", "zpl"))
        with pytest.raises(UnknownError, match="was bought"):
            await carrier.call("buy", "k", request)
        house.faults.clear()
        found = await carrier.look_up("buy", "k", request)
        assert isinstance(found, Label)
        assert house.bought == ["shp_1"]


async def test_after_a_restart_a_purchase_is_found_by_its_reference() -> None:
    async with easypost() as (before, house, _):
        await run(before)
        async with easypost() as (after, other, _):
            other.shipments = house.shipments
            other.url = house.url
            found = await after.look_up("buy", "k", label())
            assert isinstance(found, Label)
            assert isinstance(await run(after, resumed=True), Done)
            assert other.bought == []


async def test_after_a_restart_an_enquiry_that_was_not_bought_is_the_one_that_is_bought() -> None:
    async with easypost() as (carrier, house, _):
        house.made({"reference": build.reference("k")})
        assert isinstance(await run(carrier, resumed=True), Done)
        assert list(house.shipments) == ["shp_1"]
        assert house.bought == ["shp_1"]


async def test_of_two_enquiries_under_one_key_the_one_that_can_be_found_is_bought() -> None:
    async with easypost() as (carrier, house, _):
        house.faults["POST /shipments"] = [RESET]
        with pytest.raises(UnknownError):
            await carrier.call("buy", "k", label())
        assert await carrier.look_up("buy", "k", label()) is None

        def late(asked: dict[str, Any]) -> dict[str, Any]:
            """The first one comes to be only now, beside the second."""
            second = House.made(house, asked)
            House.made(house, asked)
            return second

        house.made = late  # type: ignore[method-assign]
        await carrier.call("buy", "k", label())
        assert house.bought == ["shp_2"], "what its reference leads to"
        assert isinstance(await run(carrier, resumed=True), Done)
        assert house.bought == ["shp_2"]


async def test_a_label_that_cannot_be_looked_up_waits() -> None:
    async with easypost() as (carrier, house, _):
        house.lost["POST /shipments/*/buy"] = [RESET]
        house.faults["GET /shipments/*"] = [answer(503)] * 9
        assert isinstance(await run(carrier), Later)
        assert house.bought == ["shp_1"]


@pytest.mark.parametrize("restarts", [False, True], ids=["", "restarted"])
@pytest.mark.parametrize("seed", range(4))
async def test_in_a_storm_each_label_is_bought_once(seed: int, *, restarts: bool) -> None:
    """Two calls in five go wrong, before or after they were done; what is parked is taken up again, as the hub does."""
    dice = random.Random(seed)
    troubles: list[Say] = [
        RESET,
        CLOSE,
        truncated(),
        answer(200, b"{"),
        answer(500),
        answer(502),
        answer(503),
        answer(504),
    ]

    def storm() -> tuple[str, Say] | None:
        return (dice.choice(["before", "after"]), dice.choice(troubles)) if dice.random() < 0.4 else None

    async with easypost() as (carrier, house, _):
        house.chaos = storm
        effects = Effects(unique("shipping"))
        effects.add(carrier, Limits(timeout_s=5, breaker_failures=10_000))

        async def bought_at_last(key: str) -> str:
            resumed = False
            while True:
                if restarts:  # it knows of nothing that was made before
                    effects.add(EasyPost(carrier._account.http), Limits(timeout_s=5, breaker_failures=10_000))
                outcome = await effects.run(Intent("easypost", "buy", key, label(), resumed=resumed))
                if isinstance(outcome, Done):
                    return str(outcome.response.handle)
                assert not isinstance(outcome, Refused)
                resumed = True

        handles = await asyncio.gather(*(bought_at_last(f"label:{n}") for n in range(12)))
        assert sorted(house.bought) == sorted(handles)
        assert len(set(handles)) == 12


async def test_what_was_bought_before_and_cannot_be_read_is_not_failed_over() -> None:
    async with easypost() as (carrier, house, _):
        house.faults["POST /shipments/*/buy"] = [
            answer(422, {"error": {"code": "SHIPMENT.POSTAGE.EXISTS", "message": "!"}})
        ]
        house.faults["GET /shipments/*"] = [answer(503)] * 9
        with pytest.raises(UnknownError, match="bought before cannot be seen"):
            await carrier.call("buy", "k", label())


async def test_a_refusal_of_what_an_earlier_try_brought_about_after_all_is_none() -> None:
    async with easypost() as (carrier, house, _):
        refused = answer(422, {"error": {"code": "SHIPMENT.POSTAGE.FAILURE", "message": "busy with it"}})
        house.lost["POST /shipments/*/buy"] = [refused]
        bought = await carrier.call("buy", "k", label())
        assert isinstance(bought, Label)
        assert house.bought == [bought.handle]


async def test_a_house_that_has_enough_is_left_alone_as_long_as_it_asks() -> None:
    async with easypost(answer(429, None, retry_after=30)) as (carrier, house, _):
        assert await run(carrier) == Failed("easypost: POST /v2/shipments: 429", 30)
        assert house.shipments == {}


async def test_a_wrong_key_waits_for_somebody_to_see_to_it() -> None:
    async with easypost(answer(401, {"error": {"code": "APIKEY.INACTIVE", "message": "not active"}})) as (
        carrier,
        _,
        _,
    ):
        outcome = await run(carrier)
        assert isinstance(outcome, Failed)
        assert "not active: it does not let the hub in: see to the secrets of easypost" in outcome.detail
