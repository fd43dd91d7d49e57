"""Amending what has been let go: what is not placed yet here, what has been placed by shipping's leave."""

from collections.abc import Iterable
from typing import NamedTuple

from crossdock_contracts.amendments import (
    AMENDMENTS,
    MOVING,
    AmendmentDecidedV1,
    AmendmentPart,
    AmendmentRequestedV1,
    Change,
    Result,
    Stage,
)
from crossdock_contracts.base import Event
from crossdock_contracts.values import FulfilledQuantity, LineQuantity
from services.hub.decision import changed
from services.routing.decide.cancel import fulfilled, stop_requests
from services.routing.decide.pieces import add, quantity_of, reprice, take
from services.routing.state import PendingAmendment, Pieces, Route, Share

_TOO_LATE = "every piece of the order has shipped or is cancelled"


def too_late(route: Route, message: AmendmentRequestedV1) -> tuple[Route, AmendmentDecidedV1]:
    """The order has ended: nothing changes any more."""
    stage = Stage.SHIPPED
    parts = tuple(
        AmendmentPart(change=change, result=Result.REFUSED, stage=stage, detail=_TOO_LATE) for change in message.changes
    )
    decided = AmendmentDecidedV1(
        owner=route.owner,
        order_id=route.order_id,
        amendment_id=message.amendment_id,
        accepted=False,
        results=parts,
        kept=tuple(LineQuantity(line_id=p.line_id, sku=p.sku, quantity=p.quantity) for p in message.removed),
    )
    return changed(route, amended=(*route.amended, message.amendment_id)), decided


def with_added(route: Route, added: Iterable[FulfilledQuantity], revision: int) -> Route:
    """The route with the pieces that come with an amendment, to be placed once inventory has promised them."""
    more = tuple(Pieces(line_id=p.line_id, sku=p.sku, quantity=p.quantity, value_minor=p.value_minor) for p in added)
    return changed(route, unplaced=add(route.unplaced, more), promise_for=revision) if more else route


def begin(route: Route, message: AmendmentRequestedV1) -> tuple[Route, list[Event]]:
    """Take over what is asked, and have shipping stop what has to come back or go: the route, what is to be said."""
    moving = [change for change in message.changes if change in MOVING]
    open_ = [share for share in route.shares if share.pieces and not share.shipped]
    recalled = [one for share in open_ for one in fulfilled(share.pieces, share.fulfilment_id)] if moving else []
    asked = recalled or _to_go(route, open_, message.removed)
    parts = [AmendmentPart(change=change, result=Result.APPLIED) for change in message.changes if _just_so(change)]
    if route.unplaced or message.added:
        parts += [AmendmentPart(change=change, result=Result.APPLIED) for change in moving]
    for share in route.shares:
        if share.shipped:
            parts += _refused(moving, share.fulfilment_id, Stage.SHIPPED, "the fulfilment is shipped")
    pending = PendingAmendment(
        amendment_id=message.amendment_id,
        changes=message.changes,
        amount_minor=message.amount_minor,
        added_minor=sum(p.value_minor for p in message.added),
        wanted=message.removed,
        asked=tuple(asked),
        recalls=bool(moving),
        parts=tuple(parts),
    )
    route = changed(with_added(route, message.added, message.order.revision), order=message.order, amending=pending)
    if not asked:
        route, decided = _finished(route, pending)
        return route, [decided]
    wanted = (*moving, *([Change.LESS.value] if moving and message.removed else []))
    return route, stop_requests(route, message.amendment_id, asked, "amended", wanted)


def _just_so(change: str) -> bool:
    """Applied as long as anything of the order is still to ship, without asking anybody."""
    return change not in MOVING and change != Change.LESS


def _to_go(route: Route, shares: list[Share], removed: Iterable[FulfilledQuantity]) -> list[FulfilledQuantity]:
    """The pieces that shall go and have been given to a location."""
    found: list[FulfilledQuantity] = []
    for wanted in removed:
        here, _ = take(route.unplaced, wanted.line_id, wanted.quantity)
        left = wanted.quantity - quantity_of(here)
        for share in shares:
            part, _ = take(share.pieces, wanted.line_id, left)
            found += fulfilled(part, share.fulfilment_id)
            left -= quantity_of(part)
    return found


def _refused(changes: Iterable[str], fulfilment_id: str, stage: str, detail: str) -> list[AmendmentPart]:
    return [
        AmendmentPart(change=change, result=Result.REFUSED, stage=stage, fulfilment_id=fulfilment_id, detail=detail)
        for change in changes
    ]


def answer(
    route: Route,
    fulfilment_id: str,
    unstoppable: tuple[LineQuantity, ...] = (),
    stage: str = Stage.ROUTED,
    detail: str = "",
) -> tuple[Route, list[Event]]:
    """What was asked of a fulfilment has been answered: all of it stops but what is unstoppable.

    Without more, the fulfilment never came to be, and its pieces are to be placed again already.
    """
    pending = route.amending
    asked = [one for one in pending.asked if one.fulfilment_id == fulfilment_id] if pending else []
    if pending is None or not asked:
        return route, []
    gone = {line.line_id: line.quantity for line in unstoppable}
    share = next(s for s in route.shares if s.fulfilment_id == fulfilment_id)
    pieces, unplaced, removed = share.pieces, route.unplaced, pending.removed
    for one in asked:
        taken, pieces = take(pieces, one.line_id, one.quantity - min(one.quantity, gone.get(one.line_id, 0)))
        if pending.recalls:
            unplaced = add(unplaced, taken)
        else:
            removed = (*removed, *fulfilled(taken, fulfilment_id))
    parts = [*pending.parts, *_became(pending, fulfilment_id, stage, detail, refused=bool(gone))]
    left = tuple(one for one in pending.asked if one.fulfilment_id != fulfilment_id)
    pending = changed(pending, asked=left, removed=removed, parts=tuple(parts))
    shares = tuple(changed(s, pieces=pieces) if s is share else s for s in route.shares)
    route = changed(route, shares=shares, unplaced=unplaced, amending=pending)
    if left:
        return route, []
    route, decided = _finished(route, pending)
    return route, [decided]


def _became(
    pending: PendingAmendment, fulfilment_id: str, stage: str, detail: str, *, refused: bool
) -> list[AmendmentPart]:
    """What became of the changes that a fulfilment was asked for."""
    if refused and not pending.recalls:
        return []  # the pieces that were kept are told of in the end
    changes = [change for change in pending.changes if change in MOVING] if pending.recalls else [Change.LESS]
    if refused:
        return _refused(changes, fulfilment_id, stage, detail)
    row = AMENDMENTS[Change.ADDRESS if pending.recalls else Change.LESS]
    result = row[Stage(stage)]  # where one change brings a fulfilment back, the others come along
    return [AmendmentPart(change=change, result=result, stage=stage, fulfilment_id=fulfilment_id) for change in changes]


def _finished(route: Route, pending: PendingAmendment) -> tuple[Route, AmendmentDecidedV1]:
    """Everyone has answered: what shall go goes, and what stays costs what it shall."""
    went = _went(route, pending)
    removed_minor = sum(one.value_minor for one in went.removed)
    repriced = pending.amount_minor - pending.added_minor + removed_minor
    if went.kept:
        repriced = removed_minor - went.expected_minor
    unplaced, adjustment = reprice(went.unplaced, repriced)
    parts = _results(pending, went)
    rises = pending.added_minor + repriced - removed_minor > 0
    order = route.order
    assert order is not None
    applied = any(part.result != Result.REFUSED for part in parts)
    route = changed(
        route,
        order=order if applied else changed(order, revision=order.revision - 1),
        unplaced=unplaced,
        amending=None,
        amended=(*route.amended, pending.amendment_id),
        cancelled=route.cancelled + sum(one.quantity for one in went.removed),
        pays_for=order.revision if rises else route.pays_for,
        attempts_before=route.attempt,
    )
    return route, AmendmentDecidedV1(
        owner=route.owner,
        order_id=route.order_id,
        amendment_id=pending.amendment_id,
        accepted=True,
        results=tuple(parts),
        removed=went.removed,
        kept=went.kept,
        repriced_minor=repriced,
        adjustment_minor=adjustment,
    )


class _Went(NamedTuple):
    """What became of the pieces that should go."""

    removed: tuple[FulfilledQuantity, ...]
    kept: tuple[LineQuantity, ...]
    here: int
    """How many of the removed ones lay here, without a location."""
    unplaced: tuple[Pieces, ...]
    """What still does."""
    expected_minor: int
    """What those that went were to bring down the price by."""


def _went(route: Route, pending: PendingAmendment) -> _Went:
    unplaced, removed = route.unplaced, list(pending.removed)
    kept: list[LineQuantity] = []
    here, expected = 0, 0
    for wanted in pending.wanted:
        stopped = sum(one.quantity for one in removed if one.line_id == wanted.line_id)
        more, unplaced = take(unplaced, wanted.line_id, wanted.quantity - stopped)
        found = quantity_of(more)
        here += found
        removed += fulfilled(more)
        expected += wanted.value_minor * (stopped + found) // wanted.quantity
        if stays := wanted.quantity - stopped - found:
            kept.append(LineQuantity(line_id=wanted.line_id, sku=wanted.sku, quantity=stays))
    return _Went(tuple(removed), tuple(kept), here, unplaced, expected)


def _results(pending: PendingAmendment, went: _Went) -> list[AmendmentPart]:
    parts = list(pending.parts)
    if went.here:
        parts.append(AmendmentPart(change=Change.LESS, result=Result.APPLIED))
    for line in went.kept:
        detail = f"{line.quantity} of line {line.line_id} have shipped"
        parts.append(AmendmentPart(change=Change.LESS, result=Result.REFUSED, stage=Stage.SHIPPED, detail=detail))
    if went.kept:  # what stays costs what it did: somebody has to look
        parts = [_instead(part) if part.change == Change.AMOUNT else part for part in parts]
    return parts


def _instead(part: AmendmentPart) -> AmendmentPart:
    """The price goes by pieces that have not gone."""
    detail = "pieces that should have gone have shipped"
    return changed(part, result=Result.REFUSED.value, stage=Stage.SHIPPED.value, detail=detail)
