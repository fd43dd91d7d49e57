"""Telling Amazon how much can be sold: a patch for each listing, five a second.

A feed (JSON_LISTINGS_FEED) takes many listings at once, but there may be one in two minutes only, and minutes or hours
later it says what became of them; a patch says so at once. Patches carry 18,000 listings an hour, feeds of the 400 that
are published at a time 12,000.

Of what Amazon keeps in stock itself nothing is told: a patch of the seller's quantity would take the offer away from
Amazon's fulfilment.

https://developer-docs.amazon.com/sp-api/docs/listings-items-api-v2021-08-01-reference
"""

import time
from typing import Any
from urllib.parse import quote

from services.capture.channels.api import Level, SetStock, StockSet
from services.capture.channels.speaking import each
from services.hub.http import Http, StatusError

_AT_ONCE = 5
_OF_THE_LISTING = frozenset({400, 404})
_ANEW_S = 3600.0
"""So long it is believed who keeps a listing in stock: sellers change that."""
_REMEMBERED = 50_000
_KEPT_BY_AMAZON = "Amazon keeps it in stock itself, and counts it"


class Listings:
    """The listings of one seller in one marketplace."""

    def __init__(self, http: Http, seller: str, marketplace: str) -> None:
        self._http = http
        self._seller = seller
        self._params = {"marketplaceIds": marketplace}
        self._by_amazon: dict[str, tuple[bool, float]] = {}
        """Whether Amazon keeps a listing in stock, by its SKU, and when it was asked."""

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each.

        Raises:
            TransientError: none could be told.
        """
        return await each(wanted.levels, self._one, _AT_ONCE, self._http.timeout_s)

    async def _one(self, level: Level) -> str:
        """Publish one level; what is wrong with it."""
        sku = level.listing_id or level.sku
        path = f"/listings/2021-08-01/items/{quote(self._seller, safe='')}/{quote(sku, safe='')}"
        try:
            if await self._kept_by_amazon(sku, path):
                return _KEPT_BY_AMAZON
            value = [{"fulfillment_channel_code": "DEFAULT", "quantity": level.available}]
            patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}
            answer: Any = await self._http.send(
                "patchListingsItem",
                "PATCH",
                path,
                params=self._params,
                json={"productType": "PRODUCT", "patches": [patch]},
                safe=True,
            )
        except StatusError as error:
            if error.status not in _OF_THE_LISTING:
                raise
            return f"{error.code} {error.detail}".rstrip()
        return _wrong(answer)

    async def _kept_by_amazon(self, sku: str, path: str) -> bool:
        known, asked_at = self._by_amazon.pop(sku, (False, float("-inf")))
        now = time.monotonic()
        if now - asked_at > _ANEW_S:
            known, asked_at = await self._fulfilled_by_amazon(path), now
        self._by_amazon[sku] = known, asked_at
        if len(self._by_amazon) > _REMEMBERED:
            del self._by_amazon[next(iter(self._by_amazon))]
        return known

    async def _fulfilled_by_amazon(self, path: str) -> bool:
        params = {**self._params, "includedData": "fulfillmentAvailability"}
        found: Any = await self._http.send("getListingsItem", "GET", path, params=params)
        codes = [str(one.get("fulfillmentChannelCode", "")) for one in found.get("fulfillmentAvailability") or ()]
        return any(code.startswith("AMAZON") for code in codes)


def _wrong(answer: Any) -> str:
    """Why a patch was not accepted; empty: it was."""
    if answer.get("status") == "ACCEPTED":
        return ""
    issues = [one for one in answer.get("issues") or () if one.get("severity") == "ERROR"]
    said = "; ".join(f"{one.get('code', '')} {one.get('message', '')}".strip() for one in issues)
    return said or f"status {answer.get('status', 'missing')}"
