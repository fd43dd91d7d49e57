"""Tracking: where parcels are on their way, and which dates are about to be missed; shipping says so."""

from typing import Literal

from pydantic import NonNegativeInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code

Progress = Literal["in-transit", "out-for-delivery", "delivered", "exception"]
"""What becomes of a parcel on its way."""


class TrackingUpdateV1(Command, service="shipping", name="tracking-update", version=1, entity="order_id"):
    """What a carrier says of a parcel on its way."""

    order_id: Id
    fulfilment_id: Id
    status: Progress
    occurred_at: Utc
    code: str = ""
    """What an exception is: ``lost``, ``damaged`` and ``returned-to-sender`` open a case; empty: not known."""
    detail: str = ""
    tracking_number: str = ""
    """Which parcel; empty: all of the fulfilment."""
    of_return: str = ""
    """The return by whose label it comes back, with ``<order>/<return>`` as the fulfilment; empty: it goes there."""


class HearCarrierV1(Command, service="shipping", name="hear-carrier", version=1, entity="account"):
    """A carrier's webhook, as it came. It was seen that the carrier sent it."""

    account: Code
    """The account of ``carriers.toml`` that it is about."""
    body: str
    received_at: Utc


class TrackingPolledV1(Command, service="shipping", name="tracking-polled", version=1, entity="account"):
    """A carrier was asked where parcels are: how far the round of all that are under way has come."""

    account: Code
    begun_at: Utc
    """When the round began."""
    after: NonNegativeInt = 0
    """Sequence of the last parcel that it has come to."""
    ended: bool = False
    """It has come to all of them."""
    asked: NonNegativeInt = 0
    """Parcels of this round that the carrier was asked about so far."""


class ParcelScan(Value):
    """One thing that happened to a parcel on its way."""

    status: Progress
    occurred_at: Utc
    code: str = ""
    """What an exception is."""
    detail: str = ""


class ParcelScannedV1(Event, service="shipping", name="parcel-scanned", version=1, entity="order_id"):
    """What a carrier has told of a parcel by itself, or of the parcel of another that this one goes in.

    It may be known already; what is new of it is said by the events that follow.
    """

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id
    scans: tuple[ParcelScan, ...]
    """Oldest first."""
    of_return: str = ""
    """The return by whose label it comes back; empty: it goes to the buyer."""


class ScanUnplacedV1(Event, service="shipping", name="scan-unplaced", version=1, entity="account"):
    """A carrier has told of a parcel that is not under way here: not ours, not any more, or not yet."""

    account: Code
    tracking_number: Id
    status: str = ""
    """What it said last, in the one vocabulary of carriers."""
    heard_at: Utc


class ShipmentInTransitV1(Event, service="shipping", name="shipment-in-transit", version=1, entity="order_id"):
    """The parcel moves."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id
    occurred_at: Utc
    detail: str = ""


class ShipmentOutForDeliveryV1(
    Event, service="shipping", name="shipment-out-for-delivery", version=1, entity="order_id"
):
    """The parcel is on the van."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id
    occurred_at: Utc
    detail: str = ""


class ShipmentDeliveredV1(Event, service="shipping", name="shipment-delivered", version=1, entity="order_id"):
    """The buyer has the parcel."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id
    occurred_at: Utc
    detail: str = ""
    parcels_left: NonNegativeInt = 0
    """Parcels of the same fulfilment that are still on their way."""


class ShipmentExceptionV1(Event, service="shipping", name="shipment-exception", version=1, entity="order_id"):
    """The carrier has trouble with the parcel."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id
    occurred_at: Utc
    code: str = ""
    """``lost``, ``damaged``, ``returned-to-sender``, or another word of the carrier's; empty: not known."""
    detail: str = ""


class FulfilmentAtRiskV1(Event, service="shipping", name="fulfilment-at-risk", version=1, entity="order_id"):
    """A fulfilment is about to miss a date; said once for each stage, before the date passes."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    stage: Literal["ship", "deliver"]
    """What is about to be missed: its leaving, or its arrival."""
    status: Code
    """Where it stands: ``allocated``, ``labelled``, ``picked``, ``packed``, ``shipped``."""
    due_at: Utc
    """The date itself."""
    detail: str = ""
    warned_at: Utc
