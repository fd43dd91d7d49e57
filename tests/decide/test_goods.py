"""Shipping: which lots were picked, what a recall keeps back, who got what."""

from crossdock_contracts.lots import LotsPickedV1
from crossdock_contracts.shipping import (
    FulfilmentPickedV1,
    ShipmentShippedV2,
    ShortPickedV1,
)
from crossdock_contracts.values import LotQuantity
from services.shipping.state import ShipmentStatus
from services.shipping.state_goods import LotShipment
from tests.builders import pieces
from tests.decide.bench import EARLY, LATE, labelled, lot
from tests.decide.shelf import AUTUMN


def test_a_pick_as_it_was_told_says_nothing_of_lots():
    bench = labelled(EARLY, LATE)
    assert [type(e) for e in bench.picks().events] == [FulfilmentPickedV1]


def test_a_pick_from_other_lots_is_told_and_ships_as_those():
    bench = labelled(EARLY, LATE)
    bench.picks(3, lot("LATE", 3))

    (event,) = bench.said(LotsPickedV1)
    assert event.lines[0].lots == (LotQuantity(lot="LATE", quantity=3, expires_on=AUTUMN),)
    bench.packs()
    bench.leaves()
    assert bench.said(ShipmentShippedV2)[0].lines[0].lots == event.lines[0].lots


def test_the_lots_of_a_line_are_those_of_all_that_was_picked():
    bench = labelled(EARLY, LATE)
    bench.picks(3, lot("LATE", 2))
    assert (bench.refused.reason, bench.shipment.status) == ("lots-differ", ShipmentStatus.LABELLED)


def test_a_short_pick_tells_the_lots_that_were_found():
    bench = labelled(EARLY, LATE)
    bench.picks(1, lot("LATE", 1))

    (short,) = bench.said(ShortPickedV1)
    assert short.lots == (lot("LATE", 1),)
    assert bench.said(LotsPickedV1) == []
    assert bench.lots == {"LATE": 1}


def test_pieces_that_are_taken_out_are_those_that_expire_last():
    bench = labelled(EARLY, LATE)
    bench.stop(pieces(2))
    assert bench.lots == {"EARLY": 1}


def test_a_recalled_lot_is_not_picked_and_another_one_may_be():
    bench = labelled(EARLY, LATE)
    bench.recalled()
    bench.picks()
    assert (bench.refused.reason, bench.shipment.status) == ("lot-recalled", ShipmentStatus.LABELLED)
    bench.picks(3, lot("OTHER", 3))
    assert bench.shipment.status is ShipmentStatus.PICKED


def test_recalled_pieces_may_be_reported_as_not_found():
    bench = labelled(EARLY)
    bench.recalled()
    bench.picks(0)
    assert bench.shipment.status is ShipmentStatus.STOPPED


def test_a_parcel_with_a_recalled_lot_does_not_leave_until_the_recall_is_lifted():
    bench = labelled(EARLY, LATE)
    bench.picks()
    bench.packs()
    bench.recalled()
    bench.leaves()
    assert (bench.refused.reason, bench.shipment.status) == ("lot-recalled", ShipmentStatus.PACKED)
    bench.recalled(lifted=True, minutes=1)
    bench.recalled()  # late, and older
    bench.leaves()
    assert bench.shipment.status is ShipmentStatus.SHIPPED


def test_what_left_of_a_lot_is_traced_to_who_got_it():
    bench = labelled(EARLY, LATE)
    bench.picks()
    bench.packs()
    bench.leaves()

    early, late = (bench.get(LotShipment, "main", "A", name, "web:1/1") for name in ("EARLY", "LATE"))
    assert (early.quantity, early.order_id, early.ship_to.name) == (2, "web:1", "Customer 1")
    assert (late.quantity, late.location_id) == (1, "BER")
