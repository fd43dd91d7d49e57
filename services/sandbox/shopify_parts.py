"""What Shopify's answers are made of: orders as REST and webhooks have them, and the same as GraphQL has them."""

from collections.abc import Callable, Sequence
from typing import Any

from services.sandbox.api import stamp
from services.sandbox.sales import Sale, decimal

LOCATION = {"id": "gid://shopify/Location/1", "name": "Warehouse", "isActive": True}


def gid(kind: str, number: Any) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


def number(id_: str) -> str:
    """The last part of a global id."""
    return id_.rpartition("/")[2]


def _both(amount: str, currency: str) -> dict[str, Any]:
    one = {"amount": amount, "currency_code": currency}
    return {"shop_money": one, "presentment_money": dict(one)}


def order(sale: Sale, variants: dict[str, int]) -> dict[str, Any]:
    """A sale as an order that has been paid by card, in the REST API's form; prices include tax."""
    address = {
        "first_name": sale.first_name, "last_name": sale.last_name, "name": f"{sale.first_name} {sale.last_name}",
        "company": None, "address1": sale.street, "address2": None, "city": sale.city, "province": sale.region,
        "province_code": sale.region, "zip": sale.postcode, "country": sale.country, "country_code": sale.country,
        "phone": None, "latitude": None, "longitude": None,
    }  # fmt: skip
    total, lines, shipping = decimal(sale.total_minor), decimal(sale.lines_minor), decimal(sale.shipping_minor)
    return {
        "id": sale.number, "admin_graphql_api_id": gid("Order", sale.number), "app_id": 580111,
        "name": f"#{sale.number}", "number": sale.number, "order_number": sale.number, "email": sale.email,
        "contact_email": sale.email, "phone": None, "created_at": stamp(sale.placed_at),
        "updated_at": stamp(sale.placed_at), "processed_at": stamp(sale.placed_at), "cancelled_at": None,
        "cancel_reason": None, "closed_at": None, "test": False, "currency": sale.currency,
        "presentment_currency": sale.currency, "taxes_included": True, "tax_exempt": False, "confirmed": True,
        "financial_status": "paid", "fulfillment_status": None, "source_name": "web", "note": None, "tags": "",
        "note_attributes": [], "discount_codes": [], "discount_applications": [], "tax_lines": [],
        "payment_gateway_names": ["shopify_payments"], "subtotal_price": lines, "total_price": total,
        "total_line_items_price": lines, "total_discounts": "0.00", "total_tax": "0.00", "total_outstanding": "0.00",
        "current_total_price": total, "current_subtotal_price": lines, "current_total_tax": "0.00",
        "current_total_discounts": "0.00", "total_tip_received": "0.00",
        "total_price_set": _both(total, sale.currency), "subtotal_price_set": _both(lines, sale.currency),
        "total_tax_set": _both("0.00", sale.currency), "total_discounts_set": _both("0.00", sale.currency),
        "total_line_items_price_set": _both(lines, sale.currency),
        "total_shipping_price_set": _both(shipping, sale.currency),
        "current_total_price_set": _both(total, sale.currency), "current_total_duties_set": None,
        "original_total_duties_set": None, "buyer_accepts_marketing": False, "customer_locale": "en",
        "customer": {"id": sale.number, "email": sale.email, "first_name": sale.first_name,
                     "last_name": sale.last_name, "tags": "", "currency": sale.currency},
        "billing_address": address, "shipping_address": address, "fulfillments": [], "refunds": [],
        "shipping_lines": [
            {
                "id": sale.number * 10, "title": "Standard", "code": "Standard", "price": shipping, "source": "shopify",
                "price_set": _both(shipping, sale.currency), "discounted_price": shipping, "tax_lines": [],
                "discounted_price_set": _both(shipping, sale.currency), "discount_allocations": [],
            }
        ],
        "line_items": [
            {
                "id": sale.number * 100 + line.number, "name": f"Article {line.sku}", "title": f"Article {line.sku}",
                "admin_graphql_api_id": gid("LineItem", sale.number * 100 + line.number), "sku": line.sku,
                "product_id": variants[line.sku], "variant_id": variants[line.sku], "variant_title": None,
                "quantity": line.quantity, "current_quantity": line.quantity, "fulfillable_quantity": line.quantity,
                "fulfillment_status": None, "fulfillment_service": "manual", "requires_shipping": True,
                "taxable": True, "gift_card": False, "grams": 350, "price": decimal(line.unit_minor),
                "price_set": _both(decimal(line.unit_minor), sale.currency), "total_discount": "0.00",
                "total_discount_set": _both("0.00", sale.currency), "tax_lines": [], "discount_allocations": [],
                "duties": [], "properties": [], "vendor": "Sandbox", "product_exists": True,
            }
            for line in sale.lines
        ],
    }  # fmt: skip


def connection(nodes: Sequence[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A list, to be gone through by cursors: a cursor is the id of a node."""

    def page(_info: Any, first: int | None = None, after: str | None = None, **_more: Any) -> dict[str, Any]:
        ids = [node["id"] for node in nodes]
        start = ids.index(after) + 1 if after in ids else 0
        end = len(nodes) if first is None else start + first
        shown = list(nodes[start:end])
        return {
            "nodes": shown,
            "edges": [{"cursor": node["id"], "node": node} for node in shown],
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "hasPreviousPage": start > 0,
                "startCursor": shown[0]["id"] if shown else None,
                "endCursor": shown[-1]["id"] if shown else None,
            },
        }

    return page


def bag(amount: str, currency: str) -> dict[str, Any]:
    """An amount as GraphQL has it."""
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


_ADDRESS = ("name", "company", "address1", "address2", "city", "province", "zip", "country", "phone")


def _address(rest: dict[str, Any] | None) -> dict[str, Any] | None:
    if rest is None:
        return None
    return {
        "firstName": rest["first_name"], "lastName": rest["last_name"], "countryCodeV2": rest["country_code"],
        "provinceCode": rest["province_code"],
        **{name: rest[name] for name in _ADDRESS},
    }  # fmt: skip


def line_view(line: dict[str, Any], currency: str, variant: dict[str, Any] | None) -> dict[str, Any]:
    """A line as GraphQL has it."""
    total = decimal(round(float(line["price"]) * 100) * line["quantity"])
    return {
        "id": line["admin_graphql_api_id"], "title": line["title"], "name": line["name"], "sku": line["sku"],
        "quantity": line["quantity"], "currentQuantity": line["current_quantity"], "requiresShipping": True,
        "taxable": True, "isGiftCard": False, "variant": variant, "customAttributes": [],
        "originalUnitPriceSet": bag(line["price"], currency), "originalTotalSet": bag(total, currency),
        "discountedTotalSet": bag(total, currency), "totalDiscountSet": bag("0.00", currency),
    }  # fmt: skip


def order_view(rest: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """An order as GraphQL has it, without what is fulfilled of it."""
    currency = rest["currency"]
    customer = rest["customer"]
    refunded = sum(round(float(one["amount"]) * 100) for one in rest["refunds"])
    return {
        "__typename": "Order", "id": rest["admin_graphql_api_id"], "legacyResourceId": str(rest["id"]),
        "name": rest["name"], "number": rest["number"], "email": rest["email"], "phone": None, "note": rest["note"],
        "tags": [tag for tag in rest["tags"].split(", ") if tag], "createdAt": rest["created_at"],
        "updatedAt": rest["updated_at"], "processedAt": rest["processed_at"], "cancelledAt": rest["cancelled_at"],
        "cancelReason": (rest["cancel_reason"] or "").upper() or None, "closedAt": rest["closed_at"], "test": False,
        "currencyCode": currency, "presentmentCurrencyCode": currency, "taxesIncluded": rest["taxes_included"],
        "displayFinancialStatus": rest["financial_status"].upper(), "sourceName": "web", "customAttributes": [],
        "displayFulfillmentStatus": {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED"}.get(
            str(rest["fulfillment_status"]), "UNFULFILLED"),
        "paymentGatewayNames": rest["payment_gateway_names"],
        "subtotalPriceSet": bag(rest["subtotal_price"], currency), "totalPriceSet": bag(rest["total_price"], currency),
        "totalTaxSet": bag(rest["total_tax"], currency), "totalDiscountsSet": bag(rest["total_discounts"], currency),
        "totalShippingPriceSet": bag(rest["shipping_lines"][0]["price"], currency),
        "currentTotalPriceSet": bag(rest["current_total_price"], currency),
        "totalRefundedSet": bag(decimal(refunded), currency), "shippingAddress": _address(rest["shipping_address"]),
        "billingAddress": _address(rest["billing_address"]),
        "customer": {"id": gid("Customer", customer["id"]), "email": customer["email"],
                     "firstName": customer["first_name"], "lastName": customer["last_name"]},
        "lineItems": connection(lines),
        "shippingLines": connection([
            {"id": gid("ShippingLine", one["id"]), "title": one["title"], "code": one["code"],
             "originalPriceSet": bag(one["price"], currency), "discountedPriceSet": bag(one["price"], currency)}
            for one in rest["shipping_lines"]
        ]),
    }  # fmt: skip
