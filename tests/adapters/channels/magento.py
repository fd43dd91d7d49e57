"""Orders as Magento's REST API answers them, for the tests of the mapping."""

from typing import Any

import orjson

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels.magento import Magento
from tests.adapters.channels.mutations import adds_up

ADDRESS = {
    "firstname": "Zoë",
    "lastname": "Ångström",
    "street": ["Storgatan 1", "lgh 12", "c/o A", "gård"],
    "city": "Malmö",
    "postcode": "211 20",
    "country_id": "SE",
    "region": None,
    "telephone": "+46 1",
    "company": None,
    "address_type": "shipping",
}
ITEM: dict[str, Any] = {
    "item_id": 11,
    "product_type": "simple",
    "sku": "A",
    "name": "Mugg",
    "qty_ordered": 2,
    "qty_canceled": 0,
    "qty_refunded": 0,
    "qty_shipped": 0,
    "price": 100,
    "row_total": 200,
    "tax_amount": 45,
    "discount_amount": 25,
    "discount_tax_compensation_amount": 5,
}
ORDER: dict[str, Any] = {
    "entity_id": 7,
    "increment_id": "000000007",
    "state": "processing",
    "status": "processing",
    "created_at": "2026-03-02 09:30:00",
    "updated_at": "2026-03-02 09:31:00",
    "order_currency_code": "SEK",
    "base_currency_code": "SEK",
    "grand_total": 284.0,
    "discount_amount": -25,
    "discount_tax_compensation_amount": 5,
    "shipping_amount": 49.000000000000007,
    "tax_amount": 55,
    "total_due": 0,
    "shipping_description": "Best Way - Table Rate",
    "customer_email": "zoe@example.com",
    "customer_id": 3,
    "customer_firstname": "Zoë",
    "customer_lastname": "Ångström",
    "items": [ITEM],
    "billing_address": ADDRESS | {"address_type": "billing", "vat_id": "SE1"},
    "payment": {"method": "stripe_payments", "last_trans_id": "pi_1", "po_number": None},
    "extension_attributes": {
        "shipping_assignments": [{"shipping": {"address": ADDRESS, "method": "tablerate_bestway"}, "items": [ITEM]}]
    },
}


def read(content: dict[str, Any] | None = None, **fields: Any) -> OrderInput:
    order = Magento().read(orjson.dumps((content or ORDER) | fields))
    assert adds_up(order)
    return order


def items(*several: dict[str, Any], **totals: Any) -> OrderInput:
    """An order of these items, without shipping."""
    content = {**ORDER, "items": [ITEM | one for one in several], "shipping_amount": 0, "discount_amount": 0}
    return read({**content, "discount_tax_compensation_amount": 0, "tax_amount": 0} | totals)


def plain(item_id: int = 11, row: float = 100, qty: int = 1, **fields: Any) -> dict[str, Any]:
    amounts = {"discount_amount": 0, "discount_tax_compensation_amount": 0, "tax_amount": 0}
    return {"item_id": item_id, "qty_ordered": qty, "price": row / qty, "row_total": row, **amounts, **fields}
