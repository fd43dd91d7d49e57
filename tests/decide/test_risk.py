"""Dates that are about to be missed are warned of in time, once for each stage."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest

from crossdock_contracts.shipping import ConfirmPickedV1
from crossdock_contracts.tracking import FulfilmentAtRiskV1
from services.shipping.decide import risk, work
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import RiskTimer
from tests.builders import BERLIN, NOW, fulfilment, later
from tests.decide.dock import BOUGHT, NO, RULES, Dock

DUE, THERE = later(hours=6), later(days=2)


class Watched(Dock):
    """A dock as it is wired: every decision is followed by what becomes of the timer."""

    def take(self, decide: Any, message: Any, now: datetime, *more: Any) -> Any:
        return super().take(decide if more else risk.watched(self.rules, decide), message, now, *more)


def dock(ship_by: datetime | None = DUE, deliver_by: datetime | None = THERE, **origin: int) -> Dock:
    """A fulfilment that has come, with dates to keep."""
    rules = RULES.model_copy(update={"locations": {"BER": ShipFrom(address=BERLIN, **origin)}})
    made = Watched(rules=rules)
    made.arrives(fulfilment().model_copy(update={"ship_by": ship_by, "deliver_by": deliver_by}))
    return made


def timer(made: Dock) -> RiskTimer | None:
    return made.get(RiskTimer, "main", "web:1", "web:1/1")


def fires(made: Dock, now: datetime | None = None) -> list[FulfilmentAtRiskV1]:
    """The timer is due; what was said on that."""
    standing = timer(made) or RiskTimer(owner="main", order_id="web:1", fulfilment_id="web:1/1", due_at=NOW)
    made.documents.pop(standing.subject, None)
    return made.take(partial(risk.warn, made.rules), standing, now or standing.due_at).events


def gone(made: Dock) -> Dock:
    """It has its label and has left."""
    made.answered(BOUGHT)
    made.picked()
    made.packed()
    made.shipped(later(hours=2))
    return made


def test_a_fulfilment_that_has_not_left_is_warned_of_before_it_has_to():
    made = dock()
    assert timer(made).due_at == later(hours=5)
    (warning,) = fires(made)
    assert (warning.stage, warning.status, warning.due_at, warning.location_id) == ("ship", "allocated", DUE, "BER")
    assert warning.detail == "it has no label"


def test_the_warning_says_how_far_it_has_come():
    made = dock()
    made.answered(BOUGHT)
    made.picked()
    assert fires(made)[0].detail == "it is picked"
    made = dock()
    made.answered(NO)
    made.answered(NO)
    assert fires(made)[0].detail == "it has no label"


def test_a_fulfilment_is_warned_of_once_however_often_the_timer_fires():
    made = dock()
    assert len(fires(made)) == 1
    assert fires(made, DUE) == []
    assert fires(made, later(days=9)) == []


def test_a_timer_that_fires_early_says_nothing():
    made = dock()
    assert fires(made, later(hours=4)) == []
    assert len(fires(made, later(hours=5))) == 1


def test_what_has_left_is_watched_until_it_arrives():
    made = gone(dock())
    assert timer(made).due_at == later(days=1, hours=12)
    (warning,) = fires(made)
    assert (warning.stage, warning.status, warning.due_at) == ("deliver", "shipped", THERE)
    assert warning.detail == "the carrier last said nothing"
    made.tracked("in-transit")
    assert fires(made, THERE) == []


@pytest.mark.parametrize("status", ["out-for-delivery", "delivered"])
def test_what_is_being_delivered_is_not_watched_any_more(status):
    made = gone(dock())
    made.tracked(status, later(days=1))
    assert timer(made) is None
    assert fires(made, THERE) == []


def test_what_is_stopped_or_not_found_is_not_watched_any_more():
    made = dock()
    made.stop()
    assert timer(made) is None
    made = dock()
    made.answered(BOUGHT)
    message = ConfirmPickedV1(owner="main", order_id="web:1", fulfilment_id="web:1/1", lines=())
    made.take(partial(work.confirm_picked, made.rules), message, NOW)
    assert timer(made) is None


def test_what_has_no_date_costs_no_timer():
    made = dock(None, None)
    assert timer(made) is None
    assert timer(gone(made)) is None


def test_a_fulfilment_with_less_time_than_that_is_warned_of_halfway():
    assert timer(dock(later(minutes=40))).due_at == later(minutes=20)
    assert timer(dock(later(minutes=-40))).due_at == later(minutes=-40)  # it is late already


def test_how_early_a_location_is_warned_is_configured():
    assert timer(dock(warn_minutes=30)).due_at == later(hours=5.5)
    assert timer(dock(warn_minutes=0)) is None
    made = gone(dock(warn_delivery_hours=0))
    assert timer(made) is None
    assert timer(gone(dock(warn_delivery_hours=24))).due_at == later(days=1, hours=1)


def test_a_fulfilment_without_a_date_to_leave_is_watched_once_it_has_left():
    made = dock(None)
    assert timer(made) is None
    assert timer(gone(made)).due_at == later(days=1, hours=12)
