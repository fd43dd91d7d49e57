"""Amazon's Selling Partner API: token exchange, orders, listings, feeds, shipment confirmation, throttling.

Wire format: https://developer-docs.amazon.com/sp-api (Login with Amazon tokens; Orders v0 and 2026-01-01; Listings
Items 2021-08-01; Feeds 2021-06-30). Any client and refresh token are taken; an access token lasts an hour, or until a
fault ends it.
"""

import time
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.amazon_2026 import INCLUDED, STATUSES, view
from services.sandbox.amazon_account import Account
from services.sandbox.amazon_feeds import Feeds
from services.sandbox.amazon_parts import LIMITS, Bucket, error, item, moment, order, problems
from services.sandbox.api import Emit, Refusal, body_of, route, said, stamp
from services.sandbox.sales import SKUS, Sale, sales

_TOKEN_S = 3600
_PAGE = 100
_MARKET = "A1PA6795UKMFR9"


class Amazon(Account):
    """A seller's account in one marketplace."""

    name = "amazon"

    def __init__(self) -> None:
        super().__init__()
        self.emit: Emit = lambda *_: None
        self.stock = dict.fromkeys(SKUS, 100)
        self.shipments: dict[str, list[dict[str, Any]]] = {}
        self.feeds = Feeds(
            self.name,
            self._allow,
            {
                "JSON_LISTINGS_FEED": self.publish,
                "POST_ORDER_ACKNOWLEDGEMENT_DATA": self.acknowledge,
                "POST_PAYMENT_ADJUSTMENT_DATA": self.adjust,
            },
        )
        self._sold: dict[str, Sale] = {}
        self.throttled = 0
        self._tokens: dict[str, float] = {}
        self._numbers = count(1)
        self._speed_up(1.0)

    def routes(self) -> list[Route]:
        """Its paths."""
        orders, newer = "/orders/v0/orders", "/orders/2026-01-01/orders"
        return [
            route("/auth/o2/token", self._token, "POST"),
            route(orders, self._get_orders),
            route(f"{orders}/{{id}}", self._get_order),
            route(f"{orders}/{{id}}/orderItems", self._get_items),
            route(f"{orders}/{{id}}/shipmentConfirmation", self._confirm, "POST"),
            route("/listings/2021-08-01/items/{seller}/{sku:path}", self._get_listing),
            route("/listings/2021-08-01/items/{seller}/{sku:path}", self._patch_listing, "PATCH"),
            route(newer, self._search_orders),
            route(f"{newer}/{{id}}", self._get_order_2026),
            *self.feeds.routes(),
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
        """Orders by status, stock by SKU, confirmed shipments, feeds, what was paid back."""
        self.feeds.catch_up()
        return {
            "orders": {id_: one["OrderStatus"] for id_, one in self.orders.items()},
            "stock": self.stock,
            "shipments": self.shipments,
            "feeds": {id_: one["processingStatus"] for id_, one in self.feeds.known.items()},
            "refunds": self.refunds,
            "refunded_minor": sum(one["minor"] for one in self.refunds),
            "throttled": self.throttled,
        }

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """``skus`` with ``stock`` pieces each; ``orders``: so many, by ``seed``; ``speed``: limits times so much.

        ``feeds_take_s``: how long it is until a feed is carried out.
        """
        self.feeds.take_s = float(wanted.get("feeds_take_s", self.feeds.take_s))
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
        self._sold[id_] = sale
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
        if not asked.get("MarketplaceIds"):
            raise Refusal(400, error("InvalidInput", "MarketplaceIds is missing."), headers)
        found, following = self._page(
            asked.get("NextToken", ""), asked.get("LastUpdatedAfter", ""), asked.get("CreatedAfter", ""),
            asked.get("OrderStatuses", ""), asked.get("MaxResultsPerPage", ""), headers,
        )  # fmt: skip
        more = {"NextToken": following} if following else {}
        listed = [self.orders[id_] for id_ in found]
        return said({"payload": {"Orders": listed, "CreatedBefore": stamp(), **more}}, headers=headers)

    def _page(  # as the queries have them
        self, token: str, updated: str, created: str, statuses: str, size: str, headers: dict[str, str]
    ) -> tuple[list[str], str]:
        """Orders that a query finds, by when they changed or were placed; the token of the next page."""
        self.feeds.catch_up()
        first = f"0|LastUpdateDate|{updated}" if updated else f"0|PurchaseDate|{created}"
        start, _, rest = (token or first).partition("|")
        field, _, after = rest.partition("|")
        if not after:
            raise Refusal(400, error("InvalidInput", "One of the moments is needed, after which to look."), headers)
        since, begin = moment(after), int(start)
        found = sorted((o for o in self.orders.values() if moment(o[field]) >= since), key=lambda o: o[field])
        if statuses:
            found = [one for one in found if one["OrderStatus"] in statuses.split(",")]
        end = begin + min(_PAGE, int(size or _PAGE))
        following = f"{end}|{field}|{after}" if end < len(found) else ""
        return [one["AmazonOrderId"] for one in found[begin:end]], following

    def _order(self, request: Request, headers: dict[str, str]) -> str:
        self.feeds.catch_up()
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

    async def _search_orders(self, request: Request) -> Response:
        headers = self._allow(request, "searchOrders")
        asked = request.query_params
        if not (asked.get("marketplaceIds") or asked.get("paginationToken")):
            raise Refusal(400, error("InvalidInput", "marketplaceIds is missing."), headers)
        older = {newer: name for name, newer in STATUSES.items()}
        wanted = asked.get("fulfillmentStatuses", "")
        found, following = self._page(
            asked.get("paginationToken", ""), asked.get("lastUpdatedAfter", ""), asked.get("createdAfter", ""),
            ",".join(older.get(one, one) for one in wanted.split(",")) if wanted else "",
            asked.get("maxResultsPerPage", ""), headers,
        )  # fmt: skip
        more = {"pagination": {"nextToken": following}} if following else {}
        listed = [self._view(id_, request, headers) for id_ in found]
        return said({"orders": listed, **more}, headers=headers)

    async def _get_order_2026(self, request: Request) -> Response:
        headers = self._allow(request, "getOrder")
        return said({"order": self._view(self._order(request, headers), request, headers)}, headers=headers)

    def _view(self, id_: str, request: Request, headers: dict[str, str]) -> dict[str, Any]:
        asked = set(filter(None, request.query_params.get("includedData", "").split(",")))
        if asked - INCLUDED:
            raise Refusal(400, error("InvalidInput", f"includedData: {sorted(asked - INCLUDED)}"), headers)
        shipped = {one["OrderItemId"]: one["QuantityShipped"] for one in self.items[id_]}
        return view(self._sold[id_], self.orders[id_], shipped, asked)

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
        self.patch(sku, wanted.get("patches", []))
        return said({"sku": sku, "status": "ACCEPTED", "submissionId": f"s{next(self._numbers)}", "issues": []},
                    headers=headers)  # fmt: skip
