"""WooCommerce's REST API, version 3, as the hub asks and tells it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import orjson

from services.capture.channels.access import Keys
from services.capture.channels.accounts import Account
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
from services.capture.channels.paging import Place
from services.capture.channels.speaking import WebApi, connect
from services.capture.channels.woocommerce.stock import Stock
from services.capture.channels.woocommerce.telling import (
    is_all,
    note_of,
    refund_in,
    refund_of,
    shipped_before,
    trackings_of,
    update_of,
)
from services.capture.rules import ApiConfig
from services.hub.http import Answer, StatusError
from services.hub.keys import KeyAuth, basic
from services.hub.refusal import explained
from services.hub.secrets import Secrets

_V3 = "/wp-json/wc/v3"
_TRACKING = "/wp-json/wc-shipment-tracking/v3"
_PAGE = 100
_OFF = {"cancelled", "refunded", "trash"}


class WooCommerceApi(WebApi):
    """Speaks with one shop, over HTTPS: key and secret go with each call. Set-up: ``docs/channels/woocommerce.md``.

    The API knows no fulfilments. What has shipped stands in metadata of the order, one for each of our fulfilments, and
    the order is completed with the last of its pieces. Refunds bear our mark in their metadata.
    """

    batch = _PAGE

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        Account.of(name, config)
        keys = Keys(name, secrets)
        auth = KeyAuth(lambda: basic(keys["key"], keys["secret"]))
        self._tracking = connect(name, config, url=config.url + _TRACKING, auth=auth)
        shop = connect(name, config, url=config.url + _V3, auth=auth, refuses=_is_refusal)
        super().__init__(name, shop, self._tracking)
        self._stock = Stock(self.http)
        self._told: dict[str, tuple[asyncio.Lock, int]] = {}
        """Orders that are being told of something: their metadata is read, added to, and written back."""

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Ask or tell; of an order one thing at a time is told.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        if not isinstance(request, TellShipped | TellCancelled | TellRefund):
            return await super().call(operation, key, request)
        async with self._alone(request.channel_order_id):
            return await super().call(operation, key, request)

    @asynccontextmanager
    async def _alone(self, order_id: str) -> AsyncIterator[None]:
        """One thing at a time is told of an order."""
        lock, waiting = self._told.get(order_id, (asyncio.Lock(), 0))
        self._told[order_id] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._told.pop(order_id)
            if waiting > 1:
                self._told[order_id] = (lock, waiting - 1)

    # -- orders

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""
        return Order(body=orjson.dumps(await self._shown(asked.channel_order_id)))

    async def _shown(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.http.send("order", "GET", f"/orders/{order_id}")
        return found

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed."""
        place = Place.of(asked.page)
        params = {
            "modified_after": _written(asked.since - timedelta(seconds=1)),
            "dates_are_gmt": "true",
            "orderby": "id",
            "order": "asc",
            "per_page": _PAGE,
            "offset": place.offset,
        }
        found: list[dict[str, Any]] = await self.http.send("orders", "GET", "/orders", params=params)
        following = place.after([int(one["id"]) for one in found], _PAGE)
        return Page(orders=tuple(orjson.dumps(one) for one in found), next=following)

    # -- stock

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    # -- shipped

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Tell of a shipment: numbers first, then in one go what was in it, and that the order is complete."""
        order = await self._shown(told.channel_order_id)
        if told.fulfilment_id not in shipped_before(order):
            tracked = await self._track(told)
            if not tracked:
                await self._note(told)
            refunds = await self._refunds(told) if order.get("refunds") else []
            update = update_of(order, told, whole=is_all(order, refunds, told), tracked=tracked)
            await self.http.send("ship", "PUT", f"/orders/{told.channel_order_id}", json=update)
        return Told(reference=told.fulfilment_id)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """Whether the order's metadata says so."""
        done = told.fulfilment_id in shipped_before(await self._shown(told.channel_order_id))
        return Told(reference=told.fulfilment_id) if done else None

    async def _track(self, request: TellShipped) -> bool:
        """Tell the extension Shipment Tracking of the numbers; whether it is installed."""
        path = f"/orders/{request.channel_order_id}/shipment-trackings"
        try:
            known: list[dict[str, Any]] = await self._tracking.send("trackings", "GET", path)
        except StatusError as error:
            if error.status == HTTPStatus.NOT_FOUND:  # the order is there, so it is the route that is not
                return False
            raise
        for one in trackings_of(request, known):
            await self._tracking.send("track", "POST", path, json=one)
        return True

    async def _note(self, request: TellShipped) -> None:
        """Write the buyer a note with the numbers, where that has not been done before."""
        note = note_of(request)
        path = f"/orders/{request.channel_order_id}/notes"
        if not note:
            return
        known: list[dict[str, Any]] = await self.http.send("notes", "GET", path)
        if any(one.get("note") == note for one in known):
            return
        await self.http.send("note", "POST", path, json={"note": note, "customer_note": True})

    # -- cancelled and paid back

    async def _refunds(self, request: TellShipped | TellCancelled | TellRefund) -> list[dict[str, Any]]:
        path = f"/orders/{request.channel_order_id}/refunds"
        found: list[dict[str, Any]] = await self.http.send("refunds", "GET", path, params={"per_page": _PAGE})
        return found

    async def _found(self, request: TellCancelled | TellRefund) -> Told | None:
        """What was done of this: a refund that bears our mark, or where the shop pays nothing back, the status."""
        order = await self._shown(request.channel_order_id)
        if isinstance(request, TellCancelled) and request.complete:
            if order["status"] not in _OFF:
                return None
            if not _pays(request, order) or order["status"] == "refunded":
                return Told()
        found = refund_in(await self._refunds(request), request) if order.get("refunds") else ""
        return Told(reference=found) if found else None

    async def cancel(self, _key: str, told: TellCancelled) -> Told:
        """Cancel the order where nothing is left of it, and pay back; else take the pieces out of it."""
        if found := await self._found(told):
            return found
        order = await self._shown(told.channel_order_id)
        if told.complete and order["status"] not in _OFF:
            path = f"/orders/{told.channel_order_id}"
            order = await self.http.send("cancel", "PUT", path, json={"status": "cancelled"})
        pays = _pays(told, order)
        return Told() if told.complete and not pays else await self._pay_back(told, order, pays=pays)

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """The order's status, or a refund that bears our mark."""
        return await self._found(told)

    async def refund(self, _key: str, told: TellRefund) -> Told:
        """Pay back what has not been yet."""
        return await self._found(told) or await self._pay_back(told, {}, pays=True)

    async def refunded(self, _key: str, told: TellRefund) -> Told | None:
        """A refund that bears our mark."""
        return await self._found(told)

    async def _pay_back(self, request: TellCancelled | TellRefund, order: Mapping[str, Any], *, pays: bool) -> Told:
        path = f"/orders/{request.channel_order_id}/refunds"
        body = refund_of(request, order, pays=pays)
        made: dict[str, Any] = await self.http.send("refund", "POST", path, json=body)
        return Told(reference=str(made["id"]))


def _pays(request: TellCancelled, order: Mapping[str, Any]) -> bool:
    """Whether the shop has money that it is to pay back."""
    asked = request.amount is None or request.amount.amount_minor > 0
    return request.refund and asked and bool(order.get("date_paid_gmt") or order.get("transaction_id"))


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _is_refusal(answer: Answer) -> bool:
    """An error of 5xx that WooCommerce itself has written: a gateway that would not pay back, and the like."""
    return explained(answer)[0].startswith("woocommerce_rest_")
