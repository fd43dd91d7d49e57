"""WooCommerce: what an order becomes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.decide.money import expected_total, totals
from tests.adapters.channels.woocommerce import EMPTY, line, meta, order, read, refusal, sound

# --- lines and money


def test_an_order_becomes_lines_without_tax_and_the_tax_beside_them() -> None:
    taxed = line(2, "20.00", 2, total_tax="3.80", variation_id=23)
    found = sound(line(), taxed, total="35.80", total_tax="3.80", shipping_total="2.00", prices_include_tax=True)
    assert [(one.line_id, one.listing_id, one.sku, one.quantity, one.unit_price_minor) for one in found.lines] == [
        ("1", "93", "SKU-1", 1, 1000),
        ("2", "23", "SKU-2", 2, 1000),
    ]
    assert (found.order_id, found.number, found.placed_at) == ("727", "W-727", datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    assert found.source_version == "2026-03-02T09:31:00+00:00"
    assert (found.tax_included, found.tax_minor, found.lines[1].tax_minor, found.shipping_minor) == (
        False,
        380,
        380,
        200,
    )
    assert found.lines[0].title == "Mug & Lid 1"


def test_coupons_are_discounts_of_the_lines() -> None:
    found = sound(line(total="9.00", subtotal="10.00"), total="9.00", coupon_lines=[{"code": "X", "discount": "1.00"}])
    assert (found.lines[0].unit_price_minor, found.lines[0].discount_minor, found.discount_minor) == (1000, 100, 0)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 60))
def test_a_line_comes_to_its_total_however_many_pieces_it_has(before: int, after: int, quantity: int) -> None:
    cents = [f"{amount / 100:.2f}" for amount in (before, after)]
    found = sound(line(quantity=quantity, subtotal=cents[0], total=cents[1]), total=cents[1])
    one = found.lines[0]
    assert one.quantity * one.unit_price_minor - one.discount_minor == after
    assert 0 <= one.quantity * one.unit_price_minor - max(before, after) < quantity


def test_shops_with_more_or_fewer_decimals_than_their_currency_are_rounded_line_by_line() -> None:
    found = sound(line(total="3.3361"), line(2, "3.3333"), total="6.6694")
    assert [one.unit_price_minor for one in found.lines] == [334, 333]
    assert sound(line(total="1000.00"), total="1000.00", currency="JPY").total_minor == 1000
    assert sound(line(total="1.5"), total="1.5", currency="KWD").total_minor == 1500
    assert sound(line(total="10"), total="10").total_minor == 1000


def test_fees_are_charges_and_negative_ones_are_discounts() -> None:
    fees = [
        {"id": 5, "name": "Gift wrap", "total": "3.00", "total_tax": "0.57"},
        {"id": 6, "name": "Loyalty", "total": "-2.00", "total_tax": "0.00"},
    ]
    found = sound(total="11.57", total_tax="0.57", fee_lines=fees)
    assert [(one.line_id, one.kind, one.unit_price_minor) for one in found.lines[1:]] == [
        ("fee-5", LineKind.CHARGE, 300),
        ("fee-6", LineKind.DISCOUNT, 200),
    ]


def test_gift_cards_are_a_payment_and_stand_in_the_total_again() -> None:
    found = sound(total="6.00", gift_cards=[{"id": 1, "code": "ABCD", "amount": 4}])
    assert (found.total_minor, found.gift_cards_minor) == (1000, 400)


def test_totals_that_do_not_add_up_are_left_as_the_shop_states_them() -> None:
    found = read(total="11.00")
    assert (found.total_minor, expected_total(totals(found))) == (1100, 1000)


def test_the_parts_of_a_bundle_ship_and_the_bundle_is_what_they_are_sold_under() -> None:
    parts = [line(2, "0.00", bundled_by="1"), line(3, "0.00", 2, bundled_by="1")]
    found = sound(line(), *parts)
    assert [(one.kind, one.listing_id) for one in found.lines] == [
        (LineKind.SERVICE, ""),
        (LineKind.PHYSICAL, "93"),
        (LineKind.PHYSICAL, "93"),
    ]
    assert found.lines[1].note == "part of Mug & Lid 1"


@pytest.mark.parametrize(
    ("fields", "of_line", "kind"),
    [
        ({}, {}, LineKind.PHYSICAL),
        ({"needs_processing": False}, {}, LineKind.DIGITAL),
        ({"shipping": EMPTY}, {}, LineKind.PHYSICAL),
        ({}, {"meta_data": meta(_virtual="yes")}, LineKind.DIGITAL),
        ({}, {"meta_data": meta(wc_gc_giftcard_to_multiple="a@example.com")}, LineKind.DIGITAL),
    ],
)
def test_lines_are_goods_unless_the_shop_says_otherwise(
    fields: dict[str, Any], of_line: dict[str, Any], kind: LineKind
) -> None:
    assert read(line(**of_line), **fields).lines[0].kind is kind


# --- payment and status


@pytest.mark.parametrize(
    ("fields", "method", "reference"),
    [
        ({}, PaymentMethod.PREPAID, "ch_1"),
        ({"payment_method": "bacs", "transaction_id": ""}, PaymentMethod.PREPAID, "727"),
        ({"payment_method": "cod", "transaction_id": "", "date_paid_gmt": None}, PaymentMethod.CASH_ON_DELIVERY, "727"),
        ({"payment_method": "cod", "transaction_id": ""}, PaymentMethod.PREPAID, "727"),
        ({"payment_method": "wc_invoice", "transaction_id": ""}, PaymentMethod.TERMS, "727"),
        ({"payment_method": "", "transaction_id": "", "date_paid_gmt": None}, PaymentMethod.PREPAID, "727"),
    ],
)
def test_how_an_order_is_paid(fields: dict[str, Any], method: PaymentMethod, reference: str) -> None:
    found = read(**fields).payment
    assert (found.method, found.reference) == (method, reference)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("pending", "the buyer has not paid yet"),
        ("on-hold", "the shop waits for the money"),
        ("failed", "the payment failed"),
        ("checkout-draft", "still at the checkout"),
        ("auto-draft", "somebody is entering it"),
        ("wc-shipped", "a status of the shop's own; known are"),
    ],
)
def test_orders_that_wait_in_the_shop_are_refused_with_the_reason(status: str, told: str) -> None:
    found = refusal(order(status=status))
    assert found.startswith(f"$.status: {status}: ")
    assert told in found


@pytest.mark.parametrize("status", ["cancelled", "refunded", "trash"])
def test_nothing_ships_of_an_order_that_is_off(status: str) -> None:
    (cancel,) = read(status=status).cancels
    assert (cancel.cancel_id, cancel.lines, cancel.cancelled_at) == (
        "cancelled",
        (),
        datetime(2026, 3, 2, 9, 31, tzinfo=UTC),
    )
    unpaid = read(status=status, date_paid_gmt=None, transaction_id="").payment.method
    assert unpaid is (PaymentMethod.PREPAID if status == "refunded" else PaymentMethod.TERMS)


def test_partial_refunds_are_money_that_the_shop_has_paid_back() -> None:
    found = sound(refunds=[{"id": 8, "reason": "late", "total": "-2.50"}, {"id": 9, "total": "0.00"}])
    assert [(one.refund_id, one.amount_minor, one.lines) for one in found.refunds] == [("8", 250, ())]
    assert found.cancels == ()


def test_an_order_that_the_shop_has_completed_is_recorded_and_not_shipped_again() -> None:
    found = read(status="completed", date_completed_gmt="2026-03-05T08:00:00")
    assert (found.fulfil_by, found.fulfilled_at) == ("channel", datetime(2026, 3, 5, 8, tzinfo=UTC))
    assert read(status="completed", created_via="pos-rest-api").fulfil_by == "till"
    assert read(status="completed", needs_processing=False, shipping=EMPTY).fulfil_by is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (order(line(quantity=1.5)), "$.line_items[0].quantity: Input should be a valid integer"),
        (order(line(quantity=0)), "$.line_items[0].quantity: 0 pieces"),
        (order(line_items=[]), "$.line_items: the order has neither lines nor fees"),
        (order(currency="EURO"), "$.line_items[0].total: 'EURO' is no currency"),
        (order(date_created_gmt=None), "$.date_created_gmt: the moment"),
        (order(line(total_tax="much")), "$.line_items[0].total_tax: "),
        ({"order": {"id": 1}}, "$: an order of the legacy API"),
        ({"id": 727}, "$.status: Field required"),
        ([], "$: "),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_path_and_reason(content: Any, told: str) -> None:
    assert refusal(content).startswith(told)


# --- people, places, texts


def test_addresses_and_the_buyer_are_taken_over() -> None:
    found = read(
        customer_id=25, meta_data=meta(_billing_vat_number="DE123", _po_number="PO-9"), customer_note="Bitte 2×"
    )
    assert found.ship_to is not None
    assert (found.ship_to.name, found.ship_to.city, found.ship_to.country) == ("Jörg Öz", "Köln", "DE")
    assert (found.ship_to.phone, found.ship_to.email) == ("+49 1", "j@example.com")
    buyer = found.customer
    assert (buyer.channel_customer_id, buyer.email, buyer.tax_id) == ("25", "j@example.com", "DE123")
    assert (found.customer_po, found.note) == ("PO-9", "Bitte 2×")


def test_an_empty_address_is_none() -> None:
    found = read(shipping=EMPTY)
    assert found.ship_to is None
    assert found.bill_to is not None
    assert read(shipping=None, billing=None).bill_to is None


def test_what_the_buyer_collects_is_collected_where_the_shipping_line_says() -> None:
    blocks = {
        "method_id": "pickup_location",
        "method_title": "Pickup (Store)",
        "meta_data": meta(pickup_location="Store"),
    }
    assert read(shipping_lines=[blocks]).shipping.pickup_location_id == "Store"
    plain = {"method_id": "local_pickup", "method_title": "Local pickup"}
    assert read(shipping_lines=[plain]).shipping.pickup_location_id == "Local pickup"
    sent = {"method_id": "flat_rate", "method_title": "DHL Express", "total": "0.00"}
    assert read(shipping_lines=[sent]).shipping.pickup_location_id == ""
    assert read(shipping_lines=[sent]).shipping.service_level == "express"


def test_what_the_buyer_chose_is_kept_and_the_shops_own_metadata_is_not() -> None:
    chosen = [
        *meta(pa_color="black", _reduced_stock=1, tmdata={"a": 1}),
        {"key": "size", "display_key": "Größe", "value": "M"},
    ]
    assert read(line(meta_data=chosen)).lines[0].note == "pa_color: black; Größe: M"
