"""Channels that have a web API, wired: what they are asked and told. Where none has, nothing of it is listened to."""

from functools import partial
from typing import Any

from crossdock_contracts import capture, payments, shipping
from crossdock_contracts.base import Event
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
from services.capture.channels.api import Acknowledging
from services.capture.decide import again, asked, outward
from services.capture.inbox import HandedIn, Keeping
from services.capture.levels import Levels
from services.capture.poll import Poller
from services.capture.reach import connected
from services.capture.rules import ApiConfig, Channel, Channels
from services.capture.state_outward import Level, PollCursor, Telling, Unsure
from services.hub.effects import Limits
from services.hub.secrets import Secrets
from services.hub.service import Service
from services.hub.settings import Settings

DOCUMENTS = (Telling, PollCursor, Level, Unsure)
SAYS: tuple[type[Event], ...] = (
    ChannelRefundedV1,
    ChannelToldV1,
    ChannelRefusedV1,
    OrderFetchedV1,
    ChannelRemappedV1,
)
_NEWS: tuple[Any, ...] = (
    shipping.ShipmentShippedV2,
    capture.OrderCancelledV1,
    capture.OrderRejectedV1,
    payments.RefundLeftToChannelV1,
)


def speak(hub: Service, channels: Channels, config: Settings, handed_in: HandedIn) -> None:
    """Have channels asked for orders, and told of them and of stock; ``handed_in`` is known to have come in."""
    hub.on(FetchOrderV1, asked.fetch_order, settle=partial(asked.settle_fetch, channels))
    hub.on(PollFinishedV1, asked.poll_finished)
    hub.on(NoteRemapV1, again.note_remap, remember=True)
    hub.on(LevelsPublishedV1, asked.levels_published, reads=asked.reads_levels, remember=True)
    speaking = [(channel, channel.config.api) for channel in map(channels.__getitem__, channels.names)]
    wanting = {
        channel.name
        for channel, reached in speaking
        if reached and _connect(hub, channel, reached, config, handed_in) and "acknowledge" in reached.tell
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


def _connect(hub: Service, channel: Channel, reached: ApiConfig, config: Settings, handed_in: HandedIn) -> bool:
    """Have a channel asked and told; whether it wants to hear that an order has come."""
    api = connected(channel, reached, Secrets(config.secrets_dir))
    limits = Limits(timeout_s=reached.timeout_s, concurrency=reached.concurrency, rate_per_s=reached.rate_per_s)
    hub.adapter(Keeping(api, channel.config.owner, hub), limits)
    if reached.poll_minutes:
        hub.beside(Poller(channel, reached, config, handed_in))
    if reached.stock_seconds:
        hub.beside(Levels(channel, reached, api.batch, config))
    return isinstance(api, Acknowledging)
