"""The stock that one decision reads and changes: its counters, lots, movements, and entries of the ledger."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.inventory import Candidate, ShortageRecordedV1, StockFreedV1, StockMovedV1
from services.hub.decision import Document, States, changed
from services.inventory.decide.shelves import Shelves
from services.inventory.state import LocationStock, Movement, ReservedLine, Stock, Tracking

_COUNTERS = {"sellable": "on_hand", "quarantine": "quarantine", "damaged": "damaged", "in-transit": "in_transit"}
"""Where the pieces of a condition are counted."""

MOST_RECENT = 512
"""Movements of a SKU at a location that are kept account of."""


class Stocks:
    """The stock documents that one decision reads and changes."""

    def __init__(self, states: States, owner: str, now: datetime, tracked: frozenset[str] = frozenset()) -> None:
        self._states = states
        self._tracked = tracked
        """Locations where account is kept of what moves, to reconcile snapshots with."""
        self._owner = owner
        self.moment = now
        self._before: dict[str, Stock] = {}
        self._now: dict[str, Stock] = {}
        self._shelves: Shelves | None = None

    def __getitem__(self, sku: str) -> Stock:
        """The stock of a SKU as this decision has left it; one that was never heard of is empty."""
        stock = self._now.get(sku)
        if stock is None:
            stock = self._states.get(Stock, self._owner, sku) or Stock(owner=self._owner, sku=sku)
            self._before[sku] = self._now[sku] = stock
        return stock

    @property
    def shelves(self) -> Shelves:
        """The lots of those SKUs that have them."""
        if self._shelves is None:
            self._shelves = Shelves(self._states, self._owner)
        return self._shelves

    def load(self, skus: Iterable[str]) -> None:
        """Ask for many at once."""
        wanted = list(dict.fromkeys(skus))
        for sku, stock in zip(wanted, self._states.get_all(Stock, [(self._owner, sku) for sku in wanted]), strict=True):
            self._before[sku] = self._now[sku] = stock or Stock(owner=self._owner, sku=sku)

    def change(self, sku: str, *, reserved: int = 0, waiting: int = 0) -> None:
        """Promise more or fewer pieces, or have more or fewer waited for."""
        stock = self[sku]
        self._now[sku] = changed(stock, reserved=stock.reserved + reserved, waiting=stock.waiting + waiting)

    def track(self, sku: str, tracking: Tracking | None) -> None:
        """Follow the pieces of a SKU as closely as this from now on."""
        self._now[sku] = changed(self[sku], tracking=tracking)

    def expect(self, sku: str, pieces: int) -> None:
        """Expect so many more or fewer pieces of suppliers."""
        self._now[sku] = changed(self[sku], expected=self[sku].expected + pieces)

    def place(self, sku: str, location_id: str, *, lot: str = "", expires_on: str = "", **delta: int) -> LocationStock:
        """Change counters of one location by these differences; the location as it is then. Its lots follow."""
        stock = self[sku]
        if stock.tracking is not None and stock.has_lots:
            self.shelves.follow(stock, location_id, lot, expires_on, delta)
        place = stock.locations.get(location_id) or LocationStock()
        place = changed(place, **{name: getattr(place, name) + by for name, by in delta.items()})
        self._now[sku] = changed(stock, locations={**stock.locations, location_id: place})
        return place

    def candidates(self, sku: str) -> tuple[Candidate, ...]:
        """Locations with free pieces."""
        free = [(name, place.available) for name, place in self[sku].locations.items()]
        return tuple([Candidate(location_id=name, available=available) for name, available in free if available])

    def freed(self) -> list[StockFreedV1]:
        """For each SKU that has free pieces and lines that wait: that the next of them can be filled."""
        return [
            StockFreedV1(owner=self._owner, sku=stock.sku, waiting=stock.waiting)
            for stock in self._changed()
            if stock.waiting > 0 and stock.promisable > 0
        ]

    def charge(self, line: ReservedLine, by: int) -> None:
        """Count pieces that are promised or bound against the share of the line's channel, where it has one."""
        if line.channel and by:
            stock = self[line.sku]
            used = {**stock.used, line.channel: stock.used.get(line.channel, 0) + by}
            self._now[line.sku] = changed(stock, used={name: pieces for name, pieces in used.items() if pieces})

    def put(self, sku: str, **fields: object) -> None:
        """Have fields of a SKU's stock stand like this."""
        self._now[sku] = changed(self[sku], **fields)

    def put_place(self, sku: str, location_id: str, **fields: object) -> None:
        """Have fields of one location stand like this."""
        place = changed(self[sku].locations.get(location_id) or LocationStock(), **fields)
        self.put(sku, locations={**self[sku].locations, location_id: place})

    def move(
        self,
        sku: str,
        location_id: str,
        kind: str,
        delta: int,
        *,
        reason: str,
        reference: str = "",
        at: datetime | None = None,
        lot: str = "",
        expires_on: str = "",
    ) -> StockMovedV1:
        """Change the pieces on hand, and enter it in the ledger; ``at`` is when it happened, where not now."""
        place = self.place(sku, location_id, lot=lot, expires_on=expires_on, on_hand=delta)
        self._keep_account(sku, location_id, delta, at or self.moment)
        return self.entry(
            sku, location_id, kind, abs(delta), delta, place.on_hand, reason=reason, reference=reference, lot=lot
        )

    def shift(
        self,
        sku: str,
        location_id: str,
        kind: str,
        quantity: int,
        source: str,
        target: str,
        *,
        reason: str,
        reference: str = "",
        lot: str = "",
        expires_on: str = "",
    ) -> StockMovedV1:
        """Move pieces from one condition to another, or from or to the outside (""), and enter it in the ledger."""
        delta = {_COUNTERS[source]: -quantity} if source else {}
        delta |= {_COUNTERS[target]: quantity} if target else {}
        place = self.place(sku, location_id, lot=lot, expires_on=expires_on, **delta)
        self._keep_account(sku, location_id, delta.get("on_hand", 0), self.moment)
        return self.entry(
            sku,
            location_id,
            kind,
            quantity,
            delta.get("on_hand", 0),
            place.on_hand,
            reason=reason,
            reference=reference,
            lot=lot,
            from_condition=source,
            to_condition=target,
        )

    def _keep_account(self, sku: str, location_id: str, delta: int, at: datetime) -> None:
        """Remember what moves where figures of a moment are reconciled with it."""
        place = self[sku].locations[location_id]
        if delta and (place.recent is not None or location_id in self._tracked):
            self.put_place(sku, location_id, **with_movement(place, at, delta))

    def set_aside(
        self, sku: str, location_id: str, quantity: int, *, reason: str, reference: str, lot: str = ""
    ) -> StockMovedV1:
        """Keep pieces apart that cannot be sold, and enter it in the ledger."""
        return self.shift(
            sku, location_id, "written-off", quantity, "", "damaged", reason=reason, reference=reference, lot=lot
        )

    def entry(
        self,
        sku: str,
        location_id: str,
        kind: str,
        quantity: int,
        delta: int,
        on_hand: int,
        *,
        reason: str,
        reference: str,
        **more: str,
    ) -> StockMovedV1:
        """One entry of the ledger."""
        return StockMovedV1(
            owner=self._owner,
            sku=sku,
            location_id=location_id,
            kind=kind,
            quantity=quantity,
            delta=delta,
            on_hand=on_hand,
            reason=reason,
            reference=reference,
            moved_at=self.moment,
            **more,
        )

    def shortages(self, sku: str, location_id: str, reason: str) -> list[ShortageRecordedV1]:
        """That more is promised or bound than is there, if this decision made it so."""
        before = self._before[sku].missing if sku in self._before else 0
        missing = self[sku].missing
        if missing <= before:
            return []
        return [
            ShortageRecordedV1(
                owner=self._owner,
                sku=sku,
                location_id=location_id,
                missing=missing,
                reason=reason,
                recorded_at=self.moment,
            )
        ]

    def _changed(self) -> list[Stock]:
        return [stock for sku, stock in self._now.items() if stock is not self._before[sku]]

    def writes(self) -> list[Document]:
        """The documents that changed."""
        lots = self._shelves.writes() if self._shelves is not None else []
        return [*self._changed(), *lots]


def with_movement(place: LocationStock, at: datetime, delta: int) -> dict[str, object]:
    """Fields of a location that has kept account of one more movement; the oldest are forgotten."""
    recent = (*(place.recent or ()), Movement(at=at, delta=delta))
    if len(recent) <= MOST_RECENT:
        return {"recent": recent}
    recent = tuple(sorted(recent, key=lambda one: one.at))
    half = MOST_RECENT // 2
    return {"recent": recent[half:], "forgotten": recent[half - 1].at}
