import pytest

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import LabelBoughtV1, LabelVoidedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import (
    ConfirmShippedV1,
    FulfilmentPackedV1,
    FulfilmentPickedV1,
    FulfilmentStoppedV1,
    ShipmentShippedV2,
    ShortPickedV1,
)
from crossdock_contracts.tracking import (
    ShipmentDeliveredV1,
    ShipmentExceptionV1,
    ShipmentInTransitV1,
    ShipmentOutForDeliveryV1,
)
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Done
from services.shipping.carriers import Voided
from services.shipping.decide import work
from services.shipping.state import ShipmentStatus
from tests.builders import fulfilment, fulfilment_line, later, parcel, pieces
from tests.decide.dock import AWAY, BOUGHT, Dock

VOIDED = Done(Voided(tracking_number="XD1"))


def labelled(made: Fulfilment | None = None) -> Dock:
    dock = Dock()
    dock.arrives(made)
    dock.answered(BOUGHT)
    return dock


def packed(made: Fulfilment | None = None) -> Dock:
    dock = labelled(made)
    dock.picked(*(pieces(line.quantity, int(line.line_id)) for line in (made or fulfilment()).lines))
    dock.packed()
    return dock


def shipped() -> Dock:
    dock = packed()
    dock.shipped()
    return dock


def lines(*parts: LineQuantity) -> list[tuple[str, int]]:
    return [(part.line_id, part.quantity) for part in parts]


def test_a_fulfilment_is_picked_packed_shipped_and_delivered() -> None:
    dock = labelled()
    dock.picked()
    dock.packed(weight_g=777)
    dock.shipped(later(hours=1))
    dock.tracked("delivered", later(days=2))
    assert lines(*dock.said(FulfilmentPickedV1)[0].lines) == [("1", 1)]
    assert dock.said(FulfilmentPackedV1)[0].weight_g == 777
    (event,) = dock.said(ShipmentShippedV2)
    assert (event.parcels[0].tracking_number, event.parcels[0].weight_g) == ("XD1", 777)
    assert (event.value.amount_minor, event.value.currency, event.shipped_at) == (1000, "EUR", later(hours=1))
    assert (dock.shipment.status, dock.shipment.delivered_at) == (ShipmentStatus.DELIVERED, later(days=2))
    assert not dock.said(CommandRefusedV1)


def test_a_short_pick_sends_what_is_missing_back_and_goes_on_with_the_rest() -> None:
    dock = labelled(fulfilment(fulfilment_line(1, quantity=3, value=1000), fulfilment_line(2, "B")))
    decision = dock.picked(pieces(1, 1), pieces(1, 2))
    (short,) = dock.said(ShortPickedV1)
    assert (lines(*short.missing), lines(*short.picked)) == ([("1", 2)], [("1", 1), ("2", 1)])
    assert lines(*dock.said(FulfilmentPickedV1)[0].lines) == [("1", 1), ("2", 1)]
    assert (dock.shipment.status, decision.intent) == (ShipmentStatus.PICKED, None)


def test_what_is_short_is_not_paid_for_and_the_rest_keeps_its_cents() -> None:
    dock = packed(fulfilment(fulfilment_line(quantity=3, value=1000)))
    dock.shipped()
    whole = dock.said(ShipmentShippedV2)[0].value.amount_minor
    short = labelled(fulfilment(fulfilment_line(quantity=3, value=1000)))
    short.picked(pieces(2))
    short.packed()
    short.shipped()
    assert (whole, short.said(ShipmentShippedV2)[0].value.amount_minor) == (1000, 667)


def test_a_line_that_is_picked_in_two_goes_counts_as_one() -> None:
    dock = labelled(fulfilment(fulfilment_line(quantity=3)))
    dock.picked(pieces(1), pieces(2))
    assert not dock.said(ShortPickedV1)


def test_more_than_was_asked_for_is_no_pick_of_more() -> None:
    dock = labelled()
    dock.picked(pieces(5))
    assert lines(*dock.said(FulfilmentPickedV1)[0].lines) == [("1", 1)]


def test_a_fulfilment_of_which_nothing_is_found_ends_and_its_label_is_given_back() -> None:
    dock = labelled()
    decision = dock.picked(pieces(1, 9))
    assert (dock.shipment.status, decision.intent.operation) == (ShipmentStatus.STOPPED, "void")
    assert not dock.said(FulfilmentPickedV1)
    assert (lines(*dock.said(ShortPickedV1)[0].missing), dock.said(ShortPickedV1)[0].picked) == ([("1", 1)], ())
    dock.answered(VOIDED)
    assert len(dock.said(LabelVoidedV1)) == 1


def test_the_void_of_a_short_pick_is_taken_up_again_where_the_carrier_was_away() -> None:
    dock = labelled()
    void = dock.picked(pieces(1, 9)).intent
    assert dock.answered(AWAY).later is not None
    again = dock.picked(pieces(1, 9))
    assert (again.intent.key, again.intent.resumed, again.events) == (void.key, True, [])


def test_the_label_of_an_empty_pick_that_is_still_being_bought_is_given_back_when_it_comes() -> None:
    dock = Dock()
    dock.arrives()
    assert dock.picked(pieces(1, 9)).intent is None
    assert dock.answered(BOUGHT).intent.operation == "void"


def test_goods_may_be_picked_and_packed_while_the_label_is_bought() -> None:
    dock = Dock()
    dock.arrives()
    dock.picked()
    dock.packed()
    dock.shipped()
    assert dock.said(CommandRefusedV1)[0].reason == "wrong-state"
    dock.answered(BOUGHT)
    assert (dock.shipment.status, len(dock.said(LabelBoughtV1))) == (ShipmentStatus.PACKED, 1)
    dock.shipped()
    assert len(dock.said(ShipmentShippedV2)) == 1


def test_where_labels_are_bought_at_pack_the_weighed_parcel_is_priced_once() -> None:
    dock = Dock()
    dock.arrives(fulfilment(location="LON"))
    dock.picked()
    intent = dock.packed(weight_g=1200).intent
    assert (intent.request.weight_g, intent.request.rate.amount_minor) == (1200, 600)
    again = dock.packed(weight_g=1200)
    assert (again.intent.key, again.intent.resumed, again.events) == (intent.key, True, [])
    dock.answered(BOUGHT)
    assert dock.packed(weight_g=1200) == Decision()
    assert dock.shipment.parcel == parcel()


def test_a_label_that_is_bought_at_pack_for_what_was_stopped_meanwhile_is_looked_up_and_given_back() -> None:
    dock = Dock()
    dock.arrives(fulfilment(location="LON"))
    dock.picked()
    intent = dock.packed().intent
    dock.stop()
    again = dock.packed()
    assert (again.intent.key, again.intent.resumed, again.events) == (intent.key, True, [])
    assert dock.answered(BOUGHT).intent.operation == "void"


def test_a_parcel_that_was_not_weighed_has_the_weight_of_its_goods() -> None:
    assert packed().said(FulfilmentPackedV1)[0].weight_g == 400


@pytest.mark.parametrize("again", ["picked", "packed", "shipped"])
def test_what_is_confirmed_twice_happens_once(again: str) -> None:
    dock = labelled()
    for step in ("picked", "packed", "shipped"):
        getattr(dock, step)()
        if step == again:
            assert getattr(dock, step)() == Decision()
    assert not dock.said(CommandRefusedV1)


@pytest.mark.parametrize("step", ["picked", "packed", "shipped"])
def test_a_fulfilment_that_is_not_known_is_refused(step: str) -> None:
    dock = Dock()
    getattr(dock, step)()
    assert "is not known" in dock.said(CommandRefusedV1)[0].detail


@pytest.mark.parametrize(
    ("made", "step", "state"),
    [
        (labelled, "packed", "labelled"),
        (labelled, "shipped", "labelled"),
        (shipped, "picked", "shipped"),
        (shipped, "packed", "shipped"),
    ],
)
def test_a_step_out_of_turn_is_refused_with_where_the_fulfilment_stands(made: object, step: str, state: str) -> None:
    dock = made()
    decision = getattr(dock, step)()
    assert (decision.writes, decision.intent) == ([], None)
    assert f"is {state}" in dock.said(CommandRefusedV1)[0].detail


def test_tracking_is_passed_on_in_its_own_words() -> None:
    dock = shipped()
    for status in ("in-transit", "exception", "in-transit", "out-for-delivery", "delivered"):
        dock.tracked(status)
    counts = [
        len(dock.said(kind))
        for kind in (ShipmentInTransitV1, ShipmentExceptionV1, ShipmentOutForDeliveryV1, ShipmentDeliveredV1)
    ]
    assert counts == [2, 1, 1, 1]
    assert {event.tracking_number for event in dock.events[-5:]} == {"XD1"}


def test_tracking_that_says_the_same_again_or_comes_after_delivery_is_no_news() -> None:
    dock = shipped()
    dock.tracked("in-transit")
    assert dock.tracked("in-transit") == Decision()
    dock.tracked("delivered")
    assert dock.tracked("in-transit") == Decision()
    assert dock.tracked("delivered") == Decision()


def test_what_has_not_shipped_is_not_tracked() -> None:
    dock = packed()
    dock.tracked("in-transit")
    assert "is packed" in dock.said(CommandRefusedV1)[0].detail


def test_a_delivered_fulfilment_shrinks_to_what_tells_late_copies_from_news() -> None:
    dock = shipped()
    dock.tracked("delivered")
    assert (dock.shipment.fulfilment, dock.shipment.ranking) == (None, ())
    for again in (dock.arrives, dock.shipped):
        assert again() == Decision()
    dock.stop()
    assert lines(*dock.said(FulfilmentStoppedV1)[0].unstoppable) == [("1", 1)]


def test_an_exception_of_which_more_is_known_is_news() -> None:
    dock = shipped()
    dock.tracked("exception")
    dock.tracked("exception", code="lost")
    assert dock.tracked("exception", code="lost") == Decision()
    assert [event.code for event in dock.said(ShipmentExceptionV1)] == ["", "lost"]


def test_tracking_that_comes_late_is_no_news() -> None:
    dock = shipped()
    dock.tracked("exception", later(hours=5))

    dock.tracked("in-transit", later(hours=4))

    assert dock.said(ShipmentInTransitV1) == []
    assert dock.shipment.tracking == "exception"


def test_a_confirmation_that_names_another_order_changes_nothing() -> None:
    dock = labelled()
    message = ConfirmShippedV1(owner="main", order_id="web:2", fulfilment_id="web:1/1")

    decision = dock.take(work.confirm_shipped, message, later())

    (refusal,) = decision.events
    assert isinstance(refusal, CommandRefusedV1)
    assert decision.writes == []
