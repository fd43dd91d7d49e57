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
    return _by_line((*route.unplaced, *(p for share in route.shares for p in share.pieces)))


def _by_line(pieces: Iterable[Pieces | LineQuantity]) -> dict[str, int]:
    found: dict[str, int] = {}
    for piece in pieces:
        found[piece.line_id] = found.get(piece.line_id, 0) + piece.quantity
    return found


def begin(route: Route, message: CancelRequestedV1) -> tuple[Route, PendingCancel, list[Event]]:
    """Cancel what is not placed yet, and ask shipping to stop the rest: the route, the cancel, what is to be said."""
    wanted = _by_line(message.lines) or _everything(route)
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
        told=_where(asked),
        cancelled=tuple(cancelled),
        kept=tuple(kept),
    )
    route = changed(route, unplaced=unplaced, cancelled=route.cancelled + sum(one.quantity for one in cancelled))
    return route, pending, stop_requests(route, message.cancel_id, asked, message.reason)


def stop_requests(
    route: Route, cancel_id: str, asked: list[FulfilledQuantity], reason: str, changes: tuple[str, ...] = ()
) -> list[Event]:
    """What shipping is asked to stop, a request for each fulfilment."""
    return [
        FulfilmentStopRequestedV1(
            owner=route.owner,
            order_id=route.order_id,
            cancel_id=cancel_id,
            fulfilment_id=fulfilment_id,
            lines=tuple(
                LineQuantity(line_id=one.line_id, sku=one.sku, quantity=one.quantity)
                for one in asked
                if one.fulfilment_id == fulfilment_id
            ),
            reason=reason,
            changes=changes,
        )
        for fulfilment_id in _where(asked)
    ]


def _where(asked: list[FulfilledQuantity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.fulfilment_id for one in asked))


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
    left = [one for one in pending.asked if one.fulfilment_id != fulfilment_id]
    pieces, unplaced, stopped, kept = share.pieces, route.unplaced, list(pending.cancelled), list(pending.kept)
    elsewhere: list[FulfilledQuantity] = []
    for one in asked:
        stays = min(one.quantity, gone.get(one.line_id, 0))
        taken, pieces = take(pieces, one.line_id, one.quantity - stays)
        missing = one.quantity - stays - quantity_of(taken)
        fallen, unplaced = take(unplaced, one.line_id, missing)  # short-picked meanwhile
        stopped += (*fulfilled(taken, fulfilment_id), *fulfilled(fallen))
        elsewhere += _placed_again(route, pending, one.line_id, missing - quantity_of(fallen))
        if stays:
            kept.append(LineQuantity(line_id=one.line_id, sku=one.sku, quantity=stays))
    count = sum(one.quantity for one in stopped) - sum(one.quantity for one in pending.cancelled)
    told = (*pending.told, *_where(elsewhere))
    pending = changed(pending, asked=(*left, *elsewhere), told=told, cancelled=tuple(stopped), kept=tuple(kept))
    shares = tuple(changed(s, pieces=pieces) if s is share else s for s in route.shares)
    route = with_cancel(changed(route, shares=shares, unplaced=unplaced, cancelled=route.cancelled + count), pending)
    if pending.asked:
        return route, stop_requests(route, pending.cancel_id, elsewhere, pending.reason)
    return _decided(route, pending), [decision(route, pending, "shipping")]


def _placed_again(route: Route, pending: PendingCancel, line_id: str, quantity: int) -> list[FulfilledQuantity]:
    """Pieces that left a fulfilment while it was asked to stop them, and have been given to another location since."""
    found: list[FulfilledQuantity] = []
    for share in route.shares:
        if share.fulfilment_id not in pending.told and not share.shipped:
            part, _ = take(share.pieces, line_id, quantity)
            found += fulfilled(part, share.fulfilment_id)
            quantity -= quantity_of(part)
    return found


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
        detail="" if pending.cancelled else _why_none(pending),
    )


def _why_none(pending: PendingCancel) -> str:
    return "all of it has shipped" if pending.kept else "nothing of what was asked is left"
