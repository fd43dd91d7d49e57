"""Orders as Orders API 2026-01-01 shows them: https://developer-docs.amazon.com/sp-api/docs/orders-api."""

from collections.abc import Collection
from typing import Any

from services.sandbox.sales import Sale, SaleLine, decimal

INCLUDED = {
    "BUYER", "CANCELLATION", "EXPENSE", "FULFILLMENT", "PACKAGES", "PAYMENT", "PROCEEDS", "PROMOTION", "RECIPIENT",
    "TAX",
}  # fmt: skip
"""What can be asked for with an order."""
STATUSES = {"Unshipped": "UNSHIPPED", "PartiallyShipped": "PARTIALLY_SHIPPED", "Shipped": "SHIPPED",
            "Canceled": "CANCELLED"}  # fmt: skip
"""Of this version, by those of v0."""


def view(sale: Sale, known: dict[str, Any], shipped: dict[str, int], asked: Collection[str]) -> dict[str, Any]:
    """An order; ``known`` is what v0 says of it, ``shipped`` pieces by item. What is not asked for is left out."""
    gone = known["OrderStatus"] == "Canceled"
    parts = {
        "BUYER": {"buyer": {"buyerEmail": known["BuyerInfo"]["BuyerEmail"]}},
        "RECIPIENT": {"recipient": {"deliveryAddress": {
            "name": f"{sale.first_name} {sale.last_name}", "addressLine1": sale.street, "city": sale.city,
            "stateOrRegion": sale.region, "postalCode": sale.postcode, "countryCode": sale.country,
            "addressType": "RESIDENTIAL"}}},
        "PROCEEDS": {"proceeds": {"grandTotal": _money(sale, 0 if gone else sale.total_minor)}},
        "FULFILLMENT": {"fulfillment": {
            "fulfillmentStatus": STATUSES[known["OrderStatus"]], "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD"}},
    }  # fmt: skip
    found: dict[str, Any] = {
        "orderId": known["AmazonOrderId"], "createdTime": known["PurchaseDate"],
        "lastUpdatedTime": known["LastUpdateDate"], "programs": [], "associatedOrders": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": known["MarketplaceId"],
                         "marketplaceName": known["SalesChannel"]},
        "orderItems": [_item(line, sale, shipped, asked, gone=gone) for line in sale.lines],
    }  # fmt: skip
    for name, part in parts.items():
        if name in asked:
            found |= part
    return found


def item_id(line: SaleLine, sale: Sale) -> str:
    """The id of a line."""
    return f"{sale.number:08d}{line.number:06d}"


def _item(line: SaleLine, sale: Sale, shipped: dict[str, int], asked: Collection[str], *, gone: bool) -> dict[str, Any]:
    id_, shipping = item_id(line, sale), sale.shipping_minor if line.number == 1 else 0
    done = shipped.get(id_, 0)
    found: dict[str, Any] = {
        "orderItemId": id_, "quantityOrdered": line.quantity,
        "product": {"asin": f"B{sum(line.sku.encode()):09d}", "sellerSku": line.sku, "title": f"Article {line.sku}",
                    "condition": {"conditionType": "NEW"}, "price": {"unitPrice": _money(sale, line.unit_minor)}},
    }  # fmt: skip
    if "PROCEEDS" in asked:
        paid = (("ITEM", line.total_minor), ("SHIPPING", shipping))
        found["proceeds"] = {"breakdowns": [{"type": kind, "subtotal": _money(sale, minor)} for kind, minor in paid]}
    if "FULFILLMENT" in asked:
        left = 0 if gone else line.quantity - done
        found["fulfillment"] = {"quantityFulfilled": done, "quantityUnfulfilled": left}
    if "CANCELLATION" in asked and gone:
        found["cancellation"] = {"cancellationExecution": {"canceller": "SELLER", "cancelReason": "NO_INVENTORY"}}
    return found


def _money(sale: Sale, cents: int) -> dict[str, str]:
    return {"currencyCode": sale.currency, "amount": decimal(cents)}
