"""Daily capacity: a full day moves the promise, what is given up makes room, the count is what is there."""

from collections import Counter
from datetime import date
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts import subjects
from crossdock_contracts.capture import CancelRequestedV1
from crossdock_contracts.inventory import AllocationRefusedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import FulfilmentStoppedV1, ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.values import LineQuantity, Money
from services.routing.decide import route, stop
from services.routing.decide.capacity import share_of, stripe_of, stripes_of
from services.routing.state import Places, Route, Workload
from tests.builders import NOW, line, promised
from tests.decide.depot import Routing, calendar, depots, place

TODAY, TOMORROW = "2026-03-02", "2026-03-03"
BOTH = [promised(BER=50, ROT=50)]


def small(capacity: int = 2, **more):
    """Berlin, where so many fulfilments leave on a day, and other places."""
    return depots(BER=place(calendar=calendar(daily_capacity=capacity)), **more)


def leaving(ledger: Routing, day: str = TODAY, location: str = "BER") -> int:
    found = ledger.get(Workload, "main", location, day, "0")
    return found.fulfilments if found else 0


def days(ledger: Routing) -> list[str]:
    """The day on which each routed fulfilment leaves."""
    return [f.promise.cutoff_at.date().isoformat() for one in ledger.said(OrderRoutedV1) for f in one.fulfilments]


def refused(order_id: str) -> AllocationRefusedV1:
    return AllocationRefusedV1(
        owner="main", order_id=order_id, fulfilment_id=f"{order_id}/1", location_id="BER", lines=(promised(ROT=5),),
        reason="stock-gone", refused_at=NOW,
    )  # fmt: skip


def cancelled(ledger: Routing, order_id: str, quantity: int = 1) -> None:
    lines = (LineQuantity(line_id="1", quantity=quantity),)
    asked = CancelRequestedV1(owner="main", order_id=order_id, cancel_id="c", lines=lines, reason="requested")
    ledger.take(partial(stop.cancel_requested, ledger.rules), asked, NOW)
    answer = FulfilmentStoppedV1(
        owner="main", order_id=order_id, cancel_id="c", fulfilment_id=f"{order_id}/1", stopped=lines
    )
    ledger.take(partial(stop.stopped, ledger.rules), answer, NOW)


def test_a_full_day_pushes_the_promise_to_the_next_working_day_and_the_event_says_so():
    ledger = Routing(small(2))
    for number in range(5):
        ledger.order(order_id=f"web:{number}")
    assert days(ledger) == [TODAY, TODAY, TOMORROW, TOMORROW, "2026-03-04"]
    last = ledger.said(OrderRoutedV1)[-1]
    assert [(rule.rule, rule.location_id, rule.effect) for rule in last.rules] == [
        ("daily capacity", "BER", "full on 2026-03-02, 2026-03-03: leaves on 2026-03-04")
    ]


def test_a_full_day_sends_an_order_to_another_location_where_that_is_better():
    ledger = Routing(small(1, ROT=place(handling_points=1.0)))
    first, second = (ledger.order(order_id=f"web:{n}", promises=BOTH) for n in range(2))
    assert [f.location_id for f in (*first.fulfilments, *second.fulfilments)] == ["BER", "ROT"]
    assert leaving(ledger) == 1


def test_only_locations_with_a_capacity_are_counted():
    ledger = Routing(depots())
    ledger.order()
    assert [one for one in ledger.documents.values() if isinstance(one, Workload)] == []


def test_a_cancelled_fulfilment_makes_room_once_nothing_of_it_is_left():
    ledger = Routing(small())
    ledger.order(line(quantity=3), promises=[promised(1, "A", 3, BER=9)])
    cancelled(ledger, "web:1", 1)
    assert leaving(ledger) == 1
    ledger = Routing(small())
    ledger.order(line(quantity=3), promises=[promised(1, "A", 3, BER=9)])
    cancelled(ledger, "web:1", 3)
    assert leaving(ledger) == 0


def test_a_refused_fulfilment_makes_room_where_it_was_and_takes_some_where_it_goes():
    ledger = Routing(small(2, ROT=place("NL", calendar=calendar(daily_capacity=9))))
    ledger.order()
    assert (leaving(ledger), leaving(ledger, location="ROT")) == (1, 0)
    ledger.take(partial(route.place_again, ledger.rules), refused("web:1"), NOW)
    assert (leaving(ledger), leaving(ledger, location="ROT")) == (0, 1)
    ledger.take(partial(route.place_again, ledger.rules), refused("web:1"), NOW)
    assert (leaving(ledger), leaving(ledger, location="ROT")) == (0, 1)


def test_a_refused_fulfilment_that_goes_to_the_same_place_again_is_counted_once():
    ledger = Routing(small(1))
    ledger.order()
    again = refused("web:1").model_copy(update={"lines": (promised(BER=5),)})
    ledger.take(partial(route.place_again, ledger.rules), again, NOW)
    assert days(ledger) == [TODAY, TODAY]
    assert leaving(ledger) == 1


def test_what_has_shipped_keeps_its_place_in_the_count():
    ledger = Routing(small())
    ledger.order()
    shipped = ShipmentShippedV2(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER",
        lines=(ShippedLine(line_id="1", sku="A", quantity=1),),
        parcels=(ShippedParcel(carrier="post", service="parcel", tracking_number="X"),),
        value=Money(amount_minor=1000, currency="EUR"), shipped_at=NOW,
    )  # fmt: skip
    ledger.take(route.know_shipped, shipped, NOW)
    assert leaving(ledger) == 1


def test_a_capacity_that_was_set_since_goes_before_the_configured_one():
    ledger = Routing(small(5), Places(owner="main", capacity={"BER": 0}))
    unroutable = ledger.order()
    assert [rule.rule for rule in unroutable.rules] == ["no carrier collects there, or it is full for 30 days"]
    ledger = Routing(small(0), Places(owner="main", capacity={"BER": 1}))
    assert ledger.order().fulfilments[0].location_id == "BER"


def test_days_are_counted_by_the_clock_of_the_place():
    sydney = calendar(time_zone="Australia/Sydney", daily_capacity=5)
    ledger = Routing(depots(BER=place(calendar=sydney)))  # there it is half past eight in the evening
    ledger.order()
    assert leaving(ledger, TOMORROW) == 1


# -- partitions


def test_a_location_that_ships_very_many_is_counted_in_stripes_of_one_partition_each():
    rules = small(5000, ROT=place(calendar=calendar(daily_capacity=3999))).model_copy(update={"partitions": 4})
    assert (stripes_of(rules, "BER"), stripes_of(rules, "ROT")) == (4, 1)
    orders = [f"web:{n}" for n in range(50)]
    assert [stripe_of(rules, "BER", "main", one) for one in orders] == [
        subjects.partition("main", o, 4) for o in orders
    ]
    assert {stripe_of(rules, "ROT", "main", one) for one in orders} == {0}


@given(st.integers(0, 10_000), st.integers(1, 32))
def test_the_shares_of_all_stripes_add_up_to_the_capacity(capacity, stripes):
    assert sum(share_of(capacity, stripe, stripes) for stripe in range(stripes)) == capacity


# -- what always holds


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from(["order", "cancel", "refuse"]), st.integers(0, 7))))
def test_the_count_of_a_day_is_what_leaves_on_it_and_never_more_than_the_capacity(capacity, happenings):
    ledger = Routing(small(capacity, ROT=place("FR", calendar=calendar(daily_capacity=capacity))))
    for what, number in happenings:
        order_id = f"web:{number}"
        if what == "order":
            ledger.order(order_id=order_id, promises=BOTH)
        elif what == "cancel" and ledger.route(order_id) is not None:
            cancelled(ledger, order_id)
        elif ledger.route(order_id) is not None:
            ledger.take(partial(route.place_again, ledger.rules), refused(order_id), NOW)
    routes = [one for one in ledger.documents.values() if isinstance(one, Route)]
    open_ = Counter((s.location_id, s.counted) for r in routes for s in r.shares if s.pieces)
    loads = {
        (one.location_id, f"{one.day}.{one.stripe}"): one.fulfilments
        for one in ledger.documents.values()
        if isinstance(one, Workload) and one.fulfilments
    }
    assert loads == open_
    assert all(count <= capacity for count in loads.values())
    assert all(date.fromisoformat(day.partition(".")[0]).weekday() < 5 for _, day in loads)
