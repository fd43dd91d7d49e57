"""Orders of Walmart's Marketplace API: what maps to what."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.walmart import Walmart
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.conftest import REAL_DATA

SAMPLES = REAL_DATA / "payloads" / "channels" / "walmart" / "openapi"
MARCH_1, MARCH_3, MARCH_8 = 1772359200000, 1772521200000, 1772953200000


def charge(kind: str, name: str, amount: float, tax: float | None = None) -> dict[str, Any]:
    taxed = {"taxName": "Tax1", "taxAmount": {"currency": "USD", "amount": tax}} if tax is not None else None
    return {"chargeType": kind, "chargeName": name, "chargeAmount": {"currency": "USD", "amount": amount}, "tax": taxed}


def line(number: str = "1", *charges: dict[str, Any], quantity: str = "1", **fields: Any) -> dict[str, Any]:
    return {
        "lineNumber": number,
        "item": {"productName": "Tent", "sku": f"TENT-{number}"},
        "charges": {"charge": charges or [charge("PRODUCT", "ItemPrice", 10, 0.8)]},
        "orderLineQuantity": {"unitOfMeasurement": "EACH", "amount": quantity},
        "statusDate": MARCH_1,
        "orderLineStatuses": {"orderLineStatus": [state("Created", quantity)]},
        "fulfillment": {"fulfillmentOption": "S2H", "shipMethod": "VALUE"},
    } | fields


def state(status: str, quantity: str = "1", **fields: Any) -> dict[str, Any]:
    return {"status": status, "statusQuantity": {"unitOfMeasurement": "EACH", "amount": quantity}} | fields


def states(*of: dict[str, Any]) -> dict[str, Any]:
    return {"orderLineStatuses": {"orderLineStatus": of}}


def order(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "purchaseOrderId": "179",
        "customerOrderId": "528",
        "customerEmailId": "3A31@relay.walmart.com",
        "orderType": "REGULAR",
        "orderDate": MARCH_1,
        "shippingInfo": {
            "phone": "315",
            "estimatedDeliveryDate": MARCH_8,
            "estimatedShipDate": MARCH_3,
            "methodCode": "Value",
            "postalAddress": {"name": "Ann", "address1": "1 Main", "address2": None, "city": "Warners", "state": "NY"}
            | {"postalCode": "13164", "country": "USA", "addressType": "RESIDENTIAL"},
        },
        "orderLines": {"orderLine": lines or [line()]},
        "shipNode": {"type": "SellerFulfilled"},
    } | fields


def read(*lines: dict[str, Any], **fields: Any) -> OrderInput:
    return Walmart().read(orjson.dumps({"order": order(*lines, **fields)}))


def refusal(content: Any, error: type[UnmappableError] = UnmappableError) -> str:
    with pytest.raises(error) as caught:
        Walmart().read(orjson.dumps(content))
    return str(caught.value)


def test_an_order_goes_by_its_purchase_order_and_the_buyer_knows_the_other_number() -> None:
    found = read()
    assert (found.order_id, found.number) == ("179", "528")
    assert (found.payment.method, found.payment.reference) == (PaymentMethod.PREPAID, "528")
    assert found.ship_to is not None
    assert (found.ship_to.line1, found.ship_to.country, found.customer.email) == (
        "1 Main",
        "US",
        "3A31@relay.walmart.com",
    )


def test_dates_and_speed_are_what_walmart_holds_the_seller_to() -> None:
    found = read()
    assert found.ship_by == datetime(2026, 3, 3, 7, tzinfo=UTC)
    assert found.deliver_by == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert found.shipping.service_level == "economy"
    faster = line(fulfillment={"fulfillmentOption": "S2H", "shippingProgramType": "TWO_DAY"})
    assert read(faster).shipping.service_level == "express"
    assert found.source_version == "2026-03-01T10:00:00+00:00"


def test_charges_taxes_and_discounts_are_all_in_the_order() -> None:
    found = read(
        line(
            "1",
            charge("PRODUCT", "ItemPrice", 20, 1.65),
            charge("PRODUCT", "SubscriptionDiscount", 1, 0.05),
            charge("SHIPPING", "Shipping", 5.99, 0.4),
            charge("FEE", "Recycling fee", 0.75),
            quantity="3",
        )
    )
    goods, fee = found.lines
    assert (goods.quantity, goods.unit_price_minor, goods.discount_minor, goods.tax_minor) == (3, 667, 101, 160)
    assert (fee.kind, fee.title, fee.unit_price_minor) == (LineKind.CHARGE, "Recycling fee", 75)
    assert (found.shipping_minor, found.tax_minor, found.tax_included) == (599, 200, False)
    assert found.total_minor == 2000 - 100 + 599 + 75 + 200
    assert adds_up(found)


def test_a_reduction_of_the_postage_is_in_the_order() -> None:
    found = read(line("1", charge("PRODUCT", "ItemPrice", 20), charge("SHIPPING", "Shipping", -5)))
    assert (found.total_minor, found.shipping_minor, adds_up(found)) == (1500, 0, True)


def test_what_walmart_or_another_provider_ships_is_recorded() -> None:
    for node in ("WFSFulfilled", "3PLFulfilled"):
        assert read(shipNode={"type": node}).fulfil_by == "channel"
    assert read().fulfil_by == "hub"
    assert read(shipNode=[]).fulfil_by is None


def test_what_walmart_ships_closes_once_the_last_piece_has_left() -> None:
    wfs = {"type": "WFSFulfilled"}
    left = line("1", **states(state("Shipped", trackingInfo={"shipDateTime": MARCH_3})))
    assert read(left, line("2"), shipNode=wfs).fulfilled_at is None
    dropped = line("2", **states(state("Cancelled")))
    assert read(left, dropped, shipNode=wfs).fulfilled_at == datetime(2026, 3, 3, 7, tzinfo=UTC)
    assert read(left).fulfilled_at is None


def test_an_order_of_which_every_line_is_cancelled_is_cancelled_whole() -> None:
    gone = states(state("Cancelled", cancellationReason="CUSTOMER_REQUESTED_SELLER_TO_CANCEL"))
    (cancel,) = read(line("1", **gone), line("2", **gone)).cancels
    assert (cancel.cancel_id, cancel.lines) == ("all", ())
    assert cancel.reason == "customer-requested-seller-to-cancel"


def test_cancelled_pieces_keep_their_ids_when_more_are_cancelled() -> None:
    once = read(line("1", quantity="3", **states(state("Cancelled", "1"), state("Created", "2")))).cancels
    twice = read(line("1", quantity="3", **states(state("Cancelled", "2"), state("Created", "1")))).cancels
    assert (once[0].lines[0].line_id, once[0].lines[0].quantity) == ("1", 1)
    assert twice[:1] == once
    assert len({cancel.cancel_id for cancel in twice}) == 2


def test_an_order_on_hold_is_not_taken_yet() -> None:
    content = {"order": order(line(**states(state("OnHold"))))}
    assert refusal(content, NotYetError).startswith("$.order.orderLines.orderLine[0]: OnHold")


def test_a_buyer_who_wants_to_cancel_is_a_tag_that_holds_can_name() -> None:
    assert read(line(intentToCancel="2026-03-02T01:00:00Z")).tags == ("buyer-requested-cancel",)
    assert read(line(intentToCancel=None)).tags == ()


def test_replacements_say_what_they_replace() -> None:
    found = read(orderType="REPLACEMENT", originalCustomerOrderID="123")
    assert (found.tags, found.note) == (("replacement",), "Replaces 123")


def test_a_refund_is_taken_down_with_its_tax() -> None:
    part = {"refundReason": "INCORRECT_ITEM_RECEIVED", "charge": charge("PRODUCT", "ItemPrice", -4, -0.3)}
    found = read(line(refund={"refundId": "R-1", "refundCharges": {"refundCharge": [part]}}))
    assert [(one.refund_id, one.amount_minor, one.reason) for one in found.refunds] == [
        ("R-1", 430, "incorrect-item-received")
    ]


def test_a_pickup_names_its_store() -> None:
    found = read(line(fulfillment={"fulfillmentOption": "PICKUP", "storeId": "S-1"}))
    assert found.shipping.pickup_location_id == "S-1"


def test_what_is_wrong_is_named_by_its_path() -> None:
    euros = {"chargeType": "SHIPPING", "chargeAmount": {"currency": "EUR", "amount": 1}}
    content = {"order": order(line("1", charge("PRODUCT", "ItemPrice", 10), euros))}
    assert refusal(content).startswith("$.order.orderLines.orderLine[0].charges.charge[1].chargeAmount: in 'EUR'")
    assert "no charge names a currency" in refusal({"order": order(line(charges=None))})
    assert "orderLineQuantity.amount" in refusal({"order": order(line(quantity="0"))})
    assert refusal({"orders": []}).startswith("$.order: missing")


def test_a_list_is_split_into_its_orders() -> None:
    content = {"list": {"meta": {}, "elements": {"order": [order(), order(purchaseOrderId="180")]}}}
    found = Walmart().split(orjson.dumps(content))
    assert [Walmart().order_id(one) for one in found] == ["179", "180"]
    assert Walmart().read(orjson.dumps(order())) == read()


FULL = {
    "order": order(
        line("1", charge("PRODUCT", "ItemPrice", 20, 1.65), charge("SHIPPING", "Shipping", 5.99, 0.4), quantity="3"),
        line("2", **states(state("Cancelled", trackingInfo={"shipDateTime": MARCH_3}))),
        line("3", refund={"refundId": "R", "refundCharges": {"refundCharge": [{"charge": charge("FEE", "Fee", 1)}]}}),
    )
}


@settings(max_examples=150, deadline=None)
@given(mutated(FULL))
def test_whatever_is_handed_in_is_an_order_or_is_refused(body: bytes) -> None:
    read_or_refuse(Walmart(), body)


REAL = {
    "us_dsv_orders_acknowledgeOrders_200_example": [369],
    "us_dsv_orders_cancelOrderLines_200_example": [0],
    "us_dsv_orders_getAllOrders_200_example": [3013, 3026],
    "us_dsv_orders_getAllReleasedOrders_200_example": [3026, 3026, 3026],
    "us_dsv_orders_shipOrderLines_200_example": [2059],
    "us_orders_acknowledgeOrders_200_example": [1080],
    "us_orders_cancelOrderLines_200_example": [0],
    "us_orders_getAllOrders_200_example": [1080, 0, 0, 0, 0, 0, 1084, 1084, 1061, 0],
    "us_orders_getAllReleasedOrders_200_example": None,
    "us_orders_getAnOrder_200_ATTRIBUTES": [1080],
    "us_orders_getAnOrder_200_ORDER": [534],
    "us_orders_shippingUpdates_200_example": [60356],
    "us_dsv_orders_cancelOrderLines_request_example": "$.order: missing",
    "us_dsv_orders_shipOrderLines_request_example": "$.order: missing",
    "us_orders_cancelOrderLines_request_example": "$.order: missing",
    "us_orders_shippingUpdates_request_example": "$.order: missing",
    "us_wfs_getFulfillmentOrdersStatus_200_example": "$.order: missing",
}
"""Totals in cents; none where they are not looked at one by one."""


@pytest.mark.parametrize("name", REAL)
def test_real_orders_are_read_or_refused_for_a_reason(name: str) -> None:
    if not SAMPLES.exists():
        pytest.skip(f"no real payloads at {SAMPLES}")
    body, expected = (SAMPLES / f"{name}.json").read_bytes(), REAL[name]
    if isinstance(expected, str):
        with pytest.raises(UnmappableError) as caught:
            Walmart().split(body)
        assert str(caught.value).startswith(expected)
        return
    found = [Walmart().read(one) for one in Walmart().split(body)]
    assert all(adds_up(one) for one in found)
    assert found
    assert expected is None or [one.total_minor for one in found] == expected
