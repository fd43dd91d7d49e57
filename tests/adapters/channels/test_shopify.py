"""Shopify: the lines of an order, its money, and how it is paid."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.decide.money import expected_total, totals
from tests.adapters.channels.shopify import both, line, order, read, refusal, sound

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_an_order_becomes_lines_that_add_up_to_its_total() -> None:
    taxed = line(2, "5.00", 2, tax_lines=[{"price": "0.60"}])
    found = sound(line(), taxed, total="20.60", total_tax="0.60")
    assert [(one.line_id, one.listing_id, one.sku, one.quantity, one.unit_price_minor) for one in found.lines] == [
        ("1", "101", "SKU-1", 1, 1000),
        ("2", "102", "SKU-2", 2, 500),
    ]
    assert (found.order_id, found.number, found.source_version) == ("450789469", "#1001", "2026-03-02T09:31:00+00:00")
    assert (found.placed_at, found.lines[1].tax_minor, found.tax_minor) == (NOW, 60, 60)


def test_the_buyers_currency_is_the_orders_and_the_shops_total_is_kept() -> None:
    sold = line(price="10.00", price_set=both("10.00", "1500", other="JPY"))
    found = sound(
        sold,
        presentment_currency="JPY",
        total_price_set=both("10.00", "1500", other="JPY"),
        total_tax_set=both("0.00", "0", other="JPY"),
    )
    assert (found.currency, found.total_minor, found.lines[0].unit_price_minor) == ("JPY", 1500, 1500)
    assert found.shop_total is not None
    assert (found.shop_total.amount_minor, found.shop_total.currency) == (1000, "USD")


def test_an_amount_in_the_shops_currency_alone_is_not_taken_for_the_buyers() -> None:
    content = order(presentment_currency="EUR", total_price_set=both("10.00", "9.00"))
    assert refusal(content) == (
        "$.line_items[0].price: it is given in USD alone, and the buyer pays in EUR; ask for presentment_money"
    )


def test_currencies_with_three_decimals_and_finer_amounts_than_a_currency_has() -> None:
    found = sound(line(price="1.999"), total="1.999", currency="KWD", presentment_currency="KWD")
    assert found.total_minor == 1999
    told = "$.line_items[0].price: 1.999 USD is not a whole number of its minor unit"
    assert refusal(order(line(price="1.999"))) == told


def test_discounts_stand_on_the_lines_that_they_were_allocated_to_and_the_rest_on_the_order() -> None:
    cut = line(2, "30.00", discount_allocations=[{"amount": "3.34"}, {"amount": "1.00"}])
    found = sound(line(), cut, total="33.66", total_discounts="6.34")
    assert [one.discount_minor for one in found.lines] == [0, 434]
    assert found.discount_minor == 200


def test_free_shipping_is_a_discount_of_the_shipping_and_not_of_the_goods() -> None:
    free = {"title": "Express", "price": "8.00", "discount_allocations": [{"amount": "8.00"}]}
    found = sound(shipping_lines=[free], total_discounts="8.00")
    assert (found.shipping_minor, found.discount_minor, found.shipping.service_level) == (0, 0, "express")


def test_shipping_is_what_is_left_of_it_after_discounts_and_what_was_removed() -> None:
    ways = [
        {"title": "Parcel", "price": "5.00", "discounted_price": "4.00"},
        {"title": "Courier", "price": "9.00", "is_removed": True},
    ]
    assert sound(shipping_lines=ways, total="14.00").shipping_minor == 400


def test_included_taxes_are_not_added_again() -> None:
    found = sound(line(price="11.90"), total="11.90", total_tax="1.90", taxes_included=True)
    assert (found.tax_included, found.tax_minor) == (True, 190)


def test_duties_fees_and_tips_are_charges() -> None:
    found = sound(
        total="17.50",
        original_total_duties_set=both("4.00"),
        original_total_additional_fees_set=both("1.50"),
        total_tip_received="2.00",
    )
    charges = {one.line_id: one.unit_price_minor for one in found.lines if one.kind is LineKind.CHARGE}
    assert charges == {"duties": 400, "fees": 150, "tip": 200}


def test_duties_that_the_prices_include_are_not_charged_again() -> None:
    found = sound(original_total_duties_set=both("4.00"), duties_included=True)
    assert len(found.lines) == 1


def test_a_tip_that_is_a_line_is_counted_once() -> None:
    tip = line(2, "2.00", requires_shipping=False, variant_id=None, sku=None, title="Tip", tip_payment_gateway=None)
    found = sound(line(), tip, total="12.00", total_tip_received="2.00")
    assert [one.kind for one in found.lines] == [LineKind.PHYSICAL, LineKind.CHARGE]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, LineKind.PHYSICAL),
        ({"requires_shipping": None}, LineKind.PHYSICAL),
        ({"requires_shipping": False}, LineKind.DIGITAL),
        ({"requires_shipping": False, "gift_card": True}, LineKind.DIGITAL),
        ({"requires_shipping": True, "gift_card": True}, LineKind.PHYSICAL),
        ({"requires_shipping": False, "variant_id": None}, LineKind.SERVICE),
    ],
)
def test_only_what_requires_shipping_is_physical(fields: dict[str, Any], kind: LineKind) -> None:
    assert read(line(**fields)).lines[0].kind is kind


def test_what_was_paid_with_gift_cards_is_told_where_the_api_tells() -> None:
    cards = [
        {"id": 1, "kind": "sale", "status": "success", "gateway": "gift_card", "amount": "4.00"},
        {"id": 2, "kind": "sale", "status": "success", "gateway": "shopify_payments", "amount": "6.00"},
        {"id": 3, "kind": "sale", "status": "failure", "gateway": "gift_card", "amount": "6.00"},
    ]
    assert read(transactions=cards, payment_gateway_names=["gift_card", "shopify_payments"]).gift_cards_minor == 400
    assert read(payment_gateway_names=["gift_card"]).gift_cards_minor == 1000
    assert read(payment_gateway_names=["gift_card", "shopify_payments"]).gift_cards_minor == 0


def test_totals_that_do_not_add_up_are_left_as_the_shop_states_them() -> None:
    found = read(total="11.00")
    assert (found.total_minor, expected_total(totals(found))) == (1100, 1000)


@pytest.mark.parametrize("status", ["paid", "authorized", "partially_refunded", "refunded"])
def test_money_that_the_shop_has_or_may_take_is_prepaid(status: str) -> None:
    found = read(financial_status=status, transactions=[{"id": 77, "kind": "sale", "status": "success"}])
    assert (found.payment.method, found.payment.reference) == (PaymentMethod.PREPAID, "77")
    assert found.payment.gateway == "shopify_payments"


def test_a_pending_order_is_taken_in_if_it_is_paid_on_delivery_or_on_terms() -> None:
    found = read(financial_status="pending", payment_gateway_names=["Cash on Delivery (COD)"])
    assert found.payment.method is PaymentMethod.CASH_ON_DELIVERY
    found = read(financial_status="pending", payment_terms={"payment_terms_name": "Net 30"}, po_number="PO-7")
    assert (found.payment.method, found.customer_po) == (PaymentMethod.TERMS, "PO-7")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"financial_status": "pending"}, "$.financial_status: pending: the shop waits for the money"),
        ({"financial_status": "partially_paid"}, "$.financial_status: partially_paid: the shop waits"),
        ({"financial_status": "voided"}, "$.financial_status: voided: the payment is off"),
        ({"financial_status": "expired"}, "$.financial_status: expired: the payment is off"),
        ({"financial_status": None}, "$.financial_status: it is missing"),
        ({"test": True}, "$.test: a test order"),
        ({"line_items": []}, "$.line_items: the order has no line"),
        ({"line_items": None, "lineItems": None}, "$"),
        ({"currency": "", "presentment_currency": ""}, "$.currency: the currency"),
        ({"currency": "XXX", "presentment_currency": "XXX"}, "$.line_items[0].price: 'XXX' is no currency"),
        ({"created_at": "yesterday"}, "$.created_at: Input should be a valid datetime"),
    ],
)
def test_what_is_not_to_be_worked_on_is_refused_with_path_and_reason(fields: dict[str, Any], told: str) -> None:
    assert refusal(order(**fields)).startswith(told)


def test_drafts_and_checkouts_are_no_orders() -> None:
    assert "a draft order" in refusal({"draft_order": {"id": 1, "line_items": []}})
    assert "a draft order" in refusal({"id": "gid://shopify/DraftOrder/1", "lineItems": {"nodes": []}})
    assert "a checkout" in refusal({"id": 1, "abandoned_checkout_url": "https://x", "line_items": []})
    assert refusal({"refunds": []}).startswith("$.line_items: an order has lines")
    assert refusal([1]) == "$: a JSON object is needed"
