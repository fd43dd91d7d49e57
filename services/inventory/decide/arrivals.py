"""Pieces come in: sellable, unless their lot is too old or recalled; a SKU that is kept by lot has its lots named."""

from datetime import date

from crossdock_contracts.inventory import ReceiveStockV1, StockMovedV1
from services.hub.decision import States, changed
from services.inventory.decide.expiry import why_not_sold
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import ShelfLife
from services.inventory.state import Stock
from services.inventory.state_lots import UNKNOWN, Recall

MOST_LOTS = 200
"""Lots that are kept of one SKU at one location; a document stays small."""


def is_recalled(states: States, owner: str, sku: str, lot: str) -> bool:
    """Nothing of this lot may be sold."""
    recall = states.get(Recall, owner, sku, lot)
    return recall is not None and recall.lifted_at is None


def lot_of(stocks: Stocks, message: ReceiveStockV1) -> str:
    """The lot that a receipt names; a SKU that is kept by expiry alone has a lot for each day, named after it."""
    return message.lot or (message.expires_on if stocks[message.sku].has_lots else "")


def trouble(stocks: Stocks, message: ReceiveStockV1) -> tuple[str, str]:
    """Why a receipt cannot be taken in: reason and detail; empty: it can."""
    tracking = stocks[message.sku].tracking
    if tracking is None or not tracking.lots:
        return "", ""
    if tracking.lot and not message.lot:
        return "lot-missing", f"{message.sku} is kept by lot; name the lot that arrived"
    shelf = stocks.shelves.at(stocks[message.sku], message.location_id)
    known = shelf.lots.get(lot_of(stocks, message) or UNKNOWN)
    if known is None and len(shelf.lots) >= MOST_LOTS:
        return "too-many-lots", (
            f"{message.location_id} has {len(shelf.lots)} lots of {message.sku}, the most that are kept; "
            "dispose of those in quarantine"
        )
    return _wrong_day(message, known.expires_on if known else "", needed=tracking.expiry)


def _wrong_day(message: ReceiveStockV1, known: str, *, needed: bool) -> tuple[str, str]:
    """What is wrong with the last day that a receipt names: reason and detail."""
    lot = f"lot {message.lot}" if message.lot else "the lot"
    if needed and not message.expires_on and not known:
        return "expiry-missing", f"{message.sku} is kept by expiry; name the last day of {lot}"
    if message.expires_on and not _is_day(message.expires_on):
        return "not-a-day", f"{message.expires_on!r} is no day; write it like 2026-09-30"
    if known and message.expires_on not in ("", known):
        return "expiry-differs", f"{lot} of {message.sku} expires on {known}, not {message.expires_on}"
    return "", ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def refresh(stocks: Stocks, sku: str, shelf_life: ShelfLife) -> None:
    """Go by the days that a lot must have left as they are configured now."""
    tracking = stocks[sku].tracking
    if tracking is not None and tracking.min_days != shelf_life.of(tracking.category):
        stocks.track(sku, changed(tracking, min_days=shelf_life.of(tracking.category)))


def take_in(
    states: States,
    stocks: Stocks,
    sku: str,
    location_id: str,
    quantity: int,
    kind: str,
    *,
    reason: str,
    reference: str,
    source: str = "",
    lot: str = "",
    expires_on: str = "",
) -> StockMovedV1:
    """Pieces come to a location, from outside or out of another condition."""
    stock = stocks[sku]
    target = "sellable"
    if stock.has_lots:
        lot = lot or UNKNOWN
        target, reason = _condition(states, stocks, stock, location_id, lot, expires_on, reason)
    if target == "sellable" and not source:
        return stocks.move(
            sku, location_id, kind, quantity, reason=reason, reference=reference, lot=lot, expires_on=expires_on
        )
    return stocks.shift(
        sku, location_id, kind, quantity, source, target, reason=reason, reference=reference, lot=lot,
        expires_on=expires_on,
    )  # fmt: skip


def _condition(
    states: States, stocks: Stocks, stock: Stock, location_id: str, lot: str, expires_on: str, reason: str
) -> tuple[str, str]:
    """The condition of pieces of a lot that come in, and why it is that."""
    assert stock.tracking is not None
    known = stocks.shelves.at(stock, location_id).lots.get(lot)
    day = (known.expires_on if known else "") or expires_on
    if is_recalled(states, stock.owner, stock.sku, lot):
        return "quarantine", "recalled"
    if stock.tracking.expiry and not day:
        return "quarantine", "expiry-not-known"
    too_old = why_not_sold(day, stock.tracking.min_days, stocks.moment)
    return ("quarantine", too_old) if too_old else ("sellable", reason)
