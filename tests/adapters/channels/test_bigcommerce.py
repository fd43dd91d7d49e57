"""Orders of BigCommerce: what maps to what."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, LineQuantity, PaymentMethod
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.bigcommerce import BigCommerce
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW

PRODUCT: dict[str, Any] = {
    "id": 5,
    "type": "physical",
    "product_id": 77,
    "variant_id": 78,
    "sku": "MUG",
    "name": "Mug",
    "quantity": 2,
    "quantity_shipped": 0,
    "quantity_refunded": 0,
    "total_ex_tax": "20.0000",
    "total_inc_tax": "22.0000",
    "total_tax": "1.8000",
    "applied_discounts": [{"id": "coupon", "amount": "2.0000", "code": "WELCOME", "target": "order"}],
    "product_options": [{"display_name": "Colour", "display_value": "Blåhallon"}],
    "wrapping_name": "Red paper",
    "wrapping_message": "God jul 🎄",
}
ADDRESS = {
    "first_name": "Zoë",
    "last_name": "Lind",
    "company": "Acme",
    "street_1": "1 Main St",
    "street_2": "Apt 2",
    "city": "Austin",
    "state": "Texas",
    "zip": "78701",
    "country": "United States",
    "country_iso2": "US",
    "phone": "512",
    "email": "z@example.com",
    "shipping_method": "Expedited",
}
ORDER: dict[str, Any] = {
    "id": 100,
    "status_id": 11,
    "status": "Awaiting Fulfillment",
    "date_created": "Mon, 02 Mar 2026 09:30:00 +0000",
    "date_modified": "Mon, 02 Mar 2026 11:00:00 +0100",
    "currency_code": "EUR",
    "default_currency_code": "USD",
    "store_default_currency_code": "USD",
    "total_inc_tax": "27.8000",
    "total_tax": "1.8000",
    "shipping_cost_ex_tax": "5.0000",
    "shipping_cost_inc_tax": "5.0000",
    "handling_cost_ex_tax": "1.0000",
    "handling_cost_inc_tax": "1.0000",
    "wrapping_cost_ex_tax": "2.0000",
    "wrapping_cost_inc_tax": "2.0000",
    "discount_amount": "0.0000",
    "coupon_discount": "2.0000",
    "store_credit_amount": "0.0000",
    "gift_certificate_amount": "0.0000",
    "payment_method": "Authorize.net",
    "payment_provider_id": "tx-1",
    "payment_status": "captured",
    "customer_id": 3,
    "customer_message": "Ring twice",
    "billing_address": ADDRESS,
    "products": [PRODUCT],
    "shipping_addresses": [ADDRESS],
    "coupons": [{"id": 1, "code": "WELCOME"}],
}


def read(**fields: Any) -> OrderInput:
    order = BigCommerce().read(orjson.dumps(ORDER | fields))
    assert adds_up(order)
    return order


def product(**fields: Any) -> list[dict[str, Any]]:
    return [PRODUCT | fields]


def test_an_order_is_mapped_in_the_currency_that_the_buyer_pays_in() -> None:
    order = read()
    assert (order.order_id, order.currency, order.total_minor, order.tax_minor) == ("100", "USD", 2780, 180)
    assert (order.placed_at, order.source_version) == (NOW, "2026-03-02T10:00:00+00:00")
    assert (order.shipping_minor, order.discount_minor, order.tax_included) == (500, 0, False)
    assert (order.payment.method, order.payment.reference) == (PaymentMethod.PREPAID, "tx-1")
    line = order.lines[0]
    assert (line.line_id, line.listing_id, line.sku, line.quantity) == ("5", "78", "MUG", 2)
    assert (line.unit_price_minor, line.discount_minor, line.tax_minor) == (1000, 200, 180)
    assert (line.gift_wrap, line.note) == (True, "Colour: Blåhallon")
    assert (order.gift_message, order.note, order.tags) == ("God jul 🎄", "Ring twice", ("coupon:WELCOME",))


def test_handling_wrapping_and_fees_are_charges() -> None:
    order = read(fees=[{"id": 9, "name": "Eco", "cost_ex_tax": "0.5", "cost_inc_tax": "0.5"}], total_inc_tax="28.30")
    assert [(line.line_id, line.unit_price_minor) for line in order.lines[1:]] == [
        ("handling", 100),
        ("gift-wrapping", 200),
        ("fee-9", 50),
    ]
    assert all(line.kind is LineKind.CHARGE for line in order.lines[1:])


def test_where_discounts_are_taken_off_prices_with_tax_those_are_the_prices() -> None:
    order = read(total_inc_tax="28.0000", total_tax="2.5455")
    assert (order.tax_included, order.tax_minor, order.lines[0].unit_price_minor) == (True, 255, 1100)


def test_a_discount_that_is_of_no_product_is_one_on_the_order() -> None:
    order = read(discount_amount="3.0000", total_inc_tax="24.8000")
    assert (order.lines[0].discount_minor, order.discount_minor) == (200, 300)


@pytest.mark.parametrize("left", ["27.8000", "17.8000"])
def test_store_credit_and_gift_certificates_are_how_it_is_paid_whether_the_total_is_without_them(left: str) -> None:
    order = read(total_inc_tax=left, store_credit_amount="4.0000", gift_certificate_amount="6.0000")
    assert (order.total_minor, order.gift_cards_minor) == (2780, 1000)


def test_totals_that_do_not_add_up_are_left_to_be_seen() -> None:
    order = BigCommerce().read(orjson.dumps(ORDER | {"total_inc_tax": "99.00"}))
    assert not adds_up(order)
    assert order.total_minor == 9900


def test_the_stores_currency_stands_beside_the_buyers() -> None:
    order = read(
        default_currency_code="JPY",
        store_default_to_transactional_exchange_rate="150.0",
        products=product(total_ex_tax="3000", total_tax="0", applied_discounts=[]),
        total_inc_tax="3000",
        total_tax="0",
        coupon_discount=None,
        shipping_cost_ex_tax="0",
        handling_cost_ex_tax="0",
        wrapping_cost_ex_tax="0",
    )
    assert order.total_minor == 3000
    assert order.shop_total is not None
    assert (order.shop_total.amount_minor, order.shop_total.currency) == (2000, "USD")


def test_the_address_is_the_shipping_address() -> None:
    order = read()
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.company, order.ship_to.line2) == ("Zoë Lind", "Acme", "Apt 2")
    assert (order.ship_to.region, order.ship_to.postcode, order.ship_to.country) == ("Texas", "78701", "US")
    assert order.shipping.service_level == "express"


def test_a_digital_order_has_no_address() -> None:
    order = read(products=product(type="digital"), shipping_addresses=[])
    assert (order.ship_to, order.lines[0].kind, order.lines[0].listing_id) == (None, LineKind.DIGITAL, "")


def test_an_order_to_several_addresses_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.shipping_addresses: 2; an order here goes to one"):
        read(shipping_addresses=[ADDRESS, ADDRESS])


def test_an_order_to_be_picked_up_names_where() -> None:
    pickups = [{"pickup_method_display_name": "In store", "location": {"id": 4, "code": "AUS-1"}}]
    order = read(consignments=[{"pickups": pickups}], shipping_addresses=[])
    assert order.shipping.pickup_location_id == "AUS-1"


@pytest.mark.parametrize("field", ["products", "shipping_addresses"])
def test_links_that_nobody_followed_are_refused(field: str) -> None:
    link = {"url": f"https://api.bigcommerce.com/stores/x/v2/orders/100/{field}", "resource": f"/orders/100/{field}"}
    with pytest.raises(UnmappableError, match=rf"^\$\.{field}: .*a link only; fetch what it leads to"):
        read(**{field: link})


def test_links_that_an_order_does_without_are_left_out() -> None:
    assert read(coupons={"url": "x", "resource": "y"}).tags == ()


def test_a_product_without_variants_is_listed_by_itself() -> None:
    assert read(products=product(variant_id=0)).lines[0].listing_id == "77"


@pytest.mark.parametrize("status", [0, 1, 7, 12])
def test_an_order_that_is_not_paid_or_placed_waits(status: int) -> None:
    with pytest.raises(NotYetError, match=rf"^\$\.status_id: {status} .*; it comes again"):
        read(status_id=status)


@pytest.mark.parametrize(
    ("name", "method"),
    [("Cash on Delivery", PaymentMethod.CASH_ON_DELIVERY), ("Purchase Order", PaymentMethod.TERMS)],
)
def test_an_order_that_is_paid_later_goes_on(name: str, method: PaymentMethod) -> None:
    assert read(status_id=7, payment_method=name).payment.method is method


@pytest.mark.parametrize(("status", "reason"), [(5, "cancelled"), (6, "declined")])
def test_a_cancelled_order_is_cancelled_whole(status: int, reason: str) -> None:
    [cancel] = read(status_id=status).cancels
    assert (cancel.lines, cancel.reason) == ((), reason)


def test_what_was_paid_back_before_it_shipped_is_cancelled_piece_by_piece() -> None:
    [cancel] = read(products=product(quantity_refunded=1)).cancels
    assert (cancel.cancel_id, cancel.lines) == ("5-cancelled-1", (LineQuantity(line_id="5", quantity=1),))
    assert read(products=product(quantity_refunded=1, quantity_shipped=2)).cancels == ()


def test_what_was_paid_back_before_it_shipped_is_cancelled_by_its_refund() -> None:
    refund = {"id": 12, "total_amount": 9.9, "items": [{"item_type": "PRODUCT", "item_id": 5, "quantity": 1}]}
    order = read(products=product(quantity_refunded=1), refunds=[refund])
    assert [(one.cancel_id, one.lines[0].quantity) for one in order.cancels] == [("12", 1)]
    assert [one.refund_id for one in order.refunds] == ["12"]


@pytest.mark.parametrize(
    "fields", [{"status_id": 2}, {"status_id": 10}, {"products": product(quantity_shipped=1, quantity_refunded=1)}]
)
def test_what_the_shop_has_shipped_is_recorded(fields: dict[str, Any]) -> None:
    order = read(**fields, date_shipped="Mon, 02 Mar 2026 09:30:00 +0000")
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", NOW)
    assert read().fulfil_by is None


def test_what_the_hub_has_cancelled_says_so() -> None:
    item = {"item_type": "PRODUCT", "item_id": 5, "quantity": 1, "reason": "crossdock:cancel:c-7"}
    refund = {"id": 12, "total_amount": 9.9, "items": [item]}
    [cancel] = read(products=product(quantity_refunded=1), refunds=[refund]).cancels
    assert (cancel.cancel_id, cancel.asked_as) == ("12", "c-7")


def test_refunds_name_their_pieces() -> None:
    items = [{"item_type": "PRODUCT", "item_id": 5, "quantity": 1}, {"item_type": "SHIPPING", "item_id": 1}]
    refund = {"id": 12, "created": "2026-03-04T10:00:00+00:00", "total_amount": 9.9, "items": items}
    [found] = read(refunds=[refund], refunded_amount="9.90").refunds
    assert (found.refund_id, found.amount_minor) == ("12", 990)
    assert found.lines == (LineQuantity(line_id="5", quantity=1),)
    assert found.refunded_at == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_without_its_refunds_what_was_paid_back_is_one() -> None:
    assert [(one.refund_id, one.amount_minor) for one in read(refunded_amount="9.90").refunds] == [("refunded", 990)]


def test_a_disputed_order_is_tagged() -> None:
    assert "disputed" in read(status_id=13).tags


def test_a_list_is_split_into_its_orders() -> None:
    orders = BigCommerce().split(orjson.dumps([ORDER, ORDER | {"id": 101}]))
    assert [BigCommerce().order_id(one) for one in orders] == ["100", "101"]


@given(mutated(ORDER | {"refunds": [{"id": 1, "total_amount": "1", "items": []}], "consignments": []}))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_an_order_or_refused(body: bytes) -> None:
    read_or_refuse(BigCommerce(), body)
