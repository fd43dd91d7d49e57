"""Stock is given back: of what was cancelled, rejected, or has run out."""

from datetime import datetime

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.inventory import ReservationExpiredV1, ReservationReleasedV1
from crossdock_contracts.values import FulfilledQuantity, LineQuantity
from services.hub.decision import Decision, States, changed
from services.inventory.decide import binding
from services.inventory.decide.common import nothing_open, promise_event, waiting_key, with_lines
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Reservation, ReservationExpiry, ReservationStatus, ReservedLine, WaitingLine


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
    if message.cancel_id in reservation.cancels or nothing_open(reservation):
        return Decision.nothing()
    reservation = changed(
        reservation,
        cancels=(*reservation.cancels, message.cancel_id),
        incomplete=reservation.incomplete and not message.complete,
    )
    asked = [one for line in message.lines for one in _in_pieces(reservation, line)]
    return _release(states, reservation, asked, message.reason, now)


def _in_pieces(reservation: Reservation, cancelled: FulfilledQuantity) -> list[tuple[str, int, str]]:
    """What is cancelled in pieces of the lines that are reserved: line, pieces, fulfilment.

    A line that nobody could name yet is cancelled as the channel counts. It may have been named since, and be a kit.
    """
    named = () if cancelled.sku else reservation.lines
    lines = [line for line in named if cancelled.line_id in (line.line_id, line.kit_line_id)]
    as_told = [(cancelled.line_id, cancelled.quantity, cancelled.fulfilment_id)]
    return [(line.line_id, cancelled.quantity * line.in_one, cancelled.fulfilment_id) for line in lines] or as_told


def release_rejected(states: States, message: OrderRejectedV1, now: datetime) -> Decision:
    """Give back everything of a rejected order."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        ended = Reservation(owner=message.owner, order_id=message.order_id, status=ReservationStatus.ENDED)
        return Decision(writes=[ended])
    if nothing_open(reservation):
        return Decision.nothing()
    asked = [(line.line_id, line.quantity, "") for line in reservation.lines]
    return _release(states, changed(reservation, incomplete=False), asked, message.reason, now)


def _release(
    states: States, reservation: Reservation, asked: list[tuple[str, int, str]], reason: str, now: datetime
) -> Decision:
    """Take pieces out of a reservation.

    First bound ones of the fulfilment that is named, then those that wait, then promised ones, then any that are bound.
    """
    stocks = Stocks(states, reservation.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    lines = {line.line_id: line for line in reservation.lines}
    unnamed = dict(reservation.unnamed_before)
    released: list[LineQuantity] = []
    decision = Decision()
    for line_id, quantity, fulfilment_id in asked:
        line = lines.get(line_id)
        if line is None:
            unnamed[line_id] = unnamed.get(line_id, 0) + quantity
            continue
        line, unbound = unbind(stocks, line, quantity if fulfilment_id else 0, fulfilment_id)
        left = quantity - unbound
        unfilled = min(left, line.backordered)
        promised = min(left - unfilled, line.promised)
        stocks.change(line.sku, reserved=-promised, waiting=-unfilled)
        line = changed(line, backordered=line.backordered - unfilled, promised=line.promised - promised)
        if unfilled:
            _rewait(states, reservation, line, decision, now)
        line, more = unbind(stocks, line, left - unfilled - promised, "")
        given = unbound + unfilled + promised + more
        if given:
            stocks.charge(line, -promised)
            lines[line_id] = changed(line, released=line.released + given)
            released.append(LineQuantity(line_id=line_id, sku=line.sku, quantity=given))
    waited = reservation.status is ReservationStatus.BACKORDERED
    reservation = with_lines(reservation, lines.values(), unnamed_before=unnamed)
    if waited and reservation.status is ReservationStatus.RESERVED:  # what was waited for is not wanted any more
        reservation = changed(reservation, generation=reservation.generation + 1)
        decision.events.append(promise_event(reservation, stocks, now))
    decision.writes += [*stocks.writes(), reservation]
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
    decision.events += stocks.freed()
    return decision


def _rewait(states: States, reservation: Reservation, line: ReservedLine, decision: Decision, now: datetime) -> None:
    """Fewer pieces are waited for, or none."""
    standing = states.get(WaitingLine, *waiting_key(reservation, line, now))
    if standing is None:
        return
    if line.backordered:
        decision.writes.append(changed(standing, quantity=line.backordered))
    else:
        decision.withdrawn.append(standing)


def unbind(stocks: Stocks, line: ReservedLine, quantity: int, fulfilment_id: str) -> tuple[ReservedLine, int]:
    """Give back up to so many bound pieces, of one fulfilment or of any."""
    left, kept = quantity, []
    for bound in line.bound:
        taken = min(left, bound.quantity) if fulfilment_id in ("", bound.fulfilment_id) else 0
        left -= taken
        sku = bound.sku or line.sku
        if taken:
            stocks.place(sku, bound.location_id, allocated=-taken)
            stocks.charge(line, 0 if bound.sku else -taken)
        if bound.quantity > taken:
            kept.append(binding.fewer(stocks, sku, bound, taken) if taken else bound)
        elif bound.lots:
            binding.fewer(stocks, sku, bound, taken)
    return changed(line, bound=tuple(kept)), quantity - left


def expire(states: States, message: ReservationExpiry, now: datetime) -> Decision:
    """A promise with an end has lapsed, unless its goods have been bound meanwhile."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation) or now < message.due_at:
        return Decision.nothing()
    asked = [(line.line_id, line.promised + line.backordered, "") for line in reservation.lines]
    asked = [one for one in asked if one[1]]
    if not asked:
        return Decision.nothing()
    decision = _release(states, reservation, asked, "expired", now)
    lapsed = [event for event in decision.events if isinstance(event, ReservationReleasedV1)]
    decision.events += [
        ReservationExpiredV1(owner=event.owner, order_id=event.order_id, lines=event.lines, expired_at=now)
        for event in lapsed
    ]
    return decision
