"""Stock levels of WooCommerce: products and variations, a hundred at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.hub.http import Http, StatusError

_SKUS_AT_ONCE = 50
_IS_VARIATION = "woocommerce_rest_invalid_product_id"
"""What is said of a variation that is taken for a product."""


class Stock:
    """Sets levels."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._parents: dict[str, str] = {}
        """By variation, the product that it is of."""
        self._ids: dict[str, str] = {}
        """Products and variations by SKU."""

    async def set(self, request: SetStock) -> StockSet:
        """Set all levels; those that the shop will not have are told with the reason.

        Raises:
            TransientError, PermanentError: see `services.hub.http`.
        """
        await self._find(one.sku for one in request.levels if not one.listing_id)
        wanted = {id_: one.available for one in request.levels if (id_ := self._id(one))}
        refused = await self._send_all(wanted)
        variations = [id_ for id_, why in refused.items() if why.startswith(_IS_VARIATION)]
        for id_ in variations:
            await self._find_parent(id_)
        again = {id_: wanted[id_] for id_ in variations if id_ in self._parents}
        if again:
            refused = {id_: why for id_, why in refused.items() if id_ not in again} | await self._send_all(again)
        told = tuple(
            Levelled(sku=one.sku, listing_id=one.listing_id, problem=self._problem(one, refused))
            for one in request.levels
        )
        for one in told:
            if one.problem:  # it may be another article by now
                self._parents.pop(self._ids.pop(one.sku, one.listing_id), None)
        return StockSet(levels=told)

    def _id(self, level: Level) -> str:
        return level.listing_id or self._ids.get(level.sku, "")

    def _problem(self, level: Level, refused: Mapping[str, str]) -> str:
        id_ = self._id(level)
        return refused.get(id_, "") if id_ else f"no article has the SKU {level.sku}"

    async def _send_all(self, levels: Mapping[str, int]) -> dict[str, str]:
        """Set these by id; which the shop would not have, and why."""
        by_parent: dict[str, list[str]] = defaultdict(list)
        for id_ in levels:
            by_parent[self._parents.get(id_, "")].append(id_)
        refused: dict[str, str] = {}
        for parent, ids in by_parent.items():
            refused |= await self._send(f"/products/{parent}/variations" if parent else "/products", ids, levels)
        return refused

    async def _send(self, path: str, ids: Sequence[str], levels: Mapping[str, int]) -> dict[str, str]:
        update = [
            {"id": int(id_), "manage_stock": True, "stock_quantity": levels[id_]} for id_ in ids if id_.isdecimal()
        ]
        refused = {id_: "no-number: an article of this shop has a number" for id_ in ids if not id_.isdecimal()}
        if update:
            answer: Any = await self._http.send("stock", "POST", f"{path}/batch", json={"update": update}, safe=True)
            for one in answer["update"]:
                if error := one.get("error"):
                    refused[str(one["id"])] = f"{error.get('code')}: {error.get('message')}"
        return refused

    async def _find(self, skus: Iterable[str]) -> None:
        """Find products and variations by SKU."""
        unknown = [sku for sku in skus if sku not in self._ids]
        for start in range(0, len(unknown), _SKUS_AT_ONCE):
            asked = {"sku": ",".join(unknown[start : start + _SKUS_AT_ONCE]), "per_page": 100}
            found: list[dict[str, Any]] = await self._http.send("products", "GET", "/products", params=asked)
            for one in found:
                self._ids[one["sku"]] = str(one["id"])
                if one.get("parent_id") and one.get("type") == "variation":
                    self._parents[str(one["id"])] = str(one["parent_id"])

    async def _find_parent(self, id_: str) -> None:
        """Find the product that a variation is of."""
        try:
            found: dict[str, Any] = await self._http.send("product", "GET", f"/products/{id_}")
        except StatusError:  # what was said of it before stands
            return
        if found.get("parent_id"):
            self._parents[id_] = str(found["parent_id"])
