"""Square's APIs for orders, payments, refunds, inventory and catalogue, asked and told.

https://developer.squareup.com/reference/square
"""

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import orjson

from services.capture.channels.access import Keys, exchanged
from services.capture.channels.accounts import SquareAccount
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
from services.capture.channels.marks import mark
from services.capture.channels.paging import Memory, Turn
from services.capture.channels.speaking import WebApi, by_hand, connect, utc
from services.capture.channels.square import telling
from services.capture.channels.square.payload import CANCEL, SHIP
from services.capture.channels.square.payload import Order as Read
from services.capture.channels.square.payments import Payments
from services.capture.channels.square.stock import Stock
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, TransientError
from services.hub.http import StatusError
from services.hub.secrets import Secrets
from services.hub.tokens import Token, TokenAuth

VERSION = "2026-01-22"
"""Of Square's API."""
_PAGE = 200
_REFUNDS = 20
"""Each costs four calls."""
_AT_ONCE = 4
_LOCATIONS = 10
"""Most that are searched at a time."""
_WEEK_S = 7 * 86_400.0
_CHANGED = frozenset({"VERSION_MISMATCH", "CONFLICT"})
_OFF = frozenset({"CANCELED", "FAILED"})


class SquareApi(WebApi):
    """One seller; ``docs/channels/square.md`` says what is configured.

    What is told of an order is noted at its fulfilments, and is found there; refunds bear our mark in their reason, and
    a key of their own, under which Square makes no second one.
    """

    batch = 100

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        headers = {"Accept": "application/json", "Square-Version": VERSION}
        self._tokens = connect(name, config, headers=headers)
        super().__init__(name, connect(name, config, auth=TokenAuth(self._token), headers=headers), self._tokens)
        location = SquareAccount.of(name, config).location
        self._locations = list(dict.fromkeys([location, *config.locations]))
        self._stock = Stock(self.http, location)
        self._payments = Payments(self.http)
        self._memory = Memory()

    async def _token(self) -> Token:
        """The seller's own token, or one for the refresh token of an application; the latter is good for 30 days.

        https://developer.squareup.com/reference/square/oauth-api/obtain-token
        """
        if not self._keys.has("refresh-token"):
            return Token(self._keys["token"])
        wanted = {
            "grant_type": "refresh_token",
            "refresh_token": self._keys["refresh-token"],
            "client_id": self._keys["client-id"],
            "client_secret": self._keys["client-secret"],
        }
        return replace(await exchanged(self._tokens, "/oauth2/token", json=wanted), lasts_s=_WEEK_S)

    async def _get(self, order_id: str) -> tuple[dict[str, Any], Read]:
        return await self.http.send("order", "GET", _path(order_id), read=_order)

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now, with what was paid back of it."""
        order, _ = await self._get(asked.channel_order_id)
        return Order(body=orjson.dumps(await self._payments.with_refunds(order)))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed, ten locations at a time; then those of which something was paid back."""
        turn = Turn.of(asked.page)
        some = self._locations[turn.number * _LOCATIONS : (turn.number + 1) * _LOCATIONS]
        if not some:
            return await self._refunded(asked, turn)
        body = {
            "location_ids": some,
            "limit": _PAGE,
            "query": {
                "filter": {"date_time_filter": {"updated_at": {"start_at": utc(asked.since)}}},
                "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
            },
            **({"cursor": turn.token} if turn.token else {}),
        }
        found = await self.http.send("orders", "POST", "/v2/orders/search", json=body, read=_listed, safe=True)
        orders = [orjson.dumps(one) for one in found.get("orders") or () if not _is_return(one)]
        return Page(orders=tuple(orders), next=turn.after(found.get("cursor") or "", turn.number + 2))

    async def _refunded(self, asked: AskOrders, turn: Turn) -> Page:
        """Orders of which something was paid back, or of which that has gone through."""
        params = {
            "updated_at_begin_time": utc(asked.since),
            "sort_field": "UPDATED_AT",
            "sort_order": "ASC",
            "limit": str(_REFUNDS),
            **({"cursor": turn.token} if turn.token else {}),
        }
        found = await self.http.send("refunds", "GET", "/v2/refunds", params=params, read=_listed)
        by_payment: dict[str, list[Any]] = defaultdict(list)
        for one in found.get("refunds") or ():
            if one.get("payment_id") and one.get("location_id", self._locations[0]) in self._locations:
                by_payment[str(one["payment_id"])].append(one)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def composed(payment_id: str, refunds: list[Any]) -> bytes:
            listed = {"payment_id": payment_id, "refunds": refunds}
            async with gate:
                return await self._memory.get(payment_id, listed, lambda _: self._paid_with(payment_id))

        bodies = await asyncio.gather(*(composed(name, refunds) for name, refunds in by_payment.items()))
        rest = turn.after(found.get("cursor") or "", turn.number)
        return Page(orders=tuple(body for body in dict.fromkeys(bodies) if body), next=rest)

    async def _paid_with(self, payment_id: str) -> bytes:
        """The order that was paid with this, with what was paid back; nothing where it was for none."""
        payment = await self._payments.one(payment_id)
        if payment is None or not payment.get("order_id"):
            return b""
        order, _ = await self._get(str(payment["order_id"]))
        return orjson.dumps(await self._payments.with_refunds(order))

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    async def _update(self, key: str, order: Read, changes: list[dict[str, Any]]) -> None:
        """Change fulfilments of the order as it was read.

        Raises:
            TransientError: it has changed since.
            PermanentError: Square does not let others change it.
        """
        if not order.version:
            msg = "Square lets nobody else change this order; see to its fulfilment there"
            raise by_hand(msg)
        body = {
            "idempotency_key": str(uuid5(NAMESPACE_URL, f"{key}:{order.version}")),
            "order": {"location_id": order.location_id, "version": int(order.version), "fulfillments": changes},
        }
        try:
            await self.http.send("update", "PUT", _path(order.id), json=body, read=_order)
        except StatusError as error:
            if error.code in _CHANGED:
                raise TransientError(str(error)) from error
            raise

    async def ship(self, key: str, told: TellShipped) -> Told:
        """Note the pieces at their fulfilments, with the tracking numbers; what is all shipped is completed.

        Raises:
            PermanentError: there is no fulfilment that they could belong to.
        """
        _, order = await self._get(told.channel_order_id)
        if telling.is_noted(order, SHIP, told.fulfilment_id):
            return Told(reference=order.id)
        changes = telling.shipment(order, told)
        if not changes:
            if any(one.state == "COMPLETED" for one in order.fulfillments):  # somebody has, at the till
                return Told()
            code = "not-open"
            raise PermanentError(code, f"no fulfilment of order {order.id} is open at Square for these pieces")
        await self._update(key, order, changes)
        return Told(reference=order.id)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """A fulfilment has our note of it."""
        _, order = await self._get(told.channel_order_id)
        return Told(reference=order.id) if telling.is_noted(order, SHIP, told.fulfilment_id) else None

    async def cancel(self, key: str, told: TellCancelled) -> Told:
        """Call fulfilments off with the last of their pieces, and pay back."""
        found, order = await self._get(told.channel_order_id)
        if not telling.is_noted(order, CANCEL, told.cancel_id):
            changes = telling.cancellation(order, told)
            if changes:
                await self._update(key, order, changes)
            elif not told.refund and not all(one.state in _OFF for one in order.fulfillments):
                code = "not-open"
                raise PermanentError(code, f"no fulfilment of order {order.id} is open at Square for these pieces")
        if not told.refund:
            return Told()
        ours = mark("cancel", told.cancel_id)
        return Told(reference=await self._payments.pay_back(key, found, told.amount, told.reason, ours))

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """Its fulfilments have our note of it, or are over; and the money has gone back."""
        found, order = await self._get(told.channel_order_id)
        if not telling.is_noted(order, CANCEL, told.cancel_id) and telling.cancellation(order, told):
            return None
        if not told.refund:
            return Told()
        reference = await self._payments.paid_back(found, told.amount, mark("cancel", told.cancel_id))
        return None if reference is None else Told(reference=reference)

    async def refund(self, key: str, told: TellRefund) -> Told:
        """Pay an amount back."""
        found, _ = await self._get(told.channel_order_id)
        ours = mark("refund", told.refund_id)
        return Told(reference=await self._payments.pay_back(key, found, told.amount, told.reason, ours))

    async def refunded(self, _key: str, told: TellRefund) -> Told | None:
        """The refund that bears our mark."""
        found, _ = await self._get(told.channel_order_id)
        reference = await self._payments.paid_back(found, told.amount, mark("refund", told.refund_id))
        return None if reference is None else Told(reference=reference)


def _path(order_id: str) -> str:
    return f"/v2/orders/{quote(order_id, safe='')}"


def _is_return(order: dict[str, Any]) -> bool:
    """It only says what came back of another one."""
    return bool(order.get("returns")) and not order.get("line_items")


def _listed(answer: Any) -> dict[str, Any]:
    return dict(orjson.loads(answer.content))


def _order(answer: Any) -> tuple[dict[str, Any], Read]:
    found: dict[str, Any] = orjson.loads(answer.content)["order"]
    return found, Read.made_of(found)
