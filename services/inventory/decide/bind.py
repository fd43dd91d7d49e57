"""Binding: promised pieces are bound to the location that ships them, picked, shipped."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.inventory import AllocationRefusedV1, PromisedLine, StockAllocatedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import Fulfilment
from services.hub.decision import Decision, States, changed
from services.inventory.decide.common import Stocks, nothing_open, promise_event, waiting, with_lines
from services.inventory.state import Bound, Reservation, ReservationStatus, ReservedLine, Stock


def reads_routed(message: OrderRoutedV1) -> Iterable[str]:
    """What binding an order reads."""
    owner = message.owner
    skus = dict.fromkeys(line.sku for fulfilment in message.fulfilments for line in fulfilment.lines)
    return [Reservation.at(owner, message.order_id), *(Stock.at(owner, sku) for sku in skus)]


def allocate(states: States, message: OrderRoutedV1, now: datetime) -> Decision:
    """Bind each fulfilment of an order to its location, or refuse it where the location no longer has the goods."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None:
        reservation = Reservation(owner=message.owner, order_id=message.order_id, status=ReservationStatus.BACKORDERED)
    stocks = Stocks(states, message.owner, now)
    stocks.load(line.sku for fulfilment in message.fulfilments for line in fulfilment.lines)
    decision = Decision()
    for fulfilment in message.fulfilments:
        if fulfilment.fulfilment_id in reservation.answered or nothing_open(reservation):
            continue
        bound = _bind(reservation, stocks, fulfilment)
        answer = "refused" if bound is None else "allocated"
        if bound is None:
            decision.events.append(_refusal(reservation, stocks, fulfilment, now))
        else:
            reservation = bound
            decision.events.append(
                StockAllocatedV1(
                    owner=message.owner, order_id=message.order_id, fulfilment=fulfilment, allocated_at=now
                )
            )
        reservation = changed(reservation, answered={**reservation.answered, fulfilment.fulfilment_id: answer})
    if decision.events:
        decision.writes = [*stocks.writes(), reservation]
    return decision


def _bind(reservation: Reservation, stocks: Stocks, fulfilment: Fulfilment) -> Reservation | None:
    """The reservation with a fulfilment bound; none where it cannot be."""
    location = fulfilment.location_id
    wanted: dict[str, int] = {}
    lines = {line.line_id: line for line in reservation.lines}
    for asked in fulfilment.lines:
        line = lines.get(asked.line_id)
        if line is None or line.promised < asked.quantity:
            return None
        wanted[asked.sku] = wanted.get(asked.sku, 0) + asked.quantity
        bound = Bound(fulfilment_id=fulfilment.fulfilment_id, location_id=location, quantity=asked.quantity)
        lines[asked.line_id] = changed(line, promised=line.promised - asked.quantity, bound=(*line.bound, bound))
    for sku, quantity in wanted.items():
        place = stocks[sku].locations.get(location)
        if place is None or place.available < quantity:
            return None
    for sku, quantity in wanted.items():
        stocks.change(sku, reserved=-quantity)
        stocks.place(sku, location, allocated=quantity)
    return with_lines(reservation, lines.values())


def _refusal(reservation: Reservation, stocks: Stocks, fulfilment: Fulfilment, now: datetime) -> AllocationRefusedV1:
    promised = {line.line_id: line.promised for line in reservation.lines}
    still = tuple(
        PromisedLine(
            line_id=line.line_id,
            sku=line.sku,
            quantity=min(line.quantity, promised[line.line_id]),
            candidates=stocks.candidates(line.sku),
        )
        for line in fulfilment.lines
        if promised.get(line.line_id, 0) > 0
    )
    return AllocationRefusedV1(
        owner=reservation.owner,
        order_id=reservation.order_id,
        fulfilment_id=fulfilment.fulfilment_id,
        location_id=fulfilment.location_id,
        lines=still,
        reason="stock-gone" if still else "no-longer-promised",
        refused_at=now,
        generation=reservation.generation,
    )


def deduct(states: States, message: ShipmentShippedV2, now: datetime) -> Decision:
    """Goods have left: they are no longer on hand."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now)
    lines = {line.line_id: line for line in reservation.lines}
    stocks.load(line.sku for line in reservation.lines)
    decision = Decision()
    for gone in message.lines:
        line = lines.get(gone.line_id)
        taken = _taken(line, message.fulfilment_id, gone.quantity) if line else 0
        if line is None or not taken:
            continue
        lines[gone.line_id] = changed(
            line, bound=_less(line, message.fulfilment_id, taken), shipped=line.shipped + taken
        )
        place = stocks.place(line.sku, message.location_id, allocated=-taken)
        if place.on_hand < taken:  # a count had missed them, yet they were there to ship
            more = taken - place.on_hand
            found = stocks.move(
                line.sku, message.location_id, "found", more, reason="shipped", reference=message.order_id
            )
            decision.events.append(found)
        left = stocks.move(
            line.sku, message.location_id, "shipped", -taken, reason="shipped", reference=message.order_id
        )
        decision.events.append(left)
    if decision.events:
        decision.writes = [*stocks.writes(), with_lines(reservation, lines.values())]
    return decision


def short_pick(states: States, message: ShortPickedV1, now: datetime) -> Decision:
    """Bound pieces were not on the shelf: they are gone from stock, and promised anew from elsewhere, or waited for."""
    reservation = states.get(Reservation, message.owner, message.order_id)
    if reservation is None or nothing_open(reservation):
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now)
    lines = {line.line_id: line for line in reservation.lines}
    stocks.load(line.sku for line in reservation.lines)
    decision = Decision()
    for missing in message.missing:
        line = lines.get(missing.line_id)
        taken = _taken(line, message.fulfilment_id, missing.quantity) if line else 0
        if line is None or not taken:
            continue
        place = stocks.place(line.sku, message.location_id, allocated=-taken)
        gone = min(taken, place.on_hand)
        if gone:
            lost = stocks.move(
                line.sku, message.location_id, "adjusted", -gone, reason="short-pick", reference=message.order_id
            )
            decision.events.append(lost)
        promised = min(taken, max(0, stocks[line.sku].promisable))
        stocks.change(line.sku, reserved=promised, waiting=taken - promised)
        decision.events += stocks.shortages(line.sku, message.location_id, "short-pick")
        lines[missing.line_id] = changed(
            line,
            bound=_less(line, message.fulfilment_id, taken),
            promised=line.promised + promised,
            backordered=line.backordered + taken - promised,
        )
    if not lines or (not decision.events and not stocks.writes()):
        return decision
    reservation = with_lines(reservation, lines.values(), generation=reservation.generation + 1)
    decision.writes = [
        *stocks.writes(),
        reservation,
        *(waiting(reservation, line, now) for line in reservation.lines if line.backordered),
    ]
    decision.events.append(promise_event(reservation, stocks, now))
    return decision


def _taken(line: ReservedLine, fulfilment_id: str, quantity: int) -> int:
    bound = sum(bound.quantity for bound in line.bound if bound.fulfilment_id == fulfilment_id)
    return min(bound, quantity)


def _less(line: ReservedLine, fulfilment_id: str, quantity: int) -> tuple[Bound, ...]:
    """The line's bound pieces with so many fewer of a fulfilment."""
    kept = []
    for bound in line.bound:
        taken = min(quantity, bound.quantity) if bound.fulfilment_id == fulfilment_id else 0
        quantity -= taken
        if bound.quantity > taken:
            kept.append(changed(bound, quantity=bound.quantity - taken))
    return tuple(kept)
