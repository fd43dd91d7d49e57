"""A small TikTok Shop that keeps state, and refuses what is not signed; as the tests of its client have it."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.capture.channels.tiktok.api import TikTokApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer, outside

PLACED = 1777888800
AFTER = "/return_refund/202602"


def said(data: Any = None, code: int = 0, message: str = "Success", status: int = 200) -> bytes:
    return answer(status, {"code": code, "message": message, "request_id": "q", "data": data})


def item(number: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "sku_id": "1729",
        "product_name": "x",
        "original_price": "10.00",
        "sale_price": "10.00",
        "display_status": "AWAITING_SHIPMENT",
        **fields,
    }


class House:
    """A shop with an order of three pieces, and two products in one warehouse."""

    def __init__(self) -> None:
        self.items = {name: item(name) for name in ("p1", "p2", "p3")}
        self.fields: dict[str, Any] = {"shipping_type": "SELLER", "delivery_option_id": "D1"}
        self.returns: list[dict[str, Any]] = []
        self.cancellations: list[dict[str, Any]] = []
        self.stock = {"1": {"W1": 5}, "2": {"W1": 5}, "3": {"W1": 5, "W2": 9}}
        self.tokens = ["t1"]
        self.made = 0

    @property
    def order(self) -> dict[str, Any]:
        money = {"currency": "GBP", "total_amount": "30.00"}
        base = {"id": "7", "status": "AWAITING_SHIPMENT", "create_time": PLACED, "update_time": PLACED + 60}
        return {**base, "payment": money, "line_items": list(self.items.values()), **self.fields}

    def __call__(self, request: Request) -> Say:
        parts = urlsplit(request.path)
        params = dict(parse_qsl(parts.query))
        if parts.path == "/api/v2/token/refresh":
            self.tokens.append(f"t{len(self.tokens) + 1}")
            tokens = {"access_token": self.tokens[-1], "refresh_token": "r2", "access_token_expire_in": PLACED * 2}
            return said(tokens)
        if request.headers.get("x-tts-access-token") != self.tokens[-1]:
            return said(code=105002, message="Expired credentials. The 'x-tts-access-token' header has expired")
        if params["sign"] != _signed(parts.path, params, request.body):
            return said(code=106001, message="Invalid credentials. The sign query parameter is invalid.", status=401)
        body = request.json if request.body else {}
        step = self._get if request.method == "GET" else self._post
        return step(parts.path.strip("/").split("/"), params, body)

    def _get(self, path: list[str], params: dict[str, str], _body: dict[str, Any]) -> Say:
        match path:
            case ["order", _, "orders"]:
                return said({"orders": [self.order] if "7" in params["ids"].split(",") else []})
            case ["logistics", _, "delivery_options", "D1", "shipping_providers"]:
                return said({"shipping_providers": [{"id": "P1", "name": "UPS"}, {"id": "P2", "name": "Royal Mail"}]})
            case ["return_refund", _, "orders", "7", "aftersale_eligibility"]:
                reasons = ["seller_cancel_reason_wrong_price", "seller_cancel_reason_out_of_stock"]
                able = {"eligible": True, "available_reason_names": reasons, "order_line_items_ids": ["p1", "p2"]}
                gone = {"eligible": False, "ineligible_code": 9, "ineligible_reason": "shipped"}
                entries = [able, {**gone, "order_line_items_ids": ["p3"]}]
                kind = {"request_type": params["request_types"]}
                return said({"sku_eligibility": [{"line_item_eligibility": [{**one, **kind} for one in entries]}]})
        return said(code=36009009, message="Invalid path", status=404)

    def _post(self, path: list[str], _params: dict[str, str], body: dict[str, Any]) -> Say:  # noqa: C901, PLR0911  # one for each path
        match path:
            case ["fulfillment", _, "orders", "7", "packages"]:
                return self._leave(body["order_line_item_ids"], body["tracking_number"])
            case ["fulfillment", _, "packages", package, "ship"]:
                some = [name for name, one in self.items.items() if one.get("package_id") == package]
                return self._leave(some, body["self_shipment"]["tracking_number"])
            case ["return_refund", _, "returns", "search"]:
                return said({"return_orders": [{**one, "order_id": "7"} for one in self.returns]})
            case ["return_refund", _, "cancellations", "search"]:
                return said({"cancellations": [{**one, "order_id": "7"} for one in self.cancellations]})
            case ["return_refund", _, "cancellations", cancel_id, "approve"]:
                (one,) = [one for one in self.cancellations if one["cancel_id"] == cancel_id]
                one["cancel_status"] = "CANCELLATION_REQUEST_SUCCESS"
                return said({})
            case ["return_refund", _, "cancellations"]:
                return self._cancel(body)
            case ["return_refund", _, "returns"]:
                return self._refund(body)
            case ["product", _, "inventory", "search"]:
                return self._inventory(body["sku_ids"])
            case ["product", _, "products", "search"]:
                found: list[Any] = [
                    {"id": f"PR{name}", "skus": [{"id": name, "seller_sku": f"S{name}"}]} for name in self.stock
                ]
                return said({"products": [one for one in found if one["skus"][0]["seller_sku"] in body["seller_skus"]]})
            case ["product", _, "products", _, "inventory", "update"]:
                for sku in body["skus"]:
                    self.stock[sku["id"]] = {one["warehouse_id"]: one["quantity"] for one in sku["inventory"]}
                return said({})
        return said(code=36009009, message="Invalid path", status=404)

    def _leave(self, some: list[str], number: str) -> Say:
        for name in some:
            self.items[name] |= {"tracking_number": number, "display_status": "AWAITING_COLLECTION"}
        return said({"package_id": "PK"})

    def _cancel(self, body: dict[str, Any]) -> Say:
        self.made += 1
        some = body.get("order_line_item_ids") or list(self.items)
        made = {
            "cancel_id": f"C{self.made}",
            "cancel_status": "CANCELLATION_REQUEST_SUCCESS",
            "role": "SELLER",
            "cancel_line_items": [{"order_line_item_id": name} for name in some],
        }
        self.cancellations.append(made)
        return said({"cancel_id": made["cancel_id"]})

    def _refund(self, body: dict[str, Any]) -> Say:
        self.made += 1
        made = {
            "return_id": f"R{self.made}",
            "return_type": "REFUND",
            "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE",
            "role": "SELLER",
            "refund_amount": {"currency": body["currency"], "refund_total": body["refund_total"]},
        }
        self.returns.append(made)
        return said({"return_id": made["return_id"]})

    def _inventory(self, ids: list[str]) -> Say:
        found = [
            {
                "product_id": f"PR{name}",
                "skus": [
                    {
                        "id": name,
                        "warehouse_inventory": [
                            {"warehouse_id": place, "available_quantity": there} for place, there in places.items()
                        ],
                    }
                ],
            }
            for name, places in self.stock.items()
            if name in ids
        ]
        return said({"inventory": found})


def _signed(path: str, params: dict[str, str], body: bytes) -> str:
    named = "".join(name + params[name] for name in sorted(params) if name != "sign")
    text = b"the-client-secret" + (path + named).encode() + body + b"the-client-secret"
    return hmac.new(b"the-client-secret", text, sha256).hexdigest()


@asynccontextmanager
async def tiktok(folder: Path, **account: Any) -> AsyncIterator[tuple[TikTokApi, House, Outside]]:
    """The client, the shop, and the server that it is reached at."""
    house = House()
    async with outside(always=house) as server:
        token_url = f"{server.url}/api/v2/token/refresh"
        async with speaking("tiktok", folder, server.url, cipher="GCP_x", token_url=token_url, **account) as api:
            yield api, house, server


def told(server: Outside, path: str) -> list[Any]:
    """What was posted there."""
    return [one.json for one in server.heard if one.method == "POST" and urlsplit(one.path).path == path]


def dropping(house: House, path: str) -> Any:
    """The shop does what it is told there, and the answer is lost."""

    def drop(request: Request) -> Say:
        done = house(request)
        return CLOSE if urlsplit(request.path).path == path else done

    return drop
