"""Money that Amazon is to pay back, by its adjustment feed: shared out over what was paid, and never twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import fromstring

import pytest

from services.capture.channels.amazon import Amazon
from services.capture.channels.api import AskOrder, TellRefund
from services.hub.decision import Done, Intent, Later, Outcome, Refused
from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from services.sandbox.profile import Fault, Profile
from tests.adapters.channels.amazon_api import MARKET, feeding, sandboxed
from tests.adapters.channels.speaking import effects, refund
from tests.adapters.outside import CLOSE, Outside, answer

ASKED_AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "EUR"}


def item(name: str, **paid: str) -> dict[str, Any]:
    breakdowns = [{"type": kind, "subtotal": eur(amount)} for kind, amount in paid.items()]
    return {
        "orderItemId": name,
        "quantityOrdered": 1,
        "product": {"sellerSku": f"SKU-{name}"},
        "proceeds": {"breakdowns": breakdowns},
    }


def order(total: str = "36.00", *items: dict[str, Any], market: str = MARKET) -> dict[str, Any]:
    return {
        "createdTime": "2026-05-01T10:00:00Z",
        "salesChannel": {"marketplaceId": market},
        "proceeds": {"grandTotal": eur(total)},
        "orderItems": items or [item("11", ITEM="10.00", SHIPPING="6.00"), item("12", ITEM="20.00")],
    }


def amounts(upload: bytes) -> dict[tuple[str, str], str]:
    """What is paid back, by item and component."""
    return {
        (one.findtext("AmazonOrderItemCode", ""), part.findtext("Type", "")): part.findtext("Amount", "")
        for one in fromstring(upload).iter("AdjustedItem")  # our own
        for part in one.iter("Component")
    }


async def test_an_amount_is_shared_out_over_what_was_paid_for_the_items(tmp_path: Path) -> None:
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, _):
        house.progress = ["IN_PROGRESS", "DONE"]
        told = refund("o1", 1801)
        with pytest.raises(ThrottledError, match="feed 77 is in_progress"):
            await api.call("refund", "k", told)
        assert await api.look_up("refund", "k", told) is None
        assert (await api.call("refund", "k", told)).reference == "77"

        assert [one["feedType"] for one in house.feeds] == ["POST_PAYMENT_ADJUSTMENT_DATA"]
        sent = house.uploads[0].decode()
        assert "<MessageType>OrderAdjustment</MessageType>" in sent
        assert "<AmazonOrderID>o1</AmazonOrderID>" in sent
        assert "<MerchantAdjustmentItemID>r1</MerchantAdjustmentItemID>" in sent
        assert "<AdjustmentReason>CustomerReturn</AdjustmentReason>" in sent
        assert '<Component><Type>Shipping</Type><Amount currency="EUR">3.00</Amount></Component>' in sent
        assert amounts(house.uploads[0]) == {
            ("11", "Principal"): "5.00",
            ("11", "Shipping"): "3.00",
            ("12", "Principal"): "10.01",
        }


async def test_what_amazon_reports_as_wrong_is_a_refusal(tmp_path: Path) -> None:
    report = b"""<AmazonEnvelope><Message><ProcessingReport><ProcessingSummary><MessagesWithError>1</MessagesWithError>
        </ProcessingSummary><Result><ResultCode>Error</ResultCode><ResultMessageCode>25</ResultMessageCode>
        <ResultDescription>The refund is more than is left.</ResultDescription></Result></ProcessingReport></Message>
        </AmazonEnvelope>"""
    async with feeding(tmp_path, status="SHIPPED", report=report, **order()) as (api, house, _):
        house.progress = ["DONE"]
        with pytest.raises(PermanentError, match="25: The refund is more than is left"):
            await api.call("refund", "k", refund())


async def test_a_feed_that_amazon_does_not_take_is_a_refusal(tmp_path: Path) -> None:
    wrong = answer(400, {"errors": [{"code": "InvalidInput", "message": "Invalid feed type."}]})
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, _):
        house.created = [wrong]
        with pytest.raises(PermanentError, match="InvalidInput: Invalid feed type"):
            await api.call("refund", "k", refund())


async def test_what_cannot_be_paid_back_to_the_cent_is_left_to_a_person(tmp_path: Path) -> None:
    taxed = order("33.00", item("11", ITEM="30.00", TAX="3.00"), market="ATVPDKIKX0DER")
    async with feeding(tmp_path, status="SHIPPED", **taxed) as (api, house, _):
        with pytest.raises(PermanentError, match=r"by-hand: pay back 5\.00 EUR in Seller Central"):
            await api.call("refund", "k", refund())
        assert not house.feeds
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, _):
        with pytest.raises(PermanentError, match=r"more-than-paid: 36\.01 EUR .* 36\.00 EUR was paid"):
            await api.call("refund", "k", refund("o1", 3601))
        assert not house.feeds


# -- once


def queries(server: Outside) -> list[dict[str, list[str]]]:
    """What was asked of the list of feeds."""
    asked = [urlsplit(one.path) for one in server.heard if one.method == "GET"]
    return [parse_qs(one.query) for one in asked if one.path == "/feeds/2021-06-30/feeds"]


async def test_a_feed_whose_answer_was_lost_is_looked_for_once_it_would_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, server):
        house.progress, house.created = ["DONE"], [CLOSE]
        with pytest.raises(UnknownError):
            await api.call("refund", "k", refund())
        with pytest.raises(ThrottledError, match="is listed later") as caught:
            await api.look_up("refund", "k", refund())
        assert 100 < (caught.value.retry_after_s or 0) <= 120
        assert not queries(server)

        monkeypatch.setattr("services.capture.channels.amazon.feeds._LISTED_S", 0.0)
        assert await api.look_up("refund", "k", refund()) is None  # none is listed, so it never came
        assert (await api.call("refund", "k", refund())).reference == "77"
        assert len(house.feeds) == 2
        assert queries(server)[0]["feedTypes"] == ["POST_PAYMENT_ADJUSTMENT_DATA"]


async def test_a_feed_that_may_be_there_is_left_to_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.capture.channels.amazon.feeds._LISTED_S", 0.0)
    told = refund().model_copy(update={"asked_at": ASKED_AT})
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, server):
        house.listed = ["76"]
        assert await api.look_up("refund", "k", told) is None
        with pytest.raises(PermanentError, match=r"by-hand: whether 5\.00 EUR were paid back is not known"):
            await api.call("refund", "k", told)
        assert not house.feeds
        assert queries(server)[0]["createdSince"] == ["2026-05-04T12:25:00Z"]


async def test_after_a_restart_a_refund_of_which_amazon_lists_nothing_for_a_while_is_handed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, server):
        house.progress = ["DONE"]
        with pytest.raises(ThrottledError, match="is listed later"):  # it may have been handed in just before
            await api.look_up("refund", "k", refund())
        assert not queries(server)
        monkeypatch.setattr("services.capture.channels.amazon.feeds._LISTED_S", 0.0)
        assert await api.look_up("refund", "k", refund()) is None
        assert (await api.call("refund", "k", refund())).reference == "77"


async def test_what_was_certainly_not_handed_in_is_not_looked_for(tmp_path: Path) -> None:
    async with feeding(tmp_path, status="SHIPPED", **order()) as (api, house, server):
        house.created, house.listed = [answer(503), answer(503)], ["76"]
        with pytest.raises(TransientError):
            await api.call("refund", "k", refund())
        assert await api.look_up("refund", "k", refund()) is None
        assert not queries(server)


# -- against the sandbox


async def tells(calls: Any, told: TellRefund) -> Outcome | Later:
    key = f"{told.channel_order_id}/{told.refund_id}"
    outcome = await calls.run(Intent("shop", "refund", key, told))
    for _ in range(40):
        if isinstance(outcome, Done | Refused):
            break
        outcome = await calls.run(Intent("shop", "refund", key, told, resumed=True))
    return outcome


@pytest.mark.parametrize("orders", ["v0", "2026-01-01"])
async def test_the_sandbox_pays_back_what_is_left_and_no_more(tmp_path: Path, orders: str) -> None:
    async with sandboxed(tmp_path, orders=orders) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_id = house.set_up({"orders": 3, "seed": 2})["orders"][-1]
        body = (await api.call("order", "k", AskOrder(channel_order_id=order_id))).body
        total = Amazon().read(body).total_minor or 0
        calls = effects(api)
        told = [refund(order_id, minor, refund_id=f"r{minor}") for minor in (101, total - 101, 5)]
        outcomes = [await tells(calls, one) for one in told]

        assert [type(one) for one in outcomes] == [Done, Done, Refused]
        assert "more than is left" in str(outcomes[-1])
        assert house.state()["refunded_minor"] == total
        assert {one["id"] for one in house.state()["refunds"]} == {"r101", f"r{total - 101}"}


@pytest.mark.parametrize("seed", [1])
async def test_through_faults_no_refund_is_paid_twice_and_none_is_told_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("services.capture.channels.amazon.feeds._LISTED_S", 0.0)
    profile = Profile(name="flaky", seed=seed, share=0.3, hang_s=0.2, latency_s=0.05, retry_after_s=0.05)
    async with sandboxed(tmp_path, profile) as (api, running):
        house = running.sandbox.apis["amazon"]
        made = house.set_up({"orders": 4})["orders"]
        calls = effects(api)
        outcomes = {order_id: await tells(calls, refund(order_id, 150 + at)) for at, order_id in enumerate(made)}

        paid = house.state()["refunds"]
        for at, (order_id, outcome) in enumerate(outcomes.items()):
            back = sum(one["minor"] for one in paid if one["order"] == order_id)
            assert back == 150 + at or (isinstance(outcome, Refused) and back == 0), outcome
        assert any(isinstance(one, Done) for one in outcomes.values())


async def test_a_refund_that_was_handed_in_and_not_answered_is_held_and_not_handed_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.capture.channels.amazon.feeds._LISTED_S", 0.0)
    async with sandboxed(tmp_path) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_id = house.set_up({"orders": 1})["orders"][0]
        await api.call("order", "k", AskOrder(channel_order_id=order_id))  # which fetches the token
        running.sandbox.faults.script["amazon"] = [*[None] * 4, Fault.LOST_ANSWER]  # two for the order, two to upload
        outcome = await tells(effects(api), refund(order_id, 100))

        assert isinstance(outcome, Refused)
        assert "is not known" in outcome.detail
        assert house.state()["refunded_minor"] == 100
