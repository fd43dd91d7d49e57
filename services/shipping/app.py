"""Shipping, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import capture, inventory, lots, returns, routing, shipping, stock
from services.hub.app import HubApp
from services.hub.effects import Limits
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.shipping.carriers.desk import BUCKET, LabelDesk
from services.shipping.carriers.sandbox import SandboxCarrier
from services.shipping.carriers.table import TableCarrier
from services.shipping.decide import goods, label, mend, missing, serials, stop, work
from services.shipping.rules import Rules
from services.shipping.state import Shipment
from services.shipping.state_goods import LotShipment, RecalledLot, Serial


def service(config: Settings) -> Service:
    """What shipping hears, keeps and says, and the carriers that it buys from."""
    rules = Rules.load(config.rules_dir)
    hub = Service(
        "shipping",
        documents=(Shipment, Serial, LotShipment, RecalledLot),
        buckets=(BUCKET,),
        says=(
            shipping.LabelBoughtV1,
            shipping.LabelRefusedV1,
            shipping.LabelWantedV1,
            shipping.LabelVoidedV1,
            shipping.FulfilmentPickedV1,
            shipping.ShortPickedV1,
            lots.LotsPickedV1,
            shipping.FulfilmentPackedV1,
            shipping.FulfilmentStoppedV1,
            shipping.FulfilmentKeptV1,
            shipping.ShipmentShippedV1,
            shipping.ShipmentShippedV2,
            shipping.ShipmentInTransitV1,
            shipping.ShipmentOutForDeliveryV1,
            shipping.ShipmentDeliveredV1,
            shipping.ShipmentExceptionV1,
        ),
    )
    for carrier in (TableCarrier(), SandboxCarrier()):
        hub.adapter(LabelDesk(carrier, partial(hub.put_object, BUCKET)), Limits(concurrency=512))
    circuit = hub.effects.is_open
    settle = partial(label.settle_label, rules)
    hub.on(
        inventory.StockAllocatedV1,
        partial(label.ship, rules, circuit),
        creates=label.creates_shipment,
        settle=settle,
    )
    hub.on(
        routing.FulfilmentStopRequestedV1,
        partial(stop.stop, rules),
        reads=stop.reads_stopped,
        settle=partial(stop.settle_void, rules),
    )
    hub.on(
        stock.BoundStockMissingV1,
        partial(missing.give_up, rules),
        reads=missing.reads_missing,
        settle=partial(missing.settle_given_up, rules),
    )
    hub.on(capture.OrderReleasedV1, mend.want_labels)
    hub.on(shipping.LabelWantedV1, partial(mend.buy_again, rules, circuit), reads=work.reads_shipment, settle=settle)
    hub.on(shipping.ReportLabelV1, partial(mend.report_label, rules), reads=work.reads_shipment)
    hub.on(
        shipping.ConfirmPickedV1,
        partial(work.confirm_picked, rules),
        settle=partial(work.settle_picked, rules),
        reads=work.reads_shipment,
        remember=True,
    )
    hub.on(
        shipping.ConfirmPackedV1,
        partial(work.confirm_packed, rules, circuit),
        settle=settle,
        reads=work.reads_shipment,
        remember=True,
    )
    hub.on(shipping.ConfirmShippedV1, work.confirm_shipped, reads=work.reads_shipment)
    hub.on(shipping.TrackingUpdateV1, work.track, reads=work.reads_shipment, remember=True)
    hub.on(lots.LotRecalledV1, goods.know_recalled)
    hub.on(lots.RecallLiftedV1, goods.know_lifted)
    hub.on(returns.ReturnInspectedV1, serials.take_back)
    return hub


app = HubApp(service(settings()))
