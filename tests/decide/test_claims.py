"""Claims against carriers: in time, once, reminded of, answered."""

from crossdock_contracts.cases import ClaimAnsweredV1, ClaimDueV1, ClaimFiledV1
from crossdock_contracts.operations import CommandRefusedV1
from services.hub.decision import Decision
from services.returns.cases import ClaimTimer
from services.returns.rules import Rules
from tests.builders import later
from tests.decide.trouble import Trouble


def test_a_claim_is_filed_once_and_answered_once() -> None:
    desk = Trouble()
    desk.excepts("lost")
    desk.claims(900, reference="C-77")
    desk.claims(900)
    desk.closes(force=False)
    desk.answers(400)
    desk.answers(400)
    assert desk.refusals() == ["claimed-already", "not-done", "no-open-claim"]
    assert (desk.said(ClaimFiledV1)[0].reference, desk.said(ClaimFiledV1)[0].late) == ("C-77", False)
    (answered,) = desk.said(ClaimAnsweredV1)
    assert (answered.claimed.amount_minor, answered.accepted_minor) == (900, 400)
    assert desk.case().claim.status == "accepted"


def test_an_answer_of_nothing_is_a_refusal() -> None:
    desk = Trouble()
    desk.excepts("damaged")
    desk.claims()
    desk.answers(2000)
    desk.answers(0)
    assert desk.refusals() == ["more-than-claimed"]
    assert desk.case().claim.status == "refused"


def test_somebody_is_reminded_once_before_the_deadline_of_a_claim() -> None:
    desk = Trouble()
    desk.excepts("lost")
    assert desk.get(ClaimTimer, "main", "web:1", "1").due_at == later(days=23)
    desk.after(days=23).reminder()
    assert desk.reminder() == Decision()
    assert [one.claim_until for one in desk.said(ClaimDueV1)] == [later(days=30)]


def test_nobody_is_reminded_of_a_claim_that_was_filed() -> None:
    desk = Trouble()
    desk.excepts("lost")
    desk.claims()
    assert desk.get(ClaimTimer, "main", "web:1", "1") is None
    assert desk.after(days=23).reminder() == Decision()


def test_a_late_claim_is_refused_unless_somebody_insists_and_says_why() -> None:
    desk = Trouble(rules=Rules(claim_days=10))
    desk.excepts("lost")
    desk.after(days=10, seconds=1).claims()
    desk.claims(force=True)
    assert desk.refusals() == ["too-late", "too-late"]
    assert f"{later(days=10):%Y-%m-%d}" in desk.said(CommandRefusedV1)[0].detail
    desk.claims(force=True, note="the carrier agreed by telephone")
    assert desk.said(ClaimFiledV1)[0].late


def test_a_wrong_item_is_not_the_carriers_fault() -> None:
    desk = Trouble()
    desk.opens("wrong-item")
    desk.claims()
    assert desk.refusals() == ["not-the-carrier"]
    assert desk.get(ClaimTimer, "main", "web:1", "1") is None


def test_a_case_that_turns_out_to_be_the_carriers_fault_gets_its_deadline() -> None:
    desk = Trouble()
    desk.opens("wrong-item")
    desk.excepts("damaged")
    assert desk.case().claim.until == later(days=30)
    assert desk.get(ClaimTimer, "main", "web:1", "1").due_at == later(days=23)
