"""Orders of WooCommerce."""

from typing import Any

import orjson
import pytest

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.woocommerce import WooCommerce
from services.capture.decide.money import expected_total, totals

HOME = {
    "first_name": "Jörg", "last_name": "Öz", "company": "", "address_1": "Weg 1", "address_2": "", "city": "Köln",
    "state": "", "postcode": "50667", "country": "DE", "phone": "",
}  # fmt: skip
EMPTY = dict.fromkeys(HOME, "")


def line(number: int = 1, total: str = "10.00", quantity: Any = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": number, "name": f"Mug &amp; Lid {number}", "product_id": 93, "variation_id": 0, "sku": f"SKU-{number}",
        "quantity": quantity, "subtotal": total, "total": total, "total_tax": "0.00", "meta_data": [],
    } | fields  # fmt: skip


def order(*lines: dict[str, Any], total: str = "10.00", **fields: Any) -> dict[str, Any]:
    return {
        "id": 727,
        "number": "W-727",
        "status": "processing",
        "currency": "EUR",
        "date_created_gmt": "2026-03-02T09:30:00",
        "date_modified_gmt": "2026-03-02T09:31:00",
        "date_paid_gmt": "2026-03-02T09:30:30",
        "total": total,
        "total_tax": "0.00",
        "shipping_total": "0.00",
        "customer_id": 0,
        "billing": HOME | {"email": "j@example.com", "phone": "+49 1"},
        "shipping": HOME,
        "payment_method": "stripe",
        "transaction_id": "ch_1",
        "line_items": list(lines or (line(),)),
        "shipping_lines": [],
        "fee_lines": [],
        "refunds": [],
        "meta_data": [],
    } | fields


def read(*lines: dict[str, Any], **fields: Any) -> OrderInput:
    return WooCommerce().read(orjson.dumps(order(*lines, **fields)))


def sound(*lines: dict[str, Any], **fields: Any) -> OrderInput:
    """An order whose totals add up to what the shop says."""
    found = read(*lines, **fields)
    assert expected_total(totals(found)) == found.total_minor
    return found


def refusal(content: Any) -> str:
    with pytest.raises(UnmappableError) as caught:
        WooCommerce().read(orjson.dumps(content))
    return str(caught.value)


def meta(**said: Any) -> list[dict[str, Any]]:
    return [{"id": n, "key": key, "value": value} for n, (key, value) in enumerate(said.items())]
