"""Telling TikTok Shop how much can be sold: by product, with all warehouses that its SKUs are in.

https://partner.tiktokshop.com/docv2/page/update-inventory, …/docv2/page/inventory-search
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.capture.channels.tiktok.access import Shop
from services.hub.effects import TransientError
from services.hub.http import StatusError

_MOST = 99_999
"""Pieces that TikTok takes for a SKU in a warehouse."""
_NAMES = 10
"""Seller SKUs that are asked for at a time."""
_UNKNOWN = "no product of the shop has it"


class Stock:
    """The products of one shop."""

    def __init__(self, shop: Shop, warehouse: str) -> None:
        self._shop = shop
        self._warehouse = warehouse
        self._ids: dict[str, str] = {}
        """TikTok's SKU ids by the seller's SKUs."""

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each. Those of products that could not be told just now are left out.

        Raises:
            TransientError, PermanentError: none could be told.
        """
        await self._learn([level.sku for level in wanted.levels if not level.listing_id])
        ids = {_id: level for level in wanted.levels if (_id := level.listing_id or self._ids.get(level.sku, ""))}
        shown = await self._shown(list(ids))
        problems: dict[tuple[str, str], str | None] = {_key(level): _UNKNOWN for level in wanted.levels}
        late: list[TransientError] = []
        for product, skus in shown.items():
            told = {name: (ids[name], places) for name, places in skus.items()}
            try:
                found = await self._publish(product, told)
            except TransientError as error:
                late.append(error)
                found = dict.fromkeys(told, None)
            problems |= {_key(ids[name]): found[name] for name in told}
        if late and len(late) == len(shown):
            raise late[0]
        for level in wanted.levels:
            if problems[_key(level)]:  # it may be another of TikTok's by now
                self._ids.pop(level.sku, None)
        return StockSet(
            levels=tuple(
                Levelled(sku=level.sku, listing_id=level.listing_id, problem=problem)
                for level in wanted.levels
                if (problem := problems[_key(level)]) is not None
            )
        )

    async def _learn(self, names: list[str]) -> None:
        """Which of TikTok's SKUs are called so by the seller."""
        missing = [name for name in dict.fromkeys(names) if name not in self._ids]
        for start in range(0, len(missing), _NAMES):
            body = {"seller_skus": missing[start : start + _NAMES]}
            for product in await self._shop.all("products", "/product/202502/products/search", "products", body):
                for sku in product.get("skus") or ():
                    if sku.get("seller_sku"):
                        self._ids[str(sku["seller_sku"])] = str(sku["id"])

    async def _shown(self, ids: list[str]) -> dict[str, dict[str, dict[str, int]]]:
        """Products, their SKUs, and how much each warehouse has of them."""
        found: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
        if not ids:
            return found
        answer = await self._shop.search("inventory", "/product/202309/inventory/search", {"sku_ids": ids})
        for product in answer.get("inventory") or ():
            for sku in product.get("skus") or ():
                places = sku.get("warehouse_inventory") or ()
                found[str(product["product_id"])][str(sku["id"])] = {
                    str(one["warehouse_id"]): int(one.get("available_quantity") or 0) for one in places
                }
        return {product: {n: places for n, places in skus.items() if n in ids} for product, skus in found.items()}

    async def _publish(self, product: str, told: Mapping[str, tuple[Level, dict[str, int]]]) -> dict[str, str | None]:
        """Tell of the SKUs of a product; what is wrong with each."""
        path = f"/product/202309/products/{product}/inventory/update"
        several = {name for name, (_, places) in told.items() if len(places) > 1 and self._warehouse not in places}
        problems: dict[str, str | None] = dict.fromkeys(told, "")
        problems |= dict.fromkeys(several, "it is in several warehouses: name the hub's as api.account.warehouse")
        skus = [
            {"id": name, "inventory": self._inventory(min(_MOST, level.available), places)}
            for name, (level, places) in told.items()
            if name not in several
        ]
        if not skus:
            return problems
        try:
            answer = await self._shop.tell("stock", path, {"skus": skus}, safe=True)
        except StatusError as error:
            return problems | dict.fromkeys([str(one["id"]) for one in skus], f"{error.code} {error.detail}".rstrip())
        for wrong in answer.get("errors") or ():
            detail = wrong.get("detail") or {}
            of = [str(detail["sku_id"])] if detail.get("sku_id") else [str(one["id"]) for one in skus]
            problems |= dict.fromkeys(of, _said(wrong, detail))
        return problems

    def _inventory(self, quantity: int, places: Mapping[str, int]) -> list[dict[str, Any]]:
        """All warehouses of a SKU: the hub's with what can be sold, others as they are."""
        if not places:
            return [{"quantity": quantity}]
        ours = self._warehouse if len(places) > 1 else next(iter(places))
        return [
            {"warehouse_id": name, "quantity": quantity if name == ours else there} for name, there in places.items()
        ]


def _said(error: Mapping[str, Any], detail: Mapping[str, Any]) -> str:
    """An error of one SKU, and what lies behind it."""
    parts: Iterable[Mapping[str, Any]] = (error, *(detail.get("extra_errors") or ()))
    return "; ".join(f"{one.get('code', '')} {one.get('message', '')}".strip() for one in parts)


def _key(level: Level) -> tuple[str, str]:
    return level.sku, level.listing_id
