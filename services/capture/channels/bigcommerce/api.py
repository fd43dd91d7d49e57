"""BigCommerce's REST API, asked and told. https://developer.bigcommerce.com/docs/rest-management."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson

from services.capture.channels.access import Keys
from services.capture.channels.accounts import BigCommerceAccount
from services.capture.channels.api import (
    AskOrder,
    AskOrders,
    Level,
    Levelled,
    Order,
    Page,
    SetStock,
    StockSet,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
    Tracking,
)
from services.capture.channels.marks import mark
from services.capture.channels.paging import Memory
from services.capture.channels.reading import exponent
from services.capture.channels.speaking import WebApi, by_hand, connect, shares, utc
from services.capture.rules import ApiConfig
from services.hub.http import StatusError
from services.hub.keys import KeyAuth
from services.hub.quota import Quota, by_names
from services.hub.secrets import Secrets

_PAGE = 20
"""Each order costs two calls or more, of 150 in half a minute."""
_MOST = 250
_INCLUDED = "consignments,fees"
_CANCELLED = 5
_OF_THE_SKU = frozenset({400, 404, 409, 422})
_LEFT = ("x-rate-limit-requests-left", "x-rate-limit-requests-quota", "x-rate-limit-time-reset-ms")
_CARRIERS = frozenset(
    {"australia-post", "canada-post", "dhl", "dpd", "fedex", "gls", "royal-mail", "tnt", "ups", "usps"}
)


class BigCommerceApi(WebApi):
    """One store; ``docs/channels/bigcommerce.md`` says what is configured.

    What is done once only carries our id, and is found by it: shipments in their comments, refunds in their reasons.
    """

    batch = 200

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        keys, quota = Keys(name, secrets), Quota(by_names(*_LEFT, unit_s=0.001), patience_s=10.0)
        auth = KeyAuth(lambda: keys["token"], "X-Auth-Token")
        headers = {"Accept": "application/json"}
        super().__init__(name, connect(name, config, auth=auth, quota=quota, headers=headers))
        self._location = BigCommerceAccount.of(name, config).location
        self._memory = Memory()

    async def _list(self, operation: str, path: str, **params: str) -> list[dict[str, Any]]:
        """A list, all of it; an empty one is no content at all."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            asked = {"limit": str(_MOST), "page": str(page), **params}
            some = await self.http.send(operation, "GET", path, params=asked, read=_listed)
            found += some
            if len(some) < int(asked["limit"]) or "page" in params:
                return found
            page += 1

    async def _composed(self, order: Mapping[str, Any]) -> bytes:
        """An order with what it only links to, and its refunds."""
        path = f"/v2/orders/{order['id']}"
        whole = {
            **order,
            "products": await self._list("products", f"{path}/products"),
            "shipping_addresses": await self._list("shipping-addresses", f"{path}/shipping_addresses"),
            "coupons": await self._list("coupons", f"{path}/coupons") if _amount(order.get("coupon_discount")) else [],
            "refunds": await self._refunds(str(order["id"])) if _amount(order.get("refunded_amount")) else [],
        }
        return orjson.dumps(whole)

    async def _get(self, order_id: str) -> dict[str, Any]:
        params = {"include": _INCLUDED}
        path = f"/v2/orders/{quote(order_id, safe='')}"
        return await self.http.send("order", "GET", path, params=params, read=_order)

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""
        return Order(body=await self._composed(await self._get(asked.channel_order_id)))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed, by their ids: one that changes meanwhile keeps its place."""
        listed = await self._list(
            "orders",
            "/v2/orders",
            min_date_modified=utc(asked.since),
            min_id=asked.page or "0",
            sort="id:asc",
            include=_INCLUDED,
            limit=str(_PAGE),
            page="1",
        )
        bodies = [await self._memory.get(str(one["id"]), one, self._composed) for one in listed]
        return Page(orders=tuple(bodies), next=str(int(listed[-1]["id"]) + 1) if len(listed) == _PAGE else "")

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels at one location; where BigCommerce refuses, each half, until it is known which it refuses."""
        items = [
            {
                "location_id": self._location,
                **({"variant_id": int(level.listing_id)} if level.listing_id.isdecimal() else {"sku": _sku(level)}),
                "quantity": level.available,
            }
            for level in wanted.levels
        ]
        try:
            path = "/v3/inventory/adjustments/absolute"
            await self.http.send("stock", "PUT", path, json={"reason": "crossdock", "items": items}, safe=True)
        except StatusError as error:
            if error.status not in _OF_THE_SKU:
                raise
            if len(wanted.levels) > 1:
                middle = len(wanted.levels) // 2
                halves = (wanted.levels[:middle], wanted.levels[middle:])
                each = [await self.stock(SetStock(levels=half)) for half in halves]
                return StockSet(levels=each[0].levels + each[1].levels)
            return _levelled(wanted.levels, f"{error.code} {error.detail}".rstrip())
        return _levelled(wanted.levels)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Make a shipment for each parcel, but for those that are there."""
        path = f"/v2/orders/{told.channel_order_id}"
        known = await self._shipments(told)
        products = {str(one["id"]): one for one in await self._list("products", f"{path}/products")}
        lines = [line for line in told.lines if line.line_id in products]
        parcels = told.parcels or (Tracking(carrier="", number=""),)
        reference = ""
        for number, (parcel, share) in enumerate(zip(parcels, shares(lines, len(parcels)), strict=False)):
            note = _note(told.fulfilment_id, number)
            if note not in known:
                address = products[next(iter(share))]["order_address_id"]
                body = {"order_address_id": address, "comments": note, **_tracking(parcel), "items": _items(share)}
                known[note] = await self.http.send("ship", "POST", f"{path}/shipments", json=body, read=_id)
            reference = reference or known[note]
        return Told(reference=reference)

    async def _shipments(self, told: TellShipped) -> dict[str, str]:
        """The ids of an order's shipments by their comments."""
        listed = await self._list("shipments", f"/v2/orders/{told.channel_order_id}/shipments")
        return {str(one.get("comments") or ""): str(one["id"]) for one in listed}

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """The shipments that have our id, if none is missing."""
        known = await self._shipments(told)
        pieces = sum(line.quantity for line in told.lines)
        notes = [_note(told.fulfilment_id, number) for number in range(min(max(1, len(told.parcels)), pieces))]
        return Told(reference=known[notes[0]]) if all(note in known for note in notes) else None

    async def cancel(self, _key: str, told: TellCancelled) -> Told:
        """Pay pieces back, where the store has the money; else set the order to cancelled.

        Raises:
            PermanentError: a part of an order is cancelled and nothing is to be paid back, which there is no call for.
        """
        order_id = told.channel_order_id
        if told.refund:
            order = await self._get(order_id)
            minor = told.amount.amount_minor if told.amount else None
            left = _amount(order["total_inc_tax"]) - _amount(order.get("refunded_amount"))
            amount = left if minor is None or told.amount is None else _major(minor, told.amount.currency)
            items = [
                {
                    "item_type": "PRODUCT",
                    "item_id": int(line.line_id),
                    "quantity": line.quantity,
                    "reason": mark("cancel", told.cancel_id),
                }
                for line in told.lines
                if line.line_id.isdecimal()
            ]
            return await self._pay_back(order_id, items, amount, mark("cancel", told.cancel_id))
        if not told.complete:
            pieces = ", ".join(f"{line.quantity} of {line.line_id}" for line in told.lines)
            msg = f"BigCommerce cancels orders whole; take these off there: {pieces}"
            raise by_hand(msg)
        await self.http.send("cancel", "PUT", f"/v2/orders/{order_id}", json={"status_id": _CANCELLED}, safe=True)
        return Told()

    async def cancelled(self, _key: str, told: TellCancelled) -> Told | None:
        """The refund that has our id; to set an order to cancelled twice does no harm."""
        return await self._paid_back(told.channel_order_id, mark("cancel", told.cancel_id)) if told.refund else None

    async def refund(self, _key: str, told: TellRefund) -> Told:
        """Pay an amount back, and no pieces."""
        amount = _major(told.amount.amount_minor, told.amount.currency)
        return await self._pay_back(told.channel_order_id, [], amount, mark("refund", told.refund_id))

    async def refunded(self, _key: str, told: TellRefund) -> Told | None:
        """The refund that has our id."""
        return await self._paid_back(told.channel_order_id, mark("refund", told.refund_id))

    async def _refunds(self, order_id: str) -> list[dict[str, Any]]:
        path = f"/v3/orders/{order_id}/payment_actions/refunds"
        return await self.http.send("refunds", "GET", path, read=_data)

    async def _paid_back(self, order_id: str, ours: str) -> Told | None:
        for one in await self._refunds(order_id):
            if any(item.get("reason") == ours for item in one.get("items") or ()):
                return Told(reference=str(one["id"]))
        return None

    async def _pay_back(self, order_id: str, items: list[dict[str, Any]], amount: Decimal, ours: str) -> Told:
        """Pay back what pieces cost, and as much more, not of any piece, as makes up the amount."""
        quoted: dict[str, Any] = await self._quote(order_id, items) if items else {"total_refund_amount": 0}
        rest = amount - _amount(quoted["total_refund_amount"])
        if rest < 0:
            items, rest = [], amount
        if rest:
            more = {"item_type": "ORDER", "item_id": int(order_id), "amount": float(rest), "reason": ours}
            items = [*items, more]
            quoted = await self._quote(order_id, items)
        methods: Sequence[Sequence[Mapping[str, Any]]] = quoted.get("refund_methods") or ()
        if not methods:
            msg = "BigCommerce offers no way to pay it back; see to it there"
            raise by_hand(msg)
        chosen = next((method for method in methods if not any(one.get("offline") for one in method)), methods[0])
        payments = [{name: one[name] for name in ("provider_id", "amount", "offline") if name in one} for one in chosen]
        path = f"/v3/orders/{order_id}/payment_actions/refunds"
        made = await self.http.send("refund", "POST", path, json={"items": items, "payments": payments}, read=_made)
        return Told(reference=made)

    async def _quote(self, order_id: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        path = f"/v3/orders/{order_id}/payment_actions/refund_quotes"
        answer: Any = await self.http.send("quote", "POST", path, json={"items": items}, safe=True)
        return dict(answer["data"])


def _levelled(levels: Sequence[Level], problem: str = "") -> StockSet:
    told = (Levelled(sku=one.sku, listing_id=one.listing_id, problem=problem) for one in levels)
    return StockSet(levels=tuple(told))


def _sku(level: Level) -> str:
    return level.listing_id or level.sku


def _note(ours: str, number: int = 0) -> str:
    return mark("ship", f"{ours}/{number + 1}" if number else ours)


def _tracking(parcel: Tracking) -> dict[str, str]:
    if not parcel.number:
        return {}
    code = parcel.carrier.lower()
    code = next((known for known in _CARRIERS if code == known or code.startswith(f"{known}-")), "")
    found = {"tracking_number": parcel.number, "shipping_method": parcel.carrier}
    found |= {"tracking_carrier": code} if code else {}
    return found | ({"tracking_link": parcel.url} if parcel.url else {})


def _items(share: Mapping[str, int]) -> list[dict[str, int]]:
    return [{"order_product_id": int(name), "quantity": quantity} for name, quantity in share.items()]


def _amount(text: Any) -> Decimal:
    return Decimal(str(text or 0))


def _major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def _listed(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)) if answer.content else []


def _data(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["data"]) if answer.content else []


def _order(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {**found, "id": found["id"]}


def _id(answer: Any) -> str:
    return str(orjson.loads(answer.content)["id"])


def _made(answer: Any) -> str:
    return str(orjson.loads(answer.content)["data"]["id"])
