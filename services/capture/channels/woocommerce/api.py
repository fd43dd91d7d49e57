"""WooCommerce's REST API, version 3, as the hub asks and tells it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
import orjson

from services.capture.channels.api import (
    AskOrder,
    AskOrders,
    Order,
    Page,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
)
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
from services.hub.effects import TransientError
from services.hub.http import Answer, Http, StatusError, Timeouts
from services.hub.refusal import explained
from services.hub.secrets import Secrets

_V3 = "/wp-json/wc/v3"
_TRACKING = "/wp-json/wc-shipment-tracking/v3"
_PAGE = 100
_OFF = {"cancelled", "refunded", "trash"}
_NO_SECRET_S = 60.0


class WooCommerceApi:
    """Speaks with one shop, over HTTPS: key and secret go with each call. Set-up: ``docs/channels/woocommerce.md``.

    The API knows no fulfilments. What has shipped stands in metadata of the order, one for each of our fulfilments, and
    the order is completed with the last of its pieces. Refunds bear our mark in their metadata.
    """

    batch = _PAGE

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self.name = name
        self._http = Http(
            name,
            config.url + _V3,
            auth=_Key(name, secrets),
            timeouts=Timeouts(total_s=config.timeout_s),
            refuses=_is_refusal,
        )
        self._tracking = Http(
            name, config.url + _TRACKING, auth=_Key(name, secrets), timeouts=Timeouts(total_s=config.timeout_s)
        )
        self._stock = Stock(self._http)
        self._told: dict[str, tuple[asyncio.Lock, int]] = {}
        """Orders that are being told of something: their metadata is read, added to, and written back."""
        self._calls: Mapping[str, Callable[[Any], Awaitable[Any]]] = {
            "order": self._order,
            "orders": self._orders,
            "stock": self._stock.set,
            "ship": self._ship,
            "cancel": self._cancel,
            "refund": self._refund,
        }

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Ask or tell, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        del key
        if not isinstance(request, TellShipped | TellCancelled | TellRefund):
            return await self._calls[operation](request)
        async with self._alone(request.channel_order_id):
            return await self._calls[operation](request)

    async def look_up(self, operation: str, key: str, request: Any) -> Told | None:
        """What was done under this key, by what the shop shows.

        Raises:
            TransientError: it cannot be looked up just now.
        """
        del operation, key
        match request:
            case TellShipped():
                shipped = request.fulfilment_id in shipped_before(await self._shown(request.channel_order_id))
                return Told(reference=request.fulfilment_id) if shipped else None
            case TellCancelled() | TellRefund():
                return await self._found(request)
        return None

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()
        await self._tracking.close()

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

    async def _order(self, request: AskOrder) -> Order:
        found = await self._http.send(
            "order", "GET", f"/orders/{request.channel_order_id}", read=lambda answer: orjson.dumps(answer.json())
        )
        return Order(body=found)

    async def _shown(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._http.send("order", "GET", f"/orders/{order_id}")
        return found

    async def _orders(self, request: AskOrders) -> Page:
        """A page of orders by the time of their last change.

        Pages shift while orders change, so the next one begins a second before where this one ended; only orders that
        were changed in one and the same second are gone through by number.
        """
        after, _, number = request.page.partition(" ")
        after = after or _written(request.since - timedelta(seconds=1))
        asked = {
            "modified_after": after,
            "dates_are_gmt": "true",
            "orderby": "modified",
            "order": "asc",
            "per_page": _PAGE,
            "page": number or "1",
        }
        found: list[dict[str, Any]] = await self._http.send("orders", "GET", "/orders", params=asked)
        following = ""
        if len(found) == _PAGE:
            last = datetime.fromisoformat(found[-1]["date_modified_gmt"]).replace(tzinfo=UTC)
            begin = _written(last - timedelta(seconds=1))
            following = f"{begin} 1" if begin > after else f"{after} {int(number or 1) + 1}"
        return Page(orders=tuple(orjson.dumps(one) for one in found), next=following)

    # -- shipped

    async def _ship(self, request: TellShipped) -> Told:
        """Tell of a shipment: numbers first, then in one go what was in it, and that the order is complete."""
        path = f"/orders/{request.channel_order_id}"
        order = await self._shown(request.channel_order_id)
        if request.fulfilment_id not in shipped_before(order):
            tracked = await self._track(request)
            if not tracked:
                await self._note(request)
            refunds = await self._refunds(request) if order.get("refunds") else []
            update = update_of(order, request, whole=is_all(order, refunds, request), tracked=tracked)
            await self._http.send("ship", "PUT", path, json=update)
        return Told(reference=request.fulfilment_id)

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
        known: list[dict[str, Any]] = await self._http.send("notes", "GET", path)
        if any(one.get("note") == note for one in known):
            return
        await self._http.send("note", "POST", path, json={"note": note, "customer_note": True})

    # -- cancelled and paid back

    async def _refunds(self, request: TellShipped | TellCancelled | TellRefund) -> list[dict[str, Any]]:
        path = f"/orders/{request.channel_order_id}/refunds"
        found: list[dict[str, Any]] = await self._http.send("refunds", "GET", path, params={"per_page": _PAGE})
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

    async def _cancel(self, request: TellCancelled) -> Told:
        """Cancel the order where nothing is left of it, and pay back; else take the pieces out of it."""
        if told := await self._found(request):
            return told
        order = await self._shown(request.channel_order_id)
        if request.complete and order["status"] not in _OFF:
            path = f"/orders/{request.channel_order_id}"
            order = await self._http.send("cancel", "PUT", path, json={"status": "cancelled"})
        pays = _pays(request, order)
        return Told() if request.complete and not pays else await self._pay_back(request, order, pays=pays)

    async def _refund(self, request: TellRefund) -> Told:
        return await self._found(request) or await self._pay_back(request, {}, pays=True)

    async def _pay_back(self, request: TellCancelled | TellRefund, order: Mapping[str, Any], *, pays: bool) -> Told:
        path = f"/orders/{request.channel_order_id}/refunds"
        body = refund_of(request, order, pays=pays)
        made: dict[str, Any] = await self._http.send("refund", "POST", path, json=body)
        return Told(reference=str(made["id"]))


class _Key(httpx.Auth):
    """Key and secret as user and password, read anew for each call, so that they can be exchanged."""

    def __init__(self, name: str, secrets: Secrets) -> None:
        self._name = name
        self._secrets = secrets

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request.

        Raises:
            TransientError: none are configured.
        """
        names = [f"channel.{self._name}.{part}" for part in ("key", "secret")]
        pair = [self._secrets.one(name) for name in names]
        for name, found in zip(names, pair, strict=True):
            if not found:
                raise TransientError(self._secrets.missing(name), _NO_SECRET_S)
        yield from httpx.BasicAuth(*pair).auth_flow(request)


def _pays(request: TellCancelled, order: Mapping[str, Any]) -> bool:
    """Whether the shop has money that it is to pay back."""
    asked = request.amount is None or request.amount.amount_minor > 0
    return request.refund and asked and bool(order.get("date_paid_gmt") or order.get("transaction_id"))


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _is_refusal(answer: Answer) -> bool:
    """An error of 5xx that WooCommerce itself has written: a gateway that would not pay back, and the like."""
    return explained(answer)[0].startswith("woocommerce_rest_")
