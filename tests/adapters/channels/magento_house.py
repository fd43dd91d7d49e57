"""A shop of Magento's as far as its web API goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.capture.channels.magento.api import MagentoApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import Outside, Request, Say, answer, outside

ROOT = "/rest/all/V1"


class House:
    """A shop with orders, sources and reservations."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.paid: set[str] = set()
        self.shipments: list[dict[str, Any]] = []
        self.memos: list[dict[str, Any]] = []
        self.sources: dict[str, float] = {}
        self.reserved: dict[str, float] = {}

    def order(self, name: str, at: str = "2026-05-04 11:00:00", **fields: Any) -> None:
        self.orders[name] = {"entity_id": int(name), "updated_at": at, "state": "processing", **fields}

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        parts = urlsplit(request.path)
        path = parts.path.removeprefix(ROOT).split("/")[1:]
        asked = {name.removeprefix("searchCriteria"): value for name, value in parse_qsl(parts.query)}
        wanted = asked.get("[filterGroups][0][filters][0][value]", "")
        match request.method, path:
            case "GET", ["orders"]:
                after = int(asked["[filterGroups][1][filters][0][value]"])
                return self._orders(wanted, after, int(asked["[pageSize]"]))
            case "GET", ["orders", name] if name in self.orders:
                return answer(200, self.orders[name])
            case "GET", ["creditmemos" | "shipments" as kind]:
                held = self.memos if kind == "creditmemos" else self.shipments
                return _items([one for one in held if str(one["order_id"]) == wanted])
            case "GET", ["invoices"]:
                items = [{"order_item_id": 1}, {"order_item_id": 2}]
                made = {"entity_id": 70 + int(wanted), "order_id": int(wanted), "state": 2, "items": items}
                return _items([made] if wanted in self.paid else [])
            case "POST", ["order", name, "ship"]:
                return self._note(self.shipments, name, request.json)
            case "POST", ["invoice", name, "refund"]:
                return self._note(self.memos, str(int(name) - 70), request.json)
            case "POST", ["order", name, "refund"]:
                return self._note(self.memos, name, request.json)
            case "POST", ["orders", name, "cancel"]:
                open_ = self.orders[name]["state"] == "processing"
                self.orders[name]["state"] = "canceled" if open_ else self.orders[name]["state"]
                return answer(200, b"true" if open_ else b"false")
        return self._stock(request, path)

    def _stock(self, request: Request, path: list[str]) -> Say:
        match request.method, path:
            case "GET", ["inventory", "source-items"]:
                return _items([{"sku": sku, "quantity": number} for sku, number in self.sources.items()])
            case "GET", ["inventory", "get-product-salable-quantity", sku, "1"] if sku in self.sources:
                return answer(200, self.sources[sku] - self.reserved.get(sku, 0))
            case "POST", ["inventory", "source-items"]:
                items = request.json["sourceItems"]
                if any(one["sku"] == "odd" for one in items):
                    return answer(400, {"message": 'Validation failed: "odd" has no source.'})
                self.sources |= {one["sku"]: one["quantity"] for one in items}
                return answer(200, b"[]")
        return answer(404, {"message": "The %1 that was requested doesn't exist.", "parameters": ["entity"]})

    def _orders(self, since: str, after: int, size: int) -> bytes:
        rows = [one for one in self.orders.values() if one["updated_at"] >= since and one["entity_id"] > after]
        rows.sort(key=lambda one: int(one["entity_id"]))
        return answer(200, {"items": rows[:size], "total_count": len(rows)})

    def _note(self, held: list[dict[str, Any]], order_id: str, asked: dict[str, Any]) -> bytes:
        held.append(
            {"entity_id": len(held) + 1, "order_id": int(order_id), "asked": asked, "comments": [asked["comment"]]}
        )
        return answer(200, f'"{len(held)}"'.encode())


def _items(found: list[dict[str, Any]]) -> bytes:
    return answer(200, {"items": found, "total_count": len(found)})


@asynccontextmanager
async def magento(folder: Path, *says: Say, **fields: Any) -> AsyncIterator[tuple[MagentoApi, House, Outside]]:
    """The client, the shop, and the server that it is reached at; ``says`` is said before the shop answers."""
    house = House()
    async with outside(*says, always=house) as server, speaking("magento", folder, server.url, **fields) as api:
        yield api, house, server
