"""Carriers are called for what is packed, once, and may be called off."""

from functools import partial

from crossdock_contracts.dock import (
    CarrierPickupBookedV1,
    CarrierPickupCancelledV1,
    CarrierPickupRefusedV1,
    SettleCarrierPickupV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from services.hub.decision import Decision, Done, Refused, Unsettled
from services.shipping.carriers import BookPickup, PickupBooked, PickupCancelled
from services.shipping.decide import fetch
from services.shipping.state_dock import CallStatus, CarrierPickup, PickupAgain
from tests.builders import NOW, later
from tests.decide.test_dock import AT, AWAY, HANDS_OVER, Quay, booking


def test_a_carrier_is_called_once_for_what_lies_there() -> None:
    quay = Quay()
    intent = quay.book().intent
    assert intent is not None
    assert isinstance(intent.request, BookPickup)
    assert (len(intent.request.parcels), intent.request.timezone) == (2, "Europe/Berlin")
    again = quay.book().intent
    assert again is not None
    assert (again.key, again.resumed) == (intent.key, True)
    quay.answered(Done(PickupBooked(pickup_id="pickup_1", confirmation="WTC1")))
    (said,) = quay.said(CarrierPickupBookedV1)
    assert (said.confirmation, len(said.parcels), quay.lying("pickup")) == ("WTC1", 2, [])
    assert quay.book().intent is None
    quay.book(pickup_id="P-2")
    assert quay.said(CommandRefusedV1)[0].reason == "nothing-to-fetch"


def test_a_pickup_that_is_called_off_frees_its_parcels_for_another() -> None:
    quay = Quay(1)
    quay.call_off()
    assert quay.said(CommandRefusedV1)[0].reason == "no-such-pickup"
    quay.book()
    quay.call_off()
    assert quay.said(CommandRefusedV1)[1].reason == "wrong-state"
    quay.answered(Done(PickupBooked(pickup_id="pickup_1")))
    intent, again = quay.call_off().intent, quay.call_off().intent
    assert intent is not None
    assert again is not None
    assert (again.key, again.resumed) == (intent.key, True)
    quay.answered(Done(PickupCancelled(pickup_id="pickup_1")))
    assert (len(quay.said(CarrierPickupCancelledV1)), quay.waits()) == (1, [("pickup", "web:1/1")])
    assert quay.call_off().intent is None


def test_a_carrier_that_does_not_come_says_why() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(Refused("no-pickup", "not on Sundays"))
    assert quay.said(CarrierPickupRefusedV1)[0].detail == "no-pickup not on Sundays"
    assert quay.waits() == [("pickup", "web:1/1")]


def test_a_carrier_that_cannot_be_asked_is_asked_until_the_window_is_over() -> None:
    quay = Quay(1)
    key = quay.book().intent.key
    assert quay.answered(AWAY).later is None
    timer = quay.get(PickupAgain, "main", "BER", "P-1")
    assert (timer.waits_for, timer.due_at, quay.book()) == (("cheap:pickup",), later(seconds=3), Decision())
    again = quay.take(partial(fetch.ask_again, HANDS_OVER), timer, timer.due_at).intent
    assert (again.key, again.resumed) == (key, False)
    quay.answered(AWAY, hours=5)
    assert (quay.said(CarrierPickupRefusedV1)[0].reason, quay.waits()) == ("too-late", [("pickup", "web:1/1")])


def test_a_pickup_that_waits_for_its_carrier_is_called_off_without_it() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(AWAY)
    assert quay.call_off(by="night shift").intent is None
    assert (quay.said(CarrierPickupCancelledV1)[0].cancelled_by, quay.waits()) == (
        "night shift",
        [("pickup", "web:1/1")],
    )
    timer = quay.get(PickupAgain, "main", "BER", "P-1")
    assert (quay.take(partial(fetch.ask_again, HANDS_OVER), timer, timer.due_at), quay.book()) == (
        Decision(),
        Decision(),
    )


def test_a_pickup_that_waits_for_its_carrier_is_booked_elsewhere() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(AWAY)
    quay.take(fetch.settle_by_hand, SettleCarrierPickupV1(**AT, pickup_id="P-1", number="by phone"), NOW)
    assert quay.said(CarrierPickupBookedV1)[0].confirmation == "by phone"
    timer = quay.get(PickupAgain, "main", "BER", "P-1")
    assert quay.take(partial(fetch.ask_again, HANDS_OVER), timer, timer.due_at) == Decision()


def test_who_called_a_pickup_off_is_known_however_long_its_carrier_was_away() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(Done(PickupBooked(pickup_id="pickup_1")))
    quay.call_off(by="night shift")
    quay.answered(AWAY)
    timer = quay.get(PickupAgain, "main", "BER", "P-1")
    quay.take(partial(fetch.ask_again, HANDS_OVER), timer, timer.due_at)
    quay.take(fetch.settle_pickup, timer, timer.due_at, Done(PickupCancelled(pickup_id="pickup_1")))
    assert quay.said(CarrierPickupCancelledV1)[0].cancelled_by == "night shift"


def test_a_carrier_that_is_back_when_the_window_is_over_is_not_called() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(AWAY)
    timer = quay.get(PickupAgain, "main", "BER", "P-1")
    assert quay.take(partial(fetch.ask_again, HANDS_OVER), timer, booking().closes_at).intent is None
    assert (quay.said(CarrierPickupRefusedV1)[0].reason, quay.waits()) == ("too-late", [("pickup", "web:1/1")])


def test_a_pickup_that_nothing_can_tell_of_waits_for_somebody_to_look() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(Unsettled("no way to ask"))
    assert quay.said(CarrierPickupRefusedV1)[0].reason == "outcome-unknown"
    quay.take(fetch.settle_by_hand, SettleCarrierPickupV1(**AT, pickup_id="P-1", number="77"), NOW)
    found: CarrierPickup = quay.get(CarrierPickup, "main", "BER", "P-1")
    assert (found.status, found.handle, found.has_ended) == (CallStatus.BOOKED, "77", True)


def test_a_pickup_that_is_to_be_called_off_waits_for_its_carrier_and_is_looked_up_before_it_is_asked_again() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(Done(PickupBooked(pickup_id="pickup_1")))
    quay.call_off()
    assert quay.answered(AWAY).later is None
    timer = quay.get(PickupAgain, "main", "BER", "P-1")
    assert timer.waits_for == ("cheap:cancel-pickup",)
    again = quay.take(partial(fetch.ask_again, HANDS_OVER), timer, timer.due_at).intent
    assert (again.operation, again.resumed) == ("cancel-pickup", True)
    quay.answered(AWAY, hours=5)
    assert [one.reason for one in quay.said(CarrierPickupRefusedV1)] == ["cancel-refused"], "the window is over"


def test_parcels_of_a_pickup_that_does_not_come_whatever_the_carrier_said_are_freed_by_hand() -> None:
    quay = Quay(1)
    quay.book()
    quay.answered(Done(PickupBooked(pickup_id="pickup_1")))
    quay.call_off()
    quay.answered(Refused("9500", "something went wrong"))
    assert (quay.said(CarrierPickupRefusedV1)[0].reason, quay.waits()) == ("cancel-refused", [])
    for _ in range(2):
        quay.take(fetch.settle_by_hand, SettleCarrierPickupV1(**AT, pickup_id="P-1"), NOW)
    assert (len(quay.said(CarrierPickupCancelledV1)), quay.waits()) == (1, [("pickup", "web:1/1")])
    assert quay.said(CommandRefusedV1)[0].reason == "wrong-state"


def test_a_window_that_is_over_is_refused() -> None:
    quay = Quay(1)
    quay.book(ready_at=later(hours=3), closes_at=later(hours=2))
    assert quay.said(CommandRefusedV1)[0].reason == "wrong-window"
