"""Orders of TikTok Shop: what maps to what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, LineQuantity, PaymentMethod
from services.capture.channels import NotYetError
from services.capture.channels.tiktok import TikTok
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW

PLACED = 1772443800  # NOW
LINE = {
    "id": "l-1",
    "sku_id": "1729",
    "seller_sku": "RED-L",
    "product_name": "T-shirt",
    "sku_name": "Red, L",
    "display_status": "AWAITING_SHIPMENT",
    "original_price": "20.00",
    "sale_price": "15.00",
    "seller_discount": "3.00",
    "platform_discount": "2.00",
    "item_tax": [{"tax_type": "SALES_TAX", "tax_amount": "1.20", "tax_rate": "0.08"}],
}
ORDER: dict[str, Any] = {
    "id": "5764",
    "status": "AWAITING_SHIPMENT",
    "create_time": PLACED,
    "update_time": PLACED + 60,
    "paid_time": PLACED + 2,
    "payment": {
        "currency": "USD",
        "sub_total": "30.00",
        "original_shipping_fee": "8.00",
        "shipping_fee_seller_discount": "3.00",
        "shipping_fee": "5.00",
        "tax": "2.80",
        "retail_delivery_fee": "0.28",
        "total_amount": "38.08",
    },
    "line_items": [LINE, LINE | {"id": "l-2"}],
    "recipient_address": {
        "name": "D*** K***",
        "phone_number": "(+1)213-***-1234",
        "address_line1": "5800 Bristol Pkwy",
        "address_line2": "Suite 100",
        "address_line3": " ",
        "postal_code": "90230",
        "region_code": "US",
        "district_info": [
            {"address_level_name": "Country", "address_name": "United States", "address_level": "L0"},
            {"address_level_name": "State", "address_name": "California", "address_level": "L1"},
            {"address_level_name": "County", "address_name": "Los Angeles", "address_level": "L2"},
            {"address_level_name": "City", "address_name": "Culver City", "address_level": "L3"},
        ],
    },
    "fulfillment_type": "FULFILLMENT_BY_SELLER",
    "delivery_option_name": "Standard Shipping",
    "shipping_provider": "USPS",
    "rts_sla_time": PLACED + 86400,
    "tts_sla_time": PLACED + 172800,
    "delivery_sla_time": PLACED + 500000,
    "is_cod": False,
    "user_id": "7021",
    "buyer_message": "Bitte leise klopfen",
    "order_type": "NORMAL",
}


def read(**fields: Any) -> OrderInput:
    order = TikTok().read(orjson.dumps(ORDER | fields))
    assert adds_up(order)
    return order


def money(**fields: Any) -> dict[str, Any]:
    return ORDER["payment"] | fields


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_each_piece_is_a_line() -> None:
    order = read()
    assert (order.order_id, order.source_version, order.currency) == ("5764", str(PLACED + 60), "USD")
    assert order.placed_at == NOW
    assert [(line.line_id, line.listing_id, line.sku, line.quantity) for line in order.lines[:2]] == [
        ("l-1", "1729", "RED-L", 1),
        ("l-2", "1729", "RED-L", 1),
    ]
    line = order.lines[0]
    assert (line.unit_price_minor, line.discount_minor, line.tax_minor) == (2000, 500, 120)
    assert line.title == "T-shirt (Red, L)"


def test_shipping_is_what_the_buyer_pays_of_it_and_tax_comes_on_top() -> None:
    order = read()
    assert (order.shipping_minor, order.tax_minor, order.tax_included, order.total_minor) == (500, 280, False, 3808)


def test_fees_are_charges() -> None:
    fees = {"buyer_service_fee": "1", "handling_fee": "2", "shipping_insurance_fee": "3", "small_order_fee": "4"}
    order = read(payment=money(**fees, total_amount="48.08"))
    charges = {line.line_id: line.unit_price_minor for line in order.lines if line.kind is LineKind.CHARGE}
    assert charges == {
        "small-order-fee": 400,
        "buyer-service-fee": 100,
        "handling-fee": 200,
        "shipping-insurance-fee": 300,
        "retail-delivery-fee": 28,
    }


def test_a_deposit_is_a_charge() -> None:
    order = read(line_items=[LINE | {"pfand_fee": "0.25"}], payment=money(total_amount="23.33"))
    assert [(line.line_id, line.unit_price_minor) for line in order.lines[1:2]] == [("l-1-deposit", 25)]


def test_a_discount_of_the_means_of_payment_is_one_on_the_order() -> None:
    assert read(payment=money(payment_platform_discount="8.08", total_amount="30.00")).discount_minor == 808


def test_tax_that_the_total_does_not_add_is_included() -> None:
    order = read(payment=money(tax="4.00", total_amount="35.28"))
    assert (order.tax_included, order.tax_minor) == (True, 400)


def test_amounts_of_currencies_without_decimals() -> None:
    lines = [LINE | {"original_price": "179", "sale_price": "149", "item_tax": None}]
    payment = {"currency": "VND", "shipping_fee": "0", "total_amount": "149"}
    assert read(line_items=lines, payment=payment).total_minor == 149


def test_the_address_finds_its_city_and_state_among_the_districts() -> None:
    address = read().ship_to
    assert address is not None
    assert (address.line1, address.line2, address.line3) == ("5800 Bristol Pkwy", "Suite 100", "")
    assert (address.city, address.region, address.postcode, address.country) == (
        "Culver City",
        "California",
        "90230",
        "US",
    )


@pytest.mark.parametrize("address", [None, {}, {"name": "Somebody"}])
def test_an_address_that_is_not_told_is_none(address: dict[str, str] | None) -> None:
    assert read(recipient_address=address).ship_to is None


def test_an_unpaid_order_waits() -> None:
    with pytest.raises(NotYetError, match=r"^\$\.status: UNPAID: "):
        read(status="UNPAID")


def test_an_order_on_hold_waits_an_hour_for_the_buyer_to_call_it_off() -> None:
    order = read(status="ON_HOLD")
    assert (order.release_at, order.ship_to) == (at(PLACED + 2) + timedelta(hours=1), None)


def test_a_pre_order_waits_for_its_release() -> None:
    order = read(status="ON_HOLD", order_type="PRE_ORDER", release_date=PLACED + 10**6)
    assert (order.release_at, order.tags) == (at(PLACED + 10**6), ("pre-order",))


def test_the_first_deadline_counts() -> None:
    order = read(shipping_due_time=PLACED + 10**6, delivery_due_time=0)
    assert (order.ship_by, order.deliver_by) == (at(PLACED + 86400), at(PLACED + 500000))


@pytest.mark.parametrize("kind", ["FULFILLMENT_BY_TIKTOK", "FULFILLMENT_BY_DILAYANI_TOKOPEDIA"])
def test_what_tiktok_ships_is_recorded(kind: str) -> None:
    order = read(fulfillment_type=kind, status="IN_TRANSIT", collection_time=PLACED + 900)
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", at(PLACED + 900))
    assert read(fulfillment_type=kind).fulfilled_at is None
    assert read().fulfil_by is None


def test_cash_on_delivery() -> None:
    assert read(is_cod=True).payment.method is PaymentMethod.CASH_ON_DELIVERY
    assert read().payment.method is PaymentMethod.PREPAID


def test_a_cancelled_order_is_cancelled_whole_and_a_cancelled_piece_by_itself() -> None:
    assert [(one.cancel_id, one.lines) for one in read(status="CANCELLED").cancels] == [("cancelled", ())]
    order = read(line_items=[LINE, LINE | {"id": "l-2", "display_status": "CANCELLED"}])
    assert [(one.cancel_id, one.lines) for one in order.cancels] == [
        ("l-2", (LineQuantity(line_id="l-2", quantity=1),)),
    ]


def test_a_cancellation_goes_by_its_id_as_its_refund_does() -> None:
    told = {
        "cancel_id": "c-1",
        "cancel_status": "CANCELLATION_REQUEST_COMPLETE",
        "refund_amount": {"refund_total": "16.20"},
        "cancel_line_items": [{"order_line_item_id": "l-2"}],
    }
    piece = read(line_items=[LINE, LINE | {"id": "l-2", "display_status": "CANCELLED"}], cancellations=[told])
    whole = read(status="CANCELLED", cancellations=[told])
    assert [(one.cancel_id, len(one.lines)) for one in (*piece.cancels, *whole.cancels)] == [("c-1", 1), ("c-1", 0)]
    assert [one.refund_id for one in piece.refunds] == ["c-1"]


@pytest.mark.parametrize("status", ["IN_TRANSIT", "DELIVERED", "COMPLETED"])
def test_what_has_left_is_recorded(status: str) -> None:
    order = read(status=status, rts_time=PLACED + 5)
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", at(PLACED + 5))


def test_completed_returns_and_cancellations_are_refunds() -> None:
    amount = {"currency": "USD", "refund_total": "16.20"}
    back = {
        "return_id": "r-1",
        "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "refund_amount": amount,
        "return_line_items": [{"return_line_item_id": "x", "order_line_item_id": "l-1"}],
        "update_time": PLACED + 9,
    }
    cancelled = {"cancel_id": "c-1", "cancel_status": "CANCELLATION_REQUEST_COMPLETE", "refund_amount": amount}
    pending = back | {"return_id": "r-2", "return_status": "RETURN_OR_REFUND_REQUEST_PENDING"}
    refunds = read(returns=[back, pending], cancellations=[cancelled]).refunds
    assert [(one.refund_id, one.amount_minor) for one in refunds] == [("r-1", 1620), ("c-1", 1620)]
    assert refunds[0].lines == (LineQuantity(line_id="l-1", quantity=1),)
    assert refunds[0].refunded_at == at(PLACED + 9)


def test_samples_replacements_and_wishes_to_cancel_are_tagged() -> None:
    order = read(is_sample_order=True, is_replacement_order=True, is_buyer_request_cancel=True)
    assert order.tags == ("sample", "replacement", "cancel-requested")


def test_a_search_is_split_into_its_orders() -> None:
    answer = orjson.dumps({"code": 0, "data": {"orders": [ORDER, ORDER | {"id": "2"}], "next_page_token": "x"}})
    assert [TikTok().order_id(one) for one in TikTok().split(answer)] == ["5764", "2"]


@given(mutated(ORDER))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_an_order_or_refused(body: bytes) -> None:
    read_or_refuse(TikTok(), body)
