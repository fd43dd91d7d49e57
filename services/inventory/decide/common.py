"""What inventory's rules share."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.inventory import (
    Candidate,
    PromisedLine,
    ShortageRecordedV1,
    StockBackorderedV1,
    StockFreedV1,
    StockMovedV1,
    StockReservedV1,
)
from services.hub.decision import States, changed
from services.inventory.state import (
    LocationStock,
    Reservation,
    ReservationStatus,
    ReservedLine,
    Stock,
    WaitingLine,
)

PATIENCE = timedelta(days=30)
"""A line that has waited so long for stock is brought to somebody's attention."""


class Stocks:
    """The stock documents that one decision reads and changes."""

    def __init__(self, states: States, owner: str, now: datetime) -> None:
        self._states = states
        self._owner = owner
        self._moment = now
        self._before: dict[str, Stock] = {}
        self._now: dict[str, Stock] = {}

    def __getitem__(self, sku: str) -> Stock:
        """The stock of a SKU as this decision has left it; one that was never heard of is empty."""
        stock = self._now.get(sku)
        if stock is None:
            stock = self._states.get(Stock, self._owner, sku) or Stock(owner=self._owner, sku=sku)
            self._before[sku] = self._now[sku] = stock
        return stock

    def load(self, skus: Iterable[str]) -> None:
        """Ask for many at once."""
        wanted = list(dict.fromkeys(skus))
        for sku, stock in zip(wanted, self._states.get_all(Stock, [(self._owner, sku) for sku in wanted]), strict=True):
            self._before[sku] = self._now[sku] = stock or Stock(owner=self._owner, sku=sku)

    def change(self, sku: str, *, reserved: int = 0, waiting: int = 0) -> None:
        """Promise more or fewer pieces, or have more or fewer waited for."""
        stock = self[sku]
        self._now[sku] = changed(stock, reserved=stock.reserved + reserved, waiting=stock.waiting + waiting)

    def place(self, sku: str, location_id: str, **delta: int) -> LocationStock:
        """Change counters of one location by these differences; the location as it is then."""
        stock = self[sku]
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
            for stock in self.writes()
            if stock.waiting > 0 and stock.promisable > 0
        ]

    def move(
        self, sku: str, location_id: str, kind: str, delta: int, *, reason: str, reference: str = ""
    ) -> StockMovedV1:
        """Change the pieces on hand, and enter it in the ledger."""
        place = self.place(sku, location_id, on_hand=delta)
        return self.entry(sku, location_id, kind, abs(delta), delta, place.on_hand, reason=reason, reference=reference)

    def set_aside(self, sku: str, location_id: str, quantity: int, *, reason: str, reference: str) -> StockMovedV1:
        """Keep pieces apart that cannot be sold, and enter it in the ledger."""
        place = self.place(sku, location_id, damaged=quantity)
        return self.entry(
            sku, location_id, "written-off", quantity, 0, place.on_hand, reason=reason, reference=reference
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
            moved_at=self._moment,
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
                recorded_at=self._moment,
            )
        ]

    def writes(self) -> list[Stock]:
        """The documents that changed."""
        return [stock for sku, stock in self._now.items() if stock is not self._before[sku]]


def status_of(lines: Iterable[ReservedLine]) -> ReservationStatus:
    """Where an order stands, by its lines."""
    status = ReservationStatus.SETTLED
    for line in lines:
        if line.backordered:
            return ReservationStatus.BACKORDERED
        if line.promised:
            status = ReservationStatus.RESERVED
        elif line.bound and status is ReservationStatus.SETTLED:
            status = ReservationStatus.ALLOCATED
    return status


def with_lines(reservation: Reservation, lines: Iterable[ReservedLine], **fields: object) -> Reservation:
    """The reservation with these lines; one that has nothing open any more shrinks to a tombstone."""
    lines = tuple(lines)
    status = status_of(lines)
    if status is ReservationStatus.SETTLED and reservation.incomplete:
        status = ReservationStatus.BACKORDERED
    if status is ReservationStatus.SETTLED and reservation.closed:
        about: dict[str, object] = {"lines": (), "answered": {}, "cancelled_before": {}, "unnamed_before": {}}
        return changed(reservation, status=ReservationStatus.ENDED, **fields | about)
    if status is ReservationStatus.SETTLED:
        over = {**reservation.cancelled_before}
        for line in lines:
            over[line.line_id] = over.get(line.line_id, 0) + line.quantity
        return changed(reservation, status=status, lines=(), answered={}, cancelled_before=over, **fields)
    return changed(reservation, status=status, lines=lines, **fields)


def promise_event(reservation: Reservation, stocks: Stocks, now: datetime) -> StockReservedV1 | StockBackorderedV1:
    """What is promised of an order and not bound yet, with the places that it could come from."""
    lines = tuple(
        [
            PromisedLine(
                line_id=line.line_id,
                sku=line.sku,
                quantity=line.promised + line.backordered,
                backordered=line.backordered,
                candidates=stocks.candidates(line.sku),
            )
            for line in reservation.lines
            if line.promised or line.backordered
        ]
    )
    about = {"owner": reservation.owner, "order_id": reservation.order_id, "generation": reservation.generation}
    if any(line.backordered for line in lines):
        return StockBackorderedV1(**about, lines=lines, backordered_at=now)
    return StockReservedV1(**about, lines=lines, reserved_at=now)


def waiting(reservation: Reservation, line: ReservedLine, now: datetime) -> WaitingLine:
    """A line that waits for stock from now on."""
    return WaitingLine(
        owner=reservation.owner,
        sku=line.sku,
        priority=reservation.priority,
        order_id=reservation.order_id,
        line_id=line.line_id,
        quantity=line.backordered,
        ship_by=reservation.ship_by,
        since=reservation.placed_at or now,
        due_at=now + PATIENCE,
    )


def nothing_open(reservation: Reservation | None) -> bool:
    """Nothing can be done about this order here any more."""
    return reservation is not None and reservation.has_ended


def is_closed(reservation: Reservation | None) -> bool:
    """The order is cancelled or rejected: nothing is promised for it any more."""
    return reservation is not None and reservation.status is ReservationStatus.ENDED
