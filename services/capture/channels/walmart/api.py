"""Walmart's Marketplace API, asked and told. https://developer.walmart.com/us-marketplace/docs."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import orjson

from services.capture.channels.access import Keys, exchanged
from services.capture.channels.accounts import WalmartAccount
from services.capture.channels.api import (
    AskOrder,
    AskOrders,
    Level,
    Order,
    Page,
    SetStock,
    StockSet,
    TellAcknowledged,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
)
from services.capture.channels.doubts import Doubts
from services.capture.channels.paging import Turn
from services.capture.channels.speaking import WebApi, by_hand, connect, each, utc
from services.capture.channels.walmart import refunds
from services.capture.channels.walmart.telling import cancellation, counted, shipment, tracked
from services.capture.rules import ApiConfig
from services.hub.http import StatusError
from services.hub.money import major
from services.hub.quota import Quota, by_names
from services.hub.secrets import Secrets
from services.hub.tokens import Token, TokenAuth

_PAGE = 100
_AT_ONCE = 4
_OLDEST = timedelta(days=170)
_SHIPPERS = ("SellerFulfilled", "WFSFulfilled", "3PLFulfilled")
_OF_THE_SKU = frozenset({400, 404})


class WalmartApi(WebApi):
    """One seller in one country; ``docs/channels/walmart.md`` says what is configured.

    Walmart gives what it is told no ids: pieces that are shipped are known by their tracking numbers, pieces that are
    cancelled by how many there were before, and refunds by our mark, which is their comment.
    """

    batch = 20

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        account = WalmartAccount.of(name, config)
        common = {
            "Accept": "application/json",
            "WM_SVC.NAME": "Walmart Marketplace",
            "WM_MARKET": account.market,
        }
        self._tokens = connect(name, config, headers=common)
        quota = Quota(
            by_names("x-current-token-count", "", "x-next-replenishment-time", unit_s=0.001),
            per_operation=True,
            patience_s=10.0,
        )
        auth = TokenAuth(self._token, "WM_SEC.ACCESS_TOKEN", "")
        super().__init__(name, connect(name, config, auth=auth, headers=common, quota=quota), self._tokens)
        self._params = {"shipNode": account.ship_node} if account.ship_node else {}
        self._cancels: Doubts[dict[str, int]] = Doubts()
        """Pieces by line that were cancelled before ours."""
        self._refunds: Doubts[dict[str, tuple[str, int]]] = Doubts()
        """What was paid back before ours, by line: Walmart's id, and how much in minor units."""

    async def _token(self) -> Token:
        basic = httpx.BasicAuth(self._keys["client-id"], self._keys["client-secret"])
        form = {"grant_type": "client_credentials"}
        return await exchanged(self._tokens, "/v3/token", data=form, auth=basic, headers=_traced())

    async def _get(self, order_id: str) -> dict[str, Any]:
        path, params = f"/v3/orders/{quote(order_id, safe='')}", {"replacementInfo": "true"}
        return await self.http.send("order", "GET", path, params=params, headers=_traced(), read=_order)

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""
        return Order(body=orjson.dumps({"order": await self._get(asked.channel_order_id)}))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed: what the seller ships, then what others do, for Walmart lists them apart."""
        turn = Turn.of(asked.page)
        if turn.token:
            path = f"/v3/orders{turn.token}"
        else:
            params = {
                "lastModifiedStartDate": utc(asked.since),
                "createdStartDate": utc(asked.since - _OLDEST),
                "shipNodeType": _SHIPPERS[turn.number],
                "replacementInfo": "true",
                "limit": str(_PAGE),
            }
            path = f"/v3/orders?{httpx.QueryParams(params)}"
        listed, after = await self._page(path)
        return Page(
            orders=tuple(orjson.dumps({"order": one}) for one in listed), next=turn.after(after, len(_SHIPPERS))
        )

    async def _page(self, path: str) -> tuple[list[dict[str, Any]], str]:
        """A page of a list; to a list without orders Walmart says that it does not exist."""
        try:
            return await self.http.send("orders", "GET", path, headers=_traced(), read=_listed)
        except StatusError as error:
            if error.status == HTTPStatus.NOT_FOUND and "CONTENT_NOT_FOUND" in error.code:
                return [], ""
            raise

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels, one call each: a feed is carried out later, and there may be ten an hour only."""
        return await each(wanted.levels, self._level, _AT_ONCE, self.http.timeout_s)

    async def _level(self, level: Level) -> str:
        sku = level.listing_id or level.sku
        body = {"sku": sku, "quantity": {"unit": "EACH", "amount": level.available}}
        params = {"sku": sku, **self._params}
        try:
            await self.http.send(
                "stock", "PUT", "/v3/inventory", params=params, json=body, headers=_traced(), safe=True
            )
        except StatusError as error:
            if error.status not in _OF_THE_SKU:
                raise
            return f"{error.code} {error.detail}".rstrip()
        return ""

    async def acknowledge(self, told: TellAcknowledged) -> Told:
        """Acknowledge what is not yet: Walmart wants to hear of an order within four hours."""
        await self._acknowledged(told.channel_order_id, await self._get(told.channel_order_id))
        return Told()

    async def _acknowledged(self, order_id: str, order: Mapping[str, Any]) -> None:
        if counted(order, "Created"):
            await self._post("acknowledge", f"/v3/orders/{quote(order_id, safe='')}/acknowledge", safe=True)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Ship lines, each piece with its parcel's tracking number, of an order that is acknowledged.

        Raises:
            PermanentError: there is no parcel; Walmart wants a tracking number.
        """
        if not told.parcels:
            msg = "Walmart wants a tracking number, and there is none; confirm the shipment there"
            raise by_hand(msg)
        order = await self._get(told.channel_order_id)
        if tracked(order, told):
            return Told(reference=told.parcels[0].number)
        await self._acknowledged(told.channel_order_id, order)
        path = f"/v3/orders/{quote(told.channel_order_id, safe='')}/shipping"
        await self._post("ship", path, shipment(order, told))
        return Told(reference=told.parcels[0].number)

    async def _post(self, operation: str, path: str, body: Any = None, *, safe: bool = False) -> dict[str, Any]:
        return await self.http.send(operation, "POST", path, json=body, headers=_traced(), read=_order, safe=safe)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """The order shows our tracking numbers."""
        order = await self._get(told.channel_order_id)
        return Told(reference=told.parcels[0].number) if tracked(order, told) else None

    async def cancel(self, key: str, told: TellCancelled) -> Told:
        """Cancel pieces; the buyer pays for what ships.

        Raises:
            PermanentError: some are cancelled, and nothing tells whether they are these.
        """
        self._cancels.check(key)
        self._cancels.note(key, counted(await self._get(told.channel_order_id), "Cancelled"))
        await self._post("cancel", f"/v3/orders/{quote(told.channel_order_id, safe='')}/cancel", cancellation(told))
        return Told()

    async def cancelled(self, key: str, told: TellCancelled) -> Told | None:
        """As many more pieces are cancelled as were to be. After a restart there may be nothing that tells."""
        order = await self._get(told.channel_order_id)
        now, still_open = counted(order, "Cancelled"), counted(order, "Created", "Acknowledged")
        wanted = {line.line_id: line.quantity for line in told.lines if line.line_id in _numbers(order)}
        if all(not still_open.get(name) and now.get(name, 0) >= n for name, n in wanted.items()):
            return Told()
        before = self._cancels.before(key)
        if before is not None and all(now.get(name, 0) >= before.get(name, 0) + n for name, n in wanted.items()):
            return Told()
        if before is not None or not any(now.get(name) for name in wanted):
            self._cancels.wait(key)
            return None
        self._cancels.leave(
            key, f"whether these pieces are cancelled at Walmart is not known; look there: {_said(wanted)}"
        )
        return None

    async def refund(self, key: str, told: TellRefund) -> Told:
        """Pay back, of lines that have shipped.

        Raises:
            PermanentError: they do not give so much, or nothing tells whether it was paid back before.
        """
        self._refunds.check(key)
        order = refunds.read(await self._get(told.channel_order_id))
        self._refunds.note(key, refunds.paid_back(order, told.amount.currency))
        body = refunds.body_of(told.channel_order_id, told, refunds.shares(order, told))
        path = f"/v3/orders/{quote(told.channel_order_id, safe='')}/refund"
        return Told(reference=refunds.refund_of(refunds.read(await self._post("refund", path, body)), told))

    async def refunded(self, key: str, told: TellRefund) -> Told | None:
        """The order shows our mark, or so much more than before. After a restart there may be nothing that tells."""
        order = refunds.read(await self._get(told.channel_order_id))
        reference = refunds.refund_of(order, told)
        if reference:
            return Told(reference=reference)
        before, now = self._refunds.before(key), refunds.paid_back(order, told.amount.currency)
        if now == (before or {}):
            self._refunds.wait(key)
            return None
        if before is not None and _sum(now) == _sum(before) + told.amount.amount_minor:
            return Told()
        amount = major(told.amount.amount_minor, told.amount.currency)
        self._refunds.leave(key, f"whether {amount} were paid back at Walmart is not known; look there")
        return None


def _sum(shown: Mapping[str, tuple[str, int]]) -> int:
    return sum(amount for _, amount in shown.values())


def _traced() -> dict[str, str]:
    """Each call has an id of its own."""
    return {"WM_QOS.CORRELATION_ID": str(uuid4())}


def _said(wanted: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} of {name}" for name, quantity in wanted.items())


def _numbers(order: Mapping[str, Any]) -> Iterable[str]:
    return {str(line["lineNumber"]) for line in order["orderLines"]["orderLine"]}


def _order(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)["order"]
    return {**found, "orderLines": {"orderLine": list(found["orderLines"]["orderLine"])}}


def _listed(answer: Any) -> tuple[list[dict[str, Any]], str]:
    found = orjson.loads(answer.content)["list"]
    return list((found.get("elements") or {}).get("order") or ()), str(
        (found.get("meta") or {}).get("nextCursor") or ""
    )
