"""Telling Square how much can be sold at one location: counts of its catalogue's variations.

https://developer.squareup.com/reference/square/inventory-api/batch-change-inventory,
https://developer.squareup.com/reference/square/catalog-api/search-catalog-objects
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.hub.http import Http, StatusError

_OF_THE_SKU = frozenset({400, 404, 409, 422})
_REMEMBERED = 50_000


class Stock:
    """One location of a seller."""

    def __init__(self, http: Http, location: str) -> None:
        self._http = http
        self._location = location
        self._variations: OrderedDict[str, str] = OrderedDict()
        """The catalogue's ids, by SKU."""

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each."""
        problems = await self._find([one.sku for one in wanted.levels if not one.listing_id])
        names = {index: self._name(one) for index, one in enumerate(wanted.levels)}
        counts = {name: wanted.levels[index].available for index, name in names.items() if name}
        refused = await self._write(list(counts.items())) if counts else {}
        for index, name in names.items():
            if name in refused:  # it may be another one by now
                self._variations.pop(wanted.levels[index].sku, None)
        told = []
        for index, one in enumerate(wanted.levels):
            problem = refused.get(names[index], "") if names[index] else problems[one.sku]
            told.append(Levelled(sku=one.sku, listing_id=one.listing_id, problem=problem))
        return StockSet(levels=tuple(told))

    async def _find(self, skus: Sequence[str]) -> dict[str, str]:
        """Look these up in the catalogue; why some are not known. Square compares without regard to case."""
        unknown = [sku for sku in skus if sku not in self._variations]
        if not unknown:
            return {}
        query = {"set_query": {"attribute_name": "sku", "attribute_values": unknown}}
        found: dict[str, list[str]] = {}
        body: dict[str, Any] = {"object_types": ["ITEM_VARIATION"], "query": query}
        while True:
            answer = await self._http.send("catalogue", "POST", "/v2/catalog/search", json=body, read=_found, safe=True)
            for one in answer.get("objects") or ():
                sku = str((one.get("item_variation_data") or {}).get("sku") or "")
                found.setdefault(sku, []).append(str(one["id"]))
            if not answer.get("cursor"):
                break
            body = {**body, "cursor": answer["cursor"]}
        problems = {}
        for sku in unknown:
            ids = found.get(sku, [])
            if len(ids) == 1:
                self._variations[sku] = ids[0]
            else:
                several = f"{len(ids)} variations have it: map them by listing"
                problems[sku] = several if ids else "no variation of the catalogue has it"
        while len(self._variations) > _REMEMBERED:
            self._variations.popitem(last=False)
        return problems

    async def _write(self, counts: Sequence[tuple[str, int]]) -> dict[str, str]:
        """Count them; where Square refuses, each half, until it is known what it refuses: what is wrong, by id."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        changes = [
            {
                "type": "PHYSICAL_COUNT",
                "physical_count": {
                    "catalog_object_id": name,
                    "state": "IN_STOCK",
                    "location_id": self._location,
                    "quantity": str(available),
                    "occurred_at": at,
                },
            }
            for name, available in counts
        ]
        body = {"idempotency_key": str(uuid4()), "changes": changes, "ignore_unchanged_counts": False}
        try:
            await self._http.send("stock", "POST", "/v2/inventory/changes/batch-create", json=body, safe=True)
        except StatusError as error:
            if error.status not in _OF_THE_SKU:
                raise
            if len(counts) == 1:
                return {counts[0][0]: f"{error.code} {error.detail}".rstrip()}
            middle = len(counts) // 2
            return await self._write(counts[:middle]) | await self._write(counts[middle:])
        return {}

    def _name(self, level: Level) -> str:
        return level.listing_id or self._variations.get(level.sku, "")


def _found(answer: Any) -> dict[str, Any]:
    return dict(orjson.loads(answer.content))
