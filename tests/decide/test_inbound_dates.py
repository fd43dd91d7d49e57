"""Whatever happens to receipts and orders: dates are those of the receipts that cover them, and all are told."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.inbound import (
    BackorderDateChangedV1,
    BackorderDatesDueV1,
    BackorderPromisedV1,
)
from services.inventory.decide import dates
from services.inventory.state import Reservation
from services.inventory.state_inbound import Inbound
from tests.builders import later
from tests.decide.quay import ABOUT, APRIL, JUNE, MAY, Quay

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("orders"), st.integers(1, 3), st.sampled_from((2, 5, 7))),
        st.tuples(st.just("expects"), st.integers(1, 6), st.sampled_from((APRIL, MAY, JUNE))),
        st.tuples(st.just("slips"), st.integers(0, 3), st.sampled_from((APRIL, MAY, JUNE))),
        st.tuples(st.just("closes"), st.integers(0, 3)),
        st.tuples(st.just("receives"), st.integers(1, 5), st.integers(0, 3)),
        st.tuples(st.just("cancels"), st.integers(1, 3), st.integers(0, 5)),
    ),
    max_size=25,
)


def played(steps: list[Any]) -> Quay:
    """A dock after all of this happened."""
    dock = Quay()
    orders = receipts = 0
    for what, first, *rest in steps:
        if what == "orders":
            orders += 1
            dock.orders(first, orders, priority=rest[0], placed_at=later(minutes=orders))
        elif what == "expects":
            receipts += 1
            dock.expects(first, rest[0], f"PO-{receipts}")
        elif what == "receives":
            dock.receives(first, f"PO-{rest[0]}")
        elif what == "cancels" and rest[0] in range(1, orders + 1):
            dock.cancels(first, rest[0])
        elif what in ("slips", "closes"):
            getattr(dock, what)(*(rest or ()), name=f"PO-{first}")
    return dock


@given(STEPS)
def test_after_a_run_every_date_is_that_of_the_receipt_which_covers_the_line_in_waiting_order(steps):
    dock = played(steps)
    dock._take(dates.redate, BackorderDatesDueV1(**ABOUT, reason="checked"))
    open_ = [r for r in dock.documents.values() if isinstance(r, Reservation) and r.lines and r.lines[0].backordered]
    open_.sort(key=lambda r: (r.priority, r.placed_at))
    expected = dock.get(Inbound, "main", "A") or Inbound(sku="A")
    pieces = [receipt.expected_at for receipt in expected.in_order() for _ in range(receipt.left)]
    ahead = 0
    for reservation in open_:
        ahead += reservation.lines[0].backordered
        assert reservation.lines[0].expected_at == (pieces[ahead - 1] if ahead <= len(pieces) else None)


@given(STEPS)
def test_every_date_has_been_told_and_each_change_names_the_one_before(steps):
    dock = played(steps)
    told: dict[str, Any] = {}
    for event in dock.events:
        if isinstance(event, BackorderDateChangedV1):
            assert event.was_expected_at == told[event.order_id]
        if isinstance(event, BackorderPromisedV1 | BackorderDateChangedV1):
            told[event.order_id] = event.expected_at
    waiting = [r for r in dock.documents.values() if isinstance(r, Reservation) and r.lines and r.lines[0].backordered]
    assert {r.order_id: r.lines[0].expected_at for r in waiting} == {r.order_id: told.get(r.order_id) for r in waiting}
