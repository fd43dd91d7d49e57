"""Telling Etsy how much can be sold: the inventory of a listing is read and written whole, with all its products.

Etsy has no listing without a piece: one of which nothing is left is set to inactive, and to active again once there is.
What the seller has set to inactive stays so. Which of them it was is known by the moment at which Etsy says that the
listing came to be as it is: the hub notes it with what it told, and nobody's change has the same.

https://developers.etsy.com/documentation/tutorials/listings#listing-inventory
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.hub.http import Http, StatusError

_PAGE = 100
_MOST = 999
"""Pieces that Etsy takes for a product."""
_INACTIVE = "inactive"
_STATES = ("active", "inactive", "sold_out")
_OF_THE_LISTING = frozenset({400, 404, 409})
_SHARED = ("price_on_property", "quantity_on_property", "sku_on_property", "readiness_state_on_property")
_UNKNOWN = "no listing of the shop has it"
_ANEW_S = 900.0
"""Listings are gone through again, where something is in none of them, at most this often;
until then it is left out."""
_LATELY_S = 60.0
"""What was in none of them when they were gone through so lately is in none."""


class Stock:
    """The listings of one shop."""

    def __init__(self, http: Http, root: str, shop: str) -> None:
        self._http = http
        self._root = root
        self._shop = shop
        self._listing_of: dict[str, int] = {}
        """By product id, and by SKU."""
        self._looked_at = float("-inf")
        self._rested: set[str] = set()
        """Notes of listings that were set to inactive, for there was nothing left; one that is over is of no harm."""
        self._doubtful: set[int] = set()
        """Listings that were to be set to inactive, and of which the answer was lost."""

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each."""
        is_new = any(_name(level) not in self._listing_of for level in wanted.levels)
        if is_new and time.monotonic() - self._looked_at > _ANEW_S:
            await self._look()
            self._looked_at = time.monotonic()
        self._rested.update(wanted.notes)
        by_listing: dict[int, list[Level]] = defaultdict(list)
        became: dict[str, tuple[str, str]] = {}
        for level in wanted.levels:
            listing = self._listing_of.get(_name(level))
            if listing is not None:
                by_listing[listing].append(level)
            elif time.monotonic() - self._looked_at < _LATELY_S:
                became[_name(level)] = _UNKNOWN, ""
        for listing, levels in by_listing.items():
            problem, note = await self._publish(listing, {_name(level): level.available for level in levels})
            became |= {_name(level): (problem, note) for level in levels}
            for level in levels if problem else ():  # it may be in another listing by now
                self._listing_of.pop(_name(level), None)
        told = []
        for level in wanted.levels:
            if _name(level) in became:
                problem, note = became[_name(level)]
                told.append(Levelled(sku=level.sku, listing_id=level.listing_id, problem=problem, note=note))
        return StockSet(levels=tuple(told))

    async def _look(self) -> None:
        """Learn which listing has which product."""
        for state in _STATES:
            offset = 0
            while True:
                params = {"state": state, "limit": str(_PAGE), "offset": str(offset), "includes": "Inventory"}
                path = f"{self._root}/shops/{self._shop}/listings"
                found = await self._http.send("listings", "GET", path, params=params, read=_results)
                for one in found:
                    for product in (one.get("inventory") or {}).get("products") or ():
                        names = filter(None, (str(product["product_id"]), str(product.get("sku") or "")))
                        self._listing_of |= dict.fromkeys(names, int(one["listing_id"]))
                offset += _PAGE
                if len(found) < _PAGE:
                    break

    async def _publish(self, listing: int, available: Mapping[str, int]) -> tuple[str, str]:
        """Write the inventory of a listing; what is wrong with it, and its note if it rests."""
        path, note = f"{self._root}/listings/{listing}/inventory", ""
        try:
            inventory = await self._http.send("inventory", "GET", path, read=_inventory)
            written = rewritten(inventory, available)
            if not any(_pieces(product) for product in written["products"]):
                return "", await self._rest(listing)
            note = await self._resting(listing)
            if note:
                written = rewritten(inventory, available, others=0)
            await self._http.send("stock", "PUT", path, json=written, safe=True)
            if note:
                await self._set(listing, "active")
        except StatusError as error:
            if error.status not in _OF_THE_LISTING:
                raise
            self._doubtful.discard(listing)
            return f"{error.code} {error.detail}".rstrip(), note
        return "", ""

    async def _rest(self, listing: int) -> str:
        """Set a listing to inactive; the note of it, none where somebody else has set it so before."""
        shown = await self._shown(listing)
        if shown["state"] != _INACTIVE:
            self._doubtful.add(listing)
            shown = await self._set(listing, _INACTIVE)
        elif not self._is_ours(listing, shown):
            return ""
        return self._noted(listing, shown)

    async def _resting(self, listing: int) -> str:
        """The note of a listing that is inactive because the hub has set it so; else none."""
        if listing not in self._doubtful and not any(note.startswith(f"{listing}:") for note in self._rested):
            return ""
        shown = await self._shown(listing)
        is_ours = shown["state"] == _INACTIVE and self._is_ours(listing, shown)
        return self._noted(listing, shown) if is_ours else ""

    def _is_ours(self, listing: int, shown: Mapping[str, Any]) -> bool:
        """The hub has set a listing so that is inactive."""
        return listing in self._doubtful or _note(shown) in self._rested

    def _noted(self, listing: int, shown: Mapping[str, Any]) -> str:
        self._doubtful.discard(listing)
        self._rested.add(_note(shown))
        return _note(shown)

    async def _shown(self, listing: int) -> dict[str, Any]:
        return await self._http.send("listing", "GET", f"{self._root}/listings/{listing}", read=_listing)

    async def _set(self, listing: int, state: str) -> dict[str, Any]:
        path = f"{self._root}/shops/{self._shop}/listings/{listing}"
        return await self._http.send("activate", "PATCH", path, json={"state": state}, read=_listing, safe=True)


def rewritten(inventory: Mapping[str, Any], available: Mapping[str, int], others: int | None = None) -> dict[str, Any]:
    """An inventory as Etsy wants to have it back, with other quantities of these product ids or SKUs.

    ``others``: of all that are not among them, for there is nothing left of what rests, and that could not be written;
    none: as it stands there.
    """
    products = [_product(one, available, others) for one in inventory["products"] if not one.get("is_deleted")]
    shared = {name: inventory.get(name) or [] for name in _SHARED if name in inventory}
    if len({_pieces(one) for one in products}) > 1 and not shared.get("quantity_on_property"):
        shared["quantity_on_property"] = sorted({v["property_id"] for one in products for v in one["property_values"]})
    return {"products": products, **shared}


def _product(product: Mapping[str, Any], available: Mapping[str, int], others: int | None) -> dict[str, Any]:
    names = (str(product["product_id"]), str(product.get("sku") or ""))
    quantity = next((min(_MOST, available[name]) for name in names if name in available), others)
    values = ("property_id", "property_name", "scale_id", "value_ids", "values")
    return {
        "sku": product.get("sku") or "",
        "property_values": [{n: one.get(n) for n in values} for one in product.get("property_values") or ()],
        "offerings": [_offering(one, quantity) for one in _kept(product.get("offerings") or ())],
    }


def _kept(offerings: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (one for one in offerings if not one.get("is_deleted"))


def _offering(offering: Mapping[str, Any], quantity: int | None) -> dict[str, Any]:
    price = offering["price"]
    ready = {"readiness_state_id": offering["readiness_state_id"]} if offering.get("readiness_state_id") else {}
    return {
        "price": price["amount"] / price["divisor"],
        "quantity": offering["quantity"] if quantity is None else quantity,
        "is_enabled": bool(offering.get("is_enabled", True)),
        **ready,
    }


def _pieces(product: Mapping[str, Any]) -> int:
    return sum(int(one["quantity"]) for one in product["offerings"])


def _name(level: Level) -> str:
    return level.listing_id or level.sku


def _note(listing: Mapping[str, Any]) -> str:
    """What a listing is known again by: when it came to be as it is."""
    return f"{listing['listing_id']}:{listing['state_timestamp']}"


def _results(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["results"])


def _inventory(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {**found, "products": list(found["products"])}


def _listing(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {name: found[name] for name in ("listing_id", "state", "state_timestamp")}
