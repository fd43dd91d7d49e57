"""Cancelling what has been let go: what is not placed yet here, what has been placed by shipping's leave."""

from collections.abc import Iterable

from crossdock_contracts.base import Event
from crossdock_contracts.capture import CancelRequestedV1
from crossdock_contracts.routing import CancelDecidedV1, FulfilmentStopRequestedV1
from crossdock_contracts.values import FulfilledQuantity, LineQuantity
from services.hub.decision import changed
from services.routing.decide.pieces import quantity_of, take
from services.routing.state import PendingCancel, Pieces, Route


def fulfilled(pieces: Iterable[Pieces], fulfilment_id: str = "") -> tuple[FulfilledQuantity, ...]:
    """Pieces as cancels speak of them."""
    return tuple(
        FulfilledQuantity(
            line_id=p.line_id, sku=p.sku, quantity=p.quantity, fulfilment_id=fulfilment_id, value_minor=p.value_minor
        )
        for p in pieces
    )


def _everything(route: Route) -> dict[str, int]:
    asked: dict[str, int] = {}
    for piece in (*route.unplaced, *(p for share in route.shares for p in share.pieces)):
        asked[piece.line_id] = asked.get(piece.line_id, 0) + piece.quantity
    return asked


def begin(route: Route, message: CancelRequestedV1) -> tuple[Route, PendingCancel, list[Event]]:
    """Cancel what is not placed yet, and ask shipping to stop the rest: the route, the cancel, what is to be said."""
    wanted = {line.line_id: line.quantity for line in message.lines} or _everything(route)
    cancelled: list[FulfilledQuantity] = []
    asked: list[FulfilledQuantity] = []
    kept: list[LineQuantity] = []
    unplaced = route.unplaced
    only = message.fulfilment_id
    for line_id, quantity in wanted.items():
        taken, unplaced = take(unplaced, line_id, 0 if only else quantity)
        cancelled += fulfilled(taken)
        left = quantity - quantity_of(taken)
        for share in [share for share in route.shares if only in ("", share.fulfilment_id)]:
            part, _ = take(share.pieces, line_id, left)
            asked += fulfilled(part, share.fulfilment_id)
            left -= quantity_of(part)
        if left:
            kept.append(LineQuantity(line_id=line_id, quantity=left))
    pending = PendingCancel(
        cancel_id=message.cancel_id,
        reason=message.reason,
        asked=tuple(asked),
        cancelled=tuple(cancelled),
        kept=tuple(kept),
    )
    route = changed(route, unplaced=unplaced, cancelled=route.cancelled + sum(one.quantity for one in cancelled))
    stops: list[Event] = [
        FulfilmentStopRequestedV1(
            owner=route.owner,
            order_id=route.order_id,
            cancel_id=message.cancel_id,
            fulfilment_id=fulfilment_id,
            lines=tuple(
                LineQuantity(line_id=one.line_id, sku=one.sku, quantity=one.quantity)
                for one in asked
                if one.fulfilment_id == fulfilment_id
            ),
            reason=message.reason,
        )
        for fulfilment_id in dict.fromkeys(one.fulfilment_id for one in asked)
    ]
    return route, pending, stops


def stop_answered(
    route: Route, fulfilment_id: str, unstoppable: tuple[LineQuantity, ...] | None, cancel_id: str = ""
) -> tuple[Route, list[Event]]:
    """What was asked of a fulfilment has been answered: all of it stops but what is unstoppable.

    With ``unstoppable`` none, the fulfilment never came to be, and every cancel that waits for it is answered.
    """
    said: list[Event] = []
    for pending in route.cancels:
        if cancel_id in ("", pending.cancel_id):
            route, decided = _answer(route, pending, fulfilment_id, unstoppable or ())
            said += decided
    return route, said


def _answer(
    route: Route, pending: PendingCancel, fulfilment_id: str, unstoppable: tuple[LineQuantity, ...]
) -> tuple[Route, list[Event]]:
    asked = [one for one in pending.asked if one.fulfilment_id == fulfilment_id]
    if not asked:
        return route, []
    gone = {line.line_id: line.quantity for line in unstoppable}
    share = next(s for s in route.shares if s.fulfilment_id == fulfilment_id)
    pieces, unplaced, stopped, kept = share.pieces, route.unplaced, list(pending.cancelled), list(pending.kept)
    for one in asked:
        wanted = one.quantity - min(one.quantity, gone.get(one.line_id, 0))
        taken, pieces = take(pieces, one.line_id, wanted)
        fallen, unplaced = take(unplaced, one.line_id, wanted - quantity_of(taken))  # short-picked meanwhile
        stopped += (*fulfilled(taken, fulfilment_id), *fulfilled(fallen))
        stays = one.quantity - quantity_of(taken) - quantity_of(fallen)
        if stays:
            kept.append(LineQuantity(line_id=one.line_id, sku=one.sku, quantity=stays))
    count = sum(one.quantity for one in stopped) - sum(one.quantity for one in pending.cancelled)
    left = tuple(one for one in pending.asked if one.fulfilment_id != fulfilment_id)
    pending = changed(pending, asked=left, cancelled=tuple(stopped), kept=tuple(kept))
    shares = tuple(changed(s, pieces=pieces) if s is share else s for s in route.shares)
    route = with_cancel(changed(route, shares=shares, unplaced=unplaced, cancelled=route.cancelled + count), pending)
    return (route, []) if left else (_decided(route, pending), [decision(route, pending, "shipping")])


def with_cancel(route: Route, pending: PendingCancel) -> Route:
    """The route with a cancel as it stands now."""
    others = tuple(one for one in route.cancels if one.cancel_id != pending.cancel_id)
    return changed(route, cancels=(*others, pending))


def _decided(route: Route, pending: PendingCancel) -> Route:
    others = tuple(one for one in route.cancels if one.cancel_id != pending.cancel_id)
    return changed(route, cancels=others, decided=(*route.decided, pending.cancel_id))


def decided_here(route: Route, pending: PendingCancel) -> tuple[Route, CancelDecidedV1]:
    """Nobody else has to be asked."""
    return _decided(route, pending), decision(route, pending, "routing")


def decision(route: Route, pending: PendingCancel, by: str) -> CancelDecidedV1:
    """What capture is told."""
    return CancelDecidedV1(
        owner=route.owner,
        order_id=route.order_id,
        cancel_id=pending.cancel_id,
        cancelled=pending.cancelled,
        kept=pending.kept,
        decided_by=by,
        detail="" if pending.cancelled else "all of it has shipped",
    )
