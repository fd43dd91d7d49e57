"""Channels over their web APIs: what is fetched of them, what they have done themselves, and what they are told."""

from typing import Annotated

from pydantic import Field, NonNegativeInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code, LineQuantity, Money


class FetchOrderV1(Command, service="capture", name="fetch-order", version=1, entity="order_id"):
    """A channel says that an order is new or changed, and not how: it has to be asked."""

    channel: Code
    order_id: Id
    """``<channel>:<the channel's id>``."""
    channel_order_id: Id
    received_at: Utc
    source: str = ""
    """Where it came from: ``webhook``, ``poll``."""


class OrderFetchedV1(Event, service="capture", name="order-fetched", version=1, entity="order_id"):
    """A channel was asked for an order, and showed it so: kept as it came, as what channels hand in is."""

    channel: Code
    order_id: Id
    body: str
    """The payload as text; empty where ``original`` names the object that holds it."""
    original: str = ""
    """Object name of a payload too large for a message."""
    received_at: Utc
    """When the channel had said that there is something to be fetched."""


class RemapFigures(Value):
    """How far a channel's past has been read again."""

    orders: NonNegativeInt = 0
    """Of which payloads are kept."""
    handed_in: NonNegativeInt = 0
    """Of those, the ones that read otherwise today."""
    changed: NonNegativeInt = 0
    held: NonNegativeInt = 0
    """Somebody has to look."""
    captured: NonNegativeInt = 0
    """They had not become orders when they came in."""
    ignored: NonNegativeInt = 0
    """What is different of them changes nothing, or a later copy came in between."""


class NoteRemapV1(Command, service="capture", name="note-remap", version=1, entity="channel"):
    """A channel's past is read again with a mended mapping, by whom and how far: for the audit."""

    channel: Code
    run_id: Id
    requested_by: str = ""
    note: str = ""
    begun_at: Utc
    ended_at: Utc | None = None
    """None: it begins."""
    figures: RemapFigures = RemapFigures()


class ChannelRemappedV1(Event, service="capture", name="channel-remapped", version=1, entity="channel"):
    """A channel's past is read again with a mended mapping: the audit entry of its beginning, and of its end."""

    channel: Code
    run_id: Id
    requested_by: str
    note: str
    begun_at: Utc
    ended_at: Utc | None = None
    """None: it begins."""
    figures: RemapFigures = RemapFigures()


class ChannelRefundedV1(Event, service="capture", name="channel-refunded", version=1, entity="order_id"):
    """The channel has paid the buyer back by itself; payments enters it in its books, and pays nothing."""

    order_id: Id
    refund_id: Id
    """The channel's own id."""
    amount: Money
    reason: Code = "channel-refund"
    lines: tuple[LineQuantity, ...] = ()
    """Pieces that it is for; empty: none in particular."""
    cancel_id: str = ""
    """The cancel that it pays for, where the channel did both in one; empty: none."""
    refunded_at: Utc


class ChannelToldV1(Event, service="capture", name="channel-told", version=1, entity="order_id"):
    """The channel knows what became of its order: that pieces are on their way, cancelled, or to be paid back."""

    order_id: Id
    telling_id: Id
    """``ship:<fulfilment>``, ``cancel:<cancel>`` or ``refund:<refund>``."""
    channel: Code
    reference: str = ""
    """The channel's own id of what was done; empty where it gives none, or has no way to be told."""
    told_at: Utc


class ChannelRefusedV1(Event, service="capture", name="channel-refused", version=1, entity="order_id"):
    """The channel would not hear what became of its order; somebody has to look, and see to it there."""

    order_id: Id
    telling_id: Id
    channel: Code
    code: Code
    detail: str = ""
    refused_at: Utc


class PollFinishedV1(Command, service="capture", name="poll-finished", version=1, entity="channel"):
    """Everything that a channel lists as changed until then is in the inbox: the next poll begins there."""

    channel: Code
    until: Utc
    orders: NonNegativeInt = 0
    """How many were handed in."""


class PublishedLevel(Value):
    """How much can be sold of something on a channel, as the channel was told last."""

    sku: Id
    listing_id: str = ""
    """The channel's own id of it; empty: the channel knows the SKU."""
    available: NonNegativeInt
    problem: str = ""
    """Why the channel would not have it; empty: it has it."""
    note: str = ""
    """What has to be known of it when the channel is told next, such as that its listing was taken off for it."""


class LevelsPublishedV1(Command, service="capture", name="levels-published", version=1, entity="channel"):
    """A channel was told how much can be sold."""

    channel: Code
    levels: Annotated[tuple[PublishedLevel, ...], Field(min_length=1, max_length=500)]
    published_at: Utc
