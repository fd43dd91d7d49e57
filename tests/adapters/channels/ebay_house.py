"""An account at eBay, in a server of its own, and the client of its APIs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element, fromstring

from services.capture.channels.ebay.api import EbayApi
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import Outside, Request, Say, answer, outside

TOKEN = answer(200, {"access_token": "e1", "token_type": "User Access Token", "expires_in": 7200})
ORDERS = "/sell/fulfillment/v1/order"


def error(status: int, number: int, message: str) -> bytes:
    return answer(status, {"errors": [{"errorId": number, "domain": "API", "category": "REQUEST", "message": message}]})


def said(name: str, inside: str, ack: str = "Success") -> bytes:
    """An answer of the Trading API, which is 200 whatever it says."""
    body = f'<{name}Response xmlns="urn:ebay:apis:eBLBaseComponents"><Ack>{ack}</Ack>{inside}</{name}Response>'
    return answer(200, body.encode())


def failed(name: str, code: int, message: str, *, kind: str = "RequestError", ack: str = "Failure") -> bytes:
    inside = f"<LongMessage>{message}</LongMessage><ErrorCode>{code}</ErrorCode><SeverityCode>Error</SeverityCode>"
    warned = "<Errors><ErrorCode>1</ErrorCode><SeverityCode>Warning</SeverityCode></Errors>"
    errors = f"<Errors>{inside}<ErrorClassification>{kind}</ErrorClassification></Errors>"
    return said(name, warned + errors, ack)


def told(request: Request) -> list[tuple[str, str, str]]:
    """Listing, SKU and pieces of each level that was written."""
    found = fromstring(request.body).iterfind("{*}InventoryStatus")
    return [(_text(one, "ItemID"), _text(one, "SKU"), _text(one, "Quantity")) for one in found]


def _variation(sku: str) -> str:
    return f"<Variation><SKU>{sku}</SKU></Variation>"


def _text(element: Element, path: str) -> str:
    return element.findtext("/".join(f"{{*}}{name}" for name in path.split("/")), "")


def euros(value: str) -> dict[str, str]:
    return {"value": value, "currency": "EUR"}


class House:
    """A seller with orders of one line, and two articles of which one is offered."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.fulfilments: list[dict[str, Any]] = []
        self.articles: dict[str, dict[str, Any]] = {"A": {}, "C": {}}
        self.offers = {"A": [{"offerId": "91", "status": "PUBLISHED"}, {"offerId": "92", "status": "UNPUBLISHED"}]}
        self.eligible = True
        self.listings = [
            "<ItemID>11</ItemID><SKU>S</SKU><ListingType>FixedPriceItem</ListingType>",
            "<ItemID>12</ItemID><SKU>auctioned</SKU><ListingType>Chinese</ListingType>",
            f"<ItemID>13</ItemID><Variations>{_variation('V1')}{_variation('V2')}</Variations>",
            "<ItemID>14</ItemID><SKU>S</SKU>",
            "<ItemID>15</ItemID>",
        ]
        """A page each."""
        self.hides = True
        self.order("7")

    def order(self, name: str, **fields: Any) -> None:
        self.orders[name] = {
            "orderId": name,
            "creationDate": "2026-05-04T09:00:00.000Z",
            "lastModifiedDate": "2026-05-04T11:00:00.000Z",
            "orderPaymentStatus": "PAID",
            "orderFulfillmentStatus": "NOT_STARTED",
            "pricingSummary": {"total": euros("30.00")},
            "paymentSummary": {"payments": [{"paymentDate": "2026-05-04T09:01:00.000Z"}], "refunds": []},
            "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
            "lineItems": [{"lineItemId": "1", "sku": "A", "quantity": 3, "lineItemCost": euros("30.00")}],
            **fields,
        }

    def asked_to_cancel(self, initiator: str, state: str = "REQUESTED") -> None:
        request = {"cancelRequestId": "5001", "cancelInitiator": initiator, "cancelRequestState": state}
        over = "CANCELED" if state == "COMPLETED" else "IN_PROGRESS"
        self.orders["7"]["cancelStatus"] = {"cancelState": over, "cancelRequests": [request]}

    def __call__(self, request: Request) -> Say:
        parts = urlsplit(request.path)
        path, asked = parts.path.split("/")[1:], dict(parse_qsl(parts.query))
        match path:
            case ["identity", "v1", "oauth2", "token"]:
                return TOKEN
            case ["sell", "fulfillment", "v1", "order", *rest]:
                return self._orders(request, rest, asked)
            case ["post-order", "v2", "cancellation", *rest]:
                return self._cancel(rest)
            case ["sell", "inventory", "v1", *rest]:
                return self._inventory(request, rest, asked)
            case ["ws", "api.dll"]:
                return self._trading(request, fromstring(request.body))
        return error(404, 2002, "Resource not found")

    def _inventory(self, request: Request, rest: list[str], asked: dict[str, str]) -> bytes:
        if rest == ["offer"]:
            offers = self.offers.get(asked["sku"])
            return answer(200, {"offers": offers}) if offers else error(404, 25713, "no offer")
        return answer(200, {"responses": [self._level(one) for one in request.json["requests"]]})

    def _trading(self, request: Request, asked: Element) -> bytes:
        name = request.headers["x-ebay-api-call-name"]
        match name:
            case "GetSellerList":
                assert _text(asked, "GranularityLevel") == "Fine", "otherwise eBay tells no SKUs"
                page = int(_text(asked, "Pagination/PageNumber"))
                items = (
                    f"<ItemArray><Item>{self.listings[page - 1]}</Item></ItemArray>"
                    if self.listings
                    else "<ItemArray/>"
                )
                more = str(page < len(self.listings)).lower()
                return said(name, f"<HasMoreItems>{more}</HasMoreItems>{items}")
            case "GetUserPreferences":
                hides = str(self.hides).lower()
                return said(name, f"<OutOfStockControlPreference>{hides}</OutOfStockControlPreference>")
            case "ReviseInventoryStatus":
                return said(name, "", "Warning")
        return failed(name, 2, "Unsupported API call")

    def _orders(self, request: Request, rest: list[str], asked: dict[str, str]) -> bytes:
        match request.method, rest:
            case "GET", []:
                return self._list(asked)
            case "GET", [name] if name in self.orders:
                return answer(200, self.orders[name])
            case "GET", ["7", "shipping_fulfillment"]:
                return answer(200, {"fulfillments": self.fulfilments})
            case "POST", ["7", "shipping_fulfillment"]:
                number = request.json.get("trackingNumber")
                made = {"fulfillmentId": number or "999", "shipmentTrackingNumber": number}
                self.fulfilments.append({**request.json, **made})
                return answer(201, {}, location=f"https://x{request.path}/{number or 999}")
            case "POST", ["7", "issue_refund"]:
                refunds = self.orders["7"]["paymentSummary"]["refunds"]
                made = {"refundId": f"r{len(refunds)}", "refundStatus": "PENDING"}
                refunds.append({**made, "amount": request.json["orderLevelRefundAmount"]})
                return answer(200, made)
        return error(404, 32100, "Invalid order ID")

    def _cancel(self, rest: list[str]) -> bytes:
        if rest == ["5001", "approve"]:
            self.asked_to_cancel("Buyer", "COMPLETED")
            return answer(200)
        if not self.eligible:
            why = {"eligible": False, "failureReason": ["CANCEL_WINDOW_ELAPSED"]}
            return answer(200, {"orderEligibilityResult": why})
        self.asked_to_cancel("Seller")
        return answer(201, {"cancelId": "5001"})

    def _list(self, asked: dict[str, str]) -> bytes:
        rows = list(self.orders.values())
        listed = [  # as eBay does it
            {**one, "cancelStatus": {**one["cancelStatus"], "cancelRequests": []}}
            for one in rows[int(asked["offset"]) : int(asked["offset"]) + int(asked["limit"])]
        ]
        return answer(200, {"total": len(rows), "orders": listed})

    def _level(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["sku"] not in self.articles:
            return {"sku": told["sku"], "statusCode": 404, "errors": [{"errorId": 25702, "message": "not found"}]}
        self.articles[told["sku"]] = told
        return {"sku": told["sku"], "statusCode": 200}


@asynccontextmanager
async def ebay(folder: Path, *says: Say, **fields: Any) -> AsyncIterator[tuple[EbayApi, House, Outside]]:
    """The client, the seller's account, and the server that it is reached at; ``says`` is said after a token."""
    house = House()
    first = (TOKEN, *says) if says else ()
    async with outside(*first, always=house) as server, speaking("ebay", folder, server.url, **fields) as api:
        yield api, house, server


def instead(house: House, server: Outside, end: str, say: Say, *, done: bool = False) -> None:
    """Have posts to paths with this end answered otherwise, whether or not they are carried out."""

    def other(request: Request) -> Say:
        if request.method != "POST" or not request.path.endswith(end):
            return house(request)
        if done:
            house(request)
        return say

    server.always = other


def posted(server: Outside, end: str) -> list[Request]:
    return [one for one in server.heard if one.method == "POST" and one.path.endswith(end)]
