"""Bound pieces that are gone: they have left, or were not on the shelf."""

from collections.abc import Iterable
from typing import Any

from crossdock_contracts.base import Event
from crossdock_contracts.inventory import StockMovedV1
from crossdock_contracts.shipping import ShipmentShippedV2
from crossdock_contracts.values import LotQuantity
from services.inventory.decide import binding
from services.inventory.decide.binding import Pieces
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Bound, ReservedLine


def ship(
    stocks: Stocks,
    line: ReservedLine,
    bound: Bound,
    taken: int,
    shipped: Iterable[LotQuantity],
    message: ShipmentShippedV2,
) -> tuple[Bound, list[Event]]:
    """So many bound pieces have left, of the lots that the warehouse names, else of those that were bound.

    What had left before the last count or snapshot that was believed was no part of it, and must not be taken off
    again: it is found first, of its lot where that is short now, else of no known one, for others were taken for it.
    """
    sku, location_id = bound.sku or line.sku, bound.location_id
    shipped = tuple(shipped)
    said = binding.by_lot(shipped) if stocks[sku].has_lots else {}
    lots = binding.first(said or bound.lots, taken)
    about: dict[str, Any] = {"reason": "shipped", "reference": message.order_id, "at": message.shipped_at}
    events: list[Event] = []
    place = stocks[sku].locations.get(location_id)
    if place is not None and place.as_of is not None and message.shipped_at <= place.as_of:
        for lot, quantity in _parts(lots, taken):
            is_short = _there(stocks, sku, location_id, lot) < quantity
            events.append(stocks.move(sku, location_id, "found", quantity, lot=lot if is_short else "", **about))
    events += binding.ready(stocks, bound, sku, lots, binding.days_of(shipped), "shipped", message.order_id)
    left = binding.fewer(stocks, sku, bound, taken, lots)
    stocks.place(sku, location_id, allocated=-taken)
    return left, [*events, *_leave(stocks, sku, location_id, taken, lots, about)]


def _leave(
    stocks: Stocks, sku: str, location_id: str, taken: int, lots: Pieces, about: dict[str, Any]
) -> list[StockMovedV1]:
    """One entry of the ledger for each lot, or one in all where there are none; what a count had missed is found."""
    found: list[StockMovedV1] = []
    for lot, quantity in _parts(lots, taken):
        missed = quantity - _there(stocks, sku, location_id, lot)
        if missed > 0:
            found.append(stocks.move(sku, location_id, "found", missed, lot=lot, **about))
        found.append(stocks.move(sku, location_id, "shipped", -quantity, lot=lot, **about))
    return found


def _parts(lots: Pieces, taken: int) -> list[tuple[str, int]]:
    """So many pieces by lot; lot "" for those that are in none."""
    parts = [*lots.items(), ("", taken - sum(lots.values()))]
    return [(lot, quantity) for lot, quantity in parts if quantity]


def _there(stocks: Stocks, sku: str, location_id: str, lot: str) -> int:
    """Sellable pieces of a lot, or of all."""
    if lot:
        found = stocks.shelves.at(stocks[sku], location_id).lots.get(lot)
        return found.on_hand if found else 0
    place = stocks[sku].locations.get(location_id)
    return place.on_hand if place else 0


def lose(stocks: Stocks, sku: str, location_id: str, taken: int, lots: Pieces, reference: str) -> list[StockMovedV1]:
    """Bound pieces were not on the shelf: they are gone, but for those that a count had found missing already."""
    left = max(0, taken - stocks[sku].bound_missing.get(location_id, 0))
    stocks.place(sku, location_id, allocated=-taken)
    found: list[StockMovedV1] = []
    for lot, quantity in _parts(lots, taken):
        gone = min(quantity, left, _there(stocks, sku, location_id, lot))
        if gone > 0:
            left -= gone
            about: dict[str, Any] = {"reason": "short-pick", "reference": reference, "lot": lot}
            found.append(stocks.move(sku, location_id, "adjusted", -gone, **about))
    return found
