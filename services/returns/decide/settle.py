"""What an agent decides: goods are sent once more or paid back, and never both unnoticed."""

from collections.abc import Mapping
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.cases import CaseDecidedV1, DecideCaseV1, ReplacementOrderedV1
from crossdock_contracts.returns import RefundRequestedV1
from crossdock_contracts.values import LineQuantity, Money
from services.hub.decision import Decision, States, changed
from services.returns.cases import Case, CaseLine, CaseStatus, Settlement
from services.returns.decide.common import about, case_of, not_open, refused
from services.returns.decide.sold import paid_for, parcel
from services.returns.state import Sold

_COUNTED = {"reship": "reshipped", "refund": "refunded", "none": "dropped"}
_SAID = {"reship": "sent once more", "refund": "paid back", "none": "left as they are"}


def decide_case(states: States, message: DecideCaseV1, now: datetime) -> Decision:
    """An agent decides what becomes of pieces in a case."""
    case = case_of(states, message)
    if (wrong := not_open(message, case)) is not None:
        return wrong
    sold = states.get(Sold, message.owner, message.order_id)
    assert case is not None
    assert sold is not None
    wanted = _wanted(case, message)
    if (problem := _problem(case, sold, message, wanted)) is not None:
        return refused(message, *problem)
    match message.action:
        case "refund":
            return _refund(case, sold, message, wanted, now)
        case "reship":
            return _reship(case, sold, message, wanted, now)
        case _:
            return _settle(case, message, wanted, Settlement(**_about(message, case, wanted, now)), now)


def _wanted(case: Case, message: DecideCaseV1) -> dict[str, int]:
    """Pieces by line that are to be decided for."""
    wanted: dict[str, int] = {}
    for one in message.lines:
        wanted[one.line_id] = wanted.get(one.line_id, 0) + one.quantity
    if not wanted:
        wanted = {line.line_id: _room(line, message) for line in case.lines}
    return {name: quantity for name, quantity in wanted.items() if quantity}


def _room(line: CaseLine, message: DecideCaseV1) -> int:
    """Pieces that may be decided for: undecided ones; on top of another decision, those that it was made for."""
    if not message.although:
        return line.quantity - line.decided
    again = min(line.has(message.although), line.quantity)
    return min(again, line.quantity - line.refunded) if message.action == "refund" else again


def _problem(case: Case, sold: Sold, message: DecideCaseV1, wanted: Mapping[str, int]) -> tuple[str, str] | None:
    """Why it may not be so: reason and detail."""
    if message.although and message.action == "none":
        return "decided-already", "what was decided is not taken back; the goods may be received, and the case closed"
    if message.although and not message.note:
        return "note-needed", f"say in a note why it is decided although there was a {message.although} before"
    return _too_many(case, message, wanted) or _returned(case, sold, message, wanted)


def _too_many(case: Case, message: DecideCaseV1, wanted: Mapping[str, int]) -> tuple[str, str] | None:
    """Pieces that are not in the case, or that something else was decided for."""
    lines = {line.line_id: line for line in case.lines}
    for name, quantity in wanted.items():
        line = lines.get(name)
        room = _room(line, message) if line else 0
        if line is None or quantity > room:
            return "decided-already" if line else "not-in-case", _why(line, name, room, quantity)
    if not wanted:
        return "decided-already", _why(case.lines[0], case.lines[0].line_id, 0, 1)
    return None


def _returned(case: Case, sold: Sold, message: DecideCaseV1, wanted: Mapping[str, int]) -> tuple[str, str] | None:
    """Pieces that a return is about."""
    lines = {line.line_id: line for line in case.lines}
    for name, quantity in wanted.items() if message.action != "none" else ():
        free = _free(sold, lines[name], message)
        if quantity > free:
            return "returned", f"{free} pieces of line {name} are neither on their way back nor paid back"
    return None


def _free(sold: Sold, line: CaseLine, message: DecideCaseV1) -> int:
    """Pieces of a line that no return has taken, and nobody paid back; but for what this case itself paid back."""
    of_order = next(one for one in sold.lines if one.line_id == line.line_id)
    return of_order.quantity - of_order.returned + (line.refunded if message.action == "reship" else 0)


def _why(line: CaseLine | None, name: str, room: int, asked: int) -> str:
    if line is None:
        return f"it is not about line {name}"
    done = [f"{line.has(action)} {said}" for action, said in _SAID.items() if line.has(action)]
    told = f" ({', '.join(done)})" if done else ""
    return (
        f"{room} of line {name} can be decided for so, not {asked}{told}; to decide once more for the same pieces "
        "name what was decided as `although`, and say why in a note"
    )


def _about(message: DecideCaseV1, case: Case, wanted: Mapping[str, int], now: datetime) -> dict[str, object]:
    skus = {line.line_id: line.sku for line in case.lines}
    lines = tuple(LineQuantity(line_id=name, sku=skus[name], quantity=n) for name, n in wanted.items())
    return {
        "action": message.action,
        "lines": lines,
        "although": message.although,
        "decided_by": message.decided_by,
        "note": message.note,
        "decided_at": now,
    }


def _refund(case: Case, sold: Sold, message: DecideCaseV1, wanted: Mapping[str, int], now: datetime) -> Decision:
    sold, amount = paid_for(sold, dict(wanted), by_case=True)
    if not any(line.value_minor for line in sold.lines if line.line_id in wanted):
        detail = "nothing was paid for these goods; of a replacement, decide the case of the order that it replaces"
        return refused(message, "nothing-paid", detail)
    settled = Settlement.model_validate({**_about(message, case, wanted, now), "refund_minor": amount})
    decision = _settle(case, message, wanted, settled, now).and_then(Decision(writes=[sold]))
    if not amount:  # a piece of a line that cost less than its pieces are many
        return decision
    request = RefundRequestedV1(
        owner=case.owner,
        order_id=case.order_id,
        return_id=f"{case.case_id}/{len(case.settled) + 1}",
        amount=Money(amount_minor=amount, currency=case.currency),
        reason=case.kind,
        case_id=case.case_id,
    )
    return decision.and_then(Decision(events=[request]))


def _reship(case: Case, sold: Sold, message: DecideCaseV1, wanted: Mapping[str, int], now: datetime) -> Decision:
    sent = parcel(sold, case.fulfilment_id)
    ship_to = message.ship_to or (sent.ship_to if sent else None)
    if sent is None or ship_to is None or not sent.channel:
        return refused(message, "address-needed", "nobody knows where the parcel went; enter the order by hand")
    number = sum(one.action == "reship" for one in case.settled) + 1
    replacement_id = f"{case.order_id}~{case.case_id}" + (f".{number}" if number > 1 else "")
    settled = Settlement.model_validate({**_about(message, case, wanted, now), "replacement_id": replacement_id})
    ordered = ReplacementOrderedV1(
        owner=case.owner,
        replacement_id=replacement_id,
        order_id=case.order_id,
        case_id=case.case_id,
        channel=sent.channel,
        currency=case.currency,
        lines=settled.lines,
        ship_to=ship_to,
        service_level=sent.service_level,
        note=message.note,
        ordered_at=now,
    )
    return _settle(case, message, wanted, settled, now).and_then(Decision(events=[ordered]))


def _settle(
    case: Case, message: DecideCaseV1, wanted: Mapping[str, int], settled: Settlement, now: datetime
) -> Decision:
    """Count what was decided, and say so."""
    lines = tuple(_counted(line, message, wanted.get(line.line_id, 0)) for line in case.lines)
    undecided = sum(line.quantity - line.decided for line in lines)
    status = CaseStatus.OPEN if undecided else CaseStatus.DECIDED
    decided = CaseDecidedV1(
        **about(case),
        action=settled.action,
        lines=settled.lines,
        refund=Money(amount_minor=settled.refund_minor, currency=case.currency) if settled.refund_minor else None,
        replacement_id=settled.replacement_id,
        although=settled.although,
        undecided=undecided,
        decided_by=settled.decided_by,
        note=settled.note,
        decided_at=now,
    )
    events: list[Event] = [decided]
    return Decision(writes=[changed(case, lines=lines, status=status, settled=(*case.settled, settled))], events=events)


def _counted(line: CaseLine, message: DecideCaseV1, quantity: int) -> CaseLine:
    name = _COUNTED[message.action]
    more = 0 if message.although else quantity
    return changed(line, **{name: getattr(line, name) + quantity, "decided": line.decided + more})


def paid_back(states: States, owner: str, order_id: str, refund: str) -> Decision:
    """The money of a decision has gone back."""
    case_id, _, number = refund.partition("/")
    case = states.get(Case, owner, order_id, case_id)
    position = int(number) - 1 if number.isdigit() else -1
    if case is None or not 0 <= position < len(case.settled) or case.settled[position].paid:
        return Decision.nothing()
    settled = list(case.settled)
    settled[position] = changed(settled[position], paid=True)
    return Decision(writes=[changed(case, settled=tuple(settled))])
