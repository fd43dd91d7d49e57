"""Flipkart's Marketplace Seller API v3, asked and told. https://seller.flipkart.com/api-docs/FMSAPI.html."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from services.capture.channels.access import Keys, granted
from services.capture.channels.accounts import FlipkartAccount
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
from services.capture.channels.flipkart import telling
from services.capture.channels.flipkart.stock import Stock
from services.capture.channels.paging import Turn
from services.capture.channels.speaking import WebApi, by_hand, connect, utc
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError
from services.hub.http import StatusError
from services.hub.money import major
from services.hub.secrets import Secrets
from services.hub.tokens import Token, TokenAuth

_ROOT = "/sellers"
_TOKEN = "/oauth-service/oauth/token"  # noqa: S105  # where tokens come from
_PAGE = 20
_OF_THE_SHIPMENT = frozenset({400, 404})
_BEFORE = ["APPROVED", "PACKING_IN_PROGRESS", "PACKED", "FORM_FAILED", "READY_TO_DISPATCH"]
_AFTER = ["PICKUP_COMPLETE", "SHIPPED", "DELIVERED"]
_LISTS: tuple[dict[str, Any], ...] = (
    {"type": "preDispatch", "states": _BEFORE},
    {"type": "postDispatch", "states": _AFTER},
    *(
        {"type": "cancelled", "states": ["CANCELLED"], "cancellationType": by}
        for by in ("buyerCancellation", "marketplaceCancellation", "sellerCancellation")
    ),
)
"""Shipments are listed apart: before and after they have left, and by who has cancelled them."""


class FlipkartApi(WebApi):
    """One seller at one location; ``docs/channels/flipkart.md`` says what is configured.

    An order of the hub is a shipment, which goes whole: what it is told is known by the status of its items. Those of
    Flipkart's own carrier get their label there, and are told to be ready. Flipkart pays buyers back itself.
    """

    batch = 10

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        self._tokens = connect(name, config)
        super().__init__(name, connect(name, config, auth=TokenAuth(self._token)), self._tokens)
        self._account = FlipkartAccount.of(name, config)
        self._location = self._account.location
        self._stock = Stock(self.http, _ROOT, self._location)

    async def _token(self) -> Token:
        basic = httpx.BasicAuth(self._keys["client-id"], self._keys["client-secret"])
        params = {"grant_type": "client_credentials", "scope": "Seller_Api"}
        return (await granted(self._tokens, _TOKEN, "GET", params=params, auth=basic))[0]

    async def _get(self, shipment_id: str) -> dict[str, Any]:
        params = {"shipmentIds": shipment_id}
        found = await self.http.send("order", "GET", f"{_ROOT}/v3/shipments", params=params, read=_shipments)
        if not found:
            code = "order-not-found"
            raise PermanentError(code, f"Flipkart has no shipment {shipment_id}")
        return found[0]

    async def _addressed(self, shipments: list[dict[str, Any]], *, listed: bool = False) -> tuple[bytes, ...]:
        """Shipments with their addresses, which are asked for apart.

        One of a list whose address is refused goes without: somebody looks at it, and it keeps no other back.
        """
        if not shipments:
            return ()
        try:
            found = await self._details([str(one["shipmentId"]) for one in shipments])
        except StatusError as error:
            passes = listed and error.status in _OF_THE_SHIPMENT
            if len(shipments) == 1 and telling.open_items(shipments[0]) and not passes:
                raise
            if len(shipments) == 1:  # of what is cancelled there may be none any more
                return (orjson.dumps(shipments[0]),)
            return tuple([body for one in shipments for body in await self._addressed([one], listed=listed)])
        details = {str(one.get("shipmentId")): one for one in found}
        return tuple(
            orjson.dumps({**one, **_addresses(details.get(str(one["shipmentId"])) or {})}) for one in shipments
        )

    async def _details(self, ids: list[str]) -> list[dict[str, Any]]:
        path = f"{_ROOT}/v3/shipments/{','.join(quote(one, safe='') for one in ids)}"
        return await self.http.send("address", "GET", path, read=_shipments)

    async def order(self, asked: AskOrder) -> Order:
        """One shipment, as it is now.

        Raises:
            PermanentError: there is none.
        """
        return Order(body=(await self._addressed([await self._get(asked.channel_order_id)]))[0])

    async def orders(self, asked: AskOrders) -> Page:
        """Shipments that have changed, list by list."""
        turn = Turn.of(asked.page)
        answer = await (self._more(turn.token) if turn.token else self._filter(turn.number, asked.since))
        rest = turn.after(str(answer.get("nextPageUrl") or "") if answer.get("hasMore") else "", len(_LISTS))
        return Page(orders=await self._addressed(list(answer["shipments"]), listed=True), next=rest)

    async def _filter(self, number: int, since: datetime) -> dict[str, Any]:
        wanted = _LISTS[number]
        span = {"from": utc(since), "to": utc(datetime.now(UTC))}
        is_cancelled = "cancellationType" in wanted
        body: dict[str, Any] = {
            "filter": {
                **wanted,
                "locationId": self._location,
                ("cancellationDate" if is_cancelled else "modifiedDate"): span,
            },
            "pagination": {"pageSize": _PAGE},
        }
        if not is_cancelled:
            body["sort"] = {"field": "modifiedDate", "order": "asc"}
        return await self.http.send("orders", "POST", f"{_ROOT}/v3/shipments/filter", json=body, read=_page, safe=True)

    async def _more(self, path: str) -> dict[str, Any]:
        return await self.http.send("orders", "GET", f"{_ROOT}{path}", read=_page)

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Tell that a shipment has left; of one that Flipkart's carrier takes, that it is ready.

        Raises:
            PermanentError: Flipkart's carrier takes it, and it has no label of Flipkart's yet.
        """
        shipment = await self._get(told.channel_order_id)
        if telling.has_left(shipment):
            return _left(told)
        if telling.is_own(shipment):
            body: dict[str, Any] = {"shipments": [telling.dispatched(shipment, told, self._account)]}
            path = f"{_ROOT}/v3/shipments/selfShip/dispatch"
        elif telling.is_packed(shipment):
            place = str(shipment.get("locationId") or self._location)
            body = {"shipmentIds": [told.channel_order_id], "locationId": place}
            path = f"{_ROOT}/v3/shipments/dispatch"
        else:
            msg = "Flipkart's own carrier takes it, with Flipkart's label: pack it in Seller Hub"
            raise by_hand(msg)
        await self._change("ship", path, body, told.channel_order_id)
        return _left(told)

    async def _change(self, operation: str, path: str, body: Any, shipment_id: str) -> None:
        def read(answer: httpx.Response) -> None:
            telling.done(orjson.loads(answer.content), shipment_id)

        await self.http.send(operation, "POST", path, json=body, read=read)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """Its items have left, or are ready to."""
        return _left(told) if telling.has_left(await self._get(told.channel_order_id)) else None

    async def cancel(self, _key: str, told: TellCancelled) -> Told:
        """Cancel items, before they are packed.

        Raises:
            PermanentError: others would be cancelled with them.
        """
        shipment = await self._get(told.channel_order_id)
        found = telling.groups(shipment, told)
        if found:
            body = {
                "shipmentId": told.channel_order_id,
                "locationId": str(shipment.get("locationId") or self._location),
                "cancellationGroupIds": found,
                "reason": telling.reason_of(told.reason),
            }
            path = f"{_ROOT}/v3/shipments/cancel"
            await self._change("cancel", path, {"shipments": [body]}, told.channel_order_id)
        return Told()

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """None of the items is open any more."""
        wanted = {line.line_id for line in told.lines}
        items = telling.open_items(await self._get(told.channel_order_id))
        return None if any(str(one["orderItemId"]) in wanted for one in items) else Told()

    async def refund(self, _key: str, told: TellRefund) -> Told:
        """There is no call for it.

        Raises:
            PermanentError: always.
        """
        amount = major(told.amount.amount_minor, told.amount.currency)
        msg = f"{amount} are to be paid back, and Flipkart pays buyers back itself: see to the return in Seller Hub"
        raise by_hand(msg)


def _left(told: TellShipped) -> Told:
    return Told(reference=told.parcels[0].number if told.parcels else "")


def _shipments(answer: httpx.Response) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["shipments"])


def _page(answer: httpx.Response) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(answer.content)
    return {**content, "shipments": list(content["shipments"])}


def _addresses(details: dict[str, Any]) -> dict[str, Any]:
    return {name: details[name] for name in ("deliveryAddress", "billingAddress") if details.get(name)}
