"""Carriers through karrio: refusals, failures, and what became of a purchase."""

import asyncio
from typing import Any

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from services.hub.effects import LostError, PermanentError, ThrottledError, TransientError, UnknownError
from services.shipping.carriers import (
    VoidLabel,
)
from services.shipping.carriers.karrio.shape import reference
from tests.adapters.karrio_calls import ALL, BUY, REFUSED, SAID, TOKENS, label
from tests.adapters.karrio_house import SECRETS, carrier
from tests.adapters.outside import CLOSE, answer, truncated

# -- refusals and failures


@pytest.mark.parametrize("name", ALL)
async def test_a_refusal_is_permanent_and_in_the_carriers_own_words(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.faults[BUY[name]] = [answer(422 if name == "dhl-express" else 400, REFUSED[name])]
        with pytest.raises(PermanentError) as refused:
            await adapter.call("buy", "k", label(name))
        code, text = SAID[name]
        assert refused.value.code == code
        assert text in refused.value.detail


@pytest.mark.parametrize(
    "fault", [CLOSE, truncated(), answer(500), answer(502), answer(200, b"{}"), answer(200, b"<a>")]
)
@pytest.mark.parametrize("name", ALL)
async def test_a_purchase_whose_answer_is_lost_or_no_answer_is_unknown(name: str, fault: Any) -> None:
    async with carrier(name) as (adapter, house, _):
        house.lost[BUY[name]] = [fault]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label(name))
        assert len(house.bought) == 1


@pytest.mark.parametrize("name", ALL)
async def test_a_carrier_that_wants_to_be_left_alone_is_asked_later(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.faults[BUY[name]] = [answer(429, {}, Retry_After=7)]
        with pytest.raises(TransientError) as error:
            await adapter.call("buy", "k", label(name))
        assert error.value.retry_after_s == 7
        assert not house.bought


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_without_a_token_nothing_is_bought_and_it_is_certain_that_nothing_was(name: str) -> None:
    async with carrier(name) as (adapter, house, server):
        house.faults[TOKENS[name][0]] = [answer(503)] * 2
        with pytest.raises(TransientError):
            await adapter.call("buy", "k", label(name))
        assert BUY[name] not in server.called


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_a_token_that_is_refused_is_fetched_anew_once(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        await adapter.call("buy", "k", label(name))
        house.token = "another"
        await adapter.call("buy", "k2", label(name))
        assert (house.tokens, len(house.bought)) == (2, 2)


async def test_one_token_is_fetched_for_all_who_want_one() -> None:
    async with carrier("ups") as (adapter, house, _):
        await asyncio.gather(*(adapter.call("buy", f"k{n}", label("ups", formats=("zpl",))) for n in range(4)))
        assert (house.tokens, len(house.bought)) == (1, 4)


async def test_secrets_are_rotated_without_a_restart_and_a_missing_one_is_named() -> None:
    secrets = {**SECRETS, "client_secret": ""}
    async with carrier("ups", secrets=secrets) as (adapter, house, _):
        with pytest.raises(TransientError, match=r"carrier\.ups\.client_secret"):
            await adapter.call("buy", "k", label("ups"))
        secrets["client_secret"] = "wrong"
        with pytest.raises(PermanentError):
            await adapter.call("buy", "k", label("ups"))
        secrets["client_secret"] = SECRETS["client_secret"]
        assert (await adapter.call("buy", "k", label("ups"))).tracking_number == house.bought[0]


# -- what became of a purchase


@pytest.mark.parametrize("wanted", ["pdf", "zpl"])
@pytest.mark.parametrize("name", ["ups", "usps"])
async def test_a_label_whose_answer_was_lost_is_found_by_its_key(name: str, wanted: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.lost[BUY[name]] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label(name, formats=(wanted,)))
        found = await adapter.look_up("buy", "k", label(name, formats=(wanted,)))
        assert (found.tracking_number, [*found.documents]) == (house.bought[0], [wanted])


@pytest.mark.parametrize("name", ["ups", "usps"])
async def test_where_no_label_has_the_key_nothing_was_bought(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        assert await adapter.look_up("buy", "k", label(name)) is None
        bought = await adapter.call("buy", "k", label(name))
        await adapter.call("void", "v", VoidLabel(carrier=name, tracking_number=bought.tracking_number))
        adapter._sold.clear()
        assert await adapter.look_up("buy", "k", label(name)) is None, "nor does a voided one count"
        assert len(house.bought) == 1


async def test_a_purchase_that_ups_may_still_be_at_work_on_is_not_made_again() -> None:
    async with carrier("ups", settles_s=60) as (adapter, house, _):
        with pytest.raises(ThrottledError, match="may still be bought") as waits:
            await adapter.look_up("buy", "k", label("ups"))
        assert 0 < (waits.value.retry_after_s or 0) <= 60
        house.lost[BUY["ups"]] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label("ups"))
        assert (await adapter.look_up("buy", "k", label("ups"))).tracking_number == house.bought[0]


@pytest.mark.parametrize(
    ("name", "path"), [("ups", "POST /api/labels/v1/recovery"), ("usps", "POST /labels/v3/label-reprint")]
)
async def test_a_look_up_that_fails_says_nothing_of_the_purchase(name: str, path: str) -> None:
    async with carrier(name) as (adapter, house, _):
        await adapter.call("buy", "k", label(name))
        adapter._sold.clear()
        for fault in (answer(500), answer(400, REFUSED[name])):
            house.faults[path] = [fault] * 2
            with pytest.raises(TransientError):
                await adapter.look_up("buy", "k", label(name))
            house.faults.clear()


async def test_a_fedex_shipment_that_is_found_is_cancelled_for_its_label_is_lost() -> None:
    async with carrier("fedex") as (adapter, house, server):
        house.lost[BUY["fedex"]] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label("fedex"))
        assert await adapter.look_up("buy", "k", label("fedex")) is None
        assert house.voided == house.bought
        assert server.called[-2:] == ["POST /track/v1/referencenumbers", "PUT /ship/v1/shipments/cancel"]


async def test_a_fedex_shipment_that_is_not_found_proves_nothing() -> None:
    async with carrier("fedex") as (adapter, _, _):
        with pytest.raises(LostError, match=reference("k")):
            await adapter.look_up("buy", "k", label("fedex"))


async def test_a_fedex_account_that_may_not_track_needs_somebody_to_look() -> None:
    secrets = {name: value for name, value in SECRETS.items() if not name.startswith("track_")}
    async with carrier("fedex", secrets=secrets) as (adapter, _, server):
        with pytest.raises(LostError, match=r"fedex\.com"):
            await adapter.look_up("buy", "k", label("fedex"))
        assert server.called == []


async def test_a_label_that_could_not_be_put_away_is_had_again_without_asking() -> None:
    async with carrier("dhl-express") as (adapter, house, server):
        bought = await adapter.call("buy", "k", label("dhl-express"))
        assert await adapter.look_up("buy", "k", label("dhl-express")) == bought
        assert (server.called, len(house.bought)) == ([BUY["dhl-express"]], 1)


async def test_whoever_looks_for_a_dhl_express_purchase_is_told_what_is_seen_of_it() -> None:
    async with carrier("dhl-express") as (adapter, house, _):
        with pytest.raises(LostError, match="is not seen yet"):
            await adapter.look_up("buy", "k", label("dhl-express"))
        await adapter.call("buy", "k", label("dhl-express"))
        adapter._sold.clear()
        with pytest.raises(LostError, match=f"was bought as {house.bought[0]}"):
            await adapter.look_up("buy", "k", label("dhl-express"))
