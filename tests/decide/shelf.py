"""A shelf for tests: SKU A, kept by lot, at two locations, and all that happens to it."""

from datetime import datetime
from functools import partial
from typing import Any

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.inventory import ReceiveStockV1, StockAllocatedV1
from crossdock_contracts.lots import (
    ChangeConditionV1,
    CorrectLotV1,
    DispatchTransferV1,
    LiftRecallV1,
    LotsPickedV1,
    PickedLots,
    RecallLotV1,
    ReceiveTransferV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import Product, ProductChangedV1
from crossdock_contracts.returns import InspectedGoods, ReturnInspectedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.shipping import LineLot, ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import FulfilledQuantity, LotQuantity
from services.hub.decision import Decision, Document
from services.inventory.decide import bind, conditions, expiry, promise, recalls, release, stock, transfers
from services.inventory.rules import Rules, ShelfLife, StockFile
from services.inventory.state import LocationStock, Reservation, Stock
from services.inventory.state_lots import LotExpiry, Lots
from tests.builders import NOW, captured, fulfilment, fulfilment_line, line, pieces, shipment_shipped
from tests.decide.ledger import Ledger

SPRING, SUMMER, AUTUMN = "2026-03-31", "2026-06-30", "2026-09-30"
"""Last days of lots; NOW is the 2nd of March 2026."""
ABOUT = {"owner": "main", "sku": "A"}


def lots_of(**quantities: int) -> tuple[LotQuantity, ...]:
    """Pieces by lot."""
    return tuple(LotQuantity(lot=lot, quantity=n) for lot, n in quantities.items())


def rules_for(**days: int) -> Rules:
    """Rules with the days that lots of these categories must have left."""
    return Rules(stock=StockFile(shelf_life=ShelfLife(categories=days)))


class Shelf(Ledger):
    """Inventory's decisions about SKU A, by what they are about."""

    def __init__(self, *documents: Document, tracked: bool = True, days: int = 0) -> None:
        super().__init__(*documents)
        self.rules = rules_for(food=days)
        if tracked:
            self.tracks(track_lot=True, track_expiry=True)

    def tracks(self, **flags: bool) -> Decision:
        """The product says how closely its pieces are followed."""
        product = Product(sku="A", category="food", **flags)
        message = ProductChangedV1(**ABOUT, product=product, changed_at=NOW)
        return self.take(partial(expiry.learn_product, self.rules.shelf_life), message, NOW)

    def receives(self, quantity: int, lot: str = "", day: str = SUMMER, place: str = "BER", **more: Any) -> Decision:
        message = ReceiveStockV1(**ABOUT, location_id=place, quantity=quantity, lot=lot, expires_on=day, **more)
        return self.take(partial(stock.receive, rules=self.rules), message, NOW)

    def sells(self, quantity: int, number: int = 1, place: str = "BER", now: datetime = NOW) -> Fulfilment:
        """An order for so many pieces is promised and bound; its fulfilment as the pick is told, if it is bound."""
        order_id = f"web:{number}"
        self.take(promise.reserve, captured(line(quantity=quantity), order_id=order_id), now)
        made = fulfilment(fulfilment_line(quantity=quantity), location=place, order_id=order_id)
        return self.routes(made, now) or made

    def routes(self, made: Fulfilment, now: datetime = NOW) -> Fulfilment | None:
        message = OrderRoutedV1(
            owner="main", order_id=made.order_id, attempt=1, fulfilments=(made,), ranking=(), rules=(), routed_at=now
        )
        decision = self.take(bind.allocate, message, now)
        return next((e.fulfilment for e in decision.events if isinstance(e, StockAllocatedV1)), None)

    def ships(self, made: Fulfilment, *lots: LotQuantity, quantity: int = 0) -> Decision:
        message = shipment_shipped(order_id=made.order_id)
        quantity = quantity or made.lines[0].quantity
        gone = message.lines[0].model_copy(update={"quantity": quantity, "lots": lots or made.lines[0].lots})
        message = message.model_copy(update={"lines": (gone,), "location_id": made.location_id})
        return self.take(bind.deduct, ShipmentShippedV2.model_validate(message.model_dump()), NOW)

    def picks(self, made: Fulfilment, *lots: LotQuantity) -> Decision:
        """The picker took other lots."""
        taken = PickedLots(line_id="1", sku="A", lots=lots)
        message = LotsPickedV1(
            owner="main", order_id=made.order_id, fulfilment_id=made.fulfilment_id, location_id=made.location_id,
            lines=(taken,), picked_at=NOW,
        )  # fmt: skip
        return self.take(conditions.bind_picked, message, NOW)

    def misses(self, made: Fulfilment, missing: int, *found: LotQuantity) -> Decision:
        """So many pieces were not there; the others were of these lots, if the picker says so."""
        message = ShortPickedV1(
            owner="main", order_id=made.order_id, fulfilment_id=made.fulfilment_id, location_id=made.location_id,
            missing=(pieces(missing),), picked=(), picked_at=NOW,
            lots=tuple(LineLot(line_id="1", lot=one.lot, quantity=one.quantity) for one in found),
        )  # fmt: skip
        return self.take(bind.short_pick, message, NOW)

    def cancels(self, made: Fulfilment, quantity: int) -> Decision:
        gone = FulfilledQuantity(line_id="1", sku="A", quantity=quantity, fulfilment_id=made.fulfilment_id)
        message = OrderCancelledV1(
            owner="main", order_id=made.order_id, cancel_id=f"c-{quantity}", complete=False, amount_minor=0,
            lines=(gone,), reason="requested", decided_by="shipping", cancelled_at=NOW,
        )  # fmt: skip
        return self.take(release.release_cancelled, message, NOW)

    def returned(self, quantity: int, lot: str = "", day: str = "", disposition: Any = "restock") -> Decision:
        goods = InspectedGoods(
            line_id="1", sku="A", quantity=quantity, disposition=disposition, lot=lot, expires_on=day
        )
        message = ReturnInspectedV1(
            owner="main", order_id="web:1", return_id="R-1", location_id="BER", lines=(goods,), inspected_at=NOW
        )
        return self.take(stock.take_back, message, NOW)

    def changes(self, quantity: int, source: Any, target: Any, lot: str = "", place: str = "BER") -> Decision:
        message = ChangeConditionV1(
            **ABOUT, location_id=place, quantity=quantity, from_condition=source, to_condition=target, lot=lot,
            reason="inspected",
        )  # fmt: skip
        return self.take(conditions.change_condition, message, NOW)

    def corrects(self, quantity: int, source: str, target: str, day: str = "") -> Decision:
        message = CorrectLotV1(
            **ABOUT, location_id="BER", quantity=quantity, from_lot=source, to_lot=target, expires_on=day
        )
        return self.take(conditions.correct_lot, message, NOW)

    def recalls(self, lot: str) -> Decision:
        return self.take(recalls.recall, RecallLotV1(**ABOUT, lot=lot), NOW)

    def lifts(self, lot: str) -> Decision:
        return self.take(recalls.lift, LiftRecallV1(**ABOUT, lot=lot), NOW)

    def dispatches(self, quantity: int, lot: str = "", name: str = "T-1") -> Decision:
        message = DispatchTransferV1(
            **ABOUT, transfer_id=name, from_location_id="BER", to_location_id="ROT", quantity=quantity, lot=lot
        )
        return self.take(transfers.dispatch, message, NOW)

    def arrives(self, quantity: int, name: str = "T-1", *, more: bool = False) -> Decision:
        message = ReceiveTransferV1(**ABOUT, transfer_id=name, quantity=quantity, more_to_come=more)
        return self.take(transfers.receive_transfer, message, NOW)

    def grows_old(self, now: datetime, place: str = "BER") -> Decision:
        """The timer of the location's lots fires."""
        return self.take(expiry.expire_lots, LotExpiry(**ABOUT, location_id=place, due_at=now), now)

    @property
    def stock(self) -> Stock:
        found: Stock = self.get(Stock, "main", "A")
        return found

    def at(self, place: str = "BER") -> LocationStock:
        return self.stock.locations.get(place) or LocationStock()

    def lots(self, counter: str = "on_hand", place: str = "BER") -> dict[str, int]:
        """Pieces of each lot."""
        found = self.get(Lots, "main", "A", place)
        there = {name: getattr(lot, counter) for name, lot in found.lots.items()} if found else {}
        return {name: n for name, n in sorted(there.items()) if n}

    def bound(self, number: int = 1) -> dict[str, int]:
        """Lots that are bound for an order."""
        (one,) = self.get(Reservation, "main", f"web:{number}").lines[0].bound
        return dict(one.lots)

    @property
    def refused(self) -> str:
        """Why the last command was refused."""
        return str(self.said(CommandRefusedV1)[-1].reason)
