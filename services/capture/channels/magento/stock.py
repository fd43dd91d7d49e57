"""Telling Magento how much can be sold, by its Multi Source Inventory.

What Magento sells is what its sources hold, less its reservations: the pieces of orders that it has not shipped yet.
The hub has taken those off already, so they are put on top, or they would be counted twice.
"""

import asyncio
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.hub.http import Http, StatusError

_OF_THE_SKU = frozenset({400, 404})
_AT_ONCE = 4


class Stock:
    """One source of a shop, and the stock that it belongs to."""

    def __init__(self, http: Http, root: str, source: str, stock: str) -> None:
        self._http = http
        self._root = root
        self._source = source
        self._stock = stock

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each."""
        held = await self._held([_sku(level) for level in wanted.levels])
        gate = asyncio.Semaphore(_AT_ONCE)

        async def item(level: Level) -> dict[str, Any] | str:
            async with gate:
                return await self._item(level, held)

        found = await asyncio.gather(*map(item, wanted.levels), return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        items = [one for one in found if isinstance(one, dict)]
        refused = await self._write(items)
        told = []
        for level, one in zip(wanted.levels, found, strict=True):
            problem = one if isinstance(one, str) else refused.get(_sku(level), "")
            told.append(Levelled(sku=level.sku, listing_id=level.listing_id, problem=problem))
        return StockSet(levels=tuple(told))

    async def _held(self, skus: list[str]) -> dict[str, Decimal]:
        """What the source holds of each SKU, reserved or not."""
        group = "searchCriteria[filterGroups]"
        params = {
            f"{group}[0][filters][0][field]": "sku",
            f"{group}[0][filters][0][conditionType]": "in",
            f"{group}[0][filters][0][value]": ",".join(skus),
        }
        path = f"{self._root}/inventory/source-items"
        found = await self._http.send("source-items", "GET", path, params=params, read=_listed)
        held: dict[str, Decimal] = {}
        for one in found:
            held[one["sku"]] = held.get(one["sku"], Decimal(0)) + Decimal(str(one["quantity"]))
        return held

    async def _item(self, level: Level, held: dict[str, Decimal]) -> dict[str, Any] | str:
        """What is to be written of one SKU, or what is wrong with it."""
        sku = _sku(level)
        path = f"{self._root}/inventory/get-product-salable-quantity/{quote(sku, safe='')}/{self._stock}"
        try:
            salable = await self._http.send("salable", "GET", path, read=_number)
        except StatusError as error:
            if error.status not in _OF_THE_SKU:
                raise
            return f"{error.code} {error.detail}".rstrip()
        reserved = max(Decimal(0), held.get(sku, salable) - salable)
        quantity = level.available + reserved
        return {
            "sku": sku,
            "source_code": self._source,
            "quantity": float(quantity),
            "status": 1 if quantity else 0,
        }

    async def _write(self, items: list[dict[str, Any]]) -> dict[str, str]:
        """Write them all; where Magento refuses, one by one: what is wrong, by SKU."""
        if not items:
            return {}
        try:
            await self._http.send(
                "stock", "POST", f"{self._root}/inventory/source-items", json={"sourceItems": items}, safe=True
            )
        except StatusError as error:
            if error.status not in _OF_THE_SKU:
                raise
            if len(items) == 1:
                return {items[0]["sku"]: f"{error.code} {error.detail}".rstrip()}
            refused: dict[str, str] = {}
            for one in items:
                refused |= await self._write([one])
            return refused
        return {}


def _sku(level: Level) -> str:
    return level.listing_id or level.sku


def _listed(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["items"] or ())


def _number(answer: Any) -> Decimal:
    return Decimal(str(orjson.loads(answer.content)))
