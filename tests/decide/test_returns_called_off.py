"""Returns that come to nothing, and the labels that buyers are sent."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.return_labels import (
    ReturnLabelBoughtV1,
    ReturnLabelRefusedV1,
    ReturnLabelVoidedV1,
    ReturnLabelWantedV1,
    ReturnTrackedV1,
    SendReturnLabelV1,
)
from crossdock_contracts.returns import CancelReturnV1, RequestReturnV1, ReturnCancelledV1, ReturnReceivedV1
from services.hub.decision import Decision
from services.returns.decide import back, called_off, labels
from services.returns.rules import LabelPolicy, Rules
from services.returns.state import Return, ReturnStatus, ReturnTimer
from tests.builders import BERLIN, NOW, later, parcel, pieces
from tests.decide.test_returns import ABOUT, Desk

RULES = Rules(return_days=30, label=(LabelPolicy(reasons=("damaged",)),))
RETURN = {**ABOUT, "return_id": "R-1"}


class Office(Desk):
    """The same desk, where labels are sent for what arrived damaged."""

    def asks(self, reason: str = "damaged", **fields: Any) -> Decision:
        message = RequestReturnV1(**RETURN, lines=(pieces(),), reason=reason, **fields)
        return self.take(partial(back.request_return, RULES), message, later(days=1))

    def cancel(self) -> Decision:
        return self.take(called_off.cancel_return, CancelReturnV1(**RETURN), later(days=2))

    def fires(self, after_days: int) -> Decision:
        timer: ReturnTimer = self.get(ReturnTimer, "main", "web:1", "R-1")
        return self.take(called_off.expire, timer, later(days=after_days))

    def send(self) -> Decision:
        return self.take(partial(labels.send_label, RULES), SendReturnLabelV1(**RETURN), NOW)

    def hears(self, message: Any) -> Decision:
        return self.take(labels.know_label, message, NOW)

    @property
    def found(self) -> Return:
        found: Return = self.get(Return, "main", "web:1", "R-1")
        return found


@pytest.fixture
def office() -> Office:
    made = Office()
    made.ships((2, 1000))
    return made


BOUGHT = ReturnLabelBoughtV1(**RETURN, location_id="ROT", parcel=parcel(), bought_at=NOW)


def tracked(status: str, days: float, code: str = "") -> ReturnTrackedV1:
    return ReturnTrackedV1.model_validate(
        {**RETURN, "status": status, "tracking_number": "T1", "occurred_at": later(days=days), "code": code}
    )


def test_a_return_that_was_sent_in_time_does_not_expire_while_its_carrier_has_it(office: Office) -> None:
    office.asks()
    office.hears(BOUGHT)
    office.take(labels.know_tracked, tracked("in-transit", 30), NOW)
    office.take(labels.know_tracked, tracked("exception", 29), NOW)
    assert office.fires(45).events == []
    timer = office.get(ReturnTimer, "main", "web:1", "R-1")
    assert (timer.due_at, office.found.status) == (later(days=60), ReturnStatus.AUTHORISED)
    office.take(labels.know_tracked, tracked("delivered", 40), NOW)
    assert (office.found.label.tracking, office.found.status) == ("delivered", ReturnStatus.AUTHORISED), (
        "nobody counted"
    )
    assert office.fires(60).events == []
    assert office.fires(70).events[0].reason == "expired", "nobody has found it in a month"


def test_a_return_that_its_carrier_has_lost_expires(office: Office) -> None:
    office.asks()
    office.hears(BOUGHT)
    office.take(labels.know_tracked, tracked("exception", 30, "lost"), NOW)
    assert office.fires(45).events[0].reason == "expired"


def test_a_return_that_is_delayed_on_its_way_does_not_expire(office: Office) -> None:
    office.asks()
    office.hears(BOUGHT)
    office.take(labels.know_tracked, tracked("exception", 30, "unknown"), NOW)
    assert office.fires(45).events == [], "its label would be given back while its carrier has the parcel"
    assert office.fires(60).events[0].reason == "expired"


def test_the_policy_says_for_which_returns_the_seller_sends_a_label(office: Office) -> None:
    office.asks(ship_from=BERLIN)
    (wanted,) = office.said(ReturnLabelWantedV1)
    assert (wanted.fulfilment_id, wanted.location_id, wanted.ship_from) == ("web:1/1", "BER", BERLIN)
    assert (wanted.lines[0].sku, wanted.lines[0].quantity, wanted.lines[0].value_minor) == ("S1", 1, 500)
    office.hears(BOUGHT)
    assert office.found.label is not None
    assert (office.found.label.status, office.found.label.tracking_number) == ("bought", parcel().tracking_number)


@pytest.mark.parametrize(("reason", "label", "is_sent"), [("not-wanted", None, False), ("not-wanted", True, True),
                                                          ("damaged", False, False)])  # fmt: skip
def test_whoever_asks_for_a_return_may_decide_otherwise(
    office: Office, reason: str, label: bool | None, is_sent: bool
) -> None:
    office.asks(reason, label=label)
    assert bool(office.said(ReturnLabelWantedV1)) is is_sent


def test_a_return_that_is_called_off_frees_its_pieces_and_its_label(office: Office) -> None:
    office.asks()
    office.cancel()
    assert (office.status(), office.line()[1]) == (ReturnStatus.CANCELLED, 0)
    assert office.cancel().writes == [], "it has been done"
    (said,) = office.said(ReturnCancelledV1)
    assert (said.labelled, said.reason) == (True, "buyer-keeps")
    office.request(pieces(2), name="R-2")
    assert office.line()[1] == 2


def test_a_return_of_which_nothing_comes_expires_some_days_after_its_last(office: Office) -> None:
    office.asks()
    assert office.fires(after_days=31).writes == [], "what was sent on the last day is on its way"
    office.fires(after_days=44)
    assert (office.status(), office.said(ReturnCancelledV1)[0].reason) == (ReturnStatus.CANCELLED, "expired")


def test_a_return_that_has_come_does_not_expire_and_is_not_called_off(office: Office) -> None:
    office.asks()
    timer = office.get(ReturnTimer, "main", "web:1", "R-1")
    office.receive()
    assert office.get(ReturnTimer, "main", "web:1", "R-1") is None
    assert office.take(called_off.expire, timer, later(days=60)).writes == []
    office.cancel()
    assert office.said(CommandRefusedV1)[0].reason == "wrong-state"


def test_goods_of_a_return_that_was_called_off_are_received_all_the_same_if_no_other_has_taken_them(
    office: Office,
) -> None:
    office.asks()
    office.cancel()
    office.receive()
    assert (office.status(), office.line()[1]) == (ReturnStatus.RECEIVED, 1)

    other = Office()
    other.ships((1, 1000))
    other.asks()
    other.cancel()
    other.request(name="R-2")
    other.receive()
    assert (other.said(ReturnReceivedV1), other.said(CommandRefusedV1)[0].reason) == ([], "wrong-state")


def test_a_label_is_sent_later_or_once_more_where_there_was_none_to_be_had(office: Office) -> None:
    office.asks("not-wanted")
    office.send()
    office.send()
    assert office.said(CommandRefusedV1)[0].reason == "wrong-state", "one is being bought"
    office.hears(ReturnLabelRefusedV1(**RETURN, reason="no-carrier", detail="none"))
    office.send()
    assert [one.attempt for one in office.said(ReturnLabelWantedV1)] == [1, 2]
    office.hears(ReturnLabelRefusedV1(**RETURN, reason="no-carrier", detail="none"))
    assert office.found.label is not None
    assert office.found.label.status == "wanted", "that was about the first"


def test_what_is_said_late_of_a_label_does_not_bring_it_back(office: Office) -> None:
    office.asks()
    voided = ReturnLabelVoidedV1(**RETURN, carrier="c", tracking_number="1", reason="expired", voided_at=NOW)
    office.hears(voided)
    office.hears(BOUGHT)
    assert office.found.label is not None
    assert office.found.label.status == "voided"
