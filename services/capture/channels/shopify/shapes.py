"""The two shapes in which Shopify gives an order, REST and GraphQL, brought into one."""

import re
from typing import Any

from services.capture.channels import UnmappableError
from services.capture.channels.reading import json_of

_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]+)(?:\?.*)?")
_CAPITAL = re.compile(r"(?<!^)([A-Z])")
_PATH = re.compile(r"\$[a-z0-9_.\[\]]+")
_LISTS = ("line_items", "shipping_lines", "refund_line_items", "fulfillment_orders", "order_adjustments")
"""Lists that the GraphQL API gives in pages."""
_OTHERWISE = {
    "financial_status": "displayFinancialStatus",
    "fulfillment_status": "displayFulfillmentStatus",
    "currency": "currencyCode",
    "presentment_currency": "presentmentCurrencyCode",
    "price": "originalUnitPriceSet",
}


def whole(body: bytes) -> Any:
    """The order in a payload, out of whatever it is wrapped in."""
    found = json_of(body)
    for step in ("data", "order", "node"):
        if isinstance(found, dict) and isinstance(found.get(step), dict):
            found = found[step]
    return found


def several(body: bytes) -> list[Any] | None:
    """The orders of an answer that lists them; none where it does not."""
    found = json_of(body)
    if isinstance(found, dict) and isinstance(found.get("data"), dict):
        found = found["data"]
    if isinstance(found, dict) and "orders" in found:
        found = found["orders"]
        return _nodes(found) if isinstance(found, dict) else found if isinstance(found, list) else []
    return found if isinstance(found, list) else None


def is_graphql(order: Any) -> bool:
    """Whether an order has the shape of the GraphQL API: its names are camelCase, its ids addresses."""
    if not isinstance(order, dict):
        return False
    return str(order.get("id", "")).startswith("gid://") or "lineItems" in order or "legacyResourceId" in order


def order_id(order: Any) -> str:
    """The id that both shapes have in common.

    Raises:
        UnmappableError: there is none.
    """
    found = order.get("legacyResourceId") or order.get("id") if isinstance(order, dict) else None
    if isinstance(found, bool) or not isinstance(found, (str, int)) or not str(found):
        msg = "$.id: an id is needed"
        raise UnmappableError(msg)
    return _tail(str(found))


_DEEPEST = 32
"""Levels of an order; no query of the API has more."""


def as_rest(node: Any, path: str = "$", level: int = 0) -> Any:
    """What the GraphQL API gave, as the REST API would name it.

    Raises:
        UnmappableError: a list has further pages, which are not there; or it has too many levels.
    """
    if level > _DEEPEST:
        msg = f"{path[:100]}…: an order has at most {_DEEPEST} levels"
        raise UnmappableError(msg)
    if isinstance(node, list):
        return [as_rest(one, f"{path}[{number}]", level + 1) for number, one in enumerate(node)]
    if isinstance(node, str):
        return _tail(node)
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("nodes"), list) or isinstance(node.get("edges"), list):
        page = node.get("pageInfo")
        if isinstance(page, dict) and page.get("hasNextPage"):
            msg = f"{path}.pageInfo.hasNextPage: the list has further pages; fetch them all, and put them together"
            raise UnmappableError(msg)
        return [as_rest(one, f"{path}.nodes[{number}]", level + 1) for number, one in enumerate(_nodes(node))]
    return {_CAPITAL.sub(r"_\1", name).lower(): as_rest(one, f"{path}.{name}", level + 1) for name, one in node.items()}


def in_graphql(text: str) -> str:
    """The paths of a refusal as the GraphQL API names them."""
    return _PATH.sub(lambda path: _renamed(path.group()), text)


def _renamed(path: str) -> str:
    for name in _LISTS:
        path = path.replace(f".{name}[", f".{name}.nodes[")
    steps = [_OTHERWISE.get(step, step) for step in path.split(".")]
    return re.sub(r"_([a-z0-9])", lambda found: found.group(1).upper(), ".".join(steps))


def _nodes(connection: dict[str, Any]) -> list[Any]:
    if isinstance(connection.get("nodes"), list):
        return list(connection["nodes"])
    edges = connection.get("edges")
    return [edge.get("node") for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []


def _tail(text: str) -> str:
    match = _GID.fullmatch(text)
    return match.group(1) if match else text
