"""Which lots are bound, shipped and missed: first expired first out, unless the warehouse says that it took others."""

from collections.abc import Iterable, Iterator, Mapping

from crossdock_contracts.base import Event
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.lots import LotCorrectedV1
from crossdock_contracts.shipping import LineLot, ShortPickedV1
from crossdock_contracts.values import LotQuantity
from services.hub.decision import changed
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Bound, ReservedLine
from services.inventory.state_lots import LotPieces, Lots

Pieces = dict[str, int]
"""Pieces by lot, in order."""


def first(lots: Mapping[str, int], quantity: int) -> Pieces:
    """So many pieces of these, in their order."""
    found: Pieces = {}
    for lot, there in lots.items():
        if quantity <= 0:
            break
        found[lot] = min(there, quantity)
        quantity -= found[lot]
    return found


def less(lots: Mapping[str, int], gone: Mapping[str, int]) -> Pieces:
    """These pieces without those."""
    return {lot: left for lot, there in lots.items() if (left := there - gone.get(lot, 0)) > 0}


def more(lots: Mapping[str, int], others: Mapping[str, int]) -> Pieces:
    """These pieces and those."""
    return {lot: lots.get(lot, 0) + others.get(lot, 0) for lot in dict.fromkeys((*lots, *others))}


def by_lot(lots: Iterable[LotQuantity]) -> Pieces:
    """Pieces by lot, as a message tells them."""
    found: Pieces = {}
    for one in lots:
        found[one.lot] = found.get(one.lot, 0) + one.quantity
    return found


def days_of(lots: Iterable[LotQuantity | LineLot]) -> dict[str, str]:
    """The last day of each lot, as a message tells it."""
    return {one.lot: one.expires_on for one in lots if one.expires_on}


def choose(stocks: Stocks, sku: str, location_id: str, quantity: int) -> Pieces:
    """So many free pieces, those first that expire first; fewer where pieces are bound that are in no lot."""
    shelf = stocks.shelves.at(stocks[sku], location_id)
    return first({name: lot.free for name, lot in shelf.in_order() if lot.free}, quantity)


def bind(stocks: Stocks, lines: dict[str, ReservedLine], fulfilment: Fulfilment) -> dict[str, ReservedLine]:
    """The lines with the lots of what a fulfilment binds, where their SKUs have lots."""
    if not any(stocks[line.sku].has_lots for line in fulfilment.lines):
        return lines
    bound_lines = dict(lines)
    for line_id in dict.fromkeys(line.line_id for line in fulfilment.lines):
        line = lines[line_id]
        if stocks[line.sku].has_lots:
            bound = bound_of(line, fulfilment.fulfilment_id)
            lots = choose(stocks, line.sku, bound.location_id, bound.quantity)
            bound_lines[line_id] = changed(line, bound=with_bound(line, rebind(stocks, bound, line.sku, lots)))
    return bound_lines


def bound_of(line: ReservedLine | None, fulfilment_id: str) -> Bound:
    """What a line has bound for a fulfilment, in one; no pieces where it has nothing."""
    found = [one for one in line.bound if one.fulfilment_id == fulfilment_id] if line else []
    if len(found) == 1:
        return found[0]
    lots: Pieces = {}
    for one in found:
        lots = more(lots, one.lots)
    location = found[0].location_id if found else ""
    quantity = sum(one.quantity for one in found)
    sku = found[0].sku if found else ""
    return Bound(fulfilment_id=fulfilment_id, location_id=location, quantity=quantity, sku=sku, lots=lots)


def with_bound(line: ReservedLine, bound: Bound) -> tuple[Bound, ...]:
    """What a line has bound, with this in place of what it had bound for the same fulfilment."""
    others = tuple([one for one in line.bound if one.fulfilment_id != bound.fulfilment_id])
    return (*others, bound) if bound.quantity else others


def rebind(stocks: Stocks, bound: Bound, sku: str, lots: Pieces) -> Bound:
    """The bound pieces are of these lots from now on."""
    for lot in dict.fromkeys((*bound.lots, *lots)):
        by = lots.get(lot, 0) - bound.lots.get(lot, 0)
        if by:
            stocks.shelves.change(stocks[sku], bound.location_id, lot, allocated=by)
    return changed(bound, lots=lots)


def fewer(stocks: Stocks, sku: str, bound: Bound, taken: int, gone: Mapping[str, int] | None = None) -> Bound:
    """The bound pieces without so many of them: of these lots, else of those that expire last."""
    left = changed(bound, quantity=bound.quantity - taken)
    return rebind(stocks, left, sku, first(less(bound.lots, gone or {}), left.quantity)) if bound.lots else left


def told(stocks: Stocks, fulfilment: Fulfilment, lines: Iterable[ReservedLine]) -> Fulfilment:
    """The fulfilment with what its pick has to know: which lots to take, and whose serial numbers to read."""
    if all(stocks[line.sku].tracking is None for line in fulfilment.lines):
        return fulfilment
    left = {line.line_id: dict(bound_of(line, fulfilment.fulfilment_id).lots) for line in lines}
    told_lines = []
    for line in fulfilment.lines:
        tracking = stocks[line.sku].tracking
        if tracking is not None:
            lots = first(left[line.line_id], line.quantity)
            left[line.line_id] = less(left[line.line_id], lots)
            lots_named = named(stocks, line.sku, fulfilment.location_id, lots)
            line = changed(line, lots=lots_named, track_serial=tracking.serial)  # noqa: PLW2901  # the same line, told
        told_lines.append(line)
    return changed(fulfilment, lines=tuple(told_lines))


def named(stocks: Stocks, sku: str, location_id: str, lots: Mapping[str, int]) -> tuple[LotQuantity, ...]:
    """Pieces by lot, as a pick is told them."""
    shelf = stocks.shelves.at(stocks[sku], location_id).lots if lots else {}
    return tuple(LotQuantity(lot=lot, quantity=n, expires_on=shelf[lot].expires_on) for lot, n in lots.items())


def ready(
    stocks: Stocks,
    bound: Bound,
    sku: str,
    lots: Mapping[str, int],
    days: Mapping[str, str],
    why: str,
    reference: str,
) -> list[Event]:
    """See that so many pieces of these lots are on the books as sellable, for the warehouse has them in its hands.

    What the books have of them in quarantine comes out of it; what they have under another lot was of this one.
    """
    events: list[Event] = []
    location_id = bound.location_id
    for lot, quantity in lots.items():
        shelf = stocks.shelves.at(stocks[sku], location_id)
        pieces = shelf.lots.get(lot) or LotPieces()
        short = quantity - pieces.on_hand
        back = min(short, pieces.quarantine)
        if back > 0:
            out = stocks.shift(
                sku, location_id, "adjusted", back, "quarantine", "sellable", reason=why, reference=reference, lot=lot
            )
            events.append(out)
            short -= back
        for name, most in _others(shelf, lots, lot, bound.lots):
            moved = min(short, most)
            if moved > 0:
                day = days.get(lot, "")
                found = correct(
                    stocks, sku, location_id, name, lot, moved, why=why, reference=reference, expires_on=day
                )
                events.append(found)
                short -= moved
    return events


def _others(shelf: Lots, lots: Mapping[str, int], lot: str, bound: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Pieces that may have been of this lot all along: those that were bound in its place, free ones, any."""
    there = {name: one for name, one in reversed(shelf.in_order()) if name != lot}
    spare = {name: max(0, one.on_hand - lots.get(name, 0)) for name, one in there.items()}
    free = {name: one.free for name, one in there.items()}
    for most in (bound, free, spare):
        for name in there:
            taken = min(spare[name], most.get(name, 0))
            spare[name] -= taken
            yield name, taken


def correct(
    stocks: Stocks, sku: str, location_id: str, source: str, target: str, quantity: int, *, why: str, reference: str,
    expires_on: str = "", kept: str = "on_hand",
) -> LotCorrectedV1:  # fmt: skip
    """Pieces that are counted under one lot are of another."""
    stock = stocks[sku]
    stocks.shelves.change(stock, location_id, source, **{kept: -quantity})
    stocks.shelves.change(stock, location_id, target, expires_on, **{kept: quantity})
    return LotCorrectedV1(
        owner=stock.owner,
        sku=sku,
        location_id=location_id,
        from_lot=source,
        to_lot=target,
        quantity=quantity,
        reason=why,
        reference=reference,
        corrected_at=stocks.moment,
    )


def named_lots(stocks: Stocks, message: ShortPickedV1, line: ReservedLine, sku: str) -> Pieces:
    """The lots that the picker named of what was found of a line."""
    if not stocks[sku].has_lots:
        return {}
    found: Pieces = {}
    for one in message.lots:
        if one.line_id == line.line_id:
            found = more(found, {one.lot: one.quantity})
    return found


def missing_lots(bound: Bound, said: Pieces, missing: int) -> Pieces:
    """Lots of pieces that were not found: those bound that the picker did not name, else those that expire last."""
    return first(less(bound.lots, said or first(bound.lots, bound.quantity - missing)), missing)
