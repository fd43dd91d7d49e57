"""WooCommerce's web API against a shop that keeps state: what is asked, what is told once, and what it refuses."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.capture.channels.api import AskOrder, AskOrders, Level, Page, SetStock
from services.capture.channels.woocommerce import WooCommerce
from services.capture.channels.woocommerce.api import WooCommerceApi
from services.capture.rules import ApiConfig
from services.hub.decision import Done, Refused
from services.hub.effects import PermanentError, TransientError
from services.hub.secrets import Secrets
from services.sandbox.api import now
from tests.adapters.channels.api import NOW, Shop, cancelled, refund, shipped, shop_of, told
from tests.adapters.outside import Outside, answer, outside

FORMAT = WooCommerce()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with five orders of three articles, of which there are fifty each."""
    async with shop_of("woocommerce", tmp_path) as found:
        await found.set_up(orders=5, skus=["A", "B", "C"], stock=50)
        yield found


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[tuple[Outside, WooCommerceApi]]:
    """A server that says what it is told to, and a client to it."""
    for part in ("key", "secret"):
        (tmp_path / f"channel.shop.{part}").write_text(f"{part}-1\n")
    async with outside() as server:
        api = WooCommerceApi("shop", ApiConfig(url=server.url), Secrets(tmp_path))
        yield server, api
        await api.close()


async def order_of(shop: Shop, order_id: str = "1001") -> dict[str, Any]:
    found = await shop.api.call("order", "k", AskOrder(channel_order_id=order_id))
    return dict(orjson.loads(found.body))


async def lines_of(shop: Shop, order_id: str = "1001") -> list[tuple[str, int]]:
    return [(str(line["id"]), line["quantity"]) for line in (await order_of(shop, order_id))["line_items"]]


async def with_pieces(shop: Shop, pieces: int) -> tuple[str, list[tuple[str, int]]]:
    """An order of which a line has so many pieces, that line first."""
    for order_id in (await shop.state())["orders"]:
        lines = sorted(await lines_of(shop, order_id), key=lambda line: -line[1])
        if lines[0][1] >= pieces:
            return order_id, lines
    pytest.fail("there is no such order")


# -- orders


async def test_an_order_is_asked_for_by_its_id_and_is_as_webhooks_bring_it(shop: Shop) -> None:
    found = await shop.api.call("order", "k", AskOrder(channel_order_id="1002"))

    assert FORMAT.read(found.body).order_id == "1002"


async def test_an_order_that_the_shop_does_not_have_is_refused(shop: Shop) -> None:
    with pytest.raises(PermanentError, match=r"Invalid ID\."):
        await shop.api.call("order", "k", AskOrder(channel_order_id="77"))


async def test_key_and_secret_go_with_each_call(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    server.always = answer(200, {"id": 5})

    await api.call("order", "k", AskOrder(channel_order_id="5"))

    assert server.called == ["GET /wp-json/wc/v3/orders/5"]
    assert server.heard[0].headers["authorization"] == "Basic a2V5LTE6c2VjcmV0LTE="


async def test_without_a_secret_nothing_is_sent_and_the_text_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "channel.shop.key").write_text("k\n")
    async with outside() as server:
        api = WooCommerceApi("shop", ApiConfig(url=server.url), Secrets(tmp_path))
        with pytest.raises(TransientError, match=r"channel\.shop\.secret"):
            await api.call("order", "k", AskOrder(channel_order_id="5"))
        await api.close()

    assert server.called == []


async def all_pages(shop: Shop, since: Any) -> list[Page]:
    pages = [await shop.api.call("orders", "k", AskOrders(since=since))]
    while pages[-1].next:
        pages.append(await shop.api.call("orders", "k", AskOrders(since=since, page=pages[-1].next)))
    return pages


async def test_orders_are_listed_page_by_page_whatever_their_status(shop: Shop) -> None:
    await shop.set_up(orders=245, skus=["A", "B", "C"], stock=5000)
    await shop.tells(cancelled("1003", *await lines_of(shop, "1003"), complete=True))

    pages = await all_pages(shop, now() - timedelta(hours=1))

    ids = {FORMAT.order_id(body) for page in pages for body in page.orders}
    assert len(pages) == 3
    assert ids == {str(number) for number in range(1001, 1251)}


async def test_a_page_that_shifts_because_orders_change_leaves_none_out(shop: Shop) -> None:
    await shop.set_up(orders=245, skus=["A", "B", "C"], stock=5000)
    pages = [await shop.api.call("orders", "k", AskOrders(since=now() - timedelta(hours=1)))]
    for number in range(1001, 1006):  # they go to the end of the list, and all others move up
        await shop.tells(refund(str(number), 1))
    while pages[-1].next:
        pages.append(await shop.api.call("orders", "k", AskOrders(since=now(), page=pages[-1].next)))

    ids = {FORMAT.order_id(body) for page in pages for body in page.orders}
    assert ids == {str(number) for number in range(1001, 1251)}


async def test_orders_of_one_second_are_gone_through_by_number(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    same = [{"id": number, "date_modified_gmt": "2026-03-02T12:00:00"} for number in range(100)]
    server.says = [answer(200, same), answer(200, same), answer(200, [])]

    page = await api.call("orders", "k", AskOrders(since=NOW))
    while page.next:
        page = await api.call("orders", "k", AskOrders(since=NOW, page=page.next))

    assert [call.rpartition("&")[2] for call in server.called] == ["page=1", "page=2", "page=3"]


async def test_only_orders_that_have_changed_since_are_listed(shop: Shop) -> None:
    assert (await all_pages(shop, now() + timedelta(minutes=1)))[0].orders == ()


# -- stock


def levels(*wanted: tuple[str, str, int]) -> SetStock:
    return SetStock(levels=tuple(Level(sku=sku, listing_id=name, available=n) for sku, name, n in wanted))


async def test_stock_is_set_by_product(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", levels(("ours", "1", 7), ("other", "2", 0)))

    assert [one.problem for one in found.levels] == ["", ""]
    stock = (await shop.state())["stock"]
    assert (stock["A"], stock["B"]) == (7, 0)


async def test_a_variation_is_set_below_its_product(shop: Shop) -> None:
    await shop.set_up(variations={"1": ["A-red", "A-blue"]})
    before = (await shop.state())["stock"]["A"]
    for _ in range(2):  # the second time its product is known
        found = await shop.api.call("stock", "k", levels(("red", "4", 3), ("B", "2", 8)))
        assert [one.problem for one in found.levels] == ["", ""]

    stock = (await shop.state())["stock"]
    assert (stock["A-red"], stock["B"], stock["A"]) == (3, 8, before)


async def test_stock_is_set_by_sku(shop: Shop) -> None:
    await shop.set_up(variations={"1": ["A-red"]})

    found = await shop.api.call("stock", "k", levels(("C", "", 9), ("A-red", "", 2), ("Z", "", 3)))

    assert [one.problem for one in found.levels] == ["", "", "no article has the SKU Z"]
    stock = (await shop.state())["stock"]
    assert (stock["C"], stock["A-red"]) == (9, 2)


async def test_an_unknown_product_is_told_with_the_reason_and_keeps_no_other_from_it(shop: Shop) -> None:
    found = await shop.api.call("stock", "k", levels(("A", "99", 7), ("B", "2", 4), ("C", "no-number", 4)))

    assert [one.problem.partition(":")[0] for one in found.levels] == [
        "woocommerce_rest_product_invalid_id",
        "",
        "no-number",
    ]
    assert (await shop.state())["stock"]["B"] == 4


# -- shipped


async def test_an_order_is_completed_with_a_note_and_the_tracking_that_others_show(shop: Shop) -> None:
    lines = await lines_of(shop)
    assert isinstance(await shop.tells(shipped("1001", *lines)), Done)

    state = await shop.state()
    assert state["orders"]["1001"] == "completed"
    assert state["notes"]["1001"] == ["Shipped: ups 1Z999 https://track.example/1Z999"]
    meta = {one["key"]: one["value"] for one in state["meta"]["1001"]}
    assert [one["tracking_number"] for one in meta["_wc_shipment_tracking_items"]] == ["1Z999"]
    assert orjson.loads(meta["_crossdock_shipped_f-1"]) == dict(lines)


async def test_where_shipment_tracking_is_installed_it_is_told_of_the_number(shop: Shop) -> None:
    await shop.set_up(tracking=True)

    await shop.tells(shipped("1001", *await lines_of(shop)))

    state = await shop.state()
    made = [
        (one["tracking_number"], one["tracking_provider"], one["date_shipped"]) for one in state["trackings"]["1001"]
    ]
    assert made == [("1Z999", "ups", "2026-03-02")]
    assert state["orders"]["1001"] == "completed"
    assert "1001" not in state["notes"]


async def test_an_order_is_completed_with_its_last_piece(shop: Shop) -> None:
    order_id, ((first, pieces), *rest) = await with_pieces(shop, 2)

    await shop.tells(shipped(order_id, (first, 1)))
    assert (await shop.state())["orders"][order_id] == "processing"
    await shop.tells(shipped(order_id, (first, pieces - 1), *rest, number="1Z000", fulfilment_id="f-2"))

    state = await shop.state()
    assert state["orders"][order_id] == "completed"
    meta = {one["key"]: one["value"] for one in state["meta"][order_id]}
    assert [one["tracking_number"] for one in meta["_wc_shipment_tracking_items"]] == ["1Z999", "1Z000"]


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

    await api.call("ship", "k", shipped("1", ("7", 1)))

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

    request = shipped("1001", *await lines_of(shop))
    assert isinstance(await shop.tells(request), Done)
    assert isinstance(await shop.tells(request, resumed=True), Done)

    state = await shop.state()
    assert state["orders"]["1001"] == "completed"
    assert len(state["notes"].get("1001", [])) == (0 if tracking else 1)
    assert len(state["trackings"].get("1001", [])) == (1 if tracking else 0)


# -- cancelled and paid back


def total_of(order: dict[str, Any]) -> int:
    return round(float(order["total"]) * 100)


async def test_an_order_is_cancelled_whole_and_paid_back(shop: Shop) -> None:
    order = await order_of(shop)

    assert isinstance(await shop.tells(cancelled("1001", *await lines_of(shop), complete=True)), Done)

    state = await shop.state()
    assert (state["orders"]["1001"], state["refunded_minor"]) == ("refunded", total_of(order))
    assert len(FORMAT.read(orjson.dumps(await order_of(shop))).cancels) == 1


async def test_an_order_that_the_hub_pays_back_is_only_cancelled(shop: Shop) -> None:
    await shop.tells(cancelled("1001", *await lines_of(shop), complete=True, refund=False))

    state = await shop.state()
    assert (state["orders"]["1001"], state["refunded_minor"]) == ("cancelled", 0)


async def test_pieces_are_taken_out_and_paid_back_with_our_mark(shop: Shop) -> None:
    order_id, lines = await with_pieces(shop, 2)

    answered = told(await shop.tells(cancelled(order_id, (lines[0][0], 1), amount=500)))

    state = await shop.state()
    (made,) = state["refunds"][order_id]
    assert (str(made["id"]), made["amount"], made["refunded_payment"]) == (answered.reference, "5.00", True)
    of = [(one["quantity"], one["meta_data"][0]["value"]) for one in made["line_items"]]
    assert of == [(-1, lines[0][0])]
    assert made["meta_data"] == [{"key": "_crossdock", "value": "crossdock:cancel:c-1"}]
    read = FORMAT.read(orjson.dumps(await order_of(shop, order_id)))
    assert ([one.amount_minor for one in read.refunds], read.cancels) == ([500], ())


async def test_what_the_hub_pays_back_itself_is_only_taken_out(shop: Shop) -> None:
    order_id, lines = await with_pieces(shop, 2)

    await shop.tells(cancelled(order_id, (lines[0][0], 1), amount=500, refund=False))

    (made,) = (await shop.state())["refunds"][order_id]
    assert (made["amount"], made["refunded_payment"]) == ("0.00", False)
    assert FORMAT.read(orjson.dumps(await order_of(shop, order_id))).refunds == ()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("complete", [True, False])
async def test_nothing_is_cancelled_or_paid_back_twice(shop: Shop, fault: str, *, complete: bool) -> None:
    order_id, lines = await with_pieces(shop, 2)
    total = total_of(await order_of(shop, order_id))
    request = cancelled(order_id, *(lines if complete else [(lines[0][0], 1)]), amount=total if complete else 300,
                        complete=complete)  # fmt: skip
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
    await shop.tells(refund("1001", 250, "return:r-2"))
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
    assert isinstance(await shop.tells(shipped("77", ("1", 1))), Refused)


async def test_two_shipments_of_an_order_at_once_are_both_noted(shop: Shop) -> None:
    order_id, ((first, pieces), *rest) = await with_pieces(shop, 2)
    await asyncio.gather(
        shop.tells(shipped(order_id, (first, 1))),
        shop.tells(shipped(order_id, (first, pieces - 1), *rest, number="1Z000", fulfilment_id="f-2")),
    )

    state = await shop.state()
    meta = {one["key"]: one["value"] for one in state["meta"][order_id]}
    assert {one["tracking_number"] for one in meta["_wc_shipment_tracking_items"]} == {"1Z999", "1Z000"}
    assert state["orders"][order_id] == "completed"


async def test_a_key_that_is_not_taken_has_what_is_told_wait(other: tuple[Outside, WooCommerceApi]) -> None:
    server, api = other
    server.always = answer(401, {"errors": "Invalid API key or access token"})

    with pytest.raises(TransientError, match="see to the secrets of shop"):
        await api.call("refund", "k", refund("1", 100))
