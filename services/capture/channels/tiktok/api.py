"""TikTok Shop's Partner API, asked and told. https://partner.tiktokshop.com/docv2."""

import asyncio
from typing import Any

import orjson

from services.capture.channels.access import Granted, Keys, Renewed, granted
from services.capture.channels.accounts import TikTokAccount
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
from services.capture.channels.doubts import Doubts
from services.capture.channels.paging import Turn
from services.capture.channels.speaking import WebApi, connect
from services.capture.channels.tiktok import aftersales, telling
from services.capture.channels.tiktok.access import Shop, Signed, tokens_of
from services.capture.channels.tiktok.stock import Stock
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError
from services.hub.money import major, plain
from services.hub.secrets import Secrets

_PAGE = "50"
"""As many as can be looked up at a time."""
_AFTER = "/return_refund/202602"
_RETURNS = (f"{_AFTER}/returns/search", "return_orders")
_CANCELLATIONS = (f"{_AFTER}/cancellations/search", "cancellations")
_LISTS = (
    ("/order/202309/orders/search", "orders", "id"),
    (*_RETURNS, "order_id"),
    (*_CANCELLATIONS, "order_id"),
)
"""What is gone through for changes: a return does not change its order. Path, where the list is, and the order's id."""


class TikTokApi(WebApi):
    """One shop; ``docs/channels/tiktok.md`` says what is configured.

    There is an item for each piece, so that what has shipped and what is cancelled is known piece by piece. TikTok's
    own carrier and its label are arranged in Seller Center. Refunds of the seller's own are by amount.
    """

    batch = 50

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        self._tokens = connect(name, config)
        account = TikTokAccount.of(name, config)
        self._token_url = account.token_url
        auth = Signed(self._keys, account.cipher, Renewed(self._keys, self._exchanged))
        super().__init__(name, connect(name, config, auth=auth), self._tokens)
        self._shop = Shop(self.http)
        self._stock = Stock(self._shop, account.warehouse)
        self._providers: dict[str, list[dict[str, Any]]] = {}
        """Carriers by delivery option."""
        self._refunds: Doubts[frozenset[str]] = Doubts()
        """Refunds of an order that were there before ours."""

    async def _exchanged(self, refresh_token: str) -> Granted:
        params = {
            "app_key": self._keys["client-id"],
            "app_secret": self._keys["client-secret"],
            "refresh_token": refresh_token,
            "grant_type": "refresh_token",
        }
        return await granted(self._tokens, self._token_url, "GET", tokens_of, params=params)

    async def _orders(self, ids: list[str]) -> list[dict[str, Any]]:
        answer = await self._shop.get("order", "/order/202309/orders", ids=",".join(ids))
        return list(answer.get("orders") or ())

    async def _one(self, order_id: str) -> dict[str, Any]:
        found = await self._orders([order_id])
        if not found:
            code = "order-not-found"
            raise PermanentError(code, f"TikTok Shop has no order {order_id}")
        return found[0]

    async def _whole(self, orders: list[dict[str, Any]]) -> tuple[bytes, ...]:
        """Orders with their returns and cancellations, as `Format.read` takes them."""
        if not orders:
            return ()
        body = {"order_ids": [str(one["id"]) for one in orders]}
        returns, cancellations = await asyncio.gather(
            self._shop.all("returns", *_RETURNS, body), self._shop.all("cancellations", *_CANCELLATIONS, body)
        )
        return tuple(
            orjson.dumps(
                {
                    **one,
                    "returns": [back for back in returns if str(back.get("order_id")) == str(one["id"])],
                    "cancellations": [back for back in cancellations if str(back.get("order_id")) == str(one["id"])],
                }
            )
            for one in orders
        )

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now.

        Raises:
            PermanentError: there is none.
        """
        return Order(body=(await self._whole([await self._one(asked.channel_order_id)]))[0])

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed, then those of which a return or a cancellation has.

        Each list is sorted by when its entries were made, which stays: one that changes meanwhile keeps its place.
        """
        turn = Turn.of(asked.page)
        path, key, name = _LISTS[turn.number]
        more = {"page_token": turn.token} if turn.token else {}
        answer = await self._shop.search(
            "orders",
            path,
            {"update_time_ge": int(asked.since.timestamp())},
            page_size=_PAGE,
            sort_field="create_time",
            sort_order="ASC",
            **more,
        )
        ids = list(dict.fromkeys(str(one[name]) for one in answer.get(key) or ()))
        rest = turn.after(str(answer.get("next_page_token") or ""), len(_LISTS))
        return Page(orders=await self._whole(await self._orders(ids)) if ids else (), next=rest)

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Tell of each package that TikTok shows no tracking number of.

        Raises:
            PermanentError: TikTok's own carrier takes it, or its package has pieces that have not shipped.
        """
        order = await self._one(told.channel_order_id)
        for package in telling.packages(order, told):
            parcel = {
                "tracking_number": package.number,
                "shipping_provider_id": await self._provider(order, package.carrier),
            }
            if package.package_id:
                path = f"/fulfillment/202309/packages/{package.package_id}/ship"
                await self._shop.tell("ship", path, {"self_shipment": parcel})
            else:
                path = f"/fulfillment/202309/orders/{told.channel_order_id}/packages"
                await self._shop.tell("ship", path, {"order_line_item_ids": list(package.items), **parcel})
        return Told(reference=told.parcels[0].number if told.parcels else "")

    async def _provider(self, order: dict[str, Any], carrier: str) -> str:
        option = str(order.get("delivery_option_id") or "")
        if option not in self._providers:
            path = f"/logistics/202309/delivery_options/{option}/shipping_providers"
            answer = await self._shop.get("providers", path)
            self._providers[option] = list(answer.get("shipping_providers") or ())
        return telling.provider_of(carrier, self._providers[option])

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """TikTok shows a tracking number of each piece."""
        items = telling.items_of(await self._one(told.channel_order_id), told.lines)
        if not telling.have_shipped(items):
            return None
        return Told(reference=str(items[0]["tracking_number"]) if items else "")

    async def cancel(self, key: str, told: TellCancelled) -> Told:
        """Cancel pieces; where the buyer has asked for just that, TikTok is told that they may.

        Raises:
            PermanentError: TikTok does not have it cancelled; its reason.
        """
        order = await self._one(told.channel_order_id)
        items = _ids(telling.items_of(order, told.lines))
        if not items:
            return Told()
        asked = aftersales.asked_by_buyer(await self._after(_CANCELLATIONS, told.channel_order_id), items)
        if asked:
            path = f"/return_refund/202309/cancellations/{asked}/approve"
            await self._shop.tell("cancel", path, {}, idempotency_key=aftersales.once(key))
            return Told(reference=asked)
        _, names = aftersales.allowed(await self._eligibility(told.channel_order_id, "CANCEL"), "CANCEL", items)
        body = {
            "order_id": told.channel_order_id,
            "cancel_reason": aftersales.reason_of(told.reason, names, "stock"),
            **({} if items == _ids(telling.open_items(order)) else {"order_line_item_ids": items}),
        }
        answer = await self._shop.tell("cancel", f"{_AFTER}/cancellations", body)
        return Told(reference=str(answer.get("cancel_id") or ""))

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """The pieces are cancelled, or are about to be."""
        items = _ids(telling.items_of(await self._one(told.channel_order_id), told.lines))
        if not items:
            return Told()
        found = aftersales.cancellation_of(await self._after(_CANCELLATIONS, told.channel_order_id), items)
        return Told(reference=found) if found else None

    async def _after(self, what: tuple[str, str], order_id: str) -> list[dict[str, Any]]:
        return await self._shop.all(what[1], *what, {"order_ids": [order_id]})

    async def _eligibility(self, order_id: str, kind: str) -> dict[str, Any]:
        path = f"{_AFTER}/orders/{order_id}/aftersale_eligibility"
        return await self._shop.get("eligibility", path, initiate_aftersale_user="SELLER", request_types=kind)

    async def refund(self, key: str, told: TellRefund) -> Told:
        """Pay some of it back; the buyer keeps the goods, or has sent them back elsewhere.

        Raises:
            PermanentError: TikTok does not have it paid back, or nothing tells whether it was before.
        """
        self._refunds.check(key)
        order = await self._one(told.channel_order_id)
        wanted = _ids(telling.items_of(order, told.lines) or telling.open_items(order))
        items, names = aftersales.allowed(await self._eligibility(told.channel_order_id, "REFUND"), "REFUND", wanted)
        found = aftersales.refunds_of(await self._after(_RETURNS, told.channel_order_id), told)
        self._refunds.note(key, frozenset(found))
        body = {
            "order_id": told.channel_order_id,
            "return_type": "REFUND",
            "return_reason": aftersales.reason_of(told.reason, names),
            "refund_total": plain(told.amount),
            "currency": told.amount.currency,
            "order_line_item_ids": items,
        }
        answer = await self._shop.tell("refund", f"{_AFTER}/returns", body, idempotency_key=aftersales.once(key))
        return Told(reference=str(answer.get("return_id") or ""))

    async def refunded(self, key: str, told: TellRefund) -> Told | None:
        """There is a refund of the amount that was not there before. After a restart nothing tells which is ours."""
        found = aftersales.refunds_of(await self._after(_RETURNS, told.channel_order_id), told)
        before = self._refunds.before(key)
        new = [one for one in found if one not in (before or ())]
        if not new:
            self._refunds.wait(key)
            return None
        if before is not None:
            return Told(reference=new[0])
        amount = major(told.amount.amount_minor, told.amount.currency)
        self._refunds.leave(key, f"whether {amount} were paid back as {', '.join(new)} is not known; look at TikTok")
        return None


def _ids(items: list[telling.Item]) -> list[str]:
    return [str(one["id"]) for one in items]
