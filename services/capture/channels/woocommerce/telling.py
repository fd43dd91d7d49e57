"""What WooCommerce is told, out of what it shows: which pieces have shipped, and when an order is completed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

from crossdock_contracts.values import LineKind
from services.capture.channels.api import TellCancelled, TellRefund, TellShipped
from services.capture.channels.marks import mark
from services.capture.channels.woocommerce.order import kind_of
from services.capture.channels.woocommerce.payload import Order
from services.hub.money import plain

MARK = "_crossdock"
"""Metadata of a refund: our mark."""
_SHIPPED = "_crossdock_shipped_"
"""Metadata of an order, one for each of our fulfilments: what was in it."""
TRACKING = "_wc_shipment_tracking_items"
"""Metadata in which the extension Shipment Tracking keeps its numbers; others read and show it too."""
_OF_LINE = "_refunded_item_id"
"""Metadata of a refund's line: the line that it is of."""


def shipped_before(order: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Pieces by line of each of our fulfilments that the shop has been told of."""
    found: dict[str, Counter[str]] = {}
    for one in order.get("meta_data") or ():
        if str(one.get("key", "")).startswith(_SHIPPED):
            found[one["key"].removeprefix(_SHIPPED)] = Counter(orjson.loads(one["value"]))
    return found


def is_all(order: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]], request: TellShipped) -> bool:
    """Whether nothing of an order is left to ship once this has."""
    read = Order.made_of(order)
    left = Counter({line.id: line.quantity for line in read.line_items if kind_of(read, line) is LineKind.PHYSICAL})
    for pieces in shipped_before(order).values():
        left.subtract(pieces)
    left.subtract({line.line_id: line.quantity for line in request.lines})
    for refund in refunds:
        for line in refund.get("line_items") or ():
            of = next((str(one["value"]) for one in line.get("meta_data") or () if one["key"] == _OF_LINE), "")
            left[of] -= abs(line.get("quantity") or 0)
    known = {line.id for line in read.line_items}
    return all(pieces <= 0 for line_id, pieces in left.items() if line_id in known)


def update_of(order: Mapping[str, Any], request: TellShipped, *, whole: bool, tracked: bool) -> dict[str, Any]:
    """What of an order is changed by a shipment; ``tracked``: the extension has its numbers already."""
    lines = {line.line_id: line.quantity for line in request.lines}
    meta: list[dict[str, Any]] = [{"key": _SHIPPED + request.fulfilment_id, "value": orjson.dumps(lines).decode()}]
    if not tracked and request.parcels:
        before: Any = next((one["value"] for one in order.get("meta_data") or () if one.get("key") == TRACKING), [])
        items = [one for one in before if isinstance(one, dict)] if isinstance(before, list) else []
        known = {one.get("tracking_number") for one in items}
        items += [one for one in _items(request) if one["tracking_number"] not in known]
        meta.append({"key": TRACKING, "value": items})
    return {"meta_data": meta, **({"status": "completed"} if whole else {})}


def _items(request: TellShipped) -> list[dict[str, Any]]:
    return [
        {
            "tracking_provider": "",
            "custom_tracking_provider": one.carrier,
            "custom_tracking_link": one.url,
            "tracking_number": one.number,
            "date_shipped": str(int(request.shipped_at.timestamp())),
            "tracking_id": f"{request.fulfilment_id}/{one.number}",
        }
        for one in request.parcels
        if one.number
    ]


def trackings_of(request: TellShipped, known: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the extension's own API is told: numbers that it does not have."""
    there = {one.get("tracking_number") for one in known}
    return [
        {
            "custom_tracking_provider": one.carrier,
            "custom_tracking_link": one.url,
            "tracking_number": one.number,
            "date_shipped": f"{request.shipped_at:%Y-%m-%d}",
        }
        for one in request.parcels
        if one.number and one.number not in there
    ]


def note_of(request: TellShipped) -> str:
    """What the buyer reads of a shipment, where the shop shows no tracking by itself; empty: nothing."""
    told = [f"{one.carrier} {one.number} {one.url}".strip() for one in request.parcels if one.number]
    return f"Shipped: {'; '.join(told)}" if told else ""


def mark_of(request: TellCancelled | TellRefund) -> str:
    """Our mark of a refund."""
    if isinstance(request, TellCancelled):
        return mark("cancel", request.cancel_id)
    return mark("refund", request.refund_id)


def refund_of(request: TellCancelled | TellRefund, order: Mapping[str, Any], *, pays: bool) -> dict[str, Any]:
    """Pieces that are taken out of an order, and the money that the shop pays back for them, if it ``pays``.

    Where no amount is asked for, it is all that is left of the order's. The shop's stock stays: the hub sets it.
    """
    amount = "0"
    if pays:
        amount = plain(request.amount) if request.amount is not None else str(_left_of(order))
    return {
        "amount": amount,
        "reason": request.reason.replace("-", " "),
        "api_refund": pays,
        "api_restock": False,
        "meta_data": [{"key": MARK, "value": mark_of(request)}],
        "line_items": [{"id": _number(line.line_id), "quantity": line.quantity} for line in request.lines],
    }


def _left_of(order: Mapping[str, Any]) -> Decimal:
    """What of an order has not been paid back."""
    return Decimal(order["total"]) - sum(abs(Decimal(one["total"])) for one in order.get("refunds") or ())


def refund_in(refunds: Iterable[Mapping[str, Any]], request: TellCancelled | TellRefund) -> str:
    """The shop's id of the refund that bears our mark; empty: there is none."""
    wanted = mark_of(request)
    for one in refunds:
        if any(meta.get("key") == MARK and meta.get("value") == wanted for meta in one.get("meta_data") or ()):
            return str(one["id"])
    return ""


def _number(id_: str) -> int | str:
    return int(id_) if id_.isdecimal() else id_
