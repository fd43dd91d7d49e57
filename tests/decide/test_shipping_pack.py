"""Packing: parcels are weighed, measured, priced by what they are, and labelled once each."""

import pytest

from crossdock_contracts.labels import LabelBoughtV1, LabelRefusedV1, LabelVoidedV1
from crossdock_contracts.shipping import FulfilmentPackedV1, PackedParcel, ShipmentShippedV2
from services.hub.decision import Decision, Done, changed
from services.shipping.carriers import Voided
from services.shipping.decide.parcels import labels_of
from services.shipping.rules.locations import Labelling
from services.shipping.state import ShipmentStatus
from tests.builders import fulfilment, fulfilment_line, pieces
from tests.decide.dock import BOUGHT, NO, RULES, Dock
from tests.decide.packing import LARGE, TWO_LINES, VOIDED, picked, rules, sold, why_not


def test_a_weighed_parcel_in_another_band_gives_its_label_back_before_another_is_bought() -> None:
    dock = picked()
    void = dock.packed(weight_g=2000).intent
    assert (void.operation, void.request.tracking_number) == ("void", "XD1")
    assert "2000 g cost 600 rather than 400 EUR minor units" in dock.said(FulfilmentPackedV1)[0].detail

    buy = dock.answered(VOIDED).intent

    assert (buy.operation, buy.request.weight_g, buy.request.rate.amount_minor) == ("buy", 2000, 600)
    assert dock.said(LabelVoidedV1)[0].reason.startswith("2000 g cost 600")
    dock.shipped()
    assert "only packed and labelled" in why_not(dock)
    dock.answered(sold(2))
    dock.shipped()
    assert [one.tracking_number for one in dock.said(ShipmentShippedV2)[0].parcels] == ["XD2"]


def test_a_parcel_that_is_lighter_than_expected_is_bought_anew_for_less() -> None:
    dock = picked(fulfilment(fulfilment_line(quantity=4)))  # 1.3 kg are expected

    assert dock.packed(weight_g=900).intent.operation == "void"
    assert dock.answered(VOIDED).intent.request.rate.amount_minor == 400


def test_a_label_is_kept_while_the_difference_is_below_what_the_location_cares_for() -> None:
    dock = picked(rules=rules(rerate_from_minor=201))
    assert dock.packed(weight_g=2000).intent is None
    assert "label kept: 2000 g cost 600 rather than 400" in dock.said(FulfilmentPackedV1)[0].detail
    assert picked(rules=rules(rerate_from_minor=200)).packed(weight_g=2000).intent.operation == "void"


def test_a_label_that_was_bought_in_another_currency_than_its_table_has_by_now_is_kept() -> None:
    dock = picked()
    cheap = changed(RULES.carriers["cheap"], currency="JPY")
    dock.rules = changed(RULES, carriers={**RULES.carriers, "cheap": cheap})
    assert dock.packed(weight_g=2000).intent is None


def test_a_label_in_the_same_band_is_kept_without_a_word() -> None:
    dock = picked()
    assert dock.packed(weight_g=999).intent is None
    assert dock.said(FulfilmentPackedV1)[0].detail == ""


def test_a_parcel_whose_carrier_keeps_the_old_label_ships_with_it() -> None:
    dock = picked()
    dock.packed(weight_g=2000)

    assert dock.answered(NO).intent is None

    assert (dock.said(LabelRefusedV1)[0].reason, dock.said(LabelVoidedV1)) == ("void-refused", [])
    dock.shipped()
    assert dock.said(ShipmentShippedV2)[0].parcels[0].tracking_number == "XD1"


def test_a_label_that_comes_after_the_parcel_was_weighed_is_held_against_its_weight() -> None:
    dock = Dock()
    dock.arrives()
    dock.picked()
    assert dock.packed(weight_g=2000).intent is None

    assert dock.answered(BOUGHT).intent.operation == "void"
    assert dock.answered(VOIDED).intent.request.weight_g == 2000


def test_a_carrier_that_does_not_sell_is_followed_by_those_who_do_for_what_was_weighed_meanwhile() -> None:
    dock = Dock()
    dock.arrives()
    dock.picked()
    dock.packed(weight_g=2000)

    buy = dock.answered(NO).intent

    assert (buy.adapter, buy.request.weight_g) == ("dear", 2000)


def test_a_stop_while_a_label_is_exchanged_leaves_none() -> None:
    dock = picked()
    dock.packed(weight_g=2000)
    dock.stop()

    assert dock.answered(VOIDED).intent is None
    assert (dock.shipment.status, labels_of(dock.shipment)) == (ShipmentStatus.STOPPED, {})


def test_a_bulky_parcel_is_priced_by_its_volume() -> None:
    bulky = rules(divisor=5000)  # 24 litres count as 4.8 kg
    assert (
        picked(fulfilment(location="LON"), bulky).packed(800, dimensions=LARGE).intent.request.rate.amount_minor == 600
    )
    assert picked(fulfilment(location="LON")).packed(800, dimensions=LARGE).intent.request.rate.amount_minor == 400
    assert picked(rules=bulky).packed(weight_g=800, dimensions=LARGE).intent.operation == "void"


def test_each_of_several_parcels_gets_one_label_of_its_own() -> None:
    dock = picked(fulfilment(*TWO_LINES, location="LON"))
    keys = [dock.packed(parcels=(PackedParcel(weight_g=700), PackedParcel(weight_g=3000))).intent.key]
    second = dock.answered(sold(1)).intent
    keys.append(second.key)
    assert (second.request.parcel, second.request.weight_g, second.request.rate.amount_minor) == (2, 3000, 600)
    assert dock.answered(sold(2)).intent is None
    dock.shipped()

    assert len(set(keys)) == 2
    bought = [(event.parcel.parcel_id, event.parcel.tracking_number) for event in dock.said(LabelBoughtV1)]
    assert bought == [("web:1/1/1", "XD1"), ("web:1/1/2", "XD2")]
    (event,) = dock.said(ShipmentShippedV2)
    assert [(one.tracking_number, one.weight_g) for one in event.parcels] == [("XD1", 700), ("XD2", 3000)]
    assert event.value.amount_minor == 2000


def test_the_label_from_release_goes_on_the_first_of_several_parcels() -> None:
    dock = picked(fulfilment(*TWO_LINES))  # 1 kg was expected
    buy = dock.packed(parcels=(PackedParcel(weight_g=700), PackedParcel(weight_g=300))).intent
    assert (buy.operation, buy.request.parcel) == ("buy", 2)


def test_parcels_say_what_is_in_them_and_hold_all_of_it_between_them() -> None:
    dock = picked(fulfilment(*TWO_LINES, location="LON"))
    first, second = (
        PackedParcel(weight_g=700, lines=(pieces(2),)),
        PackedParcel(weight_g=300, lines=(pieces(1, 2, "B"),)),
    )
    for wrong in ((first,), (first, first), (first, PackedParcel(weight_g=300))):
        assert dock.packed(parcels=wrong).writes == []
        assert "have to hold all of it between them, each something: 2 of line 1, 1 of line 2" in why_not(dock)

    dock.packed(parcels=(first, second))

    assert [len(one.lines) for one in dock.said(FulfilmentPackedV1)[0].parcels] == [1, 1]
    dock.answered(sold(1))
    dock.answered(sold(2))
    dock.shipped()
    assert [one.lines for one in dock.said(ShipmentShippedV2)[0].parcels] == [first.lines, second.lines]


def test_a_parcel_that_a_cancel_leaves_empty_gives_its_label_back_and_the_other_ships() -> None:
    dock = picked(fulfilment(*TWO_LINES, location="LON"))
    dock.packed(
        parcels=(
            PackedParcel(weight_g=700, lines=(pieces(2),)),
            PackedParcel(weight_g=300, lines=(pieces(1, 2, "B"),)),
        )
    )
    dock.answered(sold(1))
    dock.answered(sold(2))

    void = dock.stop(pieces(1, 2, "B")).intent

    assert (void.operation, void.request.tracking_number) == ("void", "XD2")
    dock.answered(Done(Voided(tracking_number="XD2")))
    dock.shipped()
    (event,) = dock.said(ShipmentShippedV2)
    assert [one.tracking_number for one in event.parcels] == ["XD1"]


def test_several_parcels_each_have_to_be_weighed() -> None:
    dock = picked()
    assert dock.packed(parcels=(PackedParcel(weight_g=300), PackedParcel())).writes == []
    assert "has to be weighed" in why_not(dock)


def test_a_parcel_that_no_carrier_takes_is_refused_with_what_to_do() -> None:
    dock = picked()
    assert dock.packed(weight_g=40_000).writes == []
    assert "parcel 1 has 40000 g; what may go there goes up to 30000 g: pack it as several parcels" in why_not(dock)
    assert dock.shipment.status is ShipmentStatus.PICKED
    assert dock.packed(parcels=(PackedParcel(weight_g=20_000), PackedParcel(weight_g=20_000))).events != []


def test_whoever_labels_itself_packs_what_no_carrier_of_the_hub_takes() -> None:
    assert picked(fulfilment(location="SUP")).packed(weight_g=40_000).writes != []


def test_a_warehouse_that_labels_itself_reports_its_labels_with_the_parcels() -> None:
    dock = picked(fulfilment(*TWO_LINES, location="SUP"))
    own = {"carrier": "van", "service": "day"}
    dock.packed(
        parcels=(
            PackedParcel(weight_g=700, tracking_number="V1", **own),
            PackedParcel(weight_g=300, tracking_number="V2", **own),
        )
    )
    dock.shipped()

    assert [event.parcel.tracking_number for event in dock.said(LabelBoughtV1)] == ["V1", "V2"]
    assert [one.carrier for one in dock.said(ShipmentShippedV2)[0].parcels] == ["van", "van"]
    assert dock.intent is None


def test_a_reported_label_is_never_put_over_another() -> None:
    dock = picked()
    again = PackedParcel(weight_g=300, carrier="van", tracking_number="V1")
    assert dock.packed(parcels=(again,)).writes == []
    assert "parcel 1 has the label XD1 of cheap already" in why_not(dock)


def test_one_owner_may_label_otherwise_than_its_location() -> None:
    own = rules(labels={"main": Labelling(label_at="pack")})
    assert Dock(rules=own).arrives().intent is None
    assert picked(rules=own).packed(weight_g=700).intent.operation == "buy"
    supplier = rules(labels={"main": Labelling(label_by="supplier")})
    assert picked(rules=supplier).packed(weight_g=700).intent is None
    other = rules(labels={"other": Labelling(label_by="supplier")})
    assert Dock(rules=other).arrives().intent.operation == "buy"


def test_what_is_collected_falls_with_what_is_stopped_and_the_label_is_bought_anew() -> None:
    made = fulfilment(fulfilment_line(quantity=2)).model_copy(update={"cash_on_delivery_minor": 1000})
    dock = Dock()
    assert dock.arrives(made).intent.request.cash_on_delivery.amount_minor == 1000
    dock.answered(BOUGHT)
    dock.stop(pieces(1))
    dock.picked()

    assert dock.packed(weight_g=400).intent.operation == "void"
    assert dock.answered(VOIDED).intent.request.cash_on_delivery.amount_minor == 500


def test_of_several_parcels_the_first_collects_all() -> None:
    dock = picked(fulfilment(*TWO_LINES, location="LON").model_copy(update={"cash_on_delivery_minor": 1500}))
    first = dock.packed(parcels=(PackedParcel(weight_g=700), PackedParcel(weight_g=300))).intent.request
    second = dock.answered(sold(1)).intent.request
    assert (first.cash_on_delivery.amount_minor, second.cash_on_delivery) == (1500, None)


@pytest.mark.parametrize("again", [1, 2])
def test_a_pack_that_comes_again_buys_nothing_twice(again: int) -> None:
    dock = picked(fulfilment(*TWO_LINES, location="LON"))
    both = (PackedParcel(weight_g=700), PackedParcel(weight_g=300))
    dock.packed(parcels=both)
    for number in range(1, again):
        dock.answered(sold(number))
    intent = dock.packed(parcels=both).intent
    assert (intent.key, intent.resumed) == (dock.shipment.intent.key, True)
    for number in range(again, 3):
        dock.answered(sold(number))
    assert dock.packed(parcels=both) == Decision()
    assert len(dock.said(LabelBoughtV1)) == 2
