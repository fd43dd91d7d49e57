"""Etsy's Open API v3, asked and told. https://developers.etsy.com/documentation/reference."""

import time
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from services.capture.channels.access import Granted, Keys, Renewed, granted
from services.capture.channels.accounts import EtsyAccount
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
from services.capture.channels.etsy.ledger import Ledger, Window
from services.capture.channels.etsy.stock import Stock
from services.capture.channels.paging import Place, Turn
from services.capture.channels.speaking import WebApi, by_hand, connect
from services.capture.rules import ApiConfig
from services.hub.money import major
from services.hub.quota import Allowance, Headers, Quota
from services.hub.secrets import Secrets
from services.hub.tokens import FetchToken, TokenAuth

_PAGE = 100
_ROOT = "/v3/application"
_TOMORROW_S = 3600.0


class EtsyApi(WebApi):
    """One shop; ``docs/channels/etsy.md`` says what is configured.

    A receipt is shipped with its tracking numbers, each told once; of pieces Etsy does not want to know. Cancels and
    refunds are for its own pages: there is no call for either.
    """

    batch = 20

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        self._tokens = connect(name, config)
        account = EtsyAccount.of(name, config)
        self._token_url = account.token_url
        auth = _Auth(self._keys, Renewed(self._keys, self._exchanged))
        super().__init__(name, connect(name, config, auth=auth, quota=Quota(left, patience_s=5.0)), self._tokens)
        self._shop = f"{_ROOT}/shops/{account.shop}"
        self._stock = Stock(self.http, _ROOT, account.shop)
        self._ledger = Ledger(self.http, self._shop)

    async def _exchanged(self, refresh_token: str) -> Granted:
        client = self._keys["api-key"].partition(":")[0]
        form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": refresh_token}
        return await granted(self._tokens, self._token_url, data=form)

    async def _get(self, order_id: str) -> dict[str, Any]:
        path = f"{self._shop}/receipts/{quote(order_id, safe='')}"
        return await self.http.send("order", "GET", path, read=_receipt)

    async def order(self, asked: AskOrder) -> Order:
        """One receipt, as it is now."""
        return Order(body=orjson.dumps(await self._get(asked.channel_order_id)))

    async def orders(self, asked: AskOrders) -> Page:
        """Receipts that have changed; then those of which something was paid back."""
        turn, begin = Turn.of(asked.page), int(asked.since.timestamp())
        found, more = await (self._changed, self._refunded)[turn.number](turn.token, begin)
        return Page(orders=tuple(map(orjson.dumps, found)), next=turn.after(more, 2))

    async def _changed(self, token: str, begin: int) -> tuple[list[dict[str, Any]], str]:
        place = Place.of(token)
        params = {
            "min_last_modified": str(begin),
            "sort_on": "receipt_id",
            "sort_order": "asc",
            "limit": str(_PAGE),
            "offset": str(place.offset),
        }
        found = await self.http.send("orders", "GET", f"{self._shop}/receipts", params=params, read=_listed)
        return found, place.after([int(one["receipt_id"]) for one in found], _PAGE)

    async def _refunded(self, token: str, begin: int) -> tuple[list[dict[str, Any]], str]:
        window = Window.of(token) if token else Window(begin, int(time.time()))
        names, more = await self._ledger.refunded(window)
        return [await self._get(name) for name in names], more.written() if more else ""

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Tell each tracking number that Etsy does not show yet; the buyer gets a mail for each."""
        receipt = await self._get(told.channel_order_id)
        path = f"{self._shop}/receipts/{told.channel_order_id}/tracking"
        shown = _tracked(receipt)
        if not told.parcels and not receipt.get("is_shipped"):
            await self.http.send("ship", "POST", path, json={}, read=_receipt)
        for parcel in told.parcels:
            if parcel.number not in shown:
                body = {"tracking_code": parcel.number, "carrier_name": _carrier(parcel.carrier)}
                await self.http.send("ship", "POST", path, json=body, read=_receipt)
        return Told(reference=told.parcels[0].number if told.parcels else "")

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """The receipt shows all of our tracking numbers."""
        receipt = await self._get(told.channel_order_id)
        if not told.parcels:
            return Told() if receipt.get("is_shipped") else None
        numbers = [parcel.number for parcel in told.parcels]
        return Told(reference=numbers[0]) if set(numbers) <= _tracked(receipt) else None

    async def cancel(self, _key: str, told: TellCancelled) -> Told:
        """There is no call for it.

        Raises:
            PermanentError: it is not cancelled yet.
        """
        found = await self.cancelled(_key, told)
        if found is None:
            pieces = ", ".join(f"{line.quantity} of {line.line_id}" for line in told.lines)
            msg = f"cancel in Etsy's Shop Manager: {pieces}"
            raise by_hand(msg)
        return found

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """The receipt is cancelled."""
        receipt = await self._get(told.channel_order_id)
        return Told() if str(receipt.get("status") or "").lower() == "canceled" else None

    async def refund(self, _key: str, told: TellRefund) -> Told:
        """There is no call for it.

        Raises:
            PermanentError: always.
        """
        amount = major(told.amount.amount_minor, told.amount.currency)
        msg = f"pay back {amount} in Etsy's Shop Manager"
        raise by_hand(msg)


class _Auth(TokenAuth):
    """The shop's token, and the application's key beside it."""

    def __init__(self, keys: Keys, fetch: FetchToken) -> None:
        super().__init__(fetch)
        self._keys = keys

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Called by httpx for each request."""
        request.headers["x-api-key"] = self._keys["api-key"]
        flow = super().async_auth_flow(request)
        response = yield await anext(flow)
        while True:
            try:
                response = yield await flow.asend(response)
            except StopAsyncIteration:
                return


def left(headers: Headers) -> Allowance | None:
    """What is left of this second's calls, and of the day's."""
    try:
        today = float(headers.get("x-remaining-today", "1"))
        if today < 1:
            return Allowance(remaining=0, renews_in_s=_TOMORROW_S)
        second, most = float(headers["x-remaining-this-second"]), float(headers["x-limit-per-second"])
    except (KeyError, ValueError):
        return None
    return Allowance(remaining=second, limit=most, renews_in_s=1.0)


def _carrier(name: str) -> str:
    return name.lower().split(" ")[0]


def _tracked(receipt: dict[str, Any]) -> set[str]:
    return {str(one.get("tracking_code") or "") for one in receipt.get("shipments") or ()}


def _receipt(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {**found, "receipt_id": found["receipt_id"]}


def _listed(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["results"])
