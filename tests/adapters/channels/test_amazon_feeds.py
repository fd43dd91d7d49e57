"""What Amazon is told in feeds: cancels and refunds, each once."""

from pathlib import Path

import pytest

from services.capture.channels.amazon import Amazon
from services.capture.channels.api import AskOrder
from services.hub.effects import PermanentError, ThrottledError, UnknownError
from tests.adapters.channels.amazon_api import MARKET, amazon, feeding, sandboxed
from tests.adapters.channels.speaking import cancelled, shipped
from tests.adapters.outside import CLOSE, answer


async def test_an_order_is_cancelled_whole_by_a_feed_that_is_waited_for(tmp_path: Path) -> None:
    async with feeding(tmp_path) as (api, house, _):
        told = cancelled("o1", {"11": 2, "12": 1})
        for _ in range(2):
            with pytest.raises(ThrottledError, match="feed 77 is in_"):
                await api.call("cancel", "k", told)
        assert await api.look_up("cancel", "k", told) is None
        assert (await api.call("cancel", "k", told)).reference == "77"
        assert house.feeds == [
            {
                "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
                "marketplaceIds": [MARKET],
                "inputFeedDocumentId": "d1",
            }
        ]
        sent = house.uploads[0].decode()
        assert "<MerchantIdentifier>S1</MerchantIdentifier>" in sent
        assert "<AmazonOrderID>o1</AmazonOrderID><StatusCode>Failure</StatusCode>" in sent
        assert "<AmazonOrderItemCode>12</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason>" in sent


async def test_a_cancel_that_amazon_reports_as_wrong_is_refused(tmp_path: Path) -> None:
    report = b"""<?xml version="1.0"?><AmazonEnvelope><Message><ProcessingReport><Result>
        <ResultCode>Error</ResultCode><ResultMessageCode>18028</ResultMessageCode>
        <ResultDescription>The order was shipped.</ResultDescription></Result></ProcessingReport></Message>
        </AmazonEnvelope>"""
    async with feeding(tmp_path, report=report) as (api, house, _):
        house.progress = ["DONE"]
        with pytest.raises(PermanentError, match="18028: The order was shipped"):
            await api.call("cancel", "k", cancelled())


async def test_after_a_restart_the_order_tells_whether_it_was_cancelled(tmp_path: Path) -> None:
    async with feeding(tmp_path, status="CANCELLED") as (api, house, _):
        assert await api.look_up("cancel", "k", cancelled()) is not None
        house.order["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED"
        assert await api.look_up("cancel", "k", cancelled()) is None
        assert not house.feeds


async def test_what_amazon_cannot_be_told_is_left_to_a_person(tmp_path: Path) -> None:
    async with feeding(tmp_path, status="PARTIALLY_SHIPPED") as (api, house, _):
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 11"):
            await api.call("cancel", "k1", cancelled("o1", {"11": 1}, complete=False))
        with pytest.raises(PermanentError, match="PARTIALLY_SHIPPED at Amazon"):
            await api.call("cancel", "k2", cancelled())
        assert not house.feeds


async def test_a_feed_whose_answer_was_lost_is_not_known_to_be_there(tmp_path: Path) -> None:
    status = answer(200, {"order": {"orderId": "o1", "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}}})
    document = answer(201, {"feedDocumentId": "d1", "url": "/up"})
    async with amazon(tmp_path, status, document, answer(200), CLOSE) as (api, _):
        with pytest.raises(UnknownError):
            await api.call("cancel", "k", cancelled())


@pytest.mark.parametrize(("orders", "reason", "stock"), [("v0", "requested", 50), ("2026-01-01", "out-of-stock", 49)])
async def test_a_cancelled_order_is_cancelled_in_the_sandbox_and_for_want_of_stock_keeps_it_down(
    tmp_path: Path, orders: str, reason: str, stock: int
) -> None:
    async with sandboxed(tmp_path, orders=orders) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_id = house.set_up({"skus": ["A"], "stock": 50, "orders": 1, "seed": 3, "feeds_take_s": 3600})["orders"][0]
        asked = AskOrder(channel_order_id=order_id)
        read = Amazon().read((await api.call("order", "k", asked)).body)
        told = cancelled(order_id, {line.line_id: line.quantity for line in read.lines}, reason=reason)
        with pytest.raises(ThrottledError, match="in_queue"):
            await api.call("cancel", "k", told)
        assert house.state()["orders"][order_id] == "Unshipped"

        house.set_up({"feeds_take_s": 0})
        assert (await api.call("cancel", "k", told)).reference
        state = house.state()
        assert (state["orders"][order_id], state["stock"]["A"]) == ("Canceled", stock)
        cancels = Amazon().read((await api.call("order", "k2", asked)).body).cancels
        assert [one.cancel_id for one in cancels] == ["all"]
        assert await api.look_up("cancel", "another", told) is not None  # as after a restart


async def test_an_order_that_has_shipped_is_not_cancelled_by_a_feed_that_comes_too_late(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_id = house.set_up({"orders": 1, "feeds_take_s": 3600})["orders"][0]
        read = Amazon().read((await api.call("order", "k", AskOrder(channel_order_id=order_id))).body)
        lines = {line.line_id: line.quantity for line in read.lines}
        with pytest.raises(ThrottledError):
            await api.call("cancel", "k", cancelled(order_id, lines))
        await api.call("ship", "s", shipped(order_id, "T1", lines=lines))
        house.set_up({"feeds_take_s": 0})

        with pytest.raises(PermanentError, match="cannot be cancelled: it is Shipped"):
            await api.call("cancel", "k", cancelled(order_id, lines))
