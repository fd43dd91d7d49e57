"""What Square is told of an order's fulfilments, which it cannot split: how many pieces are done with.

What the hub has told stands in a fulfilment's metadata, which only the hub's application sees: an entry for each
shipment and each cancel, with its pieces and our id. Square takes ten; the last shipments share one, with short forms
of their ids. A fulfilment is completed, or called off, with its last pieces.

https://developer.squareup.com/docs/orders-api/fulfillments, …/docs/build-basics/metadata,
https://developer.squareup.com/docs/orders-api/manage-orders/update-orders
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from crossdock_contracts.values import LineKind, LineQuantity
from services.capture.channels.api import TellCancelled, TellShipped
from services.capture.channels.speaking import by_hand
from services.capture.channels.square.order import SENT, kind_of
from services.capture.channels.square.payload import CANCEL, SHIP, Fulfilment, Order

_OVER = frozenset({"COMPLETED", "CANCELED", "FAILED"})
_LONGEST = {"value": 255, "number": 100, "reason": 100}
"""Of Square's fields."""
_MOST = 10
"""Entries of a fulfilment's metadata …"""
_APART = 8
"""… and how many may be there before shipments share one, so that there is room for a cancel too."""
_MORE = f"{SHIP}more"
_DETAILS = {"PICKUP": "pickup_details", "SHIPMENT": "shipment_details", "DELIVERY": "delivery_details"}


def open_ones(order: Order) -> list[Fulfilment]:
    """The fulfilments that something is still to be done for."""
    return [one for one in order.fulfillments if one.type in SENT and one.state not in _OVER]


def is_noted(order: Order, what: str, name: str) -> bool:
    """The order shows that it was told of this."""
    return any(
        _key(what, name) in one.metadata or (what == SHIP and _short(name) in one.metadata.get(_MORE, "").split())
        for one in order.fulfillments
    )


def shipment(order: Order, told: TellShipped) -> list[dict[str, Any]]:
    """The fulfilments that these pieces belong to, as they are to be.

    Raises:
        PermanentError: there is no room for a note.
    """
    changes = []
    for one, pieces in _shared(order, told.lines):
        notes = _noted(one, SHIP, pieces, told.fulfilment_id)
        change: dict[str, Any] = {"uid": one.uid, "metadata": notes}
        if _counted(notes) >= sum(_pieces(order, one).values()):
            change["state"] = "COMPLETED"
        if one.type == "SHIPMENT" and told.parcels:
            change["shipment_details"] = _tracking(one, told)
        changes.append(change)
    return changes


def _tracking(one: Fulfilment, told: TellShipped) -> dict[str, str]:
    """Carrier and numbers; there is room for one number, which several share as long as they fit."""
    known = one.shipment_details.tracking_number.split(", ") if one.shipment_details else []
    numbers = ""
    for number in dict.fromkeys([*filter(None, known), *(parcel.number for parcel in told.parcels if parcel.number)]):
        longer = f"{numbers}, {number}" if numbers else number
        numbers = longer if len(longer) <= _LONGEST["number"] else numbers
    first = told.parcels[0]
    found = {"carrier": first.carrier, "tracking_number": numbers, "tracking_url": first.url}
    return {name: value for name, value in found.items() if value}


def cancellation(order: Order, told: TellCancelled) -> list[dict[str, Any]]:
    """The fulfilments that these pieces belong to, or all that are open, as they are to be.

    Raises:
        PermanentError: there is no room for a note.
    """
    changes = []
    for one, pieces in _rest(order) if told.complete else _shared(order, told.lines):
        notes = _noted(one, CANCEL, pieces, told.cancel_id)
        change: dict[str, Any] = {"uid": one.uid, "metadata": notes}
        if told.complete or _counted(notes) >= sum(_pieces(order, one).values()):
            off = not any(name.startswith(SHIP) for name in notes)
            change["state"] = "CANCELED" if off else "COMPLETED"
            if off:
                reason = told.reason.replace("-", " ")[: _LONGEST["reason"]]
                change[_DETAILS[one.type]] = {"cancel_reason": reason}
        changes.append(change)
    return changes


def _rest(order: Order) -> Iterator[tuple[Fulfilment, int]]:
    for one in open_ones(order):
        yield one, max(0, sum(_pieces(order, one).values()) - _counted(_notes(one)))


def _shared(order: Order, lines: Iterable[LineQuantity]) -> Iterator[tuple[Fulfilment, int]]:
    """How many of these pieces each open fulfilment is for."""
    left = {line.line_id: line.quantity for line in lines}
    for one in open_ones(order):
        found = {uid: min(left.get(uid, 0), pieces) for uid, pieces in _pieces(order, one).items()}
        for uid, pieces in found.items():
            left[uid] = left.get(uid, 0) - pieces
        if any(found.values()):
            yield one, sum(found.values())


def _pieces(order: Order, one: Fulfilment) -> dict[str, int]:
    """The goods that a fulfilment is for: those that it names, else all of the order's."""
    goods = {line.uid: line.quantity for line in order.line_items if kind_of(line) is LineKind.PHYSICAL}
    if not one.entries:
        return goods
    found: dict[str, int] = {}
    for entry in one.entries:
        if entry.line_item_uid in goods:
            found[entry.line_item_uid] = found.get(entry.line_item_uid, 0) + entry.quantity
    return found


def _notes(one: Fulfilment) -> dict[str, str]:
    """What the hub has noted; what Square itself notes has a name with a colon."""
    return {name: value for name, value in one.metadata.items() if name.startswith((SHIP, CANCEL))}


def _noted(one: Fulfilment, what: str, pieces: int, name: str) -> dict[str, str]:
    """What the hub has noted, and this.

    Raises:
        PermanentError: there is no room for it.
    """
    notes, key, value = _notes(one), _key(what, name), f"{pieces} {name}"[: _LONGEST["value"]]
    if what == SHIP and len(one.metadata) >= _APART:
        before, _, names = notes.get(_MORE, "0").partition(" ")
        key, value = _MORE, " ".join(filter(None, [str(int(before) + pieces), names, _short(name)]))
    if len(value) > _LONGEST["value"] or (key not in one.metadata and len(one.metadata) >= _MOST):
        msg = f"Square takes no further note at fulfilment {one.uid}, of {pieces} more pieces; see to it there"
        raise by_hand(msg)
    return notes | {key: value}


def _counted(notes: Mapping[str, str]) -> int:
    return sum(int(value.partition(" ")[0]) for value in notes.values())


def _key(what: str, name: str) -> str:
    return f"{what}{sha256(name.encode()).hexdigest()[:24]}"


def _short(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:12]
