"""Shopify's Admin API: GraphQL, the REST orders, webhooks.

Wire format: https://shopify.dev/docs/api/admin-graphql and …/admin-rest. Any access token is taken. GraphQL calls cost
points of a bucket that fills again, as its answers' ``extensions.cost`` says.
"""

import hashlib
import hmac
import time
from base64 import b64encode
from itertools import count
from typing import Any
from urllib.parse import urlencode

import orjson
from graphql import graphql_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Emit, Refusal, body_of, route, said, stamp
from services.sandbox.sales import SKUS, Sale, sales
from services.sandbox.shopify_mutations import Mutations
from services.sandbox.shopify_parts import LOCATION, order
from services.sandbox.shopify_schema import SCHEMA
from services.sandbox.shopify_views import Views

_ADMIN = "/admin/api/{version}"
_BUCKET, _RESTORE = 2000.0, 100.0
_MUTATION_COST = 10
_REST_BUCKET, _REST_RESTORE = 40, 2.0
_TOKEN_S = 86_399
_TOPICS = ("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED", "REFUNDS_CREATE")


class Shopify:
    """A shop with one location."""

    name = "shopify"
    domain = "sandbox.myshopify.com"

    def __init__(self) -> None:
        self.emit: Emit = lambda *_: None
        self.orders: dict[str, dict[str, Any]] = {}
        """As REST has them, by number."""
        self.variants: dict[str, int] = {}
        """Number of a variant, and of its inventory item, by SKU."""
        self.stock: dict[str, int] = {}
        self.throttled = 0
        self.speed = 1.0
        self._hooks: dict[str, str] = {}
        self._secret = ""
        self._numbers = count(1)
        self._points, self._points_at = _BUCKET, time.monotonic()
        self._calls, self._calls_at = 0.0, time.monotonic()
        self._sell(SKUS, 100)
        self.views = Views(self)
        self.mutations = Mutations(self)

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/admin/oauth/access_token", self._token, "POST"),
            route(f"{_ADMIN}/graphql.json", self._graphql, "POST"),
            route(f"{_ADMIN}/orders.json", self._list_orders),
            route(f"{_ADMIN}/orders/{{id}}.json", self._get_order),
        ]

    def refusal(self, status: int) -> Any:
        """An error as the API writes it."""
        text = {
            401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
            429: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.",
        }
        return {"errors": text.get(status, "Internal Server Error")}

    def expire_tokens(self) -> None:
        """Nothing: any token is taken, and the next one is as good as the one before."""

    def state(self) -> dict[str, Any]:
        """Orders and what became of them, stock by SKU, fulfilments, and the money paid back."""
        return {
            "orders": {
                id_: {"financial": one["financial_status"], "fulfilment": one["fulfillment_status"],
                      "cancelled": one["cancelled_at"] is not None}
                for id_, one in self.orders.items()
            },
            "stock": self.stock,
            "fulfilments": self.mutations.fulfilments,
            "refunded_minor": sum(
                round(100 * float(one["amount"])) for order_ in self.orders.values() for one in order_["refunds"]
            ),
            "throttled": self.throttled,
        }  # fmt: skip

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """``skus`` with ``stock`` pieces; ``webhook`` {url, secret}; ``speed``; ``orders``, ``seed``, ``financial``."""
        if "skus" in wanted:
            self._sell(wanted["skus"], int(wanted.get("stock", 100)))
        if "webhook" in wanted:
            topics = wanted["webhook"].get("topics", _TOPICS)
            self._hooks = dict.fromkeys(topics, wanted["webhook"]["url"])
            self._secret = wanted["webhook"].get("secret", "")
        self.speed = float(wanted.get("speed", self.speed))
        first = 1001 + len(self.orders)
        made = [
            self._take(sale, str(wanted.get("financial", "paid")))
            for sale in sales(
                int(wanted.get("orders", 0)), seed=int(wanted.get("seed", 1)), first=first, skus=list(self.stock)
            )
        ]
        return {"orders": made, "variants": self.variants, "location": LOCATION["id"]}

    def _sell(self, skus: Any, pieces: int) -> None:
        self.variants = {sku: 40_000 + place for place, sku in enumerate(skus, start=1)}
        self.stock = dict.fromkeys(skus, pieces)

    def _take(self, sale: Sale, financial: str) -> str:
        made = order(sale, self.variants) | {"financial_status": financial}
        self.orders[str(sale.number)] = made
        for line in sale.lines:
            self.stock[line.sku] -= line.quantity
        self.tell("ORDERS_CREATE", made)
        return str(sale.number)

    def new_number(self) -> int:
        """A number that nothing has yet."""
        return 500_000 + next(self._numbers)

    def touch(self, known: dict[str, Any], topic: str = "ORDERS_UPDATED") -> None:
        """An order was changed: say so."""
        known["updated_at"] = stamp()
        self.tell(topic, known)

    def subscribe(self, topic: str, url: str) -> None:
        """Send webhooks of a topic there."""
        self._hooks[topic] = url

    def tell(self, topic: str, content: dict[str, Any]) -> None:
        """Send a webhook, signed as the shop does: HMAC-SHA256 of the body, in base 64."""
        if not (url := self._hooks.get(topic, "")):
            return
        body = orjson.dumps(content)
        delivery = f"{self.new_number():032x}"
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic.lower().replace("_", "/"),
            "X-Shopify-Hmac-Sha256": b64encode(hmac.new(self._secret.encode(), body, hashlib.sha256).digest()).decode(),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": "2026-01",
            "X-Shopify-Webhook-Id": delivery,
            "X-Shopify-Event-Id": delivery,
            "X-Shopify-Triggered-At": stamp(),
        }
        self.emit(url, body, headers)

    # -- GraphQL

    async def _token(self, request: Request) -> Response:
        del request
        return said({"access_token": f"shpat_{self.new_number():032x}", "scope": "read_orders", "expires_in": _TOKEN_S})

    def _check_token(self, request: Request) -> None:
        if not request.headers.get("x-shopify-access-token"):
            raise Refusal(401, self.refusal(401))

    async def _graphql(self, request: Request) -> Response:
        self._check_token(request)
        asked = await body_of(request, {"errors": {"query": "Required parameter missing or invalid"}})
        text, variables = str(asked.get("query", "")), asked.get("variables") or {}
        cost = float(_MUTATION_COST if text.lstrip().startswith("mutation") else 2 + sum(_sizes(variables, text)))
        self._points = min(_BUCKET, self._points + (time.monotonic() - self._points_at) * _RESTORE * self.speed)
        self._points_at = time.monotonic()
        if cost > self._points:
            self.throttled += 1
            documentation = "https://shopify.dev/api/usage/rate-limits"
            errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": documentation}}]
            return said({"errors": errors, "extensions": {"cost": self._cost(cost, None)}})
        self._points -= cost
        root = self.views.root() | self.mutations.root()
        result = graphql_sync(SCHEMA, text, root, variable_values=variables, operation_name=asked.get("operationName"))
        content: dict[str, Any] = {"data": result.data} if result.data is not None else {}
        if result.errors:
            content["errors"] = [error.formatted for error in result.errors]
        return said(content | {"extensions": {"cost": self._cost(cost, cost)}})

    def _cost(self, requested: float, actual: float | None) -> dict[str, Any]:
        status = {"maximumAvailable": _BUCKET, "currentlyAvailable": int(self._points),
                  "restoreRate": _RESTORE * self.speed}  # fmt: skip
        return {"requestedQueryCost": int(requested), "actualQueryCost": None if actual is None else int(actual),
                "throttleStatus": status}  # fmt: skip

    # -- REST

    def _rest_headers(self, request: Request) -> dict[str, str]:
        """The headers of a REST answer, if the call is allowed.

        Raises:
            Refusal: with 401 there is no token, with 429 it was too fast.
        """
        self._check_token(request)
        now = time.monotonic()
        self._calls = max(0.0, self._calls - (now - self._calls_at) * _REST_RESTORE * self.speed)
        self._calls_at = now
        if self._calls + 1 > _REST_BUCKET:
            self.throttled += 1
            raise Refusal(429, self.refusal(429), {"Retry-After": "2.0"})
        self._calls += 1
        version = request.path_params["version"]
        return {
            "X-Shopify-Shop-Api-Call-Limit": f"{round(self._calls)}/{_REST_BUCKET}",
            "X-Shopify-API-Version": version,
        }

    async def _list_orders(self, request: Request) -> Response:
        headers = self._rest_headers(request)
        asked = dict(request.query_params)
        size = min(250, int(asked.get("limit", "50")))
        kept, start = asked, 0
        if "page_info" in asked:
            page = orjson.loads(bytes.fromhex(asked["page_info"]))
            kept, start = page["asked"], page["start"]
        found = sorted(self.views.chosen(kept), key=lambda one: (one["updated_at"], one["id"]))
        if start + size < len(found):
            info = orjson.dumps({"asked": {k: v for k, v in kept.items() if k != "limit"}, "start": start + size}).hex()
            url = f"{request.url.replace(query='')}?{urlencode({'limit': size, 'page_info': info})}"
            headers["Link"] = f'<{url}>; rel="next"'
        return said({"orders": found[start : start + size]}, headers=headers)

    async def _get_order(self, request: Request) -> Response:
        headers = self._rest_headers(request)
        found = self.orders.get(request.path_params["id"])
        if found is None:
            raise Refusal(404, {"errors": "Not Found"}, headers)
        return said({"order": found}, headers=headers)


def _sizes(variables: dict[str, Any], text: str) -> list[int]:
    """How many nodes a query asks for at each level."""
    literal = [int(part.split(")")[0].split(",")[0]) for part in text.split("first:")[1:] if part.strip()[:1].isdigit()]
    return [*literal, *(value for name, value in variables.items() if name == "first" and isinstance(value, int))]
