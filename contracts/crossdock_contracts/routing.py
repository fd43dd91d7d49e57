"""Routing: which location ships what, and why."""

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Event, Id, Utc, Value
from crossdock_contracts.values import Code, FulfilledQuantity, Fulfilment, LineQuantity


class RankedPlan(Value):
    """A plan that was considered: its cost in points, lower is better, and what that is made of."""

    rank: PositiveInt
    points: float
    shares: dict[Id, dict[Id, PositiveInt]]
    """Pieces by location and SKU."""
    parts: dict[str, float] = Field(default_factory=dict)
    """Points by what they are for: ``distance``, ``split``, ``handling``, rules."""


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
