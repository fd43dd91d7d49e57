"""What a channel was told and does not show yet: it is waited for, and not told again."""

from copy import deepcopy
from pathlib import Path

import pytest

from services.capture.channels import doubts
from services.hub.decision import Done, Intent, Later
from tests.adapters.channels.ebay_house import ebay, posted
from tests.adapters.channels.speaking import cancelled, effects, refund
from tests.adapters.channels.test_walmart_api import posted as told
from tests.adapters.channels.test_walmart_api import walmart
from tests.adapters.outside import CLOSE, Request, Say, answer


async def test_a_refund_that_ebay_does_not_show_yet_is_waited_for_before_it_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ebay(tmp_path) as (api, house, server):
        refunds, shown = house.orders["7"]["paymentSummary"]["refunds"], deepcopy(house.orders["7"])

        def late(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.path.endswith("issue_refund") else answer(200, shown) if refunds else said

        server.always = late
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("7")))
        assert isinstance(outcome, Later)
        assert outcome.not_before_s == pytest.approx(30, abs=5)
        monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
        server.always = house
        assert isinstance(await effects(api).run(Intent("shop", "refund", "k", refund("7"), resumed=True)), Done)
        assert len(refunds) == 1


async def test_a_refund_that_may_have_been_made_just_before_a_restart_is_waited_for(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, _, server):
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("7"), resumed=True))
        assert isinstance(outcome, Later)
        assert outcome.not_before_s == pytest.approx(30, abs=5)
        assert posted(server, "issue_refund") == []


async def test_a_cancel_that_walmart_does_not_show_yet_is_waited_for_before_it_is_told_again(tmp_path: Path) -> None:
    async with walmart(tmp_path) as (api, house, server):
        shown = house.order()

        def late(request: Request) -> Say:
            said = house(request)
            is_asked = (request.method, request.path.partition("?")[0]) == ("GET", "/v3/orders/7")
            return CLOSE if request.path.endswith("/cancel") else answer(200, {"order": shown}) if is_asked else said

        server.always = late
        part = cancelled("7", {"1": 1}, complete=False)
        outcome = await effects(api).run(Intent("shop", "cancel", "k", part))
        assert isinstance(outcome, Later)
        assert told(server) == ["cancel"]
        server.always = house
        assert isinstance(await effects(api).run(Intent("shop", "cancel", "k", part, resumed=True)), Done)
        assert told(server) == ["cancel"]
