"""One recipient's fulfilments in one parcel: one label, and each still its own order's."""

from collections import Counter
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crossdock_contracts.labels import LabelBoughtV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.routing import FulfilmentStopRequestedV1
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
    FulfilmentStoppedV1,
    ShipmentShippedV2,
)
from crossdock_contracts.warehouse import ParcelJoinedV1, ParcelSharedV1, ParcelUnsharedV1, PlanWaveV1
from services.hub.decision import Decision, Done
from services.shipping.carriers import BuyLabel
from services.shipping.decide import label, pack, share, stop, waves, work
from services.shipping.decide.parcels import labels_of
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import Shipment, ShipmentStatus
from tests.builders import BERLIN, NOW, allocated, fulfilment, fulfilment_line, parcel, pieces
from tests.decide.dock import RULES
from tests.decide.ledger import Ledger

BER = ShipFrom(address=BERLIN, work="hub", label_at="pack", consolidate=True)
TOGETHER = RULES.model_copy(update={"locations": {"BER": BER}})
LEAD, RIDER = "web:1/1", "web:2/1"


class Bench(Ledger):
    """Two fulfilments of one recipient, planned in one wave; what one says to the other arrives when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.said_to: list[Any] = []
        """What is on its way between them."""
        self.bought = 0
        self.live: set[str] = set()
        self.cancels = 0
        for order_id in ("web:1", "web:2"):
            made = fulfilment(fulfilment_line(quantity=2, value=1001), order_id=order_id)
            self.take(partial(label.ship, TOGETHER, lambda _: False), allocated(made), NOW)
        plan = PlanWaveV1(owner="main", location_id="BER", wave_id="w1", fulfilments=(LEAD, RIDER))
        self.take(partial(waves.plan_wave, TOGETHER), plan, NOW)

    def take(self, decide: Any, message: Any, now: Any, *more: Any) -> Decision:
        decision = super().take(decide, message, now, *more)
        between = (ParcelJoinedV1, ParcelSharedV1, ParcelUnsharedV1)
        self.said_to += [event for event in decision.events if isinstance(event, between)]
        while decision.intent is not None:  # carriers answer at once: what they do not is tested elsewhere
            assert decision.intent.operation == "buy" or decision.intent.request.tracking_number in self.live
            answer = self._answer(decision.intent.request)
            settle = partial(label.settle_label, TOGETHER)
            key = decision.intent.key.split("/", 1)[1].rpartition(":")[0]
            message = ConfirmPackedV1(**_about(key))
            decision = super().take(settle, message, now, Done(answer, key=decision.intent.key))
            self.said_to += [event for event in decision.events if isinstance(event, between)]
        return decision

    def _answer(self, request: Any) -> Any:
        if not isinstance(request, BuyLabel):
            self.live.discard(request.tracking_number)
            return None
        self.bought += 1
        self.live.add(f"XD{self.bought}")
        return parcel(f"XD{self.bought}", weight_g=request.weight_g)

    def shipment(self, name: str) -> Shipment:
        found: Shipment = self.get(Shipment, "main", name)
        return found

    def picks(self, name: str, quantity: int = 2) -> Decision:
        lines = (pieces(quantity),) if quantity else ()
        return self.take(partial(work.confirm_picked, TOGETHER), ConfirmPickedV1(**_about(name), lines=lines), NOW)

    def packs(self, name: str, *, into: str = "", weight_g: int | None = None) -> Decision:
        message = ConfirmPackedV1(**_about(name), packed_with=into, weight_g=weight_g)
        return self.take(partial(pack.confirm_packed, TOGETHER, lambda _: False), message, NOW)

    def ships(self, name: str) -> Decision:
        return self.take(work.confirm_shipped, ConfirmShippedV1(**_about(name)), NOW)

    def cancels_one(self, name: str, quantity: int = 2) -> Decision:
        self.cancels += 1
        about = {**_about(name), "cancel_id": f"c-{self.cancels}", "reason": "requested"}
        message = FulfilmentStopRequestedV1(**about, lines=(pieces(quantity),))
        return self.take(partial(stop.stop, TOGETHER), message, NOW)

    def hears(self, number: int = 0, *, again: bool = False) -> None:
        """One word arrives at the other; it may arrive again."""
        message = self.said_to[number] if again else self.said_to.pop(number)
        match message:
            case ParcelJoinedV1():
                self.take(share.join, message, NOW)
            case ParcelSharedV1():
                self.take(share.know_shared, message, NOW)
            case ParcelUnsharedV1():
                self.take(partial(share.know_unshared, TOGETHER), message, NOW)

    def hears_all(self) -> None:
        while self.said_to:
            self.hears()

    def why_not(self) -> str:
        return str(self.said(CommandRefusedV1)[-1].detail)


def _about(name: str) -> dict[str, str]:
    return {"owner": "main", "order_id": name.rpartition("/")[0], "fulfilment_id": name}


def picked() -> Bench:
    bench = Bench()
    bench.picks(LEAD)
    bench.picks(RIDER)
    return bench


def test_two_fulfilments_of_one_recipient_ship_under_one_label_each_for_its_own_money() -> None:
    bench = picked()
    bench.packs(RIDER, into=LEAD)
    bench.hears_all()
    bench.packs(LEAD, weight_g=1400)
    bench.hears_all()
    bench.ships(LEAD)
    bench.hears_all()

    assert [event.parcel.weight_g for event in bench.said(LabelBoughtV1)] == [1400]
    shipped = bench.said(ShipmentShippedV2)
    assert [(e.fulfilment_id, e.value.amount_minor, e.lines[0].quantity) for e in shipped] == [
        (LEAD, 1001, 2),
        (RIDER, 1001, 2),
    ]
    assert {one.tracking_number for event in shipped for one in event.parcels} == bench.live


def test_a_shared_parcel_that_is_not_weighed_has_the_weight_of_all_goods() -> None:
    bench = picked()
    bench.packs(RIDER, into=LEAD)
    bench.hears_all()
    bench.packs(LEAD)
    assert bench.said(LabelBoughtV1)[0].parcel.weight_g == 600 + 600 + 100


def test_word_of_what_was_packed_may_come_after_the_parcel_has_left() -> None:
    bench = picked()
    bench.packs(RIDER, into=LEAD)
    bench.packs(LEAD)
    bench.ships(LEAD)
    bench.hears_all()
    assert bench.shipment(RIDER).status is ShipmentStatus.SHIPPED


def test_a_cancel_before_packing_leaves_the_other_to_ship_by_itself() -> None:
    for cancelled, other in ((LEAD, RIDER), (RIDER, LEAD)):
        bench = picked()
        bench.cancels_one(cancelled)
        bench.packs(other)
        bench.ships(other)
        assert [event.fulfilment_id for event in bench.said(ShipmentShippedV2)] == [other]


def test_a_parcel_whose_lead_is_cancelled_goes_under_a_label_of_its_own() -> None:
    bench = picked()
    bench.packs(RIDER, into=LEAD)
    bench.hears_all()
    bench.cancels_one(LEAD)
    bench.hears_all()
    bench.ships(RIDER)
    assert [event.fulfilment_id for event in bench.said(LabelBoughtV1)] == [RIDER]
    assert bench.shipment(RIDER).status is ShipmentStatus.SHIPPED


def test_a_lead_of_which_nothing_is_found_lets_the_others_go() -> None:
    bench = Bench()
    bench.picks(RIDER)
    bench.packs(RIDER, into=LEAD)
    bench.hears_all()
    bench.picks(LEAD, 0)
    bench.hears_all()
    assert [event.fulfilment_id for event in bench.said(LabelBoughtV1)] == [RIDER]


def test_what_is_packed_together_is_cancelled_no_more() -> None:
    bench = picked()
    bench.packs(RIDER, into=LEAD)
    bench.hears_all()
    bench.packs(LEAD)
    for name, other in ((LEAD, RIDER), (RIDER, LEAD)):
        bench.cancels_one(name)
        answer = bench.said(FulfilmentStoppedV1)[-1]
        assert (answer.stopped, answer.unstoppable[0].quantity) == ((), 2)
        assert answer.detail == f"it is packed together with {other}"


def test_only_what_a_wave_plans_together_is_packed_together() -> None:
    bench = picked()
    assert bench.packs(LEAD, into=RIDER).writes == []
    assert "its wave plans it in a parcel of its own" in bench.why_not()
    assert bench.packs(RIDER, into="web:9/1").writes == []
    assert f"its wave plans it in the parcel of {LEAD}" in bench.why_not()


def test_what_does_not_fit_in_is_packed_by_itself() -> None:
    bench = picked()
    bench.packs(RIDER)
    bench.packs(LEAD)
    assert len(bench.said(LabelBoughtV1)) == 2


class Together(RuleBasedStateMachine):
    """Whatever the order of confirmations, cancels and words between the two."""

    @initialize()
    def begin(self) -> None:
        self.bench = Bench()

    @rule(name=st.sampled_from([LEAD, RIDER]), quantity=st.sampled_from([2, 2, 1, 0]))
    def goods_are_picked(self, name: str, quantity: int) -> None:
        self.bench.picks(name, quantity)

    @rule()
    def the_one_goes_into_the_parcel_of_the_other(self) -> None:
        self.bench.packs(RIDER, into=LEAD)

    @rule(name=st.sampled_from([LEAD, LEAD, RIDER]))
    def goods_are_packed(self, name: str) -> None:
        self.bench.packs(name)

    @rule(name=st.sampled_from([LEAD, RIDER]))
    def goods_are_shipped(self, name: str) -> None:
        self.bench.ships(name)

    @rule(name=st.sampled_from([LEAD, RIDER]), quantity=st.integers(1, 2))
    def pieces_are_cancelled(self, name: str, quantity: int) -> None:
        self.bench.cancels_one(name, quantity)

    @precondition(lambda self: self.bench.said_to)
    @rule(data=st.data(), again=st.booleans())
    def a_word_arrives(self, data: st.DataObject, again: bool) -> None:
        number = data.draw(st.integers(0, len(self.bench.said_to) - 1))
        self.bench.hears(number, again=again)

    @invariant()
    def every_label_is_on_one_parcel(self) -> None:
        if not hasattr(self, "bench"):
            return
        held = Counter(
            one.tracking_number
            for name in (LEAD, RIDER)
            if not self.bench.shipment(name).inside
            for one in labels_of(self.bench.shipment(name)).values()
        )
        assert set(held) == self.bench.live
        assert not held or max(held.values()) == 1
        shipped = Counter(event.fulfilment_id for event in self.bench.said(ShipmentShippedV2))
        assert not shipped or max(shipped.values()) == 1

    def teardown(self) -> None:
        """Once every word has arrived nobody waits for a parcel that does not come."""
        if not hasattr(self, "bench"):
            return
        self.bench.hears_all()
        self.every_label_is_on_one_parcel()
        lead, rider = self.bench.shipment(LEAD), self.bench.shipment(RIDER)
        if rider.inside:
            assert lead.status is not ShipmentStatus.STOPPED
            assert [one.fulfilment_id for one in lead.riders] == [RIDER]
            assert lead.status is not ShipmentStatus.SHIPPED or rider.status is ShipmentStatus.SHIPPED
            same = labels_of(lead).get(1), labels_of(rider).get(1)
            assert not same[0] or (same[1] and same[0].tracking_number == same[1].tracking_number)
        elif rider.status is ShipmentStatus.PACKED:
            assert labels_of(rider)


TestTogether = Together.TestCase
TestTogether.settings = settings(max_examples=200, stateful_step_count=15, deadline=None)
