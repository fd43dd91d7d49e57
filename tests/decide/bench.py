"""A packing bench for tests: a dock whose fulfilments say which pieces they are."""

from functools import partial
from typing import Any

from crossdock_contracts.lots import LotRecalledV1, RecallLiftedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
    LineLot,
    LineSerials,
)
from crossdock_contracts.values import LotQuantity
from services.hub.decision import Decision
from services.shipping.decide import goods, pack, work
from services.shipping.state_goods import Serial
from tests.builders import NOW, fulfilment, fulfilment_line, later, pieces
from tests.decide.dock import ABOUT, BOUGHT, Dock
from tests.decide.shelf import AUTUMN, SUMMER

EARLY = LotQuantity(lot="EARLY", quantity=2, expires_on=SUMMER)
LATE = LotQuantity(lot="LATE", quantity=1, expires_on=AUTUMN)


def numbers(*read: str, line: int = 1) -> LineSerials:
    return LineSerials(line_id=str(line), serials=read)


class Bench(Dock):
    """A dock whose fulfilments say which pieces they are."""

    def comes(self, *lots: LotQuantity, quantity: int = 3, serial: bool = False, order_id: str = "web:1") -> Decision:
        line = fulfilment_line(quantity=quantity).model_copy(update={"lots": lots, "track_serial": serial})
        return self.arrives(fulfilment(line, order_id=order_id))

    def picks(self, quantity: int = 3, *lots: LineLot, read: Any = (), order_id: str = "web:1") -> Decision:
        message = ConfirmPickedV1(
            **about(order_id), lines=(pieces(quantity),) if quantity else (), lots=lots, serials=read
        )
        return self.take(partial(work.confirm_picked, self.rules), message, NOW)

    def packs(self, *read: LineSerials, order_id: str = "web:1") -> Decision:
        message = ConfirmPackedV1(**about(order_id), weight_g=500, serials=read)
        return self.take(partial(pack.confirm_packed, self.rules, self._is_open), message, NOW)

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


def about(order_id: str) -> dict[str, str]:
    return {"owner": "main", "order_id": order_id, "fulfilment_id": f"{order_id}/1"}


def lot(name: str, quantity: int, day: str = "") -> LineLot:
    return LineLot(line_id="1", lot=name, quantity=quantity, expires_on=day)


def labelled(*lots: LotQuantity, **fields: Any) -> Bench:
    made = Bench()
    made.comes(*lots, **fields)
    made.answered(BOUGHT)
    return made
