"""Inventory, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import capture, inbound, inventory, lots, products, returns, routing, shipping
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.inventory.decide import (
    answers,
    bind,
    conditions,
    dates,
    expiry,
    promise,
    recalls,
    stock,
    transfers,
)
from services.inventory.decide import inbound as receipts
from services.inventory.rules import Rules
from services.inventory.state import Reservation, ReservationExpiry, Stock, WaitingLine
from services.inventory.state_inbound import Inbound
from services.inventory.state_lots import LotExpiry, Lots, Recall, Transfer


def service(config: Settings) -> Service:
    """What inventory hears, keeps, says and answers."""
    rules = Rules.load(config.rules_dir)
    hub = Service(
        "inventory",
        by_owner=True,
        documents=(
            Stock,
            Reservation,
            WaitingLine,
            ReservationExpiry,
            Lots,
            LotExpiry,
            Recall,
            Transfer,
            Inbound,
        ),
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
            lots.LotExpiredV1,
            lots.LotCorrectedV1,
            lots.LotRecalledV1,
            lots.RecallLiftedV1,
            lots.LotQuarantinedV1,
            lots.TransferDispatchedV1,
            lots.TransferReceivedV1,
            inbound.ReceiptExpectedV1,
            inbound.ReceiptClosedV1,
            inbound.BackorderPromisedV1,
            inbound.BackorderDateChangedV1,
            inbound.BackorderDatesDueV1,
        ),
    )
    hub.on(capture.OrderCapturedV1, promise.reserve, reads=promise.reads_order, creates=promise.creates_reservation)
    hub.on(capture.OrderReleasedV1, promise.reserve_released, reads=promise.reads_order, remember=True)
    hub.on(capture.OrderCancelledV1, promise.release_cancelled)
    hub.on(capture.OrderRejectedV1, promise.release_rejected)
    hub.on(routing.OrderRoutedV1, bind.allocate, reads=bind.reads_routed)
    hub.on(shipping.ShipmentShippedV2, bind.deduct)
    hub.on(shipping.ShortPickedV1, bind.short_pick, remember=True)
    hub.on(returns.ReturnInspectedV1, stock.take_back, remember=True)
    hub.on(inventory.StockFreedV1, promise.fill_waiting, reads=stock.reads_stock)
    receive = partial(stock.receive, shelf_life=rules.shelf_life)
    hub.on(inventory.ReceiveStockV1, receive, reads=stock.reads_stock, remember=True)
    hub.on(inventory.AdjustStockV1, stock.adjust, reads=stock.reads_stock, remember=True)
    hub.on(inventory.CountStockV1, stock.count, reads=stock.reads_stock, remember=True)
    hub.on(inventory.TransferStockV1, stock.transfer, reads=stock.reads_stock, remember=True)
    hub.on(inventory.SetSafetyStockV1, stock.set_safety, reads=stock.reads_stock, remember=True)
    _hear_of_lots(hub, rules)
    _hear_of_receipts(hub)
    hub.at(ReservationExpiry, promise.expire)
    hub.at(WaitingLine, promise.remind)
    hub.answers("availability", answers.AvailabilityQuestion, answers.availability)
    return hub


def _hear_of_lots(hub: Service, rules: Rules) -> None:
    """Conditions, lots, recalls, transfers."""
    hub.on(products.ProductChangedV1, partial(expiry.learn_product, rules.shelf_life), reads=expiry.reads_product)
    hub.on(lots.LotsPickedV1, conditions.bind_picked)
    hub.on(lots.ChangeConditionV1, conditions.change_condition, reads=stock.reads_stock, remember=True)
    hub.on(lots.CorrectLotV1, conditions.correct_lot, reads=stock.reads_stock, remember=True)
    hub.on(lots.RecallLotV1, recalls.recall, reads=stock.reads_stock, remember=True)
    hub.on(lots.LotQuarantinedV1, recalls.go_on, name="quarantine-lot", reads=stock.reads_stock)
    hub.on(lots.LiftRecallV1, recalls.lift, remember=True)
    hub.on(lots.DispatchTransferV1, transfers.dispatch, reads=stock.reads_stock, remember=True)
    hub.on(lots.ReceiveTransferV1, transfers.receive_transfer, reads=stock.reads_stock, remember=True)
    hub.at(LotExpiry, expiry.expire_lots)


def _hear_of_receipts(hub: Service) -> None:
    """Expected receipts, and the dates that waiting lines are promised by them."""
    hub.on(inbound.ExpectReceiptV1, receipts.expect, name="expect-receipt", reads=stock.reads_stock, remember=True)
    hub.on(inbound.SlipReceiptV1, receipts.slip, name="slip-receipt", reads=stock.reads_stock, remember=True)
    hub.on(inbound.CloseReceiptV1, receipts.close, name="close-receipt", reads=stock.reads_stock, remember=True)
    hub.on(inbound.BackorderDatesDueV1, dates.redate, reads=stock.reads_stock)


app = HubApp(service(settings()))
