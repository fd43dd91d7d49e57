"""What operators say of locations: closed, open, so many a day."""

from functools import partial

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.routing import CloseLocationV1, LocationChangedV1, OpenLocationV1, SetLocationCapacityV1
from services.routing.decide import locations
from services.routing.state import HOUSE, Places
from tests.builders import NOW, later, promised
from tests.decide.depot import Routing, calendar, depots, place

BOTH = [promised(BER=9, ROT=9)]
ABOUT = {"owner": "main", "location_id": "BER"}


def house(**places) -> Routing:
    return Routing(depots(**(places or {"BER": place(), "ROT": place("FR")})))


def says(ledger: Routing, message, now=NOW):
    decide = {
        CloseLocationV1: locations.close_location,
        OpenLocationV1: locations.open_location,
        SetLocationCapacityV1: locations.set_capacity,
    }[type(message)]
    return ledger.take(partial(decide, ledger.rules), message, now)


def standing(ledger: Routing, name: str = "BER", now=NOW) -> locations.LocationStanding:
    found = locations.standings(ledger.rules, ledger.states, locations.LocationsQuestion(), now)
    return next(one for one in found if one.location_id == name)


def where(ledger: Routing, number: int = 1, now=NOW, promises=BOTH) -> list[str]:
    routed = ledger.order(order_id=f"web:{number}", promises=promises, now=now)
    return [f.location_id for f in routed.fulfilments] if hasattr(routed, "fulfilments") else [routed.reason]


def test_nothing_is_routed_to_a_closed_location_until_it_is_opened():
    ledger = house()
    says(ledger, CloseLocationV1(**ABOUT, reason="flooded", closed_by="operator"))
    assert where(ledger) == ["ROT"]
    assert [r.rule for r in ledger.events[-1].rules if r.location_id == "BER"] == ["location is closed (flooded)"]
    assert where(ledger, 2, promises=[promised(BER=9)]) == ["no-location"]
    says(ledger, OpenLocationV1(**ABOUT))
    assert where(ledger, 3) == ["BER"]
    closed, opened = ledger.said(LocationChangedV1)
    assert (closed.closed, closed.reason, closed.changed_by, opened.closed) == (True, "flooded", "operator", False)


def test_a_location_that_opens_again_promises_from_then():
    ledger = house()
    says(ledger, CloseLocationV1(**ABOUT, until=later(days=1)))
    routed = ledger.order(promises=[promised(BER=9)])
    assert routed.fulfilments[0].promise.cutoff_at == later(days=1, hours=5.5)
    assert [r.rule for r in routed.rules] == ["location is closed until 2026-03-03 09:30 UTC"]
    assert where(ledger, 2, later(days=1)) == ["BER"]
    assert standing(ledger, now=later(days=1)).closed is False


def test_a_location_without_a_calendar_that_is_closed_until_a_day_is_closed():
    ledger = house(BER=place(calendar=None), ROT=place("FR"))
    says(ledger, CloseLocationV1(**ABOUT, until=later(days=1)))
    assert where(ledger) == ["ROT"]
    assert where(ledger, 2, later(days=1)) == ["BER"]


def test_a_capacity_can_be_set_and_given_back_to_what_is_configured():
    ledger = house(BER=place(calendar=calendar(daily_capacity=7)), ROT=place("FR"))
    says(ledger, SetLocationCapacityV1(**ABOUT, daily_capacity=1, reason="two are ill"))
    assert (where(ledger, 1), where(ledger, 2)) == (["BER"], ["BER"])
    stands = standing(ledger)
    assert stands.daily_capacity == 1
    assert [(day.day, day.fulfilments) for day in stands.leaving] == [("2026-03-02", 1), ("2026-03-03", 1)]
    says(ledger, SetLocationCapacityV1(**ABOUT))
    assert standing(ledger).daily_capacity == 7


def test_what_is_said_of_one_location_leaves_the_others_as_they_are():
    ledger = house()
    says(ledger, CloseLocationV1(**ABOUT))
    says(ledger, SetLocationCapacityV1(owner="main", location_id="ROT", daily_capacity=3))
    says(ledger, OpenLocationV1(owner="main", location_id="ROT"))
    assert ledger.get(Places, HOUSE).closed.keys() == {"BER"}
    assert (standing(ledger).closed, standing(ledger, "ROT").daily_capacity) == (True, 3)


def test_what_cannot_be_meant_is_refused_with_what_to_do():
    ledger = house(BER=place(), ROT=place(calendar=None))
    wrong = (
        CloseLocationV1(owner="main", location_id="MOON"),
        CloseLocationV1(**ABOUT, until=later(hours=-1)),
        OpenLocationV1(owner="other", location_id="BER"),
        SetLocationCapacityV1(owner="main", location_id="ROT", daily_capacity=3),
    )
    for message in wrong:
        assert says(ledger, message).writes == []
    assert [(one.reason, one.entity_id) for one in ledger.said(CommandRefusedV1)] == [
        ("no-such-location", "MOON"),
        ("in-the-past", "BER"),
        ("not-yours", "BER"),
        ("no-calendar", "ROT"),
    ]
    assert "BER, ROT" in ledger.said(CommandRefusedV1)[0].detail


def test_other_owners_are_told_nothing_of_locations():
    ledger = house()
    assert locations.standings(ledger.rules, ledger.states, locations.LocationsQuestion(owner="other"), NOW) == []


def test_how_a_location_stands_is_told_by_its_own_clock():
    ledger = house(BER=place(calendar=calendar(working_days=("sun",))), ROT=place(calendar=None))
    assert (standing(ledger).works_today, standing(ledger).time_zone) == (False, "Europe/Berlin")
    assert (standing(ledger, "ROT").works_today, standing(ledger, "ROT").time_zone) == (None, "")
