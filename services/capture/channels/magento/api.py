"""Magento's REST API, asked and told. https://developer.adobe.com/commerce/webapi/rest/."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson

from services.capture.channels.access import Keys
from services.capture.channels.accounts import MagentoAccount
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
from services.capture.channels.magento.oauth import Integration
from services.capture.channels.magento.stock import Stock
from services.capture.channels.marks import mark
from services.capture.channels.reading import exponent
from services.capture.channels.speaking import WebApi, by_hand, connect
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError
from services.hub.secrets import Secrets

_PAGE = 100
_CARRIERS = frozenset({"dhl", "fedex", "ups", "usps"})
_ENDED = frozenset({"canceled", "closed"})
_PAID = 2
"""The state of an invoice that is paid."""


class MagentoApi(WebApi):
    """One shop; ``docs/channels/magento.md`` says what is configured.

    What is done once only carries our id in its comment, and is found by it: shipments, credit memos.
    """

    batch = 50

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        super().__init__(name, connect(name, config, auth=Integration(Keys(name, secrets))))
        account = MagentoAccount.of(name, config)
        self._root = f"/rest/{account.store}/V1"
        self._sources = {ours: theirs for theirs, ours in config.locations.items()}
        self._stock = Stock(self.http, self._root, account.source, account.stock)

    async def _list(self, operation: str, path: str, **criteria: str) -> dict[str, Any]:
        params = {f"searchCriteria{name}": value for name, value in criteria.items()}
        return await self.http.send(operation, "GET", f"{self._root}{path}", params=params, read=_listed)

    async def _of_order(self, operation: str, path: str, order_id: str) -> list[dict[str, Any]]:
        """What belongs to an order."""
        wanted = _filter("order_id", "eq", order_id)
        return list((await self._list(operation, path, **wanted))["items"])

    async def _get(self, order_id: str) -> dict[str, Any]:
        path = f"{self._root}/orders/{quote(order_id, safe='')}"
        return await self.http.send("order", "GET", path, read=_order)

    async def _with_memos(self, order: dict[str, Any]) -> bytes:
        refunded = Decimal(str(order.get("total_refunded") or 0)) or order.get("state") == "closed"
        memos = await self._of_order("memos", "/creditmemos", str(order["entity_id"])) if refunded else []
        return orjson.dumps({**order, "credit_memos": memos})

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now, with its credit memos."""
        return Order(body=await self._with_memos(await self._get(asked.channel_order_id)))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed, by their ids: one that changes meanwhile keeps its place.

        The shop writes moments in UTC.
        """
        criteria = {
            **_filter("updated_at", "gteq", f"{asked.since:%Y-%m-%d %H:%M:%S}"),
            **_filter("entity_id", "gt", asked.page or "0", group=1),
            "[sortOrders][0][field]": "entity_id",
            "[sortOrders][0][direction]": "ASC",
            "[pageSize]": str(_PAGE),
            "[currentPage]": "1",
        }
        found = list((await self._list("orders", "/orders", **criteria))["items"])
        bodies = [await self._with_memos(one) for one in found]
        return Page(orders=tuple(bodies), next=str(found[-1]["entity_id"]) if len(found) == _PAGE else "")

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Make a shipment, and have Magento tell the buyer."""
        source = self._sources.get(told.location_id)
        body = {
            "items": _items(told),
            "notify": True,
            "appendComment": False,
            "comment": {"comment": mark("ship", told.fulfilment_id), "is_visible_on_front": 0},
            "tracks": [
                {"track_number": one.number, "title": one.carrier, "carrier_code": _carrier(one.carrier)}
                for one in told.parcels
            ],
            **({"arguments": {"extension_attributes": {"source_code": source}}} if source else {}),
        }
        made = await self.http.send(
            "ship", "POST", f"{self._root}/order/{told.channel_order_id}/ship", json=body, read=_id
        )
        return Told(reference=made)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """The shipment that has our id."""
        return await self._made("/shipments", told.channel_order_id, mark("ship", told.fulfilment_id))

    async def _made(self, path: str, order_id: str, ours: str) -> Told | None:
        for one in await self._of_order("look-up", path, order_id):
            if any(ours == str(said.get("comment") or "").strip() for said in one.get("comments") or ()):
                return Told(reference=str(one["entity_id"]))
        return None

    async def cancel(self, _key: str, told: TellCancelled) -> Told:
        """Cancel what is not invoiced; of what is, make a credit memo: online where Magento is to pay it back.

        Raises:
            PermanentError: a part of an order is cancelled that is not invoiced, which Magento has no call for.
        """
        paid = await self._paid(told.channel_order_id)
        if paid is None:
            if not told.complete:
                pieces = ", ".join(f"{line.quantity} of {line.line_id}" for line in told.lines)
                msg = f"Magento cancels orders whole that are not invoiced; cancel there: {pieces}"
                raise by_hand(msg)
            return await self._cancel(told.channel_order_id)
        rest = {} if told.complete else {"shipping_amount": 0}
        return await self._memo(
            paid, {"items": _items(told)}, mark("cancel", told.cancel_id), online=told.refund, rest=rest
        )

    async def _cancel(self, order_id: str) -> Told:
        """Magento says whether it has; of an order that is cancelled already it says that it has not."""
        path = f"{self._root}/orders/{order_id}/cancel"
        if await self.http.send("cancel", "POST", path, safe=True) is not True:
            state = (await self._get(order_id)).get("state")
            if state not in _ENDED:
                code = "not-cancelled"
                raise PermanentError(code, f"order {order_id} is {state!r} at Magento, which does not cancel it")
        return Told()

    async def _paid(self, order_id: str) -> dict[str, Any] | None:
        """The invoice that is paid; of several the first one."""
        invoices = await self._of_order("invoices", "/invoices", order_id)
        return next((one for one in invoices if one.get("state") == _PAID), None)

    async def _memo(
        self, invoice: dict[str, Any], body: Mapping[str, Any], ours: str, *, online: bool, rest: Mapping[str, Any]
    ) -> Told:
        wanted = {
            **body,
            "notify": False,
            "appendComment": False,
            "comment": {"comment": ours, "is_visible_on_front": 0},
            **({"arguments": rest} if rest else {}),
        }
        if online:
            path, wanted = f"/invoice/{invoice['entity_id']}/refund", {**wanted, "isOnline": True}
        else:
            path = f"/order/{invoice['order_id']}/refund"
        return Told(reference=await self.http.send("refund", "POST", f"{self._root}{path}", json=wanted, read=_id))

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """The credit memo that has our id, or an order that is over."""
        found = await self._made("/creditmemos", told.channel_order_id, mark("cancel", told.cancel_id))
        if found is None and told.complete and (await self._get(told.channel_order_id)).get("state") in _ENDED:
            return Told()
        return found

    async def refund(self, _key: str, told: TellRefund) -> Told:
        """Pay an amount back, and no pieces: an adjustment, in the shop's currency.

        Raises:
            PermanentError: nothing is paid that could be paid back.
        """
        invoice = await self._paid(told.channel_order_id)
        if invoice is None:
            msg = "no invoice of the order is paid at Magento"
            raise by_hand(msg)
        order = await self._get(told.channel_order_id)
        amount = Decimal(told.amount.amount_minor).scaleb(-exponent(told.amount.currency))
        rate = Decimal(str(order.get("base_to_order_rate") or 1))
        none = [{"order_item_id": one["order_item_id"], "qty": 0} for one in invoice["items"]]
        rest = {"shipping_amount": 0, "adjustment_positive": float(round(amount / rate, 4)), "adjustment_negative": 0}
        return await self._memo(invoice, {"items": none}, mark("refund", told.refund_id), online=True, rest=rest)

    async def refunded(self, _key: str, told: TellRefund) -> Told | None:
        """The credit memo that has our id."""
        return await self._made("/creditmemos", told.channel_order_id, mark("refund", told.refund_id))


def _filter(field: str, condition: str, value: str, group: int = 0) -> dict[str, str]:
    """A condition; those of different groups hold together."""
    at = f"[filterGroups][{group}][filters][0]"
    return {f"{at}[field]": field, f"{at}[conditionType]": condition, f"{at}[value]": value}


def _items(told: TellShipped | TellCancelled) -> list[dict[str, int]]:
    """Order items; what was paid beside them, such as gift wrap, is a line here and none there."""
    return [
        {"order_item_id": int(line.line_id), "qty": line.quantity} for line in told.lines if line.line_id.isdecimal()
    ]


def _carrier(name: str) -> str:
    first = name.lower().split("-")[0].split(" ")[0]
    return first if first in _CARRIERS else "custom"


def _listed(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {**found, "items": list(found["items"] or ()), "total_count": found.get("total_count") or 0}


def _order(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {**found, "entity_id": found["entity_id"]}


def _id(answer: Any) -> str:
    return str(int(orjson.loads(answer.content)))
