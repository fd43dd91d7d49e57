"""Cancels and refunds over Square's APIs: what is asked, what the answers come to; and that nothing is done twice."""

from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts.values import Money
from services.capture.channels.api import AskOrder
from services.capture.channels.square import Square
from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError
from tests.adapters.channels.speaking import cancelled, effects, refund, shipped
from tests.adapters.channels.square import REFUND, UPDATE, error, instead, line, square, usd
from tests.adapters.outside import CLOSE, Request, Say, answer


async def test_a_whole_order_is_called_off_and_paid_back_the_way_it_was_paid(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        house.refund("P1", 300)
        told = cancelled("O-1", {"1": 2, "2": 1})
        assert await api.look_up("cancel", "k", told) is None
        assert (await api.call("cancel", "k", told)).reference == "R2"
        assert (house.sent["state"], house.sent["shipment_details"]) == ("CANCELED", {"cancel_reason": "out of stock"})
        asked = [one.json for one in server.heard if f"{one.method} {one.path}" == REFUND]
        assert [(one["payment_id"], one["amount_money"]) for one in asked] == [("P1", usd(1700)), ("P2", usd(1000))]
        assert {one["reason"] for one in asked} == {"out of stock crossdock:cancel:c1"}
        assert (await api.look_up("cancel", "k", told)).reference == "R2"
        (cancel,) = Square().read((await api.call("order", "k", AskOrder(channel_order_id="O-1"))).body).cancels
        assert (cancel.cancel_id, cancel.lines, cancel.asked_as) == ("cancelled", (), "c1")


async def test_a_part_is_noted_and_the_rest_completes_the_fulfilment(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, _):
        part = cancelled("O-1", {"1": 1}, complete=False, amount=Money(amount_minor=1000, currency="USD"))
        await api.call("cancel", "k1", part)
        assert house.sent["state"] == "PROPOSED"
        assert [one["amount_money"]["amount"] for one in house.refunds.values()] == [1000]
        await api.call("ship", "k2", shipped("O-1", lines={"1": 1, "2": 1}))
        assert house.sent["state"] == "COMPLETED"


async def test_what_is_left_of_an_order_that_has_shipped_in_part_is_completed_with_its_cancel(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, _):
        await api.call("ship", "k1", shipped("O-1", lines={"1": 2}))
        await api.call("cancel", "k2", cancelled("O-1", {"2": 1}, refund=False))
        assert (house.sent["state"], house.refunds) == ("COMPLETED", {})


@pytest.mark.parametrize("lost", [UPDATE, REFUND])
async def test_a_cancel_whose_answer_was_lost_is_not_made_again(tmp_path: Path, lost: str) -> None:
    async with square(tmp_path) as (api, house, server):
        instead(house, server, lost, CLOSE, done=True)
        outcome = await effects(api).run(Intent("shop", "cancel", "k", cancelled("O-1", {"1": 2, "2": 1})))
        assert isinstance(outcome, Done)
        assert [one["amount_money"]["amount"] for one in house.refunds.values()] == [2000, 1000]
        assert server.called.count(UPDATE) == 1


async def test_a_refund_that_square_does_not_show_yet_is_not_made_again(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):

        def slow(request: Request) -> Say:
            said = house(request)
            if f"{request.method} {request.path}" != REFUND:
                return said
            house.payments["P1"] |= {"refund_ids": [], "refunded_money": usd(0)}
            return CLOSE if server.called.count(REFUND) == 1 else said

        server.always = slow
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("O-1", 500, "USD")))
        assert isinstance(outcome, Done)
        assert (outcome.response.reference, len(house.refunds), server.called.count(REFUND)) == ("R1", 1, 2)


async def test_a_refund_that_is_refused_or_more_than_was_paid_says_why(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, server):
        instead(house, server, REFUND, error(400, "REFUND_DECLINED", "declined"), answer(200, failed()))
        with pytest.raises(PermanentError, match="REFUND_DECLINED: declined"):
            await api.call("refund", "k", refund("O-1", 500, "USD"))
        with pytest.raises(PermanentError, match=r"refund-failed: Square could not pay 5\.00 USD back"):
            await api.call("refund", "k", refund("O-1", 500, "USD"))
        with pytest.raises(PermanentError, match=r"more-than-paid: 30\.01 USD"):
            await api.call("refund", "k", refund("O-1", 3001, "USD"))
        assert house.refunds == {}


def failed() -> dict[str, Any]:
    return {"refund": {"id": "R", "status": "FAILED", "amount_money": usd(500)}}


async def test_what_is_cancelled_of_an_order_that_is_over_at_square_is_seen_to_by_somebody(tmp_path: Path) -> None:
    async with square(tmp_path) as (api, house, _):
        house.sent["state"] = "COMPLETED"
        with pytest.raises(PermanentError, match="no fulfilment of order O-1 is open"):
            await api.call("cancel", "k", cancelled("O-1", refund=False))
        house.order("O-1", line_items=[line("1", 1)], fulfillments=[{**house.sent, "state": "CANCELED"}])
        assert await api.call("cancel", "k", cancelled("O-1", refund=False)) is not None
