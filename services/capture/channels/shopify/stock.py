"""Stock levels of Shopify: inventory items are found by variant or SKU, and set at one location."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.capture.channels.shopify.graph import Graph, accepted, gid, tail
from services.capture.channels.shopify.queries import BY_SKU, SET_STOCK, VARIANTS

_SKUS_AT_ONCE = 40
_ROUNDS = 4
"""Tries of a batch, each without what the shop would not have before."""
_GONE = "INVALID_INVENTORY_ITEM"


class Stock:
    """Sets levels at one location."""

    def __init__(self, graph: Graph, location: str) -> None:
        self._graph = graph
        self._location = gid("Location", location)
        self._items: dict[tuple[str, str], str] = {}
        """Inventory items by SKU and listing id."""

    async def set(self, request: SetStock) -> StockSet:
        """Set all levels; those that the shop will not have are told with the reason.

        Raises:
            TransientError, UnknownError, PermanentError: as `Graph.ask`.
        """
        problems = await self._find(request.levels)
        left = [one for one in request.levels if _name(one) not in problems]
        for _ in range(_ROUNDS):
            if not left:
                break
            refused = await self._send(left)
            problems |= {_name(left[place]): why for place, why in refused.items()}
            if not refused:
                break
            left = [one for place, one in enumerate(left) if place not in refused]
        else:
            problems |= {_name(one): "the shop refuses others of the same call" for one in left}
        return StockSet(
            levels=tuple(
                Levelled(sku=one.sku, listing_id=one.listing_id, problem=problems.get(_name(one), ""))
                for one in request.levels
            )
        )

    async def _send(self, levels: Sequence[Level]) -> dict[int, str]:
        """Set these, all or none; which of them are wrong, and why.

        Levels are absolute, so that the key is for the repeats of one call only.

        Raises:
            PermanentError: something else is wrong.
        """
        quantities = [
            {
                "inventoryItemId": self._items[_name(one)],
                "locationId": self._location,
                "quantity": one.available,
                "changeFromQuantity": None,
            }
            for one in levels
        ]
        wanted = {"name": "available", "reason": "correction", "quantities": quantities}
        answer = await self._graph.ask(SET_STOCK, input=wanted, key=str(uuid4()))
        payload = answer["inventorySetQuantities"]
        refused: dict[int, str] = {}
        for one in payload["userErrors"]:
            place = next((int(step) for step in one.get("field") or () if step.isdecimal()), None)
            if place is None or place >= len(levels):
                accepted(payload)
                continue
            refused[place] = f"{one.get('code') or 'refused'}: {one.get('message')}".lower()
            if one.get("code") == _GONE:
                self._items.pop(_name(levels[place]), None)
        return refused

    async def _find(self, levels: Sequence[Level]) -> dict[tuple[str, str], str]:
        """Find the inventory items of these; why some have none."""
        unknown = [one for one in levels if _name(one) not in self._items]
        listed = [one for one in unknown if one.listing_id]
        named = [one for one in unknown if not one.listing_id]
        problems: dict[tuple[str, str], str] = {}
        if listed:
            ids = [gid("ProductVariant", one.listing_id) for one in listed]
            found = (await self._graph.ask(VARIANTS, ids=ids))["nodes"]
            items = {tail(one["id"]): one["inventoryItem"] for one in found if one}
            for one in listed:
                self._note(one, items.get(tail(one.listing_id)), problems, f"no variant {one.listing_id}")
        for start in range(0, len(named), _SKUS_AT_ONCE):
            some = named[start : start + _SKUS_AT_ONCE]
            query = " OR ".join(f'sku:"{one.sku.replace(chr(34), "")}"' for one in some)
            nodes = (await self._graph.ask(BY_SKU, query=query))["productVariants"]["nodes"]
            for one in some:
                found = _distinct(node["inventoryItem"] for node in nodes if node["sku"] == one.sku)
                why = f"{len(found)} articles have the SKU {one.sku}: map them by listing" if found else ""
                item = found[0] if len(found) == 1 else None
                self._note(one, item, problems, why or f"no article has the SKU {one.sku}")
        return problems

    def _note(self, level: Level, item: Any, problems: dict[tuple[str, str], str], why: str) -> None:
        if item is None:
            problems[_name(level)] = why
        elif not item["tracked"]:
            problems[_name(level)] = "the shop does not track its quantity: switch that on in the shop"
        else:
            self._items[_name(level)] = item["id"]


def _name(level: Level) -> tuple[str, str]:
    return level.sku, level.listing_id


def _distinct(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({item["id"]: item for item in items}.values())
