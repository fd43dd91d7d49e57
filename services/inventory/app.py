"""Inventory, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import capture, inventory, products, returns, routing, shipping, stores, warehouse
from crossdock_contracts import stock as reality
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.inventory.audits import Count, CountDue, Shortfall, ShortfallDue, SnapshotRecord
from services.inventory.decide import (
    answers,
    bind,
    counter,
    counts,
    decline,
    fill,
    kits,
    limits,
    low,
    opening,
    promise,
    shortage,
    snapshot,
    stock,
    substitute,
)
from services.inventory.rules import Rules
from services.inventory.state import Kit, Reservation, ReservationExpiry, Stock, WaitingLine

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
        ),
        says=_SAYS,
    )
    _promises(hub, rules)
    _stock(hub, rules)
    _reality(hub, rules)
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
    hub.on(capture.OrderCancelledV1, watched(promise.release_cancelled))
    hub.on(capture.OrderRejectedV1, watched(promise.release_rejected))
    hub.on(routing.OrderRoutedV1, bind.allocate, reads=bind.reads_routed)
    hub.on(shipping.ShipmentShippedV2, watched(partial(bind.deduct, rules=rules)))
    hub.on(shipping.ShortPickedV1, watched(partial(bind.short_pick, rules=rules)), remember=True)
    hub.on(stores.FulfilmentDeclinedV1, watched(decline.promise_declined), remember=True)
    hub.on(capture.GoodsHandedOverV1, watched(counter.hand_over), remember=True)
    hub.on(warehouse.SubstitutionWantedV1, watched(partial(substitute.substitute, rules=rules)), remember=True)
    hub.on(inventory.StockFreedV1, watched(partial(fill.fill_waiting, rules=rules)), reads=stock.reads_freed)
    hub.at(ReservationExpiry, watched(promise.expire))
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


app = HubApp(service(settings()))
