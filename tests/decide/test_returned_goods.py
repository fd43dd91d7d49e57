"""Returns: what comes back are pieces that its order got."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.returns import (
    InspectedLine,
    InspectReturnV1,
    ReceiveReturnV1,
    RequestReturnV1,
    ReturnInspectedV1,
)
from crossdock_contracts.shipping import (
    ShipmentShippedV2,
)
from crossdock_contracts.values import LotQuantity
from services.hub.decision import Decision
from services.returns.decide import back as returns
from services.returns.decide import sold
from services.returns.rules import Rules
from services.returns.state import Sold
from tests.builders import NOW, pieces
from tests.decide.bench import EARLY, LATE, Bench, numbers
from tests.decide.dock import BOUGHT
from tests.decide.shelf import SUMMER


class Desk(Bench):
    """A returns desk behind the dock: three pieces came to the buyer."""

    def sold(self, *lots: LotQuantity, read: tuple[str, ...] = ()) -> None:
        self.comes(*lots, serial=bool(read))
        self.answered(BOUGHT)
        self.picks(3, read=(numbers(*read),) if read else ())
        self.packs()
        self.leaves()
        self.take(partial(sold.know_shipped, Rules()), self.said(ShipmentShippedV2)[0], NOW)
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
