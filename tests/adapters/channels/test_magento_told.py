"""What a shop of Magento's is told: shipped, cancelled, to be paid back."""

from pathlib import Path

import pytest

from services.hub.decision import Done, Intent
from services.hub.effects import PermanentError
from tests.adapters.channels.magento_house import ROOT, magento
from tests.adapters.channels.speaking import cancelled, effects, refund, shipped
from tests.adapters.outside import CLOSE, Request, Say, answer

# -- ship


async def test_a_shipment_has_pieces_tracks_and_the_source_that_it_left(tmp_path: Path) -> None:
    async with magento(tmp_path, locations={"berlin": "BER"}) as (api, house, server):
        house.order("7")
        told = shipped("7", "T1", "T2", lines={"1": 2, "1/gift-wrap": 1}, carrier="dhl-express", location_id="BER")
        assert (await api.call("ship", "k", told)).reference == "1"
        assert server.called[-1] == f"POST {ROOT}/order/7/ship"
        assert server.heard[-1].json == {
            "items": [{"order_item_id": 1, "qty": 2}],
            "notify": True,
            "appendComment": False,
            "comment": {"comment": "crossdock:ship:f1", "is_visible_on_front": 0},
            "tracks": [
                {"track_number": "T1", "title": "dhl-express", "carrier_code": "dhl"},
                {"track_number": "T2", "title": "dhl-express", "carrier_code": "dhl"},
            ],
            "arguments": {"extension_attributes": {"source_code": "berlin"}},
        }


async def test_a_shipment_whose_answer_was_lost_is_found_and_not_made_again(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        lost = iter([True])

        def drop_one(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.method == "POST" and next(lost, False) else said

        server.always = drop_one
        outcome = await effects(api).run(Intent("shop", "ship", "k", shipped("7")))
        assert isinstance(outcome, Done)
        assert outcome.response.reference == "1"
        assert len(house.shipments) == 1


async def test_a_shipment_that_is_refused_says_why(tmp_path: Path) -> None:
    wrong = answer(400, {"message": "Shipment Document Validation Error(s):\nThe order does not allow a shipment."})
    async with magento(tmp_path, wrong) as (api, _, _):
        with pytest.raises(PermanentError, match="does not allow a shipment"):
            await api.call("ship", "k", shipped("7"))


# -- cancel and refund


async def test_an_order_that_is_not_invoiced_is_cancelled_once(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        await api.call("cancel", "k", cancelled("7"))
        assert server.called[-1] == f"POST {ROOT}/orders/7/cancel"
        await api.call("cancel", "k", cancelled("7"))  # Magento says no, and it is cancelled
        assert house.orders["7"]["state"] == "canceled"
        assert await api.look_up("cancel", "k", cancelled("7")) is not None
        house.order("8", state="complete")
        with pytest.raises(PermanentError, match="'complete' at Magento"):
            await api.call("cancel", "k", cancelled("8"))


async def test_pieces_that_are_paid_are_cancelled_by_a_credit_memo(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        house.paid.add("7")
        part = cancelled("7", {"1": 2}, complete=False)
        assert await api.look_up("cancel", "k", part) is None
        assert (await api.call("cancel", "k", part)).reference == "1"
        assert server.called[-1] == f"POST {ROOT}/invoice/77/refund"
        assert server.heard[-1].json == {
            "items": [{"order_item_id": 1, "qty": 2}],
            "notify": False,
            "appendComment": False,
            "comment": {"comment": "crossdock:cancel:c1", "is_visible_on_front": 0},
            "arguments": {"shipping_amount": 0},
            "isOnline": True,
        }
        assert (await api.look_up("cancel", "k", part)).reference == "1"
        await api.call("cancel", "k2", cancelled("7", {"1": 1}, cancel_id="c2", refund=False))
        assert server.called[-1] == f"POST {ROOT}/order/7/refund"  # the hub pays it back itself


async def test_a_part_of_an_order_that_is_not_invoiced_is_left_to_a_person(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, _):
        house.order("7")
        with pytest.raises(PermanentError, match=r"by-hand.*1 of 1"):
            await api.call("cancel", "k", cancelled("7", complete=False))


async def test_an_amount_is_paid_back_as_an_adjustment_in_the_shops_currency(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7", base_to_order_rate=1.25)
        house.paid.add("7")
        assert (await api.call("refund", "k", refund("7", 500))).reference == "1"
        assert server.heard[-1].json["items"] == [{"order_item_id": 1, "qty": 0}, {"order_item_id": 2, "qty": 0}]
        assert server.heard[-1].json["arguments"] == {
            "shipping_amount": 0,
            "adjustment_positive": 4.0,
            "adjustment_negative": 0,
        }
        assert (await api.look_up("refund", "k", refund("7", 500))).reference == "1"


async def test_a_refund_that_is_refused_says_why(tmp_path: Path) -> None:
    async with magento(tmp_path) as (api, house, server):
        house.order("7")
        with pytest.raises(PermanentError, match="no invoice of the order is paid"):
            await api.call("refund", "k", refund("7"))
        house.paid.add("7")
        too_much = answer(400, {"message": "The most money available to refund is 3."})
        server.always = lambda request: too_much if request.method == "POST" else house(request)
        with pytest.raises(PermanentError, match="most money available"):
            await api.call("refund", "k", refund("7"))
