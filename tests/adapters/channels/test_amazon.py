"""Orders of Amazon's Selling Partner API, in both versions: what maps to what."""

from datetime import UTC, datetime

import orjson
import pytest

from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.amazon import Amazon
from tests.adapters.channels.amazon import ITEM, ITEM_2026, ORDER, ORDER_2026, read, refusal, v0, v2026
from tests.adapters.channels.mutations import adds_up


def test_everything_that_was_paid_is_in_the_order() -> None:
    order = read(v0())
    goods, wrap = order.lines
    assert (goods.listing_id, goods.quantity, goods.unit_price_minor) == ("MUG-RED", 3, 667)
    assert goods.discount_minor == 200 + 1, "20.00 for three are 6.67 each, less a cent"
    assert (wrap.kind, wrap.unit_price_minor, goods.gift_wrap) == (LineKind.CHARGE, 350, True)
    assert (order.shipping_minor, order.tax_minor, order.total_minor) == (400, 248, 2798)
    assert adds_up(order)
    assert not order.tax_included
    assert order.gift_message == "Für dich 🎁"


def test_dates_and_speed_are_what_amazon_holds_the_seller_to() -> None:
    order = read(v0())
    assert order.ship_by == datetime(2026, 3, 3, 7, 59, 59, tzinfo=UTC)
    assert order.deliver_by == datetime(2026, 3, 7, 7, 59, 59, tzinfo=UTC)
    assert (order.shipping.service_level, order.shipping.title) == ("express", "Exp US D2D Dom")
    assert order.source_version == "2026-03-02T08:00:00+00:00"


def test_whether_prices_contain_the_tax_is_told_by_the_total() -> None:
    def euros(amount: str) -> dict[str, str]:
        return {"CurrencyCode": "EUR", "Amount": amount}

    item = {"OrderItemId": "1", "SellerSKU": "A", "QuantityOrdered": 1, "ItemPrice": euros("119.00")}
    item |= {"ItemTax": euros("19.00")}
    german = {"MarketplaceId": "A1PA6795UKMFR9", "OrderTotal": euros("119.00")}
    order = read(v0(german, item))
    assert (order.tax_minor, order.tax_included, order.total_minor) == (1900, True, 11900)
    assert adds_up(order)


def test_an_order_that_is_pending_is_not_taken_yet() -> None:
    for status in ("Pending", "PendingAvailability"):
        assert status in refusal(v0({"OrderStatus": status}), NotYetError)
    body = v2026(fulfillment={"fulfillmentStatus": "PENDING"})
    assert refusal(body, NotYetError).startswith("$.order.fulfillment.fulfillmentStatus: PENDING")


def test_a_status_that_nobody_knows_is_refused() -> None:
    assert "'Teleported' is none of" in refusal(v0({"OrderStatus": "Teleported"}))


def test_a_cancelled_order_is_cancelled_whole_though_it_has_no_prices() -> None:
    item = {"OrderItemId": "1", "SellerSKU": "A", "QuantityOrdered": 0}
    order = read(v0({"OrderStatus": "Canceled", "OrderTotal": None}, item))
    assert [(cancel.cancel_id, cancel.lines) for cancel in order.cancels] == [("all", ())]
    assert (order.currency, order.total_minor, len(order.lines)) == ("USD", 0, 1)


def test_an_item_that_was_cancelled_is_no_longer_a_line() -> None:
    gone = {"OrderItemId": "2", "SellerSKU": "B", "QuantityOrdered": 0, "ItemPrice": None}
    order = read(v0(None, ITEM, gone))
    assert {line.listing_id for line in order.lines} == {"MUG-RED", ""}
    assert order.cancels == ()


def test_what_amazon_ships_is_recorded_and_closes_once_it_has_shipped() -> None:
    order = read(v0({"FulfillmentChannel": "AFN"}))
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", None)
    order = read(v0({"FulfillmentChannel": "AFN", "OrderStatus": "Shipped"}))
    assert order.fulfilled_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert read(v0()).fulfil_by == "hub"
    assert read(v0({"OrderStatus": "Shipped"})).fulfilled_at is None


def test_a_buyer_who_wants_to_cancel_is_a_tag_that_holds_can_name() -> None:
    order = read(v0(None, ITEM | {"BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true"}}))
    assert "buyer-requested-cancel" in order.tags
    assert order.cancels == ()


def test_on_delivery_the_carrier_collects_what_is_not_paid_by_gift_card_or_points() -> None:
    def yen(amount: str) -> dict[str, str]:
        return {"CurrencyCode": "JPY", "Amount": amount}

    item = {"OrderItemId": "1", "SellerSKU": "A", "QuantityOrdered": 1, "ItemPrice": yen("3000")}
    item |= {"CODFee": yen("330"), "CODFeeDiscount": yen("30")}
    details = [{"Payment": yen("2500"), "PaymentMethod": "COD"}, {"Payment": yen("800"), "PaymentMethod": "GC"}]
    japan = {"MarketplaceId": "A1VC38T7YXB528", "OrderTotal": yen("3300"), "PaymentMethod": "COD"}
    order = read(v0(japan | {"PaymentExecutionDetail": details}, item))
    assert order.payment.method is PaymentMethod.CASH_ON_DELIVERY
    assert (order.currency, order.total_minor, order.gift_cards_minor) == ("JPY", 3300, 800)
    assert adds_up(order)


def test_a_business_order_names_its_own_number() -> None:
    buyer = {"BuyerEmail": "b@example.com", "PurchaseOrderNumber": "PO-1"}
    buyer["BuyerTaxInfo"] = {"CompanyLegalName": "Co", "TaxClassifications": [{"Name": "VATNumber", "Value": "X1"}]}
    order = read(v0({"IsBusinessOrder": True}, OrderBuyerInfo=buyer))
    assert (order.customer_po, order.customer.company, order.customer.tax_id) == ("PO-1", "Co", "X1")
    assert "business" in order.tags


def test_an_address_comes_from_its_own_call_and_may_be_missing() -> None:
    assert read(v0()).ship_to is None
    address = {"Name": "Ann", "AddressLine1": "1 Main St", "City": "Canton", "StateOrRegion": "MI", "CountryCode": "US"}
    address["DeliveryPreferences"] = {"DropOffLocation": "Back door"}
    order = read(v0(OrderAddress={"AmazonOrderId": "112-1", "ShippingAddress": address}))
    assert order.ship_to is not None
    assert (order.ship_to.line1, order.ship_to.region, order.ship_to.country) == ("1 Main St", "MI", "US")
    assert order.note == "Back door"


def test_a_pickup_names_its_store() -> None:
    order = read(v0({"IsISPU": True}, ITEM | {"StoreChainStoreId": "S-7"}))
    assert order.shipping.pickup_location_id == "S-7"
    assert read(v0(None, ITEM | {"StoreChainStoreId": "S-7"})).shipping.pickup_location_id == ""


def test_amounts_of_two_currencies_are_refused_by_their_path() -> None:
    gift = {"BuyerInfo": {"GiftWrapPrice": {"CurrencyCode": "GBP", "Amount": "1.99"}}}
    assert refusal(v0(None, ITEM | gift)).startswith("$.OrderItems[0].BuyerInfo.GiftWrapPrice: in 'GBP'")


def test_a_fraction_of_a_minor_unit_is_refused_by_its_path() -> None:
    yen = {"CurrencyCode": "JPY", "Amount": "25.99"}
    item = {"OrderItemId": "1", "SellerSKU": "A", "QuantityOrdered": 1, "ItemPrice": yen}
    assert refusal(v0({"OrderTotal": None}, item)).startswith("$.OrderItems[0].ItemPrice: 25.99 JPY")


def test_an_order_without_its_items_is_refused() -> None:
    assert refusal(orjson.dumps({"Order": ORDER})).startswith("$.OrderItems: missing")


def test_tax_that_amazon_remits_and_replacements_are_tags() -> None:
    collected = {"TaxCollection": {"Model": "MarketplaceFacilitator", "ResponsibleParty": "Amazon Services, Inc."}}
    order = read(v0({"IsReplacementOrder": "true", "IsPrime": True}, ITEM | collected))
    assert order.tags == ("prime", "replacement", "tax-by-marketplace")


def test_the_newer_version_says_what_each_amount_is_for() -> None:
    order = read(v2026())
    goods, wrap, tip = order.lines
    assert (goods.unit_price_minor, goods.discount_minor, goods.tax_minor) == (5000, 500, 800)
    assert (wrap.title, wrap.unit_price_minor) == ("Gift wrap", 400)
    assert (tip.title, tip.unit_price_minor) == ("Delivery tip", 300)
    assert (order.shipping_minor, order.tax_minor, order.tax_included, order.total_minor) == (1000, 900, False, 12100)
    assert adds_up(order)
    assert (order.gift_message, order.note, order.customer_po) == ("Parabéns", "Portaria", "PO-7")
    assert order.tags == ("prime", "business", "signature-confirmation")
    assert (order.shipping.service_level, order.fulfil_by) == ("express", "hub")
    assert order.ship_to is not None
    assert (order.ship_to.line1, order.ship_to.line2, order.ship_to.city) == ("Rua A, 1", "Apto 2", "São Paulo")


def test_the_newer_version_tells_which_pieces_were_cancelled() -> None:
    done = {"cancellationExecution": {"cancelledBy": "MERCHANT", "cancelReason": "Out of stock"}}
    left = {"quantityFulfilled": 0, "quantityUnfulfilled": 1}
    order = read(v2026(orderItems=[ITEM_2026 | {"cancellation": done, "fulfillment": left}]))
    (cancel,) = order.cancels
    assert (cancel.lines[0].line_id, cancel.lines[0].quantity, cancel.reason) == ("9", 1, "out-of-stock")
    more = {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    again = read(v2026(orderItems=[ITEM_2026 | {"cancellation": done, "fulfillment": more}]))
    assert again.cancels[0] == cancel
    assert len(again.cancels) == 2


def test_the_newer_version_needs_the_proceeds() -> None:
    assert "includedData=PROCEEDS" in refusal(v2026(proceeds=None))


def test_an_order_as_a_search_lists_it_is_read_as_well() -> None:
    (one,) = Amazon().split(orjson.dumps({"orders": [ORDER_2026], "pagination": {"nextToken": "x"}}))
    assert Amazon().order_id(one) == "701-1"
    assert read(one) == read(orjson.dumps(ORDER_2026)) == read(v2026())


def test_orders_of_a_list_of_v0_are_told_apart_before_their_items_are_fetched() -> None:
    found = Amazon().split(orjson.dumps({"payload": {"Orders": [ORDER, ORDER | {"AmazonOrderId": "112-2"}]}}))
    assert [Amazon().order_id(one) for one in found] == ["112-1", "112-2"]


def test_an_error_of_the_api_is_no_list_of_orders() -> None:
    with pytest.raises(UnmappableError, match="QuotaExceeded"):
        Amazon().split(b'{"errors": [{"code": "QuotaExceeded", "message": "You exceeded your quota"}]}')
