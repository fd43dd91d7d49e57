"""A small Flipkart that keeps state, as the tests of its client have it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from services.capture.channels.flipkart.api import FlipkartApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import CLOSE, Outside, Request, Say, answer, outside

FILTER, DISPATCH = "/sellers/v3/shipments/filter", "/sellers/v3/shipments/selfShip/dispatch"
READY, CANCEL = "/sellers/v3/shipments/dispatch", "/sellers/v3/shipments/cancel"


def item(number: str, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    prices = {"sellingPrice": 100.0 * quantity, "customerPrice": 100.0 * quantity, "totalPrice": 100.0 * quantity}
    return {
        "orderItemId": number,
        "orderId": "OD1",
        "orderDate": "2026-05-04T15:00:00.000+05:30",
        "cancellationGroupId": f"grp{number}",
        "paymentType": "PREPAID",
        "status": "APPROVED",
        "quantity": quantity,
        "sku": f"S{number}",
        "priceComponents": prices,
        **fields,
    }


class House:
    """A marketplace with a shipment of two items that the seller's own carrier takes, and two listings."""

    def __init__(self) -> None:
        self.items = {"1": item("1", 2), "2": item("2")}
        self.type = "SELF"
        self.stock = {"A": 1, "C": 1}

    @property
    def shipment(self) -> dict[str, Any]:
        base = {"shipmentId": "f1", "updatedAt": "2026-05-04T15:01:00.000+05:30", "locationId": "LOC1"}
        return {**base, "shipmentType": self.type, "orderItems": list(self.items.values())}

    def __call__(self, request: Request) -> Say:  # noqa: C901, PLR0911  # one for each path
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        match request.method, parts.path.strip("/").split("/"):
            case "GET", ["oauth-service", "oauth", "token"]:
                return answer(200, {"access_token": "f1", "token_type": "bearer", "expires_in": 5183999})
            case "GET", ["sellers", "v3", "shipments"]:
                return answer(200, {"shipments": [self.shipment] if query["shipmentIds"] == "f1" else []})
            case "GET", ["sellers", "v3", "shipments", ids]:
                address = {"firstName": "Asha", "addressLine1": "12 MG Road", "city": "Bengaluru", "pincode": "560038"}
                found = [{"shipmentId": one, "deliveryAddress": address} for one in unquote(ids).split(",")]
                return answer(200, {"shipments": found})
            case "POST", ["sellers", "v3", "shipments", *_, "dispatch"]:
                for one in self.items.values():
                    one["status"] = "SHIPPED" if self.type == "SELF" else "READY_TO_DISPATCH"
                return done()
            case "POST", ["sellers", "v3", "shipments", "cancel"]:
                (told,) = request.json["shipments"]
                for one in self.items.values():
                    if one["cancellationGroupId"] in told["cancellationGroupIds"]:
                        one["status"] = "CANCELLED"
                return done()
            case "GET", ["sellers", "listings", "v3", skus]:
                names = unquote(skus).split(",")
                there = {sku: {"product_id": f"FSN{sku}"} for sku in names if sku in self.stock}
                return answer(200, {"available": there, "unavailable": [sku for sku in names if sku not in there]})
            case "POST", ["sellers", "listings", "v3", "update", "inventory"]:
                self.stock |= {sku: one["locations"][0]["inventory"] for sku, one in request.json.items()}
                return answer(200, {sku: {"status": "SUCCESS", "errors": []} for sku in request.json})
        return answer(404, {"errors": [{"code": 404, "description": "no such path"}]})


def done(status: str = "SUCCESS", code: str = "", text: str = "") -> bytes:
    one = {"shipmentId": "f1", "processingStatus": status, "errorCode": code, "errorMessage": text}
    return answer(200, {"shipments": [one]})


@asynccontextmanager
async def flipkart(folder: Path, **account: Any) -> AsyncIterator[tuple[FlipkartApi, House, Outside]]:
    """The client, the marketplace, and the server that it is reached at."""
    house = House()
    async with (
        outside(always=house) as server,
        speaking("flipkart", folder, server.url, location="LOC1", **account) as api,
    ):
        yield api, house, server


def told(server: Outside, path: str) -> list[Any]:
    """What was posted there."""
    return [one.json for one in server.heard if one.method == "POST" and one.path == path]


def instead(house: House, path: str, said: Say) -> Any:
    return lambda request: said if request.path == path else house(request)


def dropping(house: House, path: str) -> Any:
    """Flipkart does what it is told there, and the answer is lost."""

    def drop(request: Request) -> Say:
        was_done = house(request)
        return CLOSE if request.path == path else was_done

    return drop
