"""Giving back: promised, awaited and bound pieces of orders that are cancelled, rejected, or fewer than before."""

from datetime import datetime

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.inventory import ReservationReleasedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, States, changed
from services.inventory.decide.common import Stocks, is_closed, nothing_open, with_lines
from services.inventory.state import Reservation, ReservationStatus, ReservedLine, WaitingLine


def release_cancelled(states: States, message: OrderCancelledV1, now: datetime) -> Decision:
    """Give back what was promised or bound for cancelled pieces; a cancel that comes first is remembered."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        status = ReservationStatus.ENDED if message.complete else ReservationStatus.BACKORDERED
        gone = () if message.complete else message.lines
        return Decision(
            writes=[
                Reservation(
                    owner=message.owner,
                    order_id=message.order_id,
                    status=status,
                    cancels=(message.cancel_id,),
                    cancelled_before={line.line_id: line.quantity for line in gone if line.sku},
                    unnamed_before={line.line_id: line.quantity for line in gone if not line.sku},
                )
            ]
        )
    over = nothing_open(reservation)
    if message.cancel_id in reservation.cancels or (over and not message.complete) or is_closed(reservation):
        return Decision.nothing()
    reservation = changed(
        reservation,
        cancels=(*reservation.cancels, message.cancel_id),
        incomplete=reservation.incomplete and not message.complete,
        closed=reservation.closed or message.complete,
    )
    asked = [(line.line_id, line.quantity, line.fulfilment_id) for line in message.lines if not over]
    return release(states, reservation, asked, message.reason, now)


def release_rejected(states: States, message: OrderRejectedV1, now: datetime) -> Decision:
    """Give back everything of a rejected order."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        ended = Reservation(owner=message.owner, order_id=message.order_id, status=ReservationStatus.ENDED)
        return Decision(writes=[ended])
    if is_closed(reservation):
        return Decision.nothing()
    asked = [(line.line_id, line.quantity, "") for line in reservation.lines]
    return release(states, changed(reservation, incomplete=False, closed=True), asked, message.reason, now)


def release(
    states: States, reservation: Reservation, asked: list[tuple[str, int, str]], reason: str, now: datetime
) -> Decision:
    """Take pieces out of a reservation."""
    stocks = Stocks(states, reservation.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    lines = {line.line_id: line for line in reservation.lines}
    decision = Decision()
    unnamed = give_back(states, stocks, reservation, lines, asked, reason, decision, now)
    reservation = with_lines(reservation, lines.values(), unnamed_before=unnamed)
    decision.writes += [*stocks.writes(), reservation]
    decision.events += stocks.freed()
    return decision


def give_back(
    states: States,
    stocks: Stocks,
    reservation: Reservation,
    lines: dict[str, ReservedLine],
    asked: list[tuple[str, int, str]],
    reason: str,
    decision: Decision,
    now: datetime,
) -> dict[str, int]:
    """Take pieces out of the lines of a reservation; what was asked of lines that could not be named, by line.

    First bound ones of the fulfilment that is named, then those that wait, then promised ones, then any that are bound.
    """
    unnamed = dict(reservation.unnamed_before)
    released: list[LineQuantity] = []
    for line_id, quantity, fulfilment_id in asked:
        line = lines.get(line_id)
        if line is None:
            unnamed[line_id] = unnamed.get(line_id, 0) + quantity
            continue
        line, unbound = _unbind(stocks, line, quantity if fulfilment_id else 0, fulfilment_id)
        left = quantity - unbound
        unfilled = min(left, line.backordered)
        promised = min(left - unfilled, line.promised)
        stocks.change(line.sku, reserved=-promised, waiting=-unfilled)
        line = changed(line, backordered=line.backordered - unfilled, promised=line.promised - promised)
        if unfilled:
            _rewait(states, reservation, line, decision)
        line, more = _unbind(stocks, line, left - unfilled - promised, "")
        given = unbound + unfilled + promised + more
        if given:
            lines[line_id] = changed(line, released=line.released + given)
            released.append(LineQuantity(line_id=line_id, sku=line.sku, quantity=given))
    if released:
        decision.events.append(
            ReservationReleasedV1(
                owner=reservation.owner,
                order_id=reservation.order_id,
                lines=tuple(released),
                reason=reason,
                released_at=now,
            )
        )
    return unnamed


def _rewait(states: States, reservation: Reservation, line: ReservedLine, decision: Decision) -> None:
    """Fewer pieces are waited for, or none."""
    key = (reservation.owner, line.sku, str(reservation.priority), reservation.order_id, line.line_id)
    standing = states.get(WaitingLine, *key)
    if standing is None:
        return
    if line.backordered:
        decision.writes.append(changed(standing, quantity=line.backordered))
    else:
        decision.withdrawn.append(standing)


def _unbind(stocks: Stocks, line: ReservedLine, quantity: int, fulfilment_id: str) -> tuple[ReservedLine, int]:
    """Give back up to so many bound pieces, of one fulfilment or of any."""
    left, kept = quantity, []
    for bound in line.bound:
        taken = min(left, bound.quantity) if fulfilment_id in ("", bound.fulfilment_id) else 0
        left -= taken
        if taken:
            stocks.place(line.sku, bound.location_id, allocated=-taken)
        if bound.quantity > taken:
            kept.append(changed(bound, quantity=bound.quantity - taken))
    return changed(line, bound=tuple(kept)), quantity - left
