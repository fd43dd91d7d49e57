"""What a buyer collects: ready, reminded, handed over to who shows the code, or back on the shelf."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.labels import LabelBoughtV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import FulfilmentStoppedV1, ShipmentShippedV2
from crossdock_contracts.stores import (
    ConfirmReadyV1,
    HandOverV1,
    ParcelUncollectedV1,
    PickupExpiredV1,
    PickupLockedV1,
    PickupReadyV1,
    PickupReminderV1,
    ReceiveAtStoreV1,
    ResetPickupCodeV1,
)
from crossdock_contracts.tracking import ShipmentDeliveredV1, ShipmentInTransitV1
from services.hub.decision import Decision, changed
from services.shipping.decide import due, pickup
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.rules.work import StepRule
from services.shipping.state import ShipmentStatus
from services.shipping.state_work import PICK, PICKUP, Task
from tests.builders import (
    BERLIN,
    NOW,
    fulfilment,
    fulfilment_line,
    later,
    pieces,
)
from tests.decide import dock
from tests.decide.dock import ABOUT, BOUGHT, Dock

STORE = ShipFrom(address=BERLIN, work="hub", remind_after_hours=48, hold_hours=120)
RULES = changed(dock.RULES, locations={**dock.RULES.locations, "SHOP": STORE})
HERE = fulfilment(fulfilment_line(quantity=2), location="SHOP").model_copy(update={"collect_at": "SHOP"})
FROM_ELSEWHERE = fulfilment(fulfilment_line(quantity=2)).model_copy(update={"collect_at": "SHOP"})


class Counter(Dock):
    """The counter of a store; the codes are 000001, 000002, …."""

    def __init__(self, rules: Rules = RULES) -> None:
        super().__init__(rules=rules)
        self.codes = 0

    @property
    def tasks(self) -> list[tuple[str, str]]:
        return [(one.location_id, one.queue) for one in self.documents.values() if isinstance(one, Task)]

    @property
    def refusals(self) -> list[str]:
        return [one.reason for one in self.said(CommandRefusedV1)]

    def _with_code(self, decide: Any, message: Any) -> Decision:
        self.codes += 1
        code = f"{self.codes:06d}"
        return self.take(lambda states, heard, now: decide(states, heard, now, code), message, NOW)

    def ready(self) -> Decision:
        return self._with_code(partial(pickup.ready, self.rules), ConfirmReadyV1(**ABOUT))

    def received(self) -> Decision:
        return self._with_code(partial(pickup.receive, self.rules), ReceiveAtStoreV1(**ABOUT))

    def reset(self) -> Decision:
        return self._with_code(pickup.reset_code, ResetPickupCodeV1(**ABOUT))

    def hands_over(self, code: str = "000001") -> Decision:
        return self.take(partial(pickup.hand_over, self.rules), HandOverV1(**ABOUT, code=code), NOW)

    def waits(self, **fields: float) -> Decision:
        task = self.get(Task, "main", "SHOP", PICKUP, "web:1/1") or self.waiting
        return self.take(partial(due.task_due, self.rules), task, later(**fields))

    def lies_ready(self) -> "Counter":
        self.arrives(HERE)
        self.picked(pieces(2))
        self.ready()
        self.waiting = self.get(Task, "main", "SHOP", PICKUP, "web:1/1")
        return self

    def lies_there_from_elsewhere(self) -> "Counter":
        self.arrives(FROM_ELSEWHERE)
        self.answered(BOUGHT)
        self.picked(pieces(2))
        self.packed()
        self.shipped()
        self.received()
        return self


def test_what_is_collected_is_picked_and_made_ready_without_a_label() -> None:
    counter = Counter()
    assert (counter.arrives(HERE).intent, counter.tasks) == (None, [("SHOP", PICK)])
    counter.ready()
    counter.picked(pieces(2))
    assert counter.packed().intent is None
    assert counter.refusals == ["wrong-state", "collected"]
    assert counter.ready().intent is None
    (told,) = counter.said(PickupReadyV1)
    assert (told.location_id, told.hold_until, told.lines) == ("SHOP", later(hours=120), (pieces(2),))
    assert (told.code, counter.tasks, counter.said(LabelBoughtV1)) == ("000002", [("SHOP", PICKUP)], [])
    counter.ready()
    assert len(counter.said(PickupReadyV1)) == 1


def test_the_right_code_hands_it_over_and_it_has_shipped_and_is_delivered() -> None:
    counter = Counter().lies_ready()
    counter.hands_over(" 000001 ")
    (shipped,), (handed,) = counter.said(ShipmentShippedV2), counter.said(ShipmentDeliveredV1)
    assert (shipped.location_id, shipped.parcels[0].carrier, shipped.value.amount_minor) == ("SHOP", "pickup", 1000)
    assert (handed.tracking_number, handed.parcels_left) == ("web:1/1", 0)
    assert (counter.shipment.status, counter.tasks) == (ShipmentStatus.DELIVERED, [])
    assert counter.hands_over("nonsense").events == []


def test_after_five_wrong_codes_even_the_right_one_is_refused_until_it_is_reset() -> None:
    counter = Counter().lies_ready()
    for _ in range(5):
        counter.hands_over("999999")
    counter.hands_over()
    assert counter.refusals == ["wrong-code"] * 5 + ["code-locked"]
    assert [one.attempts for one in counter.said(PickupLockedV1)] == [5]
    assert counter.shipment.status is ShipmentStatus.READY

    counter.reset()

    assert [(one.code, one.issue) for one in counter.said(PickupReadyV1)] == [("000001", 1), ("000002", 2)]
    counter.hands_over()
    assert counter.refusals[-1] == "wrong-code"
    counter.hands_over("000002")
    assert counter.shipment.status is ShipmentStatus.DELIVERED


def test_the_code_is_in_no_representation() -> None:
    counter = Counter().lies_ready()
    assert "000001" not in repr(counter.shipment) + repr(counter.said(PickupReadyV1)) + repr(
        HandOverV1(**ABOUT, code="000001")
    )


def test_a_buyer_is_reminded_once_and_a_no_show_is_told_once_a_day_until_it_is_cancelled() -> None:
    counter = Counter().lies_ready()
    counter.waits(hours=47)
    assert counter.said(PickupReminderV1) == []
    for _ in range(2):
        counter.waits(hours=49)
    assert [one.code for one in counter.said(PickupReminderV1)] == ["000001"]
    for hours in (120, 121, 144):
        counter.waits(hours=hours)
    assert [one.expired_at for one in counter.said(PickupExpiredV1)] == [later(hours=120), later(hours=144)]
    counter.stop(pieces(2), cancel_id="no-show-web:1/1")
    assert ([len(one.stopped) for one in counter.said(FulfilmentStoppedV1)], counter.tasks) == ([1], [])
    counter.waits(hours=200)
    counter.hands_over()
    assert (len(counter.said(PickupExpiredV1)), counter.refusals) == (2, ["wrong-state"])


def test_who_comes_before_the_cancel_is_carried_out_gets_it() -> None:
    counter = Counter().lies_ready()
    counter.waits(hours=120)
    counter.hands_over()
    counter.stop(pieces(2), cancel_id="no-show-web:1/1")
    (answer,) = counter.said(FulfilmentStoppedV1)
    assert (answer.stopped, answer.unstoppable) == ((), (pieces(2),))


def test_what_is_cancelled_of_what_lies_ready_is_not_handed_over() -> None:
    counter = Counter().lies_ready()
    counter.stop(pieces(1))
    counter.hands_over()
    assert [one.quantity for one in counter.said(ShipmentShippedV2)[0].lines] == [1]


@pytest.mark.parametrize("before", ["pack", "ship"])
def test_steps_are_done_before_it_is_ready(before: Any) -> None:
    rules = changed(RULES, steps=(StepRule(name="check", before=before),))
    counter = Counter(rules)
    counter.arrives(HERE)
    counter.picked(pieces(2))
    counter.ready()
    assert (counter.refusals, counter.tasks) == (["steps-open"], [("SHOP", "check")])


# -- shipped to the store


def test_what_was_shipped_to_the_store_lies_there_with_a_code_and_ships_once() -> None:
    counter = Counter().lies_there_from_elsewhere()
    assert len(counter.said(ShipmentShippedV2)) == 1
    assert (counter.shipment.status, counter.tasks) == (ShipmentStatus.ARRIVED, [("SHOP", PICKUP)])
    counter.received()
    counter.shipped()
    counter.hands_over()
    (handed,) = counter.said(ShipmentDeliveredV1)
    assert (handed.tracking_number, len(counter.said(ShipmentShippedV2))) == ("XD1", 1)
    assert (counter.shipment.status, counter.tasks) == (ShipmentStatus.DELIVERED, [])


def test_delivered_to_the_store_is_not_delivered_to_the_buyer() -> None:
    counter = Counter()
    counter.arrives(FROM_ELSEWHERE)
    counter.answered(BOUGHT)
    counter.received()
    counter.picked(pieces(2))
    counter.packed()
    counter.shipped()
    counter.tracked("delivered")
    assert (counter.refusals, counter.said(ShipmentDeliveredV1)) == (["wrong-state"], [])
    assert "store SHOP" in counter.said(ShipmentInTransitV1)[0].detail
    counter.received()
    assert counter.tracked("delivered", later(hours=2)).events == []
    assert counter.shipment.status is ShipmentStatus.ARRIVED


def test_a_parcel_to_the_buyer_does_not_arrive_in_a_store() -> None:
    counter = Counter()
    counter.arrives()
    counter.answered(BOUGHT)
    counter.picked()
    counter.packed()
    counter.shipped()
    counter.received()
    assert counter.refusals == ["not-collected"]


def test_what_was_shipped_and_is_not_collected_is_told_and_not_cancelled() -> None:
    counter = Counter().lies_there_from_elsewhere()
    counter.waits(hours=48)
    counter.waits(hours=120)
    assert (len(counter.said(PickupReminderV1)), len(counter.said(ParcelUncollectedV1))) == (1, 1)
    assert counter.said(PickupExpiredV1) == []


def test_a_carrier_collects_nothing_where_the_store_does() -> None:
    counter = Counter()
    made = FROM_ELSEWHERE.model_copy(update={"cash_on_delivery_minor": 1000})
    decision = counter.arrives(made)
    assert decision.intent is not None
    assert decision.intent.request.cash_on_delivery is None  # type: ignore[attr-defined]  # it buys a label
    counter.answered(BOUGHT)
    counter.picked(pieces(2))
    assert counter.packed().intent is None


# -- where it is routed
