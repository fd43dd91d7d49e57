"""Returns that come to nothing: the buyer keeps the goods, or does not send them in time."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from crossdock_contracts.returns import CancelReturnV1, ReturnCancelledV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, States, changed
from services.returns.decide.labels import SILENCE, is_coming
from services.returns.state import Return, ReturnStatus, ReturnTimer, Sold


def cancel_return(states: States, message: CancelReturnV1, now: datetime) -> Decision:
    """The buyer keeps the goods after all."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None:
        name = f"{message.return_id} of order {message.order_id}"
        return Decision.unknown(message, "return", name, about=message.return_id)
    if found.status is ReturnStatus.CANCELLED:
        return Decision.nothing()
    if found.status is not ReturnStatus.AUTHORISED:
        detail = f"return {found.return_id} of order {found.order_id} is {found.status}; its goods are here"
        return Decision.refused(message, "wrong-state", detail, about=message.return_id)
    return _called_off(states, found, message.reason, message.cancelled_by, now)


def expire(states: States, message: ReturnTimer, now: datetime) -> Decision:
    """Nothing has come in time. What was sent in time, as its carrier says, is waited for."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None or found.status is not ReturnStatus.AUTHORISED or now < message.due_at:
        return Decision.nothing()
    label = found.label
    if label is not None and label.tracked_at is not None and is_coming(label, now):
        return Decision(writes=[changed(message, due_at=label.tracked_at + SILENCE)])
    return _called_off(states, found, "expired", "", now)


def _called_off(states: States, found: Return, reason: str, by: str, now: datetime) -> Decision:
    sold = states.get(Sold, found.owner, found.order_id)
    assert sold is not None
    said = ReturnCancelledV1(
        owner=found.owner,
        order_id=found.order_id,
        return_id=found.return_id,
        reason=reason,
        labelled=found.label is not None,
        cancelled_by=by,
        cancelled_at=now,
    )
    sold = not_coming(sold, {line.line_id: line.quantity for line in found.lines})
    timer = states.get(ReturnTimer, found.owner, found.order_id, found.return_id)
    withdrawn = [timer] if timer is not None else []
    return Decision(writes=[changed(found, status=ReturnStatus.CANCELLED), sold], events=[said], withdrawn=[*withdrawn])


def not_coming(sold: Sold, absent: Mapping[str, int]) -> Sold:
    """Announced pieces that do not come may be announced again."""
    lines = tuple(changed(line, returned=line.returned - absent.get(line.line_id, 0)) for line in sold.lines)
    return changed(sold, lines=lines)


def announced(sold: Sold, pieces: Iterable[LineQuantity]) -> tuple[Sold, str]:
    """The order with pieces that are to come back, and why they cannot; empty: they can."""
    lines = {line.line_id: line for line in sold.lines}
    for asked in pieces:
        line = lines.get(asked.line_id)
        left = line.quantity - line.returned if line else 0
        if line is None or asked.quantity > left:
            by_case = f", {line.refunded_by_case} were paid back by a case" if line and line.refunded_by_case else ""
            return sold, f"{left} of line {asked.line_id} can come back, not {asked.quantity}{by_case}"
        lines[asked.line_id] = changed(line, returned=line.returned + asked.quantity)
    return changed(sold, lines=tuple(lines.values())), ""
