"""Giving back: promised, awaited and bound pieces of orders that are cancelled, rejected, or fewer than before."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.inventory import ReservationExpiredV1, ReservationReleasedV1
from crossdock_contracts.values import FulfilledQuantity, LineQuantity
from services.hub.decision import Decision, Later, States, changed
from services.inventory.decide import binding
from services.inventory.decide.common import is_closed, nothing_open, promise_event, waiting_key, with_lines
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Reservation, ReservationExpiry, ReservationStatus, ReservedLine, WaitingLine


def release_cancelled(states: States, message: OrderCancelledV1, now: datetime) -> Decision:
    """Give back what was promised or bound for cancelled pieces; a cancel that comes first is remembered."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    known = reservation.revision if reservation else 0
    if message.revision > known and any(line.sku for line in message.lines) and not is_closed(reservation):
        return Decision(later=Later("an amendment of the order is not known here yet", 0.5))
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
    asked = [] if over else [one for line in message.lines for one in _in_pieces(reservation, line)]
    if still_elsewhere(reservation, asked):
        return Decision(later=Later("its pieces are bound to another fulfilment, as far as is known here", 0.5))
    return release(states, reservation, asked, message.reason, now)


def _in_pieces(reservation: Reservation, cancelled: FulfilledQuantity) -> list[FulfilledQuantity]:
    """What is cancelled in pieces of the lines that are reserved.

    A line that nobody could name yet is cancelled as the channel counts. It may have been named since, and be a kit.
    """
    named = () if cancelled.sku else reservation.lines
    lines = [line for line in named if cancelled.line_id in (line.line_id, line.kit_line_id)]
    return [
        changed(cancelled, line_id=line.line_id, sku=line.sku, quantity=cancelled.quantity * line.in_one)
        for line in lines
    ] or [cancelled]


def release_rejected(states: States, message: OrderRejectedV1, now: datetime) -> Decision:
    """Give back everything of a rejected order."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        ended = Reservation(owner=message.owner, order_id=message.order_id, status=ReservationStatus.ENDED)
        return Decision(writes=[ended])
    if is_closed(reservation):
        return Decision.nothing()
    asked = [FulfilledQuantity(line_id=x.line_id, sku=x.sku, quantity=x.quantity) for x in reservation.lines]
    return release(states, changed(reservation, incomplete=False, closed=True), asked, message.reason, now)


def still_elsewhere(reservation: Reservation, asked: Iterable[FulfilledQuantity]) -> bool:
    """Pieces that are to go are bound to a fulfilment that they are not in any more: word of it is still to come."""
    lines = {line.line_id: line for line in reservation.lines}
    wanted: dict[str, int] = {}
    bound: dict[str, int] = {}
    for one in asked:
        line = lines.get(one.line_id)
        if line is not None:
            here = sum(b.quantity for b in line.bound if b.fulfilment_id == one.fulfilment_id)
            wanted[one.line_id] = wanted.get(one.line_id, 0) + one.quantity
            bound[one.line_id] = bound.get(one.line_id, 0) + min(here, one.quantity)
    return any(
        quantity > bound[name] + lines[name].promised + lines[name].backordered + lines[name].lapsed
        and sum(b.quantity for b in lines[name].bound) > bound[name]
        for name, quantity in wanted.items()
    )


def release(
    states: States,
    reservation: Reservation,
    asked: Iterable[FulfilledQuantity],
    reason: str,
    now: datetime,
    *,
    lapses: bool = False,
) -> Decision:
    """Take pieces out of a reservation."""
    stocks = Stocks(states, reservation.owner, now)
    stocks.load(line.sku for line in reservation.lines)
    lines = {line.line_id: line for line in reservation.lines}
    decision = Decision()
    reservation = give_back(states, stocks, reservation, lines, asked, reason, decision, now, lapses=lapses)
    waited = reservation.status is ReservationStatus.BACKORDERED
    reservation = with_lines(reservation, lines.values())
    if waited and reservation.status is ReservationStatus.RESERVED:  # what was waited for is not wanted any more
        reservation = changed(reservation, generation=reservation.generation + 1)
        decision.events.append(promise_event(reservation, stocks, now))
    decision.writes += [*stocks.writes(), reservation]
    decision.events += stocks.freed()
    return decision


def give_back(
    states: States,
    stocks: Stocks,
    reservation: Reservation,
    lines: dict[str, ReservedLine],
    asked: Iterable[FulfilledQuantity],
    reason: str,
    decision: Decision,
    now: datetime,
    *,
    lapses: bool = False,
) -> Reservation:
    """Take pieces out of the lines of a reservation; it remembers what was asked of lines that are not known yet.

    First bound ones of the fulfilment that is named, then those that wait, then promised ones.
    """
    before, unnamed = dict(reservation.cancelled_before), dict(reservation.unnamed_before)
    stopped = dict(reservation.stopped)
    released: list[LineQuantity] = []
    for one in asked:
        line = lines.get(one.line_id)
        if line is None:
            known = before if one.sku else unnamed
            known[one.line_id] = known.get(one.line_id, 0) + one.quantity
            continue
        line, unbound = unbind(stocks, line, one.quantity if one.fulfilment_id else 0, one.fulfilment_id)
        left = one.quantity - unbound
        if left and one.fulfilment_id and one.fulfilment_id not in reservation.answered:
            here = stopped.get(one.fulfilment_id, {})
            stopped[one.fulfilment_id] = {**here, one.line_id: here.get(one.line_id, 0) + left}
        line, unfilled, promised = _unpromise(stocks, line, left)
        if unfilled:
            _rewait(states, reservation, line, decision, now)
        given = unbound + unfilled + promised
        over = min(line.lapsed, one.quantity - given)
        lapsed = line.lapsed - over + (given if lapses else 0)
        lines[one.line_id] = changed(line, released=line.released + given, lapsed=lapsed)
        if given:
            released.append(LineQuantity(line_id=one.line_id, sku=line.sku, quantity=given))
    if released:
        about = {"owner": reservation.owner, "order_id": reservation.order_id, "reason": reason}
        decision.events.append(ReservationReleasedV1(**about, lines=tuple(released), released_at=now))
    return changed(reservation, cancelled_before=before, unnamed_before=unnamed, stopped=stopped)


def _unpromise(stocks: Stocks, line: ReservedLine, quantity: int) -> tuple[ReservedLine, int, int]:
    """Give back up to so many pieces that wait, then promised ones: the line, and how many of either."""
    unfilled = min(quantity, line.backordered)
    promised = min(quantity - unfilled, line.promised)
    stocks.change(line.sku, reserved=-promised, waiting=-unfilled)
    stocks.charge(line, -promised)
    line = changed(line, backordered=line.backordered - unfilled, promised=line.promised - promised)
    return line, unfilled, promised


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
    asked = [
        FulfilledQuantity(line_id=line.line_id, sku=line.sku, quantity=line.promised + line.backordered)
        for line in reservation.lines
        if line.promised or line.backordered
    ]
    if not asked:
        return Decision.nothing()
    decision = release(states, reservation, asked, "expired", now, lapses=True)
    lapsed = [event for event in decision.events if isinstance(event, ReservationReleasedV1)]
    decision.events += [
        ReservationExpiredV1(owner=event.owner, order_id=event.order_id, lines=event.lines, expired_at=now)
        for event in lapsed
    ]
    return decision
