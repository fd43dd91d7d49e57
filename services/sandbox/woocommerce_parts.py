"""What WooCommerce's answers are made of: orders, pages, times, errors."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.sandbox.api import Refusal, basic, now, said
from services.sandbox.sales import Sale, decimal

_MOST_PAGE = 100
Shown = Callable[[dict[str, Any]], dict[str, Any]]
"""How something is answered."""
_EAST = timedelta(hours=1)
"""The shop's clock: what is no ``_gmt`` is written by it, without an offset."""


def error(code: str, message: str, status: int) -> dict[str, Any]:
    """An error as WordPress writes it."""
    return {"code": code, "message": message, "data": {"status": status}}


BAD_JSON = error("rest_invalid_json", "Invalid JSON body passed.", 400)


def check_key(request: Request) -> None:
    """See that a consumer key and secret were sent, as a header or as query parameters.

    Raises:
        Refusal: with 401 they were not.
    """
    user, password = basic(request)
    asked = request.query_params
    if not ((user and password) or (asked.get("consumer_key") and asked.get("consumer_secret"))):
        raise Refusal(401, error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401))


def gmt(at: datetime) -> str:
    """A moment as fields that end in ``_gmt`` have it."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds")


def local(at: datetime) -> str:
    """A moment by the shop's clock."""
    return gmt(at + _EAST)


def moment(text: str) -> datetime:
    """A moment as a query has it; without an offset it is taken as it stands.

    Raises:
        Refusal: with 400 it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, error("rest_invalid_param", "Invalid parameter(s): date", 400)) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def touch(order_: dict[str, Any]) -> None:
    """An order was changed."""
    order_ |= {"date_modified": local(now()), "date_modified_gmt": gmt(now())}


def public(order_: dict[str, Any]) -> dict[str, Any]:
    """An order as it is answered: its refunds in brief."""
    brief = [{name: one[name] for name in ("id", "reason", "total")} for one in order_["refunds"]]
    return {**order_, "refunds": brief}


def refunded_lines(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of a refund as the API shows them: of less than no pieces, and with the line that each is of."""
    return [
        {
            "id": one["id"] * 1000 + place, "quantity": -abs(one.get("quantity", 0)),
            "meta_data": [{"id": place, "key": "_refunded_item_id", "value": str(one["id"])}],
        }
        for place, one in enumerate(wanted, start=1)
    ]  # fmt: skip


def page(request: Request, found: list[dict[str, Any]], shown: Shown = dict) -> Response:
    """A page of what was found, with the headers that say how much there is."""
    asked = request.query_params
    size, number = min(_MOST_PAGE, int(asked.get("per_page", "10"))), int(asked.get("page", "1"))
    start = int(asked.get("offset", size * (number - 1)))
    pages = -(-len(found) // size)
    headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
    if number < pages:
        following = request.url.include_query_params(page=number + 1)
        headers["Link"] = f'<{following}>; rel="next"'
    return said([shown(one) for one in found[start : start + size]], headers=headers)


def product(number: int, sku: str, pieces: int) -> dict[str, Any]:
    """A simple product."""
    return {
        "id": number, "name": f"Article {sku}", "slug": sku.lower(), "type": "simple", "parent_id": 0,
        "status": "publish", "sku": sku,
        "manage_stock": True, "stock_quantity": pieces, "stock_status": "instock", "backorders": "no",
    }  # fmt: skip


def order(sale: Sale, products: dict[str, int]) -> dict[str, Any]:
    """A sale as an order that has been paid by card; its prices are without tax, of which there is none."""
    address = {
        "first_name": sale.first_name, "last_name": sale.last_name, "company": "", "address_1": sale.street,
        "address_2": "", "city": sale.city, "state": sale.region, "postcode": sale.postcode, "country": sale.country,
        "phone": "",
    }  # fmt: skip
    return {
        "id": sale.number, "parent_id": 0, "status": "processing", "currency": sale.currency, "version": "9.8.5",
        "prices_include_tax": False, "date_created": local(sale.placed_at), "date_created_gmt": gmt(sale.placed_at),
        "date_modified": local(sale.placed_at), "date_modified_gmt": gmt(sale.placed_at), "discount_total": "0.00",
        "discount_tax": "0.00", "shipping_total": decimal(sale.shipping_minor), "shipping_tax": "0.00",
        "cart_tax": "0.00", "total": decimal(sale.total_minor), "total_tax": "0.00", "customer_id": sale.number,
        "order_key": f"wc_order_{sale.number}", "billing": {**address, "email": sale.email}, "shipping": address,
        "payment_method": "stripe", "payment_method_title": "Credit card", "transaction_id": f"ch_{sale.number}",
        "customer_ip_address": "", "customer_user_agent": "", "created_via": "checkout", "customer_note": "",
        "date_completed": None, "date_paid": local(sale.placed_at), "cart_hash": "", "number": str(sale.number),
        "meta_data": [],
        "line_items": [
            {
                "id": line.number, "name": f"Article {line.sku}", "product_id": products[line.sku], "variation_id": 0,
                "quantity": line.quantity, "tax_class": "", "subtotal": decimal(line.total_minor),
                "subtotal_tax": "0.00", "total": decimal(line.total_minor), "total_tax": "0.00", "taxes": [],
                "meta_data": [], "sku": line.sku, "price": line.unit_minor / 100,
            }
            for line in sale.lines
        ],
        "tax_lines": [],
        "shipping_lines": [
            {
                "id": 100, "method_title": "Flat rate", "method_id": "flat_rate", "instance_id": "1",
                "total": decimal(sale.shipping_minor), "total_tax": "0.00", "taxes": [], "meta_data": [],
            }
        ],
        "fee_lines": [], "coupon_lines": [], "refunds": [], "payment_url": "", "is_editable": False,
        "needs_payment": False, "needs_processing": True, "date_completed_gmt": None,
        "date_paid_gmt": gmt(sale.placed_at), "currency_symbol": "€",
    }  # fmt: skip
