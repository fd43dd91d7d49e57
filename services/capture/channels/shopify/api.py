"""Shopify's Admin API as the hub asks and tells it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from services.capture.channels.api import (
    AskOrder,
    AskOrders,
    Order,
    Page,
    SetStock,
    StockSet,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
)
from services.capture.channels.marks import mark, marked, written
from services.capture.channels.shopify import queries
from services.capture.channels.shopify.graph import Graph, accepted, gid, tail
from services.capture.channels.shopify.pages import LIMIT, one_of, page_of
from services.capture.channels.shopify.stock import Stock, location_of
from services.capture.channels.shopify.telling import (
    cancelled_lines,
    fulfilments,
    numbers_of,
    open_of,
    paid_back,
    reason_of,
)
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, TransientError, UnknownError
from services.hub.http import Http, Timeouts
from services.hub.quota import Quota, used_of
from services.hub.secrets import Secrets
from services.hub.tokens import Token, TokenAuth

VERSION = "2026-07"
_PAGE = 250
_BUCKET_EMPTIES_S = 20.0
"""The REST API's bucket of 40 calls, of which 2 leak a second; larger plans say so in proportion."""
_READ_AGAIN_S = 60.0
"""A token that is not handed out by the API is read anew so often."""
_LOOKS = 6
_LOOK_S = 0.5
"""How often, and how long apart, it is looked whether an order has been cancelled, which takes the shop a moment."""


class ShopifyApi:
    """Speaks with one shop.

    Orders are read from the REST API, whose copies are those of webhooks to the letter: a copy that was polled is known
    for the one that was pushed. Everything else goes over the GraphQL API, 2026-07. Scopes and set-up:
    ``docs/channels/shopify.md``.
    """

    batch = _PAGE

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self.name = name
        self._config = config
        self._secrets = secrets
        self._theirs = {ours: theirs for theirs, ours in config.locations.items()}
        path = f"/admin/api/{VERSION}"
        auth = TokenAuth(self._token, header="X-Shopify-Access-Token", scheme="")
        timeouts = Timeouts(total_s=config.timeout_s)
        self._door = Http(name, config.url, timeouts=timeouts)
        self._rest = Http(
            name, config.url + path, auth=auth, timeouts=timeouts, quota=Quota(used_of(LIMIT, _BUCKET_EMPTIES_S))
        )
        self._graph_http = Http(name, config.url, auth=auth, timeouts=timeouts, quota=Quota(per_operation=True))
        self._graph = Graph(self._graph_http, f"{path}/graphql.json")
        self._stock: Stock | None = None
        self._calls: Mapping[str, Callable[[str, Any], Awaitable[Any]]] = {
            "order": self._order,
            "orders": self._orders,
            "stock": self._set_stock,
            "ship": self._ship,
            "cancel": self._cancel,
            "refund": self._refund,
        }

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Ask or tell, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        return await self._calls[operation](key, request)

    async def look_up(self, operation: str, key: str, request: Any) -> Told | None:
        """What was done under this key, by what the shop shows.

        Raises:
            TransientError: it cannot be looked up just now.
        """
        del operation, key
        match request:
            case TellShipped():
                shown = await self._shown(queries.SHIPPING, request.channel_order_id)
                done, reference = await self._shipped(request, shown)
                whole = all(done[line.line_id] >= line.quantity for line in request.lines)
                return Told(reference=reference) if whole else None
            case TellCancelled() | TellRefund():
                return _found(request, await self._shown(queries.PAID, request.channel_order_id))
        return None

    async def close(self) -> None:
        """Close its connections."""
        for http in (self._door, self._rest, self._graph_http):
            await http.close()

    # -- who we are

    async def _token(self) -> Token:
        """The access token that is configured, or one of the app's own, which lasts a day.

        Raises:
            TransientError: none is configured, or the shop hands none out just now.
        """
        fixed = self._secrets.one(f"channel.{self.name}.token")
        if fixed:
            return Token(fixed, _READ_AGAIN_S)
        key, secret = (self._secrets.one(f"channel.{self.name}.{part}") for part in ("key", "secret"))
        if not (key and secret):
            raise TransientError(self._secrets.missing(f"channel.{self.name}.token"), _READ_AGAIN_S)
        form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
        found: dict[str, Any] = await self._door.send(
            "token", "POST", "/admin/oauth/access_token", data=form, safe=True
        )
        return Token(found["access_token"], float(found.get("expires_in", _READ_AGAIN_S)))

    # -- orders

    async def _order(self, _key: str, request: AskOrder) -> Order:
        found = await self._rest.send("order", "GET", f"/orders/{request.channel_order_id}.json", read=one_of)
        return Order(body=orjson.dumps(found))

    async def _orders(self, _key: str, request: AskOrders) -> Page:
        asked: dict[str, Any] = {"limit": _PAGE}
        if request.page:
            asked["page_info"] = request.page
        else:
            since = request.since.strftime("%Y-%m-%dT%H:%M:%SZ")
            asked |= {"status": "any", "updated_at_min": since, "order": "updated_at asc"}
        return await self._rest.send("orders", "GET", "/orders.json", params=asked, read=page_of)

    async def _shown(self, query: str, order_id: str) -> dict[str, Any]:
        """An order as a query shows it.

        Raises:
            PermanentError: the shop has no such order.
        """
        found = (await self._graph.ask(query, id=gid("Order", order_id)))["order"]
        if found is None:
            code, detail = "no-such-order", f"the shop does not show order {order_id}"
            raise PermanentError(code, detail)
        return dict(found)

    # -- stock

    async def _set_stock(self, key: str, request: SetStock) -> StockSet:
        if self._stock is None:
            self._stock = Stock(self._graph, location_of(self._config.account, self.name))
        return await self._stock.set(key, request)

    # -- shipped

    async def _ship(self, _key: str, request: TellShipped) -> Told:
        """Fulfil what has not been yet: where a fulfilment order is split over locations, some of it may have been."""
        shown = await self._shown(queries.SHIPPING, request.channel_order_id)
        done, reference = await self._shipped(request, shown)
        there = open_of([await self._whole(one) for one in shown["fulfillmentOrders"]["nodes"]])
        notify = self._config.account.get("notify", "yes") == "yes"
        for wanted in fulfilments(request, done, there, self._theirs.get(request.location_id, "")):
            answer = await self._graph.ask(queries.SHIP, safe=False, fulfillment={**wanted, "notifyCustomer": notify})
            made = accepted(answer["fulfillmentCreate"])["fulfillment"]
            reference = reference or tail(made["id"])
        return Told(reference=reference)

    async def _shipped(self, request: TellShipped, shown: Mapping[str, Any]) -> tuple[Counter[str], str]:
        """Pieces by line that the shop has under our tracking numbers, and its id of that."""
        numbers, pieces, reference = set(numbers_of(request)), Counter[str](), ""
        for one in shown["fulfillments"]:
            if one["status"] == "CANCELLED" or not numbers & {info["number"] for info in one["trackingInfo"]}:
                continue
            found = (await self._graph.ask(queries.SHIPPED_LINES, id=one["id"]))["fulfillment"]
            for item in found["fulfillmentLineItems"]["nodes"]:
                pieces[tail(item["lineItem"]["id"])] += item["quantity"]
            reference = reference or tail(one["id"])
        return pieces, reference

    async def _whole(self, fulfilment_order: dict[str, Any]) -> dict[str, Any]:
        """A fulfilment order with all its lines."""
        lines = fulfilment_order["lineItems"]
        nodes, page = list(lines["nodes"]), lines["pageInfo"]
        while page["hasNextPage"]:
            asked = {"id": fulfilment_order["id"], "after": page["endCursor"]}
            more = (await self._graph.ask(queries.MORE_LINES, **asked))["fulfillmentOrder"]["lineItems"]
            nodes, page = nodes + more["nodes"], more["pageInfo"]
        return {**fulfilment_order, "lineItems": {"nodes": nodes}}

    # -- cancelled and paid back

    async def _cancel(self, key: str, request: TellCancelled) -> Told:
        """Cancel the order where nothing is left of it and nothing has left; else take the pieces out of it."""
        shown = await self._shown(queries.PAID, request.channel_order_id)
        if told := _found(request, shown):
            return told
        if request.complete and not shown["fulfillments"]:
            return await self._cancel_all(request)
        lines = cancelled_lines(request.lines, location_of(self._config.account, self.name))
        return await self._pay_back(key, request, shown, lines)

    async def _cancel_all(self, request: TellCancelled) -> Told:
        """Cancel an order, and wait until it is: the shop does so beside, and only then it is known to be possible."""
        order_id = gid("Order", request.channel_order_id)
        answer = await self._graph.ask(
            queries.CANCEL,
            safe=False,
            orderId=order_id,
            reason=reason_of(request.reason),
            refundMethod={"originalPaymentMethodsRefund": request.refund},
            restock=True,
            notifyCustomer=self._config.account.get("notify", "yes") == "yes",
            staffNote=written(request.reason, mark("cancel", request.cancel_id)),
        )
        try:
            job = accepted(answer["orderCancel"], "orderCancelUserErrors")["job"]
        except PermanentError:
            if await self._is_cancelled(request):  # asked before, it was still at it
                return Told()
            raise
        for _ in range(_LOOKS):
            if await self._is_cancelled(request):
                return Told(reference=tail(job["id"]) if job else "")
            await asyncio.sleep(_LOOK_S)
        msg = f"{self.name}: the shop has not cancelled order {request.channel_order_id} yet"
        raise UnknownError(msg)

    async def _is_cancelled(self, request: TellCancelled) -> bool:
        return bool((await self._shown(queries.CANCELLED, request.channel_order_id))["cancelledAt"])

    async def _refund(self, key: str, request: TellRefund) -> Told:
        shown = await self._shown(queries.PAID, request.channel_order_id)
        if told := _found(request, shown):
            return told
        lines = [
            {"lineItemId": gid("LineItem", line.line_id), "quantity": line.quantity, "restockType": "NO_RESTOCK"}
            for line in request.lines
        ]
        return await self._pay_back(key, request, shown, lines)

    async def _pay_back(
        self, key: str, request: TellCancelled | TellRefund, shown: Mapping[str, Any], lines: list[dict[str, Any]]
    ) -> Told:
        wanted: dict[str, Any] = {
            "orderId": gid("Order", request.channel_order_id),
            "note": written(request.reason, _mark(request)),
            "notify": self._config.account.get("notify", "yes") == "yes",
            "refundLineItems": lines,
            "transactions": [],
        }
        if request.amount is not None and (isinstance(request, TellRefund) or request.refund):
            wanted["currency"] = request.amount.currency
            wanted["transactions"] = paid_back(request.channel_order_id, shown["transactions"], request.amount)
        answer = await self._graph.ask(
            queries.REFUND, safe=False, input=wanted, key=str(uuid5(NAMESPACE_URL, f"{self.name}:{key}"))
        )
        return Told(reference=tail(accepted(answer["refundCreate"])["refund"]["id"]))


def _mark(request: TellCancelled | TellRefund) -> str:
    if isinstance(request, TellCancelled):
        return mark("cancel", request.cancel_id)
    return mark("refund", request.refund_id)


def _found(request: TellCancelled | TellRefund, shown: Mapping[str, Any]) -> Told | None:
    """What was done of this, by what the shop shows: a cancelled order, or a refund that bears our mark."""
    for one in shown["refunds"]:
        what = "cancel" if isinstance(request, TellCancelled) else "refund"
        if mark(what, marked(one.get("note") or "", what)) == _mark(request):
            return Told(reference=tail(one["id"]))
    if isinstance(request, TellCancelled) and request.complete and shown["cancelledAt"]:
        return Told()
    return None
