"""What shipping keeps of parcels that are handed over: those that lie at the dock, manifests, pickups of carriers."""

from enum import StrEnum
from typing import Literal

from crossdock_contracts.base import Utc
from crossdock_contracts.labels import LabelObject
from services.hub.decision import Awaiting, Document, IntentRecord, Part, Timer

Purpose = Literal["manifest", "pickup"]
"""What a parcel at the dock waits for."""


class DockedParcel(Part):
    """A parcel with a label that was bought here."""

    tracking_number: str
    handle: str = ""
    """The carrier's own id of its purchase."""
    weight_g: int = 1


class Docked(
    Timer,
    service="shipping",
    kind="docked",
    key=("location_id", "carrier", "purpose", "fulfilment_id"),
    shared=True,
):
    """A packed fulfilment whose parcels stand in no manifest yet, or that nobody comes for yet.

    Only carriers that make manifests, or are called, have these. When it fires, it is forgotten.
    """

    location_id: str
    carrier: str
    purpose: Purpose
    fulfilment_id: str
    order_id: str
    parcels: tuple[DockedParcel, ...]


class ManifestTimer(Timer, service="shipping", kind="manifest-due", key=("location_id", "carrier"), shared=True):
    """The time of day at which what lies at the dock is closed; it stands while something does."""

    location_id: str
    carrier: str


class ManifestStatus(StrEnum):
    """Where a manifest stands."""

    MAKING = "making"
    MADE = "made"
    REFUSED = "refused"


class Manifest(Document, service="shipping", kind="manifest", key=("location_id", "carrier", "manifest_id")):
    """One document for parcels of a location that a carrier gets."""

    location_id: str
    carrier: str
    manifest_id: str
    status: ManifestStatus
    held: tuple[Docked, ...]
    """What it took from the dock."""
    intent: IntentRecord | None = None
    waits: int = 0
    """How often in a row its carrier could not be reached; until it is asked again no call is under way."""
    unsettled: bool = False
    """Nothing can tell whether it was made but somebody who looks."""
    number: str = ""
    """The carrier's own."""
    documents: tuple[LabelObject, ...] = ()
    made_by: str = ""
    made_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """It was made, or refused."""
        return self.status is not ManifestStatus.MAKING

    @property
    def waits_for_carrier(self) -> bool:
        """Its carrier is away, and knows nothing of it."""
        return self.status is ManifestStatus.MAKING and self.intent is None


class ManifestAgain(Awaiting, service="shipping", kind="manifest-again", key=("location_id", "carrier", "manifest_id")):
    """A manifest whose carrier is away: it is asked again as soon as it is back."""

    location_id: str
    carrier: str
    manifest_id: str


class CallStatus(StrEnum):
    """Where a carrier's pickup stands."""

    BOOKING = "booking"
    BOOKED = "booked"
    REFUSED = "refused"
    CANCELLED = "cancelled"


MOVES: dict[ManifestStatus, frozenset[ManifestStatus]] = {
    ManifestStatus.MAKING: frozenset({ManifestStatus.MADE, ManifestStatus.REFUSED}),
    ManifestStatus.MADE: frozenset(),
    ManifestStatus.REFUSED: frozenset(),
}
"""The legal moves of a manifest."""

CALL_MOVES: dict[CallStatus, frozenset[CallStatus]] = {
    CallStatus.BOOKING: frozenset({CallStatus.BOOKED, CallStatus.REFUSED, CallStatus.CANCELLED}),
    CallStatus.BOOKED: frozenset({CallStatus.CANCELLED}),
    CallStatus.REFUSED: frozenset(),
    CallStatus.CANCELLED: frozenset(),
}
"""The legal moves of a carrier's pickup."""


class CarrierPickup(Document, service="shipping", kind="carrier-pickup", key=("location_id", "pickup_id")):
    """A carrier comes to a location for what lies at its dock."""

    location_id: str
    pickup_id: str
    carrier: str
    status: CallStatus
    ready_at: Utc
    closes_at: Utc
    instructions: str = ""
    held: tuple[Docked, ...]
    intent: IntentRecord | None = None
    waits: int = 0
    """How often in a row the carrier could not be reached."""
    unsettled: bool = False
    handle: str = ""
    """The carrier's id of it, by which it is called off."""
    confirmation: str = ""
    booked_by: str = ""
    cancelled_by: str = ""
    """Who wants it to be called off."""

    @property
    def has_ended(self) -> bool:
        """There is an answer, and nothing under way."""
        return self.status is not CallStatus.BOOKING and self.intent is None

    @property
    def waits_for_carrier(self) -> bool:
        """Its carrier is away, and knows nothing of it."""
        return self.status is CallStatus.BOOKING and self.intent is None


class PickupAgain(Awaiting, service="shipping", kind="carrier-pickup-again", key=("location_id", "pickup_id")):
    """A pickup that is to be booked or called off, and whose carrier is away: it is asked again when it is back."""

    location_id: str
    pickup_id: str
