"""Paying back at Walmart: what it is told, how an amount is shared out, and that nothing is paid back twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.capture.channels import doubts
from services.capture.channels.walmart import Walmart, refunds
from services.capture.channels.walmart.api import WalmartApi
from services.hub.decision import Done, Intent, Later
from services.hub.effects import PermanentError
from tests.adapters.channels.speaking import effects, refund, speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer, outside

TOKEN = answer(200, {"access_token": "w1", "token_type": "Bearer", "expires_in": 900})
MARK = "crossdock:refund:r1"


def charge(kind: str, name: str, cents: int, tax_cents: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = {
        "chargeType": kind,
        "chargeName": name,
        "chargeAmount": {"currency": "USD", "amount": cents / 100},
    }
    if tax_cents:
        made["tax"] = {"taxName": "Sales Tax", "taxAmount": {"currency": "USD", "amount": tax_cents / 100}}
    return made


def line(number: str, *charges: dict[str, Any], status: str = "Shipped") -> dict[str, Any]:
    return {
        "lineNumber": number,
        "item": {"sku": f"S{number}", "productName": "x"},
        "charges": {"charge": list(charges)},
        "orderLineQuantity": {"amount": "1"},
        "orderLineStatuses": {"orderLineStatus": [{"status": status, "statusQuantity": {"amount": "1"}}]},
    }


class House:
    """A marketplace with an order of which two lines have shipped, and one has not."""

    def __init__(self, *, comments: bool = True) -> None:
        self.comments = comments
        goods = charge("PRODUCT", "ItemPrice", 1000, 80), charge("SHIPPING", "Shipping", 500, 40)
        self.lines = [line("1", *goods), line("2", charge("PRODUCT", "ItemPrice", 2000, 160)), line("3", *goods)]
        self.lines[2]["orderLineStatuses"]["orderLineStatus"][0]["status"] = "Acknowledged"
        self.paid = 0

    @property
    def order(self) -> dict[str, Any]:
        return {"purchaseOrderId": "7", "orderDate": 1777888800000, "orderLines": {"orderLine": self.lines}}

    def __call__(self, request: Request) -> Say:
        if request.path == "/v3/token":
            return TOKEN
        if request.path.endswith("/refund"):
            self.paid += 1
            for told in request.json["orderRefund"]["orderLines"]["orderLine"]:
                (made,) = told["refunds"]["refund"]
                shown = {**made, "refundId": f"R{self.paid}"}
                if not self.comments:
                    del shown["refundComments"]
                next(one for one in self.lines if one["lineNumber"] == told["lineNumber"])["refund"] = shown
        return answer(200, {"order": self.order})


@asynccontextmanager
async def walmart(folder: Path, house: House) -> AsyncIterator[tuple[WalmartApi, Outside]]:
    async with outside(always=house) as server, speaking("walmart", folder, server.url) as api:
        yield api, server


async def test_an_amount_is_paid_back_of_what_has_shipped_goods_first_each_with_its_tax(tmp_path: Path) -> None:
    house = House()
    async with walmart(tmp_path, house) as (api, server):
        assert (await api.call("refund", "k", refund("7", 1350, "USD"))).reference == "R1"
        assert [one.path for one in server.heard if one.method == "POST"][1:] == ["/v3/orders/7/refund"]
        told = server.heard[-1].json["orderRefund"]
        assert told["purchaseOrderId"] == "7"
        (one,) = told["orderLines"]["orderLine"]
        assert (one["lineNumber"], one["isFullRefund"]) == ("1", False)
        (made,) = one["refunds"]["refund"]
        assert made["refundComments"] == MARK
        assert made["refundCharges"]["refundCharge"] == [
            {
                "refundReason": "Customer returned item",
                "charge": {
                    "chargeType": kind,
                    "chargeName": name,
                    "chargeAmount": {"currency": "USD", "amount": amount},
                    "tax": {"taxName": "Sales Tax", "taxAmount": {"currency": "USD", "amount": tax}},
                },
            }
            for kind, name, amount, tax in (("PRODUCT", "ItemPrice", -10.0, -0.8), ("SHIPPING", "Shipping", -2.5, -0.2))
        ]


async def test_what_the_hub_had_paid_back_of_several_lines_is_read_as_one_refund(tmp_path: Path) -> None:
    house = House()
    async with walmart(tmp_path, house) as (api, _):
        await api.call("refund", "k", refund("7", 2000, "USD"))
        (back,) = Walmart().read(orjson.dumps({"order": house.order})).refunds
        assert (back.refund_id, back.amount_minor) == (MARK, 2000)


@pytest.mark.parametrize("comments", [True, False])
async def test_a_refund_whose_answer_was_lost_is_not_paid_again(tmp_path: Path, *, comments: bool) -> None:
    house = House(comments=comments)
    async with walmart(tmp_path, house) as (api, server):

        def drop(request: Request) -> Say:
            said = house(request)
            return CLOSE if request.path.endswith("/refund") else said

        server.always = drop
        outcome = await effects(api).run(Intent("shop", "refund", "k", refund("7", 1620, "USD")))
        assert isinstance(outcome, Done)
        assert house.paid == 1


async def test_a_refund_that_is_not_shown_yet_is_waited_for_before_it_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    async with walmart(tmp_path, house) as (api, server):
        server.always = lambda request: CLOSE if request.path.endswith("/refund") else house(request)
        intent = Intent("shop", "refund", "k", refund("7", 500, "USD"))
        outcome = await effects(api).run(intent)
        assert isinstance(outcome, Later)
        assert "does not show it yet" in outcome.reason
        assert outcome.not_before_s == pytest.approx(30, abs=5)
        monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
        server.always = house
        assert isinstance(await effects(api).run(replace(intent, resumed=True)), Done)
        assert house.paid == 1


async def test_after_a_restart_a_refund_that_cannot_be_told_apart_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "_SHOWS_WITHIN_S", 0.0)
    house = House(comments=False)
    async with walmart(tmp_path, house) as (api, _):
        told = refund("7", 500, "USD")
        assert await api.look_up("refund", "k", told) is None
        await api.call("refund", "another", told)
        assert await api.look_up("refund", "k", told) is None
        with pytest.raises(PermanentError, match=r"by-hand: whether 5.00 USD"):
            await api.call("refund", "k", told)
        assert house.paid == 1


async def test_a_refund_that_is_refused_says_why_and_one_that_is_too_large_is_left_to_a_person(tmp_path: Path) -> None:
    house = House()
    async with walmart(tmp_path, house) as (api, server):
        with pytest.raises(PermanentError, match=r"by-hand.*0.01 USD of it"):
            await api.call("refund", "k", refund("7", 1080 + 540 + 2160 + 1, "USD"))
        said = {"errors": {"error": [{"code": "INVALID_REQUEST", "description": "refund is greater than charged"}]}}
        wrong = answer(400, said)
        server.always = lambda request: wrong if request.path.endswith("/refund") else house(request)
        with pytest.raises(PermanentError, match="greater than charged"):
            await api.call("refund", "k", refund("7", 500, "USD"))


cents = st.integers(0, 5000)
charged = st.tuples(st.sampled_from(["PRODUCT", "SHIPPING"]), cents, st.integers(0, 500))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(charged, min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_any_amount_is_shared_out_to_the_cent_and_no_charge_gives_more_than_it_has(
    lines: list[list[tuple[str, int, int]]], data: st.DataObject
) -> None:
    made = [line(str(n), *(charge(k, "x", a, t) for k, a, t in one)) for n, one in enumerate(lines, 1)]
    shown = {"purchaseOrderId": "7", "orderDate": 1777888800000, "orderLines": {"orderLine": made}}
    room = sum(a + t for one in lines for _, a, t in one)
    amount = data.draw(st.integers(1, max(1, room)))
    told = refund("7", amount, "USD")
    if amount > room:
        with pytest.raises(PermanentError):
            refunds.shares(refunds.read(shown), told)
        return
    found = refunds.shares(refunds.read(shown), told)
    assert sum(one.amount_minor + one.tax_minor for one in found) == amount
    for one in found:
        of = [(a, t) for k, a, t in lines[int(one.line) - 1] if k == one.kind]
        assert 0 <= one.amount_minor <= sum(a for a, _ in of)
        assert 0 <= one.tax_minor <= sum(t for _, t in of)
