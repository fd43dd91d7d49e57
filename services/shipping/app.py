"""Shipping, wired: which rule answers to which message."""

from functools import partial
from secrets import randbelow

from crossdock_contracts import (
    capture,
    inventory,
    labels,
    lots,
    returns,
    routing,
    shipping,
    stock,
    stores,
    tracking,
    warehouse,
)
from crossdock_contracts.base import Contract, Event
from services.hub.app import HubApp
from services.hub.effects import Limits
from services.hub.metrics import FAILOVERS
from services.hub.secrets import Secrets
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.shipping import errands, following
from services.shipping.carriers import CarrierAdapter, accounts, shop
from services.shipping.carriers.desk import BUCKET, AskDesk, LabelDesk
from services.shipping.carriers.sandbox import SandboxCarrier
from services.shipping.carriers.table import TableCarrier
from services.shipping.decide import (
    accept,
    answers,
    bins,
    commands,
    dropship,
    due,
    goods,
    label,
    mend,
    missing,
    offer,
    pack,
    pickup,
    risk,
    serials,
    share,
    steps,
    stop,
    substitute,
    track,
    waves,
    work,
)
from services.shipping.edge import BELOW, CarrierEdge
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer, RiskTimer, Shipment
from services.shipping.state_goods import LotShipment, RecalledLot, Serial
from services.shipping.state_work import Bins, Task, Wave

_SAYS: tuple[type[Event], ...] = (
    labels.LabelBoughtV1,
    labels.LabelRefusedV1,
    labels.LabelWantedV1,
    labels.LabelDelayedV1,
    labels.LabelVoidedV1,
    shipping.FulfilmentPickedV1,
    shipping.ShortPickedV1,
    lots.LotsPickedV1,
    shipping.FulfilmentPackedV1,
    shipping.FulfilmentStoppedV1,
    shipping.FulfilmentKeptV1,
    warehouse.StepsPlannedV1,
    warehouse.StepDoneV1,
    warehouse.StepFailedV1,
    warehouse.StepReopenedV1,
    warehouse.TaskOverdueV1,
    warehouse.BinsAssignedV1,
    warehouse.WavePlannedV1,
    warehouse.WaveReleasedV1,
    warehouse.WaveClosedV1,
    warehouse.SubstitutionWantedV1,
    warehouse.LineSubstitutedV1,
    warehouse.ParcelJoinedV1,
    warehouse.ParcelSharedV1,
    warehouse.ParcelUnsharedV1,
    stores.FulfilmentOfferedV1,
    stores.FulfilmentAcceptedV1,
    stores.FulfilmentDeclinedV1,
    stores.PurchaseOrderIssuedV1,
    stores.SupplierInvoicedV1,
    stores.PickupReadyV1,
    stores.PickupReminderV1,
    stores.PickupLockedV1,
    stores.PickupExpiredV1,
    stores.ParcelUncollectedV1,
    shipping.ShipmentShippedV1,
    shipping.ShipmentShippedV2,
    tracking.ShipmentInTransitV1,
    tracking.ShipmentOutForDeliveryV1,
    tracking.ShipmentDeliveredV1,
    tracking.ShipmentExceptionV1,
    tracking.FulfilmentAtRiskV1,
)


def service(config: Settings) -> Service:
    """What shipping hears, keeps and says, and the carriers that it buys from."""
    rules = Rules.load(config.rules_dir)
    hub = Service(
        "shipping",
        documents=(
            *(Shipment, RiskTimer, LabelTimer, Task, Wave, Bins, Serial, LotShipment, RecalledLot),
            *errands.DOCUMENTS,
            *following.DOCUMENTS,
        ),
        buckets=(BUCKET,),
        says=(*_SAYS, *errands.SAYS, *following.SAYS),
    )
    _add_carriers(hub, rules, config)
    _buy_labels(hub, rules)
    _stop(hub, rules)
    _work(hub, rules)
    _share_parcels(hub, rules)
    _hear_stores(hub, rules)
    _know_goods(hub)
    errands.hear(hub, rules)
    following.follow_all(hub, rules)  # last: it is about what any of them decides
    return hub


def _buy_labels(hub: Service, rules: Rules) -> None:
    """A fulfilment comes, and its label is bought, waited for, entered or settled by hand."""
    circuit, settle = partial(hub.effects.is_open, operation="buy"), partial(label.settle_label, rules)
    reads = commands.reads_shipment
    hub.on(
        inventory.StockAllocatedV1,
        risk.watched(rules, partial(label.ship, rules, circuit)),
        creates=label.creates_shipment,
        settle=settle,
    )
    hub.on(capture.OrderReleasedV1, mend.want_labels)
    hub.on(labels.LabelWantedV1, partial(mend.buy_again, rules, circuit), reads=reads, settle=settle)
    hub.at(LabelTimer, partial(mend.ask_again, rules, circuit), settle=settle)
    hub.on(
        labels.SettlePurchaseV1,
        partial(mend.settle_purchase, rules, circuit),
        settle=settle,
        reads=reads,
        remember=True,
    )
    hub.on(labels.ReportLabelV1, partial(mend.report_label, rules), reads=reads)
    hub.on(
        shipping.ConfirmPackedV1,
        partial(pack.confirm_packed, rules, circuit),
        settle=settle,
        reads=reads,
        remember=True,
    )
    hub.counts(labels.LabelBoughtV1, _count_failover)


def _stop(hub: Service, rules: Rules) -> None:
    """A fulfilment does not leave, or not all of it."""
    hub.on(
        routing.FulfilmentStopRequestedV1,
        risk.watched(rules, partial(stop.stop, rules)),
        reads=stop.reads_stopped,
        settle=partial(stop.settle_void, rules),
    )
    hub.on(
        stock.BoundStockMissingV1,
        partial(missing.give_up, rules),
        reads=missing.reads_missing,
        settle=partial(missing.settle_given_up, rules),
    )


def _work(hub: Service, rules: Rules) -> None:
    """What a warehouse does and confirms, and where parcels are."""
    watched, reads = partial(risk.watched, rules), commands.reads_shipment
    hub.on(capture.OrderReleasedV1, partial(steps.reopen_steps, rules), remember=True)
    hub.on(warehouse.ConfirmStepV1, partial(steps.confirm_step, rules), reads=reads, remember=True)
    hub.at(Task, partial(due.task_due, rules), name="overdue")
    hub.on(warehouse.AssignBinsV1, bins.assign_bins, reads=bins.reads_bins)
    hub.on(warehouse.PlanWaveV1, partial(waves.plan_wave, rules), reads=waves.reads_wave)
    hub.on(warehouse.ReleaseWaveV1, waves.release_wave, reads=waves.reads_wave)
    hub.on(warehouse.CloseWaveV1, waves.close_wave, reads=waves.reads_wave)
    hub.answers("queue", answers.QueueQuestion, answers.queue)
    hub.answers("next-wave", answers.WaveQuestion, partial(answers.next_wave, rules))
    hub.answers("pick-list", answers.PickListQuestion, partial(answers.list_picks, rules))
    hub.on(
        shipping.ConfirmPickedV1,
        watched(partial(work.confirm_picked, rules)),
        settle=partial(work.settle_picked, rules),
        reads=reads,
        remember=True,
    )
    hub.on(shipping.ConfirmShippedV1, watched(work.confirm_shipped), reads=reads)
    hub.on(tracking.TrackingUpdateV1, watched(track.track), reads=reads, remember=True)
    hub.on(tracking.ParcelScannedV1, watched(track.scanned), reads=reads, remember=True)
    hub.at(RiskTimer, partial(risk.warn, rules))


def _share_parcels(hub: Service, rules: Rules) -> None:
    """Fulfilments go in one parcel, or in another than was thought; and other goods than were ordered."""
    settle, reads = partial(label.settle_label, rules), commands.reads_shipment
    hub.on(inventory.SubstitutionDecidedV1, partial(substitute.substituted, rules), settle=settle, reads=reads)
    hub.on(warehouse.ParcelJoinedV1, share.join, reads=reads, remember=True)
    hub.on(warehouse.ParcelSharedV1, share.know_shared, reads=reads)
    unshared = partial(share.know_unshared, rules)
    hub.on(warehouse.ParcelUnsharedV1, unshared, settle=settle, reads=reads, remember=True)


def _know_goods(hub: Service) -> None:
    """Lots that are recalled, and serial numbers that are back."""
    hub.on(lots.LotRecalledV1, goods.know_recalled)
    hub.on(lots.RecallLiftedV1, goods.know_lifted)
    hub.on(returns.ReturnInspectedV1, serials.take_back)


def _add_carriers(hub: Service, rules: Rules, config: Settings) -> None:
    """Those inside the process, those that are configured, and whoever asks several of them what they charge."""
    secrets = Secrets(config.secrets_dir)
    known: dict[str, tuple[CarrierAdapter, Limits]] = {
        carrier.name: (carrier, Limits(concurrency=512)) for carrier in (TableCarrier(), SandboxCarrier())
    }
    for name, account in rules.accounts.items():
        made, limits = accounts.adapter(name, account, secrets), accounts.limits(account)
        known[name] = made, limits
        following.ask(hub, name, account, made, limits, config)
    for carrier, limits in known.values():
        hub.adapter(LabelDesk(carrier, partial(hub.put_object, BUCKET)), limits)
    live = {carrier.adapter for carrier in rules.carriers.values() if carrier.rates == "live"} & known.keys()
    deadline_s = rules.rates.deadline_s
    for name in sorted(live):
        carrier, limits = known[name]
        hub.adapter(AskDesk(shop.asking(name), carrier.call), shop.limits(deadline_s, limits.concurrency))
    if live:
        hub.adapter(
            shop.RateShop(hub.effects.run, hub.effects.is_open, deadline_s),
            Limits(concurrency=1024, timeout_s=deadline_s + 10, attempts=1),
        )


def _hear_stores(hub: Service, rules: Rules) -> None:
    """What stores and suppliers say."""
    reads, circuit = commands.reads_shipment, partial(hub.effects.is_open, operation="buy")
    for taken, left, name in (
        (stores.AcceptFulfilmentV1, stores.DeclineFulfilmentV1, "fulfilment"),
        (stores.AcknowledgePurchaseOrderV1, stores.RejectPurchaseOrderV1, "purchase-order"),
    ):
        decide, settle = partial(accept.accept, rules, circuit), partial(label.settle_label, rules)
        hub.on(taken, decide, name=f"accept-{name}", settle=settle, reads=reads)
        hub.on(left, partial(offer.decline, rules), name=f"decline-{name}", reads=reads)
    for command, lies in (
        (stores.ConfirmReadyV1, partial(pickup.ready, rules)),
        (stores.ReceiveAtStoreV1, partial(pickup.receive, rules)),
        (stores.ResetPickupCodeV1, pickup.reset_code),
    ):
        hub.on(command, lies, reads=reads, remember=True, prepare=_code)
    hub.on(stores.HandOverV1, partial(pickup.hand_over, rules), reads=reads, remember=True)
    hub.on(stores.InvoicePurchaseOrderV1, dropship.invoice, reads=reads)


def _count_failover(bought: labels.LabelBoughtV1) -> None:
    over = next((one for one in bought.passed_over if one.cause != labels.NO_EXCHANGE), None)
    if over is not None:
        FAILOVERS.labels(over.carrier, over.cause).inc()


async def _code(_message: Contract) -> str:
    """A code that a buyer shows in a store: six digits that nobody can guess."""
    return f"{randbelow(1_000_000):06d}"


def build(config: Settings) -> HubApp:
    """The application with its web interface."""
    accounts = Rules.load(config.rules_dir).accounts
    return HubApp(service(config), config, http=lambda runtime: CarrierEdge(accounts, runtime, config), below=BELOW)


app = build(settings())
