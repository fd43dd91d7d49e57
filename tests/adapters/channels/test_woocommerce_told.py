"""What a shop of WooCommerce's is told: shipped, cancelled, paid back; each once."""

import asyncio
from typing import Any

import orjson
import pytest

from services.capture.channels.woocommerce import WooCommerce
from services.capture.channels.woocommerce.api import WooCommerceApi
from services.hub.decision import Done, Refused
from services.hub.effects import PermanentError, TransientError
from tests.adapters.channels.speaking import Shop, cancelled, refund, shipped, told
from tests.adapters.outside import Outside, answer

FORMAT = WooCommerce()


# -- shipped


async def test_an_order_is_completed_with_a_note_and_the_tracking_that_others_show(shop: Shop) -> None:
    lines = await shop.lines()
    assert isinstance(await shop.tells(shipped("1001", lines=lines, url="https://track.example/1Z1")), Done)

    state = await shop.state()
    assert state["orders"]["1001"] == "completed"
    assert state["notes"]["1001"] == ["Shipped: ups 1Z1 https://track.example/1Z1"]
    meta = {one["key"]: one["value"] for one in state["meta"]["1001"]}
    assert [one["tracking_number"] for one in meta["_wc_shipment_tracking_items"]] == ["1Z1"]
    assert orjson.loads(meta["_crossdock_shipped_f1"]) == lines


async def test_where_shipment_tracking_is_installed_it_is_told_of_the_number(shop: Shop) -> None:
    await shop.set_up(tracking=True)

    await shop.tells(shipped("1001", lines=await shop.lines()))

    state = await shop.state()
    made = [
        (one["tracking_number"], one["tracking_provider"], one["date_shipped"]) for one in state["trackings"]["1001"]
    ]
    assert made == [("1Z1", "ups", "2026-05-04")]
    assert state["orders"]["1001"] == "completed"
    assert "1001" not in state["notes"]


async def test_an_order_is_completed_with_its_last_piece(shop: Shop) -> None:
    order_id, first, lines = await shop.with_pieces(2)

    await shop.tells(shipped(order_id, lines={first: 1}))
    assert (await shop.state())["orders"][order_id] == "processing"
    await shop.tells(shipped(order_id, "1Z2", lines={**lines, first: lines[first] - 1}, fulfilment_id="f2"))

    state = await shop.state()
    assert state["orders"][order_id] == "completed"
    meta = {one["key"]: one["value"] for one in state["meta"][order_id]}
    assert [one["tracking_number"] for one in meta["_wc_shipment_tracking_items"]] == ["1Z1", "1Z2"]


async def test_pieces_that_were_refunded_do_not_keep_an_order_open(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    line = {"id": 7, "quantity": 2, "total": "10.00", "product_id": 1}
    back = {"quantity": -1, "meta_data": [{"key": "_refunded_item_id", "value": "7"}]}
    shown = {
        "id": 1,
        "status": "processing",
        "currency": "EUR",
        "total": "10.00",
        "line_items": [line],
        "refunds": [{"id": 9, "total": "-5.00"}],
        "meta_data": [],
    }
    server.says = [
        answer(200, shown),
        answer(404, {"code": "rest_no_route", "message": "No route"}),
        answer(200, []),
        answer(201, {"id": 1}),
        answer(200, [{"id": 9, "line_items": [back]}]),
        answer(200, shown),
    ]

    await api.call("ship", "k", shipped("1", lines={"7": 1}))

    assert server.called[-1] == "PUT /wp-json/wc/v3/orders/1"
    assert server.heard[-1].json["status"] == "completed"


FAULTS = ["lost-answer", "garbage", "reset", "500", "429"]


@pytest.mark.parametrize("tracking", [True, False])
@pytest.mark.parametrize("place", [2, 3, 4])
@pytest.mark.parametrize("fault", ["lost-answer", "500"])
async def test_wherever_a_call_fails_the_buyer_is_told_once(
    shop: Shop, fault: str, place: int, *, tracking: bool
) -> None:
    await shop.set_up(tracking=tracking)
    await shop.next(*[None] * place, fault, fault)

    request = shipped("1001", lines=await shop.lines())
    assert isinstance(await shop.tells(request), Done)
    assert isinstance(await shop.tells(request, resumed=True), Done)

    state = await shop.state()
    assert state["orders"]["1001"] == "completed"
    assert len(state["notes"].get("1001", [])) == (0 if tracking else 1)
    assert len(state["trackings"].get("1001", [])) == (1 if tracking else 0)


# -- cancelled and paid back


PAID = {"id": 1, "status": "processing", "total": "10.00", "date_paid_gmt": "2026-05-04T12:00:00", "refunds": []}


async def test_a_cancel_sets_the_status_and_pays_back_with_our_mark(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    off = {**PAID, "status": "cancelled"}
    server.says = [answer(200, PAID), answer(200, PAID), answer(200, off), answer(201, {"id": 44})]

    assert (await api.call("cancel", "k", cancelled("1", {"7": 2}))).reference == "44"

    assert server.called[2:] == ["PUT /wp-json/wc/v3/orders/1", "POST /wp-json/wc/v3/orders/1/refunds"]
    assert server.heard[2].json == {"status": "cancelled"}
    assert server.heard[3].json == {
        "amount": "10.00",
        "reason": "out of stock",
        "api_refund": True,
        "api_restock": False,
        "meta_data": [{"key": "_crossdock", "value": "crossdock:cancel:c1"}],
        "line_items": [{"id": 7, "quantity": 2}],
    }


async def test_a_cancel_that_the_shop_will_not_have_says_why(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    wrong = {"code": "woocommerce_rest_cannot_edit", "message": "Sorry, you are not allowed to edit this resource."}
    server.says = [answer(200, PAID), answer(200, PAID), answer(403, wrong)]

    with pytest.raises(PermanentError, match="woocommerce_rest_cannot_edit: Sorry"):
        await api.call("cancel", "k", cancelled("1"))


def total_of(order: dict[str, Any]) -> int:
    return round(float(order["total"]) * 100)


async def test_an_order_is_cancelled_whole_and_paid_back(shop: Shop) -> None:
    order = await shop.order()

    assert isinstance(await shop.tells(cancelled("1001", await shop.lines())), Done)

    state = await shop.state()
    assert (state["orders"]["1001"], state["refunded_minor"]) == ("refunded", total_of(order))
    assert len(FORMAT.read(orjson.dumps(await shop.order())).cancels) == 1


async def test_an_order_that_the_hub_pays_back_is_only_cancelled(shop: Shop) -> None:
    await shop.tells(cancelled("1001", await shop.lines(), refund=False))

    state = await shop.state()
    assert (state["orders"]["1001"], state["refunded_minor"]) == ("cancelled", 0)


async def test_pieces_are_taken_out_and_paid_back_with_our_mark(shop: Shop) -> None:
    order_id, first, _ = await shop.with_pieces(2)

    answered = told(await shop.tells(cancelled(order_id, {first: 1}, minor=500, complete=False)))

    state = await shop.state()
    (made,) = state["refunds"][order_id]
    assert (str(made["id"]), made["amount"], made["refunded_payment"]) == (answered.reference, "5.00", True)
    of = [(one["quantity"], one["meta_data"][0]["value"]) for one in made["line_items"]]
    assert of == [(-1, first)]
    assert made["meta_data"] == [{"key": "_crossdock", "value": "crossdock:cancel:c1"}]
    read = FORMAT.read(orjson.dumps(await shop.order(order_id)))
    assert ([one.amount_minor for one in read.refunds], read.cancels) == ([500], ())


async def test_what_the_hub_pays_back_itself_is_only_taken_out(shop: Shop) -> None:
    order_id, first, _ = await shop.with_pieces(2)

    await shop.tells(cancelled(order_id, {first: 1}, minor=500, complete=False, refund=False))

    (made,) = (await shop.state())["refunds"][order_id]
    assert (made["amount"], made["refunded_payment"]) == ("0.00", False)
    assert FORMAT.read(orjson.dumps(await shop.order(order_id))).refunds == ()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("complete", [True, False])
async def test_nothing_is_cancelled_or_paid_back_twice(shop: Shop, fault: str, *, complete: bool) -> None:
    order_id, first, lines = await shop.with_pieces(2)
    total = total_of(await shop.order(order_id))
    request = cancelled(
        order_id, lines if complete else {first: 1}, minor=total if complete else 300, complete=complete
    )
    await shop.next(None, None, fault, fault)

    assert isinstance(await shop.tells(request), Done)
    assert isinstance(await shop.tells(request, resumed=True), Done)
    assert (await shop.state())["refunded_minor"] == (total if complete else 300)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_refund_is_paid_once(shop: Shop, fault: str) -> None:
    await shop.next(None, fault)

    assert isinstance(await shop.tells(refund("1001", 250)), Done)
    assert isinstance(await shop.tells(refund("1001", 250), resumed=True), Done)
    assert (await shop.state())["refunded_minor"] == 250
    await shop.tells(refund("1001", 250, refund_id="r2"))
    assert (await shop.state())["refunded_minor"] == 500


async def test_more_than_was_paid_is_refused(shop: Shop) -> None:
    outcome = await shop.tells(refund("1001", 10_000_000))

    assert isinstance(outcome, Refused)
    assert outcome.code == "woocommerce_rest_cannot_create_order_refund"


async def test_a_gateway_that_cannot_pay_back_is_a_refusal_and_not_looked_up_for_ever(
    other: tuple[Outside, WooCommerceApi],
) -> None:
    server, api = other
    text = "The payment gateway for this order does not support automatic refunds."
    server.says = [
        answer(200, {"id": 1, "status": "processing", "total": "10.00", "refunds": []}),
        answer(500, {"code": "woocommerce_rest_cannot_create_order_refund", "message": text}),
    ]

    with pytest.raises(PermanentError, match="does not support automatic refunds"):
        await api.call("refund", "k", refund("1", 100))
    assert server.heard[-1].json["api_restock"] is False


async def test_an_order_that_is_gone_is_refused(shop: Shop) -> None:
    assert isinstance(await shop.tells(shipped("77", lines={"1": 1})), Refused)


async def test_two_shipments_of_an_order_at_once_are_both_noted(shop: Shop) -> None:
    order_id, first, lines = await shop.with_pieces(2)
    await asyncio.gather(
        shop.tells(shipped(order_id, lines={first: 1})),
        shop.tells(shipped(order_id, "1Z2", lines={**lines, first: lines[first] - 1}, fulfilment_id="f2")),
    )

    state = await shop.state()
    meta = {one["key"]: one["value"] for one in state["meta"][order_id]}
    assert {one["tracking_number"] for one in meta["_wc_shipment_tracking_items"]} == {"1Z1", "1Z2"}
    assert state["orders"][order_id] == "completed"


async def test_a_key_that_is_not_taken_has_what_is_told_wait(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    server.always = answer(401, {"errors": "Invalid API key or access token"})

    with pytest.raises(TransientError, match="see to the secrets of shop"):
        await api.call("refund", "k", refund("1", 100))
