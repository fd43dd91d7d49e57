"""What inventory's rules share."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from crossdock_contracts.inventory import PromisedLine, StockBackorderedV1, StockReservedV1
from services.hub.decision import changed
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Reservation, ReservationStatus, ReservedLine, WaitingLine, turn

PATIENCE = timedelta(days=30)
"""A line that has waited so long for stock is brought to somebody's attention."""


def status_of(lines: Iterable[ReservedLine]) -> ReservationStatus:
    """Where an order stands, by its lines."""
    lines = tuple(lines)
    if any(line.backordered for line in lines):
        return ReservationStatus.BACKORDERED
    if any(line.promised for line in lines):
        return ReservationStatus.RESERVED
    if any(line.bound for line in lines):
        return ReservationStatus.ALLOCATED
    lapsed = any(line.lapsed for line in lines)  # somebody decides whether they are promised again
    return ReservationStatus.BACKORDERED if lapsed else ReservationStatus.SETTLED


_OPEN_ONLY = ("answered", "stopped", "cancelled_before", "unnamed_before")
"""What of a reservation says nothing any more once its order is cancelled or rejected."""


def with_lines(reservation: Reservation, lines: Iterable[ReservedLine], **fields: object) -> Reservation:
    """The reservation with these lines; one that has nothing open any more shrinks to a tombstone."""
    lines = tuple(lines)
    status = status_of(lines)
    if status is ReservationStatus.SETTLED and reservation.incomplete:
        status = ReservationStatus.BACKORDERED
    if status is ReservationStatus.SETTLED and reservation.closed:
        about: dict[str, object] = {name: {} for name in _OPEN_ONLY}
        return changed(reservation, status=ReservationStatus.ENDED, lines=(), **fields | about)
    if status is ReservationStatus.SETTLED:
        over = {**reservation.cancelled_before}
        for line in lines:
            over[line.line_id] = over.get(line.line_id, 0) + line.quantity
        return changed(reservation, status=status, lines=(), answered={}, stopped={}, cancelled_before=over, **fields)
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
    about: dict[str, Any] = {
        "owner": reservation.owner,
        "order_id": reservation.order_id,
        "generation": reservation.generation,
        "revision": reservation.revision,
    }
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
        due_at=max(now, reservation.release_at or now) + PATIENCE,
    )


def waiting_key(reservation: Reservation, line: ReservedLine, now: datetime) -> tuple[str, ...]:
    """Key of the timer of a line that waits."""
    place = turn(reservation.ship_by, reservation.placed_at or now)
    return reservation.owner, line.sku, str(reservation.priority), place, reservation.order_id, line.line_id


def nothing_open(reservation: Reservation | None) -> bool:
    """Nothing can be done about this order here any more."""
    return reservation is not None and reservation.has_ended


def is_closed(reservation: Reservation | None) -> bool:
    """The order is cancelled or rejected: nothing is promised for it any more."""
    return reservation is not None and reservation.status is ReservationStatus.ENDED
