"""Capture, wired: which rule answers to which message, and the web interface that orders come in by."""

from functools import partial
from typing import Any

from crossdock_contracts import (
    addresses,
    amendments,
    capture,
    cases,
    inventory,
    labels,
    mapping,
    payments,
    products,
    routing,
    stock,
    stores,
    warehouse,
)
from crossdock_contracts.base import Event
from services.capture import outward
from services.capture.channels import UnmappableError
from services.capture.decide import (
    amend,
    cancel,
    catalogue,
    correct,
    delivery,
    elsewhere,
    holds,
    ingest,
    replace,
    waiting,
)
from services.capture.edge import Edge
from services.capture.formats import FORMATS
from services.capture.inbox import ORIGINALS, HandedIn
from services.capture.rules import Channels
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

_DOCUMENTS = (OrderRecord, HoldExpiry, Listing, Item, Wanted, WaitingOrder, Customer, RecordedUntil)

_SAYS: tuple[type[Event], ...] = (
    capture.OrderCapturedV1,
    capture.CustomersMergedV1,
    addresses.AddressCheckWantedV1,
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
)


def service(config: Settings, handed_in: HandedIn | None = None) -> Service:
    """What capture hears, keeps and says; ``handed_in`` knows what its web interface has taken."""
    channels = Channels.load(config.rules_dir, FORMATS)
    hub = Service(
        "capture",
        documents=(*_DOCUMENTS, *outward.DOCUMENTS),
        buckets=(ORIGINALS,),
        archives=(capture.IngestV1,),
        says=(*_SAYS, *outward.SAYS),
    )
    _take_in(hub, channels)
    outward.speak(hub, channels, config, handed_in or HandedIn())
    _cancel_and_amend(hub, channels)
    _hold(hub, channels)
    _record(hub)
    _map(hub)
    if any(channels[name].checks.addresses.check for name in channels.names):
        hub.wrap(partial(delivery.asked_again, channels))  # last: it is about what any of them decides
    return hub


def _take_in(hub: Service, channels: Channels) -> None:
    """Orders come from channels, and in the place of others."""
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
    hub.on(addresses.AddressCheckedV1, delivery.know_checked)


def _cancel_and_amend(hub: Service, channels: Channels) -> None:
    """Orders are changed, or called off; routing has the word while goods are under way."""
    hub.on(capture.CancelOrderV1, cancel.cancel_order, remember=True)
    hub.on(routing.CancelDecidedV1, amend.settle_cancel)
    hub.on(stores.PickupExpiredV1, cancel.cancel_uncollected)
    hub.on(routing.OrderCompletedV1, cancel.complete)
    hub.on(amendments.AmendOrderV1, partial(correct.amend_order, channels), remember=True)
    hub.on(amendments.AmendmentDecidedV1, amend.settle_amendment)


def _hold(hub: Service, channels: Channels) -> None:
    """Orders wait for a person, or for stock that was taken from them."""
    hub.on(capture.PlaceHoldV1, holds.place_hold, remember=True)
    hub.on(capture.ReleaseHoldV1, holds.release_hold)
    hub.on(capture.RejectOrderV1, holds.reject_order)
    hub.at(HoldExpiry, holds.expire_hold)
    for trouble in _TROUBLE:
        hub.on(trouble, holds.hold_on_trouble, name=f"hold-on-{trouble.NAME}")
    hub.on(stock.PromiseTakenBackV1, partial(holds.hold_short, channels))
    hub.on(stock.PromiseRestoredV1, holds.close_short)


def _record(hub: Service) -> None:
    """What channels fulfil themselves is recorded until they say that it has left."""
    hub.on(capture.ReportFulfilledV1, elsewhere.report_fulfilled)
    hub.at(RecordedUntil, elsewhere.recorded_long_enough)


def _map(hub: Service) -> None:
    """Listings stand for products; orders wait for those that nobody knows yet."""
    hub.on(products.ProductChangedV1, catalogue.learn_product, reads=catalogue.reads_product)
    hub.on(products.ListingMappedV1, catalogue.learn_listing, reads=catalogue.reads_listing)
    hub.on(mapping.MappingMissedV1, waiting.wait_for, reads=waiting.reads_missed)
    hub.on(mapping.MappingFoundV1, waiting.let_go)
    hub.on(mapping.OrderMappableV1, waiting.map_again, reads=waiting.reads_order)
    hub.at(WaitingOrder, waiting.look_again)


_TROUBLE: tuple[Any, ...] = (
    payments.PaymentDeclinedV1,
    payments.PaymentFailedV1,
    inventory.ReservationExpiredV1,
    inventory.BackorderLapsedV1,
    routing.OrderUnroutableV1,
    labels.LabelRefusedV1,
    warehouse.StepFailedV1,
)


async def _original(hub: Service, message: capture.IngestV1) -> str:
    """The payload as it came: in the message, or in the object store where it was too large for one."""
    if not message.original:
        return message.body
    found = await hub.objects[ORIGINALS].get(message.original)
    if found is None:
        msg = f"payload {message.original} is not in the object store"
        raise UnmappableError(msg)
    try:
        return found.decode()
    except UnicodeDecodeError as error:
        msg = f"$: not UTF-8: {error}"
        raise UnmappableError(msg) from None


def build(config: Settings) -> HubApp:
    """The application with its web interface."""
    channels, handed_in = Channels.load(config.rules_dir, FORMATS), HandedIn()
    hub = service(config, handed_in)
    return HubApp(hub, config, http=lambda runtime: Edge(channels, runtime, config, handed_in))


app = build(settings())
