"""What the Selling Partner API's answers are made of: orders, items, errors."""

import time
from datetime import UTC, datetime
from typing import Any

from services.sandbox.amazon_2026 import item_id
from services.sandbox.api import Refusal, stamp
from services.sandbox.sales import Sale, SaleLine, decimal

LIMITS = {"getOrders": (0.0167, 20), "getOrder": (0.5, 30), "getOrderItems": (0.5, 30), "confirmShipment": (2.0, 10),
           "patchListingsItem": (5.0, 5), "getListingsItem": (5.0, 5), "createFeedDocument": (0.5, 15),
           "createFeed": (0.0083, 15), "getFeed": (2.0, 15), "getFeeds": (0.0222, 10),
           "getFeedDocument": (0.0222, 10), "searchOrders": (0.0056, 20)}  # fmt: skip
"""Calls a second, and burst, as the documentation has them."""


class Bucket:
    """A token bucket, as the usage plans have it."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self._burst = self._left = burst
        self._at = time.monotonic()

    def takes(self) -> bool:
        """Whether one more call is within the limit."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def error(code: str, message: str, details: str = "") -> dict[str, Any]:
    """An error as the API writes it."""
    return {"errors": [{"code": code, "message": message, "details": details}]}


def moment(text: str) -> datetime:
    """A moment as a query or an order has it.

    Raises:
        Refusal: with 400 it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, error("InvalidInput", f"Invalid date {text}.")) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _money(sale: Sale, cents: int) -> dict[str, str]:
    return {"CurrencyCode": sale.currency, "Amount": decimal(cents)}


def order(sale: Sale, market: str) -> dict[str, Any]:
    """A sale as an order that the seller ships, of which Amazon has the money."""
    return {
        "AmazonOrderId": f"302-{sale.number:07d}-{sale.number * 7919 % 10_000_000:07d}", "OrderType": "StandardOrder",
        "PurchaseDate": stamp(sale.placed_at), "LastUpdateDate": stamp(sale.placed_at), "OrderStatus": "Unshipped",
        "FulfillmentChannel": "MFN", "SalesChannel": "Amazon.de", "ShipServiceLevel": "Std DE Dom",
        "ShipmentServiceLevelCategory": "Standard", "OrderTotal": _money(sale, sale.total_minor),
        "NumberOfItemsShipped": 0, "NumberOfItemsUnshipped": sum(line.quantity for line in sale.lines),
        "PaymentMethod": "Other", "PaymentMethodDetails": ["Standard"], "MarketplaceId": market,
        "IsBusinessOrder": False, "IsPrime": False, "IsPremiumOrder": False, "IsReplacementOrder": "false",
        "IsSoldByAB": False, "IsGlobalExpressEnabled": False, "IsISPU": False, "HasRegulatedItems": False,
        "BuyerInfo": {"BuyerEmail": f"{sale.number}@marketplace.amazon.de"},
        "ShippingAddress": {
            "Name": f"{sale.first_name} {sale.last_name}", "AddressLine1": sale.street, "City": sale.city,
            "StateOrRegion": sale.region, "PostalCode": sale.postcode, "CountryCode": sale.country,
            "AddressType": "Residential",
        },
    }  # fmt: skip


def item(line: SaleLine, sale: Sale) -> dict[str, Any]:
    """A line of an order; the shipping is paid with the first."""
    shipping = sale.shipping_minor if line.number == 1 else 0
    return {
        "ASIN": f"B{sum(line.sku.encode()):09d}", "SellerSKU": line.sku,
        "OrderItemId": item_id(line, sale),
        "Title": f"Article {line.sku}", "QuantityOrdered": line.quantity, "QuantityShipped": 0,
        "ProductInfo": {"NumberOfItems": "1"}, "ItemPrice": _money(sale, line.total_minor),
        "ItemTax": _money(sale, 0), "ShippingPrice": _money(sale, shipping), "ShippingTax": _money(sale, 0),
        "PromotionDiscount": _money(sale, 0), "PromotionDiscountTax": _money(sale, 0), "IsGift": "false",
        "ConditionId": "New", "ConditionSubtypeId": "New", "IsTransparency": False,
    }  # fmt: skip


def problems(wanted: dict[str, Any], items: list[dict[str, Any]]) -> str:
    """What is wrong with a shipment confirmation; empty: nothing."""
    package = wanted.get("packageDetail")
    if not wanted.get("marketplaceId") or not isinstance(package, dict):
        return "marketplaceId and packageDetail are required."
    missing = [name for name in ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems")
               if not package.get(name)]  # fmt: skip
    if missing:
        return f"packageDetail.{missing[0]} is required."
    known = {one["OrderItemId"]: one["QuantityOrdered"] for one in items}
    for line in package["orderItems"]:
        if line.get("orderItemId") not in known or not 0 < int(line.get("quantity", 0)) <= known[line["orderItemId"]]:
            return f"orderItem {line.get('orderItemId')} is not of this order, or has not so many pieces."
    return ""
