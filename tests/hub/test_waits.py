"""What waits, as operators see it, by the messages that it stands in."""

from nats.aio.msg import Msg

from services.hub.inputs import SUBJECT_HEADER
from services.hub.waits import read_waiting
from services.shipping.state import LabelTimer
from services.shipping.state_dock import PickupAgain
from tests.builders import NOW

KINDS = {one.KIND: one for one in (PickupAgain, LabelTimer)}
PICKUP = PickupAgain(owner="main", location_id="BER", pickup_id="P-1", due_at=NOW, waits_for=("ups:pickup",))
LABEL = LabelTimer(owner="main", order_id="web:1", fulfilment_id="web:1/1", due_at=NOW, waits_for=("ups:buy",))


def stored(subject: str, body: bytes, **headers: str) -> Msg:
    """A message as it is read from a stream."""
    headers = {"Nats-Subject": subject, "Nats-Schedule": "@at 2026-03-02T10:00:00Z", **headers}
    return Msg(None, subject=subject, data=body, headers=headers)  # type: ignore[arg-type]  # it is not answered


def test_a_timer_that_waits_is_told_by_the_order_or_by_all_that_tells_it_from_others() -> None:
    told = {}
    for timer in (PICKUP, LABEL):
        found = read_waiting(stored(f"shipping.timer.{timer.KIND}.0.x", timer.encode()), KINDS)
        assert found is not None
        told[found.handler] = found.about
    assert told == {PickupAgain.KIND: "main/BER/P-1", LabelTimer.KIND: "main/web:1"}


def test_a_timer_that_is_parked_says_what_it_is_about_as_one_that_waits_does() -> None:
    first = f"shipping.due.{PickupAgain.KIND}.0.x"
    parked = stored("shipping.parked.ask-pickup-again.x", PICKUP.encode(), **{SUBJECT_HEADER: first})
    found = read_waiting(parked, KINDS)
    assert found is not None
    assert (found.handler, found.about) == ("ask-pickup-again", "main/BER/P-1")
