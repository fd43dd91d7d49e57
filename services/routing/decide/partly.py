"""Ship complete, or ship what is there: what of an order can be placed now, and what has to wait."""

from crossdock_contracts.inventory import PromisedLine
from crossdock_contracts.values import Order
from services.hub.decision import changed
from services.routing.decide.pieces import add, take, value_of
from services.routing.rules import ShipAvailable
from services.routing.state import Pieces, Route


def available(rules: ShipAvailable, route: Route, order: Order) -> tuple[tuple[Pieces, ...], tuple[Pieces, ...]]:
    """What is to be placed now, and what waits; nothing is placed of an order that has to wait for all of it."""
    promised = {line.line_id: line.quantity - line.backordered for line in route.promised}
    if all(promised.get(piece.line_id, 0) >= piece.quantity for piece in route.unplaced):
        return route.unplaced, ()
    there: tuple[Pieces, ...] = ()
    rest: tuple[Pieces, ...] = ()
    for piece in route.unplaced:
        ready = min(piece.quantity, promised.get(piece.line_id, 0))
        if ready < piece.quantity and rules.whole_lines:
            ready = 0
        taken, left = take((piece,), piece.line_id, ready)
        there, rest = (*there, *taken), (*rest, *left)
    known = {line.line_id for line in route.promised if line.backordered}
    if any(piece.line_id not in known for piece in rest):  # inventory has not answered for all of it yet
        return (), route.unplaced
    there, rest = _kits_together(order, there, rest)
    if not there or not _may_ship_in_part(rules, route, order, there):
        return (), route.unplaced
    return there, rest


def _kits_together(
    order: Order, there: tuple[Pieces, ...], rest: tuple[Pieces, ...]
) -> tuple[tuple[Pieces, ...], tuple[Pieces, ...]]:
    """The components of a kit wait for each other."""
    kit_of = {line.line_id: line.kit_line_id for line in order.lines if line.kit_line_id}
    waiting = {kit_of[piece.line_id] for piece in rest if piece.line_id in kit_of}
    if not waiting:
        return there, rest
    held = tuple(piece for piece in there if kit_of.get(piece.line_id) in waiting)
    return tuple(piece for piece in there if piece not in held), add(rest, held)


def waited_for(route: Route, rest: tuple[Pieces, ...]) -> tuple[PromisedLine, ...]:
    """What is known of the promise once a part has been placed: that the rest is waited for."""
    left = {piece.line_id: piece.quantity for piece in rest}
    return tuple(
        changed(line, quantity=left[line.line_id], backordered=left[line.line_id], candidates=())
        for line in route.promised
        if line.line_id in left
    )


def not_placed(route: Route) -> tuple[PromisedLine, ...]:
    """What of the promise is for pieces that this order is about to get; all that it has is placed now."""
    placed = {piece.line_id: piece.quantity for piece in route.unplaced}
    left = [(line, line.quantity - placed.get(line.line_id, 0)) for line in route.promised]
    return tuple(changed(line, quantity=quantity) for line, quantity in left if quantity > 0)


def _may_ship_in_part(rules: ShipAvailable, route: Route, order: Order, there: tuple[Pieces, ...]) -> bool:
    return (
        rules.enabled
        and not order.ship_complete
        and (not rules.channels or order.channel in rules.channels)
        and route.parts < rules.most_parts
        and value_of(there) >= rules.least_minor
    )
