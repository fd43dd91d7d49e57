"""Trouble on the way: somebody, the carrier or silence opens a case; and parcels turn up after all."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from crossdock_contracts.cases import CaseChangedV1, CaseOpenedV1, CaseParcelDeliveredV1, OpenCaseV1, Trouble
from crossdock_contracts.tracking import (
    ShipmentDeliveredV1,
    ShipmentExceptionV1,
    ShipmentInTransitV1,
    ShipmentOutForDeliveryV1,
)
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Later, States, changed
from services.returns.cases import Case, CaseLine, CaseStatus, Claim, ClaimTimer
from services.returns.decide.sold import parcel, stuck_timer, with_parcel
from services.returns.rules import Rules
from services.returns.state import Sent, Sold, StuckTimer

CARRIER_SAYS: Mapping[str, Trouble] = {
    "lost": "lost",
    "damaged": "damaged",
    "returned-to-sender": "returned-to-sender",
}
"""Exceptions that open a case. Others are passed on to whoever tracks parcels, and no more."""

TURNS_UP = frozenset({"lost", "stuck", "returned-to-sender"})
"""Trouble of parcels that were not supposed to be delivered any more."""

Moving = ShipmentInTransitV1 | ShipmentOutForDeliveryV1 | ShipmentDeliveredV1


def open_case(rules: Rules, states: States, message: OpenCaseV1, now: datetime) -> Decision:
    """Somebody says that something is wrong with a parcel."""
    sold = states.get(Sold, message.owner, message.order_id)
    sent = parcel(sold, message.fulfilment_id)
    if sold is None or sent is None:
        known = ", ".join(one.fulfilment_id for one in sold.sent) if sold else ""
        detail = f"{message.fulfilment_id} has not shipped; parcels of {message.order_id}: {known or 'none'}"
        return Decision.refused(message, "not-shipped", detail)
    lines, missing = _asked(sent, message.lines)
    if not missing and lines:
        return _opened(
            rules, states, sold, sent, lines, message.kind, message.opened_by or "somebody", message.note, now
        )
    cases = [case for case in _cases(states, sold, sent) if case.status is not CaseStatus.CLOSED]
    if any(case.kind == message.kind for case in cases) and not _unknown(sent, message.lines):
        return Decision.nothing()
    about = ", ".join(f"{case.case_id} ({case.kind}, {case.status})" for case in cases) or "none"
    detail = f"{missing or 'no pieces'} left of {message.fulfilment_id} that no case is about; its open cases: {about}"
    return Decision.refused(message, "in-another-case", detail)


def _asked(sent: Sent, asked: tuple[LineQuantity, ...]) -> tuple[tuple[CaseLine, ...], str]:
    """Pieces of a parcel that are in no case yet, as asked for; and what of that there is not."""
    free = {line.line_id: line for line in sent.lines if line.quantity > line.in_case}
    wanted: dict[str, int] = {}
    for one in asked:
        wanted[one.line_id] = wanted.get(one.line_id, 0) + one.quantity
    wanted = wanted or {name: line.quantity - line.in_case for name, line in free.items()}
    for name, quantity in wanted.items():
        left = free[name].quantity - free[name].in_case if name in free else 0
        if quantity > left:
            return (), f"{left} of line {name}, not {quantity},"
    return tuple(CaseLine(line_id=name, sku=free[name].sku, quantity=n) for name, n in wanted.items()), ""


def _unknown(sent: Sent, asked: tuple[LineQuantity, ...]) -> bool:
    """More was asked for than the parcel ever held."""
    held = {line.line_id: line.quantity for line in sent.lines}
    return any(one.quantity > held.get(one.line_id, 0) for one in asked)


def _cases(states: States, sold: Sold, sent: Sent) -> list[Case]:
    keys = [(sold.owner, sold.order_id, case_id) for case_id in sent.cases]
    return [case for case in states.get_all(Case, keys) if case is not None]


def _opened(
    rules: Rules,
    states: States,
    sold: Sold,
    sent: Sent,
    lines: tuple[CaseLine, ...],
    kind: Trouble,
    by: str,
    note: str,
    now: datetime,
) -> Decision:
    case_id = str(sold.case_count + 1)
    assert states.get(Case, sold.owner, sold.order_id, case_id) is None
    until = claim_until(rules, kind, sent.shipped_at)
    case = Case(
        owner=sold.owner,
        order_id=sold.order_id,
        case_id=case_id,
        kind=kind,
        fulfilment_id=sent.fulfilment_id,
        lines=lines,
        currency=sold.currency,
        note=note,
        opened_by=by,
        opened_at=now,
        shipped_at=sent.shipped_at,
        claim=Claim(until=until, currency=sold.currency),
    )
    opened = CaseOpenedV1(
        owner=sold.owner,
        order_id=sold.order_id,
        case_id=case_id,
        fulfilment_id=sent.fulfilment_id,
        kind=kind,
        lines=tuple(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=line.quantity) for line in lines),
        opened_by=by,
        note=note,
        claim_until=until,
        opened_at=now,
    )
    taken = {line.line_id: line.quantity for line in lines}
    sent = changed(
        sent,
        cases=(*sent.cases, case_id),
        lines=tuple(changed(line, in_case=line.in_case + taken.get(line.line_id, 0)) for line in sent.lines),
    )
    sold = changed(with_parcel(sold, sent), case_count=sold.case_count + 1)
    return Decision(writes=[case, sold, *claim_timer(rules, case)], events=[opened])


def claim_until(rules: Rules, kind: Trouble, shipped_at: datetime) -> datetime | None:
    """Until when the carrier takes a claim; none where it did what it was told."""
    return None if kind == "wrong-item" else shipped_at + timedelta(days=rules.claim_days)


def claim_timer(rules: Rules, case: Case) -> list[ClaimTimer]:
    """The reminder of a case's claim."""
    if case.claim.until is None:
        return []
    due_at = case.claim.until - timedelta(days=rules.claim_reminder_days)
    return [ClaimTimer(owner=case.owner, order_id=case.order_id, case_id=case.case_id, due_at=due_at)]


def hear_exception(rules: Rules, states: States, message: ShipmentExceptionV1, now: datetime) -> Decision:
    """The carrier says what is wrong: it becomes a case, or tells more of one that nobody has decided yet."""
    kind = CARRIER_SAYS.get(message.code)
    if kind is None:
        return Decision.nothing()
    return _found(rules, states, message, kind, "carrier", message.detail, now)


def stuck(rules: Rules, states: States, message: StuckTimer, now: datetime) -> Decision:
    """Nothing was heard of a parcel for too long."""
    sent = parcel(states.get(Sold, message.owner, message.order_id), message.fulfilment_id)
    moved_at = (sent.moved_at or sent.shipped_at) if sent else None
    late = timedelta(days=rules.stuck_days)
    if sent is None or sent.delivered or sent.cases or moved_at is None or not late or now < moved_at + late:
        return Decision.nothing()
    note = f"the carrier has said nothing since {moved_at:%Y-%m-%d}"
    return _found(rules, states, message, "stuck", "hub", note, now)


def _found(
    rules: Rules,
    states: States,
    message: ShipmentExceptionV1 | StuckTimer,
    kind: Trouble,
    by: str,
    note: str,
    now: datetime,
) -> Decision:
    sold = states.get(Sold, message.owner, message.order_id)
    if sold is None or message.fulfilment_id not in sold.shipments:
        return Decision(later=Later("it is not known yet what was in the parcel"))
    sent = parcel(sold, message.fulfilment_id)
    if sent is None:  # it left before parcels were kept one by one: somebody has to open the case
        return Decision.nothing()
    undecided = [c for c in _cases(states, sold, sent) if c.status is CaseStatus.OPEN and not c.settled]
    if undecided:
        return _turned_out(rules, states, undecided[0], kind, note, now)
    lines, _ = _asked(sent, ())
    return _opened(rules, states, sold, sent, lines, kind, by, note, now) if lines else Decision.nothing()


def _turned_out(rules: Rules, states: States, case: Case, kind: Trouble, detail: str, now: datetime) -> Decision:
    if case.kind == kind:
        return Decision.nothing()
    about = {"owner": case.owner, "order_id": case.order_id, "case_id": case.case_id}
    event = CaseChangedV1(**about, was=case.kind, kind=kind, detail=detail, changed_at=now)
    had = case.claim.until
    case = changed(case, kind=kind)
    if had is None:
        case = changed(case, claim=changed(case.claim, until=claim_until(rules, kind, case.shipped_at)))
    timer = states.get(ClaimTimer, case.owner, case.order_id, case.case_id)
    return Decision(writes=[case, *(claim_timer(rules, case) if had is None and timer is None else ())], events=[event])


def hear_moving(rules: Rules, states: States, message: Moving, _now: datetime) -> Decision:
    """A parcel moves, or is there: it is not stuck; and one that was given up has turned up."""
    delivered = isinstance(message, ShipmentDeliveredV1)
    if not delivered and not rules.stuck_days:
        return Decision.nothing()
    sold = states.get(Sold, message.owner, message.order_id)
    sent = parcel(sold, message.fulfilment_id)
    if sold is None or sent is None:
        late = sold is None or message.fulfilment_id not in sold.shipments
        return Decision(later=Later("it is not known yet what was in the parcel")) if late else Decision.nothing()
    decision = _turned_up(states, sold, sent, message) if delivered else Decision()
    if not rules.stuck_days or sent.delivered or (sent.moved_at and sent.moved_at > message.occurred_at):
        return decision
    sold = with_parcel(sold, changed(sent, moved_at=message.occurred_at, delivered=delivered))
    timer = states.get(StuckTimer, message.owner, message.order_id, message.fulfilment_id)
    if delivered or sent.cases:
        gone = Decision(writes=[sold], withdrawn=[timer] if timer else [])
    else:
        gone = Decision(writes=[sold, *stuck_timer(rules, sold, message.fulfilment_id, message.occurred_at)])
    return decision.and_then(gone)


def _turned_up(states: States, sold: Sold, sent: Sent, message: Moving) -> Decision:
    decision = Decision()
    for case in _cases(states, sold, sent):
        if case.kind not in TURNS_UP or case.delivered_at is not None:
            continue
        decision.writes.append(changed(case, delivered_at=message.occurred_at))
        decision.events.append(
            CaseParcelDeliveredV1(
                owner=case.owner,
                order_id=case.order_id,
                case_id=case.case_id,
                kind=case.kind,
                decided=tuple(sorted({one.action for one in case.settled})),
                delivered_at=message.occurred_at,
            )
        )
    return decision
