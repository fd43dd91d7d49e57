"""Asking Amazon for orders, in either version of its Orders API, within its limits.

Of v0 a list lacks the items, which are asked for order by order, one every two seconds in the long run: an order that
stands in the overlap of two polls and has not changed is not asked about again, and a page ends where a call would have
to wait, so that what was fetched is not lost.
"""

import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from services.capture.channels.api import AskOrders, Page
from services.capture.channels.paging import Memory
from services.capture.channels.speaking import utc
from services.hub.effects import ThrottledError
from services.hub.http import Http
from services.hub.tokens import TokenAuth

_MOST = 100
_SPELL_S = 12.0
"""A page of v0 is put together for no longer than this."""
_INCLUDED = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PAYMENT,TAX"


class Asking(Protocol):
    """A version of the Orders API."""

    async def one(self, order_id: str) -> bytes:
        """An order, as the mapping reads it."""

    async def page(self, asked: AskOrders) -> Page:
        """Orders that have changed since a moment."""

    async def status(self, order_id: str) -> str:
        """What has become of an order, in capitals, such as ``UNSHIPPED`` or ``CANCELED``."""


class Orders2026:
    """Orders API 2026-01-01: an order comes whole."""

    def __init__(self, http: Http, marketplace: str) -> None:
        self._http = http
        self._marketplace = marketplace

    async def _get(self, order_id: str, included: str) -> dict[str, Any]:
        path = f"/orders/2026-01-01/orders/{quote(order_id, safe='')}"
        return await self._http.send("getOrder", "GET", path, params={"includedData": included}, read=_order)

    async def one(self, order_id: str) -> bytes:
        """An order, as the mapping reads it."""
        return orjson.dumps({"order": await self._get(order_id, _INCLUDED)})

    async def page(self, asked: AskOrders) -> Page:
        """Orders that have changed since a moment."""
        params = {
            "marketplaceIds": self._marketplace,
            "lastUpdatedAfter": utc(asked.since),
            "maxResultsPerPage": str(_MOST),
            "includedData": _INCLUDED,
        }
        if asked.page:
            params["paginationToken"] = asked.page
        path = "/orders/2026-01-01/orders"
        listed, after = await self._http.send("searchOrders", "GET", path, params=params, read=_listed_2026)
        return Page(orders=tuple(orjson.dumps({"order": one}) for one in listed), next=after)

    async def status(self, order_id: str) -> str:
        """What has become of an order."""
        found = await self._get(order_id, "FULFILLMENT")
        return str(found["fulfillment"]["fulfillmentStatus"]).replace("CANCELLED", "CANCELED")


class OrdersV0:
    """Orders API v0: an order is put together of several answers."""

    def __init__(self, http: Http, marketplace: str, auth: TokenAuth | None = None) -> None:
        """``auth`` shows names and addresses."""
        self._http = http
        self._marketplace = marketplace
        self._with: Mapping[str, Any] = {"auth": auth} if auth else {}
        self._listing: tuple[str, list[dict[str, Any]], str] = ("", [], "")
        """What was listed last: what was asked, the orders, where the list goes on."""
        self._memory = Memory()

    async def _get(self, order_id: str) -> dict[str, Any]:
        path = f"/orders/v0/orders/{quote(order_id, safe='')}"
        return await self._http.send("getOrder", "GET", path, read=_payload, **self._with)

    async def one(self, order_id: str) -> bytes:
        """An order, as the mapping reads it."""
        return await self._composed(await self._get(order_id))

    async def status(self, order_id: str) -> str:
        """What has become of an order."""
        return str((await self._get(order_id))["OrderStatus"]).upper()

    async def page(self, asked: AskOrders) -> Page:
        """Orders that have changed since a moment; as many as can be put together in a while."""
        start, _, token = asked.page.partition("|")
        listed, after = await self._list(asked, token)
        until = time.monotonic() + _SPELL_S
        bodies: list[bytes] = []
        at = int(start or 0)
        for order in listed[at:]:
            try:
                bodies.append(await self._memory.get(order["AmazonOrderId"], order, self._composed))
            except ThrottledError:
                if not bodies:
                    raise
                break
            if time.monotonic() > until:
                break
        at += len(bodies)
        rest = f"{at}|{token}" if at < len(listed) else f"0|{after}" if after else ""
        return Page(orders=tuple(bodies), next=rest)

    async def _list(self, asked: AskOrders, token: str) -> tuple[list[dict[str, Any]], str]:
        """A page of the list; the one that the last call was about is not asked for again."""
        name = f"{asked.since.isoformat()}|{token}"
        if asked.page and self._listing[0] == name:
            return self._listing[1:]
        params = {"MarketplaceIds": self._marketplace, "MaxResultsPerPage": str(_MOST)}
        params |= {"NextToken": token} if token else {"LastUpdatedAfter": utc(asked.since)}
        listed, after = await self._http.send(
            "getOrders", "GET", "/orders/v0/orders", params=params, read=_listed_v0, **self._with
        )
        self._listing = (name, listed, after)
        return listed, after

    async def _composed(self, order: dict[str, Any]) -> bytes:
        path = f"/orders/v0/orders/{quote(str(order['AmazonOrderId']), safe='')}/orderItems"
        items: list[dict[str, Any]] = []
        params: dict[str, str] = {}
        while True:
            found = await self._http.send("getOrderItems", "GET", path, params=params, read=_items, **self._with)
            items += found["OrderItems"]
            if not found.get("NextToken"):
                return orjson.dumps({"Order": order, "OrderItems": items})
            params = {"NextToken": found["NextToken"]}


def _order(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)["order"]
    return {**found, "orderId": found["orderId"]}


def _listed_2026(answer: Any) -> tuple[list[dict[str, Any]], str]:
    found = orjson.loads(answer.content)
    return list(found["orders"]), (found.get("pagination") or {}).get("nextToken") or ""


def _payload(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)["payload"]
    return {**found, "AmazonOrderId": found["AmazonOrderId"]}


def _items(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)["payload"]
    return {**found, "OrderItems": found["OrderItems"]}


def _listed_v0(answer: Any) -> tuple[list[dict[str, Any]], str]:
    found = orjson.loads(answer.content)["payload"]
    return list(found["Orders"]), found.get("NextToken") or ""
