"""Orders of eBay's Fulfilment API: what maps to what."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import NotYetError
from services.capture.channels.ebay import Ebay
from tests.adapters.channels.ebay_orders import LINE, ORDER, money, read, refusal
from tests.adapters.channels.mutations import adds_up


def body(**fields: Any) -> bytes:
    return orjson.dumps(ORDER | fields)


def priced(total: str, **line: Any) -> bytes:
    pricing = {"deliveryCost": money("0.0"), "total": money(total)}
    return body(pricingSummary=pricing, lineItems=[LINE | {"discountedLineItemCost": None} | line])


def test_discounts_adjustments_and_fees_are_all_in_the_order() -> None:
    order = read(body())
    goods, fee, adjustment = order.lines
    assert (goods.listing_id, goods.quantity, goods.unit_price_minor, goods.discount_minor) == (
        "SHOE-42",
        3,
        3334,
        1000 + 2,
    )
    assert (fee.kind, fee.unit_price_minor) == (LineKind.CHARGE, 50)
    assert (adjustment.kind, adjustment.unit_price_minor) == (LineKind.DISCOUNT, 200)
    assert (order.discount_minor, order.shipping_minor, order.total_minor) == (500, 500, 8850)
    assert adds_up(order)


def test_who_buys_and_where_it_goes_until_when() -> None:
    order = read(body())
    assert (order.customer.channel_customer_id, order.customer.tax_id, order.note) == ("ann_7", "T-1", "Bitte klingeln")
    assert order.ship_to is not None
    assert (order.ship_to.city, order.ship_to.country, order.ship_to.email) == ("Köln", "DE", "a@example.com")
    assert order.ship_by == datetime(2026, 3, 3, 22, 59, 59, tzinfo=UTC)
    assert order.deliver_by == datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert (order.shipping.service_level, order.shipping.carrier) == ("express", "DHL")
    assert (order.payment.method, order.payment.reference) == (PaymentMethod.PREPAID, "P-1")


def test_a_listing_without_sku_goes_by_its_number_and_variation() -> None:
    assert read(body(lineItems=[LINE | {"sku": None}])).lines[0].listing_id == "1100/77"


@pytest.mark.parametrize(
    ("total", "taxes", "remitted", "tax"),
    [
        ("108.00", ["8.00"], ["8.00"], 800),
        ("100.00", ["8.00"], ["8.00"], 0),
        ("100.00", [], ["8.00"], 0),
        ("119.00", ["19.00"], [], 1900),
        ("110.00", ["10.00"], ["8.00"], 1000),
    ],
    ids=["ebays-counted", "ebays-outside", "ebays-alone-outside", "sellers", "both"],
)
def test_tax_counts_where_the_total_counts_it(total: str, taxes: list[str], remitted: list[str], tax: int) -> None:
    line = {
        "taxes": [{"amount": money(one)} for one in taxes],
        "ebayCollectAndRemitTaxes": [{"taxType": "VAT", "amount": money(one)} for one in remitted],
    }
    order = read(priced(total, **line))
    assert (order.tax_minor, adds_up(order)) == (tax, True)
    assert ("tax-by-marketplace" in order.tags) is bool(remitted)


def test_a_total_that_does_not_come_about_is_left_as_it_is() -> None:
    order = read(priced("99.00"))
    assert order.total_minor == 9900
    assert not adds_up(order)


def test_an_order_that_is_not_paid_is_not_taken_yet() -> None:
    unpaid = {"payments": [{"paymentMethod": "EBAY", "paymentStatus": "PENDING"}]}
    content = body(orderPaymentStatus="PENDING", paymentSummary=unpaid)
    assert refusal(content, NotYetError) == "$.orderPaymentStatus: PENDING: not to be taken before it is PAID"


def test_a_refund_that_is_pending_does_not_make_an_order_unpaid() -> None:
    assert read(body(orderPaymentStatus="PENDING")).order_id == "04-1"


def test_cash_at_the_counter_is_collected_on_handing_over() -> None:
    cash = {"payments": [{"paymentMethod": "CASH_ON_PICKUP", "paymentStatus": "PENDING"}]}
    how = {"fulfillmentInstructionsType": "PREPARE_FOR_PICKUP", "pickupStep": {"merchantLocationKey": "STORE-1"}}
    order = read(body(orderPaymentStatus="PENDING", paymentSummary=cash, fulfillmentStartInstructions=[how]))
    assert order.payment.method is PaymentMethod.CASH_ON_DELIVERY
    assert (order.shipping.pickup_location_id, order.ship_to) == ("STORE-1", None)


def test_a_cancelled_order_is_cancelled_whole_by_the_request_that_was_granted() -> None:
    requests = [
        {"cancelRequestId": "C-0", "cancelRequestState": "REJECTED"},
        {"cancelRequestId": "C-1", "cancelRequestState": "COMPLETED", "cancelReason": "BUYER_CANCEL_ORDER"}
        | {"cancelCompletedDate": "2026-03-02T07:00:00.000Z"},
    ]
    (cancel,) = read(body(cancelStatus={"cancelState": "CANCELED", "cancelRequests": requests})).cancels
    assert (cancel.cancel_id, cancel.lines, cancel.reason) == ("C-1", (), "buyer-cancel-order")
    assert cancel.cancelled_at == datetime(2026, 3, 2, 7, tzinfo=UTC)


def test_a_cancel_that_is_asked_for_is_a_tag() -> None:
    order = read(body(cancelStatus={"cancelState": "IN_PROGRESS", "cancelRequests": []}))
    assert (order.cancels, "buyer-requested-cancel" in order.tags) == ((), True)


def test_refunds_that_were_paid_out_are_taken_down_once() -> None:
    done = {"refundId": "R-1", "refundStatus": "REFUNDED", "refundDate": "2026-03-02T07:00:00.000Z"}
    done |= {"amount": money("10.00")}
    failed = {"refundId": "R-2", "refundStatus": "FAILED", "amount": money("5.00")}
    of_line = {"refundId": "R-3", "refundDate": "2026-03-02T07:00:00.000Z", "amount": money("100.00")}
    payments = {**ORDER["paymentSummary"], "refunds": [done, failed, done]}
    order = read(body(paymentSummary=payments, lineItems=[LINE | {"refunds": [of_line]}]))
    assert [(one.refund_id, one.amount_minor) for one in order.refunds] == [("R-1", 1000), ("R-3", 10000)]
    assert [one.lines[0].quantity for one in order.refunds if one.lines] == [3]


def test_a_refund_in_the_sellers_currency_is_taken_down_in_the_orders() -> None:
    amount = money("11.00", "USD") | {"convertedFromValue": "10.00", "convertedFromCurrency": "EUR"}
    refund = {"refundId": "R-1", "refundStatus": "REFUNDED", "amount": amount}
    order = read(body(paymentSummary={**ORDER["paymentSummary"], "refunds": [refund]}))
    assert [one.amount_minor for one in order.refunds] == [1000]
    refund["amount"] = money("11.00", "USD")
    content = body(paymentSummary={**ORDER["paymentSummary"], "refunds": [refund]})
    assert refusal(content) == "$.paymentSummary.refunds[0].amount: in 'USD', while the order is in 'EUR'"


def test_what_goes_abroad_by_ebay_goes_to_its_hub_with_the_reference() -> None:
    how = orjson.loads(orjson.dumps(ORDER["fulfillmentStartInstructions"][0]))
    how |= {"ebaySupportedFulfillment": True}
    how["shippingStep"] |= {"shipToReferenceId": "GSP-9"}
    order = read(body(fulfillmentStartInstructions=[how]))
    assert order.ship_to is not None
    assert (order.ship_to.line3, order.tags) == ("Reference GSP-9", ("global-shipping",))


def test_what_ebay_ships_is_recorded() -> None:
    program = {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}
    order = read(body(program=program, orderFulfillmentStatus="FULFILLED"))
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert read(body(orderFulfillmentStatus="FULFILLED")).fulfilled_at is None


def test_what_is_sent_by_mail_is_digital() -> None:
    how = {"fulfillmentInstructionsType": "DIGITAL"}
    assert read(body(fulfillmentStartInstructions=[how])).lines[0].kind is LineKind.DIGITAL


def test_programmes_are_tags() -> None:
    assert read(body(program={"authenticityVerification": {"status": "PENDING"}})).tags == (
        "authenticity-verification",
    )


def test_a_list_is_split_into_its_orders() -> None:
    found = Ebay().split(orjson.dumps({"total": 2, "orders": [ORDER, ORDER | {"orderId": "04-2"}]}))
    assert [Ebay().order_id(one) for one in found] == ["04-1", "04-2"]
