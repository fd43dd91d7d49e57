"""Telling Flipkart how much can be sold, by the seller's SKU, at one of the seller's locations.

https://seller.flipkart.com/api-docs/listing-api-docs/v3/UpdateListingsInventoryAPI.html, …/v3/GetListingsAPI.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.hub.http import Http

_UNKNOWN = "Flipkart has no listing of it"


class Stock:
    """The listings of one seller."""

    def __init__(self, http: Http, root: str, location: str) -> None:
        self._http = http
        self._root = root
        self._location = location
        self._products: dict[str, str] = {}
        """Flipkart's product ids (FSN) by SKU."""

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each."""
        await self._learn([level.sku for level in wanted.levels])
        known = {level.sku: level.available for level in wanted.levels if level.sku in self._products}
        problems = await self._publish(known) if known else {}
        for sku in known:
            if problems.get(sku, _UNKNOWN):  # it may be another product by now
                self._products.pop(sku, None)
        unsaid = known.keys() - problems.keys()  # it is told again
        return StockSet(levels=tuple(_told(one, problems) for one in wanted.levels if one.sku not in unsaid))

    async def _learn(self, skus: list[str]) -> None:
        missing = [sku for sku in skus if sku not in self._products]
        if not missing:
            return
        path = f"{self._root}/listings/v3/{','.join(quote(sku, safe='') for sku in missing)}"
        answer: dict[str, Any] = await self._http.send("listings", "GET", path)
        for sku, listing in (answer.get("available") or {}).items():
            self._products[sku] = str(listing["product_id"])

    async def _publish(self, available: Mapping[str, int]) -> dict[str, str]:
        body = {
            sku: {
                "product_id": self._products[sku],
                "locations": [{"id": self._location, "inventory": number}],
            }
            for sku, number in available.items()
        }
        path = f"{self._root}/listings/v3/update/inventory"
        answer: dict[str, Any] = await self._http.send("stock", "POST", path, json=body, safe=True)
        return {sku: _problem(answer[sku]) for sku in available if sku in answer}


def _told(level: Level, problems: Mapping[str, str]) -> Levelled:
    return Levelled(sku=level.sku, listing_id=level.listing_id, problem=problems.get(level.sku, _UNKNOWN))


def _problem(one: Mapping[str, Any]) -> str:
    """What is wrong with one; a warning is none."""
    if str(one.get("status") or "").upper() != "FAILURE":
        return ""
    errors = [*(one.get("errors") or ()), *(one.get("attribute_errors") or ())]
    texts = [f"{error.get('code', '')} {error.get('description', '')}".strip() for error in errors]
    return "; ".join(filter(None, texts)) or "refused, and not said why"
