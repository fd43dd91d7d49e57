"""The messages of Crossdock. Importing this package registers every contract."""

from crossdock_contracts import (
    capture,
    inventory,
    operations,
    payments,
    products,
    returns,
    routing,
    shipping,
    stores,
    upcasts,
    values,
    warehouse,
)

__all__ = [
    "capture",
    "inventory",
    "operations",
    "payments",
    "products",
    "returns",
    "routing",
    "shipping",
    "stores",
    "upcasts",
    "values",
    "warehouse",
]
