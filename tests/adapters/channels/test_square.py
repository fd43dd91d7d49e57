"""Orders of Square, the till: what maps to what, and who signed what is pushed."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, LineQuantity
from services.capture.channels import Hook, NotYetError, SignatureError, Topic, UnmappableError
from services.capture.channels.square import Square
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


LINE: dict[str, Any] = {
    "uid": "u-1",
    "name": "Latte",
    "variation_name": "Large",
    "quantity": "2",
    "item_type": "ITEM",
    "catalog_object_id": "VAR1",
    "base_price_money": usd(500),
    "variation_total_price_money": usd(1000),
    "modifiers": [{"uid": "m", "name": "Oat milk", "total_price_money": usd(100)}],
    "gross_sales_money": usd(1100),
    "total_discount_money": usd(110),
    "total_tax_money": usd(99),
    "total_money": usd(1089),
}
ORDER: dict[str, Any] = {
    "id": "O-1",
    "location_id": "L88",
    "reference_id": "T-17",
    "state": "COMPLETED",
    "version": 4,
    "source": {"name": "Register 1"},
    "created_at": "2026-03-02T09:30:00.123Z",
    "updated_at": "2026-03-02T09:31:00Z",
    "closed_at": "2026-03-02T09:31:00Z",
    "line_items": [LINE],
    "taxes": [{"uid": "t", "name": "Sales tax", "type": "ADDITIVE", "percentage": "10", "applied_money": usd(99)}],
    "tenders": [{"id": "te-1", "type": "CARD", "payment_id": "p-1", "amount_money": usd(1089)}],
    "total_money": usd(1089),
    "total_tax_money": usd(99),
    "total_discount_money": usd(110),
    "net_amount_due_money": usd(0),
}
RECIPIENT = {
    "display_name": "Zoë Lind",
    "email_address": "z@example.com",
    "phone_number": "+1 213",
    "address": {
        "address_line_1": "1 Main St",
        "locality": "Springfield",
        "administrative_district_level_1": "IL",
        "postal_code": "62701",
        "country": "US",
    },
}


def read(**fields: Any) -> OrderInput:
    order = Square().read(orjson.dumps(ORDER | fields))
    assert adds_up(order)
    return order


def fulfilment(kind: str, state: str = "PROPOSED", **details: Any) -> dict[str, Any]:
    return {"uid": "f-1", "type": kind, "state": state, f"{kind.lower()}_details": {"recipient": RECIPIENT, **details}}


def test_a_sale_over_the_counter_was_handed_over_at_its_location() -> None:
    order = read()
    assert (order.fulfil_by, order.sold_at, order.ship_to) == ("till", "L88", None)
    assert order.fulfilled_at == datetime(2026, 3, 2, 9, 31, tzinfo=UTC)
    assert (order.order_id, order.number, order.source_version, order.total_minor) == ("O-1", "T-17", "4", 1089)
    assert order.placed_at == NOW.replace(microsecond=123000)
    assert (order.payment.reference, order.tags) == ("p-1", ("source:Register 1",))


def test_what_was_chosen_with_an_item_is_in_its_price() -> None:
    line = read().lines[0]
    assert (line.listing_id, line.quantity, line.unit_price_minor) == ("VAR1", 2, 550)
    assert (line.discount_minor, line.tax_minor, line.note) == (110, 99, "Oat milk")
    assert line.title == "Latte (Large)"


def test_additive_tax_comes_on_top() -> None:
    order = read()
    assert (order.tax_minor, order.tax_included) == (99, False)


def test_inclusive_tax_is_in_the_prices_whatever_gross_sales_says() -> None:
    line = LINE | {"gross_sales_money": usd(1001)}
    taxes = [{"uid": "t", "type": "INCLUSIVE", "applied_money": usd(90)}]
    order = read(line_items=[line], taxes=taxes, total_tax_money=usd(90), total_money=usd(990))
    assert (order.tax_minor, order.tax_included) == (90, True)


def test_of_both_kinds_of_tax_the_one_on_top_counts() -> None:
    taxes = [{"type": "INCLUSIVE", "applied_money": usd(50)}, {"type": "ADDITIVE", "applied_money": usd(99)}]
    order = read(taxes=taxes, total_tax_money=usd(149))
    assert (order.tax_minor, order.tax_included) == (99, False)


def test_service_charges_tips_and_rounding_are_charges_and_discounts() -> None:
    order = read(
        service_charges=[{"uid": "s-1", "name": "Table", "applied_money": usd(200)}],
        total_tip_money=usd(150),
        rounding_adjustment={"name": "Rounding", "amount_money": usd(-4)},
        total_money=usd(1435),
    )
    assert [(line.line_id, line.kind, line.unit_price_minor) for line in order.lines[1:]] == [
        ("s-1", LineKind.CHARGE, 200),
        ("tip", LineKind.CHARGE, 150),
        ("rounding", LineKind.DISCOUNT, 4),
    ]


def test_a_gift_card_sold_is_digital_and_a_gift_card_spent_is_a_payment() -> None:
    card = LINE | {"item_type": "GIFT_CARD", "catalog_object_id": None}
    tenders = [{"type": "SQUARE_GIFT_CARD", "amount_money": usd(89)}, {"type": "CASH", "amount_money": usd(1000)}]
    order = read(line_items=[card], tenders=tenders)
    assert (order.lines[0].kind, order.gift_cards_minor) == (LineKind.DIGITAL, 89)


@pytest.mark.parametrize("fields", [{"item_type": "CUSTOM_AMOUNT"}, {"catalog_object_id": None}])
def test_what_is_rung_up_by_hand_is_in_no_stock(fields: dict[str, Any]) -> None:
    line = read(line_items=[LINE | fields]).lines[0]
    assert (line.kind, line.listing_id) == (LineKind.CHARGE, "")


def test_an_order_to_be_picked_up_is_the_hubs() -> None:
    sent = fulfilment("PICKUP", pickup_at="2026-03-02T15:00:00Z", note="no bag")
    order = read(fulfillments=[sent], state="OPEN")
    assert (order.fulfil_by, order.sold_at, order.shipping.pickup_location_id) == ("hub", "", "L88")
    assert (order.ship_to, order.note) == (None, "no bag")
    assert order.requested_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert (order.customer.name, order.customer.email) == ("Zoë Lind", "z@example.com")


@pytest.mark.parametrize("kind", ["SHIPMENT", "DELIVERY"])
def test_an_order_to_be_shipped_has_its_address(kind: str) -> None:
    order = read(fulfillments=[fulfilment(kind, shipping_type="Two-Day", expected_shipped_at="2026-03-03T00:00:00Z")])
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.line1, order.ship_to.city) == ("Zoë Lind", "1 Main St", "Springfield")
    assert (order.ship_to.region, order.ship_to.postcode, order.ship_to.country) == ("IL", "62701", "US")
    assert (order.fulfil_by, order.shipping.service_level) == ("hub", "express")
    assert order.ship_by == datetime(2026, 3, 3, tzinfo=UTC)


def test_what_has_been_sent_is_recorded() -> None:
    order = read(fulfillments=[fulfilment("SHIPMENT", "COMPLETED")])
    assert (order.fulfil_by, order.sold_at) == ("channel", "L88")
    assert order.fulfilled_at == datetime(2026, 3, 2, 9, 31, tzinfo=UTC)


def test_a_draft_waits() -> None:
    with pytest.raises(NotYetError, match=r"^\$\.state: DRAFT: "):
        read(state="DRAFT")


def test_what_is_not_paid_waits() -> None:
    with pytest.raises(NotYetError, match=r"^\$\.state: OPEN: 10\.89 USD are still to be paid"):
        read(state="OPEN", net_amount_due_money=usd(1089))
    with pytest.raises(NotYetError, match=r"OPEN: 10\.89"):
        read(state="OPEN", net_amount_due_money=None, tenders=None)


def test_a_cancelled_order_is_cancelled_whole() -> None:
    assert [(one.cancel_id, one.lines) for one in read(state="CANCELED").cancels] == [("cancelled", ())]
    order = read(fulfillments=[fulfilment("SHIPMENT", "CANCELED")])
    assert [(one.cancel_id, one.lines) for one in order.cancels] == [("cancelled", ())]


def test_a_fulfilment_that_is_called_off_cancels_its_pieces() -> None:
    off = fulfilment("SHIPMENT", "FAILED") | {"uid": "f-2", "entries": [{"line_item_uid": "u-1", "quantity": "1"}]}
    order = read(fulfillments=[fulfilment("SHIPMENT"), off])
    assert [(one.cancel_id, one.lines) for one in order.cancels] == [
        ("f-2", (LineQuantity(line_id="u-1", quantity=1),))
    ]


def test_refunds_stand_with_the_pieces_that_came_back() -> None:
    refund = {"id": "r-1", "status": "APPROVED", "amount_money": usd(544), "created_at": "2026-03-02T10:00:00Z"}
    returned = [{"uid": "x", "return_line_items": [{"source_line_item_uid": "u-1", "quantity": "1"}]}]
    rejected = refund | {"id": "r-2", "status": "REJECTED"}
    [found] = read(refunds=[refund, rejected], returns=returned).refunds
    assert (found.refund_id, found.amount_minor) == ("r-1", 544)
    assert found.lines == (LineQuantity(line_id="u-1", quantity=1),)


def test_a_return_by_itself_is_refused_and_names_the_order_that_was_returned() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.returns: it is a return of O-0; "):
        read(line_items=[], returns=[{"source_order_id": "O-0", "return_line_items": []}])


def test_what_is_sold_by_weight_is_refused_with_its_path() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.line_items\[0\]\.quantity: "):
        read(line_items=[LINE | {"quantity": "1.250"}])


def test_a_currency_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.total_money\.currency: 'XQX' is no currency"):
        read(total_money={"amount": 1089, "currency": "XQX"})


@pytest.mark.parametrize("answer", [{"orders": [ORDER]}, {"order": ORDER}, ORDER])
def test_answers_are_split_into_orders(answer: Any) -> None:
    assert [Square().order_id(one) for one in Square().split(orjson.dumps(answer))] == ["O-1"]


FULL = ORDER | {"fulfillments": [fulfilment("SHIPMENT")], "service_charges": [{"uid": "s", "amount_money": usd(5)}]}


@given(mutated(FULL))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_an_order_or_refused(body: bytes) -> None:
    read_or_refuse(Square(), body)


URL = "https://hub.example.com/webhooks/till"
BODY = orjson.dumps(
    {
        "type": "order.updated",
        "event_id": "e-1",
        "data": {
            "type": "order_updated",
            "id": "O-1",
            "object": {"order_updated": {"order_id": "O-1", "version": 4, "location_id": "L88", "state": "OPEN"}},
        },
    }
)


def hook(body: bytes = BODY, key: str = "s3cret", url: str = URL) -> Hook:
    signature = b64encode(hmac.new(key.encode(), url.encode() + body, sha256).digest()).decode()
    return Hook({"x-square-hmacsha256-signature": signature}, body, url)


def check(one: Hook, *secrets: str) -> None:
    Square().check(one, secrets or ("s3cret",), NOW)


def test_a_webhook_is_signed_over_the_address_and_the_body() -> None:
    check(hook())
    check(hook(key="old"), "new", "old")


@pytest.mark.parametrize(
    "one",
    [
        hook(key="other"),
        Hook(hook().headers, BODY + b" ", URL),
        Hook(hook().headers, BODY, URL + "2"),
        Hook({}, BODY, URL),
    ],
)
def test_what_square_did_not_sign_is_refused(one: Hook) -> None:
    with pytest.raises(SignatureError):
        check(one)


def test_a_change_points_to_its_order() -> None:
    heard = Square().heard(hook())
    assert (heard.topic, heard.order_id, heard.delivery_id) == (Topic.POINTER, "O-1", "e-1")


@pytest.mark.parametrize("name", ["payment", "refund"])
def test_a_payment_points_to_its_order_if_it_is_for_one(name: str) -> None:
    body = {"type": f"{name}.updated", "data": {"object": {name: {"order_id": "O-1"}}}}
    assert Square().heard(Hook({}, orjson.dumps(body))).order_id == "O-1"
    without = {"type": f"{name}.updated", "data": {"object": {name: {}}}}
    assert Square().heard(Hook({}, orjson.dumps(without))).topic is Topic.OTHER


@pytest.mark.parametrize("body", [b'{"type": "catalog.version.updated"}', b"[]", b'{"type": []}'])
def test_other_events_are_nothing_to_act_upon(body: bytes) -> None:
    assert Square().heard(Hook({}, body)).topic is Topic.OTHER


def test_an_event_without_its_order_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.data\.id: an id is needed"):
        Square().heard(Hook({}, b'{"type": "order.created", "data": {}}'))
