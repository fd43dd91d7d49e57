"""Receipts of which something was paid back: Etsy changes nothing about when they were changed, but the ledger has it.

https://developers.etsy.com/documentation/tutorials/payments, https://github.com/etsy/open-api/issues/513,
https://github.com/etsy/open-api/issues/302
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from services.hub.http import Http, StatusError

_PAGE = 100
_LONGEST_S = 30 * 86_400
"""Etsy lists at most 31 days at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some of the ledger's entries: those of a time, from one of them on."""

    begin: int
    end: int
    """When the list began to be gone through; what comes in later is for the next time."""
    offset: int = 0

    @classmethod
    def of(cls, page: str) -> "Window":
        """The window that `written` wrote down."""
        begin, end, offset = map(int, page.split("|"))
        return cls(begin, end, offset)

    def written(self) -> str:
        """As text."""
        return f"{self.begin}|{self.end}|{self.offset}"

    @property
    def until(self) -> int:
        """How far Etsy is asked at a time."""
        return min(self.end, self.begin + _LONGEST_S)

    def after(self, listed: int) -> "Window | None":
        """What is still to be gone through."""
        if listed == _PAGE:
            return Window(self.begin, self.end, self.offset + _PAGE)
        return Window(self.until, self.end) if self.until < self.end else None


class Ledger:
    """The payment account of one shop."""

    def __init__(self, http: Http, shop: str) -> None:
        self._http = http
        self._shop = shop

    async def refunded(self, window: Window) -> tuple[list[str], Window | None]:
        """Ids of receipts that something was paid back of, and where to go on. A shop may have no such account."""
        params = {
            "min_created": str(window.begin),
            "max_created": str(window.until),
            "limit": str(_PAGE),
            "offset": str(window.offset),
        }
        path = f"{self._shop}/payment-account/ledger-entries"
        try:
            entries = await self._http.send("ledger", "GET", path, params=params, read=_results)
        except StatusError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return [], None
        payments = {
            str(one["payment_id"])
            for entry in entries
            for one in entry.get("payment_adjustments") or ()
            if one.get("payment_id")
        }
        receipts = await self._receipts(sorted(payments)) if payments else []
        return receipts, window.after(len(entries))

    async def _receipts(self, payments: Iterable[str]) -> list[str]:
        params = {"payment_ids": ",".join(payments)}
        found = await self._http.send("payments", "GET", f"{self._shop}/payments", params=params, read=_results)
        return list(dict.fromkeys(str(one["receipt_id"]) for one in found if one.get("receipt_id")))


def _results(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["results"])
