"""Shipping: rates, labels, pick, pack, ship, track."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code, Dimensions, LineQuantity, Money


class ConfirmPickedV1(Command, service="shipping", name="confirm-picked", version=1, entity="order_id"):
    """The warehouse has picked a fulfilment; what is missing from ``lines`` was not found (short pick)."""

    order_id: Id
    fulfilment_id: Id
    lines: tuple[LineQuantity, ...]
    """What was picked."""
    picked_by: str = ""


class ConfirmPackedV1(Command, service="shipping", name="confirm-packed", version=1, entity="order_id"):
    """The goods are in a parcel, weighed."""

    order_id: Id
    fulfilment_id: Id
    weight_g: PositiveInt | None = None
    dimensions: Dimensions | None = None
    packed_by: str = ""


class ConfirmShippedV1(Command, service="shipping", name="confirm-shipped", version=1, entity="order_id"):
    """The carrier has the parcel."""

    order_id: Id
    fulfilment_id: Id
    shipped_at: Utc | None = None


class ReportLabelV1(Command, service="shipping", name="report-label", version=1, entity="order_id"):
    """A warehouse, channel or supplier has bought the label of a fulfilment, or somebody did by hand."""

    order_id: Id
    fulfilment_id: Id
    carrier: Code
    service: str = ""
    tracking_number: Id
    weight_g: PositiveInt | None = None
    cost: Money | None = None


class TrackingUpdateV1(Command, service="shipping", name="tracking-update", version=1, entity="order_id"):
    """What a carrier says of a parcel on its way."""

    order_id: Id
    fulfilment_id: Id
    status: Literal["in-transit", "out-for-delivery", "delivered", "exception"]
    occurred_at: Utc
    detail: str = ""


class LabelObject(Value):
    """A label's bytes in the object store."""

    format: Literal["pdf", "zpl", "png"]
    bucket: str
    name: str
    size_bytes: PositiveInt
    sha256: str


class RankedRate(Value):
    """An offer of a carrier, in the order of preference; ``refused`` says why it was not taken."""

    rank: PositiveInt
    carrier: Code
    service: str
    cost: Money
    transit_days: NonNegativeInt | None = None
    refused: str = ""


class Parcel(Value):
    """One parcel of a shipment, with its label."""

    parcel_id: Id
    carrier: Code
    service: str
    tracking_number: Id
    weight_g: PositiveInt
    cost: Money
    label: tuple[LabelObject, ...] = ()


class LabelBoughtV1(Event, service="shipping", name="label-bought", version=1, entity="order_id"):
    """A carrier sold a label for a fulfilment; the ranking says why this one."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    parcel: Parcel
    ranking: tuple[RankedRate, ...]
    bought_at: Utc


class LabelRefusedV1(Event, service="shipping", name="label-refused", version=1, entity="order_id"):
    """No carrier sells a label for this fulfilment; somebody has to look."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    reason: Code
    detail: str
    ranking: tuple[RankedRate, ...] = ()
    attempt: NonNegativeInt = 0
    """Grows with each attempt at a label for this fulfilment."""


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


class FulfilmentPickedV1(Event, service="shipping", name="fulfilment-picked", version=1, entity="order_id"):
    """All that is left of a fulfilment is in the picker's hands."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: tuple[LineQuantity, ...]
    picked_at: Utc


class ShortPickedV1(Event, service="shipping", name="short-picked", version=1, entity="order_id"):
    """Bound pieces were not on the shelf: routing finds them elsewhere, inventory corrects itself."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    missing: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    picked: tuple[LineQuantity, ...]
    picked_at: Utc


class FulfilmentPackedV1(Event, service="shipping", name="fulfilment-packed", version=1, entity="order_id"):
    """The parcel is closed and weighed."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    weight_g: PositiveInt
    packed_at: Utc


class FulfilmentStoppedV1(Event, service="shipping", name="fulfilment-stopped", version=1, entity="order_id"):
    """These pieces do not ship, as a cancel or an amendment asked; ``unstoppable`` are those that it was too late for."""

    order_id: Id
    cancel_id: Id
    """Of the cancel, or of the amendment."""
    fulfilment_id: Id
    stopped: tuple[LineQuantity, ...]
    unstoppable: tuple[LineQuantity, ...] = ()
    detail: str = ""
    stage: str = ""
    """How far the fulfilment had got: ``routed``, ``labelled``, ``released``, ``shipped``."""
    recalled: bool = False
    """The stopped pieces are not cancelled: they are promised anew, and placed with what was amended."""


class ShipmentShippedV1(Event, service="shipping", name="shipment-shipped", version=1, entity="order_id"):
    """The carrier has the goods, in one parcel. Replaced by v2, and published beside it."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: tuple[LineQuantity, ...]
    carrier: Code
    service: str
    tracking_number: Id
    value: Money
    """What the buyer pays for these goods."""
    shipped_at: Utc


class ShippedParcel(Value):
    """A parcel that a carrier has."""

    carrier: Code
    service: str
    tracking_number: Id
    weight_g: NonNegativeInt = 0
    """0 where it was never weighed."""


class ShippedLine(Value):
    """Pieces of one line that left, and what the buyer pays for them in the currency of ``value``."""

    line_id: Id
    sku: Id
    quantity: PositiveInt
    value_minor: NonNegativeInt = 0


class ShipmentShippedV2(Event, service="shipping", name="shipment-shipped", version=2, entity="order_id"):
    """The carrier has the goods, in one parcel or several."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[ShippedLine, ...], Field(min_length=1)]
    parcels: Annotated[tuple[ShippedParcel, ...], Field(min_length=1)]
    value: Money
    """What the buyer pays for these goods: the sum of the lines."""
    shipped_at: Utc


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


class ShipmentExceptionV1(Event, service="shipping", name="shipment-exception", version=1, entity="order_id"):
    """The carrier has trouble with the parcel."""

    order_id: Id
    fulfilment_id: Id
    tracking_number: Id
    occurred_at: Utc
    detail: str = ""
