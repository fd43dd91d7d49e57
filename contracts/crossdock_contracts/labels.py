"""Labels: what carriers ask for them, bought, refused, delayed, given back."""

from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code, Money


class LabelObject(Value):
    """A label's bytes in the object store."""

    format: Literal["pdf", "zpl", "png"]
    bucket: str
    name: str
    size_bytes: PositiveInt
    sha256: str


CIRCUIT_OPEN, REFUSED, OUT_OF_REACH, NO_RATE, NO_SERVICE, NO_EXCHANGE = (
    "circuit-open",
    "refused",
    "out-of-reach",
    "no-rate",
    "no-service",
    "no-exchange",
)
"""Why an offer was not taken in its turn: the carrier's purchases fail every time, and it was left alone; it refused;
it could not be reached; it did not say in time what it charges; it does not take such a parcel at all; it asks in a
currency that nothing compares with the house's, and was left for when no other sells."""


class RankedRate(Value):
    """An offer of a carrier, in the order of preference; ``refused`` says why it was not taken."""

    rank: PositiveInt
    carrier: Code
    service: str
    cost: Money
    transit_days: NonNegativeInt | None = None
    refused: str = ""
    late: bool = False
    """It would arrive after what was promised, and is tried behind those that do not."""
    cause: str = ""
    """Why its turn was passed over, as one of the words above; empty: it was not."""
    compared: Money | None = None
    """The cost in the house's currency, where it is in another and there is a rate of exchange: what it competes by."""


class PassedOver(Value):
    """An offer that would have been preferred to the one that was taken, and why it was not: what a failover is."""

    carrier: Code
    service: str
    account: Code
    """Through which it would have been bought."""
    cause: Code
    """``circuit-open``, ``refused``, ``out-of-reach`` or ``no-rate``; ``no-exchange``: whether it would have been
    cheaper nobody can tell."""
    detail: str = ""
    """What the carrier said, or what was wrong."""


class Parcel(Value):
    """One parcel of a shipment, with its label."""

    parcel_id: Id
    carrier: Code
    service: str
    tracking_number: Id
    weight_g: PositiveInt
    cost: Money
    label: tuple[LabelObject, ...] = ()
    handle: str = ""
    """The carrier's own id of the purchase, where it wants to hear that rather than the tracking number."""


class LabelBoughtV1(Event, service="shipping", name="label-bought", version=1, entity="order_id"):
    """A carrier sold a label for a fulfilment; the ranking says why this one, and ``passed_over`` why no better one."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    parcel: Parcel
    ranking: tuple[RankedRate, ...]
    bought_at: Utc
    passed_over: tuple[PassedOver, ...] = ()
    """The best first; empty: the carrier that was preferred has sold it."""


class LabelRefusedV1(Event, service="shipping", name="label-refused", version=1, entity="order_id"):
    """No carrier sells a label for this fulfilment; somebody has to look."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    reason: Code
    detail: str
    ranking: tuple[RankedRate, ...] = ()
    attempt: NonNegativeInt = 0
    looks: NonNegativeInt = 0
    """How often it was looked again what became of this attempt, and nothing could tell still."""


class LabelDelayedV1(Event, service="shipping", name="label-delayed", version=1, entity="order_id"):
    """No carrier can be reached that would take a fulfilment: its label waits, and is bought when one returns."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    detail: str
    """Why, of each."""
    delayed_at: Utc
    passed_over: tuple[PassedOver, ...] = ()
    """Whom it waits for, the one that is preferred first."""


class LabelWantedV1(Event, service="shipping", name="label-wanted", version=1, entity="order_id"):
    """Somebody has looked at why a fulfilment has no label: shipping tries again on this."""

    order_id: Id
    fulfilment_id: Id


class LabelVoidedV1(Event, service="shipping", name="label-voided", version=1, entity="order_id"):
    """A bought label was given back, unused."""

    order_id: Id
    fulfilment_id: Id
    carrier: Code
    tracking_number: Id
    voided_at: Utc
    reason: str = ""
    """Why another one is bought in its place; empty where none is."""


class ReportLabelV1(Command, service="shipping", name="report-label", version=1, entity="order_id"):
    """A warehouse, channel or supplier has bought the label of a fulfilment, or somebody did by hand."""

    order_id: Id
    fulfilment_id: Id
    carrier: Code
    service: str = ""
    tracking_number: Id
    weight_g: PositiveInt | None = None
    cost: Money | None = None
    parcel: PositiveInt = 1
    """Which of its parcels, counted from 1 as they were packed."""


class SettlePurchaseV1(Command, service="shipping", name="settle-purchase", version=1, entity="order_id"):
    """Somebody has looked what became of the purchase of a label whose answer was lost and could not be looked up."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: str = ""
    """Of the label that was bought; empty: none was, and one is bought anew."""
    cost: Money | None = None
    """What it cost; none: what was offered."""
