"""Collected orders: they go to a store, which has the goods itself or gets them from another location."""

from crossdock_contracts.routing import AppliedRule
from crossdock_contracts.values import Order
from services.hub.decision import changed
from services.routing.decide.assign import Site
from services.routing.decide.eligible import Eligible
from services.routing.rules import Rules


def destined(rules: Rules, order: Order) -> Order:
    """The order with where it goes: to the buyer, or to the store where they collect it.

    It goes nowhere if buyers do not collect there.
    """
    wanted = order.shipping.pickup_location_id
    if not wanted:
        return order
    store = rules.active.get(wanted)
    if store is None or not store.pickup:
        return changed(order, ship_to=None)
    buyer = order.ship_to or order.customer
    to = changed(
        store.address,
        name=buyer.name or order.customer.name,
        company=store.name or store.address.company,
        phone=buyer.phone or order.customer.phone,
        email=buyer.email or order.customer.email,
    )
    return changed(order, ship_to=to)


def at_store(order: Order, sites: list[Site], demand: dict[str, int], allowed: Eligible) -> list[Site]:
    """Only the store where it is collected, if that has all of it; else all, and what is elsewhere goes to it."""
    wanted = order.shipping.pickup_location_id
    if not wanted:
        return sites
    store = [one for one in sites if one.location_id == wanted]
    there = bool(store) and all(store[0].stock.get(sku, 0) >= quantity for sku, quantity in demand.items())
    effect = "has all of it" if there else "gets from elsewhere what it has not"
    allowed.applied.append(AppliedRule(rule="the buyer collects it", effect=effect, location_id=wanted))
    return store if there else sites
