"""The carrier's part: a claim has a deadline, somebody is reminded of it, and the carrier answers."""

from datetime import datetime

from crossdock_contracts.cases import AnswerClaimV1, ClaimAnsweredV1, ClaimDueV1, ClaimFiledV1, FileClaimV1
from crossdock_contracts.values import Money
from services.hub.decision import Decision, States, changed
from services.returns.cases import Case, CaseStatus, ClaimStatus, ClaimTimer
from services.returns.decide.common import about, case_of, not_open, refused


def file_claim(states: States, message: FileClaimV1, now: datetime) -> Decision:
    """The carrier is asked to pay, in time; later only if somebody insists and says why."""
    case = case_of(states, message)
    if (wrong := not_open(message, case)) is not None:
        return wrong
    assert case is not None
    claim = case.claim
    if claim.status is not ClaimStatus.NONE:
        return refused(
            message, "claimed-already", f"a claim for {claim.amount_minor} {claim.currency} is {claim.status}"
        )
    if message.amount.amount_minor <= 0:
        return refused(message, "no-amount", "a claim is for more than nothing")
    late = _late(case, now)
    if late and not (message.force and message.note):
        how = "say in a note why it is forced" if message.force else "force it with a note that says why"
        return refused(message, "too-late" if claim.until else "not-the-carrier", f"{late}; {how}")
    claim = changed(
        claim,
        status=ClaimStatus.FILED,
        amount_minor=message.amount.amount_minor,
        currency=message.amount.currency,
        reference=message.reference,
    )
    filed = ClaimFiledV1(
        **about(case),
        amount=message.amount,
        reference=message.reference,
        late=bool(late),
        filed_by=message.filed_by,
        note=message.note,
        filed_at=now,
    )
    timer = states.get(ClaimTimer, case.owner, case.order_id, case.case_id)
    return Decision(writes=[changed(case, claim=claim)], events=[filed], withdrawn=[timer] if timer else [])


def _late(case: Case, now: datetime) -> str:
    """Why the carrier need not take a claim; empty: it has to."""
    if case.claim.until is None:
        return f"{case.kind} is not the carrier's fault"
    return f"the carrier took claims until {case.claim.until:%Y-%m-%d}" if now > case.claim.until else ""


def remind(states: States, message: ClaimTimer, _now: datetime) -> Decision:
    """The deadline of a claim comes near, and none was filed."""
    case = states.get(Case, message.owner, message.order_id, message.case_id)
    if case is None or case.status is CaseStatus.CLOSED or case.claim.status is not ClaimStatus.NONE:
        return Decision.nothing()
    if case.claim.until is None or case.claim.reminded:
        return Decision.nothing()
    due = ClaimDueV1(**about(case), claim_until=case.claim.until)
    return Decision(writes=[changed(case, claim=changed(case.claim, reminded=True))], events=[due])


def answer_claim(states: States, message: AnswerClaimV1, now: datetime) -> Decision:
    """The carrier pays all of it, some of it, or refuses."""
    case = case_of(states, message)
    if case is None or case.claim.status is not ClaimStatus.FILED:
        stands = f"its claim is {case.claim.status}" if case else "there is no such case"
        return refused(message, "no-open-claim", f"{stands}; only filed claims are answered")
    claim = case.claim
    if message.accepted_minor > claim.amount_minor:
        return refused(message, "more-than-claimed", f"{claim.amount_minor} {claim.currency} was claimed")
    status = ClaimStatus.ACCEPTED if message.accepted_minor else ClaimStatus.REFUSED
    answered = ClaimAnsweredV1(
        **about(case),
        claimed=Money(amount_minor=claim.amount_minor, currency=claim.currency),
        accepted_minor=message.accepted_minor,
        answered_by=message.answered_by,
        note=message.note,
        answered_at=now,
    )
    claim = changed(claim, status=status, accepted_minor=message.accepted_minor)
    return Decision(writes=[changed(case, claim=claim)], events=[answered])
