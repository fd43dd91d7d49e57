"""Capture, wired: which rule answers to which message, and the web interface that orders come in by."""

from functools import partial
from typing import Any

from crossdock_contracts import (
    amendments,
    capture,
    cases,
    inventory,
    mapping,
    payments,
    products,
    routing,
    shipping,
    stock,
    stores,
    warehouse,
)
from services.capture.decide import amend, cancel, catalogue, correct, elsewhere, holds, ingest, replace, waiting
from services.capture.edge import ORIGINALS, Edge
from services.capture.formats import FORMATS
from services.capture.rules import Channels, UnmappableError
from services.capture.state import (
    Customer,
    HoldExpiry,
    Item,
    Listing,
    OrderRecord,
    RecordedUntil,
    WaitingOrder,
    Wanted,
)
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings


def service(config: Settings) -> Service:
    """What capture hears, keeps and says."""
    channels = Channels.load(config.rules_dir, FORMATS)
    hub = Service(
        "capture",
        documents=(OrderRecord, HoldExpiry, Listing, Item, Wanted, WaitingOrder, Customer, RecordedUntil),
        buckets=(ORIGINALS,),
        says=(
            capture.OrderCapturedV1,
            capture.CustomersMergedV1,
            capture.OrderHeldV1,
            capture.OrderReleasedV1,
            capture.OrderRejectedV1,
            capture.SubmissionIgnoredV1,
            capture.CancelRequestedV1,
            capture.OrderCancelledV1,
            capture.CancelRefusedV1,
            mapping.MappingMissedV1,
            mapping.MappingFoundV1,
            mapping.OrderMappableV1,
            capture.GoodsHandedOverV1,
            amendments.AmendmentReceivedV1,
            amendments.AmendmentRequestedV1,
            amendments.AmendmentRefusedV1,
            amendments.OrderAmendedV1,
        ),
    )
    hub.on(
        capture.IngestV1,
        partial(ingest.ingest, channels),
        reads=partial(ingest.reads_ingest, channels),
        creates=ingest.creates_order,
        prepare=partial(_original, hub),
    )
    hub.on(
        cases.ReplacementOrderedV1,
        partial(replace.replace, channels),
        reads=replace.reads_replacement,
        creates=replace.creates_replacement,
    )
    hub.on(capture.CancelOrderV1, cancel.cancel_order, remember=True)
    hub.on(capture.PlaceHoldV1, holds.place_hold, remember=True)
    hub.on(capture.ReleaseHoldV1, holds.release_hold)
    hub.on(capture.RejectOrderV1, holds.reject_order)
    hub.at(HoldExpiry, holds.expire_hold)
    hub.on(capture.ReportFulfilledV1, elsewhere.report_fulfilled)
    hub.at(RecordedUntil, elsewhere.recorded_long_enough)
    hub.on(amendments.AmendOrderV1, partial(correct.amend_order, channels), remember=True)
    hub.on(routing.CancelDecidedV1, amend.settle_cancel)
    hub.on(stores.PickupExpiredV1, cancel.cancel_uncollected)
    hub.on(amendments.AmendmentDecidedV1, amend.settle_amendment)
    hub.on(routing.OrderCompletedV1, cancel.complete)
    for trouble in _TROUBLE:
        hub.on(trouble, holds.hold_on_trouble, name=f"hold-on-{trouble.NAME}")
    hub.on(products.ProductChangedV1, catalogue.learn_product, reads=catalogue.reads_product)
    hub.on(products.ListingMappedV1, catalogue.learn_listing, reads=catalogue.reads_listing)
    hub.on(mapping.MappingMissedV1, waiting.wait_for, reads=waiting.reads_missed)
    hub.on(mapping.MappingFoundV1, waiting.let_go)
    hub.on(mapping.OrderMappableV1, waiting.map_again, reads=waiting.reads_order)
    hub.at(WaitingOrder, waiting.look_again)
    hub.on(stock.PromiseTakenBackV1, partial(holds.hold_short, channels))
    hub.on(stock.PromiseRestoredV1, holds.close_short)
    return hub


async def _original(hub: Service, message: capture.IngestV1) -> str:
    """The payload as it came: in the message, or in the object store where it was too large for one."""
    if not message.original:
        return message.body
    found = await hub.objects[ORIGINALS].get(message.original)
    if found is None:
        msg = f"payload {message.original} is not in the object store"
        raise UnmappableError(msg)
    return found.decode()


_TROUBLE: tuple[Any, ...] = (
    payments.PaymentDeclinedV1,
    payments.PaymentFailedV1,
    inventory.ReservationExpiredV1,
    inventory.BackorderLapsedV1,
    routing.OrderUnroutableV1,
    shipping.LabelRefusedV1,
    warehouse.StepFailedV1,
)


def build(config: Settings) -> HubApp:
    """The application with its web interface."""
    channels = Channels.load(config.rules_dir, FORMATS)
    return HubApp(service(config), config, http=lambda runtime: Edge(channels, runtime, config))


app = build(settings())
