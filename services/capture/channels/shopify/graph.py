"""Shopify's GraphQL Admin API as one asks it: errors are in the answers, and calls are paid for with points."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from services.hub.effects import PermanentError, ThrottledError
from services.hub.http import Answer, Http, as_json
from services.hub.quota import Allowance

_NO_RATE_S = 2.0
"""A throttled call that is not told how fast points come back waits so long."""


class Graph:
    """Sends queries and mutations."""

    def __init__(self, http: Http, path: str) -> None:
        self._http = http
        self._path = path

    async def ask(self, query: str, /, *, safe: bool = True, **variables: Any) -> dict[str, Any]:
        """What a query brings, or a mutation, which is not ``safe`` to be sent twice.

        Raises:
            TransientError, UnknownError, PermanentError: see `services.hub.http`.
        """
        operation = query.split(None, 1)[1].partition("(")[0]
        body = {"query": query, "variables": variables}
        found: dict[str, Any] = await self._http.send(
            operation, "POST", self._path, json=body, safe=safe, read=partial(self._read, operation)
        )
        return found

    def _read(self, operation: str, answer: Answer) -> dict[str, Any]:
        """The data of an answer.

        Raises:
            ThrottledError: there are too few points; nothing was done.
            PermanentError: the query is refused.
            ValueError, LookupError: it is no whole answer.
        """
        content = as_json(answer)
        cost = (content.get("extensions") or {}).get("cost") or {}
        self._learn(operation, cost)
        errors = content.get("errors")
        if not errors:
            data: dict[str, Any] = content["data"]
            return data
        if isinstance(errors, str):
            errors = [{"message": errors}]
        code = next((c for one in errors if (c := (one.get("extensions") or {}).get("code"))), "graphql-error")
        text = "; ".join(str(one.get("message", "")) for one in errors)
        if code == "THROTTLED":
            msg = f"{self._http.adapter}: {operation}: {text}"
            raise ThrottledError(msg, _wait_s(cost))
        if code == "INTERNAL_SERVER_ERROR":
            raise ValueError(text)
        raise PermanentError(code, text)

    def _learn(self, operation: str, cost: Mapping[str, Any]) -> None:
        """How many more calls of this kind the points that are left pay for."""
        status, price = cost.get("throttleStatus") or {}, float(cost.get("requestedQueryCost") or 0)
        if price > 0 and status:
            said = Allowance(
                remaining=float(status["currentlyAvailable"]) / price,
                limit=float(status["maximumAvailable"]) / price,
                rate_per_s=float(status["restoreRate"]) / price,
            )
            self._http.quota.told(operation, said)


def _wait_s(cost: Mapping[str, Any]) -> float:
    """Until there are points enough for what a call costs."""
    status = cost.get("throttleStatus") or {}
    rate = float(status.get("restoreRate") or 0)
    lacking = float(cost.get("requestedQueryCost") or 0) - float(status.get("currentlyAvailable") or 0)
    return max(0.1, lacking / rate) if rate else _NO_RATE_S


def accepted(payload: Mapping[str, Any], errors: str = "userErrors") -> Mapping[str, Any]:
    """What a mutation answers, if it was carried out.

    Raises:
        PermanentError: the shop says what is wrong.
    """
    wrong = payload.get(errors) or []
    if wrong:
        texts = [": ".join(filter(None, [".".join(one.get("field") or []), str(one.get("message"))])) for one in wrong]
        raise PermanentError(str(wrong[0].get("code") or "user-error").lower(), "; ".join(texts))
    return payload


def gid(kind: str, number: str) -> str:
    """A global id."""
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"


def tail(id_: str) -> str:
    """The number in a global id."""
    return id_.rpartition("/")[2].partition("?")[0]
