"""What the rules about cases share."""

from crossdock_contracts.cases import AnswerClaimV1, CloseCaseV1, DecideCaseV1, FileClaimV1, ReceiveCaseGoodsV1
from services.hub.decision import Decision, States
from services.returns.cases import Case, CaseStatus

AboutCase = DecideCaseV1 | ReceiveCaseGoodsV1 | FileClaimV1 | AnswerClaimV1 | CloseCaseV1


def refused(message: AboutCase, reason: str, detail: str) -> Decision:
    """A command about a case is not carried out; the detail says why, and what to do."""
    return Decision.refused(message, reason, f"case {message.case_id} of order {message.order_id}: {detail}")


def case_of(states: States, message: AboutCase) -> Case | None:
    """The case that a command names."""
    return states.get(Case, message.owner, message.order_id, message.case_id)


def not_open(message: AboutCase, case: Case | None) -> Decision | None:
    """A refusal, where there is no such case or it is closed."""
    if case is None:
        return refused(message, "no-such-case", "there is none; `crossdock cases list` shows which there are")
    if case.status is CaseStatus.CLOSED:
        return refused(message, "closed", "it is closed; open another for new trouble with the parcel")
    return None


def about(case: Case) -> dict[str, str]:
    """What every event about a case names."""
    return {"owner": case.owner, "order_id": case.order_id, "case_id": case.case_id}
