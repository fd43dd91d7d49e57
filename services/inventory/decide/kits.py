"""Kits: inventory keeps what they are made of, so that it can say how many there could be. They have no stock."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import update_wrapper
from typing import Any

from crossdock_contracts.products import ProductChangedV1
from services.hub.decision import Decision, States
from services.inventory.state import Kit


def reads_kit(message: ProductChangedV1) -> Iterable[str]:
    """The document of the kit, if the product is or was one."""
    return [Kit.at(message.owner, message.sku)]


def learn_kit(states: States, message: ProductChangedV1, _now: datetime) -> Decision:
    """A product is a kit, or is one no longer; nothing is kept of others."""
    known = states.get(Kit, message.owner, message.sku)
    components = message.product.components
    if known is None and not components:
        return Decision.nothing()
    if known is not None and (known.changed_at > message.changed_at or known.components == components):
        return Decision.nothing()
    kit = Kit(owner=message.owner, sku=message.sku, components=components, changed_at=message.changed_at)
    return Decision(writes=[kit])


Decide = Callable[[States, Any, datetime], Decision]


def of_goods(decide: Decide) -> Decide:
    """The same decision about a SKU, refused where it is a kit: there are no pieces of it to count or to move."""

    def decided(states: States, message: Any, now: datetime) -> Decision:
        kit = states.get(Kit, message.owner, message.sku)
        if kit is None or not kit.components:
            return decide(states, message, now)
        parts = ", ".join(f"{part.quantity} × {part.sku}" for part in kit.components)
        detail = f"{message.sku} is a kit and has no stock of its own; name its components instead: {parts}"
        return Decision.refused(message, "is-kit", detail, about=message.sku)

    update_wrapper(decided, getattr(decide, "func", decide))
    return decided
