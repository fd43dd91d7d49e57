"""WooCommerce's REST API, version 3: orders, notes, refunds, products and their batch update, webhooks.

Wire format: https://woocommerce.github.io/woocommerce-rest-api-docs/. Any consumer key and secret are taken, by Basic
authentication or as query parameters.
"""

import hashlib
import hmac
from base64 import b64encode
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Emit, Refusal, body_of, now, route, said
from services.sandbox.sales import SKUS, Sale, decimal, minor, sales
from services.sandbox.woocommerce_parts import (
    BAD_JSON,
    check_key,
    error,
    gmt,
    local,
    moment,
    order,
    page,
    product,
    public,
    refunded_lines,
    touch,
)
from services.sandbox.woocommerce_tracking import Tracking

_V3 = "/wp-json/wc/v3"
_MOST_BATCH = 100
_BOUNDS = (
    ("modified_after", "date_modified", True), ("modified_before", "date_modified", False),
    ("after", "date_created", True), ("before", "date_created", False),
)  # fmt: skip
"""Parameters that bound a date, and whether from below."""


class WooCommerce:
    """A shop."""

    name = "woocommerce"

    def __init__(self) -> None:
        self.emit: Emit = lambda *_: None
        self.orders: dict[int, dict[str, Any]] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.tracking = Tracking(self.orders)
        self._hook = {"url": "", "secret": ""}
        self._deliveries = 0
        self._stock(SKUS, 100)

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route(f"{_V3}/orders", self._list_orders),
            route(f"{_V3}/orders/{{id:int}}", self._get_order),
            route(f"{_V3}/orders/{{id:int}}", self._put_order, "PUT", "POST"),
            route(f"{_V3}/orders/{{id:int}}/notes", self._note, "POST"),
            route(f"{_V3}/orders/{{id:int}}/notes", self._list_notes),
            route(f"{_V3}/orders/{{id:int}}/refunds", self._refund, "POST"),
            route(f"{_V3}/orders/{{id:int}}/refunds", self._list_refunds),
            route(f"{_V3}/products", self._list_products),
            route(f"{_V3}/products/batch", self._batch, "POST"),
            route(f"{_V3}/products/{{parent:int}}/variations/batch", self._batch, "POST"),
            *self.tracking.routes(),
            route(f"{_V3}/products/{{id:int}}", self._get_product),
            route(f"{_V3}/products/{{id:int}}", self._put_product, "PUT", "POST"),
        ]

    def refusal(self, status: int) -> Any:
        """An error as WordPress writes it."""
        code, message = {
            401: ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
            429: ("too_many_requests", "Too many requests."),
        }.get(status, ("internal_server_error", "There has been a critical error on this website."))
        return error(code, message, status)

    def expire_tokens(self) -> None:
        """Nothing: a consumer key does not expire."""

    def state(self) -> dict[str, Any]:
        """Orders by status, stock by SKU, notes, and the money paid back."""
        return {
            "orders": {str(one["id"]): one["status"] for one in self.orders.values()},
            "stock": {one["sku"]: one["stock_quantity"] for one in self.products.values()},
            "notes": {str(id_): [note["note"] for note in notes] for id_, notes in self.notes.items()},
            "trackings": {str(id_): made for id_, made in self.tracking.made.items()},
            "meta": {str(one["id"]): one["meta_data"] for one in self.orders.values()},
            "refunds": {str(id_): [one["whole"] for one in known["refunds"]] for id_, known in self.orders.items()},
            "refunded_minor": sum(-minor(one["total"]) for known in self.orders.values() for one in known["refunds"]),
        }

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """``skus`` with ``stock`` pieces each; ``webhook`` {url, secret}; ``orders``: make so many, by ``seed``.

        Their ``status``; ``tracking``: the extension Shipment Tracking is there; ``variations``: {product: [SKUs]}.
        """
        if wanted.get("tracking"):
            self.tracking.is_installed = True
        skus = wanted.get("skus") or [one["sku"] for one in self.products.values()]
        if "skus" in wanted:
            self._stock(skus, int(wanted.get("stock", 100)))
        if "webhook" in wanted:
            self._hook = {"url": wanted["webhook"]["url"], "secret": wanted["webhook"].get("secret", "")}
        for parent, varied in wanted.get("variations", {}).items():
            self._vary(int(parent), varied)
        made = [
            self._take(sale, str(wanted.get("status", "processing")))
            for sale in sales(
                int(wanted.get("orders", 0)),
                seed=int(wanted.get("seed", 1)),
                first=max(self.orders, default=1000) + 1,
                skus=skus,
            )
        ]
        return {"orders": made, "products": len(self.products)}

    def _stock(self, skus: Any, pieces: int) -> None:
        self.products = {number: product(number, sku, pieces) for number, sku in enumerate(skus, start=1)}

    def _vary(self, parent: int, skus: Any) -> None:
        for sku in skus:
            number = max(self.products) + 1
            self.products[number] = product(number, sku, 0) | {"type": "variation", "parent_id": parent}

    def _take(self, sale: Sale, status: str) -> int:
        made = order(sale, {one["sku"]: one["id"] for one in self.products.values()}) | {"status": status}
        self.orders[sale.number] = made
        for line in sale.lines:
            self._product(line.sku)["stock_quantity"] -= line.quantity
        self._tell("order.created", made)
        return sale.number

    def _product(self, sku: str) -> dict[str, Any]:
        return next(one for one in self.products.values() if one["sku"] == sku)

    def _tell(self, topic: str, known: dict[str, Any]) -> None:
        """Send a webhook, signed as the shop does: HMAC-SHA256 of the body, in base 64."""
        self._deliveries += 1
        body = orjson.dumps(public(known))
        secret = self._hook["secret"].encode()
        resource, _, event = topic.partition(".")
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": "http://sandbox.example/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode(),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": f"{self._deliveries:032x}",
        }
        self.emit(self._hook["url"], body, headers)

    # -- orders

    async def _list_orders(self, request: Request) -> Response:
        check_key(request)
        asked = request.query_params
        found = list(self.orders.values())
        for name, field, newer in _BOUNDS:
            if name in asked:
                bound = moment(asked[name])
                by = f"{field}_gmt" if asked.get("dates_are_gmt") == "true" else field
                found = [one for one in found if (moment(one[by]) > bound) is newer]
        if "status" in asked and asked["status"] != "any":
            found = [one for one in found if one["status"] in asked["status"].split(",")]
        if "include" in asked:
            found = [one for one in found if str(one["id"]) in asked["include"].split(",")]
        by = {"modified": "date_modified", "id": "id"}.get(asked.get("orderby", "date"), "date_created")
        found.sort(key=lambda one: (one[by], one["id"]), reverse=asked.get("order", "desc") == "desc")
        return page(request, found, public)

    async def _get_order(self, request: Request) -> Response:
        check_key(request)
        return said(public(self._order(request)))

    def _order(self, request: Request) -> dict[str, Any]:
        found = self.orders.get(request.path_params["id"])
        if found is None:
            raise Refusal(404, error("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404))
        return found

    async def _put_order(self, request: Request) -> Response:
        check_key(request)
        known = self._order(request)
        wanted = await body_of(request, BAD_JSON)
        allowed = {"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"}
        if wanted.get("status", "processing") not in allowed:
            raise Refusal(400, error("rest_invalid_param", "Invalid parameter(s): status", 400))
        before = known["status"]
        known |= {name: wanted[name] for name in ("status", "transaction_id") if name in wanted}
        changed = {one["key"]: one for one in wanted.get("meta_data", [])}
        kept = [one for one in known["meta_data"] if one["key"] not in changed]
        known["meta_data"] = [*kept, *changed.values()]
        if wanted.get("status") == "cancelled" != before:  # as wc_maybe_increase_stock_levels
            for line in known["line_items"]:
                self._product(line["sku"])["stock_quantity"] += line["quantity"]
        if wanted.get("status") == "completed":
            known |= {"date_completed": local(now()), "date_completed_gmt": gmt(now())}
        touch(known)
        self._tell("order.updated", known)
        return said(public(known))

    async def _note(self, request: Request) -> Response:
        check_key(request)
        known = self._order(request)
        wanted = await body_of(request, BAD_JSON)
        notes = self.notes.setdefault(known["id"], [])
        made = {"id": len(notes) + 1, "author": "system", "date_created": local(now()), "date_created_gmt": gmt(now()),
                "note": wanted.get("note", ""), "customer_note": bool(wanted.get("customer_note"))}  # fmt: skip
        notes.append(made)
        return said(made, 201)

    async def _list_notes(self, request: Request) -> Response:
        check_key(request)
        return said(self.notes.get(self._order(request)["id"], []))

    async def _refund(self, request: Request) -> Response:
        check_key(request)
        known = self._order(request)
        wanted = await body_of(request, BAD_JSON)
        amount = minor(wanted.get("amount", "0"))
        left = minor(known["total"]) + sum(minor(one["total"]) for one in known["refunds"])
        if not 0 <= amount <= left:
            raise Refusal(400, error("woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.", 400))
        number = known["id"] * 100 + len(known["refunds"]) + 1
        made = {"id": number, "date_created": local(now()), "date_created_gmt": gmt(now()),
                "amount": decimal(amount), "reason": wanted.get("reason", ""), "refunded_by": 1,
                "refunded_payment": bool(wanted.get("api_refund", True)), "meta_data": wanted.get("meta_data", []),
                "line_items": refunded_lines(wanted.get("line_items", [])), "shipping_lines": [], "tax_lines": [],
                "fee_lines": []}  # fmt: skip
        known["refunds"].append({"id": number, "reason": made["reason"], "total": decimal(-amount), "whole": made})
        if amount == left:  # as wc_order_fully_refunded
            known["status"] = "refunded"
        touch(known)
        self._tell("order.updated", known)
        return said(made, 201)

    async def _list_refunds(self, request: Request) -> Response:
        check_key(request)
        return said([one["whole"] for one in self._order(request)["refunds"]])

    # -- products

    async def _list_products(self, request: Request) -> Response:
        check_key(request)
        skus = request.query_params.get("sku", "")
        found = [one for one in self.products.values() if not skus or one["sku"] in skus.split(",")]
        return page(request, found)

    async def _get_product(self, request: Request) -> Response:
        check_key(request)
        return said(self._by_id(request.path_params["id"]))

    def _by_id(self, id_: Any) -> dict[str, Any]:
        if id_ not in self.products:
            raise Refusal(404, error("woocommerce_rest_product_invalid_id", "Invalid ID.", 404))
        return self.products[id_]

    def _of(self, id_: Any, parent: int) -> dict[str, Any]:
        """A product, or a variation below its parent, as the API wants them."""
        known = self._by_id(id_)
        if known["parent_id"] and not parent:
            text = "To manipulate product variations you should use the …/variations/&lt;id&gt; endpoint."
            raise Refusal(404, error("woocommerce_rest_invalid_product_id", text, 404))
        if known["parent_id"] != parent:
            raise Refusal(404, error("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 404))
        return known

    def _change(self, known: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        known |= {name: wanted[name] for name in ("stock_quantity", "manage_stock", "backorders") if name in wanted}
        known["stock_status"] = "instock" if known["stock_quantity"] > 0 else "outofstock"
        return known

    async def _put_product(self, request: Request) -> Response:
        check_key(request)
        return said(self._change(self._by_id(request.path_params["id"]), await body_of(request, BAD_JSON)))

    async def _batch(self, request: Request) -> Response:
        check_key(request)
        updates = (await body_of(request, BAD_JSON)).get("update", [])
        if len(updates) > _MOST_BATCH:
            text = f"Unable to accept more than {_MOST_BATCH} items for this request."
            raise Refusal(413, error("woocommerce_rest_request_entity_too_large", text, 413))
        done: list[dict[str, Any]] = []
        for one in updates:
            try:
                done.append(self._change(self._of(one.get("id"), request.path_params.get("parent", 0)), one))
            except Refusal as refusal:
                done.append({"id": one.get("id"), "error": refusal.content})
        return said({"update": done})
