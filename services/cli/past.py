"""What routing decided since a moment, and on what, read from the streams of a hub."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from crossdock_contracts.base import Event
from crossdock_contracts.inventory import AllocationRefusedV1, PromisedLine, StockBackorderedV1, StockReservedV1
from crossdock_contracts.routing import OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.values import LineKind, Order
from services.routing.replay import Decided, shares_of
from services.routing.state import Pieces
from services.verify.reading import Entry, Streams

OrderKey = tuple[str, str]
"""Owner and order id."""

_NOT_FOR_RULES = "refused-too-often"
"""An order that is unroutable for this reason is so by what locations said, not by rules."""


@dataclass(frozen=True, slots=True)
class _Said:
    """An event, and when it was said."""

    at: datetime
    event: Any


async def decided_since(streams: Streams, since: datetime) -> tuple[list[Decided], int]:
    """Decisions since then, the oldest first, and how many could not be put together: what they stood on is gone.

    Fulfilments that their location refused are left out; what was decided instead counts.
    """
    routed = await _said(streams, OrderRoutedV1, since)
    unroutable = await _said(streams, OrderUnroutableV1, since)
    said = sorted([*routed, *unroutable], key=lambda one: one.at)
    wanted = {_key(one.event) for one in said}
    refused = await _said(streams, AllocationRefusedV1, wanted=wanted)
    promises = defaultdict(list)
    for one in [
        *await _said(streams, StockReservedV1, wanted=wanted),
        *await _said(streams, StockBackorderedV1, wanted=wanted),
        *refused,
    ]:
        promises[_key(one.event)].append(one)
    orders = await _orders(streams, wanted)
    gone = {(one.event.owner, one.event.fulfilment_id) for one in refused}
    found: list[Decided] = []
    lost = 0
    for one in said:
        if isinstance(one.event, OrderUnroutableV1) and one.event.reason == _NOT_FOR_RULES:
            continue
        order = _last(orders[_key(one.event)], one.at)
        decided = None if order is None else _decided(one, order, promises[_key(one.event)], gone)
        if decided is None:
            lost += 1
        elif decided.pieces:
            found.append(decided)
    return found, lost


def _key(event: Any) -> OrderKey:
    return event.owner, event.order_id


async def _said(
    streams: Streams, contract: type[Event], since: datetime | None = None, wanted: set[OrderKey] | None = None
) -> list[_Said]:
    """Events of a kind since a moment, or about these orders."""
    found: list[_Said] = []
    async for entry in _entries(streams, contract.SERVICE, f"{contract.TYPE}.v{contract.VERSION}.>"):
        at = _time(entry)
        if since is None or at >= since:
            event = contract.decode(entry.body)
            if wanted is None or _key(event) in wanted:
                found.append(_Said(at, event))
    return found


async def _orders(streams: Streams, wanted: set[OrderKey]) -> dict[OrderKey, list[_Said]]:
    """Each version of these orders: captured, released, amended."""
    found: dict[OrderKey, list[_Said]] = defaultdict(list)
    async for entry in _entries(streams, "capture", "capture.evt.>"):
        body = orjson.loads(entry.body) if b'"order":' in entry.body else {}
        if isinstance(body.get("order"), dict) and (key := (body["owner"], body.get("order_id", ""))) in wanted:
            found[key].append(_Said(_time(entry), Order.model_validate(body["order"])))
    return found


async def _entries(streams: Streams, service: str, subjects: str) -> AsyncIterator[Entry]:
    async for entry in streams.read(service.upper(), subjects):
        yield entry


def _time(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.headers["ce-time"])


def _last(said: list[_Said], until: datetime) -> Order | None:
    """What was known then; clocks of two machines may differ, so the first that was said later where nothing was."""
    known = [one for one in said if one.at <= until]
    if known:
        return max(known, key=lambda one: one.at).event  # type: ignore[no-any-return]  # orders only
    return min(said, key=lambda one: one.at).event if said else None


def _decided(said: _Said, order: Order, promises: list[_Said], gone: set[OrderKey]) -> Decided | None:
    """A decision as it stood; none where what was promised of it is not known any more."""
    lines: dict[str, PromisedLine] = {}
    for one in sorted(promises, key=lambda one: one.at):
        for line in one.event.lines:
            if one.at <= said.at or line.line_id not in lines:
                lines[line.line_id] = line
    event = said.event
    kept = [f for f in getattr(event, "fulfilments", ()) if (event.owner, f.fulfilment_id) not in gone]
    if isinstance(event, OrderRoutedV1):
        pieces = [Pieces(line_id=one.line_id, sku=one.sku, quantity=one.quantity) for f in kept for one in f.lines]
    else:
        pieces = [
            Pieces(line_id=line.line_id, sku=line.sku, quantity=line.quantity)
            for line in order.lines
            if line.kind is LineKind.PHYSICAL and line.sku and line.line_id in lines
        ]
    merged: dict[str, Pieces] = {}
    for piece in pieces:
        before = merged.get(piece.line_id)
        count = piece.quantity + (before.quantity if before else 0)
        merged[piece.line_id] = piece.model_copy(update={"quantity": count})
    if merged.keys() - lines.keys():
        return None
    return Decided(
        owner=event.owner,
        order=order,
        attempt=event.attempt,
        at=said.at,
        pieces=tuple(merged.values()),
        promised=tuple(
            lines[one.line_id].model_copy(update={"quantity": one.quantity, "backordered": 0})
            for one in merged.values()
        ),
        shares=shares_of(kept),
        reason=event.detail if isinstance(event, OrderUnroutableV1) else "",
    )
