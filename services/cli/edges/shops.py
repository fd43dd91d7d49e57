"""What shops and carriers say of themselves, in one shape."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_SHIPPED = "_crossdock_shipped_"
_TRACKING = "_wc_shipment_tracking_items"

State = Mapping[str, Any]


@dataclass(slots=True)
class ShopOrder:
    """An order as its shop has it."""

    cancelled: bool
    shipped: int = 0
    """Pieces that are on their way."""
    numbers: Counter[str] = field(default_factory=Counter)
    """Tracking numbers, and how often the shop has each."""


@dataclass(slots=True)
class Label:
    """A label that has been paid for, and was not given back."""

    account: str
    number: str
    fulfilment_id: str
    """It is printed on it."""


def _shopify(state: State) -> dict[str, ShopOrder]:
    found = {id_: ShopOrder(one["cancelled"]) for id_, one in state["orders"].items()}
    for one in state["fulfilments"]:
        order = found[one["order"]]
        order.shipped += sum(one["lines"].values())
        order.numbers.update(one["tracking"])
    return found


def _woocommerce(state: State) -> dict[str, ShopOrder]:
    found = {id_: ShopOrder(status in {"cancelled", "refunded"}) for id_, status in state["orders"].items()}
    for id_, meta in state["meta"].items():
        for one in meta:
            if one["key"].startswith(_SHIPPED):
                found[id_].shipped += sum(orjson.loads(one["value"]).values())
            elif one["key"] == _TRACKING:
                found[id_].numbers.update(item["tracking_number"] for item in one["value"])
    return found


def _amazon(state: State) -> dict[str, ShopOrder]:
    found = {id_: ShopOrder(status == "Canceled") for id_, status in state["orders"].items()}
    for id_, packages in state["shipments"].items():
        for one in packages:
            found[id_].shipped += sum(int(line["quantity"]) for line in one["orderItems"])
            found[id_].numbers[one["trackingNumber"]] += 1
    return found


_READ: Mapping[str, Callable[[State], dict[str, ShopOrder]]] = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
    "amazon": _amazon,
}


def orders_of(states: Mapping[str, State]) -> dict[str, ShopOrder]:
    """The orders of all shops, by their ids in the hub."""
    return {f"{shop}:{id_}": one for shop, state in states.items() for id_, one in _READ[shop](state).items()}


def labels_of(states: Mapping[str, State]) -> list[Label]:
    """What has been paid for at all accounts."""
    return [
        Label(account, one["tracking_code"], one["printed"])
        for account, state in states.items()
        for one in state["labels"]
        if one["refund_status"] is None
    ]


def stock_of(states: Mapping[str, State]) -> dict[str, dict[str, int]]:
    """What each shop believes can be sold; whoever has sold more than there was has nothing."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for shop, state in states.items():
        found[shop] = {sku: max(0, pieces or 0) for sku, pieces in state["stock"].items()}
    return found
