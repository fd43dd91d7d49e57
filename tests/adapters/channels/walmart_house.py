"""Walmart, as far as its API is called here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.capture.channels.walmart.api import WalmartApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import Outside, Request, Say, answer, outside

TOKEN = answer(200, {"access_token": "w1", "token_type": "Bearer", "expires_in": 900})
NONE = answer(404, {"errors": {"error": [{"code": "CONTENT_NOT_FOUND.GMP_ORDER_API", "description": "No orders"}]}})


class House:
    """A marketplace with one order of two lines."""

    def __init__(self) -> None:
        self.lines = {"1": 3, "2": 1}
        self.statuses: dict[str, list[dict[str, Any]]] = {name: [] for name in self.lines}
        self.acknowledged = False
        self.stock: dict[str, int] = {"A": 1, "C": 1}

    def order(self) -> dict[str, Any]:
        lines = []
        for number, ordered in self.lines.items():
            left = ordered - sum(int(one["statusQuantity"]["amount"]) for one in self.statuses[number])
            status = "Acknowledged" if self.acknowledged else "Created"
            rest = [{"status": status, "statusQuantity": {"amount": str(left)}}] if left else []
            price = {"currency": "USD", "amount": 10.0 * ordered}
            lines.append(
                {
                    "lineNumber": number,
                    "item": {"sku": f"S{number}", "productName": "x"},
                    "charges": {"charge": [{"chargeType": "PRODUCT", "chargeAmount": price}]},
                    "orderLineQuantity": {"amount": str(ordered)},
                    "orderLineStatuses": {"orderLineStatus": [*self.statuses[number], *rest]},
                }
            )
        info = {"methodCode": "Value"}
        return {
            "purchaseOrderId": "7",
            "orderDate": 1777888800000,
            "orderLines": {"orderLine": lines},
            "shippingInfo": info,
        }

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        parts = urlsplit(request.path)
        match request.method, parts.path.split("/")[1:]:
            case "POST", ["v3", "token"]:
                return TOKEN
            case "GET", ["v3", "orders", "7"]:
                return answer(200, {"order": self.order()})
            case "POST", ["v3", "orders", "7", "acknowledge"]:
                self.acknowledged = True
                return answer(200, {"order": self.order()})
            case "POST", ["v3", "orders", "7", "shipping" | "cancel"]:
                (told,) = request.json.values()
                for line in told["orderLines"]["orderLine"]:
                    self.statuses[line["lineNumber"]] += line["orderLineStatuses"]["orderLineStatus"]
                return answer(200, {"order": self.order()})
            case "PUT", ["v3", "inventory"]:
                sku = dict(parse_qsl(parts.query))["sku"]
                if sku not in self.stock:
                    return answer(404, {"errors": {"error": [{"code": "CONTENT_NOT_FOUND.GMP_INVENTORY_API"}]}})
                self.stock[sku] = request.json["quantity"]["amount"]
                return answer(200, request.json)
        return answer(404, {"errors": {"error": [{"code": "NOT_FOUND.GMP_ORDER_API", "description": "no such order"}]}})


@asynccontextmanager
async def walmart(folder: Path, *says: Say, **fields: Any) -> AsyncIterator[tuple[WalmartApi, House, Outside]]:
    """The client, the marketplace, and the server that it is reached at; ``says`` is said after a token."""
    house = House()
    first = (TOKEN, *says) if says else ()
    async with outside(*first, always=house) as server, speaking("walmart", folder, server.url, **fields) as api:
        yield api, house, server


def posted(server: Outside) -> list[str]:
    return [one.removeprefix("POST /v3/orders/7/") for one in server.called if "POST /v3/orders" in one]
