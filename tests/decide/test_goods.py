"""Shipping and returns: which lots were picked, whose a serial number is, what a recall keeps back."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.lots import LotRecalledV1, RecallLiftedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.returns import (
    InspectedGoods,
    InspectedLine,
    InspectReturnV1,
    ReceiveReturnV1,
    RequestReturnV1,
    ReturnInspectedV1,
)
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
    FulfilmentPickedV1,
    LineLot,
    LineSerials,
    LotsPickedV1,
    ShipmentShippedV2,
    ShortPickedV1,
)
from crossdock_contracts.values import LotQuantity
from services.hub.decision import Decision
from services.returns import decide as returns
from services.returns.rules import Rules
from services.returns.state import Sold
from services.shipping.decide import goods, work
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_goods import LotShipment, Serial
from tests.builders import NOW, fulfilment, fulfilment_line, later, pieces
from tests.decide.dock import ABOUT, BOUGHT, Dock
from tests.decide.shelf import AUTUMN, SUMMER

EARLY = LotQuantity(lot="EARLY", quantity=2, expires_on=SUMMER)
LATE = LotQuantity(lot="LATE", quantity=1, expires_on=AUTUMN)


def serials(*read: str, line: int = 1) -> LineSerials:
    return LineSerials(line_id=str(line), serials=read)


class Bench(Dock):
    """A dock whose fulfilments say which pieces they are."""

    def comes(self, *lots: LotQuantity, quantity: int = 3, serial: bool = False, order_id: str = "web:1") -> Decision:
        line = fulfilment_line(quantity=quantity).model_copy(update={"lots": lots, "track_serial": serial})
        return self.arrives(fulfilment(line, order_id=order_id))

    def picks(self, quantity: int = 3, *lots: LineLot, read: Any = (), order_id: str = "web:1") -> Decision:
        message = ConfirmPickedV1(
            **_about(order_id), lines=(pieces(quantity),) if quantity else (), lots=lots, serials=read
        )
        return self.take(partial(work.confirm_picked, self.rules), message, NOW)

    def packs(self, *read: LineSerials, order_id: str = "web:1") -> Decision:
        message = ConfirmPackedV1(**_about(order_id), weight_g=500, serials=read)
        return self.take(partial(work.confirm_packed, self.rules, self._is_open), message, NOW)

    def leaves(self, *read: LineSerials) -> Decision:
        return self.take(work.confirm_shipped, ConfirmShippedV1(**ABOUT, serials=read), NOW)

    def recalled(self, lot: str = "EARLY", *, lifted: bool = False, minutes: int = 0) -> None:
        about = {"owner": "main", "sku": "A", "lot": lot}
        if lifted:
            self.take(goods.know_lifted, RecallLiftedV1(**about, lifted_at=later(minutes=minutes)), NOW)
        else:
            message = LotRecalledV1(**about, reason="recalled", recalled_at=later(minutes=minutes))
            self.take(goods.know_recalled, message, NOW)

    def serial(self, name: str) -> Serial:
        found: Serial = self.get(Serial, "main", "A", name)
        return found

    @property
    def lots(self) -> dict[str, int]:
        lines = self.shipment.fulfilment.lines if self.shipment.fulfilment else ()
        return {lot.lot: lot.quantity for line in lines for lot in line.lots}

    @property
    def refused(self) -> CommandRefusedV1:
        found: CommandRefusedV1 = self.said(CommandRefusedV1)[-1]
        return found


def _about(order_id: str) -> dict[str, str]:
    return {"owner": "main", "order_id": order_id, "fulfilment_id": f"{order_id}/1"}


def lot(name: str, quantity: int, day: str = "") -> LineLot:
    return LineLot(line_id="1", lot=name, quantity=quantity, expires_on=day)


def labelled(*lots: LotQuantity, **fields: Any) -> Bench:
    made = Bench()
    made.comes(*lots, **fields)
    made.answered(BOUGHT)
    return made


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


def test_serial_numbers_are_read_at_the_pick_or_at_the_pack_and_ship_with_their_pieces():
    for at_pick in (True, False):
        bench = labelled(quantity=2, serial=True)
        read = serials("S1", "S2")
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
    bench.packs(*([serials(*read)] if read else []))
    assert (bench.refused.reason, bench.shipment.status) == (reason, ShipmentStatus.PICKED)
    assert bench.serial("S1") is None


def test_a_serial_number_belongs_to_one_fulfilment_and_whoever_reads_it_again_is_told_which():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(serials("S1"),))
    bench.comes(quantity=1, serial=True, order_id="web:2")
    bench.picks(1, read=(serials("S1"),), order_id="web:2")

    assert bench.refused.reason == "serial-taken"
    assert bench.refused.detail == "serial S1 of A belongs to fulfilment web:1/1"
    assert bench.serial("S1").order_id == "web:1"


def test_serial_numbers_that_were_read_wrongly_are_free_again():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(serials("S1"),))
    bench.packs(serials("S2"))
    assert (bench.serial("S1").is_free, bench.serial("S2").is_free) == (True, False)
    assert bench.shipment.serials == {"1": ("S2",)}


def test_a_cancelled_piece_frees_its_serial_number_for_another_order():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(serials("S1"),))
    bench.stop(pieces(1))
    bench.comes(quantity=1, serial=True, order_id="web:2")
    bench.picks(1, read=(serials("S1"),), order_id="web:2")

    assert bench.serial("S1").order_id == "web:2"
    assert bench.serial("S1").earlier == ("web:1/1",)


def test_a_line_that_lost_a_piece_after_it_was_packed_has_its_serial_numbers_read_anew():
    bench = labelled(quantity=2, serial=True)
    bench.picks(2, read=(serials("S1", "S2"),))
    bench.packs()
    bench.stop(pieces(1))
    bench.leaves()
    assert bench.refused.reason == "serials-missing"
    bench.leaves(serials("S2"))
    assert (bench.shipment.status, bench.serial("S1").is_free) == (ShipmentStatus.SHIPPED, True)
    assert bench.said(ShipmentShippedV2)[0].lines[0].serials == ("S2",)


def test_a_serial_number_that_came_back_may_be_sold_again():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(serials("S1"),))
    bench.packs()
    bench.leaves()
    gone = InspectedGoods(line_id="1", sku="A", quantity=1, disposition="restock", serials=("S1", "S9"))
    message = ReturnInspectedV1(
        owner="main", order_id="web:1", return_id="R", location_id="BER", lines=(gone,), inspected_at=NOW
    )
    bench.take(goods.take_back, message, NOW)
    assert bench.serial("S1").is_free
    assert bench.take(goods.take_back, message, NOW).writes == []


class Desk(Bench):
    """A returns desk behind the dock: three pieces came to the buyer."""

    def sold(self, *lots: LotQuantity, read: tuple[str, ...] = ()) -> None:
        self.comes(*lots, serial=bool(read))
        self.answered(BOUGHT)
        self.picks(3, read=(serials(*read),) if read else ())
        self.packs()
        self.leaves()
        self.take(returns.know_shipped, self.said(ShipmentShippedV2)[0], NOW)
        about = {"owner": "main", "order_id": "web:1", "return_id": "R", "lines": (pieces(2),)}
        self.take(partial(returns.request_return, Rules()), RequestReturnV1(**about, reason="broken"), NOW)
        self.take(returns.receive_return, ReceiveReturnV1(**about, location_id="BER"), NOW)

    def inspects(self, *lines: InspectedLine) -> Decision:
        message = InspectReturnV1(owner="main", order_id="web:1", return_id="R", lines=lines)
        return self.take(returns.inspect_return, message, NOW)


def found(quantity: int = 2, **fields: Any) -> InspectedLine:
    return InspectedLine(line_id="1", quantity=quantity, disposition="restock", **fields)


def test_what_comes_back_is_of_the_lot_that_the_buyer_got():
    desk = Desk()
    desk.sold(LotQuantity(lot="EARLY", quantity=3, expires_on=SUMMER))
    desk.inspects(found())

    (line,) = desk.said(ReturnInspectedV1)[0].lines
    assert (line.lot, line.expires_on) == ("EARLY", SUMMER)
    assert desk.get(Sold, "main", "web:1").lines[0].lots == {"EARLY": 1}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((found(),), "lot-missing"),
        ((found(lot="OTHER"),), "lot-differs"),
        ((found(lot="LATE"),), "lot-differs"),
        ((found(1, lot="LATE"), found(1, lot="LATE")), "lot-differs"),
    ],
)
def test_a_lot_that_the_buyer_did_not_get_does_not_come_back(lines, reason):
    desk = Desk()
    desk.sold(EARLY, LATE)
    desk.inspects(*lines)
    assert (desk.refused.reason, desk.said(ReturnInspectedV1)) == (reason, [])


def test_pieces_of_several_lots_come_back_each_to_its_own():
    desk = Desk()
    desk.sold(EARLY, LATE)
    desk.inspects(found(1, lot="EARLY"), found(1, lot="LATE"))
    assert [one.lot for one in desk.said(ReturnInspectedV1)[0].lines] == ["EARLY", "LATE"]


@pytest.mark.parametrize(
    ("read", "reason"), [(("S1", "S9"), "serial-unknown"), (("S1",), "serials-missing"), ((), "serials-missing")]
)
def test_a_return_checks_serial_numbers(read, reason):
    desk = Desk()
    desk.sold(read=("S1", "S2", "S3"))
    desk.inspects(found(serials=read))
    assert desk.refused.reason == reason
    desk.inspects(found(serials=("S1", "S3")))
    assert desk.said(ReturnInspectedV1)[0].lines[0].serials == ("S1", "S3")
    assert desk.get(Sold, "main", "web:1").lines[0].serials == ("S2",)


def test_a_delivered_fulfilment_keeps_no_serial_numbers_of_its_own():
    bench = labelled(quantity=1, serial=True)
    bench.picks(1, read=(serials("S1"),))
    bench.packs()
    bench.leaves()
    bench.tracked("delivered", later(hours=1))
    assert bench.get(Shipment, "main", "web:1/1").serials == {}
    assert bench.serial("S1").shipped_at == NOW
