"""The dates that waiting lines are promised: of the earliest expected receipts that cover them, in waiting order."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.inbound import BackorderDateChangedV1, BackorderDatesDueV1, BackorderPromisedV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide.common import with_lines
from services.inventory.decide.inbound import inbound_of
from services.inventory.decide.stocks import Stocks
from services.inventory.state import Reservation, ReservedLine, WaitingLine
from services.inventory.state_inbound import ExpectedReceipt, Inbound

SLICE = 100
"""Waiting lines that are dated by one decision; the rest by the next."""
USUAL = 5
"""Lines of this priority or a later one join the end of those that wait."""


def cover(inbound: Inbound, pieces: int) -> ExpectedReceipt | None:
    """The receipt with which so many pieces will have come; none: not so many are expected."""
    for receipt in inbound.in_order():
        pieces -= receipt.left
        if pieces <= 0:
            return receipt
    return None


def date_new(
    states: States, stocks: Stocks, reservation: Reservation, now: datetime
) -> tuple[Reservation, list[Event]]:
    """Date the lines of an order that have begun to wait for pieces which are expected.

    They come behind all that wait already. Where the order is more urgent than others, all are dated anew instead.
    """
    if not any(line.backordered and stocks[line.sku].expected for line in reservation.lines):
        return reservation, []
    events: list[Event] = []
    lines = []
    for line in reservation.lines:
        stock = stocks[line.sku]
        overtakes = reservation.priority < USUAL and stock.waiting > line.backordered
        if not line.backordered or line.expected_at is not None or not stock.expected:
            lines.append(line)
            continue
        if overtakes:
            events.append(BackorderDatesDueV1(owner=reservation.owner, sku=line.sku, reason="overtaken"))
            lines.append(line)
            continue
        receipt = cover(inbound_of(states, reservation.owner, line.sku), stock.waiting - max(0, stock.promisable))
        dated, said = _dated(reservation, line, receipt, "", now)
        lines.append(dated)
        events += said
    return changed(reservation, lines=tuple(lines)), events


def redate(states: States, message: BackorderDatesDueV1, now: datetime) -> Decision:
    """Work out the dates of the next waiting lines; those whose date is another now are told.

    From slice to slice it is handed on what is lacking beyond what is free and expected: where pieces arrive or are
    given out in between, that stays the same.
    """
    owner, sku = message.owner, message.sku
    stock = Stocks(states, owner, now)[sku]
    inbound = inbound_of(states, owner, sku)
    free = max(0, stock.promisable)
    lacking = max(message.beyond + stock.expected, -free) if message.after else -free
    lines = states.under(WaitingLine, owner, sku, after=message.after, limit=SLICE + 1)
    turn = lines[:SLICE]
    found = states.get_all(Reservation, [(owner, order_id) for order_id in dict.fromkeys(x.order_id for x in turn)])
    reservations = {r.order_id: r for r in found if r is not None}
    decision = Decision()
    touched: dict[str, Reservation] = {}
    for one in turn:
        lacking += one.quantity
        reservation = touched.get(one.order_id) or reservations.get(one.order_id)
        line = next((x for x in reservation.lines if x.line_id == one.line_id), None) if reservation else None
        if reservation is None or line is None or not line.backordered or lacking <= 0:
            continue
        dated, said = _dated(reservation, line, cover(inbound, lacking), message.reason, now)
        if said:
            decision.events += said
            touched[one.order_id] = with_lines(reservation, [dated if x is line else x for x in reservation.lines])
    decision.writes += touched.values()
    if len(lines) > SLICE:
        decision.events.append(changed(message, after=turn[-1].subject, beyond=lacking - stock.expected))
    return decision


def _dated(
    reservation: Reservation, line: ReservedLine, receipt: ExpectedReceipt | None, reason: str, now: datetime
) -> tuple[ReservedLine, list[Event]]:
    """The line with the date of the receipt that covers it, and what its buyer has to be told, if anything."""
    at = receipt.expected_at if receipt else None
    if at == line.expected_at:
        return line, []
    about = {
        "owner": reservation.owner,
        "order_id": reservation.order_id,
        "line_id": line.line_id,
        "sku": line.sku,
        "quantity": line.backordered,
        "receipt_id": receipt.receipt_id if receipt else "",
        "expected_at": at,
    }
    if line.expected_at is None:
        event: Event = BackorderPromisedV1(**about, promised_at=now)
    else:
        event = BackorderDateChangedV1(
            **about, was_expected_at=line.expected_at, reason=reason or "changed", changed_at=now
        )
    return changed(line, expected_at=at), [event]
