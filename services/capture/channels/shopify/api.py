"""Shopify's Admin API as the hub asks and tells it."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from services.capture.channels.access import Keys, exchanged
from services.capture.channels.accounts import ShopifyAccount
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
from services.capture.channels.shopify.stock import Stock
from services.capture.channels.shopify.telling import (
    cancelled_lines,
    fulfilments,
    numbers_of,
    open_of,
    paid_back,
    reason_of,
)
from services.capture.channels.speaking import WebApi, connect, utc
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, UnknownError
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


class ShopifyApi(WebApi):
    """Speaks with one shop.

    Orders are read from the REST API, whose copies are those of webhooks to the letter: a copy that was polled is known
    for the one that was pushed. Everything else goes over the GraphQL API, 2026-07. Scopes and set-up:
    ``docs/channels/shopify.md``.
    """

    batch = _PAGE

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        account = ShopifyAccount.of(name, config)
        self._location, self._notify = account.location, account.notify == "yes"
        self._theirs = {ours: theirs for theirs, ours in config.locations.items()}
        path = f"/admin/api/{VERSION}"
        auth = TokenAuth(self._token, header="X-Shopify-Access-Token", scheme="")
        self._tokens = connect(name, config)
        calls = Quota(used_of(LIMIT, _BUCKET_EMPTIES_S))
        rest = connect(name, config, url=config.url + path, auth=auth, quota=calls)
        graph = connect(name, config, auth=auth, quota=Quota(per_operation=True))
        super().__init__(name, rest, graph, self._tokens)
        self._graph = Graph(graph, f"{path}/graphql.json")
        self._stock = Stock(self._graph, self._location)

    async def _token(self) -> Token:
        """The access token that is configured, or one of the app's own, which lasts a day.

        Raises:
            TransientError: none is configured, or the shop hands none out just now.
        """
        if self._keys.has("token") or not self._keys.has("key"):
            return Token(self._keys["token"], _READ_AGAIN_S)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._keys["key"],
            "client_secret": self._keys["secret"],
        }
        return await exchanged(self._tokens, "/admin/oauth/access_token", data=form)

    # -- orders

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""
        found = await self.http.send("order", "GET", f"/orders/{asked.channel_order_id}.json", read=one_of)
        return Order(body=orjson.dumps(found))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed."""
        params: dict[str, Any] = {"limit": _PAGE}
        if asked.page:
            params["page_info"] = asked.page
        else:
            params |= {"status": "any", "updated_at_min": utc(asked.since), "order": "updated_at asc"}
        return await self.http.send("orders", "GET", "/orders.json", params=params, read=page_of)

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

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    # -- shipped

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Fulfil what has not been yet: where a fulfilment order is split over locations, some of it may have been."""
        shown = await self._shown(queries.SHIPPING, told.channel_order_id)
        done, reference = await self._done(told, shown)
        there = open_of([await self._whole(one) for one in shown["fulfillmentOrders"]["nodes"]])
        for wanted in fulfilments(told, done, there, self._theirs.get(told.location_id, "")):
            fulfilment = {**wanted, "notifyCustomer": self._notify}
            answer = await self._graph.ask(queries.SHIP, safe=False, fulfillment=fulfilment)
            made = accepted(answer["fulfillmentCreate"])["fulfillment"]
            reference = reference or tail(made["id"])
        return Told(reference=reference)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """Whether all pieces are fulfilled under our tracking numbers."""
        done, reference = await self._done(told, await self._shown(queries.SHIPPING, told.channel_order_id))
        whole = all(done[line.line_id] >= line.quantity for line in told.lines)
        return Told(reference=reference) if whole else None

    async def _done(self, request: TellShipped, shown: Mapping[str, Any]) -> tuple[Counter[str], str]:
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

    async def cancel(self, key: str, told: TellCancelled) -> Told:
        """Cancel the order where nothing is left of it and nothing has left; else take the pieces out of it."""
        shown = await self._shown(queries.PAID, told.channel_order_id)
        if found := _found(told, shown):
            return found
        if told.complete and not shown["fulfillments"]:
            return await self._cancel_all(told)
        return await self._pay_back(key, told, shown, cancelled_lines(told.lines, self._location))

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """A refund that bears our mark, or a cancelled order."""
        return _found(told, await self._shown(queries.PAID, told.channel_order_id))

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
            notifyCustomer=self._notify,
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

    async def refund(self, key: str, told: TellRefund) -> Told:
        """Pay back what has not been yet."""
        shown = await self._shown(queries.PAID, told.channel_order_id)
        if found := _found(told, shown):
            return found
        lines = [
            {"lineItemId": gid("LineItem", line.line_id), "quantity": line.quantity, "restockType": "NO_RESTOCK"}
            for line in told.lines
        ]
        return await self._pay_back(key, told, shown, lines)

    async def refunded(self, _key: str, told: TellRefund) -> Told | None:
        """A refund that bears our mark."""
        return _found(told, await self._shown(queries.PAID, told.channel_order_id))

    async def _pay_back(
        self, key: str, request: TellCancelled | TellRefund, shown: Mapping[str, Any], lines: list[dict[str, Any]]
    ) -> Told:
        wanted: dict[str, Any] = {
            "orderId": gid("Order", request.channel_order_id),
            "note": written(request.reason, _mark(request)),
            "notify": self._notify,
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
