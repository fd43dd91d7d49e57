"""Listings that eBay's Inventory API does not know, as those of most sellers: told by the Trading API how much is left.

https://developer.ebay.com/devzone/xml/docs/reference/ebay/ReviseInventoryStatus.html, …/GetSellerList.html,
https://developer.ebay.com/api-docs/user-guides/static/make-a-call/using-xml.html,
https://developer.ebay.com/api-docs/user-guides/static/trading-user-guide/out-of-stock-operation.html
"""

import time
from asyncio import Lock
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from services.capture.channels.access import NOT_LET_IN_S
from services.capture.channels.ebay.telling import written
from services.capture.channels.ebay.trading_payload import parsed, tree
from services.hub.effects import PermanentError, TransientError
from services.hub.http import Http

VERSION = "1451"
"""Of the Trading API."""
SITES = {
    "EBAY_AT": 16,
    "EBAY_AU": 15,
    "EBAY_BE": 23,
    "EBAY_CA": 2,
    "EBAY_CH": 193,
    "EBAY_DE": 77,
    "EBAY_ES": 186,
    "EBAY_FR": 71,
    "EBAY_GB": 3,
    "EBAY_HK": 201,
    "EBAY_IE": 205,
    "EBAY_IT": 101,
    "EBAY_MY": 207,
    "EBAY_NL": 146,
    "EBAY_PH": 211,
    "EBAY_PL": 212,
    "EBAY_SG": 216,
    "EBAY_US": 0,
}
"""https://developer.ebay.com/Devzone/merchandising/docs/concepts/SiteIDToGlobalID.html"""
_PATH = "/ws/api.dll"
_PAGE = 100
_AHEAD = timedelta(days=119)
"""Ends that may be asked for; listings that go on until they are taken off end, and begin anew, every month."""
_AT_ONCE = 4
"""Listings in one call."""
_ANEW_S = 900.0
"""Listings are gone through again, where one is not known, at most this often."""
_NOT_LET_IN = frozenset({"930", "931", "932", "21916984", "21917053"})
"""The token is none, or over."""
_TOO_MUCH = frozenset({"518", "18000", "218050", "21919144", "21919165"})
"""The calls of the day, or of the hour, are used up."""
_TOO_MUCH_S = 900.0
_HIDES = "eBay would end the listing, or take the variation out: turn on its out-of-stock option"


@dataclass(frozen=True, slots=True)
class Listed:
    """What is offered at a fixed price: a listing, or one of its variations."""

    item_id: str
    variation: str = ""
    """Its SKU."""


class Listings:
    """The listings of one seller."""

    def __init__(self, http: Http, marketplace: str) -> None:
        self._http = http
        self._site = str(SITES[marketplace])
        self._by_sku: dict[str, tuple[Listed, ...]] = {}
        self._learnt_at = float("-inf")
        self._hides = False
        """A listing of which nothing is left stays, as the seller has it."""
        self._learning = Lock()

    async def known(self, skus: Iterable[str]) -> set[str]:
        """Those that are listed."""
        wanted = set(skus)
        async with self._learning:
            if not wanted <= self._by_sku.keys() and time.monotonic() - self._learnt_at > _ANEW_S:
                self._by_sku = await self._listed()
                self._learnt_at = time.monotonic()
        return wanted & self._by_sku.keys()

    async def _listed(self) -> dict[str, tuple[Listed, ...]]:
        found: dict[str, tuple[Listed, ...]] = {}
        now = datetime.now(UTC)
        wanted = {"EndTimeFrom": written(now), "EndTimeTo": written(now + _AHEAD), "IncludeVariations": "true"}
        wanted["GranularityLevel"] = "Fine"  # less does not tell SKUs
        page, more = 0, True
        while more:
            page += 1
            paged = {"Pagination": {"EntriesPerPage": str(_PAGE), "PageNumber": str(page)}}
            answer = await self._call("GetSellerList", wanted | paged)
            items = _many(_inside(answer, "ItemArray").get("Item"))
            for item in items:
                for sku, one in _offered(item):
                    found[sku] = (*found.get(sku, ()), one)
            more = bool(items) and answer.get("HasMoreItems") == "true"
        return found

    async def set(self, counts: Mapping[str, int]) -> dict[str, str]:
        """Set how many there are of what is listed: what is wrong, by SKU."""
        problems: dict[str, str] = {}
        if 0 in counts.values() and not await self._stays():
            problems = {sku: _HIDES for sku, count in counts.items() if not count}
        wanted = [(sku, one) for sku in counts if sku not in problems for one in self._by_sku[sku]]
        for start in range(0, len(wanted), _AT_ONCE):
            problems |= await self._write(wanted[start : start + _AT_ONCE], counts)
        for sku in problems:  # it may be listed anew by now
            if problems[sku] != _HIDES:
                self._by_sku.pop(sku, None)
        return problems

    async def _stays(self) -> bool:
        if not self._hides:
            answer = await self._call("GetUserPreferences", {"ShowOutOfStockControlPreference": "true"})
            self._hides = answer.get("OutOfStockControlPreference") == "true"
        return self._hides

    async def _write(self, wanted: Sequence[tuple[str, Listed]], counts: Mapping[str, int]) -> dict[str, str]:
        """Write some: where eBay refuses one, each half of them, for it may have taken the others or not."""
        levels = [
            {
                "ItemID": one.item_id,
                **({"SKU": one.variation} if one.variation else {}),
                "Quantity": str(counts[sku]),
            }
            for sku, one in wanted
        ]
        try:
            await self._call("ReviseInventoryStatus", {"InventoryStatus": levels})
        except PermanentError as error:
            if len(wanted) == 1:
                return {wanted[0][0]: f"{error.code} {error.detail}".rstrip()}
            middle = len(wanted) // 2
            return await self._write(wanted[:middle], counts) | await self._write(wanted[middle:], counts)
        return {}

    async def _call(self, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call that may be repeated. eBay refuses with 200, too.

        Raises:
            TransientError, PermanentError: as eBay says; of a batch some may have been taken.
        """
        root = Element(f"{name}Request", xmlns="urn:ebay:apis:eBLBaseComponents")
        _put(root, fields)
        headers = {"X-EBAY-API-CALL-NAME": name, "X-EBAY-API-SITEID": self._site}
        headers |= {"X-EBAY-API-COMPATIBILITY-LEVEL": VERSION, "Content-Type": "text/xml"}
        content = tostring(root, encoding="utf-8", xml_declaration=True)
        answer = await self._http.send(name, "POST", _PATH, content=content, headers=headers, read=_read, safe=True)
        if answer["Ack"] in {"Success", "Warning"}:
            return answer
        errors = [one for one in _many(answer.get("Errors")) if one.get("SeverityCode", "Error") == "Error"]
        code = str(errors[0].get("ErrorCode") or "") if errors else "refused"
        text = "; ".join(str(one.get("LongMessage") or one.get("ShortMessage") or "") for one in errors)
        said = f"{self._http.adapter}: {name}: {code}: {text}"
        if code in _NOT_LET_IN:
            raise TransientError(said, NOT_LET_IN_S)
        if code in _TOO_MUCH:
            raise TransientError(said, _TOO_MUCH_S)
        if any(one.get("ErrorClassification") == "SystemError" for one in errors):
            raise TransientError(said)
        raise PermanentError(code, text)


def _put(element: Element, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            child = SubElement(element, name)
            if isinstance(one, str):
                child.text = one
            else:
                _put(child, one)


def _read(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = tree(parsed(answer.content))
    return {**found, "Ack": found["Ack"]}


def _many(found: Any) -> list[dict[str, Any]]:
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, dict)]


def _inside(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part; an empty element is an empty one."""
    inside = found.get(name)
    return inside if isinstance(inside, dict) else {}


def _offered(item: Mapping[str, Any]) -> Iterator[tuple[str, Listed]]:
    """What a listing offers, by SKU; by its own id where it has none."""
    if "FixedPrice" not in str(item.get("ListingType") or "FixedPriceItem"):
        return
    name = str(item["ItemID"])
    variations = _many(_inside(item, "Variations").get("Variation"))
    for one in variations:
        if one.get("SKU"):
            yield str(one["SKU"]), Listed(name, str(one["SKU"]))
    if not variations:
        yield str(item.get("SKU") or name), Listed(name)
