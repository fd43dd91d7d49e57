"""Amazon's Selling Partner API: token exchange, orders, listings, feeds, shipment confirmation, throttling.

Wire format: https://developer-docs.amazon.com/sp-api (Login with Amazon tokens; Orders v0; Listings Items 2021-08-01;
Feeds 2021-06-30). Any client and refresh token are taken; an access token lasts an hour, or until a fault ends it.
"""

import time
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.amazon_parts import LIMITS, Bucket, error, item, moment, order, problems
from services.sandbox.api import Emit, Refusal, body_of, route, said, stamp
from services.sandbox.sales import SKUS, Sale, sales

_TOKEN_S = 3600
_PAGE = 100
_MARKET = "A1PA6795UKMFR9"


class Amazon:
    """A seller's account in one marketplace."""

    name = "amazon"

    def __init__(self) -> None:
        self.emit: Emit = lambda *_: None
        self.orders: dict[str, dict[str, Any]] = {}
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.stock = dict.fromkeys(SKUS, 100)
        self.shipments: dict[str, list[dict[str, Any]]] = {}
        self.feeds: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, bytes] = {}
        self.throttled = 0
        self._tokens: dict[str, float] = {}
        self._numbers = count(1)
        self._speed_up(1.0)

    def routes(self) -> list[Route]:
        """Its paths."""
        orders, feeds = "/orders/v0/orders", "/feeds/2021-06-30"
        return [
            route("/auth/o2/token", self._token, "POST"),
            route(orders, self._get_orders),
            route(f"{orders}/{{id}}", self._get_order),
            route(f"{orders}/{{id}}/orderItems", self._get_items),
            route(f"{orders}/{{id}}/shipmentConfirmation", self._confirm, "POST"),
            route("/listings/2021-08-01/items/{seller}/{sku:path}", self._get_listing),
            route("/listings/2021-08-01/items/{seller}/{sku:path}", self._patch_listing, "PATCH"),
            route(f"{feeds}/documents", self._feed_document, "POST"),
            route(f"{feeds}/documents/{{id}}", self._read_document),
            route(f"{feeds}/feeds", self._feed, "POST"),
            route(f"{feeds}/feeds/{{id}}", self._get_feed),
            route("/upload/{id}", self._upload, "PUT"),
            route("/upload/{id}", self._download),
        ]

    def refusal(self, status: int) -> Any:
        """An error as the API writes it."""
        code, message = {
            401: ("Unauthorized", "Access to requested resource is denied."),
            429: ("QuotaExceeded", "You exceeded your quota for the requested resource."),
            503: ("ServiceUnavailable", "Service is temporarily unavailable. Please try again later."),
        }.get(status, ("InternalFailure", "We encountered an internal error. Please try again."))
        return error(code, message)

    def expire_tokens(self) -> None:
        """No access token is valid any more."""
        self._tokens.clear()

    def state(self) -> dict[str, Any]:
        """Orders by status, stock by SKU, confirmed shipments, feeds."""
        return {
            "orders": {id_: one["OrderStatus"] for id_, one in self.orders.items()},
            "stock": self.stock,
            "shipments": self.shipments,
            "feeds": {id_: one["processingStatus"] for id_, one in self.feeds.items()},
            "throttled": self.throttled,
        }

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """``skus`` with ``stock`` pieces each; ``orders``: so many, by ``seed``; ``speed``: limits times so much."""
        if "skus" in wanted:
            self.stock = dict.fromkeys(wanted["skus"], int(wanted.get("stock", 100)))
        if "speed" in wanted:
            self._speed_up(float(wanted["speed"]))
        made = [
            self._take(sale)
            for sale in sales(
                int(wanted.get("orders", 0)),
                seed=int(wanted.get("seed", 1)),
                first=len(self.orders) + 1,
                skus=list(self.stock),
            )
        ]
        return {"orders": made, "listings": len(self.stock)}

    def _speed_up(self, factor: float) -> None:
        self._buckets = {
            name: Bucket(rate * factor, burst * max(1.0, factor)) for name, (rate, burst) in LIMITS.items()
        }

    def _take(self, sale: Sale) -> str:
        made = order(sale, _MARKET)
        id_ = str(made["AmazonOrderId"])
        self.orders[id_] = made
        self.items[id_] = [item(line, sale) for line in sale.lines]
        for line in sale.lines:
            self.stock[line.sku] -= line.quantity
        return id_

    # -- who may call, and how often

    async def _token(self, request: Request) -> Response:
        body = await request.body()
        if "json" in request.headers.get("content-type", ""):
            asked = {name: str(value) for name, value in orjson.loads(body or b"{}").items()}
        else:
            asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if asked.get("grant_type") != "refresh_token":
            raise Refusal(400, {"error": "unsupported_grant_type", "error_description": "grant_type is not supported"})
        if not asked.get("refresh_token") or not asked.get("client_id") or not asked.get("client_secret"):
            raise Refusal(400, {"error": "invalid_request", "error_description": "The request is missing a parameter"})
        token = f"Atza|sandbox-{next(self._numbers)}"
        self._tokens[token] = time.monotonic() + _TOKEN_S
        return said({"access_token": token, "token_type": "bearer", "expires_in": _TOKEN_S,
                     "refresh_token": asked["refresh_token"]})  # fmt: skip

    def _allow(self, request: Request, operation: str) -> dict[str, str]:
        """The headers of an answer, if the call is allowed.

        Raises:
            Refusal: with 403 by its token, with 429 by its rate.
        """
        token = request.headers.get("x-amz-access-token", "")
        bucket = self._buckets[operation]
        headers = {"x-amzn-RateLimit-Limit": f"{bucket.rate:g}", "x-amzn-RequestId": f"sandbox-{next(self._numbers)}"}
        if self._tokens.get(token, 0.0) < time.monotonic():
            text = "The access token you provided has expired." if token else "Access token is missing."
            raise Refusal(403, error("Unauthorized", "Access to requested resource is denied.", text), headers)
        if not bucket.takes():
            self.throttled += 1
            raise Refusal(429, self.refusal(429), headers)
        return headers

    # -- orders

    async def _get_orders(self, request: Request) -> Response:
        headers = self._allow(request, "getOrders")
        asked = request.query_params
        if "NextToken" in asked:
            start, _, rest = asked["NextToken"].partition("|")
            field, _, after = rest.partition("|")
        else:
            field = "LastUpdateDate" if "LastUpdatedAfter" in asked else "PurchaseDate"
            start, after = "0", asked.get("LastUpdatedAfter") or asked.get("CreatedAfter", "")
        if not asked.get("MarketplaceIds"):
            raise Refusal(400, error("InvalidInput", "MarketplaceIds is missing."), headers)
        if not after:
            raise Refusal(400, error("InvalidInput", "CreatedAfter or LastUpdatedAfter must be specified."), headers)
        since, begin = moment(after), int(start)
        found = sorted((o for o in self.orders.values() if moment(o[field]) >= since), key=lambda o: o[field])
        if statuses := asked.get("OrderStatuses"):
            found = [one for one in found if one["OrderStatus"] in statuses.split(",")]
        size = min(_PAGE, int(asked.get("MaxResultsPerPage", _PAGE)))
        payload: dict[str, Any] = {"Orders": found[begin : begin + size], "CreatedBefore": stamp()}
        if begin + size < len(found):
            payload["NextToken"] = f"{begin + size}|{field}|{after}"
        return said({"payload": payload}, headers=headers)

    def _order(self, request: Request, headers: dict[str, str]) -> str:
        id_ = str(request.path_params["id"])
        if id_ not in self.orders:
            raise Refusal(404, error("NotFound", f"Order {id_} is not found."), headers)
        return id_

    async def _get_order(self, request: Request) -> Response:
        headers = self._allow(request, "getOrder")
        return said({"payload": self.orders[self._order(request, headers)]}, headers=headers)

    async def _get_items(self, request: Request) -> Response:
        headers = self._allow(request, "getOrderItems")
        id_ = self._order(request, headers)
        return said({"payload": {"AmazonOrderId": id_, "OrderItems": self.items[id_]}}, headers=headers)

    async def _confirm(self, request: Request) -> Response:
        headers = self._allow(request, "confirmShipment")
        id_ = self._order(request, headers)
        wanted = await body_of(request, error("InvalidInput", "The body is no JSON."))
        if wrong := problems(wanted, self.items[id_]):
            raise Refusal(400, error("InvalidInput", wrong), headers)
        package = wanted["packageDetail"]
        known = self.shipments.setdefault(id_, [])
        known[:] = [one for one in known if one["packageReferenceId"] != package["packageReferenceId"]] + [package]
        shipped: dict[str, int] = {}
        for one in known:
            for line in one["orderItems"]:
                shipped[line["orderItemId"]] = shipped.get(line["orderItemId"], 0) + int(line["quantity"])
        for line in self.items[id_]:
            line["QuantityShipped"] = min(line["QuantityOrdered"], shipped.get(line["OrderItemId"], 0))
        whole = all(line["QuantityShipped"] == line["QuantityOrdered"] for line in self.items[id_])
        self.orders[id_] |= {"OrderStatus": "Shipped" if whole else "PartiallyShipped", "LastUpdateDate": stamp()}
        return Response(status_code=204, headers=headers)

    # -- stock

    async def _get_listing(self, request: Request) -> Response:
        headers = self._allow(request, "getListingsItem")
        sku = self._listing(request, headers)
        return said({"sku": sku, "fulfillmentAvailability": [
            {"fulfillmentChannelCode": "DEFAULT", "quantity": self.stock[sku]}]}, headers=headers)  # fmt: skip

    def _listing(self, request: Request, headers: dict[str, str]) -> str:
        sku = str(request.path_params["sku"])
        if sku not in self.stock:
            raise Refusal(404, error("NOT_FOUND", f"SKU '{sku}' not found in marketplace {_MARKET}"), headers)
        return sku

    async def _patch_listing(self, request: Request) -> Response:
        headers = self._allow(request, "patchListingsItem")
        sku = self._listing(request, headers)
        wanted = await body_of(request, error("InvalidInput", "The body is no JSON."))
        self._patch(sku, wanted.get("patches", []))
        return said({"sku": sku, "status": "ACCEPTED", "submissionId": f"s{next(self._numbers)}", "issues": []},
                    headers=headers)  # fmt: skip

    def _patch(self, sku: str, patches: list[dict[str, Any]]) -> None:
        for one in patches:
            if one.get("path") == "/attributes/fulfillment_availability":
                self.stock[sku] = int(one["value"][0]["quantity"])

    # -- feeds

    async def _feed_document(self, request: Request) -> Response:
        headers = self._allow(request, "createFeedDocument")
        id_ = f"amzn1.tortuga.4.eu.{next(self._numbers)}"
        self.documents[id_] = b""
        return said({"feedDocumentId": id_, "url": self._url(request, id_)}, 201, headers)

    def _url(self, request: Request, id_: str) -> str:
        return f"{request.url.scheme}://{request.url.netloc}/{self.name}/upload/{id_}"

    async def _read_document(self, request: Request) -> Response:
        headers = self._allow(request, "getFeed")
        id_ = request.path_params["id"]
        return said({"feedDocumentId": id_, "url": self._url(request, id_)}, headers=headers)

    async def _upload(self, request: Request) -> Response:
        self.documents[request.path_params["id"]] = await request.body()
        return Response(status_code=200)

    async def _download(self, request: Request) -> Response:
        return Response(self.documents.get(request.path_params["id"], b""), media_type="application/json")

    async def _feed(self, request: Request) -> Response:
        headers = self._allow(request, "createFeed")
        wanted = await body_of(request, error("InvalidInput", "The body is no JSON."))
        document = self.documents.get(wanted.get("inputFeedDocumentId", ""))
        if document is None or wanted.get("feedType") != "JSON_LISTINGS_FEED":
            raise Refusal(400, error("InvalidInput", "feedType or inputFeedDocumentId is invalid."), headers)
        id_ = str(next(self._numbers))
        self.documents[f"report-{id_}"] = orjson.dumps(self._read_feed(document))
        self.feeds[id_] = {
            "feedId": id_, "feedType": wanted["feedType"], "createdTime": stamp(), "processingStatus": "DONE",
            "processingStartTime": stamp(), "processingEndTime": stamp(), "resultFeedDocumentId": f"report-{id_}",
        }  # fmt: skip
        return said({"feedId": id_}, 202, headers)

    def _read_feed(self, document: bytes) -> dict[str, Any]:
        """Carry a feed out: its report."""
        issues: list[dict[str, Any]] = []
        messages = orjson.loads(document)["messages"]
        for one in messages:
            if one["sku"] in self.stock:
                self._patch(one["sku"], one.get("patches", []))
            else:
                issues.append({"messageId": one["messageId"], "code": "90000900", "severity": "ERROR",
                               "message": f"SKU {one['sku']} is not known."})  # fmt: skip
        figures = {"errors": len(issues), "warnings": 0, "messagesProcessed": len(messages),
                   "messagesAccepted": len(messages) - len(issues), "messagesInvalid": len(issues)}  # fmt: skip
        return {"header": {"version": "2.0", "status": "DONE"}, "issues": issues, "summary": figures}

    async def _get_feed(self, request: Request) -> Response:
        headers = self._allow(request, "getFeed")
        found = self.feeds.get(request.path_params["id"])
        if found is None:
            raise Refusal(404, error("NotFound", "The feed is not found."), headers)
        return said(found, headers=headers)
