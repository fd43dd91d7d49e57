"""Handing parcels over to carriers: manifests, which close a day, and pickups, for which a carrier comes."""

from typing import Annotated, Literal

from pydantic import Field

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.labels import LabelObject
from crossdock_contracts.values import Code, Money

MOST_FULFILMENTS = 200
"""So many fulfilments stand in one manifest, or are fetched by one pickup; those beyond in the next."""


class HandedParcel(Value):
    """One parcel that is handed over."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id


class ParcelWaitsV1(Event, service="shipping", name="parcel-waits", version=1, entity="order_id"):
    """A manifest or pickup came to nothing, or left a fulfilment out: shipping has it wait for the next on this."""

    order_id: Id
    fulfilment_id: Id
    carrier: Code
    purpose: Literal["manifest", "pickup"]
    tracking_numbers: tuple[Id, ...] = ()
    """These of its parcels; empty: all of them."""


class MakeManifestV1(Command, service="shipping", name="make-manifest", version=1, entity="location_id"):
    """Close the parcels that a carrier gets from a location, and stand in no manifest yet."""

    location_id: Id
    carrier: Code
    manifest_id: Id
    """Of your own choosing; the same is made once."""
    without: tuple[Id, ...] = ()
    """Fulfilments that stand in no manifest any more, for instance since the carrier refuses them."""
    made_by: str = ""


class SettleManifestV1(Command, service="shipping", name="settle-manifest", version=1, entity="location_id"):
    """Somebody has looked what became of a manifest whose answer was lost and could not be looked up."""

    location_id: Id
    carrier: Code
    manifest_id: Id
    number: str = ""
    """The carrier's own, of the one that was made; empty: none was, and its parcels stand in the next."""


class ManifestWantedV1(Event, service="shipping", name="manifest-wanted", version=1, entity="location_id"):
    """More parcels are there than one manifest takes: shipping makes the next on this."""

    location_id: Id
    carrier: Code
    manifest_id: Id
    without: tuple[Id, ...] = ()
    """Fulfilments that stand in no manifest any more."""
    made_by: str = ""


class ManifestMadeV1(Event, service="shipping", name="manifest-made", version=1, entity="location_id"):
    """A carrier has drawn up one document for all these parcels; its driver gets it."""

    location_id: Id
    carrier: Code
    manifest_id: Id
    number: str
    """The carrier's own."""
    parcels: Annotated[tuple[HandedParcel, ...], Field(min_length=1)]
    left_out: tuple[HandedParcel, ...] = ()
    """What the carrier left out: it stands in the next."""
    documents: tuple[LabelObject, ...] = ()
    made_by: str = ""
    made_at: Utc


class ManifestRefusedV1(Event, service="shipping", name="manifest-refused", version=1, entity="location_id"):
    """There is no manifest. Its parcels stand in the next, unless it is not known whether it was made."""

    location_id: Id
    carrier: Code
    manifest_id: Id
    reason: Code
    detail: str
    parcels: tuple[HandedParcel, ...] = ()


class ManifestDelayedV1(Event, service="shipping", name="manifest-delayed", version=1, entity="location_id"):
    """The carrier cannot be reached: the manifest waits, and is made when it is back."""

    location_id: Id
    carrier: Code
    manifest_id: Id
    detail: str
    delayed_at: Utc


class BookCarrierPickupV1(Command, service="shipping", name="book-carrier-pickup", version=1, entity="location_id"):
    """Have a carrier come for the parcels that lie at a location, and that none comes for yet."""

    location_id: Id
    carrier: Code
    pickup_id: Id
    """Of your own choosing; the same is booked once."""
    ready_at: Utc
    closes_at: Utc
    instructions: str = ""
    booked_by: str = ""


class CancelCarrierPickupV1(Command, service="shipping", name="cancel-carrier-pickup", version=1, entity="location_id"):
    """Call a pickup off; its parcels wait for another."""

    location_id: Id
    pickup_id: Id
    cancelled_by: str = ""


class SettleCarrierPickupV1(Command, service="shipping", name="settle-carrier-pickup", version=1, entity="location_id"):
    """Somebody has looked what became of a pickup whose answer was lost and could not be looked up."""

    location_id: Id
    pickup_id: Id
    number: str = ""
    """The carrier's confirmation; empty: it was not booked, or has been called off there, and its parcels wait for
    another."""


class CarrierPickupBookedV1(Event, service="shipping", name="carrier-pickup-booked", version=1, entity="location_id"):
    """A carrier comes for these parcels."""

    location_id: Id
    carrier: Code
    pickup_id: Id
    confirmation: str
    """The carrier's own number of it."""
    ready_at: Utc
    closes_at: Utc
    parcels: tuple[HandedParcel, ...]
    cost: Money | None = None
    booked_by: str = ""
    booked_at: Utc


class CarrierPickupDelayedV1(Event, service="shipping", name="carrier-pickup-delayed", version=1, entity="location_id"):
    """The carrier cannot be reached: it is called, or called off, when it is back and the window is not over."""

    location_id: Id
    carrier: Code
    pickup_id: Id
    detail: str
    delayed_at: Utc


class CarrierPickupRefusedV1(Event, service="shipping", name="carrier-pickup-refused", version=1, entity="location_id"):
    """A carrier does not come, or cannot be called off any more."""

    location_id: Id
    carrier: Code
    pickup_id: Id
    reason: Code
    """``outcome-unknown``: somebody has to look; ``cancel-refused``: it comes all the same, unless the carrier's own
    pages show otherwise: then `SettleCarrierPickupV1` frees its parcels."""
    detail: str


class CarrierPickupCancelledV1(
    Event, service="shipping", name="carrier-pickup-cancelled", version=1, entity="location_id"
):
    """A carrier does not come after all."""

    location_id: Id
    carrier: Code
    pickup_id: Id
    cancelled_by: str = ""
    cancelled_at: Utc
