"""Inventory, wired: which rule answers to which message."""

from crossdock_contracts import amendments, capture, inventory, returns, routing, shipping
from services.hub.app import HubApp
from services.hub.service import Service
from services.inventory.decide import amend, answers, bind, promise, release, stock
from services.inventory.state import Reservation, ReservationExpiry, Stock, WaitingLine


def service() -> Service:
    """What inventory hears, keeps, says and answers."""
    hub = Service(
        "inventory",
        by_owner=True,
        documents=(Stock, Reservation, WaitingLine, ReservationExpiry),
        says=(
            inventory.StockReservedV1,
            inventory.StockBackorderedV1,
            inventory.StockAllocatedV1,
            inventory.AllocationRefusedV1,
            inventory.ReservationReleasedV1,
            inventory.ReservationExpiredV1,
            inventory.BackorderLapsedV1,
            inventory.StockMovedV1,
            inventory.ShortageRecordedV1,
            inventory.StockFreedV1,
        ),
    )
    hub.on(capture.OrderCapturedV1, promise.reserve, reads=promise.reads_order, creates=promise.creates_reservation)
    hub.on(capture.OrderReleasedV1, promise.reserve_released, reads=promise.reads_order, remember=True)
    hub.on(capture.OrderCancelledV1, release.release_cancelled)
    hub.on(capture.OrderRejectedV1, release.release_rejected)
    hub.on(amendments.OrderAmendedV1, amend.amend, reads=promise.reads_order)
    hub.on(shipping.FulfilmentStoppedV1, amend.recall)
    hub.on(routing.OrderRoutedV1, bind.allocate, reads=bind.reads_routed)
    hub.on(shipping.ShipmentShippedV2, bind.deduct)
    hub.on(shipping.ShortPickedV1, bind.short_pick, remember=True)
    hub.on(returns.ReturnInspectedV1, stock.take_back, remember=True)
    hub.on(inventory.StockFreedV1, promise.fill_waiting, reads=stock.reads_stock)
    hub.on(inventory.ReceiveStockV1, stock.receive, reads=stock.reads_stock, remember=True)
    hub.on(inventory.AdjustStockV1, stock.adjust, reads=stock.reads_stock, remember=True)
    hub.on(inventory.CountStockV1, stock.count, reads=stock.reads_stock, remember=True)
    hub.on(inventory.TransferStockV1, stock.transfer, reads=stock.reads_stock, remember=True)
    hub.on(inventory.SetSafetyStockV1, stock.set_safety, reads=stock.reads_stock, remember=True)
    hub.at(ReservationExpiry, promise.expire)
    hub.at(WaitingLine, promise.remind)
    hub.answers("availability", answers.AvailabilityQuestion, answers.availability)
    return hub


app = HubApp(service())
