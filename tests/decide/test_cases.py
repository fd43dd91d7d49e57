"""Parcel trouble: cases are opened once, decided once, and nothing is paid twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.cases import (
    CaseChangedV1,
    CaseClosedV1,
    CaseDecidedV1,
    CaseOpenedV1,
    CaseParcelDeliveredV1,
    ReplacementOrderedV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.returns import RefundRequestedV1, ReturnInspectedV1, ReturnRefusedV1
from services.hub.decision import Decision
from services.returns.cases import CaseStatus, ClaimTimer
from services.returns.state import StuckTimer
from tests.builders import BERLIN, later, pieces
from tests.decide.trouble import Trouble


def test_an_exception_of_known_meaning_opens_a_case_of_all_that_is_in_the_parcel() -> None:
    desk = Trouble((2, 1000), (1, 500))
    desk.excepts("lost")
    (opened,) = desk.said(CaseOpenedV1)
    assert (opened.case_id, opened.kind, opened.fulfilment_id, opened.opened_by) == ("1", "lost", "web:1/1", "carrier")
    assert [(line.line_id, line.sku, line.quantity) for line in opened.lines] == [("1", "S1", 2), ("2", "S2", 1)]
    assert opened.claim_until == later(days=30)


@pytest.mark.parametrize("code", ["", "customs-delay"])
def test_an_exception_of_unknown_meaning_opens_none(code: str) -> None:
    assert Trouble().excepts(code) == Decision()


def test_an_exception_that_is_heard_before_its_shipment_waits_for_it() -> None:
    assert Trouble().excepts("lost", number=2).later is not None


def test_the_same_trouble_told_twice_opens_one_case() -> None:
    desk = Trouble()
    desk.excepts("lost")
    assert desk.excepts("lost") == Decision()
    assert desk.opens("lost") == Decision()
    assert desk.opens("lost", pieces()) == Decision()
    assert len(desk.said(CaseOpenedV1)) == 1


def test_a_piece_is_in_one_case_only() -> None:
    desk = Trouble((3, 3000))
    desk.opens("damaged", pieces(1))
    desk.opens("wrong-item", pieces(3))
    desk.opens("wrong-item")
    assert [(one.kind, one.lines[0].quantity) for one in desk.said(CaseOpenedV1)] == [("damaged", 1), ("wrong-item", 2)]
    (refused,) = desk.said(CommandRefusedV1)
    assert refused.reason == "in-another-case"
    assert "1 (damaged, open)" in refused.detail


def test_what_has_not_shipped_has_no_trouble() -> None:
    desk = Trouble()
    desk.opens(number=7)
    assert "parcels of web:1: web:1/1" in desk.said(CommandRefusedV1)[0].detail
    assert desk.refusals() == ["not-shipped"]


def test_trouble_that_turns_out_to_be_another_changes_the_case_as_long_as_nothing_is_decided() -> None:
    desk = Trouble()
    desk.opens("stuck")
    desk.excepts("lost")
    assert [(one.was, one.kind) for one in desk.said(CaseChangedV1)] == [("stuck", "lost")]
    desk.decides("refund")
    assert desk.excepts("damaged") == Decision()
    assert len(desk.said(CaseOpenedV1)) == 1


def test_a_parcel_of_which_nothing_is_heard_is_stuck() -> None:
    desk = Trouble()
    assert desk.get(StuckTimer, "main", "web:1", "web:1/1").due_at == later(days=5)
    assert desk.after(days=4).silence() == Decision()
    desk.after(days=5).silence()
    assert [(one.kind, one.opened_by) for one in desk.said(CaseOpenedV1)] == [("stuck", "hub")]


def test_a_parcel_that_moves_is_not_stuck_and_one_that_arrived_never_is() -> None:
    desk = Trouble()
    desk.after(days=3).moves()
    assert desk.get(StuckTimer, "main", "web:1", "web:1/1").due_at == later(days=8)
    assert desk.after(days=6).silence() == Decision()
    desk.after(days=7).arrives()
    assert desk.get(StuckTimer, "main", "web:1", "web:1/1") is None
    assert desk.after(days=40).silence() == Decision()
    assert not desk.said(CaseOpenedV1)


def test_a_refund_is_asked_for_once_and_the_case_waits_for_its_money() -> None:
    desk = Trouble((2, 999))
    desk.excepts("lost")
    desk.decides("refund", decided_by="agent-1")
    (request,) = desk.said(RefundRequestedV1)
    assert (request.amount.amount_minor, request.refund_id, request.reason) == (999, "case:1/1", "lost")
    assert desk.case().status is CaseStatus.DECIDED
    desk.closes()
    assert desk.refusals() == ["not-done"]
    desk.pays(amount=999)
    assert desk.pays(amount=999) == Decision()
    desk.closes()
    assert (desk.case().status, desk.said(CaseClosedV1)[0].left) == (CaseStatus.CLOSED, ())
    assert desk.get(ClaimTimer, "main", "web:1", "1") is None


def test_goods_are_sent_once_more_to_where_the_parcel_went_or_to_a_corrected_address() -> None:
    desk = Trouble((2, 1000))
    desk.opens("returned-to-sender")
    desk.decides("reship", pieces(1))
    other = BERLIN.model_copy(update={"line1": "Street 2"})
    desk.decides("reship", ship_to=other)
    first, second = desk.said(ReplacementOrderedV1)
    assert (first.replacement_id, first.ship_to, first.channel, first.service_level, first.priority) == (
        "web:1~1", BERLIN, "web", "express", 1,
    )  # fmt: skip
    assert (second.replacement_id, second.ship_to, second.lines[0].quantity) == ("web:1~1.2", other, 1)
    assert [one.undecided for one in desk.said(CaseDecidedV1)] == [1, 0]


@pytest.mark.parametrize(("first", "second"), [("reship", "refund"), ("refund", "reship"), ("refund", "refund")])
def test_what_was_decided_is_not_decided_again_unnoticed(first: str, second: str) -> None:
    desk = Trouble()
    desk.opens()
    desk.decides(first)
    desk.decides(second)
    assert desk.refusals() == ["decided-already"]
    assert "although" in desk.said(CommandRefusedV1)[0].detail
    assert len(desk.said(CaseDecidedV1)) == 1


@pytest.mark.parametrize(("first", "second"), [("reship", "refund"), ("refund", "reship"), ("reship", "reship")])
def test_both_are_done_where_somebody_says_so_and_why_and_the_event_tells(first: str, second: str) -> None:
    desk = Trouble()
    desk.opens()
    desk.decides(first)
    desk.decides(second, although=first)
    assert desk.refusals() == ["note-needed"]
    desk.decides(second, although=first, note="the replacement was lost as well")
    assert [(one.action, one.although) for one in desk.said(CaseDecidedV1)] == [(first, ""), (second, first)]


def test_even_knowingly_nothing_is_paid_back_twice() -> None:
    desk = Trouble()
    desk.opens()
    desk.decides("refund")
    desk.decides("refund", although="refund", note="again")
    assert desk.refusals() == ["decided-already"]
    assert len(desk.said(RefundRequestedV1)) == 1


def test_no_more_is_sent_again_at_once_than_is_in_the_case() -> None:
    desk = Trouble()
    desk.opens()
    desk.decides("reship")
    desk.decides("reship", although="reship", note="wrong address")
    desk.decides("reship", pieces(2), although="reship", note="wrong again")
    assert desk.refusals() == ["decided-already"]


def test_what_was_decided_is_not_taken_back() -> None:
    desk = Trouble()
    desk.opens()
    desk.decides("reship")
    desk.decides("none", although="reship", note="it turned up")
    assert desk.refusals() == ["decided-already"]


def test_what_was_not_decided_is_no_reason_for_an_although() -> None:
    desk = Trouble()
    desk.opens()
    desk.decides("refund", although="reship", note="mixed up")
    assert desk.refusals() == ["decided-already"]


def test_what_a_case_paid_back_no_return_pays_back() -> None:
    desk = Trouble((2, 2000))
    desk.opens("lost", pieces(1))
    desk.decides("refund")
    desk.returns(2)
    assert desk.said(ReturnRefusedV1)[0].detail == "1 of line 1 can come back, not 2, 1 were paid back by a case"


@pytest.mark.parametrize(
    ("action", "upto"), [("refund", "requested"), ("refund", "inspected"), ("reship", "inspected")]
)
def test_what_a_return_took_no_case_pays_back_or_sends_again(action: str, upto: str) -> None:
    desk = Trouble()
    desk.opens("damaged")
    desk.returns(upto=upto)
    desk.decides(action)
    assert desk.refusals() == ["returned"]


def test_goods_of_a_replacement_are_paid_back_where_they_were_paid_for() -> None:
    desk = Trouble((1, 0))
    desk.opens()
    desk.decides("refund")
    assert desk.refusals() == ["nothing-paid"]
    assert desk.case().status is CaseStatus.OPEN


def test_a_parcel_that_turns_up_warns_of_what_was_decided_and_changes_nothing_else() -> None:
    desk = Trouble()
    desk.excepts("lost")
    desk.decides("refund")
    desk.arrives()
    assert desk.arrives() == Decision()
    (found,) = desk.said(CaseParcelDeliveredV1)
    assert (found.kind, found.decided) == ("lost", ("refund",))
    assert len(desk.said(RefundRequestedV1)) == 1
    assert desk.case().status is CaseStatus.DECIDED


def test_goods_that_come_back_are_put_away_once_and_nothing_is_paid_for_it() -> None:
    desk = Trouble((3, 3000))
    desk.excepts("returned-to-sender")
    desk.decides("reship")
    desk.closes()
    desk.receives((1, "restock"), (1, "write-off"))
    desk.receives((2, "restock"))
    desk.receives((1, "restock"))
    assert desk.refusals() == ["not-done", "not-so-many"]
    first, _ = desk.said(ReturnInspectedV1)
    assert (first.case_id, first.location_id) == ("1", "ROT")
    put = [(one.sku, one.quantity, one.disposition) for one in first.lines]
    assert put == [("S1", 1, "restock"), ("S1", 1, "write-off")]
    assert not desk.said(RefundRequestedV1)
    desk.closes()
    assert desk.case().status is CaseStatus.CLOSED


def test_a_case_is_closed_with_something_left_only_by_force_and_with_a_note() -> None:
    desk = Trouble()
    desk.opens()
    desk.closes()
    desk.closes(force=True)
    desk.closes(force=True, note="the buyer does not answer")
    assert desk.refusals() == ["not-done", "not-done"]
    assert desk.said(CaseClosedV1)[0].left == ("nothing is decided for 1 pieces",)
    desk.decides("refund")
    assert desk.refusals()[-1] == "closed"


def test_pieces_that_were_left_as_they_are_may_get_into_another_case() -> None:
    desk = Trouble((2, 2000))
    desk.opens("stuck")
    desk.decides("refund", pieces(1))
    desk.decides("none")
    desk.pays()
    desk.closes()
    desk.opens("damaged")
    assert [(one.case_id, one.lines[0].quantity) for one in desk.said(CaseOpenedV1)] == [("1", 2), ("2", 1)]


_steps = st.one_of(
    st.tuples(st.just("ship"), st.integers(1, 3), st.integers(0, 700)),
    st.tuples(st.just("open"), st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.sampled_from(["refund", "reship", "none"]), st.integers(1, 4), st.integers(1, 3)),
    st.tuples(st.sampled_from(["refund", "reship"]), st.integers(1, 4), st.just(0)),
    st.tuples(st.just("return"), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("close"), st.integers(1, 4), st.just(0)),
)


@given(st.integers(1, 4), st.integers(0, 1000), st.lists(_steps, max_size=25))
def test_refunds_by_return_and_by_case_never_exceed_what_was_paid(quantity: int, value: int, steps: list) -> None:
    desk = Trouble((quantity, value))
    shipped, paid = quantity, value
    for number, (what, first, second) in enumerate(steps):
        match what:
            case "ship":
                desk.ships((first, second), number=number + 2)
                shipped, paid = shipped + first, paid + second
            case "open":
                desk.opens("damaged", pieces(second))
            case "return":
                desk.returns(first, name=f"R{number}", upto="inspected" if second else "requested")
            case "close":
                desk.closes(str(first), force=True, note="enough")
            case action if second:
                desk.decides(action, pieces(second), case=str(first))
            case action:
                other = "reship" if action == "refund" else "refund"
                desk.decides(action, case=str(first), although=other, note="knowingly")
        back = sum(event.amount.amount_minor for event in desk.said(RefundRequestedV1))
        line = desk.sold_line()
        assert back == line.refunded_minor <= paid
        assert line.refunded <= line.returned <= line.quantity == shipped
