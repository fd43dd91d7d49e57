"""Routing: which location ships what, and why."""

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.values import Code, FulfilledQuantity, LineQuantity


class RankedPlan(Value):
    """A plan that was considered: its cost in points, lower is better, and what that is made of."""

    rank: PositiveInt
    points: float
    shares: dict[Id, dict[Id, PositiveInt]]
    """Pieces by location and SKU."""
    parts: dict[str, float] = Field(default_factory=dict)
    """Points by what they are for: ``distance``, ``split``, ``handling``, ``freight``, ``carbon``, ``promise``,
    ``late``, rules."""
    freight_minor: NonNegativeInt = 0
    """What carriers are expected to ask, in minor units of the currency of ``carriers.toml``."""
    transit_days: NonNegativeInt = 0
    """Days that the cheapest carriers need for the last of it."""
    carbon_g: NonNegativeInt = 0
    """Grams of CO2e that it is expected to emit."""
    deliver_by: Utc | None = None
    """All of it would have been there by then."""


class AppliedRule(Value):
    """A rule that had a say: which, and what it did."""

    rule: str
    effect: str
    location_id: str = ""


class OrderRoutedV1(Event, service="routing", name="order-routed", version=1, entity="order_id"):
    """Where an order ships from: one fulfilment per location, with the ranking and rules that led there."""

    order_id: Id
    attempt: PositiveInt
    fulfilments: tuple[Fulfilment, ...]
    ranking: tuple[RankedPlan, ...]
    """The chosen plan first, and those that were looked at beside it."""
    rules: tuple[AppliedRule, ...]
    routed_at: Utc
    deliver_by: Utc | None = None
    """The promise date: all that was routed with this is promised by then."""
    waiting: tuple[LineQuantity, ...] = ()
    """What is not there yet, and is routed once it is."""


class OrderUnroutableV1(Event, service="routing", name="order-unroutable", version=1, entity="order_id"):
    """No allowed location can serve this order; capture holds it."""

    order_id: Id
    attempt: PositiveInt
    reason: Code
    detail: str
    rules: tuple[AppliedRule, ...] = ()


class CancelDecidedV1(Event, service="routing", name="cancel-decided", version=1, entity="order_id"):
    """The answer to a cancel request, once everyone who held goods has answered."""

    order_id: Id
    cancel_id: Id
    cancelled: tuple[FulfilledQuantity, ...]
    kept: tuple[LineQuantity, ...] = ()
    decided_by: Code
    """routing where nothing had been routed, else shipping."""
    detail: str = ""


class FulfilmentStopRequestedV1(
    Event, service="routing", name="fulfilment-stop-requested", version=1, entity="order_id"
):
    """Routed goods are to be stopped; shipping answers per line and quantity."""

    order_id: Id
    cancel_id: Id
    """Of the cancel, or of the amendment."""
    fulfilment_id: Id
    lines: tuple[LineQuantity, ...]
    reason: Code
    changes: tuple[Code, ...] = ()
    """Of an amendment that the pieces are to come back for; empty: they are cancelled."""


class OrderCompletedV1(Event, service="routing", name="order-completed", version=1, entity="order_id"):
    """Every piece of an order has shipped or is cancelled."""

    order_id: Id
    shipped: NonNegativeInt
    cancelled: NonNegativeInt
    completed_at: Utc


class CloseLocationV1(Command, service="routing", name="close-location", version=1, entity="location_id"):
    """A location ships nothing for a while: nothing is routed to it, or only what may wait until it opens again."""

    location_id: Id
    until: Utc | None = None
    """It opens again then, and promises count from there; none: nothing is routed to it until it is opened."""
    reason: str = ""
    closed_by: str = ""


class OpenLocationV1(Command, service="routing", name="open-location", version=1, entity="location_id"):
    """A location that was closed ships again."""

    location_id: Id
    opened_by: str = ""


class SetLocationCapacityV1(Command, service="routing", name="set-location-capacity", version=1, entity="location_id"):
    """From now on so many fulfilments leave a location each day."""

    location_id: Id
    daily_capacity: NonNegativeInt | None = None
    """None: what ``locations.toml`` says."""
    reason: str = ""
    set_by: str = ""


class LocationChangedV1(Event, service="routing", name="location-changed", version=1, entity="location_id"):
    """A location was closed, opened, or given another capacity; this is how it stands now."""

    location_id: Id
    closed: bool = False
    closed_until: Utc | None = None
    daily_capacity: NonNegativeInt | None = None
    """None: as it is configured."""
    reason: str = ""
    changed_by: str = ""
    changed_at: Utc
