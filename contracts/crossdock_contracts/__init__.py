"""The messages of Crossdock. Importing this package registers every contract."""

from crossdock_contracts import (
    capture,
    cases,
    inventory,
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
    "inventory",
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
