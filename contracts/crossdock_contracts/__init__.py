"""The messages of Crossdock. Importing this package registers every contract."""

from crossdock_contracts import (
    capture,
    cases,
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
    stores,
    upcasts,
    values,
    warehouse,
)

__all__ = [
    "capture",
    "cases",
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
    "stores",
    "upcasts",
    "values",
    "warehouse",
]
