"""Inventory, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import (
    amendments,
    capture,
    inbound,
    inventory,
    lots,
    products,
    returns,
    routing,
    shipping,
    stores,
    warehouse,
)
from crossdock_contracts import stock as reality
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.inventory.audits import Count, CountDue, Shortfall, ShortfallDue, SnapshotRecord
from services.inventory.decide import (
    amend,
    answers,
    bind,
    conditions,
    counter,
    counts,
    dates,
    decline,
    expiry,
    fill,
    kits,
    limits,
    low,
    opening,
    promise,
    recalls,
    release,
    shortage,
    snapshot,
    stock,
    substitute,
    transfers,
)
from services.inventory.decide import inbound as receipts
from services.inventory.rules import Rules
from services.inventory.state import Kit, Reservation, ReservationExpiry, Stock, WaitingLine
from services.inventory.state_inbound import Inbound
from services.inventory.state_lots import LotExpiry, Lots, Recall, Transfer

_SAYS = (
    inventory.StockReservedV1,
    inventory.StockBackorderedV1,
    inventory.StockAllocatedV1,
    inventory.SubstitutionDecidedV1,
    inventory.AllocationRefusedV1,
    inventory.ReservationReleasedV1,
    inventory.ReservationExpiredV1,
    inventory.BackorderLapsedV1,
    inventory.StockMovedV1,
    inventory.ShortageRecordedV1,
    inventory.StockFreedV1,
    reality.StockAlreadyOpenV1,
    reality.StockLowV1,
    reality.PromiseTakenBackV1,
    reality.PromiseRestoredV1,
    reality.BoundStockMissingV1,
    reality.ShortageSoughtV1,
    reality.SnapshotAppliedV1,
    reality.SnapshotSweptV1,
    reality.CountOpenedV1,
    reality.CountVarianceFoundV1,
    reality.CountAppliedV1,
    reality.CountRejectedV1,
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
)


def service(config: Settings) -> Service:
    """What inventory hears, keeps, says and answers."""
    rules = Rules.load(config.rules_dir)
    hub = Service(
        "inventory",
        by_owner=True,
        documents=(
            Stock,
            Kit,
            Reservation,
            WaitingLine,
            ReservationExpiry,
            Shortfall,
            ShortfallDue,
            SnapshotRecord,
            Count,
            CountDue,
            Lots,
            LotExpiry,
            Recall,
            Transfer,
            Inbound,
        ),
        says=_SAYS,
    )
    _promises(hub, rules)
    _stock(hub, rules)
    _reality(hub, rules)
    _lots(hub, rules)
    _receipts(hub)
    hub.answers("availability", answers.AvailabilityQuestion, partial(answers.availability, rules))
    return hub


def _promises(hub: Service, rules: Rules) -> None:
    """Orders and their way."""
    watched = partial(low.watched, rules)
    hub.on(
        capture.OrderCapturedV1,
        watched(partial(promise.reserve, rules=rules)),
        reads=promise.reads_order,
        creates=promise.creates_reservation,
    )
    hub.on(
        capture.OrderReleasedV1,
        watched(partial(promise.reserve_released, rules=rules)),
        reads=promise.reads_order,
        remember=True,
    )
    hub.on(capture.OrderCancelledV1, watched(release.release_cancelled))
    hub.on(capture.OrderRejectedV1, watched(release.release_rejected))
    hub.on(amendments.OrderAmendedV1, watched(partial(amend.amend, rules=rules)), reads=promise.reads_order)
    hub.on(shipping.FulfilmentStoppedV1, watched(partial(amend.recall, rules=rules)), name="call-back")
    hub.on(routing.OrderRoutedV1, watched(partial(bind.allocate, rules=rules)), reads=bind.reads_routed)
    hub.on(shipping.ShipmentShippedV2, watched(partial(bind.deduct, rules=rules)))
    hub.on(shipping.ShortPickedV1, watched(partial(bind.short_pick, rules=rules)), remember=True)
    hub.on(stores.FulfilmentDeclinedV1, watched(decline.promise_declined), remember=True)
    hub.on(capture.GoodsHandedOverV1, watched(partial(counter.hand_over, rules=rules)), remember=True)
    hub.on(warehouse.SubstitutionWantedV1, watched(partial(substitute.substitute, rules=rules)), remember=True)
    hub.on(inventory.StockFreedV1, watched(partial(fill.fill_waiting, rules=rules)), reads=stock.reads_one)
    hub.at(ReservationExpiry, watched(release.expire))
    hub.at(WaitingLine, promise.remind)


def _stock(hub: Service, rules: Rules) -> None:
    """What comes and goes, and who may have how much of it."""
    for contract, decide in (
        (reality.OpenStockV1, partial(opening.open_stock, rules)),
        (inventory.ReceiveStockV1, partial(stock.receive, rules=rules)),
        (inventory.AdjustStockV1, partial(stock.adjust, rules=rules)),
        (inventory.CountStockV1, partial(stock.count, rules=rules)),
        (inventory.TransferStockV1, partial(stock.transfer, rules=rules)),
        (inventory.SetSafetyStockV1, stock.set_safety),
        (reality.SetChannelLimitV1, limits.set_limit),
        (reality.SetReorderPointV1, low.set_reorder_point),
    ):
        hub.on(contract, low.watched(rules, kits.of_goods(decide)), reads=stock.reads_stock, remember=True)
    hub.on(products.ProductChangedV1, kits.learn_kit, reads=kits.reads_kit)
    hub.on(returns.ReturnInspectedV1, low.watched(rules, partial(stock.take_back, rules=rules)), remember=True)


def _reality(hub: Service, rules: Rules) -> None:
    """What is there indeed: snapshots, counts, and promises beyond it."""
    watched = partial(low.watched, rules)
    hub.on(inventory.ShortageRecordedV1, partial(shortage.begin, rules), name="begin-shortage")
    hub.on(reality.ShortageSoughtV1, watched(partial(shortage.seek, rules)), name="seek-holders")
    hub.on(shipping.FulfilmentKeptV1, partial(shortage.keep, rules), name="keep-picked")
    hub.at(ShortfallDue, shortage.begin_due, name="begin-shortage-due")
    hub.on(reality.SnapshotStockV1, watched(partial(snapshot.snapshot, rules)), reads=snapshot.reads_snapshot)
    hub.on(reality.SnapshotSweptV1, watched(partial(snapshot.sweep, rules)), name="sweep-snapshot")
    hub.on(reality.PlanCountV1, partial(counts.plan, rules), name="plan-count")
    hub.on(reality.SubmitCountV1, watched(partial(counts.submit, rules)), name="submit-count", remember=True)
    hub.on(reality.ApproveCountV1, watched(counts.approve), name="approve-count", remember=True)
    hub.on(reality.RejectCountV1, counts.reject, name="reject-count", remember=True)
    hub.at(CountDue, counts.open_due, name="open-count")


def _lots(hub: Service, rules: Rules) -> None:
    """Conditions, lots, recalls, transfers."""
    watched = partial(low.watched, rules)
    for contract, decide in (
        (lots.ChangeConditionV1, conditions.change_condition),
        (lots.CorrectLotV1, conditions.correct_lot),
        (lots.RecallLotV1, recalls.recall),
        (lots.DispatchTransferV1, transfers.dispatch),
        (lots.ReceiveTransferV1, transfers.receive_transfer),
    ):
        hub.on(contract, watched(kits.of_goods(partial(decide, rules=rules))), reads=stock.reads_stock, remember=True)
    hub.on(lots.LiftRecallV1, recalls.lift, remember=True)
    product = partial(expiry.learn_product, rules.shelf_life)
    hub.on(products.ProductChangedV1, product, name="learn-tracking", reads=stock.reads_one)
    hub.on(lots.LotsPickedV1, watched(partial(conditions.bind_picked, rules=rules)))
    going_on = watched(partial(recalls.go_on, rules=rules))
    hub.on(lots.LotQuarantinedV1, going_on, name="quarantine-lot", reads=stock.reads_one)
    hub.at(LotExpiry, watched(partial(expiry.expire_lots, rules=rules)))


def _receipts(hub: Service) -> None:
    """Expected receipts, and the dates that waiting lines are promised by them."""
    for contract, decide, name in (
        (inbound.ExpectReceiptV1, receipts.expect, "expect-receipt"),
        (inbound.SlipReceiptV1, receipts.slip, "slip-receipt"),
        (inbound.CloseReceiptV1, receipts.close, "close-receipt"),
    ):
        hub.on(contract, kits.of_goods(decide), name=name, reads=stock.reads_stock, remember=True)
    hub.on(inbound.BackorderDatesDueV1, dates.redate, reads=stock.reads_one)


app = HubApp(service(settings()))
