"""Orders of Shopify, in the shape of either of its APIs."""

from typing import Any

import orjson
import pytest

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.shopify import Shopify
from services.capture.decide.money import expected_total, totals


def both(amount: str, paid: str | None = None, currency: str = "USD", other: str = "EUR") -> dict[str, Any]:
    """A money set; in two currencies where the second amount is given."""
    buyers = {"amount": paid or amount, "currency_code": other if paid else currency}
    return {"shop_money": {"amount": amount, "currency_code": currency}, "presentment_money": buyers}


def line(number: int = 1, price: str = "10.00", quantity: int = 1, **fields: Any) -> dict[str, Any]:
    found = {
        "id": number,
        "variant_id": 100 + number,
        "product_id": 50,
        "sku": f"SKU-{number}",
        "name": f"Mug {number}",
        "title": "Mug",
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "price": price,
        "requires_shipping": True,
        "gift_card": False,
        "fulfillment_service": "manual",
        "properties": [],
        "discount_allocations": [],
        "tax_lines": [],
    }
    return found | fields


ADDRESS = {
    "first_name": "Ana",
    "last_name": "Núñez",
    "company": None,
    "address1": "1 Rue d’Été",
    "address2": "",
    "city": "Lyon",
    "zip": "69001",
    "province": None,
    "province_code": None,
    "country": "France",
    "country_code": "FR",
    "phone": "+33 1",
    "latitude": 45.76,
    "longitude": 4.83,
}


def order(*lines: dict[str, Any], total: str = "10.00", **fields: Any) -> dict[str, Any]:
    found = {
        "id": 450789469,
        "name": "#1001",
        "created_at": "2026-03-02T10:30:00+01:00",
        "processed_at": "2026-03-02T10:30:00+01:00",
        "updated_at": "2026-03-02T10:31:00+01:00",
        "currency": "USD",
        "presentment_currency": "USD",
        "email": "ana@example.com",
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "taxes_included": False,
        "test": False,
        "total_price": total,
        "total_tax": "0.00",
        "total_discounts": "0.00",
        "line_items": list(lines or (line(),)),
        "shipping_lines": [],
        "shipping_address": ADDRESS,
        "refunds": [],
        "source_name": "web",
        "tags": "",
    }
    return found | fields


def read(*lines: dict[str, Any], **fields: Any) -> OrderInput:
    return Shopify().read(orjson.dumps(order(*lines, **fields)))


def sound(*lines: dict[str, Any], **fields: Any) -> OrderInput:
    """An order whose totals add up to what the shop says."""
    found = read(*lines, **fields)
    assert expected_total(totals(found)) == found.total_minor
    return found


def refusal(content: Any) -> str:
    with pytest.raises(UnmappableError) as caught:
        Shopify().read(orjson.dumps(content))
    return str(caught.value)


def refund(number: int, *pieces: tuple[int, int, str], paid: str = "", **fields: Any) -> dict[str, Any]:
    moved = [{"id": 9, "kind": "refund", "status": "success", "amount": paid, "currency": "USD"}] if paid else []
    lines = [
        {"id": n, "line_item_id": line_id, "quantity": quantity, "restock_type": kind, "subtotal": "10.00"}
        for n, (line_id, quantity, kind) in enumerate(pieces)
    ]
    return {
        "id": number, "created_at": "2026-03-03T09:00:00Z", "refund_line_items": lines, "transactions": moved,
        "order_adjustments": [],
    } | fields  # fmt: skip


def graphql(**fields: Any) -> dict[str, Any]:
    """The order of `order`, as the GraphQL API gives it."""
    money = {"shopMoney": {"amount": "10.0", "currencyCode": "USD"}}
    money["presentmentMoney"] = money["shopMoney"]
    item = {
        "id": "gid://shopify/LineItem/1",
        "variant": {"id": "gid://shopify/ProductVariant/101", "title": "Default"},
        "product": {"id": "gid://shopify/Product/50"},
        "sku": "SKU-1",
        "name": "Mug 1",
        "title": "Mug",
        "quantity": 1,
        "currentQuantity": 1,
        "unfulfilledQuantity": 1,
        "originalUnitPriceSet": money,
        "isGiftCard": False,
        "requiresShipping": True,
        "customAttributes": [],
        "discountAllocations": [],
        "taxLines": [],
    }
    found = {
        "id": "gid://shopify/Order/450789469",
        "legacyResourceId": "450789469",
        "name": "#1001",
        "createdAt": "2026-03-02T09:30:00Z",
        "processedAt": "2026-03-02T09:30:00Z",
        "updatedAt": "2026-03-02T09:31:00Z",
        "currencyCode": "USD",
        "presentmentCurrencyCode": "USD",
        "email": "ana@example.com",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "paymentGatewayNames": ["shopify_payments"],
        "taxesIncluded": False,
        "test": False,
        "totalPriceSet": money,
        "totalTaxSet": {"shopMoney": {"amount": "0.0", "currencyCode": "USD"}},
        "lineItems": {"edges": [{"node": item}], "pageInfo": {"hasNextPage": False}},
        "shippingLines": {"nodes": []},
        "shippingAddress": {
            "firstName": "Ana", "lastName": "Núñez", "address1": "1 Rue d’Été", "city": "Lyon", "zip": "69001",
            "provinceCode": None, "countryCodeV2": "FR", "phone": "+33 1", "latitude": 45.76, "longitude": 4.83,
        },
        "refunds": [],
        "sourceName": "web",
        "tags": [],
    }  # fmt: skip
    return found | fields


UNSHIPPED = {"order": {"cancelledAt": None, "fulfillments": [], "refunds": [], "transactions": []}}
"""What GraphQL says of an order with which nothing was done yet."""
