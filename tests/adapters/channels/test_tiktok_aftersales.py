"""Cancelling and paying back at TikTok Shop: what it is told, what it says to that, and that nothing is done twice."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.capture.channels import doubts
from services.hub.decision import Done, Intent, changed
from services.hub.effects import PermanentError
from tests.adapters.channels.speaking import NOW, cancelled, effects, refund
from tests.adapters.channels.tiktok_house import AFTER, dropping, said, tiktok, told


async def test_pieces_are_cancelled_for_one_of_the_reasons_that_tiktok_names(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, _, server):
        given = cancelled("7", {"p1": 1, "handling-fee": 1}, complete=False, reason="pricing-error")
        assert (await api.call("cancel", "k", given)).reference == "C1"
        assert told(server, f"{AFTER}/cancellations") == [
            {
                "order_id": "7",
                "cancel_reason": "seller_cancel_reason_wrong_price",
                "order_line_item_ids": ["p1"],
            }
        ]
        asked = next(one for one in server.heard if "aftersale_eligibility" in one.path)
        query = dict(parse_qsl(urlsplit(asked.path).query))
        assert (query["initiate_aftersale_user"], query["request_types"]) == ("SELLER", "CANCEL")


async def test_what_the_buyer_has_asked_to_cancel_is_approved(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        house.cancellations = [
            {
                "cancel_id": "C9",
                "cancel_type": "BUYER_CANCEL",
                "cancel_status": "CANCELLATION_REQUEST_PENDING",
                "role": "BUYER",
                "cancel_line_items": [{"order_line_item_id": "p1"}],
            }
        ]
        given = cancelled("7", {"p1": 1}, complete=False)
        assert await api.look_up("cancel", "k", given) is None
        assert (await api.call("cancel", "k", given)).reference == "C9"
        assert (await api.look_up("cancel", "k", given)).reference == "C9"
        assert told(server, f"{AFTER}/cancellations") == []


async def test_a_cancel_whose_answer_was_lost_is_found_by_its_pieces(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        server.always = dropping(house, f"{AFTER}/cancellations")
        given = cancelled("7", {"p1": 1}, complete=False)
        assert isinstance(await effects(api).run(Intent("shop", "cancel", "k", given)), Done)
        assert len(house.cancellations) == 1
        house.items["p1"]["display_status"] = "CANCELLED"
        assert (await api.call("cancel", "again", given)).reference == ""


async def test_what_tiktok_does_not_have_cancelled_says_why(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, _, _):
        with pytest.raises(PermanentError, match="not-eligible-9: shipped"):
            await api.call("cancel", "k", cancelled("7", {"p3": 1}, complete=False))


async def test_an_amount_is_paid_back_of_the_pieces_that_may_be(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, _, server):
        assert (await api.call("refund", "k", refund("7", 450, "GBP"))).reference == "R1"
        assert told(server, f"{AFTER}/returns") == [
            {
                "order_id": "7",
                "return_type": "REFUND",
                "return_reason": "seller_cancel_reason_wrong_price",
                "refund_total": "4.50",
                "currency": "GBP",
                "order_line_item_ids": ["p1", "p2"],
            }
        ]
        asked = next(one for one in server.heard if urlsplit(one.path).path == f"{AFTER}/returns")
        assert len(dict(parse_qsl(urlsplit(asked.path).query))["idempotency_key"]) == 32


async def test_a_refund_whose_answer_was_lost_is_not_paid_again_though_one_was_before(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        await api.call("refund", "another", refund("7", 450, "GBP"))
        server.always = dropping(house, f"{AFTER}/returns")
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("7", 450, "GBP")))
        assert isinstance(outcome, Done)
        assert outcome.response.reference == "R2"
        assert len(house.returns) == 2


async def test_after_a_restart_a_refund_that_cannot_be_told_apart_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
    async with tiktok(tmp_path) as (api, house, _):
        assert await api.look_up("refund", "k", refund("7", 450, "GBP")) is None
        await api.call("refund", "another", refund("7", 450, "GBP"))
        house.returns[0]["create_time"] = int((NOW - timedelta(minutes=11)).timestamp())  # before it was decided
        wanted = changed(refund("7", 450, "GBP"), asked_at=NOW)
        assert await api.look_up("refund", "k", wanted) is None
        api._refunds.check("k")
        house.returns[0]["create_time"] += 120
        assert await api.look_up("refund", "k", wanted) is None
        with pytest.raises(PermanentError, match=r"by-hand: whether 4.50 GBP were paid back as R1"):
            await api.call("refund", "k", refund("7", 450, "GBP"))
        assert len(house.returns) == 1


async def test_a_refund_that_is_refused_says_why(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        wrong = said(code=25023005, message="refund exceeds the refundable amount")
        path = f"{AFTER}/returns"
        server.always = lambda request: wrong if urlsplit(request.path).path == path else house(request)
        with pytest.raises(PermanentError, match="exceeds the refundable amount"):
            await api.call("refund", "k", refund("7", 450, "GBP"))
