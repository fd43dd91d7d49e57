"""A quay for tests: what is expected of SKU A, and who waits for it."""

from datetime import datetime
from typing import Any

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.inbound import (
    BackorderDatesDueV1,
    CloseReceiptV1,
    ExpectReceiptV1,
    SlipReceiptV1,
)
from crossdock_contracts.inventory import ReceiveStockV1, StockFreedV1
from crossdock_contracts.values import FulfilledQuantity
from services.hub.decision import Decision
from services.inventory.decide import dates, fill, inbound, promise, release, stock
from services.inventory.state import Reservation, Stock
from services.inventory.state_inbound import Inbound
from tests.builders import NOW, captured, later, line
from tests.decide.ledger import Ledger

ABOUT = {"owner": "main", "sku": "A"}
APRIL, MAY, JUNE = later(days=30), later(days=60), later(days=90)


class Quay(Ledger):
    """What is expected of SKU A, and who waits for it."""

    def expects(self, quantity: int, at: datetime = APRIL, name: str = "PO-1", **fields: Any) -> Decision:
        message = ExpectReceiptV1(
            **ABOUT, receipt_id=name, location_id="BER", quantity=quantity, expected_at=at, **fields
        )
        return self._take(inbound.expect, message)

    def slips(self, at: datetime, name: str = "PO-1") -> Decision:
        return self._take(inbound.slip, SlipReceiptV1(**ABOUT, receipt_id=name, expected_at=at))

    def closes(self, name: str = "PO-1", reason: str = "cancelled") -> Decision:
        return self._take(inbound.close, CloseReceiptV1(**ABOUT, receipt_id=name, reason=reason))

    def receives(self, quantity: int, name: str = "PO-1") -> Decision:
        message = ReceiveStockV1(**ABOUT, location_id="BER", quantity=quantity, reference=name)
        return self._take(stock.receive, message)

    def orders(self, quantity: int = 1, number: int = 1, **fields: Any) -> Decision:
        message = captured(line(quantity=quantity), order_id=f"web:{number}", **fields)
        return self._take(promise.reserve, message)

    def cancels(self, quantity: int, number: int) -> Decision:
        message = OrderCancelledV1(
            owner="main", order_id=f"web:{number}", cancel_id="c", complete=False, amount_minor=0, reason="requested",
            lines=(FulfilledQuantity(line_id="1", quantity=quantity),), decided_by="routing", cancelled_at=NOW,
        )  # fmt: skip
        return self._take(release.release_cancelled, message)

    def _take(self, decide: Any, message: Any) -> Decision:
        """Take a decision, and those that follow from what it says to inventory itself."""
        decision = self.take(decide, message, NOW)
        for event in decision.events:
            if isinstance(event, BackorderDatesDueV1):
                self._take(dates.redate, event)
            if isinstance(event, StockFreedV1):
                self._take(fill.fill_waiting, event)
        return decision

    def date(self, number: int) -> datetime | None:
        """The date that an order's line was promised."""
        found: datetime | None = self.get(Reservation, "main", f"web:{number}").lines[0].expected_at
        return found

    @property
    def expected(self) -> int:
        """Pieces that are expected: stock and what is inbound say the same."""
        found: Stock = self.get(Stock, "main", "A")
        receipts: Inbound = self.get(Inbound, "main", "A")
        assert found.expected == receipts.left
        return found.expected
