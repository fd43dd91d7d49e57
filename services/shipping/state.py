"""What shipping keeps of a fulfilment: one document, and a reminder of its dates."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import Parcel, RankedRate
from crossdock_contracts.shipping import LineLot, LineSerials
from crossdock_contracts.values import Dimensions, LineQuantity
from services.hub.decision import Awaiting, Document, IntentRecord, Part, Timer
from services.shipping.parts import Pickup, Purchase


class ShipmentStatus(StrEnum):
    """Where a fulfilment stands."""

    EXPECTED = "expected"
    """A stop came before the fulfilment."""
    OFFERED = "offered"
    """Its location has not said yet whether it takes it on."""
    ALLOCATED = "allocated"
    LABELLED = "labelled"
    PICKED = "picked"
    PACKED = "packed"
    READY = "ready"
    """It waits in the store that has it for the buyer to collect it."""
    SHIPPED = "shipped"
    ARRIVED = "arrived"
    """It was shipped to a store, and waits there for the buyer."""
    DELIVERED = "delivered"
    STOPPED = "stopped"
    """Nothing of it ships."""


_OPEN = {
    ShipmentStatus.OFFERED,
    ShipmentStatus.ALLOCATED,
    ShipmentStatus.LABELLED,
    ShipmentStatus.PICKED,
    ShipmentStatus.PACKED,
    ShipmentStatus.READY,
}

MOVES: dict[ShipmentStatus, frozenset[ShipmentStatus]] = {
    ShipmentStatus.EXPECTED: frozenset({ShipmentStatus.OFFERED, ShipmentStatus.ALLOCATED, ShipmentStatus.STOPPED}),
    ShipmentStatus.OFFERED: frozenset({ShipmentStatus.ALLOCATED, ShipmentStatus.STOPPED}),
    ShipmentStatus.ALLOCATED: frozenset({ShipmentStatus.LABELLED, ShipmentStatus.PICKED, ShipmentStatus.STOPPED}),
    ShipmentStatus.LABELLED: frozenset({ShipmentStatus.PICKED, ShipmentStatus.SHIPPED, ShipmentStatus.STOPPED}),
    ShipmentStatus.PICKED: frozenset(
        {ShipmentStatus.PACKED, ShipmentStatus.READY, ShipmentStatus.SHIPPED, ShipmentStatus.STOPPED}
    ),
    ShipmentStatus.PACKED: frozenset({ShipmentStatus.SHIPPED, ShipmentStatus.STOPPED}),
    ShipmentStatus.READY: frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.STOPPED}),
    ShipmentStatus.SHIPPED: frozenset({ShipmentStatus.ARRIVED, ShipmentStatus.DELIVERED}),
    ShipmentStatus.ARRIVED: frozenset({ShipmentStatus.DELIVERED}),
    ShipmentStatus.DELIVERED: frozenset(),
    ShipmentStatus.STOPPED: frozenset(),
}
"""The legal moves of a fulfilment. Tracking may say the same again."""


def is_open(status: ShipmentStatus) -> bool:
    """It has neither shipped nor been stopped."""
    return status in _OPEN


class StepStatus(StrEnum):
    """Where a step of a fulfilment stands."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class Step(Part):
    """A step that a fulfilment waits for, before it is picked, packed or shipped."""

    name: str
    before: str
    role: str
    status: StepStatus = StepStatus.OPEN
    attempts: int = 0
    """How often it failed."""


class Pick(Part):
    """What a picker says."""

    found: dict[str, int]
    """What was picked, by line."""
    lots: tuple[LineLot, ...] = ()
    serials: tuple[LineSerials, ...] = ()
    picked_by: str = ""


class Substituting(Pick):
    """A pick that was short, while inventory says whether something else is free in place of what is missing."""

    attempt: int


class Rider(Part):
    """A fulfilment whose goods go in the parcel of another."""

    order_id: str
    fulfilment_id: str
    goods_g: int = 0
    """What they are expected to weigh."""


class StopAsked(Part):
    """A stop that came before its fulfilment."""

    cancel_id: str
    lines: tuple[LineQuantity, ...]


class Box(Part):
    """One parcel as it was packed."""

    number: int
    """Counted from 1."""
    weight_g: int
    dimensions: Dimensions | None = None
    lines: tuple[LineQuantity, ...] = ()
    """What is in it, where whoever packed it said so."""


class Quote(Part):
    """What carriers are asked to take: kept, so that a purchase that is taken up again asks for the same."""

    number: int = 1
    """Of the parcel."""
    weight_g: int = 1
    dimensions: Dimensions | None = None
    cash_minor: int = 0
    """What the carrier collects, in the order's currency."""


class Track(Part):
    """What a carrier last said of a parcel, and of when that is."""

    status: str
    code: str = ""
    """Of an exception, which it is."""
    at: Utc


class Shipment(Document, service="shipping", kind="shipment", key=("fulfilment_id",), traced=True):
    """One fulfilment. What is left of its lines is in ``fulfilment``."""

    fulfilment_id: str
    order_id: str
    status: ShipmentStatus
    fulfilment: Fulfilment | None = None
    parcel: Parcel | None = None
    """Label of its first parcel, mostly the only one …"""
    further: tuple[Parcel, ...] = ()
    """… and those of the others."""
    boxes: tuple[Box, ...] = ()
    """Its parcels as packed; empty: one, of which no more is known than what it weighs."""
    ranking: tuple[RankedRate, ...] = ()
    """Offers in order of preference; those that were tried say how they failed."""
    generation: int = 0
    """Which attempt at a label this is."""
    intent: IntentRecord | None = None
    unsettled: str = ""
    """Key of the purchase that was made or not: nothing can tell but somebody who looks."""
    looks: int = 0
    """How often that was looked for again."""
    waits: int = 0
    """How often in a row no carrier could be reached."""
    quote: Quote | None = None
    """What the label under way, or the last one, is for."""
    voiding: bool = False
    """The call under way is the void of a label, not its purchase."""
    voids: int = 1
    """Number of the parcel whose label that is."""
    returning: str = ""
    """Why the label of the first parcel, which was bought at release, is given back for another."""
    unrated: bool = False
    """It was packed while its label was being bought: once that is there, it is seen whether it fits."""
    weight_g: int = 0
    """As packed, all parcels together; 0 before."""
    serials: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Serial numbers that were read, by line."""
    reported: bool = False
    """The label of its first parcel was bought by somebody else, who also gives it back."""
    kept: tuple[str, ...] = ()
    """Tracking numbers of other labels that are not given back: reported ones, and those that a carrier keeps."""
    steps: tuple[Step, ...] = ()
    substituting: Substituting | None = None
    attempts: int = 0
    """How often something else was looked for in place of what was short."""
    wave_id: str = ""
    """The wave that it was picked in."""
    lead: str = ""
    """The fulfilment in whose parcel the wave plans it …"""
    lead_order: str = ""
    """… and that one's order."""
    inside: str = ""
    """The fulfilment in whose parcel it was packed: that one's label is its own."""
    riders: tuple[Rider, ...] = ()
    """Fulfilments that were packed into its parcel."""
    stops: dict[str, tuple[LineQuantity, ...]] = Field(default_factory=dict)
    """Stops that were answered: what was stopped."""
    asked: tuple[StopAsked, ...] = ()
    allocated_at: Utc | None = None
    shipped_at: Utc | None = None
    delivered_at: Utc | None = None
    tracking: str = ""
    """What the carrier last said of its first parcel."""
    tracking_code: str = ""
    """Of an exception, which it is."""
    tracked_at: Utc | None = None
    """Of when that is."""
    warned: tuple[str, ...] = ()
    """What it was said to be about to miss: to ``ship``, to ``deliver``."""
    tracks: dict[str, Track] = Field(default_factory=dict)
    """Likewise of the others, by tracking number."""
    pickup: Pickup | None = None
    purchase: Purchase | None = None
    declined: str = ""
    """Why its location did not take it on."""

    @property
    def has_ended(self) -> bool:
        """On its way, delivered, or stopped: nothing of it waits here."""
        if self.status is ShipmentStatus.SHIPPED:
            return self.fulfilment is None or not self.fulfilment.collect_at
        return self.status in {ShipmentStatus.DELIVERED, ShipmentStatus.STOPPED}

    @property
    def is_pickup(self) -> bool:
        """It is collected where it lies: no carrier has it, and it has no label."""
        fulfilment = self.fulfilment
        return fulfilment is not None and fulfilment.collect_at == fulfilment.location_id


class RiskTimer(Timer, service="shipping", kind="risk", key=("order_id", "fulfilment_id")):
    """A fulfilment is looked at before one of its dates passes: when it has to leave, then when it has to arrive."""

    order_id: str
    fulfilment_id: str


class LabelTimer(Awaiting, service="shipping", kind="label", key=("order_id", "fulfilment_id")):
    """A fulfilment whose label waits for a carrier to return: they are all asked again."""

    order_id: str
    fulfilment_id: str
