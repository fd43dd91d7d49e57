"""How cases end: goods that came back are put away, and nothing is left to do."""

from datetime import datetime

from crossdock_contracts.cases import CaseClosedV1, CloseCaseV1, ReceiveCaseGoodsV1
from crossdock_contracts.returns import InspectedGoods, ReturnInspectedV1
from services.hub.decision import Decision, States, changed
from services.returns.cases import Case, CaseStatus, ClaimStatus, ClaimTimer
from services.returns.decide.common import about, case_of, not_open, refused
from services.returns.decide.sold import parcel, with_parcel
from services.returns.state import Sold

COME_BACK = frozenset({"returned-to-sender", "wrong-item"})
"""Trouble whose goods are expected back, unless the case is closed all the same."""


def receive_goods(states: States, message: ReceiveCaseGoodsV1, now: datetime) -> Decision:
    """Goods of a case are back: on the shelf or written off. What the buyer gets was decided apart from that."""
    case = case_of(states, message)
    if case is None:
        return refused(message, "no-such-case", "there is none; `crossdock cases list` shows which there are")
    came: dict[str, int] = {}
    for one in message.lines:
        came[one.line_id] = came.get(one.line_id, 0) + one.quantity
    lines = {line.line_id: line for line in case.lines}
    for name, quantity in came.items():
        left = lines[name].quantity - lines[name].back if name in lines else 0
        if quantity > left:
            return refused(message, "not-so-many", f"{left} of line {name} can still come back, not {quantity}")
    goods = tuple(
        InspectedGoods(
            line_id=one.line_id, sku=lines[one.line_id].sku, quantity=one.quantity, disposition=one.disposition
        )
        for one in message.lines
    )
    inspected = ReturnInspectedV1(
        **about(case),
        return_id=case.case_id,
        location_id=message.location_id,
        lines=goods,
        inspected_at=now,
        inspected_by=message.received_by,
    )
    counted = tuple(changed(line, back=line.back + came.get(line.line_id, 0)) for line in case.lines)
    return Decision(writes=[changed(case, lines=counted)], events=[inspected])


def close_case(states: States, message: CloseCaseV1, now: datetime) -> Decision:
    """A case is done, or somebody says why it is closed although something is left to do."""
    case = case_of(states, message)
    if (wrong := not_open(message, case)) is not None:
        return wrong
    assert case is not None
    left = left_to_do(case)
    if left and not (message.force and message.note):
        how = "; force it with a note that says why" if not message.force else "; say in a note why it is forced"
        return refused(message, "not-done", "; ".join(left) + how)
    closed = CaseClosedV1(**about(case), left=left, closed_by=message.closed_by, note=message.note, closed_at=now)
    timer = states.get(ClaimTimer, case.owner, case.order_id, case.case_id)
    return Decision(
        writes=[changed(case, status=CaseStatus.CLOSED, closed_at=now), _let_go(states, case)],
        events=[closed],
        withdrawn=[timer] if timer else [],
    )


def left_to_do(case: Case) -> tuple[str, ...]:
    """What is open about a case."""
    undecided = sum(line.quantity - line.decided for line in case.lines)
    unpaid = sum(one.refund_minor for one in case.settled if not one.paid)
    away = sum(line.quantity - line.back for line in case.lines) if case.kind in COME_BACK else 0
    found = (
        (undecided, f"nothing is decided for {undecided} pieces"),
        (unpaid, f"{unpaid} {case.currency} minor units are not paid back yet"),
        (away, f"{away} pieces are not back yet"),
        (case.claim.status is ClaimStatus.FILED, "the carrier has not answered the claim"),
    )
    return tuple(text for is_so, text in found if is_so)


def _let_go(states: States, case: Case) -> Sold:
    """Pieces that were neither sent once more nor paid back may get into another case."""
    sold = states.get(Sold, case.owner, case.order_id)
    sent = parcel(sold, case.fulfilment_id)
    assert sold is not None
    assert sent is not None
    free = {line.line_id: line.quantity - min(line.quantity, line.reshipped + line.refunded) for line in case.lines}
    lines = tuple(changed(line, in_case=line.in_case - free.get(line.line_id, 0)) for line in sent.lines)
    return with_parcel(sold, changed(sent, lines=lines))
