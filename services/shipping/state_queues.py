"""What shipping keeps of who waits where: queues, waves, and where things lie."""

from crossdock_contracts.base import Utc
from crossdock_contracts.values import Priority
from services.hub.decision import Document, Part, Timer

PICK = "pick"
"""The queue of fulfilments that are to be picked."""

OFFER = "offer"
"""The queue of those that their location has not answered yet."""

PICKUP = "pickup"
"""The queue of those that wait in a store for their buyers."""


class Task(
    Timer, service="shipping", kind="task", key=("location_id", "queue", "fulfilment_id"), home="order_id", shared=True
):
    """A fulfilment that stands in a queue of its location; it fires when it has stood there too long.

    Only locations that work with the hub have a queue to pick from; those of steps are everywhere.
    """

    location_id: str
    queue: str
    fulfilment_id: str
    order_id: str
    priority: Priority = 5
    ship_by: Utc | None = None
    since: Utc
    service_level: str = "standard"
    pieces: int = 1
    late_at: Utc
    """When it should have been done."""
    recipient: str = ""
    """Tells those that may share a parcel; empty: it goes alone."""
    wave_id: str = ""
    """The wave that it is in."""
    lead: str = ""
    """The fulfilment of its wave in whose parcel it goes …"""
    lead_order: str = ""
    """… and that one's order."""


class Member(Part):
    """A fulfilment in a wave."""

    fulfilment_id: str
    order_id: str
    position: int
    """Where its pieces are put while several orders are picked at once."""
    packed_with: str = ""
    """The fulfilment in whose parcel it goes."""


class Wave(Document, service="shipping", kind="wave", key=("location_id", "wave_id")):
    """Fulfilments of one location that are picked in one go."""

    location_id: str
    wave_id: str
    members: tuple[Member, ...]
    planned_at: Utc
    released_at: Utc | None = None
    closed_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """It is closed."""
        return self.closed_at is not None


class Bins(Document, service="shipping", kind="bins", key=("location_id", "sku")):
    """Where a SKU lies at a location."""

    location_id: str
    sku: str
    bins: tuple[str, ...] = ()
    """In the order in which they are picked from."""
