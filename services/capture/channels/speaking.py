"""What the clients of all web APIs have in common: who answers what is asked, and how they get there."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from crossdock_contracts.values import LineQuantity
from services.capture.channels.access import NOT_LET_IN_S
from services.capture.channels.api import (
    Acknowledging,
    AskOrder,
    AskOrders,
    Level,
    Levelled,
    Order,
    Page,
    SetStock,
    StockSet,
    TellAcknowledged,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
)
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, TransientError
from services.hub.http import Answer, Http, StatusError, Timeouts
from services.hub.quota import Quota

_SILENCE_S = 15.0
_TIMEOUT_S = 8.0
_TOLD_WITHIN = 0.75
"""What a channel is told call by call is not waited for any longer than this share of the time that there is: one call
that hangs would cost all the others."""


async def each(
    levels: Iterable[Level],
    tell: Callable[[Level], Awaitable[str]],
    at_once: int,
    timeout_s: float = _TIMEOUT_S,
) -> StockSet:
    """Publish levels with a call each; ``tell`` says what is wrong with one. Those that could not be told are left out.

    ``timeout_s`` is what there is for all of it.

    Raises:
        TransientError, UnknownError, PermanentError: none could be told; why not the first of them.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(level: Level) -> Levelled:
        async with gate:
            return Levelled(sku=level.sku, listing_id=level.listing_id, problem=await tell(level))

    within_s = _TOLD_WITHIN * timeout_s
    calls = [asyncio.create_task(one(level)) for level in levels]
    try:
        done, _ = await asyncio.wait(calls, timeout=within_s) if calls else (set(), set())
    finally:
        for call in calls:
            call.cancel()
    told = tuple(call.result() for call in calls if call in done and call.exception() is None)
    for call in calls if not told else ():
        if call in done:
            call.result()
    if calls and not told:
        msg = f"none of {len(calls)} levels could be told within {within_s:g} s"
        raise TransientError(msg)
    return StockSet(levels=told)


class WebApi(ABC):
    """A client: `Api`, with a method for each thing that is asked or told.

    What a channel has no way to be told is `Told` without a reference. What is told more than once without harm needs
    no looking up.
    """

    batch = 1

    def __init__(self, name: str, http: Http, *beside: Http) -> None:
        """``beside``: further clients that it has, for tokens and the like."""
        self.name = name
        self.http = http
        self._beside = beside

    async def call(self, operation: str, key: str, request: Any) -> Any:  # noqa: PLR0911  # one for each request
        """Ask or tell.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        match request:
            case AskOrder():
                return await self.order(request)
            case AskOrders():
                return await self.orders(request)
            case SetStock():
                return await self.stock(request)
            case TellAcknowledged() if isinstance(self, Acknowledging):
                return await self.acknowledge(request)
            case TellShipped():
                return await self.ship(key, request)
            case TellCancelled():
                return await self.cancel(key, request)
            case TellRefund():
                return await self.refund(key, request)
        code = "unsupported-request"
        raise PermanentError(code, f"{self.name}: {operation}: {type(request).__name__}")

    async def look_up(self, operation: str, key: str, request: Any) -> Any:
        """What was told already; none if it was not.

        Raises:
            TransientError: it cannot be looked up just now.
        """
        try:
            match request:
                case TellShipped():
                    return await self.shipped(key, request)
                case TellCancelled():
                    return await self.cancelled(key, request)
                case TellRefund():
                    return await self.refunded(key, request)
        except StatusError as error:
            msg = f"{self.name}: whether {operation} was done cannot be looked up: {error}"
            raise TransientError(msg, NOT_LET_IN_S) from error
        return None

    async def close(self) -> None:
        """Give the connections up."""
        for http in (self.http, *self._beside):
            await http.close()

    @abstractmethod
    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""

    @abstractmethod
    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed."""

    @abstractmethod
    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""

    @abstractmethod
    async def ship(self, key: str, told: TellShipped) -> Told:
        """Pieces are on their way."""

    async def shipped(self, _key: str, _told: TellShipped) -> Told | None:
        """What the channel shows of that."""
        return None

    @abstractmethod
    async def cancel(self, _key: str, _told: TellCancelled) -> Told:
        """Pieces will not come."""

    async def cancelled(self, _key: str, _told: TellCancelled) -> Told | None:
        """What the channel shows of that."""
        return None

    @abstractmethod
    async def refund(self, _key: str, _told: TellRefund) -> Told:
        """Money is to be paid back."""

    async def refunded(self, _key: str, _told: TellRefund) -> Told | None:
        """What the channel shows of that."""
        return None


def by_hand(what: str) -> PermanentError:
    """The channel has no way to be told, and somebody has to: the order is held until that is seen to."""
    return PermanentError("by-hand", what)


def connect(
    name: str,
    config: ApiConfig,
    *,
    url: str = "",
    auth: httpx.Auth | None = None,
    headers: Mapping[str, str] | None = None,
    quota: Quota | None = None,
    refuses: Callable[[Answer], bool] = lambda _: False,
) -> Http:
    """The client for a channel; ``url`` where it is not the API's own, ``refuses`` as `Http` has it."""
    times = Timeouts(read_s=min(_SILENCE_S, config.timeout_s), total_s=config.timeout_s)
    return Http(
        name,
        url or config.url,
        auth=auth,
        headers=headers,
        timeouts=times,
        connections=config.concurrency,
        quota=quota,
        refuses=refuses,
    )


def utc(moment: datetime) -> str:
    """A moment to the second, as APIs take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shares(lines: Iterable[LineQuantity], parcels: int) -> list[dict[str, int]]:
    """Pieces by line for each parcel, where a channel wants to know; which are in which is not known to the hub.

    All but one piece for each further parcel are in the first. Of more parcels than pieces the last have none, and are
    left out.
    """
    pieces = [line.line_id for line in lines for _ in range(line.quantity)]
    if not pieces:
        return []
    cut = len(pieces) - (min(parcels, len(pieces)) - 1)
    return [dict(Counter(pieces[:cut])), *({name: 1} for name in pieces[cut:])]
