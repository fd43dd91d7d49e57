"""The messages of Crossdock. Importing this package registers every contract."""

from crossdock_contracts import (
    capture,
    inbound,
    inventory,
    lots,
    operations,
    payments,
    products,
    returns,
    routing,
    shipping,
    stock,
    upcasts,
    values,
    warehouse,
)

__all__ = [
    "capture",
    "inbound",
    "inventory",
    "lots",
    "operations",
    "payments",
    "products",
    "returns",
    "routing",
    "shipping",
    "stock",
    "upcasts",
    "values",
    "warehouse",
]
