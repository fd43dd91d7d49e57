"""Returns' rules: only what was shipped comes back, within the days that the policy gives, and is paid back once."""

from datetime import datetime, timedelta

from crossdock_contracts.base import Event
from crossdock_contracts.payments import PaymentRefundedV1
from crossdock_contracts.returns import (
    InspectReturnV1,
    ReceiveReturnV1,
    RefundRequestedV1,
    RequestReturnV1,
    ReturnAuthorisedV1,
    ReturnClosedV1,
    ReturnInspectedV1,
    ReturnReceivedV1,
    ReturnRefusedV1,
)
from crossdock_contracts.values import Money
from services.hub.decision import Decision, States, changed
from services.returns.decide.called_off import announced, not_coming
from services.returns.decide.labels import is_wanted, want
from services.returns.decide.settle import paid_back
from services.returns.decide.sold import paid_for
from services.returns.goods import identified
from services.returns.rules import Rules
from services.returns.state import Return, ReturnStatus, ReturnTimer, Sold


def request_return(rules: Rules, states: States, message: RequestReturnV1, now: datetime) -> Decision:
    """A buyer wants to send goods back: they may, if they have got them and are not too late."""
    if states.get(Return, message.owner, message.order_id, message.return_id) is not None:
        return Decision.nothing()
    sold = states.get(Sold, message.owner, message.order_id)
    if sold is None or sold.last_shipped_at is None:
        return _refused(message, "not-shipped", f"nothing of order {message.order_id} has shipped")
    until = sold.last_shipped_at + timedelta(days=rules.return_days)
    if now > until:
        return _refused(message, "too-late", f"goods of this order could be returned until {until:%Y-%m-%d}")
    sold, trouble = announced(sold, message.lines)
    if trouble:
        return _refused(message, "not-so-many", trouble)
    skus = {line.line_id: line.sku for line in sold.lines}
    taken = tuple(changed(asked, sku=skus[asked.line_id]) for asked in message.lines)
    document = Return(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        status=ReturnStatus.AUTHORISED,
        reason=message.reason,
        lines=taken,
        currency=sold.currency,
        expires_at=until,
    )
    authorised = ReturnAuthorisedV1(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        lines=taken,
        reason=message.reason,
        expires_at=until,
    )
    due_at = until + timedelta(days=rules.grace_days)
    timer = ReturnTimer(owner=message.owner, order_id=message.order_id, return_id=message.return_id, due_at=due_at)
    decision = Decision(writes=[document, sold, timer], events=[authorised])
    wanted = is_wanted(rules, sold, document) if message.label is None else message.label
    return decision.and_then(want(rules, sold, document, message.ship_from)) if wanted else decision


def _refused(message: RequestReturnV1, reason: str, detail: str) -> Decision:
    refusal = ReturnRefusedV1(
        owner=message.owner, order_id=message.order_id, return_id=message.return_id, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def _wrong_state(message: ReceiveReturnV1 | InspectReturnV1, found: Return | None, wanted: str) -> Decision:
    if found is None:
        name = f"{message.return_id} of order {message.order_id}"
        return Decision.unknown(message, "return", name, about=message.return_id)
    detail = f"return {message.return_id} of order {message.order_id} is {found.status}; {wanted}"
    return Decision.refused(message, "wrong-state", detail, about=message.return_id)


def receive_return(states: States, message: ReceiveReturnV1, now: datetime) -> Decision:
    """Returned goods are in the building; what was not announced is not taken."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None or found.status not in (ReturnStatus.AUTHORISED, ReturnStatus.CANCELLED):
        return _wrong_state(message, found, "only authorised returns are received")
    sold = states.get(Sold, message.owner, message.order_id)
    assert sold is not None
    if found.status is ReturnStatus.CANCELLED:  # it was on its way
        sold, trouble = announced(sold, found.lines)
        if trouble:
            return _wrong_state(message, found, f"{trouble}: ask for a new return of what has come")
    came = {line.line_id: line.quantity for line in message.lines}
    lines = tuple(
        changed(line, quantity=min(line.quantity, came[line.line_id])) for line in found.lines if came.get(line.line_id)
    )
    if not lines:
        return _wrong_state(message, found, "none of its goods are among those received")
    received = ReturnReceivedV1(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        location_id=message.location_id,
        lines=lines,
        received_at=now,
    )
    document = changed(found, status=ReturnStatus.RECEIVED, lines=lines, location_id=message.location_id)
    here = {line.line_id: line.quantity for line in lines}
    absent = {line.line_id: line.quantity - here.get(line.line_id, 0) for line in found.lines}
    timer = states.get(ReturnTimer, found.owner, found.order_id, found.return_id)
    withdrawn = [timer] if timer is not None else []
    return Decision(writes=[document, not_coming(sold, absent)], events=[received], withdrawn=[*withdrawn])


def inspect_return(states: States, message: InspectReturnV1, now: datetime) -> Decision:
    """What becomes of the goods: back on the shelf or written off; the buyer is paid back either way."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None or found.status is not ReturnStatus.RECEIVED:
        return _wrong_state(message, found, "only received returns are inspected")
    seen: dict[str, int] = {}
    for line in message.lines:
        seen[line.line_id] = seen.get(line.line_id, 0) + line.quantity
    if seen != {line.line_id: line.quantity for line in found.lines}:
        there = ", ".join(f"{line.quantity} of line {line.line_id}" for line in found.lines)
        return _wrong_state(message, found, f"all of what was received has to be inspected: {there}")
    sold = states.get(Sold, message.owner, message.order_id)
    assert sold is not None
    sold, goods, reason, detail = identified(sold, message.lines)
    if reason:
        return Decision.refused(message, reason, detail, about=message.return_id)
    sold, amount = paid_for(sold, seen)
    about = {"owner": message.owner, "order_id": message.order_id, "return_id": message.return_id}
    inspected = ReturnInspectedV1(
        **about, location_id=found.location_id, lines=goods, inspected_at=now, inspected_by=message.inspected_by
    )
    status = ReturnStatus.REFUNDING if amount else ReturnStatus.CLOSED
    events: list[Event] = [inspected]
    if amount:
        money = Money(amount_minor=amount, currency=found.currency)
        events.append(RefundRequestedV1(**about, amount=money, reason=found.reason))
    else:
        events.append(ReturnClosedV1(**about, refunded_minor=0, closed_at=now))
    document = changed(found, status=status, inspected=message.lines, refund_minor=amount)
    return Decision(writes=[document, sold], events=events)


def close_refunded(states: States, message: PaymentRefundedV1, now: datetime) -> Decision:
    """The money has gone back: the return is done, or what was decided of a case."""
    kind, _, return_id = message.refund_id.partition(":")
    if kind == "case":
        return paid_back(states, message.owner, message.order_id, return_id)
    found = states.get(Return, message.owner, message.order_id, return_id) if kind == "return" else None
    if found is None or found.status is not ReturnStatus.REFUNDING:
        return Decision.nothing()
    closed = ReturnClosedV1(
        owner=message.owner,
        order_id=message.order_id,
        return_id=return_id,
        refunded_minor=message.amount.amount_minor,
        closed_at=now,
    )
    return Decision(writes=[changed(found, status=ReturnStatus.CLOSED)], events=[closed])
