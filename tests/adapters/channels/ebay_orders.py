"""Orders as eBay's Fulfilment API answers them, for the tests of the mapping."""

from typing import Any

import pytest

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.ebay import Ebay


def money(value: str, currency: str = "EUR") -> dict[str, str]:
    return {"value": value, "currency": currency}


LINE = {
    "lineItemId": "L1",
    "legacyItemId": "1100",
    "legacyVariationId": "77",
    "sku": "SHOE-42",
    "title": "Schuh",
    "quantity": 3,
    "lineItemCost": money("100.00"),
    "discountedLineItemCost": money("90.00"),
    "taxes": [],
    "lineItemFulfillmentInstructions": {"shipByDate": "2026-03-03T22:59:59.000Z"},
}
ORDER: dict[str, Any] = {
    "orderId": "04-1",
    "legacyOrderId": "1100-0",
    "creationDate": "2026-03-01T10:00:00.000Z",
    "lastModifiedDate": "2026-03-02T08:00:00.000Z",
    "orderFulfillmentStatus": "NOT_STARTED",
    "orderPaymentStatus": "PAID",
    "buyer": {"username": "ann_7", "taxIdentifier": {"taxpayerId": "T-1"}},
    "buyerCheckoutNotes": "Bitte klingeln",
    "pricingSummary": {
        "priceSubtotal": money("100.00"),
        "priceDiscount": money("-15.00"),
        "deliveryCost": money("6.00"),
        "deliveryDiscount": money("-1.00"),
        "adjustment": money("-2.00"),
        "fee": money("0.50"),
        "total": money("88.50"),
    },
    "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
    "paymentSummary": {"payments": [{"paymentMethod": "EBAY", "paymentReferenceId": "P-1", "paymentStatus": "PAID"}]},
    "fulfillmentStartInstructions": [
        {
            "fulfillmentInstructionsType": "SHIP_TO",
            "maxEstimatedDeliveryDate": "2026-03-08T10:00:00.000Z",
            "shippingStep": {
                "shipTo": {
                    "fullName": "Ann",
                    "contactAddress": {"addressLine1": "Weg 1", "city": "Köln", "postalCode": "50667"}
                    | {"countryCode": "DE"},
                    "primaryPhone": {"phoneNumber": "1"},
                    "email": "a@example.com",
                },
                "shippingCarrierCode": "DHL",
                "shippingServiceCode": "DE_DHLPaketExpress",
            },
        }
    ],
    "lineItems": [LINE],
}


def read(content: bytes) -> OrderInput:
    return Ebay().read(content)


def refusal(content: bytes, error: type[UnmappableError] = UnmappableError) -> str:
    with pytest.raises(error) as caught:
        read(content)
    return str(caught.value)


XML = """\ufeff<?xml version="1.0" encoding="UTF-8"?>
<GetOrdersResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Ack>Success</Ack><OrderArray><Order>
  <OrderID>110-0</OrderID><ExtendedOrderID>04-1</ExtendedOrderID>
  <OrderStatus>Completed</OrderStatus><AdjustmentAmount currencyID="GBP">-1.0</AdjustmentAmount>
  <CheckoutStatus><eBayPaymentStatus>NoPaymentFailure</eBayPaymentStatus><Status>Complete</Status>
    <LastModifiedTime>2026-03-02T08:00:00.000Z</LastModifiedTime><PaymentMethod>CreditCard</PaymentMethod>
  </CheckoutStatus>
  <CreatedTime>2026-03-01T10:00:00.000Z</CreatedTime><PaidTime>2026-03-01T10:00:00.000Z</PaidTime>
  <ShippingAddress><Name>
    Ann </Name><Street1>1 High St</Street1><Street2/><CityName>Leeds</CityName><Country>GB</Country>
    <PostalCode>LS1</PostalCode></ShippingAddress>
  <ShippingServiceSelected><ShippingService>UK_RoyalMailSecondClassStandard</ShippingService>
    <ShippingServiceCost currencyID="GBP">3.5</ShippingServiceCost></ShippingServiceSelected>
  <Total currencyID="GBP">26.5</Total>
  <TransactionArray><Transaction>
    <Buyer><Email>Invalid Request</Email><UserFirstName>Ann</UserFirstName><UserLastName>Brown</UserLastName></Buyer>
    <Item><ItemID>110</ItemID><Title>Tea &amp; cup</Title><SKU>TEA</SKU></Item>
    <QuantityPurchased>2</QuantityPurchased><TransactionID>7</TransactionID>
    <TransactionPrice currencyID="GBP">10.0</TransactionPrice>
    <eBayCollectAndRemitTaxes><TotalTaxAmount currencyID="GBP">4.0</TotalTaxAmount></eBayCollectAndRemitTaxes>
    <ShippingServiceSelected><ShippingPackageInfo><HandleByTime>2026-03-03T22:59:59.000Z</HandleByTime>
      <EstimatedDeliveryTimeMax>2026-03-08T10:00:00.000Z</EstimatedDeliveryTimeMax></ShippingPackageInfo>
    </ShippingServiceSelected>
    <OrderLineItemID>110-7</OrderLineItemID>
  </Transaction></TransactionArray>
  <BuyerUserID>ann_7</BuyerUserID><BuyerCheckoutMessage>Ring twice</BuyerCheckoutMessage>
  <MonetaryDetails><Refunds><Refund><RefundStatus>Succeeded</RefundStatus>
    <RefundAmount currencyID="GBP">2.0</RefundAmount><ReferenceID type="ExternalTransactionID">R-1</ReferenceID>
  </Refund></Refunds></MonetaryDetails>
</Order></OrderArray></GetOrdersResponse>"""
