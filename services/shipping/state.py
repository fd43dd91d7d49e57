"""What shipping keeps: one document for each fulfilment."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.shipping import Parcel, RankedRate
from crossdock_contracts.values import Fulfilment, LineQuantity
from services.hub.decision import Document, IntentRecord, Part


class ShipmentStatus(StrEnum):
    """Where a fulfilment stands."""

    EXPECTED = "expected"
    """A stop came before the fulfilment."""
    ALLOCATED = "allocated"
    LABELLED = "labelled"
    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    STOPPED = "stopped"
    """Nothing of it ships."""


_OPEN = {
    ShipmentStatus.ALLOCATED,
    ShipmentStatus.LABELLED,
    ShipmentStatus.PICKED,
    ShipmentStatus.PACKED,
}

MOVES: dict[ShipmentStatus, frozenset[ShipmentStatus]] = {
    ShipmentStatus.EXPECTED: frozenset({ShipmentStatus.ALLOCATED, ShipmentStatus.STOPPED}),
    ShipmentStatus.ALLOCATED: frozenset({ShipmentStatus.LABELLED, ShipmentStatus.PICKED, ShipmentStatus.STOPPED}),
    ShipmentStatus.LABELLED: frozenset({ShipmentStatus.PICKED, ShipmentStatus.STOPPED}),
    ShipmentStatus.PICKED: frozenset({ShipmentStatus.PACKED, ShipmentStatus.STOPPED}),
    ShipmentStatus.PACKED: frozenset({ShipmentStatus.SHIPPED, ShipmentStatus.STOPPED}),
    ShipmentStatus.SHIPPED: frozenset({ShipmentStatus.DELIVERED}),
    ShipmentStatus.DELIVERED: frozenset(),
    ShipmentStatus.STOPPED: frozenset(),
}
"""The legal moves of a fulfilment. Tracking may say the same again."""


def is_open(status: ShipmentStatus) -> bool:
    """It has neither shipped nor been stopped."""
    return status in _OPEN


class StopAsked(Part):
    """A stop that came before its fulfilment."""

    cancel_id: str
    lines: tuple[LineQuantity, ...]


class Shipment(Document, service="shipping", kind="shipment", key=("fulfilment_id",), traced=True):
    """One fulfilment. What is left of its lines is in ``fulfilment``."""

    fulfilment_id: str
    order_id: str
    status: ShipmentStatus
    fulfilment: Fulfilment | None = None
    parcel: Parcel | None = None
    ranking: tuple[RankedRate, ...] = ()
    """Offers in order of preference; those that were tried say how they failed."""
    generation: int = 0
    """Which attempt at a label this is."""
    intent: IntentRecord | None = None
    voiding: bool = False
    """The call under way is the void of a label, not its purchase."""
    weight_g: int = 0
    """As packed; 0 before."""
    serials: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Serial numbers that were read, by line."""
    reported: bool = False
    """Its label was bought by somebody else, who also gives it back."""
    stops: dict[str, tuple[LineQuantity, ...]] = Field(default_factory=dict)
    """Stops that were answered: what was stopped."""
    asked: tuple[StopAsked, ...] = ()
    allocated_at: Utc | None = None
    shipped_at: Utc | None = None
    delivered_at: Utc | None = None
    tracking: str = ""
    """What the carrier last said."""
    tracked_at: Utc | None = None
    """Of when that is."""

    @property
    def has_ended(self) -> bool:
        """On its way, delivered, or stopped: nothing of it waits here."""
        return self.status in {ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED, ShipmentStatus.STOPPED}
