"""Whatever the order of messages and answers, lost ones among them: no parcel has two labels, and no piece is lost."""

from collections import Counter
from dataclasses import replace
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crossdock_contracts.labels import LabelRefusedV1, SettlePurchaseV1
from crossdock_contracts.routing import FulfilmentStopRequestedV1
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
    FulfilmentStoppedV1,
    PackedParcel,
    ShipmentShippedV2,
    ShortPickedV1,
)
from crossdock_contracts.stores import AcceptFulfilmentV1, DeclineFulfilmentV1, FulfilmentDeclinedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Done, Failed, Intent, Outcome, Unsettled, changed
from services.shipping.carriers import BuyLabel
from services.shipping.decide import accept, label, mend, offer, pack, stop, work
from services.shipping.decide.parcels import labels_of
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import LabelTimer, Shipment, ShipmentStatus
from tests.builders import BERLIN, NOW, allocated, fulfilment, fulfilment_line
from tests.decide import dock
from tests.decide.abroad import Carriers, Input
from tests.decide.dock import ABOUT
from tests.decide.ledger import Ledger

LINES = ("1", "2")
ASKED = ShipFrom(address=BERLIN, accept_minutes=30)
TABLES = changed(dock.RULES, locations={**dock.RULES.locations, "SHOP": ASKED})
LIVE = changed(TABLES, carriers={name: changed(carrier, rates="live") for name, carrier in dock.RULES.carriers.items()})


class Fulfilment(RuleBasedStateMachine):
    """One fulfilment of two lines. Calls under one key are one call: all who wait for it hear the same answer."""

    @initialize(
        place=st.sampled_from(["BER", "LON", "SUP", "SHOP"]),
        first=st.integers(1, 3),
        second=st.integers(1, 3),
        stage=st.integers(0, 2),
        rules=st.sampled_from([TABLES, LIVE]),
    )
    def begin(self, place: str, first: int, second: int, stage: int, rules: Rules) -> None:
        self.rules = rules
        self.ledger = Ledger()
        self.carriers = Carriers()
        self.total = {"1": first, "2": second}
        lines = [fulfilment_line(int(name), quantity=quantity) for name, quantity in self.total.items()]
        self.made = fulfilment(*lines, location=place)
        self.abroad: list[tuple[Input, Intent]] = []
        self.parked: list[Input] = []
        self.settled: list[Input] = []
        self.cancels = 0
        self.asked = Counter[str]()
        if stage >= 1:
            self.fulfilment_is_allocated()
        if stage >= 2 and place == "SHOP":
            self.store_accepts()
        if stage >= 2 and self.abroad:
            self._call_is_done()

    @property
    def shipment(self) -> Shipment | None:
        found: Shipment | None = self.ledger.get(Shipment, "main", "web:1/1")
        return found

    def _hear(self, one: Input) -> None:
        self._follow(one, self.ledger.take(one.decide, one.message, NOW))

    def _follow(self, one: Input, decision: Decision) -> None:
        if decision.intent is not None:
            assert self.shipment is not None
            assert self.shipment.intent is not None, "a call that nobody wrote down"
            assert self.shipment.intent.key == decision.intent.key
            self.abroad.append((one, decision.intent))
        elif decision.later is not None:
            self.parked.append(one)
        elif not isinstance(one.message, SettlePurchaseV1):  # the hub remembers those
            self.settled.append(one)

    def _answer(self, key: str, outcome: Outcome | None) -> None:
        """All who wait for this call hear how it ended; none: nobody knows, and the messages come again."""
        waiting = [one for one in self.abroad if one[1].key == key]
        self.abroad = [one for one in self.abroad if one[1].key != key]
        for one, _ in waiting:
            if outcome is None:
                self.parked.append(one)
                continue
            assert one.settle is not None
            self._follow(one, self.ledger.take(one.settle, one.message, NOW, replace(outcome, key=key)))

    def _call_is_done(self) -> None:
        intent = self.abroad[0][1]
        self._answer(intent.key, self.carriers.do(intent))

    @precondition(lambda self: not self.shipment or self.shipment.status is ShipmentStatus.EXPECTED)
    @rule()
    def fulfilment_is_allocated(self) -> None:
        decide = partial(label.ship, self.rules, lambda _: False)
        self._hear(Input(decide, partial(label.settle_label, self.rules), allocated(self.made)))

    @rule()
    def store_accepts(self) -> None:
        decide = partial(accept.accept, self.rules, lambda _: False)
        self._hear(Input(decide, partial(label.settle_label, self.rules), AcceptFulfilmentV1(**ABOUT)))

    @rule()
    def store_declines(self) -> None:
        self._hear(Input(partial(offer.decline, self.rules), None, DeclineFulfilmentV1(**ABOUT, reason="too-busy")))

    @rule(first=st.sampled_from([3, 0, 1, 2]), second=st.sampled_from([3, 0, 1, 2]))
    def goods_are_picked(self, first: int, second: int) -> None:
        lines = tuple(LineQuantity(line_id=name, quantity=n) for name, n in (("1", first), ("2", second)) if n)
        message = ConfirmPickedV1(**ABOUT, lines=lines)
        self._hear(Input(partial(work.confirm_picked, self.rules), partial(work.settle_picked, self.rules), message))

    @rule()
    def nothing_is_found(self) -> None:
        self.goods_are_picked(0, 0)

    @rule(weight=st.sampled_from([None, 300, 2000]))
    def goods_are_packed(self, weight: int | None) -> None:
        self._pack(ConfirmPackedV1(**ABOUT, weight_g=weight))

    def _pack(self, message: ConfirmPackedV1) -> None:
        decide = partial(pack.confirm_packed, self.rules, lambda _: False)
        self._hear(Input(decide, partial(label.settle_label, self.rules), message))

    @rule(first=st.sampled_from([300, 2000]), second=st.sampled_from([300, 2000]))
    def goods_are_packed_in_two_parcels(self, first: int, second: int) -> None:
        parcels = (PackedParcel(weight_g=first), PackedParcel(weight_g=second))
        self._pack(ConfirmPackedV1(**ABOUT, parcels=parcels))

    @rule()
    def each_line_is_packed_by_itself(self) -> None:
        there = self.shipment.fulfilment.lines if self.shipment and self.shipment.fulfilment else ()
        parcels = tuple(
            PackedParcel(weight_g=300, lines=(LineQuantity(line_id=line.line_id, quantity=line.quantity),))
            for line in there
        )
        self._pack(ConfirmPackedV1(**ABOUT, parcels=parcels))

    @rule()
    def goods_are_shipped(self) -> None:
        self._hear(Input(work.confirm_shipped, None, ConfirmShippedV1(**ABOUT)))

    @rule(name=st.sampled_from(LINES), quantity=st.integers(1, 3))
    def pieces_are_cancelled(self, name: str, quantity: int) -> None:
        quantity = min(quantity, self.total[name] - self.asked[name])  # nobody cancels more than was ordered
        if quantity > 0:
            self.asked[name] += quantity
            self._stop(LineQuantity(line_id=name, quantity=quantity))

    @precondition(lambda self: self.asked != self.total)
    @rule()
    def the_rest_is_cancelled(self) -> None:
        rest = {name: self.total[name] - self.asked[name] for name in LINES}
        self.asked.update(rest)
        self._stop(*(LineQuantity(line_id=name, quantity=n) for name, n in rest.items() if n))

    def _stop(self, *lines: LineQuantity) -> None:
        self.cancels += 1
        message = FulfilmentStopRequestedV1(**ABOUT, cancel_id=f"c-{self.cancels}", lines=lines, reason="requested")
        self._hear(Input(partial(stop.stop, self.rules), partial(stop.settle_void, self.rules), message))

    @precondition(lambda self: self.abroad)
    @rule(data=st.data(), how=st.sampled_from(["done", "lost", "never-arrived", "failed", "refused", "unsettled"]))
    def a_call_ends(self, data: st.DataObject, how: str) -> None:
        _, intent = data.draw(st.sampled_from(self.abroad))
        known = self.carriers.answers.get(intent.key)
        if known is None and how == "failed":
            self._answer(intent.key, Failed("out of order"))
        elif known is None and how == "refused":
            self._answer(intent.key, self.carriers.refuse(intent))
        elif how == "never-arrived":
            self._answer(intent.key, None)
        elif how == "unsettled" and isinstance(intent.request, BuyLabel):  # it was made or not: nothing can tell
            if data.draw(st.booleans()):
                self.carriers.do(intent)
            self._answer(intent.key, Unsettled("it cannot be looked up"))
        else:
            outcome = self.carriers.do(intent)
            self._answer(intent.key, None if how == "lost" else outcome)

    def _is_unsettled(self) -> bool:
        shipment = self.shipment
        return bool(shipment and shipment.intent and shipment.intent.key == shipment.unsettled)

    @precondition(lambda self: self._is_unsettled() and not self.abroad)
    @rule()
    def somebody_looks(self) -> None:
        assert self.shipment is not None
        known = self.carriers.answers.get(self.shipment.unsettled)
        number = known.response.tracking_number if isinstance(known, Done) else ""
        decide = partial(mend.settle_purchase, self.rules, lambda _: False)
        message = SettlePurchaseV1(**ABOUT, tracking_number=number)
        self._hear(Input(decide, partial(label.settle_label, self.rules), message))

    @precondition(lambda self: self.ledger.get(LabelTimer, "main", "web:1", "web:1/1") is not None)
    @rule()
    def carriers_are_asked_again(self) -> None:
        timer = self.ledger.get(LabelTimer, "main", "web:1", "web:1/1")
        decide = partial(mend.ask_again, self.rules, lambda _: False)
        self._hear(Input(decide, partial(label.settle_label, self.rules), timer))

    @precondition(lambda self: self.parked)
    @rule(data=st.data())
    def a_parked_message_is_taken_again(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.parked))
        self.parked.remove(one)
        self._hear(one)

    @precondition(lambda self: self.settled)
    @rule(data=st.data())
    def a_settled_message_comes_again(self, data: st.DataObject) -> None:
        self._hear(data.draw(st.sampled_from(self.settled)))

    @precondition(lambda self: self.abroad)
    @rule()
    def the_process_dies(self) -> None:
        self.parked += [one for one, _ in self.abroad]
        self.abroad = []

    @invariant()
    def no_parcel_has_two_labels(self) -> None:
        if not hasattr(self, "ledger"):
            return
        numbers = Counter(self.carriers.live.values())
        assert not numbers or max(numbers.values()) == 1
        if self.ledger.said(ShipmentShippedV2):
            (shipped,) = self.ledger.said(ShipmentShippedV2)
            assert {one.tracking_number for one in shipped.parcels} <= self.carriers.live.keys()
            spare = self.carriers.live.keys() - {one.tracking_number for one in shipped.parcels}
            assert spare <= set(self.shipment.kept), "a label that the carrier had not refused to take back"

    @invariant()
    def nothing_is_bought_of_what_is_offered(self) -> None:
        if hasattr(self, "ledger") and self.shipment is not None and self.shipment.status is ShipmentStatus.OFFERED:
            assert not self.carriers.live
            assert self.shipment.intent is None

    @invariant()
    def every_piece_is_there_or_stopped_or_short_or_declined_or_shipped(self) -> None:
        if not hasattr(self, "ledger") or self.shipment is None or self.shipment.fulfilment is None:
            return
        gone = Counter[str]()
        for part in (
            *(part for event in self.ledger.said(FulfilmentStoppedV1) for part in event.stopped),
            *(part for event in self.ledger.said(ShortPickedV1) for part in event.missing),
            *(part for event in self.ledger.said(FulfilmentDeclinedV1) for part in event.lines),
        ):
            gone[part.line_id] += part.quantity
        left = self.shipment.fulfilment.lines if self.shipment.status is not ShipmentStatus.STOPPED else ()
        there = {line.line_id: line.quantity for line in left}
        assert {name: there.get(name, 0) + gone[name] for name in LINES} == self.total
        for event in self.ledger.said(ShipmentShippedV2):
            assert {line.line_id: line.quantity for line in event.lines} == there

    def teardown(self) -> None:
        """Once every call is answered and every message is taken, nothing is left open."""
        if not hasattr(self, "ledger"):
            return
        for _ in range(50):
            while self.parked:
                self._hear(self.parked.pop())
            if self._is_unsettled() and not self.abroad:
                self.somebody_looks()
            if not self.abroad:
                break
            self._call_is_done()
        assert not self.abroad
        if self.shipment is not None:
            assert self.shipment.intent is None, "a call that nobody takes up again"
            known = [one.tracking_number for one in labels_of(self.shipment).values()]
            assert set(known) == self.carriers.live.keys(), (
                "a label that nobody knows of, or one that is not there any more"
            )
            kept = [event for event in self.ledger.said(LabelRefusedV1) if event.reason == "void-refused"]
            if self.shipment.status is ShipmentStatus.STOPPED and not kept:
                assert not self.carriers.live, "a label that nobody needs was not given back"
        self.no_parcel_has_two_labels()
        self.every_piece_is_there_or_stopped_or_short_or_declined_or_shipped()


TestFulfilment = Fulfilment.TestCase
TestFulfilment.settings = settings(max_examples=300, stateful_step_count=20, deadline=None)
