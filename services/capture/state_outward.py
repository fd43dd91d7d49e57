"""What capture keeps to tell channels of their orders, and of how far it has asked them."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from crossdock_contracts.base import Utc
from services.hub.decision import Document, IntentRecord, Part


class Unit(Part):
    """What a captured line is, as the channel counts."""

    line_id: str
    """The channel's line; empty: a component that is not told of, since another one of its kit is."""
    pieces: int = 1
    """Pieces of one as ordered."""


class Outward(Part):
    """What it takes to tell a channel of its order, also once the order has ended."""

    channel: str
    channel_order_id: str
    currency: str
    refunds: bool
    """The channel has the money, and pays it back."""
    units: dict[str, Unit] = Field(default_factory=dict)
    """By captured line, where that is another line or another count."""
    shipped: dict[str, int] = Field(default_factory=dict)
    """Pieces by captured line, of those that come by the pack: a pack has shipped with its last piece."""
    cancelled: dict[str, int] = Field(default_factory=dict)


class TellingStatus(StrEnum):
    """Where a telling stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class Telling(Document, service="capture", kind="telling", key=("order_id", "telling_id")):
    """One thing that a channel is told of its order, once."""

    order_id: str
    telling_id: str
    status: TellingStatus = TellingStatus.OPEN
    operation: str = ""
    request: dict[str, Any] = Field(default_factory=dict)
    """What it is told."""
    intent: IntentRecord | None = None
    reference: str = ""
    """The channel's own id of what was done."""
    detail: str = ""
    """Why the channel refused."""

    @property
    def has_ended(self) -> bool:
        """The channel has answered."""
        return self.status is not TellingStatus.OPEN


class PollCursor(Document, service="capture", kind="poll", key=("channel",)):
    """How far a channel's orders have been asked for."""

    channel: str
    until: Utc
    orders: int = 0
    """How many the polls have handed in so far."""


class Unsure(Document, service="capture", kind="unsure", key=("channel", "sku")):
    """Something of which a channel may have changed its own figure, because it was told that pieces are cancelled."""

    channel: str
    sku: str
    since: Utc


class Level(Document, service="capture", kind="level", key=("channel", "sku", "listing_id")):
    """How much can be sold of something, as a channel was told last."""

    channel: str
    sku: str
    listing_id: str = ""
    available: int
    problem: str = ""
    """Why the channel would not have it; it is told again once it changes."""
    note: str = ""
    """What the channel's client wants to know when it tells of this listing next, in its own words."""
    published_at: Utc
