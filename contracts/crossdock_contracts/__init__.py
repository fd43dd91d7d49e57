"""The messages of Crossdock. Importing this package registers every contract."""

from crossdock_contracts import (
    amendments,
    capture,
    inventory,
    operations,
    payments,
    products,
    returns,
    routing,
    shipping,
    upcasts,
    values,
)

__all__ = [
    "amendments",
    "capture",
    "inventory",
    "operations",
    "payments",
    "products",
    "returns",
    "routing",
    "shipping",
    "upcasts",
    "values",
]
