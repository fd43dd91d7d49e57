"""Telling eBay how much can be sold, by its Inventory API: of a SKU as a whole, and of each listing that offers it.

A listing shows the lesser of both figures. Listings that are none of the Inventory API's are told by the Trading API. https://developer.ebay.com/api-docs/sell/static/inventory/bulk-updates.html,
…/sell/inventory/resources/inventory_item/methods/bulkUpdatePriceQuantity, …/offer/methods/getOffers
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson

from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.capture.channels.ebay.listings import Listings
from services.hub.effects import PermanentError, TransientError
from services.hub.http import Http, StatusError

_ROOT = "/sell/inventory/v1"
_AT_ONCE = 4
_REMEMBERED = 50_000
_OF_THE_SKU = frozenset({400, 404, 409})
_GONE = "25713"
"""There is no such offer any more."""


class Stock:
    """The inventory of one seller."""

    def __init__(self, http: Http, listings: Listings) -> None:
        self._http = http
        self._listings = listings
        self._offers: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        """The ids of what is published, by SKU."""

    async def set(self, wanted: SetStock) -> StockSet:
        """Publish levels; what became of each."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def learn(level: Level) -> None:
            async with gate:
                await self._learn(_sku(level))

        found = await asyncio.gather(*map(learn, wanted.levels), return_exceptions=True)
        for error in found:
            if isinstance(error, BaseException):
                raise error
        offered = [level for level in wanted.levels if self._offers.get(_sku(level))]
        loose = [level for level in wanted.levels if not self._offers.get(_sku(level))]
        problems = await self._write(offered) if offered else {}
        try:
            problems |= await self._write_loose(loose) if loose else {}
        except TransientError:
            if not offered:
                raise
            problems |= dict.fromkeys(map(_sku, loose))
        except PermanentError as error:
            problems |= dict.fromkeys(map(_sku, loose), str(error))
        told = (
            Levelled(sku=one.sku, listing_id=one.listing_id, problem=problem)
            for one in wanted.levels
            if (problem := problems.get(_sku(one), "")) is not None
        )
        return StockSet(levels=tuple(told))

    async def _learn(self, sku: str) -> None:
        """Find out which listings offer it."""
        if sku in self._offers:
            return
        try:
            offers = await self._http.send("offers", "GET", f"{_ROOT}/offer", params={"sku": sku}, read=_published)
        except StatusError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            offers = ()
        self._offers[sku] = offers
        if len(self._offers) > _REMEMBERED:
            self._offers.popitem(last=False)

    async def _write_loose(self, levels: Sequence[Level]) -> dict[str, str | None]:
        """Write what no published offer is known of: what is wrong, by SKU; none where eBay could not say."""
        listed = await self._listings.known(map(_sku, levels))
        problems: dict[str, str | None] = {}
        problems |= await self._listings.set({_sku(one): one.available for one in levels if _sku(one) in listed})
        rest = [one for one in levels if _sku(one) not in listed]
        problems |= await self._write(rest) if rest else {}
        for sku in map(_sku, levels):  # it may be offered by the next time
            if sku not in listed or sku in problems:
                self._offers.pop(sku, None)
        return problems

    async def _write(self, levels: Sequence[Level]) -> dict[str, str | None]:
        """Write them: what is wrong, by SKU; none where eBay could not say.

        The reference has one SKU to a call, the guide 25: where eBay refuses a call, it gets each half of it.
        """
        body = {"requests": [self._request(level) for level in levels]}
        try:
            answers = await self._http.send(
                "stock", "POST", f"{_ROOT}/bulk_update_price_quantity", json=body, read=_answers, safe=True
            )
        except StatusError as error:
            if error.status not in _OF_THE_SKU:
                raise
            if len(levels) == 1:
                return {_sku(levels[0]): f"{error.code} {error.detail}".rstrip()}
            middle = len(levels) // 2
            return await self._write(levels[:middle]) | await self._write(levels[middle:])
        said_of = {str(one.get("sku") or "") for one in answers}
        problems: dict[str, str | None] = {sku: None for sku in map(_sku, levels) if sku not in said_of}
        for one in answers:
            status, sku = int(one.get("statusCode") or HTTPStatus.OK), str(one.get("sku") or "")
            if status < HTTPStatus.BAD_REQUEST:
                continue
            said = [(str(e.get("errorId") or ""), str(e.get("message") or "")) for e in one.get("errors") or ()]
            if any(code == _GONE for code, _ in said):  # the next time it is asked for anew
                self._offers.pop(sku, None)
            late = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
            problems[sku] = None if late else "; ".join(" ".join(pair) for pair in said) or f"http-{status}"
        return problems

    def _request(self, level: Level) -> dict[str, Any]:
        sku = _sku(level)
        offers = [{"offerId": one, "availableQuantity": level.available} for one in self._offers.get(sku, ())]
        return {
            "sku": sku,
            "shipToLocationAvailability": {"quantity": level.available},
            **({"offers": offers} if offers else {}),
        }


def _sku(level: Level) -> str:
    return level.listing_id or level.sku


def _published(answer: Any) -> tuple[str, ...]:
    """Offers at a fixed price that are listed; an auction is of one piece."""
    offers = orjson.loads(answer.content).get("offers") or ()
    return tuple(
        str(one["offerId"]) for one in offers if one.get("status") == "PUBLISHED" and one.get("format") != "AUCTION"
    )


def _answers(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["responses"])
