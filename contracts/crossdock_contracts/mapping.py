"""Mapping: orders that are held for a listing or a SKU of which nothing is known; capture says so."""

from crossdock_contracts.base import Event, Id


class MappingMissedV1(Event, service="capture", name="mapping-missed", version=1, entity="wanted"):
    """An order is held for a listing or a SKU of which nothing is known."""

    wanted: str
    """The channel's own id of what was sold, or a SKU."""
    channel: str = ""
    """Whose id it is; empty: a SKU."""
    order_id: Id
    stands_for: str = ""
    """The SKU that the listing is mapped to, where nothing is known of that; empty: the listing is mapped to none."""


class MappingFoundV1(Event, service="capture", name="mapping-found", version=1, entity="wanted"):
    """What orders are held for is known now; capture goes through the next of them on this."""

    wanted: str
    channel: str = ""
    """Empty: a SKU."""


class OrderMappableV1(Event, service="capture", name="order-mappable", version=1, entity="order_id"):
    """Something that an order is held for is known now; capture maps the order again on this."""

    order_id: Id
    wanted: str
    channel: str = ""
    """Empty: a SKU."""
