"""What eBay is asked to pay back: once, and never for a refund that was not ours."""

from dataclasses import replace
from pathlib import Path

import pytest

from crossdock_contracts.values import Money
from services.capture.channels import doubts
from services.hub.decision import Done, Intent, Later, changed
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.ebay_house import ebay, error, euros, instead, posted
from tests.adapters.channels.speaking import NOW, cancelled, effects, refund
from tests.adapters.outside import CLOSE, answer


async def test_of_a_part_the_money_is_paid_back_unless_it_is_the_hubs_to_pay(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        part = cancelled("7", complete=False, amount=Money(amount_minor=1000, currency="EUR"))
        assert (await api.call("cancel", "k", part)).reference == "r0"
        assert posted(server, "issue_refund")[0].json == {
            "reasonForRefund": "OTHER_ADJUSTMENT",
            "comment": "out of stock crossdock:cancel:c1",
            "orderLevelRefundAmount": euros("10.00"),
        }
        assert (await api.look_up("cancel", "k", part)).reference == "r0"
        house.orders["7"]["orderFulfillmentStatus"] = "IN_PROGRESS"
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 1"):
            await api.call("cancel", "k2", cancelled("7", refund=False))
        assert await api.look_up("cancel", "k2", cancelled("7", refund=False)) is None


# -- refund


async def test_an_amount_is_paid_back_once_though_one_like_it_was_before(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        before = {"refundId": "earlier", "refundStatus": "REFUNDED", "amount": euros("5.00")}
        house.orders["7"]["paymentSummary"]["refunds"].append(before)
        instead(house, server, "issue_refund", CLOSE, done=True)
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("7")))
        assert isinstance(outcome, Done)
        assert (outcome.response.reference, len(posted(server, "issue_refund"))) == ("r1", 1)


async def test_a_refund_that_is_not_shown_yet_is_waited_for_before_it_is_told_again(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        instead(house, server, "issue_refund", CLOSE)
        intent = Intent("shop", "refund", "k", refund("7"))
        outcome = await effects(api).run(intent)
        assert isinstance(outcome, Later)
        assert "does not show it yet" in outcome.reason
        amount = {"value": "5.00", "currency": "EUR"}
        house.orders["7"]["paymentSummary"]["refunds"].append({"refundId": "r8", "amount": amount})
        outcome = await effects(api).run(replace(intent, resumed=True))
        assert isinstance(outcome, Done)
        assert (outcome.response.reference, len(posted(server, "issue_refund"))) == ("r8", 1)


async def test_after_a_restart_a_refund_from_before_it_was_decided_is_no_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
    async with ebay(tmp_path) as (api, house, server):
        earlier = {"refundId": "earlier", "refundStatus": "REFUNDED", "amount": euros("5.00")}
        house.orders["7"]["paymentSummary"]["refunds"].append(earlier | {"refundDate": "2026-05-04T12:15:00.000Z"})
        wanted = changed(refund("7"), asked_at=NOW)
        outcome = await effects(api).run(Intent("shop", "refund", "k", wanted, resumed=True))
        assert isinstance(outcome, Done)
        assert (outcome.response.reference, len(posted(server, "issue_refund"))) == ("r1", 1)


async def test_after_a_restart_a_refund_that_cannot_be_told_apart_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
    async with ebay(tmp_path) as (api, house, _):
        assert await api.look_up("refund", "k", refund("7")) is None
        amount = {"value": "5.60", "currency": "USD", "convertedFromValue": "5.00", "convertedFromCurrency": "EUR"}
        one = {"refundId": "r9", "refundStatus": "PENDING", "amount": amount}
        house.orders["7"]["paymentSummary"]["refunds"].append(one)
        assert await api.look_up("refund", "k", refund("7")) is None
        with pytest.raises(PermanentError, match=r"by-hand.*r9 is this refund of 5\.00 EUR"):
            await api.call("refund", "k", refund("7"))


async def test_a_refund_that_is_refused_says_why_and_one_that_comes_too_early_waits(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        instead(house, server, "issue_refund", error(400, 34920, "It's too late to issue a refund"))
        with pytest.raises(PermanentError, match="34920: It's too late"):
            await api.call("refund", "k", refund("7"))
        instead(house, server, "issue_refund", answer(200, {"refundStatus": "FAILED"}))
        with pytest.raises(PermanentError, match=r"could not pay 5\.00 EUR back"):
            await api.call("refund", "k", refund("7"))
        instead(house, server, "issue_refund", error(400, 34922, "Refund can't be issued while previous one is"))
        with pytest.raises(TransientError, match="34922"):
            await api.call("refund", "k", refund("7"))
