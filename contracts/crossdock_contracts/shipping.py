"""Shipping: rates, labels, pick, pack, ship, track."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Address, Code, Country, Day, Dimensions, LineQuantity, LotQuantity, Money


class LineLot(Value):
    """So many pieces of a line are of this lot."""

    line_id: Id
    lot: Id
    quantity: PositiveInt
    expires_on: Day = ""
    """Its last day, where the pick was not told this lot."""


class LineSerials(Value):
    """Serial numbers of the pieces of a line."""

    line_id: Id
    serials: tuple[Id, ...]


class ConfirmPickedV1(Command, service="shipping", name="confirm-picked", version=1, entity="order_id"):
    """The warehouse has picked a fulfilment; what is missing from ``lines`` was not found (short pick)."""

    order_id: Id
    fulfilment_id: Id
    lines: tuple[LineQuantity, ...]
    picked_by: str = ""
    lots: tuple[LineLot, ...] = ()
    """Lots of what was picked, all of a line's; a line that is left out was picked from the lots that it named."""
    serials: tuple[LineSerials, ...] = ()
    """Serial numbers, if they are read at the pick; all of a line's."""


class PackedParcel(Value):
    """One parcel as it was packed: weighed, measured, and what is in it."""

    weight_g: PositiveInt | None = None
    dimensions: Dimensions | None = None
    lines: tuple[LineQuantity, ...] = ()
    """Empty: nobody says what is in it."""
    carrier: Code | None = None
    """With the rest: the label, where whoever packed bought one."""
    service: str = ""
    tracking_number: str = ""
    cost: Money | None = None


class ConfirmPackedV1(Command, service="shipping", name="confirm-packed", version=1, entity="order_id"):
    """The goods are in a parcel, weighed; or in several, each with its weight."""

    order_id: Id
    fulfilment_id: Id
    weight_g: PositiveInt | None = None
    dimensions: Dimensions | None = None
    packed_by: str = ""
    parcels: tuple[PackedParcel, ...] = ()
    """Several, or what is in one; empty: one of ``weight_g`` and ``dimensions``."""
    packed_with: str = ""
    """The fulfilment in whose parcel it goes, as its wave plans; nothing else is said of its parcel then."""
    serials: tuple[LineSerials, ...] = ()
    """Serial numbers, if they are read at the pack; all of a line's."""


class ConfirmShippedV1(Command, service="shipping", name="confirm-shipped", version=1, entity="order_id"):
    """The carrier has the parcel."""

    order_id: Id
    fulfilment_id: Id
    shipped_at: Utc | None = None
    serials: tuple[LineSerials, ...] = ()
    """Serial numbers of lines of which pieces were taken out after they had been read; all of a line's."""


class FulfilmentPickedV1(Event, service="shipping", name="fulfilment-picked", version=1, entity="order_id"):
    """All that is left of a fulfilment is in the picker's hands."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: tuple[LineQuantity, ...]
    picked_at: Utc
    wave_id: str = ""
    picked_by: str = ""


class ShortPickedV1(Event, service="shipping", name="short-picked", version=1, entity="order_id"):
    """Bound pieces were not on the shelf: routing finds them elsewhere, inventory corrects itself."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    missing: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    picked: tuple[LineQuantity, ...]
    picked_at: Utc
    lots: tuple[LineLot, ...] = ()
    """Lots of what was picked, of lines whose lots the picker named."""
    picked_by: str = ""


class FulfilmentKeptV1(Event, service="shipping", name="fulfilment-kept", version=1, entity="order_id"):
    """Pieces that inventory misses are not given up: they have been picked, or nothing of the fulfilment is open."""

    order_id: Id
    ask_id: Id
    fulfilment_id: Id
    location_id: Id
    status: Code
    """Where the fulfilment stands."""


class FulfilmentPackedV1(Event, service="shipping", name="fulfilment-packed", version=1, entity="order_id"):
    """The parcel is closed and weighed, or all of them are."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    weight_g: PositiveInt
    """Of all parcels together."""
    packed_at: Utc
    parcels: tuple[PackedParcel, ...] = ()
    detail: str = ""
    """Why the label that was bought at release is kept or given back."""
    packed_with: str = ""
    packed_by: str = ""


class FulfilmentStoppedV1(Event, service="shipping", name="fulfilment-stopped", version=1, entity="order_id"):
    """These pieces do not ship, as a cancel or an amendment asked; ``unstoppable`` are those that came too late."""

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
    dimensions: Dimensions | None = None
    lines: tuple[LineQuantity, ...] = ()
    """Empty: nobody said what is in it."""


class ShippedLine(Value):
    """Pieces of one line that left, and what the buyer pays for them in the currency of ``value``."""

    line_id: Id
    sku: Id
    quantity: PositiveInt
    value_minor: NonNegativeInt = 0
    ordered_sku: str = ""
    """What was ordered, where ``sku`` was sent in its place."""
    reduced_minor: NonNegativeInt = 0
    """What the buyer gets back, since what was sent is worth less than what was ordered."""
    lots: tuple[LotQuantity, ...] = ()
    """Lots that they are of; empty where the SKU is not kept by lot."""
    serials: tuple[Id, ...] = ()
    """Serial number of each piece; empty where none are captured."""
    weight_g: NonNegativeInt | None = None
    """Of one piece."""
    title: str = ""
    """What customs are told that it is, as the next two; empty where the product is not classified."""
    hs_code: str = ""
    origin_country: Country | None = None


class ShipmentShippedV2(Event, service="shipping", name="shipment-shipped", version=2, entity="order_id"):
    """The carrier has the goods, in one parcel or several."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[ShippedLine, ...], Field(min_length=1)]
    parcels: Annotated[tuple[ShippedParcel, ...], Field(min_length=1)]
    value: Money
    """What the buyer pays for these goods: the sum of the lines."""
    channel: str = ""
    ship_to: Address | None = None
    """Where they go."""
    service_level: Code = "standard"
    shipped_at: Utc
