"""Payments of Square's orders, and what was paid back of them.

A refund makes a return of its own, and changes nothing about the order that it is for: the payment knows of it.

https://developer.squareup.com/docs/refunds-api/retrieve-refunds,
https://developer.squareup.com/reference/square/refunds-api/refund-payment
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import orjson

from crossdock_contracts.values import Money
from services.capture.channels.marks import written as note_of
from services.hub.effects import PermanentError
from services.hub.http import Http, StatusError
from services.hub.money import major

_LOST = frozenset({"FAILED", "REJECTED"})
_LONGEST_REASON = 192


class Payments:
    """The payments of one seller."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def one(self, payment_id: str) -> dict[str, Any] | None:
        """A payment; none where a tender has none."""
        try:
            path = f"/v2/payments/{quote(payment_id, safe='')}"
            return await self._http.send("payment", "GET", path, read=lambda answer: _part(answer, "payment"))
        except StatusError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    async def of(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The payments of an order."""
        names = [str(one.get("payment_id") or one.get("id") or "") for one in order.get("tenders") or ()]
        return [found for name in dict.fromkeys(filter(None, names)) if (found := await self.one(name))]

    async def refunds(self, payments: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What was paid back, or is about to be."""
        names = [str(name) for one in payments for name in one.get("refund_ids") or ()]
        return [await self._refund(name) for name in dict.fromkeys(names)]

    async def _refund(self, refund_id: str) -> dict[str, Any]:
        path = f"/v2/refunds/{quote(refund_id, safe='')}"
        return await self._http.send("refund-of", "GET", path, read=lambda answer: _part(answer, "refund"))

    async def with_refunds(self, order: dict[str, Any]) -> dict[str, Any]:
        """An order with what was paid back of it."""
        refunds = await self.refunds(await self.of(order))
        return {**order, "refunds": refunds} if refunds else order

    async def paid_back(self, order: Mapping[str, Any], amount: Money | None, ours: str) -> str | None:
        """The id of the refund that bears our mark; none while the amount, or all that was paid, has not gone back."""
        payments = await self.of(order)
        mine = await self._mine(payments, ours)
        if _rest(payments, mine, amount) > 0:
            return None
        return str(mine[0]["id"]) if mine else ""

    async def pay_back(self, key: str, order: Mapping[str, Any], amount: Money | None, reason: str, ours: str) -> str:
        """Pay an amount, or all that is left, back the way that it came; the id of the refund, of several the first.

        Raises:
            PermanentError: that is more than was paid.
        """
        payments = await self.of(order)
        mine = await self._mine(payments, ours)
        names = [str(one["id"]) for one in mine]
        others = [one for one in payments if one["id"] not in {refund.get("payment_id") for refund in mine}]
        rest = _rest(payments, mine, amount)
        if rest > sum(map(_left, others)):
            code = "more-than-paid"
            currency = amount.currency if amount else payments[0]["total_money"]["currency"]
            raise PermanentError(code, f"{major(rest, currency)} are to be paid back, and less was paid at Square")
        for one in others:
            part = min(rest, _left(one))
            if part > 0:
                names.append(await self._send(key, one, part, note_of(reason, ours)))
                rest -= part
        return names[0] if names else ""

    async def _send(self, key: str, payment: Mapping[str, Any], part: int, note: str) -> str:
        body = {
            "idempotency_key": str(uuid5(NAMESPACE_URL, f"{key}:{payment['id']}")),
            "payment_id": payment["id"],
            "amount_money": {"amount": part, "currency": payment["total_money"]["currency"]},
            "reason": note[-_LONGEST_REASON:],
        }
        made = await self._http.send(
            "refund", "POST", "/v2/refunds", json=body, read=lambda answer: _part(answer, "refund")
        )
        if made.get("status") in _LOST:
            code = "refund-failed"
            said = major(part, payment["total_money"]["currency"])
            raise PermanentError(code, f"Square could not pay {said} back: {made['status']}")
        return str(made["id"])

    async def _mine(self, payments: Iterable[Mapping[str, Any]], ours: str) -> list[dict[str, Any]]:
        found = await self.refunds(payments)
        return [one for one in found if str(one.get("reason") or "").endswith(ours) and one.get("status") not in _LOST]


def _rest(payments: Iterable[Mapping[str, Any]], mine: Iterable[Mapping[str, Any]], amount: Money | None) -> int:
    if amount is None:
        return sum(map(_left, payments))
    return amount.amount_minor - sum(int(one["amount_money"]["amount"]) for one in mine)


def _left(payment: Mapping[str, Any]) -> int:
    """What of a payment has not gone back."""
    return int(payment["total_money"]["amount"]) - int((payment.get("refunded_money") or {}).get("amount") or 0)


def _part(answer: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)[name]
    return {**found, "id": found["id"]}
