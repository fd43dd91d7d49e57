"""The part of an order that one location ships, as routing, inventory and shipping tell each other of it."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Id, Utc, Value
from crossdock_contracts.values import Address, Code, Country, Currency, Dimensions, LotQuantity, Priority


class FulfilmentLine(Value):
    """So many pieces of one order line that one location ships."""

    line_id: Id
    sku: Id
    title: str = ""
    quantity: PositiveInt
    weight_g: NonNegativeInt | None = None
    """Weight of one piece."""
    value_minor: NonNegativeInt = 0
    """What the buyer pays for these pieces in all, in the order's currency."""
    hazmat_class: str = ""
    hs_code: str = ""
    """Harmonised System, for customs."""
    origin_country: Country | None = None
    """Where it was made, for customs."""
    dimensions: Dimensions | None = None
    """Outer size of one piece."""
    gift_wrap: bool = False
    note: str = ""
    """What the buyer wrote to this line, for instance a text to engrave."""
    ordered_sku: str = ""
    """What was ordered, where ``sku`` is sent in its place."""
    reduced_minor: NonNegativeInt = 0
    """What the buyer paid more for what was ordered than ``value_minor``; given back once it ships."""
    lots: tuple[LotQuantity, ...] = ()
    """Which lots to pick, in this order; empty where the SKU is not kept by lot."""
    track_serial: bool = False
    """The serial number of each piece is to be captured before it ships."""


class DeliveryPromise(Value):
    """When a fulfilment leaves and arrives if its location and carrier work as they say, as computed at routing."""

    services: Annotated[tuple[str, ...], Field(min_length=1)]
    """The carrier services that keep it, as ``<carrier>/<service>``, cheapest first."""
    cutoff_at: Utc
    """Ready by then, it goes with the pickup."""
    pickup_at: Utc
    deliver_from: Utc
    """Not sooner than that."""
    deliver_by: Utc
    """The promise date: there by then."""


class Fulfilment(Value):
    """The part of an order that one location ships, with all that packing and shipping need."""

    fulfilment_id: Id
    order_id: Id
    location_id: Id
    lines: Annotated[tuple[FulfilmentLine, ...], Field(min_length=1)]
    ship_to: Address
    channel: Code
    currency: Currency
    service_level: Code = "standard"
    priority: Priority = 5
    ship_by: Utc | None = None
    """The earlier of what the order asks for and the cut-off that its promise counts on."""
    deliver_by: Utc | None = None
    """What the order asks for; where it does not ask, what was promised."""
    promise: DeliveryPromise | None = None
    """None where the location has no calendar, or no carrier is needed."""
    cash_on_delivery_minor: NonNegativeInt = 0
    """What the carrier collects, in the order's currency: what gift cards have paid is taken off."""
    gift_message: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    """Of the order."""
    collect_at: str = ""
    """The store where the buyer collects it: ``location_id``, and it goes by no carrier, or another one, and the parcel
    goes there; empty: it goes to the buyer."""
