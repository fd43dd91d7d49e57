"""Orders as both versions of Amazon's Orders API answer them, for the tests of the mapping."""

from typing import Any

import orjson
import pytest

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.amazon import Amazon

UPDATED = "2026-03-02T08:00:00Z"


def usd(amount: str) -> dict[str, str]:
    return {"CurrencyCode": "USD", "Amount": amount}


ORDER = {
    "AmazonOrderId": "112-1",
    "PurchaseDate": "2026-03-01T10:00:00Z",
    "LastUpdateDate": UPDATED,
    "OrderStatus": "Unshipped",
    "FulfillmentChannel": "MFN",
    "OrderTotal": usd("27.98"),
    "PaymentMethod": "Other",
    "MarketplaceId": "ATVPDKIKX0DER",
    "ShipmentServiceLevelCategory": "Expedited",
    "ShipServiceLevel": "Exp US D2D Dom",
    "EarliestShipDate": "2026-03-02T08:00:00Z",
    "LatestShipDate": "2026-03-03T07:59:59Z",
    "LatestDeliveryDate": "2026-03-07T07:59:59Z",
    "IsPrime": False,
}
ITEM = {
    "ASIN": "B001",
    "SellerSKU": "MUG-RED",
    "OrderItemId": "1",
    "Title": "Mug",
    "QuantityOrdered": 3,
    "ItemPrice": usd("20.00"),
    "ItemTax": usd("1.98"),
    "ShippingPrice": usd("5.00"),
    "ShippingTax": usd("0.50"),
    "ShippingDiscount": usd("1.00"),
    "PromotionDiscount": usd("2.00"),
    "BuyerInfo": {
        "GiftWrapPrice": usd("3.50"),
        "GiftWrapTax": usd("0.00"),
        "GiftWrapLevel": "Classic",
        "GiftMessageText": "Für dich 🎁",
    },
}


def v0(order: dict[str, Any] | None = None, *items: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"Order": ORDER | (order or {}), "OrderItems": items or [ITEM], **more})


def brl(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "BRL"}


def breakdown(kind: str, amount: str, **details: str) -> dict[str, Any]:
    found = [{"subtype": subtype, "value": brl(value)} for subtype, value in details.items()]
    return {"type": kind, "subtotal": brl(amount), "detailedBreakdowns": found}


ITEM_2026 = {
    "orderItemId": "9",
    "quantityOrdered": 2,
    "product": {"asin": "B002", "sellerSku": "CAFÉ-1", "title": "Café"},
    "proceeds": {
        "breakdowns": [
            breakdown("ITEM", "100.00"),
            breakdown("SHIPPING", "12.00"),
            breakdown("GIFT_WRAP", "4.00"),
            breakdown("DISCOUNT", "-7.00", ITEM="-5.00", SHIPPING="-2.00"),
            breakdown("TAX", "9.00", ITEM="8.00", SHIPPING="1.00"),
        ]
    },
    "fulfillment": {
        "quantityFulfilled": 0,
        "quantityUnfulfilled": 2,
        "packing": {"giftOption": {"giftMessage": "Parabéns", "giftWrapLevel": "STANDARD"}},
        "shipping": {"shippingConstraints": {"signatureConfirmation": "MANDATORY"}},
    },
}
ORDER_2026 = {
    "orderId": "701-1",
    "createdTime": "2026-03-01T10:00:00Z",
    "lastUpdatedTime": UPDATED,
    "programs": ["PRIME", "AMAZON_BUSINESS"],
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A2Q3Y263D00KWC"},
    "buyer": {"buyerName": "Maria", "buyerEmail": "m@marketplace.amazon.com.br", "buyerPurchaseOrderNumber": "PO-7"},
    "recipient": {
        "deliveryAddress": {
            "name": "Maria",
            "addressLine1": "Rua A, 1",
            "addressLine2": "",
            "addressLine3": "Apto 2",
            "city": "São Paulo",
            "stateOrRegion": "SP",
            "postalCode": "01000-000",
            "countryCode": "BR",
        },
        "deliveryPreference": {"dropOffLocation": "Portaria"},
    },
    "proceeds": {
        "grandTotal": brl("121.00"),
        "breakdowns": [breakdown("ITEM", "100.00"), {"type": "DELIVERY_TIP", "subtotal": brl("3.00")}],
    },
    "fulfillment": {
        "fulfillmentStatus": "UNSHIPPED",
        "fulfilledBy": "MERCHANT",
        "fulfillmentServiceLevel": "NEXT_DAY",
        "shipByWindow": {"latestDateTime": "2026-03-03T07:59:59Z"},
        "deliverByWindow": {"latestDateTime": "2026-03-04T07:59:59Z"},
    },
    "orderItems": [ITEM_2026],
}


def v2026(**fields: Any) -> bytes:
    return orjson.dumps({"order": ORDER_2026 | fields})


def read(body: bytes) -> OrderInput:
    return Amazon().read(body)


def refusal(body: bytes, error: type[UnmappableError] = UnmappableError) -> str:
    with pytest.raises(error) as caught:
        read(body)
    return str(caught.value)
