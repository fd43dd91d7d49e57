"""Shipping: a serial number is in one fulfilment at a time."""

import pytest

from crossdock_contracts.returns import (
    InspectedGoods,
    ReturnInspectedV1,
)
from crossdock_contracts.shipping import (
    ShipmentShippedV2,
)
from services.shipping.decide import serials
from services.shipping.state import Shipment, ShipmentStatus
from tests.builders import NOW, later, pieces
from tests.decide.bench import labelled, numbers


def test_serial_numbers_are_read_at_the_pick_or_at_the_pack_and_ship_with_their_pieces():
    for at_pick in (True, False):
        bench = labelled(quantity=2, serial=True)
        read = numbers("S1", "S2")
        bench.picks(2, read=(read,) if at_pick else ())
        bench.packs(*(() if at_pick else (read,)))
        bench.leaves()

        assert bench.said(ShipmentShippedV2)[0].lines[0].serials == ("S1", "S2")
        found = bench.serial("S1")
        assert (found.order_id, found.fulfilment_id, found.shipped_at) == ("web:1", "web:1/1", NOW)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ((), "serials-missing"),
        (("S1",), "serials-missing"),
        (("S1", "S2", "S3"), "serials-missing"),
        (("S1", "S1"), "serial-twice"),
    ],
)
def test_a_parcel_is_packed_with_exactly_one_serial_number_a_piece(read, reason):
    bench = labelled(quantity=2, serial=True)
    bench.picks(2)
    bench.packs(*([numbers(*read)] if read else []))
    assert (bench.refused.reason, bench.shipment.status) == (reason, ShipmentStatus.PICKED)
    assert bench.serial("S1") is None


def test_a_serial_number_belongs_to_one_fulfilment_and_whoever_reads_it_again_is_told_which():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(numbers("S1"),))
    bench.comes(quantity=1, serial=True, order_id="web:2")
    bench.picks(1, read=(numbers("S1"),), order_id="web:2")

    assert bench.refused.reason == "serial-taken"
    assert bench.refused.detail == "fulfilment web:2/1 is allocated; serial S1 of A belongs to fulfilment web:1/1"
    assert bench.serial("S1").order_id == "web:1"


def test_serial_numbers_that_were_read_wrongly_are_free_again():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(numbers("S1"),))
    bench.packs(numbers("S2"))
    assert (bench.serial("S1").is_free, bench.serial("S2").is_free) == (True, False)
    assert bench.shipment.serials == {"1": ("S2",)}


def test_a_cancelled_piece_frees_its_serial_number_for_another_order():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(numbers("S1"),))
    bench.stop(pieces(1))
    bench.comes(quantity=1, serial=True, order_id="web:2")
    bench.picks(1, read=(numbers("S1"),), order_id="web:2")

    assert bench.serial("S1").order_id == "web:2"
    assert bench.serial("S1").earlier == ("web:1/1",)


def test_a_line_that_lost_a_piece_after_it_was_packed_has_its_serial_numbers_read_anew():
    bench = labelled(quantity=2, serial=True)
    bench.picks(2, read=(numbers("S1", "S2"),))
    bench.packs()
    bench.stop(pieces(1))
    bench.leaves()
    assert bench.refused.reason == "serials-missing"
    bench.leaves(numbers("S2"))
    assert (bench.shipment.status, bench.serial("S1").is_free) == (ShipmentStatus.SHIPPED, True)
    assert bench.said(ShipmentShippedV2)[0].lines[0].serials == ("S2",)


def test_a_serial_number_that_came_back_may_be_sold_again():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(numbers("S1"),))
    bench.packs()
    bench.leaves()
    gone = InspectedGoods(line_id="1", sku="A", quantity=1, disposition="restock", serials=("S1", "S9"))
    message = ReturnInspectedV1(
        owner="main", order_id="web:1", return_id="R", location_id="BER", lines=(gone,), inspected_at=NOW
    )
    bench.take(serials.take_back, message, NOW)
    assert bench.serial("S1").is_free
    assert bench.take(serials.take_back, message, NOW).writes == []


def test_a_delivered_fulfilment_keeps_no_serial_numbers_of_its_own():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(numbers("S1"),))
    bench.packs()
    bench.leaves()
    bench.tracked("delivered", later(hours=1))
    assert bench.get(Shipment, "main", "web:1/1").serials == {}
    assert bench.serial("S1").shipped_at == NOW
