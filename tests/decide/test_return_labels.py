"""The label of a return: bought once, by whoever brings parcels back; given back where nothing comes."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.return_labels import (
    ReturnedGoods,
    ReturnLabelBoughtV1,
    ReturnLabelDelayedV1,
    ReturnLabelRefusedV1,
    ReturnLabelVoidedV1,
    ReturnLabelWantedV1,
    SettleReturnLabelV1,
)
from crossdock_contracts.returns import ReturnCancelledV1
from crossdock_contracts.values import Address
from services.hub.decision import Decision, Done, Failed, Outcome, Refused, Unsettled
from services.hub.terms import Band
from services.shipping.carriers import BuyLabel, Voided, VoidLabel
from services.shipping.decide import back
from services.shipping.rules import Rules
from services.shipping.rules.carriers import Carrier, CarrierService
from services.shipping.rules.locations import ShipFrom
from services.shipping.state_back import BackStatus, ReturnLabel, ReturnLabelTimer
from tests.builders import BERLIN, NOW, parcel
from tests.decide.ledger import Ledger

_CHEAP = CarrierService(returns=True, countries=("DE",), transit_days=2, bands=(Band(up_to_g=5000, amount_minor=400),))
_DEAR = CarrierService(returns=True, transit_days=4, bands=(Band(up_to_g=30_000, amount_minor=900),))
_ONE_WAY = CarrierService(transit_days=1, bands=(Band(up_to_g=30_000, amount_minor=1),))
RULES = Rules(
    locations={"BER": ShipFrom(address=BERLIN, returns_to="ROT"), "ROT": ShipFrom(address=BERLIN, packaging_g=50)},
    carriers={
        "cheap": Carrier(adapter="cheap", currency="EUR", service={"back": _CHEAP, "there": _ONE_WAY}),
        "dear": Carrier(adapter="dear", currency="EUR", service={"back": _DEAR}),
    },
)
ABOUT = {"owner": "main", "order_id": "web:1", "return_id": "R-1"}
BUYER = Address(name="Ada", line1="Street 2", postcode="50667", city="Cologne", country="DE")
BOUGHT, GIVEN_BACK = Done(parcel()), Done(Voided(tracking_number="XD1"))
AWAY = Failed("out of order", 3.0)


class Counter(Ledger):
    """Shipping's decisions about the label of return R-1."""

    @property
    def label(self) -> ReturnLabel:
        found: ReturnLabel = self.get(ReturnLabel, "main", "web:1", "R-1")
        return found

    def wanted(self, attempt: int = 1, **fields: Any) -> Decision:
        goods = (ReturnedGoods(line_id="1", sku="S1", quantity=2, value_minor=2000, weight_g=300),)
        message = ReturnLabelWantedV1(**{
            **ABOUT, "location_id": "BER", "ship_from": BUYER, "lines": goods, "currency": "EUR", "channel": "web",
            "attempt": attempt, **fields,
        })  # fmt: skip
        return self.take(partial(back.want_label, RULES, lambda _: False), message, NOW)

    def called_off(self, *, labelled: bool = True) -> Decision:
        message = ReturnCancelledV1(**ABOUT, reason="expired", labelled=labelled, cancelled_at=NOW)
        return self.take(partial(back.call_off, RULES), message, NOW)

    def later(self) -> Decision:
        return self.take(partial(back.ask_again, RULES, lambda _: False), ReturnLabelTimer(**ABOUT, due_at=NOW), NOW)

    def settled(self, tracking_number: str = "") -> Decision:
        message = SettleReturnLabelV1(**ABOUT, tracking_number=tracking_number)
        return self.take(partial(back.settle_purchase, RULES, lambda _: False), message, NOW)

    def answered(self, outcome: Outcome) -> Decision:
        message = ReturnLabelTimer(**ABOUT, due_at=NOW)
        return self.take(partial(back.settle_label, RULES), message, NOW, outcome)


def test_the_label_of_a_return_is_bought_from_the_cheapest_service_that_brings_parcels_back() -> None:
    counter = Counter()
    intent = counter.wanted().intent
    assert intent is not None
    assert isinstance(intent.request, BuyLabel)
    asked = intent.request
    assert (intent.adapter, asked.service, asked.is_return, asked.formats) == ("cheap", "back", True, ("pdf",))
    assert (asked.ship_from, asked.ship_to, asked.weight_g) == (BUYER, BERLIN, 650)
    counter.answered(BOUGHT)
    (said,) = counter.said(ReturnLabelBoughtV1)
    assert (said.location_id, said.parcel.tracking_number) == ("ROT", parcel().tracking_number)
    assert [(rate.carrier, rate.refused) for rate in said.ranking] == [("cheap", ""), ("dear", "")]


def test_a_return_label_is_never_bought_twice() -> None:
    counter = Counter()
    first = counter.wanted().intent
    again = counter.wanted().intent
    assert first is not None
    assert again is not None
    assert (again.key, again.resumed, first.resumed) == (first.key, True, False)
    counter.answered(BOUGHT)
    counter.answered(BOUGHT)
    for attempt in (1, 2):
        assert counter.wanted(attempt).intent is None
    assert len(counter.said(ReturnLabelBoughtV1)) == 1


def test_the_next_carrier_is_asked_where_one_refuses_and_where_all_do_somebody_may_try_again() -> None:
    counter = Counter()
    counter.wanted()
    following = counter.answered(Refused("not-served", "not there")).intent
    assert following is not None
    assert following.adapter == "dear"
    counter.answered(Refused("closed"))
    (said,) = counter.said(ReturnLabelRefusedV1)
    assert (said.reason, "not-served not there" in said.detail) == ("no-carrier", True)
    assert counter.wanted().intent is None, "the same message again"
    assert counter.wanted(2).intent is not None
    counter.answered(BOUGHT)
    assert counter.label.status is BackStatus.BOUGHT


def test_a_return_label_waits_while_carriers_are_down_and_is_bought_when_one_is_back() -> None:
    counter = Counter()
    counter.wanted()
    counter.answered(AWAY)
    counter.answered(AWAY)
    counter.later()
    counter.answered(AWAY)
    counter.answered(AWAY)
    assert [one.attempt for one in counter.said(ReturnLabelDelayedV1)] == [1], "it is said once"
    counter.later()
    counter.answered(BOUGHT)
    assert (counter.label.status, counter.label.waits) == (BackStatus.BOUGHT, 0)
    assert counter.later().intent is None, "a timer that fires twice"


@pytest.mark.parametrize("answers", [(AWAY, Refused("closed")), (Refused("closed"), AWAY)])
def test_a_return_label_that_one_carrier_refuses_waits_for_the_other_that_is_out_of_reach(
    answers: tuple[Outcome, ...],
) -> None:
    counter = Counter()
    counter.wanted()
    for outcome in answers:
        counter.answered(outcome)
    assert counter.said(ReturnLabelRefusedV1) == []
    timer = counter.get(ReturnLabelTimer, "main", "web:1", "R-1")
    away = "cheap" if answers[0] is AWAY else "dear"
    assert (timer.waits_for, "closed" in timer.why) == ((f"{away}:buy",), True), "it goes off as soon as that is back"


def test_the_label_of_a_return_that_is_called_off_is_given_back_once() -> None:
    counter = Counter()
    counter.wanted()
    counter.answered(BOUGHT)
    void = counter.called_off().intent
    assert void is not None
    assert isinstance(void.request, VoidLabel)
    again = counter.called_off().intent
    assert again is not None
    assert (again.key, again.resumed) == (void.key, True)
    counter.answered(GIVEN_BACK)
    assert [one.reason for one in counter.said(ReturnLabelVoidedV1)] == ["expired"]
    assert counter.called_off().intent is None


def test_a_label_that_is_bought_while_its_return_is_called_off_is_given_back() -> None:
    counter = Counter()
    counter.wanted()
    assert counter.called_off().intent is None, "the purchase is under way"
    void = counter.answered(BOUGHT).intent
    assert void is not None
    assert void.operation == "void"
    counter.answered(GIVEN_BACK)
    assert (counter.said(ReturnLabelBoughtV1), len(counter.said(ReturnLabelVoidedV1))) == ([], 1)


@pytest.mark.parametrize("outcome", [Refused("no"), AWAY])
def test_no_other_carrier_is_asked_for_a_return_that_is_called_off(outcome: Outcome) -> None:
    counter = Counter()
    counter.wanted()
    counter.called_off()
    assert counter.answered(outcome).intent is None
    assert counter.label.has_ended


def test_a_cancellation_that_overtakes_its_return_leaves_nothing_to_buy() -> None:
    counter = Counter()
    counter.called_off()
    assert counter.wanted().intent is None
    assert Counter().called_off(labelled=False).writes == [], "most returns have no label"


def test_a_label_that_its_carrier_keeps_is_told_of() -> None:
    counter = Counter()
    counter.wanted()
    counter.answered(BOUGHT)
    counter.called_off()
    assert counter.answered(AWAY).later is not None, "a void is tried until there is an answer"
    counter.answered(Refused("used", "it was scanned"))
    (said,) = counter.said(ReturnLabelRefusedV1)
    assert (said.reason, "used it was scanned" in said.detail) == ("void-refused", True)
    assert counter.called_off().intent is None


def test_a_purchase_that_nothing_can_tell_of_waits_for_somebody_to_look() -> None:
    counter = Counter()
    counter.wanted()
    counter.answered(Unsettled("no way to ask"))
    assert counter.said(ReturnLabelRefusedV1)[0].reason == "outcome-unknown"
    counter.settled("1Z-77")
    assert counter.label.parcel is not None
    assert counter.said(ReturnLabelBoughtV1)[0].parcel.tracking_number == "1Z-77"
    counter.settled("1Z-77")
    assert counter.said(CommandRefusedV1)[0].reason == "wrong-state"

    other = Counter()
    other.wanted()
    other.answered(Unsettled("no way to ask"))
    first, second = other.intent, other.settled().intent
    assert first is not None
    assert second is not None
    assert first.key != second.key, "a purchase of its own"


@pytest.mark.parametrize(
    ("fields", "reason"), [({"ship_from": Address()}, "no-address"), ({"location_id": "gone"}, "no-location")]
)
def test_a_label_that_cannot_be_addressed_is_refused_with_what_to_do(fields: dict[str, Any], reason: str) -> None:
    counter = Counter()
    assert counter.wanted(**fields).intent is None
    assert counter.said(ReturnLabelRefusedV1)[0].reason == reason
    assert counter.wanted(2).intent is not None


def test_customs_are_told_that_goods_from_abroad_come_back() -> None:
    counter = Counter()
    goods = ReturnedGoods(line_id="1", sku="S1", quantity=2, value_minor=2000, hs_code="6109.10", title="Shirt")
    zurich = BUYER.model_copy(update={"country": "CH"})
    intent = counter.wanted(ship_from=zurich, lines=(goods,)).intent
    assert intent is not None
    assert isinstance(intent.request, BuyLabel)
    told = intent.request.customs
    assert told is not None
    assert (told.contents, told.signed_by, told.items[0].hs_code) == ("returned-goods", "Ada", "610910")
    assert (told.items[0].quantity, told.items[0].value.amount_minor) == (2, 1000)
