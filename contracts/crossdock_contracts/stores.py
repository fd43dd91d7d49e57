"""Locations that have a say, which shipping owns: stores that accept and hand over, suppliers that get orders."""

from typing import Annotated

from pydantic import Field

from crossdock_contracts.base import Command, Event, Id, Utc
from crossdock_contracts.values import Code, LineQuantity


class AcceptFulfilmentV1(Command, service="shipping", name="accept-fulfilment", version=1, entity="order_id"):
    """A store takes on a fulfilment that it was offered."""

    order_id: Id
    fulfilment_id: Id
    accepted_by: str = ""


class DeclineFulfilmentV1(Command, service="shipping", name="decline-fulfilment", version=1, entity="order_id"):
    """A store does not take on a fulfilment that it was offered: it goes to another location."""

    order_id: Id
    fulfilment_id: Id
    reason: Code
    detail: str = ""
    declined_by: str = ""


class FulfilmentOfferedV1(Event, service="shipping", name="fulfilment-offered", version=1, entity="order_id"):
    """A store is asked to take on a fulfilment; without an answer in time it goes to another location."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    answer_by: Utc


class FulfilmentAcceptedV1(Event, service="shipping", name="fulfilment-accepted", version=1, entity="order_id"):
    """A store has taken on a fulfilment, or a supplier has acknowledged its purchase order."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    accepted_by: str = ""
    reference: str = ""
    """The supplier's own number of the order."""
    expected_at: Utc | None = None
    """When the supplier means to ship."""
    accepted_at: Utc


class FulfilmentDeclinedV1(Event, service="shipping", name="fulfilment-declined", version=1, entity="order_id"):
    """A location does not ship a fulfilment: its pieces, which are still on the shelf, are placed elsewhere."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    """What was left of it, which is all promised anew."""
    reason: Code
    """``no-answer``, where nobody answered in time."""
    detail: str = ""
    declined_by: str = ""
    declined_at: Utc
