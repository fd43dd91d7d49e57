"""Capture, wired: which rule answers to which message, and the web interface that orders come in by."""

import dataclasses
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
    shipping,
    stock,
    stores,
    warehouse,
)
from crossdock_contracts.channels import (
    ChannelRefundedV1,
    ChannelRefusedV1,
    ChannelRemappedV1,
    ChannelToldV1,
    FetchOrderV1,
    LevelsPublishedV1,
    NoteRemapV1,
    OrderFetchedV1,
    PollFinishedV1,
)
from services.capture.channels import UnmappableError
from services.capture.channels.api import Acknowledging
from services.capture.decide import (
    again,
    amend,
    asked,
    cancel,
    catalogue,
    correct,
    delivery,
    elsewhere,
    holds,
    ingest,
    outward,
    replace,
    waiting,
)
from services.capture.edge import Edge
from services.capture.formats import FORMATS
from services.capture.inbox import ORIGINALS, Keeping
from services.capture.levels import Levels
from services.capture.poll import Poller
from services.capture.reach import connected
from services.capture.rules import ApiConfig, Channel, Channels
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
from services.capture.state_outward import Level, PollCursor, Telling, Unsure
from services.hub.app import HubApp
from services.hub.effects import Limits
from services.hub.secrets import Secrets
from services.hub.service import Service
from services.hub.settings import Settings, settings


def service(config: Settings) -> Service:
    """What capture hears, keeps and says."""
    channels = Channels.load(config.rules_dir, FORMATS)
    hub = Service(
        "capture",
        documents=(
            *(OrderRecord, HoldExpiry, Listing, Item, Wanted, WaitingOrder, Customer, RecordedUntil),
            *(Telling, PollCursor, Level, Unsure),
        ),
        buckets=(ORIGINALS,),
        archives=(capture.IngestV1,),
        says=(
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
            ChannelRefundedV1,
            ChannelToldV1,
            ChannelRefusedV1,
            OrderFetchedV1,
            ChannelRemappedV1,
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
    _speak(hub, channels, config)
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
    hub.on(addresses.AddressCheckedV1, delivery.know_checked)
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
    _check_addresses(hub, channels)  # last: it is about what any of them decides
    return hub


def _check_addresses(hub: Service, channels: Channels) -> None:
    """Have a carrier asked about addresses that orders are amended to, by whatever is heard; where any is asked."""
    if any(channels[name].checks.addresses.check for name in channels.names):
        for name, handler in hub.handlers.items():
            hub.handlers[name] = dataclasses.replace(handler, decide=delivery.asked_again(channels, handler.decide))


def _speak(hub: Service, channels: Channels, config: Settings) -> None:
    """Ask and tell the channels that have a web API; where none has, nothing of it is listened to."""
    hub.on(FetchOrderV1, asked.fetch_order, settle=partial(asked.settle_fetch, channels))
    hub.on(PollFinishedV1, asked.poll_finished)
    hub.on(NoteRemapV1, again.note_remap, remember=True)
    hub.on(LevelsPublishedV1, asked.levels_published, reads=asked.reads_levels, remember=True)
    speaking = [(channel, channel.config.api) for channel in map(channels.__getitem__, channels.names)]
    wanting = {
        channel.name
        for channel, reached in speaking
        if reached and _speak_to(hub, channel, reached, config) and "acknowledge" in reached.tell
    }
    if wanting:
        hub.on(
            capture.OrderCapturedV1,
            partial(outward.acknowledge, wanting, channels),
            reads=partial(outward.reads_acknowledging, wanting),
            settle=outward.settle_telling,
        )
    for news in _NEWS if any(reached for _, reached in speaking) else ():
        hub.on(
            news,
            partial(outward.tell_channel, channels),
            name=f"tell-channel-{news.NAME}",
            reads=outward.reads_telling,
            settle=outward.settle_telling,
        )


def _speak_to(hub: Service, channel: Channel, reached: ApiConfig, config: Settings) -> bool:
    """Have a channel asked and told; whether it wants to hear that an order has come."""
    api = connected(channel, reached, Secrets(config.secrets_dir))
    limits = Limits(timeout_s=reached.timeout_s, concurrency=reached.concurrency, rate_per_s=reached.rate_per_s)
    hub.adapter(Keeping(api, channel.config.owner, hub), limits)
    if reached.poll_minutes:
        hub.beside(Poller(channel, reached, config))
    if reached.stock_seconds:
        hub.beside(Levels(channel, reached, api.batch, config))
    return isinstance(api, Acknowledging)


_NEWS: tuple[Any, ...] = (
    shipping.ShipmentShippedV2,
    capture.OrderCancelledV1,
    capture.OrderRejectedV1,
    payments.RefundLeftToChannelV1,
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


_TROUBLE: tuple[Any, ...] = (
    payments.PaymentDeclinedV1,
    payments.PaymentFailedV1,
    inventory.ReservationExpiredV1,
    inventory.BackorderLapsedV1,
    routing.OrderUnroutableV1,
    labels.LabelRefusedV1,
    warehouse.StepFailedV1,
)


def build(config: Settings) -> HubApp:
    """The application with its web interface."""
    channels = Channels.load(config.rules_dir, FORMATS)
    return HubApp(service(config), config, http=lambda runtime: Edge(channels, runtime, config))


app = build(settings())
