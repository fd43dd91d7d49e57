"""A fulfilment without a label gets one after all: by another attempt, or from whoever bought it."""

from functools import partial
from typing import Any

from crossdock_contracts.capture import OrderHeldV1
from crossdock_contracts.labels import LabelBoughtV1, LabelRefusedV1, LabelVoidedV1, LabelWantedV1, ReportLabelV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.reasons import NO_LABEL
from services.capture.decide import holds
from services.capture.state import OrderRecord, OrderStatus
from services.hub.decision import Decision
from services.shipping.decide import mend
from services.shipping.state import ShipmentStatus
from tests.builders import NOW, fulfilment, hold, order, released
from tests.decide.dock import ABOUT, BOUGHT, NO, RULES, Dock
from tests.decide.ledger import Ledger


def without_label() -> Dock:
    """A dock whose fulfilment no carrier sold a label for."""
    dock = Dock()
    dock.arrives()
    dock.answered(NO)
    dock.answered(NO)
    return dock


def wanted(dock: Dock) -> Decision:
    message = LabelWantedV1(**ABOUT)
    return dock.take(partial(mend.buy_again, RULES, lambda _: False), message, NOW)


def reported(dock: Dock, tracking_number: str = "T1", **fields: Any) -> Decision:
    message = ReportLabelV1(**ABOUT, carrier="van", tracking_number=tracking_number, **fields)
    return dock.take(partial(mend.report_label, RULES), message, NOW)


def test_releasing_the_hold_for_want_of_a_label_has_it_tried_again() -> None:
    closed = hold(NO_LABEL, about="web:1/1"), hold(NO_LABEL, about="web:1/2"), hold("totals-mismatch")
    message = released(order()).model_copy(update={"closed": closed})

    decision = Ledger().take(mend.want_labels, message, NOW)

    assert [event.fulfilment_id for event in decision.events] == ["web:1/1", "web:1/2"]


def test_another_attempt_asks_every_carrier_anew_under_a_new_key() -> None:
    dock = without_label()
    before = dock.shipment.generation

    decision = wanted(dock)

    assert decision.intent is not None
    assert (decision.intent.adapter, decision.intent.resumed) == ("cheap", False)
    assert dock.shipment.generation > before
    dock.answered(BOUGHT)
    assert len(dock.said(LabelBoughtV1)) == 1


def test_each_refusal_opens_a_hold_of_its_own() -> None:
    dock = without_label()
    wanted(dock)
    dock.answered(NO)
    dock.answered(NO)
    capture = Ledger(OrderRecord(order_id="web:1", order=order(), status=OrderStatus.OPEN, channel="web"))

    for refused in dock.said(LabelRefusedV1):
        capture.take(holds.hold_on_trouble, refused, NOW)

    opened = [event.hold for event in capture.said(OrderHeldV1)]
    assert [one.about for one in opened] == ["web:1/1", "web:1/1"]
    assert len({one.hold_id for one in opened}) == 2


def test_a_fulfilment_that_has_its_label_or_is_stopped_is_left_alone() -> None:
    labelled = Dock()
    labelled.arrives()
    labelled.answered(BOUGHT)
    stopped = without_label()
    stopped.stop()

    assert wanted(labelled) == wanted(stopped) == wanted(Dock()) == Decision.nothing()


def test_an_attempt_that_is_under_way_is_looked_up_and_not_made_twice() -> None:
    dock = without_label()
    first = wanted(dock).intent
    second = wanted(dock).intent
    assert first is not None
    assert second is not None
    assert (second.key, second.resumed) == (first.key, True)


def test_a_label_that_a_supplier_bought_is_entered_and_the_fulfilment_can_ship() -> None:
    dock = Dock()
    dock.arrives(fulfilment(location="SUP"))

    reported(dock)
    dock.picked()
    dock.packed()
    dock.shipped()

    (event,) = dock.said(LabelBoughtV1)
    assert (event.parcel.carrier, event.parcel.tracking_number, event.ranking) == ("van", "T1", ())
    assert dock.shipment.status is ShipmentStatus.SHIPPED


def test_a_reported_label_is_entered_once_and_never_over_another() -> None:
    dock = without_label()
    reported(dock)

    again, other = reported(dock), reported(dock, "T2")

    assert again == Decision.nothing()
    (refusal,) = other.events
    assert isinstance(refusal, CommandRefusedV1)
    assert "has the label T1 of van already" in refusal.detail


def test_a_label_is_not_entered_while_one_is_being_bought_nor_for_what_is_over() -> None:
    buying, stopped = Dock(), without_label()
    buying.arrives()
    stopped.stop()
    details = [reported(dock).events[0].detail for dock in (buying, stopped, Dock())]
    assert ["bought just now" in details[0], "is stopped" in details[1], "not known" in details[2]] == [True] * 3


def test_a_reported_label_of_a_stopped_fulfilment_is_not_the_hubs_to_give_back() -> None:
    dock = without_label()
    reported(dock)

    decision = dock.stop()

    assert decision.intent is None
    assert dock.said(LabelVoidedV1) == []
    assert dock.shipment.status is ShipmentStatus.STOPPED
