"""A shop at Etsy, in a server of its own, and the client of its API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import orjson

from services.capture.channels.api import AskOrders
from services.capture.channels.etsy.api import EtsyApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import Outside, Request, Say, answer, outside

SINCE = AskOrders(since=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))
BEGIN = int(SINCE.since.timestamp())
SHOP = "/v3/application/shops/42"


def product(number: int, sku: str, quantity: int) -> dict[str, Any]:
    price = {"amount": 1250, "divisor": 100, "currency_code": "EUR"}
    size = {"property_id": 100, "property_name": "Size", "scale_id": None, "value_ids": [number], "values": [sku]}
    offering = {"offering_id": 9, "quantity": quantity, "is_enabled": True, "is_deleted": False, "price": price}
    return {"product_id": number, "sku": sku, "is_deleted": False, "offerings": [offering], "property_values": [size]}


class House:
    """A shop with one listing of two sizes."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.good = {"the-refresh-token"}
        self.receipts: dict[str, dict[str, Any]] = {}
        self.inventory: dict[str, Any] = {
            "products": [product(501, "A", 3), product(502, "B", 3)],
            "price_on_property": [],
            "quantity_on_property": [],
            "sku_on_property": [100],
        }
        self.state = "active"
        self.since = BEGIN
        """When the listing came to be so."""
        self.mails = 0
        self.ledger: list[dict[str, Any]] = []
        self.payments: dict[str, int] = {}
        """Receipts, by the payment's id."""

    def receipt(self, name: int, updated: int = 60, **fields: Any) -> None:
        known = {"receipt_id": name, "updated_timestamp": BEGIN + updated, "shipments": [], "is_shipped": False}
        self.receipts[str(name)] = known | {"status": "paid"} | fields

    def __call__(self, request: Request) -> Say:  # noqa: C901, PLR0911, PLR0912  # one for each path
        parts = urlsplit(request.path)
        if parts.path == "/token":
            return self._token({name: one[0] for name, one in parse_qs(request.body.decode()).items()})
        if request.headers["authorization"] not in {f"Bearer {one}" for one in self.tokens[-1:]}:
            return answer(401, {"error": "invalid_token", "error_description": "access token is expired"})
        match request.method, parts.path.removeprefix("/v3/application/").split("/"):
            case "GET", ["shops", "42", "receipts"]:
                return self._receipts(dict(parse_qsl(parts.query)))
            case "GET", ["shops", "42", "payment-account", "ledger-entries"]:
                return self._entries(dict(parse_qsl(parts.query)))
            case "GET", ["shops", "42", "payments"]:
                wanted = dict(parse_qsl(parts.query))["payment_ids"].split(",")
                rows = [{"payment_id": int(one), "receipt_id": self.payments[one]} for one in wanted]
                return answer(200, {"count": len(rows), "results": rows})
            case "GET", ["shops", "42", "receipts", name] if name in self.receipts:
                return answer(200, self.receipts[name])
            case "POST", ["shops", "42", "receipts", name, "tracking"]:
                self.mails += 1
                self.receipts[name]["is_shipped"] = True
                self.receipts[name]["shipments"].append(request.json)
                return answer(200, self.receipts[name])
            case "GET", ["shops", "42", "listings"]:
                one = {"listing_id": 71, "inventory": self.inventory}
                return answer(200, {"results": [one] if f"state={self.state}&" in parts.query else []})
            case "GET", ["listings", "71", "inventory"]:
                return answer(200, self.inventory)
            case "PUT", ["listings", "71", "inventory"]:
                for known, told in zip(self.inventory["products"], request.json["products"], strict=True):
                    known["offerings"][0]["quantity"] = told["offerings"][0]["quantity"]
                return answer(200, self.inventory)
            case "GET", ["listings", "71"]:
                return self.set(self.state)
            case "PATCH", ["shops", "42", "listings", "71"]:
                return self.set(request.json["state"])
        return answer(404, {"error": "Resource not found"})

    def _token(self, asked: dict[str, str]) -> bytes:
        if asked["refresh_token"] not in self.good:
            return answer(400, {"error": "invalid_grant", "error_description": "refresh token is expired"})
        self.tokens.append(f"42.access-{len(self.tokens)}")
        self.good.add(f"newer-{len(self.tokens)}")
        said = {"access_token": self.tokens[-1], "expires_in": 3600, "refresh_token": f"newer-{len(self.tokens)}"}
        return answer(200, said)

    def _receipts(self, asked: dict[str, str]) -> bytes:
        rows = [one for one in self.receipts.values() if one["updated_timestamp"] >= int(asked["min_last_modified"])]
        rows.sort(key=lambda one: int(one["receipt_id" if asked["sort_on"] == "receipt_id" else "updated_timestamp"]))
        start = int(asked["offset"])
        return answer(200, {"count": len(rows), "results": rows[start : start + int(asked["limit"])]})

    def _entries(self, asked: dict[str, str]) -> bytes:
        begin, end, start = (int(asked[name]) for name in ("min_created", "max_created", "offset"))
        if end - begin > 2_678_400:
            return answer(
                400, {"error": "Time window between min_created and max_created must be no more than 31 days"}
            )
        rows = [one for one in self.ledger if begin <= one["created_timestamp"] <= end]
        return answer(200, {"count": len(rows), "results": rows[start : start + int(asked["limit"])]})

    def set(self, state: str) -> bytes:
        """Have the listing in a state, which changes the moment only where it is another."""
        self.state, self.since = state, self.since + (state != self.state)
        return answer(200, {"listing_id": 71, "state": state, "state_timestamp": self.since})

    def quantities(self) -> list[int]:
        return [one["offerings"][0]["quantity"] for one in self.inventory["products"]]


@asynccontextmanager
async def etsy(folder: Path, **fields: Any) -> AsyncIterator[tuple[EtsyApi, House, Outside]]:
    """The client, the shop, and the server that it is reached at."""
    house = House()
    async with outside(always=house) as server:
        account = {"shop": "42", "token_url": f"{server.url}/token", **fields}
        async with speaking("etsy", folder, server.url, **account) as api:
            yield api, house, server


async def listed(api: EtsyApi) -> list[int]:
    """The receipts of all pages."""
    found: list[int] = []
    asked = SINCE
    while True:
        page = await api.call("orders", "k", asked)
        found += [orjson.loads(one)["receipt_id"] for one in page.orders]
        if not page.next:
            return found
        asked = AskOrders(since=SINCE.since, page=page.next)
