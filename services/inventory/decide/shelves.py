"""The lots that one decision reads and changes: what `Stocks` does to a location's counters, they follow.

The sums of a location's lots are its counters, always: pieces that come without a lot are of lot ``unknown``, and
pieces that go without one are taken from the lots as `_least` has it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.hub.decision import Document, States, changed
from services.inventory.state import LocationStock, Stock
from services.inventory.state_lots import NO_DAY, UNKNOWN, LotExpiry, LotPieces, Lots, sold_until

_COUNTED = ("on_hand", "quarantine", "damaged")


class Shelves:
    """The `Lots` that one decision reads and changes."""

    def __init__(self, states: States, owner: str) -> None:
        self._states = states
        self._owner = owner
        self._before: dict[tuple[str, str], Lots] = {}
        self._now: dict[tuple[str, str], Lots] = {}
        self._min_days: dict[str, int] = {}

    def at(self, stock: Stock, location_id: str) -> Lots:
        """The lots at a location as this decision has left them; what was there before there were lots is unknown."""
        found = self._now.get((stock.sku, location_id))
        if found is None:
            found = self._states.get(Lots, self._owner, stock.sku, location_id) or self._begun(stock, location_id)
            self._before[stock.sku, location_id] = self._now[stock.sku, location_id] = found
        if stock.tracking is not None:
            self._min_days[stock.sku] = stock.tracking.min_days
        return found

    def _begun(self, stock: Stock, location_id: str) -> Lots:
        place = stock.locations.get(location_id) or LocationStock()
        pieces = LotPieces(on_hand=place.on_hand, quarantine=place.quarantine, damaged=place.damaged)
        return Lots(
            owner=self._owner,
            sku=stock.sku,
            location_id=location_id,
            lots={} if pieces.is_empty else {UNKNOWN: pieces},
        )

    def change(self, stock: Stock, location_id: str, lot: str, expires_on: str = "", /, **delta: int) -> None:
        """Change counters of one lot by these differences; a lot of which nothing is left is forgotten."""
        shelf = self.at(stock, location_id)
        pieces = shelf.lots.get(lot) or LotPieces()
        counters = {name: getattr(pieces, name) + by for name, by in delta.items()}
        pieces = changed(pieces, expires_on=pieces.expires_on or expires_on, **counters)
        others = {name: one for name, one in shelf.lots.items() if name != lot}
        lots = others if pieces.is_empty else {**others, lot: pieces}
        self._now[stock.sku, location_id] = changed(shelf, lots=lots)

    def follow(self, stock: Stock, location_id: str, lot: str, expires_on: str, delta: Mapping[str, int]) -> None:
        """A location's counters are about to change by these differences: so do those of its lots."""
        counted = {counter: by for counter, by in delta.items() if counter in _COUNTED and by}
        if lot and counted:
            self.change(stock, location_id, lot, expires_on, **counted)
            return
        for counter, by in counted.items():
            parts = [(UNKNOWN, by)]
            if by < 0:
                parts = [(name, -taken) for name, taken in self._least(self.at(stock, location_id), counter, -by)]
            for name, part in parts:
                self.change(stock, location_id, name, **{counter: part})

    @staticmethod
    def _least(shelf: Lots, counter: str, quantity: int) -> Iterator[tuple[str, int]]:
        """So many pieces of those that are missed the least.

        Free ones before bound ones; of an unknown lot first, then those that expire last: what is left on the books
        is then never fresher than what is left on the shelf may be.
        """
        lots = sorted(shelf.lots.items(), key=lambda one: (one[0] != UNKNOWN, _later(one[1].expires_on), one[0]))
        left = quantity
        for bound in (False, True):
            for name, lot in lots:
                there = getattr(lot, counter)
                free = lot.free if counter == "on_hand" else there
                taken = min(left, there - free if bound else free)
                if taken > 0:
                    yield name, taken
                    left -= taken

    def writes(self) -> list[Document]:
        """The documents that changed, each with the timer of the next lot that stops being sold."""
        found: list[Document] = []
        for (sku, location_id), shelf in self._now.items():
            before = self._before[sku, location_id]
            if shelf is before:
                continue
            found.append(shelf)
            due = self._next(shelf)
            if due is not None:
                found.append(LotExpiry(owner=self._owner, sku=sku, location_id=location_id, due_at=due))
        return found

    def due(self, stock: Stock, location_id: str) -> datetime | None:
        """When the next lot at a location stops being sold."""
        return self._next(self.at(stock, location_id))

    def _next(self, shelf: Lots) -> datetime | None:
        ends = (sold_until(lot.expires_on, self._min_days.get(shelf.sku, 0)) for _, lot in shelf.in_order())
        return min((end for end in ends if end is not None), default=None)


def _later(day: str) -> int:
    """For sorting by day, the last first."""
    return -int((day or NO_DAY).replace("-", ""))
