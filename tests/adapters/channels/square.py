"""A seller at Square, in a server of its own, and the client of its APIs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.capture.channels.square.api import SquareApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import Outside, Request, Say, answer, outside

UPDATE, REFUND = "PUT /v2/orders/O-1", "POST /v2/refunds"
TOKEN = answer(200, {"access_token": "s1", "token_type": "bearer", "expires_at": "2026-06-03T00:00:00Z"})


def error(status: int, code: str, detail: str) -> bytes:
    return answer(status, {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": code, "detail": detail}]})


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def line(uid: str, quantity: int, **fields: Any) -> dict[str, Any]:
    price = usd(1000)
    about = {"uid": uid, "name": uid, "quantity": str(quantity), "catalog_object_id": f"V-{uid}"}
    return {**about, "base_price_money": price, "variation_total_price_money": usd(1000 * quantity), **fields}


class House:
    """A seller with an order that is to be shipped, paid in two ways, and two articles."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments = {name: self._payment(name, amount) for name, amount in (("P1", 2000), ("P2", 1000))}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.made: dict[str, dict[str, Any]] = {}
        """By idempotency key."""
        self.variations = [("V-1", "A"), ("V-2", "C"), ("V-3", "twice"), ("V-4", "twice"), ("V-5", "a")]
        self.stock: dict[str, str] = {"V-1": "1", "V-2": "1"}
        self.order("O-1")

    def order(self, name: str, **fields: Any) -> dict[str, Any]:
        sent = {"uid": "F1", "type": "SHIPMENT", "state": "PROPOSED", "shipment_details": {}}
        self.orders[name] = {
            "id": name,
            "location_id": "L1",
            "state": "OPEN",
            "version": 4,
            "created_at": "2026-05-04T10:00:00Z",
            "updated_at": "2026-05-04T11:00:00Z",
            "line_items": [
                line("1", 2),
                line("2", 1),
                line("wrap", 1, catalog_object_id="", item_type="CUSTOM_AMOUNT"),
            ],
            "fulfillments": [sent],
            "tenders": [{"id": one, "payment_id": one, "amount_money": usd(1)} for one in ("P1", "P2", "cash")],
            "total_money": usd(4000),
            "net_amount_due_money": usd(0),
            **fields,
        }
        return self.orders[name]

    @property
    def sent(self) -> dict[str, Any]:
        """The fulfilment."""
        found: dict[str, Any] = self.orders["O-1"]["fulfillments"][0]
        return found

    def _payment(self, name: str, amount: int) -> dict[str, Any]:
        return {"id": name, "order_id": "O-1", "total_money": usd(amount), "refunded_money": usd(0), "refund_ids": []}

    def refund(self, payment: str, amount: int, reason: str = "till") -> dict[str, Any]:
        """As somebody makes it at the till."""
        name = f"R{len(self.refunds) + 1}"
        made = {"id": name, "payment_id": payment, "amount_money": usd(amount), "status": "COMPLETED", "reason": reason}
        self.refunds[name] = {**made, "created_at": "2026-05-04T11:30:00Z", "order_id": "O-return", "location_id": "L1"}
        self.payments[payment]["refund_ids"].append(name)
        self.payments[payment]["refunded_money"]["amount"] += amount
        return self.refunds[name]

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        parts = urlsplit(request.path)
        match request.method, parts.path.split("/")[1:]:
            case "POST", ["oauth2", "token"]:
                return TOKEN
            case "POST", ["v2", "orders", "search"]:
                wanted = request.json["location_ids"]
                rows = [one for one in self.orders.values() if one["location_id"] in wanted]
                return answer(200, {"orders": rows})
            case method, ["v2", "orders", name] if name in self.orders:
                return self._order(method, self.orders[name], request)
            case "GET", ["v2", "payments", name] if name in self.payments:
                return answer(200, {"payment": self.payments[name]})
            case "GET", ["v2", "refunds"]:
                begun = dict(parse_qsl(parts.query))["updated_at_begin_time"]
                rows = [one for one in self.refunds.values() if one["created_at"] >= begun]
                return answer(200, {"refunds": rows})
            case "GET", ["v2", "refunds", name]:
                return answer(200, {"refund": self.refunds[name]})
            case "POST", ["v2", "refunds"]:
                return self._pay_back(request.json)
            case "POST", ["v2", "catalog", "search"]:
                return self._search(request.json["query"]["set_query"])
            case "POST", ["v2", "inventory", "changes", "batch-create"]:
                return self._count([one["physical_count"] for one in request.json["changes"]])
        return error(404, "NOT_FOUND", f"{parts.path} not found")

    def _order(self, method: str, order: dict[str, Any], request: Request) -> bytes:
        if method == "GET":
            return answer(200, {"order": order})
        told = request.json["order"]
        if told["version"] != order["version"]:
            return error(400, "VERSION_MISMATCH", f"the version is {order['version']}")
        for change in told["fulfillments"]:
            one = next(one for one in order["fulfillments"] if one["uid"] == change["uid"])
            details = {name: {**one.get(name, {}), **change[name]} for name in change if name.endswith("_details")}
            one |= {**change, **details}
        order["version"] += 1
        return answer(200, {"order": order})

    def _pay_back(self, told: dict[str, Any]) -> bytes:
        key = told["idempotency_key"]
        if key not in self.made:
            self.made[key] = self.refund(told["payment_id"], told["amount_money"]["amount"], told["reason"])
            self.made[key]["status"] = "PENDING"
        return answer(200, {"refund": self.made[key]})

    def _search(self, query: dict[str, Any]) -> bytes:
        wanted = {one.lower() for one in query["attribute_values"]}
        found = [
            {"type": "ITEM_VARIATION", "id": name, "item_variation_data": {"sku": sku}}
            for name, sku in self.variations
            if sku.lower() in wanted
        ]
        return answer(200, {"objects": found} if found else {})

    def _count(self, told: list[dict[str, Any]]) -> bytes:
        unknown = [one["catalog_object_id"] for one in told if one["catalog_object_id"] not in self.stock]
        if unknown:
            return error(404, "NOT_FOUND", f"object {unknown[0]} not found")
        self.stock |= {one["catalog_object_id"]: one["quantity"] for one in told}
        return answer(200, {"counts": []})


@asynccontextmanager
async def square(folder: Path, **fields: Any) -> AsyncIterator[tuple[SquareApi, House, Outside]]:
    """The client, the seller's account, and the server that it is reached at."""
    house = House()
    async with outside(always=house) as server, speaking("square", folder, server.url, location="L1", **fields) as api:
        yield api, house, server


def instead(house: House, server: Outside, call: str, *says: Say, done: bool = False) -> None:
    """Have this call (``POST /v2/refunds``) answered otherwise, as often as said, whether or not it is carried out."""
    left = list(says)

    def other(request: Request) -> Say:
        if f"{request.method} {request.path}" != call or not left:
            return house(request)
        if done:
            house(request)
        return left.pop(0)

    server.always = other
